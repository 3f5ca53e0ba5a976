//! A Telegram bot in one file: the health of homes in a chat. An example; `apps/plume-bot` is the bot for a support team.
//!
//! ```text
//! cargo run -p telegram-bot -- --demo   # in the terminal, on a simulated Telegram and Plume Cloud
//! TELEGRAM_BOT_TOKEN=... TELEGRAM_ALLOWED_USERS=11,12 cargo run -p telegram-bot
//! ```
//!
//! Four parts: the replies of the bot (`Bot`), the delivery of updates and replies (`run`), the services on both sides
//! (`main`), and a test that talks to the bot.

use std::{
    collections::{BTreeSet, HashMap},
    error::Error,
    io::{self, IsTerminal, Write},
    sync::{Arc, Mutex, PoisonError},
};

use plume::{
    Client, Filter, RateLimiter, Settings,
    auth::UrlGuard,
    health::{Format, Policy, analyze},
    runtime::{Clock, HttpTransport, SystemClock, Transport, is_public_address},
};
use plume_sim::{Home, Simulator};
use plume_telegram::{
    Api, BotToken, Busy, Call, Content, Keyboard, Log, Outbox, Poller, Stopped, Update, UserId,
    html::{MAX_UNITS, escape, split},
    stand_in::{StandIn, terminal},
};

const COMMANDS: [(&str, &str); 4] = [
    ("start", "Start here"),
    ("auth", "Connect your Plume account"),
    ("health", "Health report of a home"),
    ("help", "All commands"),
];

const AUTH: &str = "In one message: <code>/auth &lt;SSO URL&gt; &lt;partner id&gt; &lt;API base&gt; Basic &lt;base64&gt;</code>. I \
    delete your message at once, and keep the account only until I am restarted.";

/// The replies of the bot. It has no queue and no network, so a test can call it directly.
struct Bot {
    /// The users who may talk to it, by id: user names can change owners.
    allowed: BTreeSet<UserId>,
    /// The transport to Plume, for URLs that users entered.
    transport: Arc<dyn Transport>,
    limiter: RateLimiter,
    clock: Arc<dyn Clock>,
    /// A client for each user. It gets and refreshes tokens, and retries calls.
    clients: Mutex<HashMap<UserId, Client>>,
    /// The example input of a demo.
    hint: String,
}

impl Bot {
    async fn answer(&self, update: &Update) -> Vec<Call> {
        let say = |html: &str| -> Vec<Call> {
            let parts = split(html, MAX_UNITS);
            parts.iter().map(|part| Call::send(update.chat, part, &Keyboard::new())).collect()
        };
        // Not in groups: credentials and homes belong into a private chat.
        let Content::Text { message, text, .. } = &update.content else { return Vec::new() };
        if !update.chat.private {
            return Vec::new();
        }
        if !self.allowed.contains(&update.user) {
            return say(&format!("This bot is private. Your Telegram id is {}.", update.user));
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["/start", ..] => say(&format!(
                "Hi {}! I report the health of Plume homes. /help lists what I can do.{}",
                escape(&update.name),
                self.hint
            )),
            ["/health", customer, location] => say(&self.health(update.user, customer, location).await),
            ["/health", ..] => say("Usage: <code>/health &lt;customerId&gt; &lt;locationId&gt;</code>"),
            ["/auth"] => say(AUTH),
            ["/auth", setting @ ..] => {
                // It contains a secret, so it is deleted first.
                let mut calls = vec![Call::delete(update.chat.id, *message)];
                calls.extend(say(&self.sign_in(update.user, setting).await));
                calls
            }
            _ => say(&COMMANDS.map(|(name, what)| format!("/{name}: {what}")).join("\n")),
        }
    }

    async fn health(&self, user: UserId, customer: &str, location: &str) -> String {
        let client = self.clients.lock().unwrap_or_else(PoisonError::into_inner).get(&user).cloned();
        let Some(client) = client else {
            return "Please connect your Plume account first: /auth".to_owned();
        };
        match client.customer(customer).location(location).snapshot().await {
            Ok(snapshot) => {
                let now = self.clock.wall();
                analyze(&snapshot, &Policy::standard(), now).render(Format::Html)
            }
            Err(error) => explained(&error),
        }
    }

    /// Connects an account and tests it. An account that does not work is not kept.
    async fn sign_in(&self, user: UserId, setting: &[&str]) -> String {
        let [sso, partner, api, header @ ..] = setting else { return AUTH.to_owned() };
        let names = ["PLUME_SSO_URL", "PLUME_PARTNER_ID", "PLUME_API_BASE", "PLUME_AUTH_HEADER"];
        let header = header.join(" ");
        let settings = match Settings::from_variables(names.into_iter().zip([*sso, *partner, *api, &header]))
        {
            Ok(settings) => settings,
            // The text names the setting without its value.
            Err(error) => return escape(&error.to_string()),
        };
        let builder = Client::builder().settings(settings).transport(Arc::clone(&self.transport));
        let builder = builder.clock(Arc::clone(&self.clock)).rate_limiter(self.limiter.clone());
        // The users share an address, and so the call limit; each is a tenant of it.
        let client = match builder.tenant(user.to_string()).build() {
            Ok(client) => client,
            Err(error) => return escape(&error.to_string()),
        };
        match client.customers().filter(Filter::new().limit(1)).list().await {
            Ok(_) => {
                self.clients.lock().unwrap_or_else(PoisonError::into_inner).insert(user, client);
                "Connected. Now /health shows how a home is.".to_owned()
            }
            Err(error) => explained(&error),
        }
    }
}

/// Describes a failure and the next step.
fn explained(error: &plume::Error) -> String {
    escape(&format!("{error}. {}", error.help()))
}

/// Delivers updates to the bot and its replies to Telegram, until `stop` is ready.
async fn run(
    bot: Bot,
    api: Api,
    polling: Api,
    log: Log,
    busy: Busy,
    stop: impl Future<Output = ()>,
) -> Stopped {
    let clock = Arc::clone(&bot.clock);
    let bot = Arc::new(bot);
    let outbox = Outbox::new(api, Arc::clone(&clock), log.clone(), |_| ());
    let poller = Poller::new(polling, clock, log);
    let handled = Busy::default();
    let deliver = |update: Update, handled| {
        // A task for each update, so that a slow home delays no other user.
        let (bot, outbox, under_way) = (Arc::clone(&bot), outbox.clone(), busy.guard());
        tokio::spawn(async move {
            for call in bot.answer(&update).await {
                drop(outbox.send(call, under_way.clone()));
            }
            drop(handled);
        });
    };
    let working = async {
        poller.prepare(Call::commands(COMMANDS)).await;
        let stopped = poller.run(deliver, &handled, || (), stop).await;
        busy.idle().await;
        stopped
    };
    tokio::select! {
        stopped = working => stopped,
        () = outbox.run() => Stopped::Asked,
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let log = Log::new(|line| drop(writeln!(io::stderr(), "{line}")));
    let busy = Busy::default();
    if std::env::args().any(|argument| argument == "--demo") {
        let (bot, stand_in) = demo(Arc::clone(&clock));
        let chat = async {
            // A closed output ends the chat too.
            let _ = terminal::chat(&stand_in, &busy, io::stdin().is_terminal()).await;
        };
        run(bot, stand_in.api(), stand_in.api(), log, busy.clone(), chat).await;
        // A thread may still wait for a line of stdin.
        std::process::exit(0);
    }
    let token =
        std::env::var("TELEGRAM_BOT_TOKEN").map_err(|_| "TELEGRAM_BOT_TOKEN is not set; try --demo")?;
    let token = BotToken::parse(&token).map_err(|error| format!("TELEGRAM_BOT_TOKEN {error}"))?;
    let allowed = std::env::var("TELEGRAM_ALLOWED_USERS").unwrap_or_default();
    let allowed =
        allowed.split(',').filter(|id| !id.trim().is_empty()).map(|id| id.trim().parse().map(UserId));
    // URLs that users enter lead to Plume, and to public addresses only.
    let typed = HttpTransport::builder().address_filter(is_public_address).build();
    let bot = Bot {
        allowed: allowed
            .collect::<Result<_, _>>()
            .map_err(|_| "TELEGRAM_ALLOWED_USERS is not a list of numeric ids")?,
        transport: Arc::new(UrlGuard::plume().transport(Arc::new(typed))),
        limiter: RateLimiter::of_process(),
        clock,
        clients: Mutex::default(),
        hint: String::new(),
    };
    // A poll occupies its connection for 25 s, so messages have one of their own.
    let api = || Api::new(Arc::new(HttpTransport::default()), token.clone());
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    match run(bot, api(), api(), log, busy, stop).await {
        Stopped::Token => Err("Telegram does not accept this bot token".into()),
        _ => Ok(()),
    }
}

/// Returns a bot with a simulated cloud, and a simulated Telegram.
fn demo(clock: Arc<dyn Clock>) -> (Bot, StandIn) {
    let cloud = Simulator::builder().seed(7).clock(Arc::clone(&clock)).build();
    let (urls, home) = (cloud.endpoints(), Home::OnePodDown);
    let hint = format!(
        "\n\nIn this demo: <code>/auth {} {} {} {}</code>, then <code>/health {} {}</code>",
        urls.sso_url(),
        urls.partner_id(),
        urls.api_base(),
        urls.auth_header(),
        home.customer_id(),
        home.location_id()
    );
    let bot = Bot {
        allowed: [UserId(terminal::USER)].into(),
        transport: cloud.transport(),
        limiter: RateLimiter::unlimited(Arc::clone(&clock)),
        clock: Arc::clone(&clock),
        clients: Mutex::default(),
        hint,
    };
    (bot, StandIn::new(clock))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use plume::runtime::ManualClock;

    use super::*;

    /// Returns the messages of a chat after `user` sent `lines` to a bot.
    async fn talk(user: i64, lines: impl Fn(&Bot) -> Vec<String>) -> Vec<String> {
        let clock =
            ManualClock::new(plume::chrono::DateTime::UNIX_EPOCH + Duration::from_secs(1_793_613_600));
        let (bot, stand_in) = demo(Arc::new(clock.clone()));
        let (busy, lines) = (Busy::default(), lines(&bot));
        let talking = async {
            for line in lines {
                stand_in.say(user, user, &line);
                stand_in.taken().await;
                busy.idle().await;
            }
        };
        let moving = async {
            loop {
                tokio::task::yield_now().await;
                clock.advance(Duration::from_millis(50));
            }
        };
        tokio::select! {
            _ = run(bot, stand_in.api(), stand_in.api(), Log::new(|_| ()), busy.clone(), talking) => {}
            () = moving => {}
        }
        stand_in.messages(user).into_iter().map(|message| message.text).collect()
    }

    #[tokio::test]
    async fn a_user_signs_in_and_a_stranger_does_not() {
        let [sign_in, health] = ["/auth ", "/health "];
        let script = |bot: &Bot| {
            let typed: Vec<&str> = bot.hint.split(['<', '>']).filter(|part| part.starts_with('/')).collect();
            let typed =
                typed.into_iter().filter(|part| part.starts_with(sign_in) || part.starts_with(health));
            std::iter::once(health.to_owned() + "a b").chain(typed.map(str::to_owned)).collect()
        };
        let messages = talk(terminal::USER, script).await;
        let all = messages.join("\n");
        assert!(messages[1].contains("connect your Plume account first"), "{all}");
        assert!(messages[2].contains("Connected"), "the message with the secret is gone: {all}");
        assert!(messages[4].contains("1 pod is disconnected"), "{all}");
        assert!(!all.contains("Basic "), "{all}");
        let messages = talk(99, |_| vec!["/health a b".to_owned()]).await;
        assert_eq!(messages[1], "This bot is private. Your Telegram id is 99.");
    }
}

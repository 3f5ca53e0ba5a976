//! All texts of the bot, except the reports of `plume-health`, in the HTML of Telegram.

use std::{sync::LazyLock, time::Duration};

use chrono::{DateTime, Utc};
use plume::auth::InvalidAuthorization;
use plume_telegram::html::{escape, name};
use serde::Deserialize;

use crate::chat::context::Context;
use crate::chat::step::Step;
use crate::questions::{Account, Place, Problem, Standing, TokenEnd};

macro_rules! sentences {
    ($($name:ident)+) => {
        /// The sentences of `sentences.json`.
        #[derive(Debug, Deserialize)]
        pub struct Sentences {
            $(pub $name: &'static str,)+
            /// The title, question and example of each step of `/auth`.
            steps: [[&'static str; 3]; 4],
            /// The commands with the descriptions that Telegram shows, in the order of its menu.
            pub commands: [(&'static str, &'static str); 18],
        }
    };
}
sentences! {
    private_only secret_in_group secret_unasked secret_too_early secret_not_text only_text edited not_deleted
    timed_out setup_cancelled nothing_to_cancel no_setup first_step not_skippable no_default_api header_needed
    wrong_bases not_connected no_place stale stale_note too_many not_understood unknown_command no_customers
    no_locations nothing_found not_loaded not_read account_unread dropped not_kept saved setup_begins
    update_begins kept_on_disk kept_in_memory stranger usage narrowed wrong_url wrong_header no_header
    wrong_partner auth_failed operator_refused sso_forbids sso_busy sso_unexplained unchecked not_found
    forbidden no_reports no_operator_reports unsupported limited unreachable no_connection other
}

#[expect(clippy::expect_used, reason = "the file is a part of the program, and every test reads it")]
pub static SENTENCES: LazyLock<Sentences> =
    LazyLock::new(|| serde_json::from_str(include_str!("sentences.json")).expect("all sentences"));

/// The note above the last line of a report of [`Policy::panoptes`](plume::health::Policy::panoptes).
pub(super) const JUDGED_AS_ORIGINAL: &str =
    "<i>Judged as the original bot did: devices and quality are not checked (/settings).</i>\n\n";

/// The reply to a user who is not on the list.
pub fn stranger(user: i64) -> String {
    SENTENCES.stranger.replace("{id}", &user.to_string())
}

/// `/start`
pub fn welcome(context: &Context, connected: bool, place: Option<&Place>) -> String {
    let hello = format!("👋 Hi {}! I report the health of Plume homes.", name(&context.name));
    let demo = if context.demo {
        "\n\n🧪 This is a demo: everything comes from a simulated cloud, and no credentials are needed."
    } else {
        ""
    };
    let next = match (connected, place) {
        (false, _) => "Next: connect your Plume account with /auth.".to_owned(),
        (true, None) => "Next: choose a home with /locations.".to_owned(),
        (true, Some(place)) => format!("Next: /health shows how {} is.", place_name(place)),
    };
    format!("{hello}{demo}\n\n{next}\n/help lists everything.")
}

/// `/help`
pub fn help() -> String {
    let mut text = "<b>Commands</b>\n".to_owned();
    for (command, description) in SENTENCES.commands {
        text.push_str(&format!("/{command} - {}\n", escape(description)));
    }
    text.push_str(
        "\nReports are about the location that you chose with /locations, or about any other: \
         <code>/health &lt;customerId&gt; &lt;locationId&gt;</code>",
    );
    text
}

/// The usage of a command.
pub fn usage(usage: &str) -> String {
    SENTENCES.usage.replace("{usage}", &escape(usage))
}

/// The question of a step.
pub fn question(step: Step, context: &Context, updates: bool) -> String {
    let [title, ask, example] = SENTENCES.steps.get(step as usize).copied().unwrap_or_default();
    let skip = match (updates, step, context.api.is_some()) {
        (true, _, _) => "/skip keeps what is there, ",
        (false, Step::Api, true) => "/skip takes the default, ",
        _ => "",
    };
    let back = if step == Step::Sso { "" } else { "/back goes back, " };
    let demo = context.example.as_ref().and_then(|shown| match step {
        Step::Sso => Some(&shown.sso),
        Step::Header => Some(&shown.header),
        Step::Partner => Some(&shown.partner),
        Step::Api => None,
    });
    let demo =
        demo.map(|demo| format!("\n🧪 In this demo: <code>{}</code>", escape(demo))).unwrap_or_default();
    format!("🔐 <b>{title}</b>\n\n{ask}\n<i>Example: {example}</i>{demo}\n\n{skip}{back}/cancel stops.")
}

/// The summary before the test of an account.
pub fn confirming(account: &Account) -> String {
    let reports = match &account.reports {
        Some(reports) => escape(reports.as_str()),
        None => "none (/wan and /stats need one)".to_owned(),
    };
    format!(
        "📋 <b>Confirming Your Configuration</b>\n\nSSO URL: {}\nAuthorization header: received, not shown\nPartner ID: \
         {}\nAPI base: {}\nReports base: {reports}\n\n🔄 Testing the connection…",
        escape(account.sso.as_str()),
        escape(account.partner.as_str()),
        escape(account.api.as_str()),
    )
}

/// The result of a successful test.
pub fn connected(context: &Context, not_granted: &[String]) -> String {
    let kept = if context.keeps { SENTENCES.kept_on_disk } else { SENTENCES.kept_in_memory };
    let narrowed = if not_granted.is_empty() {
        String::new()
    } else {
        format!("\n\n⚠️ {} Plume support can change what this client may do.", narrowed(not_granted))
    };
    format!(
        "✅ <b>Authentication Successful!</b>\n\nTokens are obtained and renewed without your doing. {kept}{narrowed}\n\n\
         Next: choose a home with /locations."
    )
}

/// The words of the scope that an account lacks.
fn narrowed(not_granted: &[String]) -> String {
    SENTENCES.narrowed.replace("{scope}", &name(&not_granted.join(" ")))
}

/// The result of a failed test.
pub fn test_failed(problem: &Problem) -> String {
    let why = match problem {
        Problem::CredentialsRefused { status, code } => {
            let status = status.map(|status| format!(" with status {status}")).unwrap_or_default();
            let code = code.as_deref().map(|code| format!(" ({})", name(code))).unwrap_or_default();
            format!("The SSO refused the request{status}{code}. Please verify the header and the Partner ID")
        }
        Problem::TokenRefused => {
            "The SSO gave a token, but the API does not take it. Please verify that the API base belongs to the same \
             cloud as the SSO URL"
                .to_owned()
        }
        other => return format!("❌ <b>Authentication Failed</b>\n\n{}\nNothing was kept: /auth begins again.", self::problem(other)),
    };
    format!("❌ <b>Authentication Failed</b>\n\n{why}, then try again with /auth. Nothing was kept.")
}

/// The reply to an invalid URL.
pub fn wrong_url(what: &str, why: &str) -> String {
    SENTENCES.wrong_url.replace("{what}", what).replace("{why}", &escape(why))
}

/// The reply to an invalid header.
pub fn wrong_header(error: InvalidAuthorization) -> String {
    match error {
        InvalidAuthorization::Empty => SENTENCES.no_header.to_owned(),
        other => SENTENCES.wrong_header.replace("{why}", &escape(&other.to_string())),
    }
}

/// The reply to an invalid partner id.
pub fn wrong_partner(why: &str) -> String {
    SENTENCES.wrong_partner.replace("{why}", &escape(&capital(why)))
}

/// The time of the next attempt, if it is known.
fn later(wait: Option<Duration>) -> String {
    const HOUR: Duration = Duration::from_secs(60 * 60);
    match wait {
        Some(wait) if wait <= HOUR => format!("in {} min", wait.as_secs().div_ceil(60).max(1)),
        _ => "later".to_owned(),
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

/// The description of a problem, and the next step.
pub fn problem(problem: &Problem) -> String {
    let text = match problem {
        Problem::NotConnected => SENTENCES.not_connected,
        Problem::CredentialsRefused { .. } | Problem::TokenRefused => SENTENCES.auth_failed,
        Problem::OperatorRefused => SENTENCES.operator_refused,
        Problem::SsoForbids => SENTENCES.sso_forbids,
        Problem::SsoBusy(wait) => return SENTENCES.sso_busy.replace("{when}", &later(*wait)),
        Problem::SsoUnexplained => SENTENCES.sso_unexplained,
        Problem::Unchecked => SENTENCES.unchecked,
        Problem::NotFound(what) => return SENTENCES.not_found.replace("{what}", what),
        Problem::Forbidden => SENTENCES.forbidden,
        Problem::NoReports { own: true } => SENTENCES.no_reports,
        Problem::NoReports { own: false } => SENTENCES.no_operator_reports,
        Problem::Unsupported => SENTENCES.unsupported,
        Problem::Limited(wait) => return SENTENCES.limited.replace("{when}", &later(*wait)),
        Problem::Unreachable => SENTENCES.unreachable,
        Problem::NoConnection => SENTENCES.no_connection,
        Problem::Other { code, hint } => {
            let hint = escape(hint) + if hint.ends_with('.') { "" } else { "." };
            return SENTENCES.other.replace("{code}", &escape(code)).replace("{hint}", &hint);
        }
    };
    text.to_owned()
}

/// `/whoami`
pub fn whoami(
    context: &Context,
    account: Option<&Account>,
    place: Option<&Place>,
    standing: &Standing,
) -> String {
    let account = match account {
        Some(account) => format!(
            "Plume account: your own\nPartner ID: {}\nSSO: {}\nAPI: {}",
            escape(account.partner.as_str()),
            escape(account.sso.host()),
            escape(account.api.host())
        ),
        None if context.demo => "Plume account: the simulated cloud".to_owned(),
        None if context.shared => "Plume account: the one of this bot's operator".to_owned(),
        None => "Plume account: none (/auth)".to_owned(),
    };
    let token = match standing.token_ends {
        Some(time) => format!("\nToken: valid until {}", clock_time(time)),
        None => String::new(),
    };
    let scope = if standing.not_granted.is_empty() {
        String::new()
    } else {
        format!("\n⚠️ {}", narrowed(&standing.not_granted))
    };
    let place = place.map_or_else(|| "none (/locations)".to_owned(), place_name);
    let kept = if context.keeps { "encrypted on disk" } else { "in memory only" };
    format!(
        "👤 {}\nTelegram id: <code>{}</code>\n\n{account}{token}{scope}\n\nLocation: {place}\nYour data is kept {kept}.",
        name(&context.name),
        context.user
    )
}

/// `/logout`
pub fn logged_out(end: TokenEnd) -> String {
    let token = match end {
        TokenEnd::None => "",
        TokenEnd::Revoked => " The token was revoked.",
        TokenEnd::RunsOut => " The SSO offers no way to revoke the token; it runs out by itself.",
    };
    format!(
        "👋 You are logged out. Your credentials, the chosen location and your settings were wiped.{token}"
    )
}

/// `/logout` without an account.
pub fn nothing_to_log_out(context: &Context) -> String {
    let why =
        if context.shared { "You use the account of this bot's operator" } else { "You were not logged in" };
    format!("{why}; the chosen location and your settings were wiped.")
}

/// The reply to the choice of a location.
pub fn chosen(place: &Place) -> String {
    format!(
        "🏠 Location: <b>{}</b>\n\nNext: /health shows how it is. All commands now work without ids.",
        place_name(place)
    )
}

/// The escaped name of a place.
pub fn place_name(place: &Place) -> String {
    name(place.name.as_deref().unwrap_or(&place.location))
}

/// A time for display.
pub(super) fn clock_time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

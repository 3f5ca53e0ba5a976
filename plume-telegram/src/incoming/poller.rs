//! Updates by long polling. It needs no public address and no certificate, and opens no door.

use std::{sync::Arc, time::Duration};

use plume_runtime::Clock;
use serde_json::{Value, json};

use crate::api::{Api, ApiError, Call};
use crate::backoff::{backoff, jittered};
use crate::busy::{Busy, Guard};
use crate::incoming::update::Update;
use crate::log::Log;

/// How long Telegram holds the answer back while nothing happens.
const WAIT: Duration = Duration::from_secs(25);
/// A server that answers "nothing" at once does not know long polling, and is asked again after this.
const IMPATIENT: Duration = Duration::from_millis(250);
/// How long the next question waits for the updates of the last answer to be taken up.
const HANDLED: Duration = Duration::from_secs(2);
/// How long the server may say that it does not know the bot before that is believed. A Bot API that is being redeployed
/// says so for a moment.
const REFUSED: Duration = Duration::from_secs(2 * 60);
/// A server that asks for a longer wait is asked again after this one.
const LONGEST_OBEYED: Duration = Duration::from_secs(10 * 60);
/// How long the last confirmation may take.
const LAST_WORD: Duration = Duration::from_secs(5);

/// Asks for updates, one answer after the other.
#[derive(Debug)]
pub struct Poller {
    api: Api,
    clock: Arc<dyn Clock>,
    log: Log,
}

/// Why a [`Poller`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stopped {
    /// Telegram does not know the bot token.
    Token,
    /// It was asked to.
    Asked,
}

/// The bot itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Me {
    /// Its id.
    pub id: i64,
    /// Its user name.
    pub name: String,
}

/// What goes wrong in a row.
#[derive(Default)]
struct Trouble {
    failures: u32,
    /// Since when the server says that it does not know the bot.
    refused_since: Option<Duration>,
}

impl Poller {
    /// A poller for the bot of `api`.
    #[must_use]
    pub fn new(api: Api, clock: Arc<dyn Clock>, log: Log) -> Self {
        Self { api, clock, log }
    }

    /// The bot itself, which also proves the token. Waits for as long as Telegram cannot be reached.
    ///
    /// # Errors
    ///
    /// [`Stopped::Token`] when the token is wrong.
    pub async fn introduce(&self) -> Result<Me, Stopped> {
        let mut trouble = Trouble::default();
        loop {
            match self.api.call(&Call::method("getMe", json!({}))).await {
                Ok(me) => {
                    let name = me.get("username").and_then(Value::as_str).unwrap_or_default();
                    let id = me.get("id").and_then(Value::as_i64).unwrap_or_default();
                    return Ok(Me { id, name: name.to_owned() });
                }
                // A token that has never worked is more likely wrong than a server being redeployed.
                Err(error) if error.code() == Some(401) => return Err(Stopped::Token),
                Err(error) => self.rest(&error, &mut trouble).await?,
            }
        }
    }

    /// Prepares the chats' command menu, and leaves any webhook. A server that knows neither method is no obstacle.
    pub async fn prepare(&self, commands: Call) {
        for call in [Call::delete_webhook(), commands] {
            if let Err(error) = self.api.call(&call).await {
                self.log.warn(&format!("{}: {error}", call.method));
            }
        }
    }

    /// Hands every update to `deliver`, and `alive` a sign after each answer that shows progress. Ends with a wrong token,
    /// or when `stop` is ready; then what was handled is confirmed once more, so that it does not come again.
    ///
    /// An update that cannot be read is logged and skipped; so is one of a kind this bot does not use.
    /// Asking for more confirms what came before, so it waits for `handled`: what a kill cuts off must come again. But not
    /// for long, or one update that hangs would stop all.
    pub async fn run(
        &self,
        deliver: impl FnMut(Update, Guard),
        handled: &Busy,
        alive: impl FnMut(),
        stop: impl Future<Output = ()>,
    ) -> Stopped {
        let mut offset = None;
        let stopped = tokio::select! {
            biased;
            () = stop => Stopped::Asked,
            stopped = self.poll(&mut offset, deliver, handled, alive) => stopped,
        };
        if stopped == Stopped::Asked && offset.is_some() {
            let confirmed = async {
                handled.idle().await;
                self.api.updates(offset, Duration::ZERO).await
            };
            tokio::select! {
                _ = confirmed => {}
                () = self.clock.sleep(LAST_WORD) => {}
            }
        }
        stopped
    }

    async fn poll(
        &self,
        offset: &mut Option<i64>,
        mut deliver: impl FnMut(Update, Guard),
        handled: &Busy,
        mut alive: impl FnMut(),
    ) -> Stopped {
        let mut trouble = Trouble::default();
        let mut repeated: u32 = 0;
        loop {
            let asked = self.clock.monotonic();
            let updates = match self.api.updates(*offset, WAIT).await {
                Ok(updates) => updates,
                Err(error) => match self.rest(&error, &mut trouble).await {
                    Ok(()) => continue,
                    Err(stopped) => return stopped,
                },
            };
            trouble = Trouble::default();
            // The last number of the answer and not the highest one ever seen: Telegram begins with other numbers after a
            // quiet week, and another Bot API server has its own. One without a number is confirmed with its neighbours.
            let next = updates.iter().rev().find_map(Update::id_of).map(|id| id.saturating_add(1));
            let stuck = !updates.is_empty() && (next.is_none() || next == *offset);
            *offset = next.or(*offset);
            for value in &updates {
                match Update::parse(value) {
                    Some(update) => deliver(update, handled.guard()),
                    None => {
                        self.log.warn("an update was skipped: it has no user, no chat or no known content");
                    }
                }
            }
            if stuck {
                if repeated.is_power_of_two() || repeated == 0 {
                    self.log.warn("no progress: the same updates come again although they were confirmed");
                }
                self.clock.sleep(jittered(backoff(repeated))).await;
                repeated = repeated.saturating_add(1);
                continue;
            }
            repeated = 0;
            alive();
            if updates.is_empty() && self.clock.monotonic().saturating_sub(asked) < IMPATIENT {
                self.clock.sleep(IMPATIENT).await;
            }
            tokio::select! {
                () = handled.idle() => {}
                () = self.clock.sleep(HANDLED) => {}
            }
        }
    }

    async fn rest(&self, error: &ApiError, trouble: &mut Trouble) -> Result<(), Stopped> {
        let now = self.clock.monotonic();
        // Telegram answers 404 for a token of another form, and some servers do for one that they do not know.
        if matches!(error.code(), Some(401 | 404)) {
            let since = *trouble.refused_since.get_or_insert(now);
            if now.saturating_sub(since) >= REFUSED {
                return Err(Stopped::Token);
            }
        } else {
            trouble.refused_since = None;
        }
        let asked = error.retry_after();
        let wait = asked.unwrap_or_else(|| jittered(backoff(trouble.failures))).min(LONGEST_OBEYED);
        let hint =
            if error.code() == Some(409) { "; another program polls with the same bot token" } else { "" };
        self.log.warn(&format!("no updates: {error}{hint}"));
        trouble.failures = trouble.failures.saturating_add(1);
        self.clock.sleep(wait).await;
        Ok(())
    }
}

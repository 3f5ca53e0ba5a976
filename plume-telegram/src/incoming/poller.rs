//! Updates by long polling, which needs no public address, no certificate and no open port.

use std::{sync::Arc, time::Duration};

use plume_runtime::Clock;
use serde_json::{Value, json};

use crate::api::{Api, ApiError, Call};
use crate::backoff::{backoff, jittered};
use crate::busy::{Busy, Guard};
use crate::incoming::update::Update;
use crate::log::Log;

/// The time for which Telegram delays an empty response.
const WAIT: Duration = Duration::from_secs(25);
/// The pause after an immediate response without updates, from a server without long polling.
const IMPATIENT: Duration = Duration::from_millis(250);
/// Maximum wait of the next poll for the handling of the last updates.
const HANDLED: Duration = Duration::from_secs(2);
/// The time for which a server has to reject the bot token before that is final. A Bot API that is being redeployed does so
/// for a moment.
const REFUSED: Duration = Duration::from_secs(2 * 60);
/// Maximum wait that a server can request.
const LONGEST_OBEYED: Duration = Duration::from_secs(10 * 60);
/// Maximum duration of the last confirmation.
const LAST_WORD: Duration = Duration::from_secs(5);

/// Polls for updates.
#[derive(Debug)]
pub struct Poller {
    api: Api,
    clock: Arc<dyn Clock>,
    log: Log,
}

/// The reason why a [`Poller`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stopped {
    /// Telegram does not accept the bot token.
    Token,
    /// The caller stopped it.
    Asked,
}

/// The bot's own account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Me {
    /// The id of the bot.
    pub id: i64,
    /// The user name of the bot.
    pub name: String,
}

/// Consecutive problems.
#[derive(Default)]
struct Trouble {
    failures: u32,
    /// The time since which the server rejects the bot token.
    refused_since: Option<Duration>,
}

impl Poller {
    /// Creates a poller of the bot of `api`.
    #[must_use]
    pub fn new(api: Api, clock: Arc<dyn Clock>, log: Log) -> Self {
        Self { api, clock, log }
    }

    /// Returns the bot's own account, which also checks the token. Retries until Telegram can be reached.
    ///
    /// # Errors
    ///
    /// [`Stopped::Token`] if the token is wrong.
    pub async fn introduce(&self) -> Result<Me, Stopped> {
        let mut trouble = Trouble::default();
        loop {
            match self.api.call(&Call::method("getMe", json!({}))).await {
                Ok(me) => {
                    let name = me.get("username").and_then(Value::as_str).unwrap_or_default();
                    let id = me.get("id").and_then(Value::as_i64).unwrap_or_default();
                    return Ok(Me { id, name: name.to_owned() });
                }
                // A token that has never worked is more likely wrong than rejected by a redeployed server.
                Err(error) if error.code() == Some(401) => return Err(Stopped::Token),
                Err(error) => self.rest(&error, &mut trouble).await?,
            }
        }
    }

    /// Sets the command menu of the chats, and deletes any webhook. A server without these methods is accepted.
    pub async fn prepare(&self, commands: Call) {
        for call in [Call::delete_webhook(), commands] {
            if let Err(error) = self.api.call(&call).await {
                self.log.warn(&format!("{}: {error}", call.method));
            }
        }
    }

    /// Passes every update to `deliver`, and calls `alive` after each response that shows progress. It ends if the token is
    /// wrong, or when `stop` is ready; then the handled updates are confirmed once more, so that they are not sent again.
    ///
    /// An update that cannot be read, or of an unused kind, is logged and skipped. The next poll confirms the updates
    /// before it, so it waits for `handled`, because updates that were not handled when the process was killed must be sent
    /// again. The wait is bounded, so that one update that hangs does not stop all.
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
                () = self.clock.limit(LAST_WORD) => {}
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
            // The last number of the response and not the highest one ever seen: Telegram restarts its numbers after a quiet
            // week, and another Bot API server has its own. One without a number is confirmed with its neighbours.
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
                    self.log
                        .warn("no progress: the same updates were sent again although they were confirmed");
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
                () = self.clock.limit(HANDLED) => {}
            }
        }
    }

    async fn rest(&self, error: &ApiError, trouble: &mut Trouble) -> Result<(), Stopped> {
        let now = self.clock.monotonic();
        // Telegram responds with 404 to a token of another form, and some servers to an unknown token.
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

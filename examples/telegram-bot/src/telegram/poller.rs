//! Where updates come from: long polling.
//!
//! Polling only. A webhook needs a public address, a certificate and a secret in a header that has to be compared in
//! constant time; a bot for a support team needs none of that.

use std::{fmt, sync::Arc, time::Duration};

use plume::runtime::Clock;

use super::{
    Api, ApiError, Call, Update,
    outbox::{backoff, jittered},
};
use crate::{
    busy::{Busy, Guard},
    log::Log,
};

/// How long Telegram holds the answer back while nothing happens.
const WAIT: Duration = Duration::from_secs(25);
/// A server that answers "nothing" at once does not know long polling, and is asked again after this.
const IMPATIENT: Duration = Duration::from_millis(250);
/// How long the next question waits for the updates of the last answer to be taken up.
const HANDLED: Duration = Duration::from_secs(2);

/// Asks for updates, one answer after the other.
pub struct Poller {
    api: Api,
    clock: Arc<dyn Clock>,
    log: Log,
}

/// Why a [`Poller`] gave up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// Telegram does not know the bot token.
    Token,
}

impl Poller {
    /// A poller for the bot of `api`.
    #[must_use]
    pub fn new(api: Api, clock: Arc<dyn Clock>, log: Log) -> Self {
        Self { api, clock, log }
    }

    /// The bot's name, which also proves the token. Waits for as long as Telegram cannot be reached.
    ///
    /// # Errors
    ///
    /// [`Stopped`] when the token is wrong.
    pub async fn introduce(&self) -> Result<String, Stopped> {
        let mut failures = 0;
        loop {
            match self.api.call(&Call::plain("getMe", serde_json::json!({}))).await {
                Ok(me) => {
                    let name = me.get("username").and_then(serde_json::Value::as_str);
                    return Ok(name.unwrap_or_default().to_owned());
                }
                Err(error) => self.rest(&error, &mut failures).await?,
            }
        }
    }

    /// Prepares the chats' command menu, and leaves any webhook. A server that knows neither method is no obstacle.
    pub async fn prepare(&self, commands: Call) {
        for call in [Call::plain("deleteWebhook", serde_json::json!({})), commands] {
            if let Err(error) = self.api.call(&call).await {
                self.log.warn(&format!("{}: {error}", call.method));
            }
        }
    }

    /// Hands every update to `deliver`, and `alive` a sign after each answer. Ends only with a wrong token.
    ///
    /// An update that cannot be read is told to the log and skipped; so is one of a kind this bot does not use.
    /// Asking for more confirms what came before, so it waits for `handled`: what a kill cuts off must come again. But not
    /// for long, or one update that hangs would stop all.
    pub async fn run(
        &self,
        mut deliver: impl FnMut(Update, Guard),
        handled: &Busy,
        mut alive: impl FnMut(),
    ) -> Stopped {
        let mut offset = None;
        let mut failures = 0;
        loop {
            let asked = self.clock.monotonic();
            let updates = match self.api.updates(offset, WAIT).await {
                Ok(updates) => updates,
                Err(error) => match self.rest(&error, &mut failures).await {
                    Ok(()) => continue,
                    Err(stopped) => return stopped,
                },
            };
            failures = 0;
            alive();
            if updates.is_empty() && self.clock.monotonic().saturating_sub(asked) < IMPATIENT {
                self.clock.sleep(IMPATIENT).await;
            }
            for value in &updates {
                // Without a number it cannot be confirmed alone; the next one confirms it too.
                if let Some(id) = Update::id_of(value) {
                    offset = offset.max(Some(id.saturating_add(1)));
                }
                match Update::parse(value) {
                    Some(update) => deliver(update, handled.guard()),
                    None => {
                        self.log.warn("an update was skipped: it has no user, no chat or no known content");
                    }
                }
            }
            tokio::select! {
                () = handled.idle() => {}
                () = self.clock.sleep(HANDLED) => {}
            }
        }
    }

    async fn rest(&self, error: &ApiError, failures: &mut u32) -> Result<(), Stopped> {
        // Telegram answers 404 for a token that is not even formed like one.
        if matches!(error.code(), Some(401 | 404)) {
            return Err(Stopped::Token);
        }
        let asked = match error {
            ApiError::Refused { retry_after, .. } => retry_after.map(Duration::from_secs),
            _ => None,
        };
        let wait = asked.unwrap_or_else(|| jittered(backoff(*failures)));
        let hint =
            if error.code() == Some(409) { "; another program polls with the same bot token" } else { "" };
        self.log.warn(&format!("no updates: {error}{hint}"));
        *failures = failures.saturating_add(1);
        self.clock.sleep(wait).await;
        Ok(())
    }
}

impl fmt::Debug for Poller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller").finish_non_exhaustive()
    }
}

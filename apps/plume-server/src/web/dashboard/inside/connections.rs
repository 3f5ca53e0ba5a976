//! The connections to the cloud: sessions, the call limit, and servers.

use chrono::{DateTime, Utc};
use plume::{Client, LimiterStatus, auth::TokenPhase};
use plume_text::human;

use crate::config::in_keys;
use crate::traffic::Seen;
use crate::web::dashboard::shared::Dashboard;
use crate::web::dashboard::visible::Visible;
use crate::web::view::{Badge, Counted};

/// The words for a session that has never had a token.
const NO_TOKEN: &str = "no token yet";
/// The words for a session whose token has ended.
const EXPIRED: &str = "expired, and the next call requests a new token";

/// The connections to the cloud. Empty for a visitor that does not see all tenants.
#[derive(Debug, Default)]
pub(in crate::web) struct Connections {
    pub(in crate::web) sessions: Vec<Session>,
    pub(in crate::web) limiter: Option<Limit>,
    pub(in crate::web) seen: Seen,
}

/// A credential and its token.
#[derive(Debug)]
pub(in crate::web) struct Session {
    pub(in crate::web) name: String,
    pub(in crate::web) state: &'static str,
    pub(in crate::web) is_well: bool,
    pub(in crate::web) expires_at: Option<DateTime<Utc>>,
    pub(in crate::web) failures: u32,
    pub(in crate::web) last_error: Option<String>,
    /// The next step after the last error.
    pub(in crate::web) help: Option<String>,
}

/// The state of the call limit.
#[derive(Debug, Clone, Copy)]
pub(in crate::web) struct Limit(pub(in crate::web) LimiterStatus);

impl Visible {
    /// Returns the connections to the cloud. Sends no call.
    pub(in crate::web) fn connections(&self) -> Connections {
        if !self.has_all() {
            return Connections::default();
        }
        let client = self.dashboard.client();
        let session = self.dashboard.client_session();
        Connections {
            sessions: session.into_iter().collect(),
            limiter: client.map(|client| Limit(client.rate_limiter().status())),
            seen: self.process().traffic.seen(self.now()),
        }
    }
}

impl Dashboard {
    /// Returns the session of the client.
    pub(super) fn client_session(&self) -> Option<Session> {
        self.client().map(Session::of)
    }
}

impl Session {
    pub(super) fn of(client: &Client) -> Self {
        let status = client.token_provider().token_status();
        let name = client.partner_id().map_or_else(|| "a fixed token".to_owned(), ToString::to_string);
        let (state, is_well) =
            status.as_ref().map_or(("a token that is not renewed", true), |status| phase(status.phase));
        let error = status.as_ref().and_then(|status| status.last_error.as_ref());
        Self {
            name,
            state,
            is_well,
            expires_at: status.as_ref().and_then(|status| status.expires_at),
            failures: status.as_ref().map_or(0, |status| status.failures),
            last_error: error.map(ToString::to_string),
            help: error.map(|error| in_keys(error.help())),
        }
    }

    pub(super) fn has_token(&self) -> bool {
        self.is_well && self.state != NO_TOKEN
    }

    /// Returns whether calls can be made. Without a valid token only the next call shows it.
    pub(in crate::web) fn badge(&self) -> Badge {
        let is_open = [NO_TOKEN, EXPIRED].contains(&self.state);
        match (self.is_well, &self.last_error) {
            (false, _) => Badge::FAILING,
            (true, Some(_)) if is_open => Badge::FAILING,
            (true, None) if is_open => Badge::NOT_KNOWN,
            (true, Some(_)) => Badge::ATTENTION,
            (true, None) => Badge::FINE,
        }
    }
}

impl Limit {
    /// The state in names and values.
    pub(in crate::web) fn facts(self) -> Vec<(&'static str, String)> {
        let status = self.0;
        let mut facts = vec![
            ("Rate", status.pace.map_or_else(|| "no limit".to_owned(), |pace| format!("{pace:.1} calls/s"))),
            (
                "Head-room",
                status.budget_left.map_or_else(
                    || "no limit".to_owned(),
                    |left| format!("{left} calls in the current window"),
                ),
            ),
            ("Waiting", Counted(u64::try_from(status.waiting).unwrap_or(u64::MAX), "call").to_string()),
        ];
        if let Some(pause) = status.paused_for {
            facts.push(("Pause after a 429", format!("for {}", human(pause))));
        }
        facts.push((
            "Block",
            match (status.blocked_for, status.probing) {
                (Some(rest), _) => format!("by the firewall, for up to {}", human(rest)),
                (None, true) => "one call probes whether it is over".to_owned(),
                (None, false) => "none".to_owned(),
            },
        ));
        facts
    }
}

/// Returns the words for a phase, and whether calls can be made.
fn phase(phase: TokenPhase) -> (&'static str, bool) {
    match phase {
        TokenPhase::Cold => (NO_TOKEN, true),
        TokenPhase::Fresh => ("valid", true),
        TokenPhase::Advisory => ("valid, a new one is fetched", true),
        TokenPhase::Mandatory => ("about to expire", true),
        TokenPhase::Expired => (EXPIRED, true),
        TokenPhase::Rejected => ("rejected by the API", false),
        TokenPhase::BackingOff => ("the token endpoint failed", false),
        TokenPhase::Refused => ("the credential is refused", false),
        _ => ("not known", true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_token_that_came_is_well() {
        let session = |state, is_well, last_error: Option<&str>| Session {
            name: String::new(),
            state,
            is_well,
            expires_at: None,
            failures: 0,
            last_error: last_error.map(str::to_owned),
            help: None,
        };
        let failed = Some("the body is HTML, not JSON");
        assert_eq!(session(NO_TOKEN, true, None).badge(), Badge::NOT_KNOWN);
        assert_eq!(session(NO_TOKEN, true, failed).badge(), Badge::FAILING);
        assert_eq!(session(EXPIRED, true, None).badge(), Badge::NOT_KNOWN);
        assert_eq!(session(EXPIRED, true, failed).badge(), Badge::FAILING);
        assert_eq!(session("valid", true, failed).badge(), Badge::ATTENTION);
        assert_eq!(session("valid", true, None).badge(), Badge::FINE);
        assert_eq!(session("the credential is refused", false, failed).badge(), Badge::FAILING);
    }
}

//! The monitor itself, as pages show it: uptime, the log, connections, and checks.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use plume::{
    LimiterStatus,
    auth::TokenPhase,
    monitor::{ids::TenantId, incident::Scope, monitor::OPERATOR},
};
use plume_text::human;

use crate::config::Row;
use crate::journal::{Filter, Found};
use crate::store::{
    Result, StoreError,
    model::{GroupUptime, HomeUptime, IncidentQuery, Page, UptimeCursor, UptimeGroup, UptimePeriod},
};
use crate::traffic::Seen;
use crate::web::dashboard::visible::{Visible, VisibleTenant};
use crate::web::process::Process;
use crate::web::view::{Badge, Counted};

/// Free space of a disk that needs attention, and that is too little.
const LOW: u64 = 1 << 30;
const FULL: u64 = 100 << 20;
/// A difference of clocks that needs attention, and one that breaks tokens.
const SKEW: (i64, i64) = (30, 300);
/// A success longer ago than this shows that the cloud is away.
const SILENT: TimeDelta = TimeDelta::minutes(5);
/// Open incidents of the operator that are searched.
const OPEN: usize = 100;

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
}

/// The state of the call limit.
#[derive(Debug, Clone, Copy)]
pub(in crate::web) struct Limit(pub(in crate::web) LimiterStatus);

/// A check of the monitor itself.
#[derive(Debug)]
pub(in crate::web) struct Check {
    pub(in crate::web) badge: Badge,
    pub(in crate::web) name: &'static str,
    pub(in crate::web) seen: String,
    pub(in crate::web) advice: &'static str,
}

impl Check {
    fn new(badge: Badge, name: &'static str, seen: impl Into<String>, advice: &'static str) -> Self {
        let advice = if badge == Badge::FINE { "" } else { advice };
        Self { badge, name, seen: seen.into(), advice }
    }

    pub(in crate::web) fn is_failing(&self) -> bool {
        self.badge == Badge::FAILING || self.badge == Badge::ATTENTION
    }
}

impl VisibleTenant {
    pub(in crate::web) async fn uptimes(
        &self,
        period: UptimePeriod,
        after: Option<UptimeCursor>,
        limit: usize,
    ) -> Result<Page<HomeUptime, UptimeCursor>> {
        self.visible.dashboard.store().uptimes(&self.id, period, after, limit).await
    }

    pub(in crate::web) async fn group_uptimes(
        &self,
        period: UptimePeriod,
        kind: UptimeGroup,
        limit: usize,
    ) -> Result<Vec<GroupUptime>> {
        self.visible.dashboard.store().group_uptimes(&self.id, period, kind, limit).await
    }
}

impl Visible {
    pub(in crate::web) fn process(&self) -> &Process {
        self.dashboard.process()
    }

    /// Returns the settings in force, for visitors that see all tenants.
    pub(in crate::web) fn settings(&self) -> &[Row] {
        if self.has_all() { &self.process().settings } else { &[] }
    }

    /// Returns events of the log: those of visible tenants, and those without a tenant for visitors that see all.
    pub(in crate::web) fn log(&self, filter: &Filter) -> Found {
        let tenants = self.visitor().tenants();
        self.process().journal.find(filter, |entry| match &entry.tenant {
            Some(tenant) => tenants.has(&TenantId::new(tenant.as_str())),
            None => self.has_all(),
        })
    }

    /// Returns the connections to the cloud. Sends no call.
    pub(in crate::web) fn connections(&self) -> Connections {
        if !self.has_all() {
            return Connections::default();
        }
        let client = self.dashboard.client();
        let session = client.map(|client| {
            let status = client.token_provider().token_status();
            let name = client.partner_id().map_or_else(|| "a fixed token".to_owned(), ToString::to_string);
            let (state, is_well) =
                status.as_ref().map_or(("a token that is not renewed", true), |status| phase(status.phase));
            Session {
                name,
                state,
                is_well,
                expires_at: status.as_ref().and_then(|status| status.expires_at),
                failures: status.as_ref().map_or(0, |status| status.failures),
                last_error: status.and_then(|status| Some(status.last_error?.to_string())),
            }
        });
        Connections {
            sessions: session.into_iter().collect(),
            limiter: client.map(|client| Limit(client.rate_limiter().status())),
            seen: self.process().traffic.seen(self.now()),
        }
    }

    /// Checks the monitor itself, as far as the visitor sees it. Nothing is sent to the cloud.
    pub(in crate::web) async fn checks(&self) -> Vec<Check> {
        let mut checks = vec![self.store_check().await];
        if let Some(data) = &self.process().data {
            checks.push(disk(data));
        }
        if self.has_all() {
            checks.push(self.worker_check());
            checks.extend(self.suspended_check());
            checks.extend(self.cloud_checks());
        }
        checks.push(self.messages_check().await);
        checks
    }

    fn worker_check(&self) -> Check {
        if let Some((part, age)) = self.pulse().and_then(|pulse| pulse.hanging()) {
            let seen = format!("the {part} has begun no turn for {}", human(age));
            return Check::new(
                Badge::FAILING,
                "Worker",
                seen,
                "See the page Logs, and start the server again.",
            );
        }
        match self.pulse() {
            Some(pulse) if pulse.stale > 0 => Check::new(
                Badge::ATTENTION,
                "Worker",
                format!("{} checked longer ago than twice the interval", Counted(pulse.stale as u64, "home")),
                "See the call limit and the servers on the page Connections.",
            ),
            Some(_) => Check::new(Badge::FINE, "Worker", "all homes are checked in time", ""),
            None => Check::new(
                Badge::FAILING,
                "Worker",
                "none runs in this process, so nothing is checked",
                "Configure the section `cloud` and start the server again.",
            ),
        }
    }

    async fn store_check(&self) -> Check {
        let store = self.dashboard.store();
        let failing =
            |error: StoreError| Check::new(Badge::FAILING, "Store", error.to_string(), error.help());
        if let Err(error) = store.probe().await {
            return failing(error);
        }
        // The worker finds a full disk, and reports it as an incident.
        let query = IncidentQuery { is_open: true, limit: OPEN, ..IncidentQuery::default() };
        match store.incidents(&TenantId::new(OPERATOR), query).await {
            Ok(open) if open.iter().any(|filed| filed.incident.scope == Scope::Source("disk".into())) => {
                let advice = "Free some space; history is recorded again by itself.";
                Check::new(Badge::FAILING, "Store", "the disk is full: history is not recorded", advice)
            }
            Ok(_) => Check::new(Badge::FINE, "Store", "can be read and written", ""),
            Err(error) => failing(error),
        }
    }

    /// A check for suspended tenants, if there are any.
    fn suspended_check(&self) -> Option<Check> {
        let suspended = self.suspended().into_iter();
        let suspended = suspended.filter(|tenant| self.visitor().tenants().has(tenant));
        let suspended: Vec<String> = suspended.map(|tenant| tenant.to_string()).collect();
        let seen = format!("suspended, so not checked and not announced: {}", suspended.join(", "));
        let advice = "Resume them on the page Users.";
        (!suspended.is_empty()).then(|| Check::new(Badge::ATTENTION, "Tenants", seen, advice))
    }

    fn cloud_checks(&self) -> Vec<Check> {
        let (now, connections) = (self.now(), self.connections());
        let mut checks = Vec::new();
        for session in &connections.sessions {
            let badge = if session.is_well { Badge::FINE } else { Badge::FAILING };
            let seen = match &session.last_error {
                Some(error) => format!("{}: {error}", session.state),
                None => session.state.to_owned(),
            };
            checks.push(Check::new(
                badge,
                "Token",
                seen,
                "Check `cloud.auth_header_file`, the SSO URL and the partner id.",
            ));
        }
        if let Some(Limit(status)) = connections.limiter {
            let badge =
                if status.blocked_for.is_some() || status.probing { Badge::FAILING } else { Badge::FINE };
            let advice = "Wait for the end of the block; another program may use the same address.";
            checks.push(Check::new(badge, "Call limit", status.to_string(), advice));
        }
        let success = connections.seen.hosts.iter().filter_map(|host| host.last_success).max();
        checks.push(match success {
            Some(at) if now.signed_duration_since(at) <= SILENT => Check::new(
                Badge::FINE,
                "Cloud",
                format!(
                    "a call succeeded {} ago",
                    human(now.signed_duration_since(at).to_std().unwrap_or_default())
                ),
                "",
            ),
            Some(at) => Check::new(
                Badge::FAILING,
                "Cloud",
                format!(
                    "the last call that succeeded was {} ago",
                    human(now.signed_duration_since(at).to_std().unwrap_or_default())
                ),
                "See the servers on the page Connections.",
            ),
            None => Check::new(
                Badge::NOT_KNOWN,
                "Cloud",
                "no call has succeeded yet",
                "Wait a minute; then see the page Connections.",
            ),
        });
        let ahead = connections.seen.hosts.iter().filter_map(|host| host.ahead).max_by_key(TimeDelta::abs);
        checks.push(clock(ahead));
        checks
    }

    async fn messages_check(&self) -> Check {
        let advice = "See the page Channels for the receiver and the reason.";
        let (mut waiting, mut dead) = (0_u64, 0_u64);
        let tenants = match self.tenants().await {
            Ok(tenants) => tenants,
            Err(error) => return Check::new(Badge::FAILING, "Messages", error.to_string(), error.help()),
        };
        for tenant in tenants {
            if let Ok((of_tenant, lost)) = self.dashboard.store().backlog(&tenant.id).await {
                waiting = waiting.saturating_add(of_tenant);
                dead = dead.saturating_add(lost);
            }
        }
        let seen = format!("{waiting} wait, {dead} were given up");
        Check::new(if dead > 0 { Badge::ATTENTION } else { Badge::FINE }, "Messages", seen, advice)
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
        TokenPhase::Cold => ("no token yet", true),
        TokenPhase::Fresh => ("valid", true),
        TokenPhase::Advisory => ("valid, a new one is fetched", true),
        TokenPhase::Mandatory => ("about to expire", true),
        TokenPhase::Expired => ("expired", true),
        TokenPhase::Rejected => ("rejected by the API", false),
        TokenPhase::BackingOff => ("the token endpoint failed", false),
        TokenPhase::Refused => ("the credential is refused", false),
        _ => ("not known", true),
    }
}

fn clock(ahead: Option<TimeDelta>) -> Check {
    let name = "Clock";
    let advice = "Synchronize the clock of this machine, for example with chrony or systemd-timesyncd.";
    let Some(ahead) = ahead else {
        return Check::new(Badge::NOT_KNOWN, name, "no response had a time yet", "Wait for the first calls.");
    };
    let seconds = ahead.num_seconds();
    let badge = match seconds.saturating_abs() {
        off if off >= SKEW.1 => Badge::FAILING,
        off if off >= SKEW.0 => Badge::ATTENTION,
        _ => Badge::FINE,
    };
    let seen = match seconds {
        -2..=2 => "equal to the cloud's".to_owned(),
        3.. => format!("{seconds} s behind the cloud's"),
        _ => format!("{} s ahead of the cloud's", seconds.saturating_neg()),
    };
    Check::new(badge, name, seen, advice)
}

/// Checks the free space of the disk of a directory.
fn disk(data: &Path) -> Check {
    let advice = "Free some space, or move the directory of `data`.";
    match free(data) {
        Ok(free) => {
            let badge = match free {
                ..FULL => Badge::FAILING,
                FULL..LOW => Badge::ATTENTION,
                _ => Badge::FINE,
            };
            Check::new(badge, "Disk", format!("{} MiB free", free >> 20), advice)
        }
        Err(why) => {
            Check::new(Badge::NOT_KNOWN, "Disk", why, "Look at the free space of the directory of `data`.")
        }
    }
}

#[cfg(unix)]
fn free(path: &Path) -> std::result::Result<u64, String> {
    let space = rustix::fs::statvfs(path).map_err(|error| error.to_string())?;
    Ok(space.f_bavail.saturating_mul(space.f_frsize))
}

#[cfg(not(unix))]
fn free(_: &Path) -> std::result::Result<u64, String> {
    Err("the free space is not known on this system".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_clock_is_found_with_its_direction() {
        for (ahead, badge, word) in [
            (Some(0), Badge::FINE, "equal"),
            (Some(29), Badge::FINE, "behind"),
            (Some(30), Badge::ATTENTION, "30 s behind"),
            (Some(-31), Badge::ATTENTION, "31 s ahead"),
            (Some(-86_400), Badge::FAILING, "ahead"),
            (None, Badge::NOT_KNOWN, "no response"),
        ] {
            let check = clock(ahead.map(TimeDelta::seconds));
            assert!(check.badge == badge && check.seen.contains(word), "{check:?}");
            assert_eq!(check.advice.is_empty(), badge == Badge::FINE);
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_free_space_of_a_missing_directory_is_not_known() {
        assert_eq!(disk(Path::new("/nothing/here")).badge, Badge::NOT_KNOWN);
        assert!(disk(Path::new("/")).seen.contains("MiB free"));
    }
}

//! The monitor itself, as pages show it: uptime, the log, connections, and checks.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use plume::{
    LimiterStatus,
    auth::TokenPhase,
    health::Status,
    monitor::{ids::TenantId, incident::Scope},
};
use plume_text::human;

use crate::config::Row;
use crate::journal::{Filter, Found};
use crate::store::{
    Result, StoreError,
    model::{Filed, GroupUptime, HomeUptime, Page, UptimeCursor, UptimeGroup, UptimePeriod},
};
use crate::traffic::{self, Host, Seen};
use crate::web::dashboard::shared::Dashboard;
use crate::web::dashboard::visible::{Visible, VisibleTenant};
use crate::web::process::Process;
use crate::web::view::{Badge, Counted, reason};

/// Free space of a disk that needs attention, and that is too little.
const LOW: u64 = 1 << 30;
const FULL: u64 = 100 << 20;
/// A difference of clocks that needs attention, and one that breaks tokens.
const SKEW: (i64, i64) = (30, 300);
/// A success longer ago than this shows that the cloud is away.
const SILENT: TimeDelta = TimeDelta::minutes(5);
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
        let session = self.dashboard.client_session();
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
            checks.extend(self.results_checks().await);
            checks.extend(self.cloud_checks());
        }
        checks.push(self.messages_check().await);
        let idle = self.idle_routes().await.unwrap_or_default().into_iter();
        let advice = "Correct the file of `policies.file`, and start the server again.";
        checks.extend(idle.map(|line| Check::new(Badge::ATTENTION, "Routes", line, advice)));
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
            Some(pulse) if pulse.unchecked > 0 => {
                let homes = Counted(pulse.unchecked as u64, "home");
                let seen = format!("{homes} checked longer ago than twice the interval");
                let advice = "See the call limit and the servers on the page Connections.";
                Check::new(Badge::ATTENTION, "Worker", seen, advice)
            }
            Some(_) => Check::new(Badge::FINE, "Worker", "no check is late", ""),
            None => Check::new(
                Badge::FAILING,
                "Worker",
                "none runs in this process, so nothing is checked",
                "Configure the section `cloud` and start the server again.",
            ),
        }
    }

    async fn store_check(&self) -> Check {
        let failing =
            |error: StoreError| Check::new(Badge::FAILING, "Store", error.to_string(), error.help());
        if let Err(error) = self.dashboard.check_store().await {
            return failing(error);
        }
        // The worker finds a full disk, and reports it as an incident.
        match self.of_monitor().await {
            Ok(open) => {
                let is_disk = |filed: &&Filed| filed.incident.scope == Scope::Source("disk".into());
                match open.iter().find(is_disk) {
                    Some(full) => {
                        let advice = "Free some space; history is recorded again by itself.";
                        let seen = reason(&full.incident.situation.root.message);
                        Check::new(Badge::FAILING, "Store", seen, advice)
                    }
                    None => Check::new(Badge::FINE, "Store", "can be read and written", ""),
                }
            }
            Err(error) => failing(error),
        }
    }

    /// Checks whether homes can be seen: the open problem of a source, and the homes with a known status.
    async fn results_checks(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        let open = self.blind().await.unwrap_or_default();
        let blind = open.first();
        if let Some(situation) = blind.map(|filed| &filed.incident.situation) {
            let age = self.now().signed_duration_since(situation.since).to_std().unwrap_or_default();
            let seen = format!("{}, for {}", reason(&situation.root.message), human(age));
            let advice = "See the page Connections; homes have their last status, or none.";
            checks.push(Check::new(Badge::FAILING, "Source", seen, advice));
        }
        let (mut known, mut total) = (0_u64, 0_u64);
        for (view, _) in self.each().await.unwrap_or_default() {
            let Ok(counts) = view.counts().await else { continue };
            total = total.saturating_add(counts.total());
            known = known.saturating_add(counts.total().saturating_sub(counts.of(Status::Unknown)));
        }
        checks.extend(results(known, total, !self.newest().is_empty()));
        checks
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
        let failing_for = traffic::failing(&connections.seen.hosts, now)
            .map(|(_, since)| human(now.signed_duration_since(since).to_std().unwrap_or_default()));
        for session in &connections.sessions {
            let (mut badge, mut seen) = (session.badge(), session.state.to_owned());
            match (&session.last_error, &failing_for) {
                (Some(error), _) => seen = format!("{seen}: {error}"),
                // The cloud may have withdrawn it meanwhile.
                (None, Some(time)) if badge == Badge::FINE => {
                    (badge, seen) =
                        (Badge::NOT_KNOWN, format!("{seen}, and not confirmed by a call for {time}"));
                }
                _ => {}
            }
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
        let has_token = connections.sessions.iter().all(Session::has_token);
        checks.push(cloud(now, &connections.seen.hosts, has_token));
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

impl Dashboard {
    /// Returns the session of the client.
    fn client_session(&self) -> Option<Session> {
        self.client().map(|client| {
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
        })
    }

    /// Returns the state of the cloud as the page of settings has it, in a word for all visitors. It is no part of the health of
    /// this server.
    pub(in crate::web) fn cloud(&self) -> &'static str {
        let now = self.now();
        let has_token = self.client_session().iter().all(Session::has_token);
        match cloud(now, &self.process().traffic.seen(now).hosts, has_token).badge {
            Badge::FINE => "ok",
            Badge::FAILING => "failing",
            _ => "not known",
        }
    }
}

impl Session {
    fn has_token(&self) -> bool {
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

/// Checks whether calls of the API succeed. The response of a server that is not the cloud has a good status, too, but gives no
/// token.
fn cloud(now: DateTime<Utc>, hosts: &[Host], has_token: bool) -> Check {
    let ago = |at: DateTime<Utc>| human(now.signed_duration_since(at).to_std().unwrap_or_default());
    let api = traffic::api(hosts);
    let answer = api.and_then(|host| host.last_answer);
    // Without a token there is no call, and the server of the tokens has the reason.
    let failure = match api.filter(|_| has_token) {
        Some(api) => api.last_failure.as_ref(),
        None => hosts.iter().filter_map(|host| host.last_failure.as_ref()).max_by_key(|(at, _)| *at),
    };
    let failed = failure.map(|(at, why)| format!("; the last failure was {} ago: {why}", ago(*at)));
    let failed = failed.unwrap_or_default();
    let servers = "See the servers on the page Connections.";
    let failing = |seen: String| Check::new(Badge::FAILING, "Cloud", seen, servers);
    let quiet = |seen: &str| {
        Check::new(Badge::NOT_KNOWN, "Cloud", seen, "Wait a minute; then see the page Connections.")
    };
    let Some(at) = answer else {
        return match failure {
            Some(_) => failing(format!("no call has succeeded yet{failed}")),
            None => quiet("no call has succeeded yet"),
        };
    };
    let is_newer = failure.is_some_and(|(failed, _)| *failed > at);
    match traffic::failing(hosts, now) {
        _ if !has_token => failing(format!("there is no token, so no call succeeds{failed}")),
        Some((host, since)) => {
            failing(format!("no call to {} has succeeded for {}{failed}", host.name, ago(since)))
        }
        None if now.signed_duration_since(at) <= SILENT => {
            Check::new(Badge::FINE, "Cloud", format!("a call was answered {} ago", ago(at)), "")
        }
        None if is_newer => failing(format!("the last call that was answered was {} ago{failed}", ago(at))),
        // Checks that are rare say nothing about now.
        None => quiet(&format!("the last call was answered {} ago", ago(at))),
    }
}

/// Checks how many homes have a known status; `had_data` is whether a check has ever had data. `None` without homes.
fn results(known: u64, total: u64, had_data: bool) -> Option<Check> {
    let (badge, seen) = match total.saturating_sub(known) {
        _ if total == 0 => return None,
        0 => (Badge::FINE, format!("{} have a status", Counted(total, "home"))),
        unknown if known == 0 && !had_data => (
            Badge::NOT_KNOWN,
            format!("no check has had a result yet; no data from {}", Counted(unknown, "home")),
        ),
        unknown => (Badge::ATTENTION, format!("no data from {unknown} of {}", Counted(total, "home"))),
    };
    Some(Check::new(badge, "Results", seen, "See the reason in the list of homes without data."))
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

    #[test]
    fn only_a_success_is_well_and_nothing_is_not_known() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let session = |state, is_well, last_error: Option<&str>| Session {
            name: String::new(),
            state,
            is_well,
            expires_at: None,
            failures: 0,
            last_error: last_error.map(str::to_owned),
        };
        let failed = Some("the body is HTML, not JSON");
        assert_eq!(session(NO_TOKEN, true, None).badge(), Badge::NOT_KNOWN);
        assert_eq!(session(NO_TOKEN, true, failed).badge(), Badge::FAILING);
        assert_eq!(session(EXPIRED, true, None).badge(), Badge::NOT_KNOWN);
        assert_eq!(session(EXPIRED, true, failed).badge(), Badge::FAILING);
        assert_eq!(session("valid", true, failed).badge(), Badge::ATTENTION);
        assert_eq!(session("valid", true, None).badge(), Badge::FINE);
        assert_eq!(session("the credential is refused", false, failed).badge(), Badge::FAILING);
        let host = |success: Option<i64>, failure: Option<i64>| Host {
            name: "api.example.net".to_owned(),
            is_for_tokens: false,
            calls: 1,
            last_success: success.map(|ago| now - TimeDelta::seconds(ago)),
            last_failure: failure.map(|ago| (now - TimeDelta::seconds(ago), "status 503".to_owned())),
            last_answer: success.map(|ago| now - TimeDelta::seconds(ago)),
            failing_since: failure.map(|ago| now - TimeDelta::seconds(ago)),
            ahead: None,
        };
        let tokens = |success, failure| Host { is_for_tokens: true, ..host(success, failure) };
        let fails = Host { failing_since: Some(now - TimeDelta::seconds(65)), ..host(Some(70), Some(5)) };
        for (hosts, has_token, badge, words) in [
            (vec![], true, Badge::NOT_KNOWN, "no call has succeeded yet"),
            (vec![host(Some(28), None)], true, Badge::FINE, "a call was answered 28 s ago"),
            (vec![host(Some(70), Some(5))], true, Badge::FINE, "a call was answered 1 min 10 s ago"),
            (
                vec![fails.clone()],
                true,
                Badge::FAILING,
                "no call to api.example.net has succeeded for 1 min 5 s; the last failure was 5 s ago: status 503",
            ),
            // A token that came says nothing about the API: no call yet, one that failed, and one a probe ago.
            (vec![tokens(Some(5), None)], true, Badge::NOT_KNOWN, "no call has succeeded yet"),
            (
                vec![tokens(Some(5), None), host(None, Some(9))],
                true,
                Badge::FAILING,
                "no call has succeeded yet; the last failure was 9 s ago",
            ),
            (
                vec![tokens(Some(5), None), host(Some(900), Some(310))],
                true,
                Badge::FAILING,
                "the last call that was answered was 15 min ago; the last failure was 5 min 10 s ago",
            ),
            (vec![tokens(None, Some(3)), host(Some(9), None)], true, Badge::FINE, "answered 9 s ago"),
            // Rare checks of a small fleet.
            (
                vec![host(Some(400), None)],
                true,
                Badge::NOT_KNOWN,
                "the last call was answered 6 min 40 s ago",
            ),
            // No call since a block, or since the token endpoint refuses.
            (vec![host(Some(900), Some(800))], true, Badge::FAILING, "the last failure was 13 min 20 s ago"),
            (vec![host(Some(28), None)], false, Badge::FAILING, "there is no token, so no call succeeds"),
            (
                vec![host(Some(301), Some(5))],
                true,
                Badge::FAILING,
                "the last failure was 5 s ago: status 503",
            ),
            (
                vec![host(None, Some(5))],
                true,
                Badge::FAILING,
                "no call has succeeded yet; the last failure was 5 s",
            ),
        ] {
            let check = cloud(now, &hosts, has_token);
            assert!(check.badge == badge && check.seen.contains(words), "{check:?}");
        }
        assert!(results(0, 0, false).is_none());
        assert_eq!(results(0, 3, false).unwrap().badge, Badge::NOT_KNOWN);
        assert_eq!(results(0, 3, true).unwrap().seen, "no data from 3 of 3 homes");
        assert_eq!(results(2, 3, true).unwrap().seen, "no data from 1 of 3 homes");
        assert_eq!(results(3, 3, true).unwrap().badge, Badge::FINE);
    }

    #[cfg(unix)]
    #[test]
    fn the_free_space_of_a_missing_directory_is_not_known() {
        assert_eq!(disk(Path::new("/nothing/here")).badge, Badge::NOT_KNOWN);
        assert!(disk(Path::new("/")).seen.contains("MiB free"));
    }
}

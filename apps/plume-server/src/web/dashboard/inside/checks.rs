//! The checks of the monitor itself, as pages show them.

use std::{borrow::Cow, path::Path, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use plume::{health::Status, monitor::incident::Scope};
use plume_text::human;

use crate::store::{Result, StoreError, model::Filed};
use crate::traffic::{self, Host};
use crate::web::dashboard::channels::Listed;
use crate::web::dashboard::inside::connections::{Limit, Session};
use crate::web::dashboard::shared::Dashboard;
use crate::web::dashboard::visible::Visible;
use crate::web::view::{Badge, Counted, reason};

/// Free space of a disk that needs attention, and that is too little.
const LOW: u64 = 1 << 30;
const FULL: u64 = 100 << 20;
/// A difference of clocks that needs attention, and one that breaks tokens.
const SKEW: (i64, i64) = (30, 300);
/// A success longer ago than this shows that the cloud is away.
const SILENT: TimeDelta = TimeDelta::minutes(5);
/// The step after a failure whose cause is shown with its server.
const SERVERS: &str = "See the servers on the page Connections.";

/// A check of the monitor itself.
#[derive(Debug)]
pub(in crate::web) struct Check {
    pub(in crate::web) badge: Badge,
    pub(in crate::web) name: &'static str,
    pub(in crate::web) seen: String,
    pub(in crate::web) advice: Cow<'static, str>,
}

impl Check {
    fn new(
        badge: Badge,
        name: &'static str,
        seen: impl Into<String>,
        advice: impl Into<Cow<'static, str>>,
    ) -> Self {
        let advice = if badge == Badge::FINE { "".into() } else { advice.into() };
        Self { badge, name, seen: seen.into(), advice }
    }

    /// A check that the store did not permit.
    fn failed(name: &'static str, error: &StoreError) -> Self {
        Self::new(Badge::FAILING, name, error.to_string(), error.help())
    }

    pub(in crate::web) fn is_failing(&self) -> bool {
        self.badge == Badge::FAILING || self.badge == Badge::ATTENTION
    }
}

impl Visible {
    /// Checks the monitor itself, as far as the visitor sees it. Nothing is sent to the cloud.
    pub(in crate::web) async fn checks(&self) -> Vec<Check> {
        let mut checks = vec![self.store_check().await];
        if let Some(data) = &self.process().data {
            checks.push(disk(data));
        }
        let add = |checks: &mut Vec<Check>, name, found: Result<Vec<Check>>| match found {
            Ok(found) => checks.extend(found),
            Err(error) => checks.push(Check::failed(name, &error)),
        };
        if self.has_all() {
            checks.push(self.worker_check());
            checks.extend(self.suspended_check());
            add(&mut checks, "Results", self.results_checks().await);
            checks.extend(self.cloud_checks());
            add(&mut checks, "Access", self.access_checks().await);
        }
        add(&mut checks, "Messages", self.messages_checks().await);
        add(&mut checks, "Routes", self.routes_checks().await);
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
        if let Err(error) = self.dashboard.check_store().await {
            return Check::failed("Store", &error);
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
            Err(error) => Check::failed("Store", &error),
        }
    }

    /// Checks whether homes can be seen: the open problem of a source, and the homes with a known status and with new data.
    async fn results_checks(&self) -> Result<Vec<Check>> {
        let mut checks = Vec::new();
        let open = self.blind().await?;
        let blind = open.first();
        if let Some(situation) = blind.map(|filed| &filed.incident.situation) {
            let age = self.now().signed_duration_since(situation.since).to_std().unwrap_or_default();
            let seen = format!("{}, for {}", reason(&situation.root.message), human(age));
            let advice = "See the page Connections; homes have their last status, or none.";
            checks.push(Check::new(Badge::FAILING, "Source", seen, advice));
        }
        let (mut known, mut total) = (0_u64, 0_u64);
        for (view, _) in self.each().await? {
            let counts = view.counts().await?;
            total = total.saturating_add(counts.total());
            known = known.saturating_add(counts.total().saturating_sub(counts.of(Status::Unknown)));
        }
        // What hides all homes, or keeps them from being checked, is reported above.
        let stale = self.pulse().filter(|pulse| open.is_empty() && pulse.unchecked == 0);
        let stale = stale.map_or(0, |pulse| pulse.stale as u64);
        checks.extend(results(known, total, stale, !self.newest().is_empty()));
        Ok(checks)
    }

    /// Checks the tenants that rules of access name.
    async fn access_checks(&self) -> Result<Vec<Check>> {
        let tenants = self.tenants().await?;
        let ids: Vec<&str> = tenants.iter().map(|tenant| tenant.id.as_str()).collect();
        let advice = "Correct the rules `[[access]]`, and start the server again.";
        let unknown = self.rules().unknown_tenants(&ids).into_iter();
        Ok(unknown.map(|line| Check::new(Badge::ATTENTION, "Access", line, advice)).collect())
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
        let failing_for = traffic::failing(&connections.seen.hosts, now)
            .map(|(_, since)| now.signed_duration_since(since).to_std().unwrap_or_default());
        let sessions = connections.sessions.iter();
        let mut checks: Vec<Check> = sessions.map(|session| token(session, failing_for)).collect();
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

    /// Checks the channels that fail, and the messages of all.
    async fn messages_checks(&self) -> Result<Vec<Check>> {
        let (now, mut checks) = (self.now(), Vec::new());
        let (mut waiting, mut dead) = (0_u64, 0_u64);
        for (view, tenant) in self.each().await? {
            for listed in view.channels().await? {
                waiting = waiting.saturating_add(listed.backlog.waiting);
                dead = dead.saturating_add(listed.backlog.dead);
                checks.extend(channel(&listed, &tenant.name, now));
            }
        }
        let seen = format!("{waiting} wait, {dead} were given up");
        let badge = if dead > 0 { Badge::ATTENTION } else { Badge::FINE };
        checks.push(Check::new(
            badge,
            "Messages",
            seen,
            "See the page Channels for the receiver and the reason.",
        ));
        Ok(checks)
    }

    /// Checks the routes, and the channels that they name.
    async fn routes_checks(&self) -> Result<Vec<Check>> {
        let lines = self.lost_messages().await?;
        let advice = "See the routes in the file of `policies.file`, which is read at the start.";
        Ok(lines.into_iter().map(|line| Check::new(Badge::ATTENTION, "Routes", line, advice)).collect())
    }
}

impl Dashboard {
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

/// Checks a token, beside the time for which all calls have failed.
fn token(session: &Session, failing_for: Option<Duration>) -> Check {
    let (mut badge, mut seen) = (session.badge(), session.state.to_owned());
    match (&session.last_error, failing_for) {
        (Some(error), _) => seen = format!("{seen}: {error}"),
        // The cloud may have withdrawn it meanwhile.
        (None, Some(time)) if badge == Badge::FINE => {
            (badge, seen) =
                (Badge::NOT_KNOWN, format!("{seen}, and not confirmed by a call for {}", human(time)));
        }
        _ => {}
    }
    let advice = session.help.clone().map_or(SERVERS.into(), Cow::Owned);
    Check::new(badge, "Token", seen, advice)
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
    let failing = |seen: String| Check::new(Badge::FAILING, "Cloud", seen, SERVERS);
    let quiet = |seen: &str| {
        Check::new(
            Badge::NOT_KNOWN,
            "Cloud",
            seen,
            "It is known after the next call; see the page Connections.",
        )
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

/// Checks a channel; `None` if it does not fail.
fn channel(listed: &Listed, tenant: &str, now: DateTime<Utc>) -> Option<Check> {
    let (state, waiting) = (&listed.state, listed.backlog.waiting);
    let (badge, seen) = match (&listed.channel, state.failing_since) {
        // Its dead letters are counted with those of all channels.
        _ if listed.edition == 0 && waiting == 0 => return None,
        _ if listed.edition == 0 => {
            (Badge::ATTENTION, format!("does not exist; messages that wait for it: {waiting}"))
        }
        (None, _) => (Badge::FAILING, "is unreadable".to_owned()),
        (Some(_), None) => return None,
        (Some(_), Some(since)) => {
            let time = |from: DateTime<Utc>, to: DateTime<Utc>| {
                human(to.signed_duration_since(from).to_std().unwrap_or_default())
            };
            let next = state.paused(now).map(|until| format!(", next attempt in {}", time(now, until)));
            let cause = state.cause.as_ref().map(|cause| format!(": {cause}"));
            let (next, cause) = (next.unwrap_or_default(), cause.unwrap_or_default());
            (Badge::FAILING, format!("has failed for {}{next}{cause}", time(since, now)))
        }
    };
    let seen = format!("{} of {tenant} {seen}", listed.name());
    Some(Check::new(badge, "Channel", seen, "See the channel on the page Channels."))
}

/// Checks how many homes have a known status, and that none is `stale`, without new data; `had_data` is whether a check has ever
/// had data. `None` without homes.
fn results(known: u64, total: u64, stale: u64, had_data: bool) -> Option<Check> {
    let (badge, seen) = match total.saturating_sub(known) {
        _ if total == 0 => return None,
        0 if stale > 0 => {
            let seen = format!("{} without data for longer than twice the interval", Counted(stale, "home"));
            let advice = "They have their last status. See their last checks, and the page Connections.";
            return Some(Check::new(Badge::ATTENTION, "Results", seen, advice));
        }
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
    // One of the two is wrong.
    let advice = "If it is the clock of this machine that is wrong, synchronize it, for example with chrony or systemd-timesyncd. \
                  The page Connections has the clock of each server.";
    let Some(ahead) = ahead else {
        return Check::new(Badge::NOT_KNOWN, name, "no response had a time yet", SERVERS);
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
    use bytes::Bytes;
    use plume::Client;
    use plume::runtime::{InProcess, ManualClock, TransportError, TransportErrorKind};

    use super::*;
    use crate::config::Config;

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

    #[tokio::test]
    async fn the_advice_about_a_token_is_that_for_its_failure() {
        let name = |key: &str| format!("PLUME_SERVER_CLOUD_{key}");
        let variables = [
            ("SECRET".to_owned(), "Basic bm90LWEtcmVhbC1zZWNyZXQ="),
            (name("AUTH_HEADER_ENV"), "SECRET"),
            (name("SSO_URL"), "https://sso.example.net/token"),
            (name("PARTNER_ID"), "000000000000000000000001"),
            (name("API_BASE"), "https://api.example.net/api"),
        ];
        let variables = variables.map(|(name, value)| (name, value.to_owned()));
        let settings = Config::read(None, variables.into()).unwrap().cloud.unwrap();
        for (response, advice) in [
            (Ok(503), "Retry later: the token endpoint is failing."),
            (Ok(401), "Check the authorization header: copy it again"),
            (
                Err(TransportErrorKind::Connect),
                "Check the network, the SSO URL and the proxy if there is one",
            ),
            (Err(TransportErrorKind::Tls), "set `cloud.extra_roots` to a PEM file"),
        ] {
            let endpoint = InProcess::new(move |_| async move {
                let status = response.map_err(|kind| TransportError::new(kind, "away"))?;
                Ok(http::Response::builder().status(status).body(Bytes::new()).unwrap())
            });
            let clock = ManualClock::new("2026-01-15T10:00:00Z".parse().unwrap());
            let client = Client::builder().settings(settings.clone()).transport(endpoint);
            let client = client.clock(clock.clone()).build().unwrap();
            let mut asked = std::pin::pin!(client.token_provider().token());
            let answer = loop {
                tokio::select! {
                    biased;
                    answer = &mut asked => break answer,
                    // It waits between attempts.
                    () = tokio::task::yield_now() => clock.advance(Duration::from_secs(1)),
                }
            };
            assert!(answer.is_err());
            let check = token(&Session::of(&client), None);
            assert!(check.is_failing() && check.advice.contains(advice), "{response:?}: {check:?}");
            assert!(!check.advice.contains("PLUME_"), "{check:?}");
        }
    }

    #[test]
    fn only_a_success_is_well_and_nothing_is_not_known() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(1);
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
        assert!(results(0, 0, 0, false).is_none());
        assert_eq!(results(0, 3, 0, false).unwrap().badge, Badge::NOT_KNOWN);
        assert_eq!(results(0, 3, 0, true).unwrap().seen, "no data from 3 of 3 homes");
        assert_eq!(results(2, 3, 0, true).unwrap().seen, "no data from 1 of 3 homes");
        assert_eq!(results(3, 3, 0, true).unwrap().badge, Badge::FINE);
        let stale = results(3, 3, 1, true).unwrap();
        assert_eq!(
            (stale.badge, stale.seen.as_str()),
            (Badge::ATTENTION, "1 home without data for longer than twice the interval")
        );
        assert_eq!(results(2, 3, 2, true).unwrap().seen, "no data from 1 of 3 homes");
    }

    #[cfg(unix)]
    #[test]
    fn the_free_space_of_a_missing_directory_is_not_known() {
        assert_eq!(disk(Path::new("/nothing/here")).badge, Badge::NOT_KNOWN);
        assert!(disk(Path::new("/")).seen.contains("MiB free"));
    }
}

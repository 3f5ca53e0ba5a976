//! The channels of messages by the routes, and routes that reach no one: without a channel, for a tenant, tag or group that does
//! not exist, after others that take all, or to a channel that is missing.

use std::collections::BTreeSet;

use plume::{
    health::Status,
    monitor::{
        ids::{GroupKey, GroupKind, TenantId},
        monitor::OPERATOR,
        notify::Route,
    },
};

use crate::store::model::RouteNames;

/// The line for policies without a route.
const NO_ROUTE: &str =
    "no message is sent, because there is no route: add one to the file of `policies.file`";
/// The line for policies whose routes drop all messages.
const NO_CHANNEL: &str =
    "no message is sent, because no route has a channel: add one to the file of `policies.file`";

/// Returns a line if the policies send no message at all.
#[must_use]
pub fn silence(routes: &[Route]) -> Option<&'static str> {
    match routes.iter().all(|route| route.channels.is_empty()) {
        true if routes.is_empty() => Some(NO_ROUTE),
        is_silent => is_silent.then_some(NO_CHANNEL),
    }
}

/// Returns a line for each tenant, tag and group of a route that does not exist, and for each route that no message reaches.
/// Without `known`, nothing is known yet.
#[must_use]
pub fn idle_routes(routes: &[Route], known: &[RouteNames]) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, route) in routes.iter().enumerate() {
        let own = |names: &&RouteNames| route.tenants.is_empty() || route.tenants.contains(&names.tenant);
        let own: Vec<&RouteNames> = known.iter().filter(own).collect();
        let mut missing = |what: String, id: &str, ids: &[&str], rest: &str| {
            let meant = plume_text::nearest(id, ids.iter().copied());
            let meant = meant.map_or_else(String::new, |id| format!("; did you mean `{id}`?"));
            let shown = plume_text::on_screen(id);
            lines.push(format!("`notify.routes[{index}]` names the {what} `{shown}`, {rest}{meant}"));
        };
        let ids: Vec<&str> = known.iter().map(|names| names.tenant.as_str()).collect();
        for tenant in route.tenants.iter().map(TenantId::as_str).filter(|id| !ids.contains(id)) {
            if !known.is_empty() {
                missing("tenant".to_owned(), tenant, &ids, "which does not exist");
            }
        }
        if !own.iter().any(|names| names.has_homes) {
            continue;
        }
        let of_homes = "which no home of its tenants has";
        let tags: Vec<&str> = own.iter().flat_map(|names| &names.tags).map(String::as_str).collect();
        for tag in route.tags.iter().filter(|tag| !tags.contains(&&***tag)) {
            missing("tag".to_owned(), tag, &tags, of_homes);
        }
        for GroupKey { kind, value, .. } in &route.groups {
            let values: Vec<&str> = match kind {
                GroupKind::Tenant => ids.clone(),
                _ => {
                    let groups = own.iter().flat_map(|names| &names.groups);
                    groups.filter(|group| group.kind == *kind).map(|group| &*group.value).collect()
                }
            };
            // Firmware and model are known after the first checks.
            let is_known = !values.is_empty() || *kind == GroupKind::Region;
            if is_known && !values.contains(&&**value) {
                missing(kind.to_string(), value, &values, of_homes);
            }
        }
    }
    for (index, route) in routes.iter().enumerate() {
        let own = TROUBLE.into_iter().filter(|status| takes(route, *status));
        let before: Option<Vec<_>> = own.map(|status| taken_before(routes, index, status)).collect();
        let before: BTreeSet<usize> = before.into_iter().flatten().flatten().collect();
        if !before.is_empty() {
            let names: Vec<String> = before.iter().map(|one| format!("`notify.routes[{one}]`")).collect();
            let take = if names.len() == 1 { "takes" } else { "take" };
            lines.push(format!(
                "no message reaches `notify.routes[{index}]`, because {} before it {take} all of them",
                names.join(" and ")
            ));
        }
    }
    lines
}

fn takes(route: &Route, status: Status) -> bool {
    route.severities.is_empty() || route.severities.contains(&status)
}

/// Returns the routes before one that take all of its messages about incidents of a status; `None` if some reach it.
fn taken_before(routes: &[Route], index: usize, status: Status) -> Option<BTreeSet<usize>> {
    let (before, route) = (routes.get(..index)?, routes.get(index)?);
    let mut takers = BTreeSet::new();
    for tenant in each(&route.tenants) {
        for tag in each(&route.tags) {
            for group in each(&route.groups) {
                // The group of a tenant has no homes of others.
                let of_group =
                    group.filter(|group| group.kind == GroupKind::Tenant).map(|group| &*group.value);
                let taker = before.iter().position(|other| {
                    let is_owner = |known: &TenantId| {
                        tenant == Some(known) || tenant.is_none() && of_group == Some(known.as_str())
                    };
                    takes(other, status)
                        && (other.tenants.is_empty() || other.tenants.iter().any(is_owner))
                        && (other.tags.is_empty() || tag.is_some_and(|tag| other.tags.contains(tag)))
                        && (other.groups.is_empty()
                            || group.is_some_and(|group| other.groups.contains(group)))
                });
                takers.insert(taker?);
            }
        }
    }
    Some(takers)
}

/// Returns the values of a condition, or none of them if it is always met.
fn each<T>(values: &[T]) -> impl Iterator<Item = Option<&T>> {
    values.iter().map(Some).chain(values.is_empty().then_some(None))
}

/// Returns a line for each channel that a route names and the tenant does not have, with the remedy. A tenant without homes has
/// none, except the operator.
#[must_use]
pub fn stray_channels(routes: &[Route], names: &RouteNames) -> Vec<String> {
    let tenant = &names.tenant;
    let is_operator = tenant.as_str() == OPERATOR;
    if !is_operator && !names.has_homes {
        return Vec::new();
    }
    let own = routes.iter().filter(|route| route.tenants.is_empty() || route.tenants.contains(tenant));
    let named: BTreeSet<&str> = own.flat_map(|route| &route.channels).map(|id| id.as_str()).collect();
    let missing = named.into_iter().filter(|named| !names.channels.contains(*named));
    let line = |id: &str| match is_operator {
        true => format!(
            "messages about the monitor itself (the cloud does not respond, the disk is full) do not reach the channel \
             `{id}`: the tenant {tenant} does not have it; add a channel with this id to the tenant {tenant}, with the \
             same receiver if you like"
        ),
        false => format!(
            "a route names the channel `{id}`, which the tenant {tenant} does not have: add a channel with this id to the \
             tenant, or correct the route in the file of `policies.file`"
        ),
    };
    missing.map(line).collect()
}

/// Returns every line about the routes: see [`silence`], [`idle_routes`] and [`stray_channels`].
#[must_use]
pub fn lost_messages(routes: &[Route], known: &[RouteNames]) -> Vec<String> {
    let mut lines: Vec<String> = silence(routes).map(str::to_owned).into_iter().collect();
    lines.extend(idle_routes(routes, known));
    lines.extend(known.iter().flat_map(|names| stray_channels(routes, names)));
    lines
}

/// The statuses that incidents have, the worst first.
const TROUBLE: [Status; 4] = [Status::Red, Status::Orange, Status::Yellow, Status::Unknown];

/// The messages about some incidents, with their channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    /// The worst status of the incidents.
    pub status: Status,
    /// The other conditions, and the channels, as text.
    pub shown: String,
    /// The index of the route; `None` for those that no route takes.
    pub route: Option<usize>,
}

/// Returns the channels of all messages by the status of their incident, in the order in which the routes are tried.
#[must_use]
pub fn routing(routes: &[Route]) -> Vec<Routed> {
    let mut routed = Vec::new();
    for status in TROUBLE {
        let mut is_whole = false;
        for (index, route) in routes.iter().enumerate() {
            if !takes(route, status) || taken_before(routes, index, status).is_some() {
                continue;
            }
            let conditions = conditions(route);
            is_whole = conditions.is_empty();
            let who = match is_whole {
                true if routed.iter().any(|one: &Routed| one.status == status) => "all others".to_owned(),
                true => "all".to_owned(),
                false => conditions.join("; "),
            };
            let ids: Vec<&str> = route.channels.iter().map(|id| id.as_str()).collect();
            let mut to = if ids.is_empty() { "no message".to_owned() } else { ids.join(", ") };
            if !ids.is_empty() {
                to.push_str(if status == Status::Yellow { ", in the daily digest" } else { "" });
                to.push_str(if route.quiet.is_some() { ", after its quiet hours" } else { "" });
            }
            routed.push(Routed { status, shown: format!("{who}: {to}"), route: Some(index) });
        }
        if !is_whole {
            let who = if routed.iter().any(|one| one.status == status) { "all others" } else { "all" };
            routed.push(Routed { status, shown: format!("{who}: no message"), route: None });
        }
    }
    routed
}

/// Returns the conditions of a route except its severities, as text.
fn conditions(route: &Route) -> Vec<String> {
    let any = |what: &str, names: Vec<&str>| {
        (!names.is_empty())
            .then(|| plume_text::on_screen(&format!("{what} {}", names.join(" or "))).to_string())
    };
    let groups: Vec<String> = route.groups.iter().map(ToString::to_string).collect();
    [
        any("tenant", route.tenants.iter().map(TenantId::as_str).collect()),
        any("tag", route.tags.iter().map(|tag| &**tag).collect()),
        any("group", groups.iter().map(String::as_str).collect()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use plume::monitor::notify::NotifyPolicy;

    use super::*;
    use crate::store::model::Traits;

    fn routes(text: &str) -> Vec<Route> {
        serde_json::from_str::<NotifyPolicy>(&format!("{{\"routes\": {text}}}")).unwrap().routes
    }

    /// A tenant with homes of these tags, of the region `hills` and the model `PP403Z`.
    fn names(tenant: &str, tags: &[&str]) -> RouteNames {
        let mut names = RouteNames::new(TenantId::new(tenant));
        let (region, model) = (Some("hills".to_owned()), Some("PP403Z".to_owned()));
        let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        names.add(&Traits { region, model, firmware: None }, &tags);
        names
    }

    fn empty(tenant: &str) -> RouteNames {
        RouteNames::new(TenantId::new(tenant))
    }

    #[test]
    fn a_channel_that_a_tenant_lacks_is_named_with_the_remedy() {
        let routes = routes(r#"[{"tenants": ["west"], "channels": ["pager"]}, {"channels": ["hook"]}]"#);
        let lines = |names: &RouteNames| stray_channels(&routes, names);
        let west = lines(&names("west", &[]));
        assert_eq!(west.len(), 2, "{west:?}");
        assert!(west[1].starts_with("a route names the channel `pager`, which the tenant west"));
        assert_eq!((lines(&names("north", &[])).len(), lines(&empty("empty")).len()), (1, 0));
        let mut operator = empty(OPERATOR);
        let own = lines(&operator);
        assert!(
            own.len() == 1 && own[0].contains("(the cloud does not respond, the disk is full)"),
            "{own:?}"
        );
        assert!(own[0].contains("add a channel with this id to the tenant operator"), "{own:?}");
        operator.channels.insert("hook".to_owned());
        assert!(lines(&operator).is_empty());
    }

    #[test]
    fn a_route_that_no_message_reaches_is_named() {
        let idle = |text: &str| {
            let routes = routes(text);
            (silence(&routes), idle_routes(&routes, &[names("north", &["x"]), empty(OPERATOR)]))
        };
        assert_eq!(idle("[]"), (Some(NO_ROUTE), vec![]));
        assert_eq!(idle(r#"[{"channels": []}, {"tags": ["x"], "channels": []}]"#).0, Some(NO_CHANNEL));
        let fine = r#"[{"tenants": ["north", "operator"], "channels": ["a"]}, {"tags": ["x"], "channels": []}, {"channels": ["b"]}]"#;
        assert_eq!(idle(fine), (None, vec![]));
        let (silence, lines) =
            idle(r#"[{"tenants": ["nrth"], "channels": ["a"]}, {"channels": ["b"]}, {"channels": []}]"#);
        assert_eq!(silence, None);
        let three =
            routes(r#"[{"tenants": ["x"], "channels": ["a"]}, {"channels": ["b"]}, {"channels": ["c"]}]"#);
        assert_eq!(idle_routes(&three, &[]).len(), 1, "no tenant is known yet");
        assert_eq!(
            lines,
            [
                "`notify.routes[0]` names the tenant `nrth`, which does not exist; did you mean `north`?",
                "no message reaches `notify.routes[2]`, because `notify.routes[1]` before it takes all of them",
            ]
        );
    }

    #[test]
    fn a_route_whose_messages_earlier_ones_take_is_named_and_not_listed() {
        let known = [names("north", &["fiber"]), names("south", &["fiber"]), empty(OPERATOR)];
        let region = r#""groups": [{"kind": "region", "value": "hills"}]"#;
        let tenant = r#""groups": [{"kind": "tenant", "value": "north"}]"#;
        let all = r#""severities": ["red", "orange", "yellow", "unknown"]"#;
        let north = format!(r#"{{"tenants": ["north"], {all}, "channels": ["a"]}}"#);
        for (text, takers) in [
            (format!(r#"[{north}, {{"tenants": ["north"], "tags": ["fiber"], "channels": ["b"]}}]"#), "`notify.routes[0]` before it takes"),
            (format!(r#"[{north}, {{{tenant}, "channels": ["b"]}}]"#), "`notify.routes[0]` before it takes"),
            (
                format!(r#"[{north}, {{"tenants": ["south"], "channels": ["a"]}}, {{"tenants": ["north", "south"], {region}, "channels": ["b"]}}]"#),
                "`notify.routes[0]` and `notify.routes[1]` before it take",
            ),
            (
                r#"[{"severities": ["red"], "channels": ["a"]}, {"severities": ["yellow"], "channels": ["a"]}, {"severities": ["red", "yellow"], "channels": ["b"]}]"#.to_owned(),
                "`notify.routes[0]` and `notify.routes[1]` before it take",
            ),
        ] {
            let routes = routes(&text);
            let last = routes.len() - 1;
            let line = format!("no message reaches `notify.routes[{last}]`, because {takers} all of them");
            assert_eq!(idle_routes(&routes, &known), [line], "{text}");
            assert!(routing(&routes).iter().all(|one| one.route != Some(last)), "{text}");
        }
        for text in [
            // A message about a fleet incident of a region has no tenant as its group.
            format!(r#"[{{{tenant}, "channels": ["a"]}}, {{"tenants": ["north"], "channels": ["b"]}}]"#),
            format!(r#"[{{"tags": ["fiber"], "channels": ["a"]}}, {{"tenants": ["north"], {region}, "channels": ["b"]}}]"#),
            format!(r#"[{north}, {{"tenants": ["north", "south"], "channels": ["b"]}}]"#),
            r#"[{"severities": ["red"], "channels": ["a"]}, {"severities": ["red", "yellow"], "channels": ["b"]}]"#.to_owned(),
        ] {
            assert_eq!(idle_routes(&routes(&text), &known), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_tag_or_group_that_no_home_has_is_named() {
        let known = [names("north", &["vip"]), names("west", &["test"]), empty("new")];
        let lines = |text: &str| idle_routes(&routes(text), &known);
        let fine = r#"[
            {"tags": ["vip", "test"], "groups": [{"kind": "region", "value": "hills"}, {"kind": "tenant", "value": "west"},
                {"kind": "model", "value": "PP403Z"}, {"kind": "firmware", "value": "not known yet"}], "channels": ["a"]},
            {"tenants": ["new"], "tags": ["later"], "channels": ["a"]}]"#;
        assert_eq!(lines(fine), Vec::<String>::new());
        let wrong = r#"[{"tenants": ["west"], "tags": ["vip", "tst"], "groups": [{"kind": "region", "value": "hlls"},
            {"kind": "tenant", "value": "nort"}, {"kind": "model", "value": "X"}], "channels": ["a"]}]"#;
        assert_eq!(
            lines(wrong),
            [
                "`notify.routes[0]` names the tag `vip`, which no home of its tenants has",
                "`notify.routes[0]` names the tag `tst`, which no home of its tenants has; did you mean `test`?",
                "`notify.routes[0]` names the region `hlls`, which no home of its tenants has; did you mean `hills`?",
                "`notify.routes[0]` names the tenant `nort`, which no home of its tenants has; did you mean `north`?",
                "`notify.routes[0]` names the model `X`, which no home of its tenants has",
            ]
        );
    }

    #[test]
    fn the_channels_of_messages_are_those_of_the_first_route() {
        let shown = |text: &str, status: Status| -> Vec<(String, Option<usize>)> {
            let own = routing(&routes(text)).into_iter().filter(|one| one.status == status);
            own.map(|one| (one.shown, one.route)).collect()
        };
        let text = r#"[
            {"severities": ["red"], "groups": [{"kind": "region", "value": "a"}, {"kind": "region", "value": "b"}], "channels": ["pager", "chat"]},
            {"tenants": ["north"], "tags": ["x", "y"], "channels": ["mail"], "quiet": {"zone": "Europe/Berlin",
                "ranges": [{"days": ["mon"], "from": "22:00", "to": "07:00"}]}},
            {"severities": ["red", "yellow"], "channels": []},
            {"severities": ["orange"], "channels": ["chat"]}, {"severities": ["red"], "channels": ["never"]}]"#;
        let of_north = |suffix: &str| {
            (format!("tenant north; tag x or y: mail{suffix}, after its quiet hours"), Some(1))
        };
        let other = |text: &str, route| (text.to_owned(), route);
        assert_eq!(
            shown(text, Status::Red),
            [
                other("group region a or region b: pager, chat", Some(0)),
                of_north(""),
                other("all others: no message", Some(2)),
            ]
        );
        assert_eq!(shown(text, Status::Orange), [of_north(""), other("all others: chat", Some(3))]);
        let digest = of_north(", in the daily digest");
        assert_eq!(shown(text, Status::Yellow), [digest, other("all others: no message", Some(2))]);
        assert_eq!(shown(text, Status::Unknown), [of_north(""), other("all others: no message", None)]);
        assert_eq!(shown(r#"[{"channels": ["a"]}]"#, Status::Red), [other("all: a", Some(0))]);
        assert_eq!(shown("[]", Status::Red), [other("all: no message", None)]);
    }
}

//! The channels of messages by the routes.

use std::collections::BTreeSet;

use plume::{
    health::Status,
    monitor::{
        ids::{GroupKind, TenantId},
        notify::Route,
    },
};

/// The statuses that incidents have, the worst first.
pub(super) const TROUBLE: [Status; 4] = [Status::Red, Status::Orange, Status::Yellow, Status::Unknown];

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
            let before = routes.get(..index).unwrap_or_default();
            if !takes(route, status) || taken_before(before, route, status).is_some() {
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

/// Returns whether a route takes messages about incidents of a status.
pub(super) fn takes(route: &Route, status: Status) -> bool {
    route.severities.is_empty() || route.severities.contains(&status)
}

/// Returns the routes before one that take all of its messages about incidents of a status; `None` if some reach it.
pub(super) fn taken_before(before: &[Route], route: &Route, status: Status) -> Option<BTreeSet<usize>> {
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

#[cfg(test)]
mod tests {
    use plume::monitor::notify::NotifyPolicy;

    use super::*;

    fn routes(text: &str) -> Vec<Route> {
        serde_json::from_str::<NotifyPolicy>(&format!("{{\"routes\": {text}}}")).unwrap().routes
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

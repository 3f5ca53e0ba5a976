//! Routes that reach no one: without a channel, for a tenant, tag or group that does not exist, after others that take all, or to a
//! channel that is missing. Each cause is one line, without those that only follow from it.

use std::collections::{BTreeMap, BTreeSet};

use plume::monitor::{
    ids::{GroupKey, GroupKind, TenantId},
    monitor::OPERATOR,
    notify::Route,
};

use crate::notify::channel::routed::{TROUBLE, taken_before, takes};
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

/// Returns a line for each tenant, tag and group of routes that does not exist, and for routes that no message reaches. Without
/// `known`, nothing is known yet.
fn idle_routes(routes: &[Route], known: &[RouteNames]) -> Vec<String> {
    let mut missing: Vec<(Missing, Vec<usize>)> = Vec::new();
    let mut add = |index: usize, one: Missing| match missing.iter_mut().find(|(other, _)| *other == one) {
        Some((_, indexes)) => indexes.push(index),
        None => missing.push((one, vec![index])),
    };
    for (index, route) in routes.iter().enumerate() {
        let own = |names: &&RouteNames| route.tenants.is_empty() || route.tenants.contains(&names.tenant);
        let own: Vec<&RouteNames> = known.iter().filter(own).collect();
        let ids: Vec<&str> = known.iter().map(|names| names.tenant.as_str()).collect();
        for tenant in route.tenants.iter().map(TenantId::as_str).filter(|id| !ids.contains(id)) {
            if !known.is_empty() {
                add(index, Missing::new("tenant", tenant, &ids, false));
            }
        }
        if !own.iter().any(|names| names.has_homes) {
            continue;
        }
        let tags: Vec<&str> = own.iter().flat_map(|names| &names.tags).map(String::as_str).collect();
        for tag in route.tags.iter().filter(|tag| !tags.contains(&&***tag)) {
            add(index, Missing::new("tag", tag, &tags, true));
        }
        for GroupKey { kind, value, .. } in &route.groups {
            let values = match kind {
                GroupKind::Tenant => ids.clone(),
                _ => values(&own, *kind),
            };
            if is_known(*kind, &values) && !values.contains(&&**value) {
                add(index, Missing::new(&kind.to_string(), value, &values, true));
            }
        }
    }
    let mut lines: Vec<String> = missing.iter().map(|(one, indexes)| one.line(indexes)).collect();
    let mut taken: Vec<(BTreeSet<usize>, Vec<usize>)> = Vec::new();
    for (index, route) in routes.iter().enumerate() {
        let before = routes.get(..index).unwrap_or_default();
        let own = TROUBLE.into_iter().filter(|status| takes(route, *status));
        let takers: Option<Vec<_>> = own.map(|status| taken_before(before, route, status)).collect();
        let takers: BTreeSet<usize> = takers.into_iter().flatten().flatten().collect();
        match taken.iter_mut().find(|(known, _)| *known == takers) {
            _ if takers.is_empty() => {}
            Some((_, indexes)) => indexes.push(index),
            None => taken.push((takers, vec![index])),
        }
    }
    lines.extend(taken.into_iter().map(|(takers, indexes)| {
        let them = if indexes.len() == 1 { "it" } else { "them" };
        let take = if takers.len() == 1 { "takes" } else { "take" };
        let (indexes, takers) = (all(indexes.iter().map(route_name)), all(takers.iter().map(route_name)));
        format!("no message reaches {indexes}, because {takers} before {them} {take} all of them")
    }));
    lines
}

/// A name in routes that does not exist.
#[derive(PartialEq, Eq)]
struct Missing {
    what: String,
    is_of_homes: bool,
    meant: String,
}

impl Missing {
    fn new(what: &str, id: &str, ids: &[&str], is_of_homes: bool) -> Self {
        let meant = plume_text::nearest(id, ids.iter().copied());
        let meant = meant.map_or_else(String::new, |id| format!("; did you mean `{id}`?"));
        Self { what: format!("{what} `{}`", plume_text::on_screen(id)), is_of_homes, meant }
    }

    fn line(&self, indexes: &[usize]) -> String {
        let (name, their) = if indexes.len() == 1 { ("names", "its") } else { ("name", "their") };
        let rest = match self.is_of_homes {
            true => format!("which no home of {their} tenants has"),
            false => "which does not exist".to_owned(),
        };
        format!("{} {name} the {}, {rest}{}", all(indexes.iter().map(route_name)), self.what, self.meant)
    }
}

fn route_name(index: &usize) -> String {
    format!("`notify.routes[{index}]`")
}

/// Returns names as part of a sentence: `a, b and c`.
fn all(names: impl IntoIterator<Item = String>) -> String {
    let mut names: Vec<String> = names.into_iter().collect();
    let last = names.pop().unwrap_or_default();
    if names.is_empty() { last } else { format!("{} and {last}", names.join(", ")) }
}

/// Returns the groups of this kind that homes of the tenants have.
fn values<'a>(tenants: &[&'a RouteNames], kind: GroupKind) -> Vec<&'a str> {
    let groups = tenants.iter().flat_map(|names| &names.groups);
    groups.filter(|group| group.kind == kind).map(|group| &*group.value).collect()
}

/// Returns whether the groups of a kind are known: firmware and model are after the first checks.
fn is_known(kind: GroupKind, values: &[&str]) -> bool {
    !values.is_empty() || kind == GroupKind::Region
}

/// Returns a line for the channels that routes name and tenants do not have, with the remedy: one for all tenants without the same
/// channels, and one for the operator. Only routes that messages of the tenant reach count. A tenant without homes has none,
/// except the operator.
#[must_use]
pub fn stray_channels<'a>(routes: &[Route], known: impl IntoIterator<Item = &'a RouteNames>) -> Vec<String> {
    let mut missing: BTreeMap<(bool, Vec<&str>), Vec<&TenantId>> = BTreeMap::new();
    for names in known {
        let reached = (0..)
            .zip(routes)
            .filter(|(index, route)| is_reached(routes.get(..*index).unwrap_or_default(), route, names));
        let named: BTreeSet<&str> =
            reached.flat_map(|(_, route)| &route.channels).map(|id| id.as_str()).collect();
        let stray: Vec<&str> = named.into_iter().filter(|id| !names.channels.contains(*id)).collect();
        if !stray.is_empty() {
            let is_operator = names.tenant.as_str() == OPERATOR;
            missing.entry((is_operator, stray)).or_default().push(&names.tenant);
        }
    }
    let line = |((is_operator, stray), tenants): ((bool, Vec<&str>), Vec<&TenantId>)| {
        let (channels, ids, them) = match stray.len() {
            1 => ("channel", "a channel with this id", "it"),
            _ => ("channels", "channels with these ids", "them"),
        };
        let stray = all(stray.iter().map(|id| format!("`{id}`")));
        if is_operator {
            return format!(
                "messages about the monitor itself (the cloud does not respond, the disk is full) do not reach the {channels} \
                 {stray}: the tenant {OPERATOR} does not have {them}; add {ids} to the tenant {OPERATOR}, with the same \
                 receiver if you like"
            );
        }
        let (whose, to) = match tenants.as_slice() {
            [only] => (format!("the tenant {only} does not have"), "the tenant"),
            many => (
                format!("the tenants {} do not have", all(many.iter().map(ToString::to_string))),
                "each of them",
            ),
        };
        format!(
            "routes name the {channels} {stray}, which {whose}: add {ids} to {to}, or correct the routes in the file of \
             `policies.file`"
        )
    };
    missing.into_iter().map(line).collect()
}

/// Returns whether a message of a tenant reaches a route after others.
fn is_reached(before: &[Route], route: &Route, names: &RouteNames) -> bool {
    let tenant = &names.tenant;
    let is_own = route.tenants.is_empty() || route.tenants.contains(tenant);
    let is_of_homes = !route.tags.is_empty() || !route.groups.is_empty();
    // Messages about the monitor itself are about no home.
    if !is_own || !names.has_homes && (is_of_homes || tenant.as_str() != OPERATOR) {
        return false;
    }
    let mut own = route.clone();
    own.tenants = vec![tenant.clone()];
    own.tags.retain(|tag| names.tags.contains(&**tag));
    own.groups.retain(|group| match group.kind {
        GroupKind::Tenant => *group.value == *tenant.as_str(),
        kind => {
            let values = values(&[names], kind);
            !is_known(kind, &values) || values.contains(&&*group.value)
        }
    });
    let is_met =
        own.tags.is_empty() == route.tags.is_empty() && own.groups.is_empty() == route.groups.is_empty();
    let mut own_messages = TROUBLE.into_iter().filter(|status| takes(route, *status));
    is_met && own_messages.any(|status| taken_before(before, &own, status).is_none())
}

/// Returns every line about the routes: [`silence`], names that do not exist, routes that no message reaches, and [`stray_channels`].
#[must_use]
pub fn lost_messages(routes: &[Route], known: &[RouteNames]) -> Vec<String> {
    let mut lines: Vec<String> = silence(routes).map(str::to_owned).into_iter().collect();
    lines.extend(idle_routes(routes, known));
    lines.extend(stray_channels(routes, known));
    lines
}

#[cfg(test)]
mod tests {
    use plume::monitor::notify::NotifyPolicy;

    use super::*;
    use crate::notify::channel::routed::routing;
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
    fn channels_that_tenants_lack_are_one_line_with_the_remedy() {
        let routes = routes(
            r#"[{"tenants": ["west"], "severities": ["red"], "channels": ["pager"]}, {"channels": ["hook", "mail"]}]"#,
        );
        let mut known = vec![
            names("north", &[]),
            names("south", &[]),
            names("west", &[]),
            empty("empty"),
            empty(OPERATOR),
        ];
        let lines = |known: &[RouteNames]| stray_channels(&routes, known);
        assert_eq!(
            lines(&known),
            [
                "routes name the channels `hook` and `mail`, which the tenants north and south do not have: add channels with \
                 these ids to each of them, or correct the routes in the file of `policies.file`",
                "routes name the channels `hook`, `mail` and `pager`, which the tenant west does not have: add channels with \
                 these ids to the tenant, or correct the routes in the file of `policies.file`",
                "messages about the monitor itself (the cloud does not respond, the disk is full) do not reach the channels \
                 `hook` and `mail`: the tenant operator does not have them; add channels with these ids to the tenant \
                 operator, with the same receiver if you like",
            ]
        );
        for names in &mut known {
            names.channels.extend(["hook".to_owned(), "mail".to_owned()]);
        }
        assert_eq!(
            lines(&known),
            [
                "routes name the channel `pager`, which the tenant west does not have: add a channel with this id to the tenant, \
              or correct the routes in the file of `policies.file`"
            ]
        );
    }

    #[test]
    fn channels_of_routes_that_messages_do_not_reach_are_not_missed() {
        let known = [names("north", &["vip"]), empty(OPERATOR)];
        let missed = |text: &str| -> Vec<bool> {
            let lines = stray_channels(&routes(text), &known);
            lines.iter().map(|line| line.starts_with("messages about the monitor")).collect()
        };
        let (home, own) = (false, true);
        for (text, lines) in [
            // Before a route, all is taken: for each tenant, or for one.
            (r#"[{"channels": []}, {"channels": ["a"]}, {"tags": ["vip"], "channels": ["b"]}]"#, vec![]),
            (r#"[{"tenants": ["operator"], "channels": []}, {"channels": ["a"]}]"#, vec![home]),
            (r#"[{"tenants": ["north"], "channels": []}, {"channels": ["a"]}]"#, vec![own]),
            (
                r#"[{"severities": ["red"], "channels": []}, {"severities": ["red"], "channels": ["a"]}]"#,
                vec![],
            ),
            (r#"[{"severities": ["red"], "channels": []}, {"channels": ["a"]}]"#, vec![home, own]),
            // No home has them, or the tenant has no homes.
            (
                r#"[{"tags": ["vp"], "channels": ["a"]}, {"groups": [{"kind": "region", "value": "hlls"}], "channels": ["b"]}]"#,
                vec![],
            ),
            (
                r#"[{"tags": ["vip"], "channels": ["a"]}, {"groups": [{"kind": "tenant", "value": "north"}], "channels": ["a"]}]"#,
                vec![home],
            ),
            (
                r#"[{"groups": [{"kind": "firmware", "value": "not known yet"}], "channels": ["a"]}]"#,
                vec![home],
            ),
            (r#"[{"groups": [{"kind": "tenant", "value": "south"}], "channels": ["a"]}]"#, vec![]),
        ] {
            assert_eq!(missed(text), lines, "{text}");
        }
    }

    #[test]
    fn a_cause_of_several_routes_is_one_line() {
        let known = [names("north", &["vip"])];
        let text = r#"[{"tags": ["vp"], "tenants": ["nrth", "north"], "channels": ["a"]}, {"channels": ["a"]},
            {"tags": ["vp"], "channels": ["b"]}, {"tenants": ["nrth"], "channels": ["c"]}, {"channels": ["d"]}]"#;
        assert_eq!(
            idle_routes(&routes(text), &known),
            [
                "`notify.routes[0]` and `notify.routes[3]` name the tenant `nrth`, which does not exist; did you mean `north`?",
                "`notify.routes[0]` and `notify.routes[2]` name the tag `vp`, which no home of their tenants has; did you mean `vip`?",
                "no message reaches `notify.routes[2]`, `notify.routes[3]` and `notify.routes[4]`, because `notify.routes[1]` \
                 before them takes all of them",
            ]
        );
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
}

//! Items that a person names.

use plume::{
    NamePattern,
    types::{ConnectionState, Field},
};
use plume_text::shorten;

use crate::ask::Ask;
use crate::failure::{Failure, Result, nearest};
use crate::output::Rows;
use crate::session::Session;

/// Longest argument in a message, in characters.
pub(crate) const LONGEST: usize = 80;

/// Finds the item that a person named: by one of its names in any case and notation, else by the beginning of one.
/// `names` returns the name for people first.
///
/// # Errors
///
/// No item, with the nearest name; or several, with the candidates, if no person can choose.
pub(crate) async fn find<'a, T>(
    ask: Ask,
    kind: &str,
    given: &str,
    items: &'a [T],
    names: fn(&T) -> Vec<String>,
) -> Result<&'a T> {
    search(ask, kind, given, items, names, true).await
}

/// Finds the item for a change without a question: a beginning could be that of another item.
///
/// # Errors
///
/// The same, and a wrong argument for the beginning of a name.
pub(crate) async fn find_whole<'a, T>(
    ask: Ask,
    kind: &str,
    given: &str,
    items: &'a [T],
    names: fn(&T) -> Vec<String>,
) -> Result<&'a T> {
    search(ask, kind, given, items, names, false).await
}

async fn search<'a, T>(
    ask: Ask,
    kind: &str,
    given: &str,
    items: &'a [T],
    names: fn(&T) -> Vec<String>,
    takes_beginnings: bool,
) -> Result<&'a T> {
    let pattern = NamePattern::new(given);
    let with = |fits: fn(&NamePattern, &str) -> bool| -> Vec<&'a T> {
        let Some(pattern) = &pattern else { return Vec::new() };
        items.iter().filter(|item| names(item).iter().any(|name| fits(pattern, name))).collect()
    };
    let mut found = with(NamePattern::is);
    if found.is_empty() {
        found = with(NamePattern::begins);
        if let (false, [first, ..]) = (takes_beginnings, found.as_slice()) {
            let name = names(first).into_iter().next().unwrap_or_default();
            return Err(Failure::usage(
                format!("\"{}\" is only the beginning of a name", shorten(given, LONGEST)),
                format!("With --yes, give the whole name, for example \"{name}\"."),
            ));
        }
    }
    if let [only] = found.as_slice() {
        return Ok(only);
    }
    let line = |item: &&T| names(item).into_iter().take(2).collect::<Vec<_>>().join("  ");
    if found.is_empty() {
        let all: Vec<String> = items.iter().flat_map(names).collect();
        let help = match nearest(given, all.iter().map(String::as_str)) {
            Some(meant) => format!("Did you mean \"{meant}\"?"),
            None => format!("`plume {kind}s` lists what is there."),
        };
        return Err(Failure::not_found(
            format!("no {kind} \"{}\" in this location", shorten(given, LONGEST)),
            help,
        ));
    }
    let lines: Vec<String> = found.iter().map(line).collect();
    match ask.select(&format!("Which {kind}?"), &lines).await? {
        Some(at) => found.get(at).copied().ok_or_else(|| ambiguous(kind, given, &lines)),
        None => Err(ambiguous(kind, given, &lines)),
    }
}

fn ambiguous(kind: &str, given: &str, lines: &[String]) -> Failure {
    Failure::usage(
        format!("\"{}\" fits {} {kind}s", shorten(given, LONGEST), lines.len()),
        format!("Name one of them in full:\n  {}", lines.join("\n  ")),
    )
}

/// Keeps what is known to be disconnected, and reports how much is not known.
pub(crate) fn disconnected<T>(
    session: &Session,
    rows: Rows<T>,
    kind: &str,
    state: fn(&T) -> Field<&ConnectionState>,
) -> Rows<T> {
    let is_known = |item: &&T| {
        matches!(state(item), Field::Known(ConnectionState::Connected | ConnectionState::Disconnected))
    };
    let (all, known) = (rows.items.len(), rows.items.iter().filter(is_known).count());
    if known < all {
        session.warn(&format!("the state of {} of {all} {kind} is not known", all - known));
    }
    rows.filtered(|item| state(item) == Field::Known(&ConnectionState::Disconnected))
}

#[cfg(test)]
mod tests {
    use plume::cli;

    use super::*;

    const PODS: [[&str; 2]; 4] = [
        ["Living Room", "02:00:00:00:10:01"],
        ["Living Room 2", "02:00:00:00:10:02"],
        ["Bedroom", "02:00:00:00:20:01"],
        ["bedroom", "02:00:00:00:20:02"],
    ];

    async fn found(given: &str) -> std::result::Result<&'static str, (u8, String)> {
        let names = |pod: &[&str; 2]| pod.map(str::to_owned).to_vec();
        let result = find(Ask::new(true), "node", given, &PODS, names).await;
        result.map(|pod| pod[1]).map_err(|failure| {
            let failure = cli::Failure::from(failure);
            (failure.exit_code, format!("{}: {}", failure.message, failure.help))
        })
    }

    #[tokio::test]
    async fn a_change_without_a_question_needs_a_whole_name() {
        let names = |pod: &[&str; 2]| pod.map(str::to_owned).to_vec();
        let found = async |given| match find_whole(Ask::new(true), "node", given, &PODS, names).await {
            Ok(pod) => pod[1].to_owned(),
            Err(failure) => failure.to_string(),
        };
        assert_eq!(found("living room").await, "02:00:00:00:10:01");
        assert_eq!(found("Living Room 2").await, "02:00:00:00:10:02");
        assert_eq!(found("0200.0000.1001").await, "02:00:00:00:10:01");
        assert_eq!(found("L").await, "\"L\" is only the beginning of a name");
        assert_eq!(found("020000").await, "\"020000\" is only the beginning of a name");
        assert!(found(&"x".repeat(10_000)).await.len() < 200);
    }

    #[tokio::test]
    async fn a_name_is_found_in_any_notation_or_by_its_beginning() {
        for (given, mac) in [
            ("living room", "02:00:00:00:10:01"),
            ("LIVING-ROOM-2", "02:00:00:00:10:02"),
            ("0200.0000.2001", "02:00:00:00:20:01"),
            ("02-00-00-00-20-02", "02:00:00:00:20:02"),
        ] {
            assert_eq!(found(given).await, Ok(mac), "{given}");
        }
        for (given, code, text) in [
            ("Livin", 2, "\"Livin\" fits 2 nodes: Name one of them in full:\n  Living Room  02:00"),
            ("Bedroom", 2, "\"Bedroom\" fits 2 nodes"),
            ("Badrom", 6, "Did you mean \"Bedroom\"?"),
            ("Garage", 6, "`plume nodes` lists what is there."),
            ("", 6, "no node \"\""),
            ("-", 6, "no node \"-\""),
        ] {
            let (found, message) = found(given).await.unwrap_err();
            assert_eq!(found, code, "{given}");
            assert!(message.contains(text), "{given}: {message}");
        }
    }
}

//! The selection of homes by a reader, as addresses have it.

use plume::{health::Status, monitor::ids::HomeId};
use serde::Deserialize;

use crate::store::model::{Cursor, Home, HomeQuery};
use crate::web::shell::turns;
use crate::web::view::{Badge, part};

/// The selection of a reader. An empty word selects all.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Selection {
    pub(super) tenant: String,
    pub(super) status: String,
    pub(super) tag: String,
    pub(super) q: String,
    pub(super) after: String,
}

impl Selection {
    /// Returns the query for the homes of one tenant.
    pub(super) fn query(&self, limit: usize) -> HomeQuery {
        HomeQuery {
            status: self.status(),
            tag: word(&self.tag),
            text: word(&self.q),
            after: place(&self.after),
            limit,
        }
    }

    pub(super) fn status(&self) -> Option<Status> {
        Badge::ALL.into_iter().find(|status| Badge::from(*status).code == self.status)
    }

    pub(super) fn is_filter(&self) -> bool {
        self.status().is_some() || word(&self.tag).is_some() || word(&self.q).is_some()
    }

    /// Returns whether a home belongs to the list up to a place; without a place, to the whole list.
    pub(in crate::web) fn shows(&self, home: &Home, last: Option<&Cursor>) -> bool {
        (self.tenant.is_empty() || home.tenant.as_str() == self.tenant)
            && self.query(0).selects(home)
            && last.is_none_or(|last| Cursor::of(home) <= *last)
    }

    /// Returns the address of a part of the same list.
    pub(super) fn address(&self, after: Option<&Cursor>) -> String {
        let Self { tenant, status, tag, q, .. } = self;
        let after = after.map(text).unwrap_or_default();
        let named = [("tenant", tenant), ("status", status), ("tag", tag), ("q", q), ("after", &after)];
        let named = named.into_iter().filter(|(_, value)| !value.is_empty());
        let named: Vec<_> = named.map(|(name, value)| format!("{name}={}", part(value))).collect();
        if named.is_empty() { "/homes".to_owned() } else { format!("/homes?{}", named.join("&")) }
    }
}

fn word(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Returns a place in the list as a text that a page does not change.
pub(super) fn text(place: &Cursor) -> String {
    let Cursor { rank, name, id } = place;
    let mut text = serde_json::json!([rank, name, id.as_str()]).to_string();
    while let Some(mark) = text.chars().find(|one| turns(*one)) {
        text = text.replace(mark, &format!("\\u{:04x}", u32::from(mark)));
    }
    text
}

/// Reads a place in the list. An unreadable one is the begin.
pub(in crate::web) fn place(text: &str) -> Option<Cursor> {
    let (rank, name, id): (u8, String, String) = serde_json::from_str(text).ok()?;
    Some(Cursor { rank, name, id: HomeId::new(id) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_next_part_keeps_the_selection_and_the_place() {
        let selection = Selection {
            tenant: "t/1".to_owned(),
            q: "a&b".to_owned(),
            status: "red".to_owned(),
            ..Selection::default()
        };
        let last = Cursor { rank: 1, name: "Ä \u{202e}\"1\"".to_owned(), id: HomeId::new("h,1") };
        let address = selection.address(Some(&last));
        let (start, after) = address.split_once("&after=").unwrap();
        assert_eq!(start, "/homes?tenant=t%2F1&status=red&q=a%26b");
        let after = percent_encoding::percent_decode_str(after).decode_utf8().unwrap();
        assert!(!after.contains(turns), "{after}");
        assert_eq!(place(&after), Some(last));
        assert_eq!(place("[1]"), None);
        assert_eq!(Selection::default().address(None), "/homes");
    }
}

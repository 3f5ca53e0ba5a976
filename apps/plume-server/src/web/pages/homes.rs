//! The list of homes.

use askama::{Template, filters::HtmlSafe};
use axum::{extract::Query, response::Response};
use chrono::{DateTime, Utc};
use plume::{health::Status, monitor::ids::HomeId};
use serde::Deserialize;

use crate::store::model::{Cursor, Home, HomeQuery, StatusCounts};
use crate::web::dashboard::Visible;
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::view::{Age, Badge, Counted, age, brief, home_path, part};

/// Homes on one page.
const PAGE: usize = 50;

/// The selection of a reader. An empty word selects all.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Selection {
    tenant: String,
    status: String,
    tag: String,
    q: String,
    after: String,
}

#[derive(Template)]
#[template(path = "homes.html")]
struct Page<'a> {
    frame: &'a Frame,
    tenants: Vec<Choice>,
    statuses: Vec<Counting>,
    tag: String,
    q: String,
    filtered: bool,
    tenant: String,
    rows: Vec<HomeRow>,
    shown: String,
    total: String,
    first: String,
    next: String,
}

struct Choice {
    id: String,
    name: String,
    chosen: bool,
}

struct Counting {
    badge: Badge,
    count: u64,
    chosen: bool,
}

/// A row of the list.
#[derive(Debug, Template)]
#[template(path = "home_row.html")]
pub(in crate::web) struct HomeRow {
    key: String,
    badge: Badge,
    path: String,
    name: String,
    why: String,
    age: Age,
    model: String,
    firmware: String,
    region: String,
    tenant_part: String,
    tags: Vec<Tag>,
    checked: Option<Age>,
}

// The template escapes every text.
impl HtmlSafe for HomeRow {}

#[derive(Debug)]
struct Tag {
    text: String,
    part: String,
}

impl HomeRow {
    pub(in crate::web) fn new(home: &Home, now: DateTime<Utc>) -> Self {
        let known = |text: &Option<String>| text.clone().unwrap_or_default();
        let path = home_path(&home.tenant, &home.id);
        Self {
            key: path.clone(),
            badge: home.verdict.status.into(),
            path,
            name: home.name.clone(),
            why: brief(&home.verdict.headline),
            age: age(home.verdict.since, now),
            model: known(&home.traits.model),
            firmware: known(&home.traits.firmware),
            region: known(&home.traits.region),
            tenant_part: part(home.tenant.as_str()),
            tags: home.tags.iter().map(|tag| Tag { text: tag.clone(), part: part(tag) }).collect(),
            checked: home.checked.map(|at| age(at, now)),
        }
    }
}

pub(super) async fn page(visible: Visible, frame: Frame, Query(selection): Query<Selection>) -> Response {
    let page = build(&visible, &frame, selection).await;
    frame.answer(page)
}

async fn build<'a>(visible: &Visible, frame: &'a Frame, selection: Selection) -> Result<Page<'a>, Fault> {
    let tenants = visible.tenants().await?;
    let tenant = match selection.tenant.as_str() {
        "" => tenants.first(),
        wanted => Some(
            tenants.iter().find(|one| one.id.as_str() == wanted).ok_or_else(|| Fault::missing("tenant"))?,
        ),
    };
    let status = Badge::ALL.into_iter().find(|status| Badge::from(*status).code == selection.status);
    let (mut counts, mut found) = (StatusCounts::default(), None);
    if let Some(tenant) = tenant.and_then(|tenant| visible.tenant(&tenant.id)) {
        counts = tenant.counts().await?;
        let query = HomeQuery {
            status,
            tag: word(&selection.tag),
            text: word(&selection.q),
            after: cursor(&selection.after),
            limit: PAGE,
        };
        found = Some(tenant.homes(query).await?);
    }
    let now = visible.now();
    let items = found.as_ref().map(|page| page.items.as_slice()).unwrap_or_default();
    let next = found.as_ref().and_then(|page| page.next.as_ref());
    let filtered = status.is_some() || !selection.tag.is_empty() || !selection.q.is_empty();
    let here = tenant.map_or("", |tenant| tenant.id.as_str());
    Ok(Page {
        frame,
        statuses: statuses(&counts, status),
        rows: items.iter().map(|home| HomeRow::new(home, now)).collect(),
        shown: Counted(items.len() as u64, "home").to_string(),
        total: counts.total().to_string(),
        first: if selection.after.is_empty() { String::new() } else { address(here, &selection, None) },
        next: next.map_or_else(String::new, |next| address(here, &selection, Some(next))),
        tenant: tenant.map_or_else(String::new, |tenant| tenant.name.clone()),
        tenants: tenants
            .iter()
            .map(|one| Choice {
                id: one.id.to_string(),
                name: one.name.clone(),
                chosen: one.id.as_str() == here,
            })
            .collect(),
        tag: selection.tag,
        q: selection.q,
        filtered,
    })
}

fn statuses(counts: &StatusCounts, chosen: Option<Status>) -> Vec<Counting> {
    let counting = |status: Status| Counting {
        badge: status.into(),
        count: counts.of(status),
        chosen: chosen == Some(status),
    };
    Badge::ALL.into_iter().map(counting).collect()
}

fn word(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The address of a part of the same list.
fn address(tenant: &str, selection: &Selection, after: Option<&Cursor>) -> String {
    let Selection { status, tag, q, .. } = selection;
    let mut address = format!("/homes?tenant={}", part(tenant));
    for (name, value) in [("status", status), ("tag", tag), ("q", q)] {
        if !value.is_empty() {
            address.push_str(&format!("&{name}={}", part(value)));
        }
    }
    if let Some(Cursor { rank, name, id }) = after {
        let place = serde_json::json!([rank, name, id.as_str()]).to_string();
        address.push_str(&format!("&after={}", part(&place)));
    }
    address
}

/// Reads a place in the list. An unreadable one is the begin.
fn cursor(text: &str) -> Option<Cursor> {
    let (rank, name, id): (u8, String, String) = serde_json::from_str(text).ok()?;
    Some(Cursor { rank, name, id: HomeId::new(id) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_the_next_part_keeps_the_selection_and_the_place() {
        let selection = Selection { q: "a&b".to_owned(), status: "red".to_owned(), ..Selection::default() };
        let place = Cursor { rank: 1, name: "Ä \"1\"".to_owned(), id: HomeId::new("h,1") };
        let address = address("t/1", &selection, Some(&place));
        let (start, after) = address.split_once("&after=").unwrap();
        assert_eq!(start, "/homes?tenant=t%2F1&status=red&q=a%26b");
        let after = percent_encoding::percent_decode_str(after).decode_utf8().unwrap();
        assert_eq!(cursor(&after), Some(place));
        assert_eq!(cursor("[1]"), None);
    }
}

//! The list of homes.

mod selection;

use std::collections::BTreeMap;

use askama::{Template, filters::HtmlSafe};
use axum::response::Response;
use chrono::{DateTime, Utc};
use plume::{health::Status, monitor::ids::TenantId};

use crate::store::model::{Cursor, Home, StatusCounts};
use crate::web::dashboard::Visible;
use crate::web::pages::as_of::{AsOf, as_of};
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::pages::given::Query;
use crate::web::pages::homes::selection::text;
use crate::web::pages::maintenance::{Running, running};
use crate::web::pages::row::badge_of;
use crate::web::view::{Age, Badge, Counted, age, brief, home_path, part};

pub(in crate::web) use selection::{Selection, place};

/// Homes on one page.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "homes.html")]
struct Page<'a> {
    frame: &'a Frame,
    as_of: Vec<AsOf>,
    tenants: Vec<Choice>,
    statuses: Vec<Counting>,
    selection: Selection,
    is_filter: bool,
    rows: Vec<HomeRow>,
    running: Vec<Running>,
    shown: String,
    total: u64,
    /// The name of the only tenant whose homes are listed; empty for several.
    tenant: String,
    first: String,
    next: String,
    /// The place of the last row; empty at the end of the list.
    last: String,
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
    tenant: String,
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
    /// `tenant` is the name of its tenant.
    pub(in crate::web) fn new(home: &Home, tenant: &str, now: DateTime<Utc>) -> Self {
        let known = |text: &Option<String>| text.clone().unwrap_or_default();
        let path = home_path(&home.tenant, &home.id);
        Self {
            key: path.clone(),
            badge: badge_of(home),
            path,
            name: home.name.clone(),
            why: match home.checked {
                Some(_) => brief(&home.verdict.headline),
                None => String::new(),
            },
            age: age(home.verdict.since, now),
            model: known(&home.traits.model),
            firmware: known(&home.traits.firmware),
            region: known(&home.traits.region),
            tenant: tenant.to_owned(),
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
    let codes = Badge::ALL.map(|status| Badge::from(status).code);
    Fault::unless_known("Status", &selection.status, &codes, "/homes")?;
    let (mut tenants, mut listed) = (Vec::new(), BTreeMap::new());
    let (mut counts, mut items, mut has_more) = (StatusCounts::default(), Vec::new(), false);
    let each = visible.each().await?;
    let is_chosen = |id: &TenantId| selection.tenant.is_empty() || id.as_str() == selection.tenant;
    let chosen = each.iter().filter(|(view, _)| is_chosen(view.id()));
    let as_of = as_of(visible, &visible.newest(), chosen);
    for (view, tenant) in each {
        let of_tenant = view.counts().await?;
        let chosen = tenant.id.as_str() == selection.tenant;
        if chosen || of_tenant.total() > 0 {
            tenants.push(Choice { id: tenant.id.to_string(), name: tenant.name.clone(), chosen });
        }
        let is_listed = chosen || (selection.tenant.is_empty() && of_tenant.total() > 0);
        if !is_listed {
            continue;
        }
        Badge::ALL.into_iter().for_each(|status| counts.count(status, of_tenant.of(status)));
        let found = view.homes(selection.query(PAGE)).await?;
        has_more |= found.next.is_some();
        items.extend(found.items);
        listed.insert(tenant.id, tenant.name);
    }
    if listed.is_empty() && !selection.tenant.is_empty() {
        return Err(Fault::missing("tenant"));
    }
    // The lists of the tenants have the same order.
    items.sort_by_key(Cursor::of);
    has_more |= items.len() > PAGE;
    items.truncate(PAGE);
    let last = items.last().filter(|_| has_more).map(Cursor::of);
    let now = visible.now();
    let is_part = !selection.after.is_empty();
    Ok(Page {
        frame,
        as_of,
        statuses: statuses(&counts, selection.status()),
        rows: items
            .iter()
            .filter_map(|home| Some(HomeRow::new(home, listed.get(&home.tenant)?, now)))
            .collect(),
        running: running(visible, &selection.tenant).await?,
        shown: Counted(items.len() as u64, "home").to_string(),
        total: counts.total(),
        tenant: if listed.len() == 1 { listed.into_values().collect() } else { String::new() },
        tenants,
        is_filter: selection.is_filter(),
        first: if is_part { selection.address(None) } else { String::new() },
        next: last.as_ref().map_or_else(String::new, |last| selection.address(Some(last))),
        last: last.as_ref().map(text).unwrap_or_default(),
        selection,
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

//! The audit.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use crate::web::dashboard::Visible;
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::pages::given::Query;
use crate::web::view::{Moment, moment, part};

/// Rows on one page.
const PAGE: usize = 50;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::pages) struct Selection {
    q: String,
    before: Option<u64>,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Page<'a> {
    frame: &'a Frame,
    q: String,
    rows: Vec<Row>,
    first: String,
    next: String,
    can_check: bool,
    /// The result of a check of the chain: whether it is whole, and its words.
    checked: Option<(bool, String)>,
}

struct Row {
    number: u64,
    at: Moment,
    who: String,
    tenant: String,
    action: String,
    subject: String,
    outcome: String,
}

pub(in crate::web::pages) async fn page(
    visible: Visible,
    frame: Frame,
    Query(selection): Query<Selection>,
) -> Response {
    let page = build(&visible, &frame, selection, None).await;
    frame.answer(page)
}

pub(in crate::web::pages) async fn check(visible: Visible, frame: Frame) -> Response {
    let checked = match visible.check_audit().await {
        Ok(Ok(rows)) => (true, format!("All {rows} rows are the ones that were written.")),
        Ok(Err(broken)) => (false, format!("The audit was changed: {broken}.")),
        Err(error) => return frame.refuse(&Fault::from(error).back_to("/users/audit")),
    };
    let page = build(&visible, &frame, Selection::default(), Some(checked)).await;
    frame.answer(page)
}

async fn build<'a>(
    visible: &Visible,
    frame: &'a Frame,
    selection: Selection,
    checked: Option<(bool, String)>,
) -> Result<Page<'a>, Fault> {
    let now = visible.now();
    let text = Some(selection.q.trim().to_owned()).filter(|text| !text.is_empty());
    let mut rows = visible.audit(text, selection.before, PAGE + 1).await?;
    let has_more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let last = rows.last().filter(|_| has_more);
    let query = format!("/users/audit?q={}", part(&selection.q));
    Ok(Page {
        frame,
        first: if selection.before.is_some() { query.clone() } else { String::new() },
        next: last.map_or_else(String::new, |last| format!("{query}&before={}", last.number)),
        q: selection.q,
        rows: rows
            .into_iter()
            .map(|row| Row {
                number: row.number,
                at: moment(row.at, now),
                who: row.event.who,
                tenant: row.event.tenant.map_or_else(String::new, |tenant| tenant.to_string()),
                action: row.event.action,
                subject: row.event.subject,
                outcome: row.event.outcome,
            })
            .collect(),
        can_check: visible.has_all(),
        checked,
    })
}

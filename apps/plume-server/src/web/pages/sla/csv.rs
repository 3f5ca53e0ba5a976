//! The counted times as comma-separated values, written part by part.

use std::convert::Infallible;

use axum::{
    body::{Body, Bytes},
    http::header,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::stream;
use plume::monitor::sla::SlaPolicy;
use plume_text::{csv_cell, on_screen};

use crate::store::model::{Uptime, UptimeCursor};
use crate::web::dashboard::{Visible, VisibleTenant};
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::pages::given::Query;
use crate::web::pages::sla::selection::{Selection, chosen, method};

/// Homes in one part.
const PART: usize = 500;
/// Maximum number of groups.
const GROUPS: usize = 10_000;
/// Without the mark at the begin, Excel reads the file as one of an older character set. Other programs accept it.
const HEAD: &str = "\u{feff}tenant,kind,name,id,homes,from,to,uptime_percent,target_percent,verdict,up_seconds,disrupted_seconds,\
                    down_seconds,unknown_seconds,maintenance_seconds,terms\n";

/// The part that is written next.
struct Next {
    view: VisibleTenant,
    selection: Selection,
    terms: SlaPolicy,
    /// How it is counted, in sentences.
    method: String,
    after: Option<UptimeCursor>,
    is_first: bool,
}

pub(in crate::web::pages) async fn export(
    visible: Visible,
    frame: Frame,
    Query(selection): Query<Selection>,
) -> Response {
    match begin(&visible, selection).await {
        Ok(next) => {
            let is_plain = |one: char| one.is_ascii_alphanumeric() || "-_.".contains(one);
            let tenant = next.view.id().as_str().replace(|one| !is_plain(one), "_");
            let period = next.selection.period().as_str();
            let name = format!("attachment; filename=\"sla-{tenant}-{period}.csv\"");
            let body = Body::from_stream(stream::unfold(Some(next), part));
            let headers = [
                (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
                (header::CONTENT_DISPOSITION, name),
            ];
            (headers, body).into_response()
        }
        Err(fault) => frame.refuse(&fault),
    }
}

async fn begin(visible: &Visible, selection: Selection) -> Result<Next, Fault> {
    let tenants = visible.tenants().await?;
    let tenant = chosen(&tenants, &selection)?.ok_or_else(|| Fault::missing("tenant"))?;
    let view = visible.tenant(&tenant.id).ok_or_else(|| Fault::missing("tenant"))?;
    let subject = format!("{} by {}", selection.period().as_str(), selection.by().word());
    view.export("sla", &subject).await?;
    let terms = visible.process().sla.clone();
    let method = method(&terms).join(" ");
    Ok(Next { view, selection, terms, method, after: None, is_first: true })
}

/// Writes a part. A failure of the store ends the file with a line that says so.
async fn part(next: Option<Next>) -> Option<(Result<Bytes, Infallible>, Option<Next>)> {
    let mut next = next?;
    let mut text = if std::mem::take(&mut next.is_first) { HEAD.to_owned() } else { String::new() };
    let period = next.selection.period();
    let goes_on = match next.selection.by().group() {
        Some(kind) => match next.view.group_uptimes(period, kind, GROUPS + 1).await {
            Ok(groups) => {
                for group in groups.iter().take(GROUPS) {
                    let named = [kind.as_str(), &group.value, ""];
                    next.line(&mut text, named, group.homes, group.at, &group.time);
                }
                match groups.len() > GROUPS {
                    true => fail(&mut text, &format!("there are more than {GROUPS} groups")),
                    false => false,
                }
            }
            Err(error) => fail(&mut text, &error.to_string()),
        },
        None => match next.view.uptimes(period, next.after.take(), PART).await {
            Ok(page) => {
                for home in &page.items {
                    let named = ["home", home.name.as_str(), home.home.as_str()];
                    next.line(&mut text, named, 1, home.at, &home.time);
                }
                next.after = page.next;
                next.after.is_some()
            }
            Err(error) => fail(&mut text, &error.to_string()),
        },
    };
    Some((Ok(Bytes::from(text)), goes_on.then_some(next)))
}

fn fail(text: &mut String, why: &str) -> bool {
    text.push_str(&csv_cell(&format!("incomplete: {why}")));
    text.push('\n');
    false
}

impl Next {
    fn line(&self, text: &mut String, named: [&str; 3], homes: u64, at: DateTime<Utc>, time: &Uptime) {
        let range = self.selection.period().range(at);
        let iso = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
        let cells = std::iter::once(self.view.id().as_str()).chain(named);
        let cells = cells.map(|cell| csv_cell(&on_screen(cell)).into_owned());
        let numbers = [
            homes.to_string(),
            iso(range.start),
            iso(range.end),
            time.percent.map_or_else(String::new, |percent| percent.to_string()),
            self.terms.target_percent.to_string(),
            time.verdict(&self.terms).as_str().to_owned(),
        ];
        let seconds = [time.up, time.degraded, time.down, time.unknown, time.maintenance];
        let seconds = seconds.map(|seconds| seconds.to_string());
        let terms = csv_cell(&self.method).into_owned();
        let all: Vec<String> = cells.chain(numbers).chain(seconds).chain([terms]).collect();
        text.push_str(&all.join(","));
        text.push('\n');
    }
}

//! The stream of one page.

use std::{collections::HashSet, collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{self, Sse},
    },
};
use futures_util::stream;
use plume::runtime::{Clock, SystemClock};
use serde::Deserialize;
use tokio::sync::{broadcast::error::RecvError, watch};

use crate::access::{Tenants, Visitor};
use crate::stop::Stopping;
use crate::web::dashboard::{Dashboard, Visible};
use crate::web::events::{Audience, Event, Joined, Kind};

/// Time between two signs of life.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// The browser waits this long before it connects again.
const RETRY: Duration = Duration::from_secs(2);

/// The parts that a page shows.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Shown {
    /// The paths of the homes, separated by commas.
    homes: String,
    /// The paths of the incidents, separated by commas, or `all`.
    incidents: String,
    /// Whether the page shows the summary: `1`.
    summary: String,
    /// The name of a page that is loaded again when it has new content.
    page: String,
}

/// The events that a page wants.
#[derive(Debug)]
struct Wanted {
    /// The tenants that the reader sees.
    tenants: Tenants,
    homes: HashSet<String>,
    incidents: String,
    summary: bool,
    page: String,
}

impl Wanted {
    fn new(tenants: Tenants, shown: Shown) -> Self {
        Self {
            tenants,
            homes: shown.homes.split(',').filter(|home| !home.is_empty()).map(str::to_owned).collect(),
            incidents: shown.incidents,
            summary: shown.summary == "1",
            page: shown.page,
        }
    }

    fn has(&self, event: &Event) -> bool {
        let is_for_reader = match &event.audience {
            Audience::Everybody => true,
            Audience::Tenant(tenant) => self.tenants.has(tenant),
            Audience::Exactly(tenants) => self.tenants == *tenants,
        };
        is_for_reader && self.shows(event)
    }

    fn shows(&self, event: &Event) -> bool {
        match event.kind {
            Kind::Resync => true,
            Kind::Summary => self.summary,
            Kind::Page => self.page == event.key,
            Kind::Home => self.homes.contains(&event.key),
            Kind::Incident => self.incidents.contains("all") || self.incidents.contains(&event.key),
        }
    }
}

struct Reader {
    joined: Joined,
    pending: VecDeque<Arc<Event>>,
    wanted: Wanted,
    clock: SystemClock,
    stopping: Stopping,
    is_new: bool,
    dashboard: Dashboard,
    visitor: Visitor,
    /// The number of sessions and tokens that were revoked.
    revoked: watch::Receiver<u64>,
}

pub(super) async fn events(
    State(dashboard): State<Dashboard>,
    visible: Visible,
    headers: HeaderMap,
    Query(shown): Query<Shown>,
) -> Response {
    let last = headers.get("last-event-id").and_then(|value| last(value.to_str().ok()?));
    let Some(joined) = dashboard.live().join(last, visible.visitor().tenants()) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "Too many open pages.\n").into_response();
    };
    let reader = Reader {
        pending: joined.missed.iter().cloned().collect(),
        joined,
        wanted: Wanted::new(visible.visitor().tenants().clone(), shown),
        clock: SystemClock::new(),
        stopping: dashboard.stopping(),
        is_new: true,
        revoked: dashboard.gate().revocations(),
        visitor: visible.visitor().clone(),
        dashboard,
    };
    Sse::new(stream::unfold(reader, next)).into_response()
}

/// Reads the id of an event.
fn last(text: &str) -> Option<(i64, u64)> {
    let (epoch, number) = text.split_once('-')?;
    Some((epoch.parse().ok()?, number.parse().ok()?))
}

/// The next event of a page; `None` when the server stops.
async fn next(mut reader: Reader) -> Option<(Result<sse::Event, Infallible>, Reader)> {
    let event = if std::mem::take(&mut reader.is_new) {
        sse::Event::default().event("beat").retry(RETRY).data("")
    } else {
        reader.next().await?
    };
    Some((Ok(event), reader))
}

impl Reader {
    async fn next(&mut self) -> Option<sse::Event> {
        loop {
            if let Some(event) = self.pending.pop_front() {
                if self.wanted.has(&event) {
                    return Some(self.written(&event));
                }
                continue;
            }
            tokio::select! {
                () = self.stopping.requested() => return None,
                _ = self.revoked.changed() => {
                    if !self.dashboard.is_still_valid(&self.visitor).await {
                        return None;
                    }
                }
                () = self.clock.sleep(HEARTBEAT) => {
                    if !self.dashboard.is_still_valid(&self.visitor).await {
                        return None;
                    }
                    return Some(sse::Event::default().event("beat").data(""));
                }
                received = self.joined.receiver.recv() => match received {
                    Ok(event) => self.pending.push_back(event),
                    Err(RecvError::Lagged(_)) => {
                        return Some(sse::Event::default().event("resync").data(""));
                    }
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }

    fn written(&self, event: &Event) -> sse::Event {
        let name = match event.kind {
            Kind::Home => "home",
            Kind::Incident => "incident",
            Kind::Summary => "summary",
            Kind::Page => "page",
            Kind::Resync => "resync",
        };
        let data = match event.kind {
            Kind::Incident => &event.key,
            _ => &event.data,
        };
        // The stream refuses a carriage return.
        let data = data.replace('\r', " ");
        sse::Event::default().id(format!("{}-{}", self.joined.epoch, event.number)).event(name).data(data)
    }
}

#[cfg(test)]
mod tests {
    use plume::monitor::ids::TenantId;

    use super::*;

    #[test]
    fn a_page_gets_only_what_it_shows() {
        let shown = || Shown {
            page: String::new(),
            homes: "/homes/t/1,/homes/t/2".to_owned(),
            incidents: "/incidents/t/1,/incidents/t/2".to_owned(),
            summary: String::new(),
        };
        let wanted = Wanted::new(Tenants::All, shown());
        let foreign = Wanted::new(Tenants::Only([TenantId::new("u")].into()), shown());
        for (kind, key, is_wanted) in [
            (Kind::Home, "/homes/t/2", true),
            (Kind::Home, "/homes/t/3", false),
            (Kind::Incident, "/incidents/t/2", true),
            (Kind::Incident, "/incidents/t/3", false),
            (Kind::Summary, "", false),
            (Kind::Resync, "", true),
        ] {
            let audience = Audience::Tenant(TenantId::new("t"));
            let event = Event { number: 1, audience, kind, key: key.to_owned(), data: String::new() };
            assert_eq!(wanted.has(&event), is_wanted, "{event:?}");
            assert!(!foreign.has(&event), "{event:?}");
        }
    }

    #[test]
    fn only_an_id_of_the_stream_is_read() {
        assert_eq!(last("1768471200000-17"), Some((1_768_471_200_000, 17)));
        for other in ["", "17", "a-1", "1-", "1--1", "1-99999999999999999999"] {
            assert_eq!(last(other), None, "{other}");
        }
    }
}

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
use plume::runtime::Clock;
use serde::Deserialize;
use tokio::sync::{broadcast::error::RecvError, watch};

use crate::access::{Tenants, Via, Visitor};
use crate::stop::Stopping;
use crate::store::model::Cursor;
use crate::web::dashboard::{Dashboard, Visible};
use crate::web::events::{Audience, Crowded, Event, Joined, Kind};
use crate::web::pages::{Selection, place};

/// Time between two signs of life, each after a check of the session. Events do not delay it.
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
    /// Whether the page shows the list of homes from its begin: `1`.
    list: String,
    /// The place of the last home in the list; empty if it is the last of all.
    last: String,
    /// The last event before the page was read, as `data-at` has it.
    at: String,
    /// The selection of the list, as its page has it.
    #[serde(flatten)]
    selection: Selection,
}

/// The events that a page wants.
#[derive(Debug)]
struct Wanted {
    /// The tenants that the reader sees.
    tenants: Tenants,
    homes: HashSet<String>,
    incidents: HashSet<String>,
    /// Whether it wants all incidents.
    has_incidents: bool,
    summary: bool,
    page: String,
    /// The selection of a list, and the place of its last home.
    list: Option<(Selection, Option<Cursor>)>,
}

/// The form of an event on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As it is.
    Whole,
    /// The page is loaded again.
    Page,
}

impl Wanted {
    fn new(tenants: Tenants, shown: Shown) -> Self {
        let paths = |list: &str| list.split(',').filter(|path| !path.is_empty()).map(str::to_owned).collect();
        Self {
            tenants,
            homes: paths(&shown.homes),
            incidents: paths(&shown.incidents),
            has_incidents: shown.incidents == "all",
            summary: shown.summary == "1",
            page: shown.page,
            list: (shown.list == "1").then(|| (shown.selection, place(&shown.last))),
        }
    }

    fn form(&self, event: &Event) -> Option<Form> {
        let is_for_reader = match &event.audience {
            Audience::Everybody => true,
            Audience::Tenant(tenant) => self.tenants.has(tenant),
            Audience::Exactly(tenants) => self.tenants == *tenants,
        };
        if !is_for_reader {
            return None;
        }
        let is_wanted = match event.kind {
            Kind::Resync => true,
            Kind::Summary => self.summary,
            Kind::Page => self.page == event.key,
            Kind::Home => return self.form_of_home(event),
            // The page of a home has its path among the incidents; a list has not.
            Kind::Report => self.incidents.contains(&event.key),
            Kind::Incident => self.has_incidents || self.incidents.contains(&event.key),
        };
        is_wanted.then_some(Form::Whole)
    }

    /// A row replaces the one that the page shows. A home that comes into the list or leaves it changes the page.
    fn form_of_home(&self, event: &Event) -> Option<Form> {
        let is_shown = self.homes.contains(&event.key);
        let belongs = match (&event.home, &self.list) {
            (None, _) => false,
            (Some(home), Some((selection, last))) => selection.shows(home, last.as_ref()),
            (Some(_), None) => is_shown,
        };
        match (is_shown, belongs) {
            (true, true) => Some(Form::Whole),
            (false, false) => None,
            _ => Some(Form::Page),
        }
    }
}

struct Reader {
    joined: Joined,
    pending: VecDeque<Arc<Event>>,
    wanted: Wanted,
    clock: Arc<dyn Clock>,
    /// The time of the next sign of life, on the monotonic clock.
    beat: Duration,
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
    // After a connection that had events, the browser names the last one.
    let last = headers.get("last-event-id").and_then(|value| last(value.to_str().ok()?));
    let last = last.or_else(|| self::last(&shown.at));
    let visitor = visible.visitor().clone();
    let session = match visitor.via() {
        Via::Session(id) => Some(id.as_str()),
        _ => None,
    };
    let joined = match dashboard.live().join(last, visitor.tenants(), session) {
        Ok(joined) => joined,
        Err(Crowded::Server) => {
            return (StatusCode::SERVICE_UNAVAILABLE, "Too many open pages.\n").into_response();
        }
        Err(Crowded::Session) => {
            let text = "Too many open pages of this session.\n";
            return (StatusCode::TOO_MANY_REQUESTS, text).into_response();
        }
    };
    let revoked = dashboard.gate().revocations();
    // A revocation since the visitor was identified wakes no receiver.
    if !dashboard.is_still_valid(&visitor).await {
        return (StatusCode::UNAUTHORIZED, "The session has ended.\n").into_response();
    }
    let clock = Arc::clone(dashboard.live().clock());
    let reader = Reader {
        pending: joined.missed.iter().cloned().collect(),
        joined,
        wanted: Wanted::new(visitor.tenants().clone(), shown),
        beat: clock.monotonic().saturating_add(HEARTBEAT),
        clock,
        stopping: dashboard.stopping(),
        is_new: true,
        revoked,
        visitor,
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
            let now = self.clock.monotonic();
            if now >= self.beat {
                self.beat = now.saturating_add(HEARTBEAT);
                if !self.dashboard.is_still_valid(&self.visitor).await {
                    return None;
                }
                return Some(sse::Event::default().event("beat").data(""));
            }
            if let Some(event) = self.pending.pop_front() {
                if let Some(form) = self.wanted.form(&event) {
                    return Some(self.written(&event, form));
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
                () = self.clock.sleep(self.beat.saturating_sub(now)) => {}
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

    fn written(&self, event: &Event, form: Form) -> sse::Event {
        let (name, data) = match event.kind {
            _ if form == Form::Page => ("page", ""),
            Kind::Home => ("home", event.data.as_str()),
            Kind::Incident => ("incident", event.key.as_str()),
            Kind::Summary => ("summary", event.data.as_str()),
            Kind::Page | Kind::Report => ("page", event.data.as_str()),
            Kind::Resync => ("resync", event.data.as_str()),
        };
        // The stream refuses a carriage return.
        let data = data.replace('\r', " ");
        sse::Event::default().id(format!("{}-{}", self.joined.epoch, event.number)).event(name).data(data)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use plume::{
        health::Status,
        monitor::ids::{HomeId, TenantId},
    };

    use super::*;
    use crate::store::model::{Home, Traits, Verdict};
    use crate::web::view::part;

    fn home(id: &str, status: Status) -> Home {
        let now = DateTime::UNIX_EPOCH;
        Home {
            tenant: TenantId::new("t"),
            id: HomeId::new(id),
            customer: String::new(),
            location: String::new(),
            name: format!("Alder Street {id}"),
            traits: Traits::default(),
            tags: vec!["vip".to_owned()],
            verdict: Verdict { status, since: now, headline: String::new() },
            checked: None,
            data: None,
        }
    }

    fn of_home(id: &str, status: Option<Status>) -> Event {
        let audience = Audience::Tenant(TenantId::new("t"));
        let (key, home) = (format!("/homes/t/{id}"), status.map(|status| home(id, status)));
        Event { number: 1, audience, kind: Kind::Home, key, data: String::new(), home }
    }

    #[test]
    fn a_page_gets_only_what_it_shows() {
        let shown = || Shown {
            homes: "/homes/t/1,/homes/t/2".to_owned(),
            incidents: "/incidents/t/12,/incidents/t/2,/incidents/all/4".to_owned(),
            ..Shown::default()
        };
        let wanted = Wanted::new(Tenants::All, shown());
        let foreign = Wanted::new(Tenants::Only([TenantId::new("u")].into()), shown());
        let event = |kind, key: &str| {
            let audience = Audience::Tenant(TenantId::new("t"));
            Event { number: 1, audience, kind, key: key.to_owned(), data: String::new(), home: None }
        };
        for (event, form) in [
            (of_home("2", Some(Status::Red)), Some(Form::Whole)),
            (of_home("2", None), Some(Form::Page)),
            (of_home("3", Some(Status::Red)), None),
            (event(Kind::Incident, "/incidents/t/2"), Some(Form::Whole)),
            (event(Kind::Incident, "/incidents/t/1"), None),
            (event(Kind::Incident, "/incidents/t/3"), None),
            (event(Kind::Summary, ""), None),
            (event(Kind::Resync, ""), Some(Form::Whole)),
        ] {
            assert_eq!(wanted.form(&event), form, "{event:?}");
            assert_eq!(foreign.form(&event), None, "{event:?}");
        }
        let all = Shown { incidents: "all".to_owned(), ..Shown::default() };
        let event = event(Kind::Incident, "/incidents/t/3");
        assert_eq!(Wanted::new(Tenants::All, all).form(&event), Some(Form::Whole));
    }

    #[test]
    fn a_list_is_loaded_again_when_a_home_comes_or_leaves() {
        let (red, green) = (Some(Status::Red), Some(Status::Green));
        let list = |query: &str, last: Option<&Cursor>| {
            let last =
                last.map(|last| serde_json::json!([last.rank, last.name, last.id.as_str()]).to_string());
            let query =
                format!("/events?homes=/homes/t/2&list=1&last={}&{query}", part(&last.unwrap_or_default()));
            let Query(shown) = Query::try_from_uri(&query.parse().unwrap()).unwrap();
            Wanted::new(Tenants::All, shown)
        };
        let end = Cursor::of(&home("5", Status::Green));
        for (query, last, event, form) in [
            ("status=red", None, of_home("3", red), Some(Form::Page)),
            ("status=red", None, of_home("3", green), None),
            ("status=red", None, of_home("2", red), Some(Form::Whole)),
            ("status=red", None, of_home("2", green), Some(Form::Page)),
            ("status=red", None, of_home("2", None), Some(Form::Page)),
            ("q=ald+3", None, of_home("3", green), Some(Form::Page)),
            ("q=birch", None, of_home("3", green), None),
            ("tag=vip&tenant=t", None, of_home("3", green), Some(Form::Page)),
            ("tag=fiber", None, of_home("3", green), None),
            ("tenant=u", None, of_home("3", green), None),
            // Only homes before the last one are on the page.
            ("", Some(&end), of_home("4", green), Some(Form::Page)),
            ("", Some(&end), of_home("6", green), None),
            ("", Some(&end), of_home("6", red), Some(Form::Page)),
        ] {
            assert_eq!(list(query, last).form(&event), form, "{query} {event:?}");
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

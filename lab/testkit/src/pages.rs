//! A correct or faulty server of a paged list, and the check of a walk over it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Request, Response};
use plume_auth::{SecureUrl, StaticToken};
use plume_client::{Client, Error, ErrorKind, Filter, Notes, RateLimiter};
use plume_runtime::{InProcess, ManualClock, TransportError, chrono::DateTime};

/// The behaviour of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Honest,
    /// A maximum number of rows per page.
    Cap(usize),
    /// Half as many rows every time.
    Shrinking,
    IgnoresLimit,
    IgnoresOffset,
    IgnoresBoth,
    /// Page A, page B, page A, page B, regardless of the offset.
    Cycle,
    /// A list without end.
    Endless,
    /// Rows are added between two pages.
    Inserts,
    /// Rows are removed between two pages.
    Deletes,
    /// Rows are added and removed between two pages.
    Changes,
    /// One unreadable row in this many.
    Unreadable(usize),
}

impl Manner {
    pub const ALL: [Self; 14] = [
        Self::Honest,
        Self::Cap(1),
        Self::Cap(3),
        Self::Cap(100),
        Self::Shrinking,
        Self::IgnoresLimit,
        Self::IgnoresOffset,
        Self::IgnoresBoth,
        Self::Cycle,
        Self::Endless,
        Self::Inserts,
        Self::Deletes,
        Self::Changes,
        Self::Unreadable(7),
    ];

    /// Whether a walk must yield every row without an error.
    fn is_honest(self) -> bool {
        matches!(
            self,
            Self::Honest
                | Self::Cap(_)
                | Self::Shrinking
                | Self::IgnoresLimit
                | Self::Unreadable(_)
                | Self::Inserts
                | Self::Deletes
                | Self::Changes
        )
    }

    /// Whether the list is constant and readable, so that a walk can be interrupted and resumed anywhere.
    pub fn keeps_still(self) -> bool {
        matches!(self, Self::Honest | Self::Cap(_) | Self::Shrinking | Self::IgnoresLimit)
    }

    fn changes(self) -> bool {
        matches!(self, Self::Inserts | Self::Deletes | Self::Changes)
    }
}

/// The list and its changes.
pub struct Server {
    manner: Manner,
    rows: Vec<u64>,
    /// Rows that are in the list from the beginning to the end.
    constant: BTreeSet<u64>,
    fresh: u64,
    cap: usize,
    pub requests: usize,
    lot: fastrand::Rng,
}

impl Server {
    pub fn new(manner: Manner, count: usize, seed: u64) -> Self {
        let rows: Vec<u64> = (0..count as u64).collect();
        Self {
            manner,
            constant: rows.iter().copied().collect(),
            rows,
            fresh: 1_000_000_000,
            cap: usize::MAX,
            requests: 0,
            lot: fastrand::Rng::with_seed(seed),
        }
    }

    fn insert(&mut self) {
        for _ in 0..self.lot.usize(1..4) {
            let at = self.lot.usize(..=self.rows.len());
            self.rows.insert(at, self.fresh);
            self.fresh += 1;
        }
    }

    fn delete(&mut self) {
        for _ in 0..self.lot.usize(1..4).min(self.rows.len()) {
            let at = self.lot.usize(..self.rows.len());
            let row = self.rows.remove(at);
            self.constant.remove(&row);
        }
    }

    fn change(&mut self) {
        // Most requests change nothing, and the changes end at some point, so that a walk can end.
        if self.requests == 1 || self.requests > 50 || self.lot.u8(..4) > 0 {
            return;
        }
        match self.manner {
            Manner::Inserts => self.insert(),
            Manner::Deletes => self.delete(),
            Manner::Changes if self.lot.bool() => self.insert(),
            Manner::Changes => self.delete(),
            _ => {}
        }
    }

    /// Returns the rows of one page as JSON.
    fn page(&mut self, offset: usize, limit: usize) -> String {
        self.requests += 1;
        self.change();
        let honest = |offset: usize, limit: usize| self.rows.iter().skip(offset).take(limit).copied();
        let rows: Vec<u64> = match self.manner {
            Manner::Cap(cap) => honest(offset, limit.min(cap)).collect(),
            Manner::Shrinking => {
                let rows: Vec<u64> = honest(offset, limit.min(self.cap)).collect();
                self.cap = (limit.min(self.cap) / 2).max(1);
                rows
            }
            Manner::IgnoresLimit => honest(offset, usize::MAX).collect(),
            Manner::IgnoresOffset => honest(0, limit).collect(),
            Manner::IgnoresBoth => honest(0, usize::MAX).collect(),
            Manner::Cycle => honest((self.requests - 1) % 2 * limit, limit).collect(),
            Manner::Endless => (offset as u64..offset.saturating_add(limit) as u64).collect(),
            _ => honest(offset, limit).collect(),
        };
        let row = |row: u64| match self.manner {
            Manner::Unreadable(every) if row % every as u64 == 3 => "17".to_owned(),
            _ => format!(r#"{{"id":"r{row}"}}"#),
        };
        format!("[{}]", rows.into_iter().map(row).collect::<Vec<_>>().join(","))
    }
}

/// Returns limit and offset of a request, in either form.
fn asked(request: &Request<Bytes>) -> (usize, usize) {
    let query = request.uri().query().unwrap_or_default();
    let pairs: BTreeMap<String, String> =
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    if let Some(filter) = pairs.get("filter") {
        let filter: serde_json::Value = serde_json::from_str(filter).unwrap_or_default();
        let number = |name: &str| filter.get(name)?.as_u64().map(|number| number as usize);
        return (number("limit").unwrap_or(usize::MAX), number("offset").unwrap_or_default());
    }
    let number = |name: &str| pairs.get(name).and_then(|text| text.parse().ok());
    (number("limit").unwrap_or(usize::MAX), number("skip").unwrap_or_default())
}

/// Returns a client of this server.
pub fn client(server: Server) -> Result<(Client, Arc<Mutex<Server>>), String> {
    let server = Arc::new(Mutex::new(server));
    let shared = Arc::clone(&server);
    let transport = InProcess::new(move |request: Request<Bytes>| {
        let (limit, offset) = asked(&request);
        let body = shared.lock().map(|mut server| server.page(offset, limit)).unwrap_or_default();
        async move { Ok::<_, TransportError>(Response::new(Bytes::from(body))) }
    });
    let clock = Arc::new(ManualClock::skipping(DateTime::UNIX_EPOCH));
    let client = Client::builder()
        .api_base(SecureUrl::parse("https://cloud.example.net/api").map_err(|error| error.to_string())?)
        .token_provider(StaticToken::new("not.a.token").ok_or("no token")?)
        .rate_limiter(RateLimiter::unlimited(Arc::<ManualClock>::clone(&clock)))
        .clock(clock)
        .transport(Arc::new(transport))
        .build()
        .map_err(|error| error.to_string())?;
    Ok((client, server))
}

/// The result of a walk.
pub struct Walked {
    pub rows: Vec<u64>,
    pub error: Option<Error>,
    pub notes: Notes,
}

/// Walks the list to its end. Resumes from a continuation after every `resume_after` rows, if set.
pub async fn walk(client: &Client, limit: u32, resume_after: Option<usize>) -> Walked {
    let pages = || client.customers().filter(Filter::new().limit(limit)).pages().max_pages(2_500);
    let mut items = pages().items();
    let mut rows = Vec::new();
    let mut notes = Notes::default();
    loop {
        match items.next().await {
            Some(Ok(customer)) => {
                rows.push(customer.id.as_str().trim_start_matches('r').parse().unwrap_or(u64::MAX));
                if resume_after.is_some_and(|after| rows.len() % after == 0) {
                    notes.changed |= items.notes().changed;
                    // Stored and loaded, as by another process.
                    let text = serde_json::to_string(&items.continuation()).unwrap_or_default();
                    match serde_json::from_str(&text).map(|continuation| pages().resume(&continuation)) {
                        Ok(Ok(pages)) => items = pages.items(),
                        _ => return Walked { rows, error: None, notes },
                    }
                }
            }
            Some(Err(error)) => return Walked { rows, error: Some(error), notes: items.notes() },
            None => {
                let mut last = items.notes();
                last.changed |= notes.changed;
                return Walked { rows, error: None, notes: last };
            }
        }
    }
}

/// Returns the errors of a walk: rows that are missing without a note, and repeated rows.
pub struct Verdict {
    pub lost: usize,
    pub repeated: usize,
    pub wrong_note: Option<String>,
}

pub fn judge(server: &Server, walked: &Walked, limit: u32) -> Verdict {
    let distinct: BTreeSet<u64> = walked.rows.iter().copied().collect();
    let manner = server.manner;
    let expected = server.constant.iter().filter(|row| match manner {
        Manner::Unreadable(every) => **row % every as u64 != 3,
        _ => true,
    });
    let lost = expected.filter(|row| !distinct.contains(row)).count();
    let complains = walked.error.as_ref().is_some_and(|error| match error.kind() {
        ErrorKind::Incomplete => true,
        // A page without readable rows is an error.
        ErrorKind::Unreadable => matches!(manner, Manner::Unreadable(_)),
        _ => false,
    });
    let wrong_note = match &walked.error {
        Some(error) if !complains || (manner.is_honest() && error.kind() == ErrorKind::Incomplete) => {
            Some(format!("{error}"))
        }
        None if manner == Manner::Endless => Some("an endless list ended".to_owned()),
        // The list has more than one page, and the second one fails.
        None if manner == Manner::IgnoresOffset && server.rows.len() > limit as usize => {
            Some("a list ended without its second page".to_owned())
        }
        None if !manner.changes() && manner.is_honest() && walked.notes.changed => {
            Some("an unchanged list was reported as changed".to_owned())
        }
        None if matches!(manner, Manner::Honest) && walked.notes != Notes::default() => {
            Some(format!("{:?}", walked.notes))
        }
        _ => None,
    };
    // In the order of the list, if the list was constant.
    let ordered: Vec<u64> = walked.rows.iter().copied().filter(|row| server.constant.contains(row)).collect();
    let wrong_note = wrong_note.or_else(|| {
        (manner.is_honest() && !ordered.is_sorted()).then(|| format!("not in order: {ordered:?}"))
    });
    Verdict {
        lost: if complains { 0 } else { lost },
        repeated: walked.rows.len() - distinct.len(),
        wrong_note,
    }
}

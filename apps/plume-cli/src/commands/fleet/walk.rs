//! Reading a fleet: items, failures, progress.

use std::time::Duration;

use plume::{
    Client, Error, FleetFailure, FleetItem, FleetStep, FleetStream, Priority,
    cli::{self, exit},
    types::{CustomerId, Location, LocationId},
};
use serde::{Deserialize, Serialize};

use crate::commands::fleet::progress::Progress;
use crate::failure::Result;
use crate::output::{Cell, Column, count};
use crate::session::Session;
use crate::session::feed::Feed;

/// The calls in flight: enough to use the call limit at usual response times.
const CONCURRENCY: usize = 16;

/// A customer or location that could not be read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Failed {
    customer_id: Option<CustomerId>,
    location_id: Option<LocationId>,
    message: String,
    help: String,
    exit_code: u8,
    status: Option<u16>,
}

pub(super) const FAILED_SCHEMA: &str = "plume.fleet.failure/1";

pub(super) const FAILED_COLUMNS: [Column<Failed>; 3] = [
    Column::text("FAILED", |failed| Cell::new(&failed.message)),
    Column::word("CUSTOMER ID", |failed| Cell::option(failed.customer_id.as_ref())),
    Column::extra(Column::word("LOCATION ID", |failed| Cell::option(failed.location_id.as_ref()))),
];

impl Failed {
    fn new(failure: &FleetFailure) -> Self {
        let cli::Failure { message, help, exit_code, status, .. } = cli::Failure::from(failure.error());
        let (customer_id, location_id) = (failure.customer_id.clone(), failure.location_id.clone());
        Self { customer_id, location_id, message, help, exit_code, status }
    }

    fn place(&self) -> String {
        match (&self.customer_id, &self.location_id) {
            (Some(customer), Some(location)) => format!("customer {customer}, location {location}"),
            (Some(customer), None) => format!("customer {customer}"),
            (None, _) => "the list of customers".to_owned(),
        }
    }
}

/// A client for long work: calls for people go first.
pub(super) fn patient(session: &Session) -> Result<Client> {
    Ok(session.client()?.with_priority(Priority::Background))
}

/// A stream over a fleet, whose rows are written while they arrive.
pub(super) struct Walk<'s, T> {
    session: &'s Session,
    client: Client,
    pub(super) stream: FleetStream<T>,
    progress: Progress,
    pub(super) feed: Feed<'s>,
    /// The error that ended the stream.
    pub(super) ended: Option<Error>,
}

impl<'s, T: Send + 'static> Walk<'s, T> {
    pub(super) fn new(session: &'s Session, client: &Client, stream: FleetStream<T>) -> Self {
        let progress = Progress::new(client);
        Self { session, client: client.clone(), stream, progress, feed: session.feed(), ended: None }
    }

    /// The next item or failure. `None` at the end, also if stdout was closed.
    pub(super) async fn next(&mut self) -> Option<std::result::Result<FleetItem<T>, FleetFailure>> {
        let Self { stream, progress, feed, .. } = self;
        if feed.is_open() { shown(stream, progress, async |stream| stream.next().await).await } else { None }
    }

    /// The items of the next customers, in one piece. `None` at the end, also if stdout was closed.
    pub(super) async fn next_step(&mut self) -> Option<FleetStep<T>> {
        let Self { stream, progress, feed, .. } = self;
        if feed.is_open() {
            shown(stream, progress, async |stream| stream.next_step().await).await
        } else {
            None
        }
    }

    /// Writes a row, where the format has rows.
    pub(super) fn row<R: Serialize>(
        &mut self,
        schema: &'static str,
        row: &R,
        columns: &[Column<R>],
    ) -> Result<()> {
        let feed = &mut self.feed;
        self.progress.suspend(|| feed.row(schema, row, columns))
    }

    /// Writes a failure: as a row of documents, else on stderr. One that ended the stream is reported at the end.
    pub(super) fn failure(&mut self, failure: FleetFailure) -> Result<Failed> {
        let failed = Failed::new(&failure);
        if failure.ended {
            self.ended = Some(failure.into());
            return Ok(failed);
        }
        let (feed, session) = (&mut self.feed, self.session);
        self.progress.suspend(|| match session.output.has_documents_per_row() {
            true => feed.row(FAILED_SCHEMA, &failed, &FAILED_COLUMNS),
            false => {
                session.remark(&format!("warning: {} ({})", failed.message, failed.place()));
                Ok(())
            }
        })?;
        Ok(failed)
    }

    /// Writes to stderr without the bar in between.
    pub(super) fn remark(&self, text: &str) {
        self.progress.suspend(|| self.session.remark(text));
    }

    pub(super) fn passed(&self) -> Duration {
        self.progress.passed()
    }

    /// The exit code: by the error that ended the walk, or that a part is missing.
    pub(super) fn code(&self, is_complete: bool) -> u8 {
        match &self.ended {
            Some(error) => cli::exit_code(error),
            None if is_complete && self.stream.notes().unreadable == 0 => exit::DONE,
            None => exit::PARTLY,
        }
    }

    pub(super) fn calls(&self) -> u64 {
        self.client.calls_made()
    }
}

/// Waits for the next part of a stream, and shows the progress meanwhile.
async fn shown<T: Send + 'static, R>(
    stream: &mut FleetStream<T>,
    progress: &mut Progress,
    mut next: impl AsyncFnMut(&mut FleetStream<T>) -> Option<R>,
) -> Option<R> {
    loop {
        progress.show(stream.progress());
        tokio::select! {
            biased;
            part = next(stream) => return part,
            () = progress.tick() => {}
        }
    }
}

/// All homes of the partner with their names, for commands about several homes, and the exit code: failures are warnings and
/// make it partly failed.
pub(crate) async fn homes(session: &Session) -> Result<(Vec<FleetItem<Location>>, u8)> {
    let client = patient(session)?;
    let mut walk = Walk::new(session, &client, client.fleet().concurrency(CONCURRENCY).locations());
    let mut homes = Vec::new();
    let mut failed = 0_u64;
    while let Some(item) = walk.next().await {
        match item {
            Ok(home) => homes.push(home),
            Err(failure) => {
                failed += 1;
                walk.failure(failure)?;
            }
        }
    }
    if let Some(error) = walk.ended.take() {
        return Err(error.into());
    }
    if failed > 0 {
        session.warn(&format!(
            "the locations of {} could not be read and are left out",
            count(failed, "customer")
        ));
    }
    Ok((homes, if failed == 0 { exit::DONE } else { exit::PARTLY }))
}

pub(super) fn fleet(client: &Client) -> plume::Fleet {
    client.fleet().concurrency(CONCURRENCY)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use plume::{
        CallRate, RateLimiter, Settings,
        runtime::{Clock, ManualClock},
    };
    use plume_sim::Simulator;

    use super::*;

    /// The call limit is used to 98 %, in virtual time.
    #[tokio::test]
    async fn a_paced_scan_takes_as_long_as_the_call_limit_wants() {
        let clock = Arc::new(ManualClock::skipping("2026-01-15T10:00:00Z".parse().unwrap()));
        let simulator = Simulator::builder().customers(200).clock(Arc::clone(&clock)).build();
        let client = Client::builder()
            .settings(Settings::from_variables(simulator.environment()).unwrap())
            .transport(simulator.transport())
            .clock(Arc::clone(&clock))
            .rate_limiter(RateLimiter::new(CallRate::default(), Arc::clone(&clock) as _))
            .build()
            .unwrap()
            .with_priority(Priority::Background);
        let began = clock.monotonic();
        let mut stream = fleet(&client).snapshots();
        while let Some(item) = stream.next().await {
            item.unwrap();
        }
        let took = (clock.monotonic() - began).as_secs_f64();
        let rate = CallRate::default();
        let calls = u32::try_from(client.calls_made()).unwrap();
        let least = f64::from(calls - rate.burst) / rate.per_second;
        assert!(
            calls > 1_000 && took >= least * 0.999 && took <= least * 1.02,
            "{calls} calls: {took} s, {least} s"
        );
    }
}

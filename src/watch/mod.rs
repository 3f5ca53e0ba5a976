//! Watches homes: checks each one at an interval and reports when its status changes.
//!
//! One check reads a [snapshot](plume_client::LocationHandle::snapshot), analyzes it with [`plume_health::analyze`] and passes
//! the status to the home's [`HealthTracker`](plume_monitor::tracker::HealthTracker), which decides whether the change has
//! lasted long enough to be an event. [`watch()`] makes the stream.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use plume::{Client, Error};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let client = Client::from_env()?;
//!     let homes = [("5f0000000000000000000001", "5f0000000000000000000002")];
//!     let mut watch = plume::watch(&client, homes).every(Duration::from_secs(300));
//!     while let Some(item) = watch.next().await {
//!         match item {
//!             Ok(transition) => {
//!                 let (name, event) = (&transition.report.location.name, &transition.event);
//!                 println!("{name}: {} -> {} since {}", event.from, event.to, event.since);
//!             }
//!             // The home keeps the status it had, and is checked again at its next turn.
//!             Err(failure) => eprintln!("{failure}"),
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Schedule
//!
//! * The homes are spread over the interval: with 100 homes and 5 minutes, a check starts every 3 seconds.
//! * At most [`Watch::concurrency`] checks run at a time, and never two of one home. A home whose check is still running
//!   loses its turn.
//! * A turn that is late, because the stream was not polled or the machine was suspended, is not made up for: the checks
//!   after it keep their distance, and the interval is longer once.
//! * The calls wait for the call limit with [`Priority::Background`](plume_client::Priority::Background), so that calls for
//!   people go first. A check costs four calls; at the advised 6 calls a second that is 90 checks a minute.
//!
//! All of it happens while the stream is polled. Dropping the stream cancels the calls in flight.
//!
//! # State
//!
//! [`Watch::state`] returns the trackers of all homes, to be stored with serde. [`Watch::resume`] loads them into a new watch,
//! also one with other homes. Without it, the watch of a restarted program reports each lasting problem again.

mod item;
mod schedule;
mod state;
mod stream;

pub use item::{FailureCause, Transition, WatchFailure};
pub use state::{WATCH_STATE_VERSION, WatchState};
pub use stream::{Watch, watch};

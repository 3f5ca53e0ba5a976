//! Recordings of exchanges, their replay, and pseudonyms for identities.
//!
//! * [`Sanitizer`] replaces identities by pseudonyms and drops secrets, in documents, URLs and texts, or in all responses
//!   of a client ([`Sanitizer::transport`]).
//! * [`Recorder`] is a transport that writes each exchange of a client into a directory, sanitized.
//! * [`Replayer`] is a transport that answers from such a directory, without network and credentials.
//!
//! ```
//! use std::sync::Arc;
//!
//! use plume_client::record::{Recorder, Replayer, Sanitizer};
//! use plume_client::{Client, RateLimiter, Settings};
//! use plume_runtime::SystemClock;
//! use plume_sim::{Home, Simulator};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = std::env::temp_dir().join(format!("plume-record-doc-{}", std::process::id()));
//! let cloud = Simulator::builder().build();
//! let settings = Settings::from_variables(cloud.environment())?;
//! let sanitizer = Sanitizer::new()?;
//! let recorder = Recorder::builder(cloud.transport())
//!     .settings(&settings)
//!     .sanitizer(sanitizer.clone())
//!     .create(&directory)?;
//! let client = Client::builder()
//!     .settings(settings)
//!     .transport(Arc::new(recorder.clone()))
//!     .rate_limiter(RateLimiter::unlimited(Arc::new(SystemClock::new())))
//!     .build()?;
//! let home = client.customer(Home::OnePodDown.customer_id()).location(Home::OnePodDown.location_id());
//! let nodes = home.nodes().await?;
//! recorder.check()?;
//!
//! // Somewhere else, later: the ids are those of the recording.
//! let replayer = Replayer::open(&directory)?;
//! let client = replayer.client()?.build()?;
//! let customer = sanitizer.field("customerId", Home::OnePodDown.customer_id());
//! let location = sanitizer.field("locationId", Home::OnePodDown.location_id());
//! let replayed = client.customer(customer.as_str()).location(location.as_str()).nodes().await?;
//! assert_eq!(replayed.len(), nodes.len());
//! assert_eq!(replayed[0].connection_state, nodes[0].connection_state);
//! assert_ne!(replayed[0].id, nodes[0].id);
//! # std::fs::remove_dir_all(&directory)?;
//! # Ok(()) }
//! ```
//!
//! # The directory
//!
//! Each [`Recorder`] writes a session: a directory of its own below the one that was given, so several processes can record
//! into one. It has a `manifest.json` with the version of the format, the time, and the base URLs by service, and one
//! file for each exchange, `0001-location.nodes.json`, in the order in which the exchanges ended. The files are indented
//! JSON with sorted names, for people and for diffs. They appear complete or not at all, but are not synced to the disk.
//!
//! A recorder whose sanitizer is made by [`Sanitizer::of_recording`] gives an identity the same pseudonym in every session of
//! the directory. The key for that is a file of its own, for its owner only, which must be elsewhere: a person with the
//! directory alone can neither reverse a pseudonym nor check a guess. The file `recording.json` in the directory names the
//! recording, and has a mark by which another key is recognized; both are random to others.
//!
//! A session can be edited: a file that is removed is an exchange that was not recorded.

mod error;
mod recorder;
mod replay;
mod sanitize;
mod session;
mod wire;

pub use error::{RecordError, RecordErrorKind};
pub use recorder::{Recorder, RecorderBuilder};
pub use replay::Replayer;
pub use sanitize::Sanitizer;

//! Checks of a set-up, from the settings to one call per capability.
//!
//! A [`Doctor`] returns a [`Diagnosis`]: a list of [`Check`]s, each [passed](Finding::Passed), [failed](Finding::Failed)
//! with its one fix, or [skipped](Finding::Skipped) with the reason. A check behind a failed one is skipped, so one cause
//! gives one failure.
//!
//! ```no_run
//! # async fn run() {
//! use plume_client::doctor::Doctor;
//!
//! let diagnosis = Doctor::from_env().run().await;
//! println!("{diagnosis}");
//! # }
//! ```
//!
//! | name | subject | checks |
//! |---|---|---|
//! | `settings` | | every required setting is set, and every set one is valid |
//! | `setting-names` | | no `PLUME_…` name is unknown |
//! | `partner-id` | | the partner id has the shape of one |
//! | `base-urls` | | the URLs are `https`, or on this machine |
//! | `secret-files` | file | only the owner can read the file (Unix) |
//! | `dns` | host | the name resolves |
//! | `connect` | host | the server accepts connections |
//! | `tls` | host | the certificate is trusted |
//! | `proxy` | host | the proxy connects to the server |
//! | `clock` | | this machine's clock agrees with the server's |
//! | `token` | | the token endpoint issues a token of type `Bearer` |
//! | `scopes` | | the token is for the requested partner and role |
//! | `customers` | | `GET /Customers` |
//! | `partner` | | the customers of the partner |
//! | `locations` | | the locations of a customer |
//! | `nodes`, `devices`, `wifi` | | of a location |
//! | `reports` | | a report of a location |
//! | `lte` | | the LTE service |
//! | `response-shape` | | the responses have the fields of the models |
//! | `call-limit` | | calls are left before the call limit, and the address is not blocked |
//!
//! Names are stable. The checks of hosts are repeated for each host.
//!
//! A doctor only reads. It makes at most [`MAX_CALLS`] requests, token requests and retries included, and each check has a
//! deadline. Dropping the future of [`Doctor::run`] cancels it and leaves nothing running. No output holds a secret.

mod account;
mod capabilities;
mod diagnosis;
mod examination;
mod network;
mod render;
mod responses;
mod watched;

pub use diagnosis::{Check, Diagnosis, Finding, Outcome};
pub use examination::Doctor;
pub use watched::MAX_CALLS;

//! Problems of the source of all data: the cloud, the own address or a credential.
//!
//! A failed check says nothing about a home. If many fail, the monitor itself is cut off: the homes are stale, not in
//! trouble, and one incident of the source replaces theirs.
//!
//! ```
//! use chrono::{DateTime, TimeDelta, Utc};
//! use plume_monitor::home::CheckFailure;
//! use plume_monitor::ids::{HomeId, TenantId};
//! use plume_monitor::source::{SourceCheck, SourceEvent, SourcePolicy, SourceProblem, Sources};
//!
//! let (policy, mut sources) = (SourcePolicy::standard(), Sources::new());
//! let (tenant, start): (_, DateTime<Utc>) = (TenantId::new("isp"), "2026-01-15T10:00:00Z".parse()?);
//! let mut changes = Vec::new();
//! for second in 0..30 {
//!     let home = HomeId::new(format!("home-{second}"));
//!     // The first ten checks succeed, the others do not reach the cloud.
//!     let failure = (second >= 10).then_some(CheckFailure::Transport);
//!     let check = SourceCheck::new(tenant.clone(), home, start + TimeDelta::seconds(second), failure);
//!     changes.extend(sources.observe(&policy, &check));
//! }
//! assert_eq!(changes.len(), 1);
//! assert_eq!((changes[0].event, changes[0].problem), (SourceEvent::Opened, SourceProblem::Unreachable));
//! assert_eq!(sources.affecting(&tenant).unwrap().since, start + TimeDelta::seconds(10));
//! # Ok::<(), chrono::ParseError>(())
//! ```
//!
//! | problem | opens | ends |
//! |---|---|---|
//! | [`Unreachable`](SourceProblem::Unreachable) | half of at least 20 checks within 60 s fail without a response or with a status of 500 or more; with fewer checks, half of at least 3 within 5 minutes | at most a fifth of them fails |
//! | [`Unreadable`](SourceProblem::Unreadable), [`NotFound`](SourceProblem::NotFound) | the same, if most of the failures are responses that cannot be read, or unknown homes | the same |
//! | [`Limited`](SourceProblem::Limited) | half of the checks within 5 minutes are not made for want of calls | at most a fifth of them |
//! | [`Blocked`](SourceProblem::Blocked), [`AddressShared`](SourceProblem::AddressShared) | with the first block | with the second response in a row |
//! | [`CredentialRefused`](SourceProblem::CredentialRefused) | two homes that use the credential are refused in a row, or one home three times | with the second response in a row, or when no home uses it any more |
//!
//! Two homes must be concerned, unless there is only one: one id that the cloud does not know, or a fault of the cloud in
//! one home, is no problem of the source. While the address is blocked, [`Sources::permits`] allows one probe at a time.

mod check;
mod credential;
mod policy;
mod sources;
mod window;

pub use check::{SourceChange, SourceCheck, SourceEvent, SourceIncident, SourceProblem};
pub use policy::{SOURCE_POLICY_VERSION, SourcePolicy};
pub use sources::{SOURCES_VERSION, Sources};

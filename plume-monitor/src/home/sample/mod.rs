//! Samples of a home, and how much they say.

mod context;
mod evidence;
mod outcome;

pub use context::HomeContext;
pub(super) use evidence::{Evidence, evidence, to_carry};
pub use outcome::{CheckFailure, MAX_CAUSES, Sample, SampleOutcome, Verdict};

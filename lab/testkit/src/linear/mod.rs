//! Work that must grow with the input and no faster.
//!
//! Counted are allocated bytes, and the rounds of the loops that look at the elements of other elements: each of them
//! calls [`step`]. A test must not measure time. What this does not see is a loop that allocates nothing and has no
//! [`step`]; so a new loop inside a loop needs one.

mod count;
mod shapes;

pub use count::{SIZES, Series, Work, check, homes_are_linear, series_are_linear, step, work};
pub use shapes::*;

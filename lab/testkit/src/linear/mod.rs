//! Work that must grow with the input and no faster.
//!
//! It counts allocated bytes, and the iterations of nested loops, which call [`step`]. Time is not measured. A loop
//! that neither allocates nor calls [`step`] is not counted, so a new nested loop needs a [`step`].

mod count;
mod shapes;

pub use count::{SIZES, Series, Work, check, homes_are_linear, series_are_linear, step, work};
pub use shapes::*;

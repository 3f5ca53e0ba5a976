//! The form of samples and summaries in a table: blocks, one row for many of them.
//!
//! A row for each sample would cost more for its key than for its values, and twice that in a B-tree whose pages are half
//! full, because each home appends at another place. A block has one key for an hour of samples, a day of hours or a month
//! of days. It begins with the version of its form, and a sample is appended without reading the others.

mod number;
mod points;
mod summaries;

pub(crate) use points::{append, decode as decode_points, hour_of, hour_start};
pub(crate) use summaries::{
    block_of, decode as decode_summaries, encode as encode_summaries, of_points, of_summaries,
};

//! LoopBack's `filter`: condition, order, page and members of a list.
//!
//! `include` has no effect: no served resource has relations.
//!
//! **A filter is applied completely or refused.** LoopBack drops unknown parts of a `where` without an error, also
//! the second of two operators for one member, and returns too many rows. The simulator returns 400, so a client's
//! mistake shows before production. The operators compare as LoopBack over `MongoDB` does; `like` is therefore a
//! regular expression, for which the simulator uses `regex` without its optional parts.

mod condition;
mod page;

pub(crate) use page::Filter;

//! LoopBack's `filter`: which rows of a list are sent, in which order, which part of them, with which members.
//!
//! `include` has no effect: nothing that is served has relations to include.
//!
//! **A filter is obeyed whole or refused.** LoopBack silently drops what it does not understand in a `where`, also
//! the second of two operators for one member, and answers too many rows. The simulator answers 400 there, so that a
//! client finds out before production does. The operators compare as LoopBack over `MongoDB` does; `like` is
//! therefore a regular expression, for which the simulator uses `regex` without its optional parts.

mod condition;
mod page;

pub(crate) use page::Filter;

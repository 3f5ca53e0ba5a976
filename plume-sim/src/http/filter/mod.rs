//! LoopBack's `filter`: which rows of a list are sent, in which order, which part of them, with which members.
//!
//! `include` has no effect: nothing that is served has relations to include.

mod condition;
mod page;

pub(crate) use page::Filter;

//! The operations of the store, one file for each trait.

mod access;
mod checks;
mod decisions;
mod figures;
mod history;
mod homes;
pub(super) mod incidents;
mod outbox;
mod records;
mod upkeep;

//! The operations of a store.

mod access;
mod checks;
mod figures;
mod history;
mod homes;
mod incidents;
mod outbox;
mod records;
mod upkeep;

pub use access::{AuditStore, PassStore};
pub use checks::CheckStore;
pub use figures::FigureStore;
pub use history::{HistoryStore, UptimeStore};
pub use homes::HomeStore;
pub use incidents::IncidentStore;
pub use outbox::{ChannelStore, OutboxStore};
pub use records::RecordStore;
pub use upkeep::{FullDisk, Progress, Retention, Upkeep};

/// A store: the tables of one database, or their equivalent in memory.
///
/// Every operation is one transaction: it has all of its effect or none. Dropping the future of an operation does not
/// undo it. Every operation on data of a tenant names the tenant, and finds nothing of another.
pub trait Store:
    AuditStore
    + ChannelStore
    + CheckStore
    + FigureStore
    + HistoryStore
    + HomeStore
    + IncidentStore
    + OutboxStore
    + PassStore
    + RecordStore
    + Upkeep
    + UptimeStore
{
}

impl<S> Store for S where
    S: AuditStore
        + ChannelStore
        + CheckStore
        + FigureStore
        + HistoryStore
        + HomeStore
        + IncidentStore
        + OutboxStore
        + PassStore
        + RecordStore
        + Upkeep
        + UptimeStore
{
}

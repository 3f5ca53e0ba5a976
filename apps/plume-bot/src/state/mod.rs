//! The state that survives a restart: users and handled updates.

mod ledger;
mod user_store;

pub use ledger::{Ledger, Numbering};
pub use user_store::{UserStore, UserStoreError};

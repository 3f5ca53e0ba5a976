//! The state that survives a restart: users and handled updates.

mod ledger;
mod vault;

pub use ledger::{Ledger, Numbering};
pub use vault::{Vault, VaultError};

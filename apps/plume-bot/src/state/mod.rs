//! What survives a restart: users, and which updates had their effect.

mod ledger;
mod vault;

pub use ledger::{Ledger, Numbering};
pub use vault::{Vault, VaultError};

//! Secrets and tokens between runs, in a sealed store.
//!
//! The store is a directory of the platform's place for state. Its key is the file `store.key` beside it, which is created
//! with the store, or is in the system keyring; then the file holds the word `keyring`. `PLUME_TOKEN_STORE` names another
//! directory, with a key of its own beside it, or is `off`; `PLUME_STORE_KEY` or `PLUME_STORE_KEY_FILE` hold a key of the person.

mod change;
mod context;
mod key;
mod place;
mod recovery;
mod ring;
mod vault;

pub(crate) use key::KeyHome;
pub(crate) use place::Place;
pub(crate) use vault::Vault;

#[cfg(test)]
mod tests;

//! Replacement of identities by pseudonyms.

mod fields;
mod key;
mod pseudonyms;
mod sanitizer;
mod shapes;
mod state;
mod transport;

pub use sanitizer::Sanitizer;

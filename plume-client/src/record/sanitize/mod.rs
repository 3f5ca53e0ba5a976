//! Replacement of identities by pseudonyms.

mod fields;
mod key;
mod pseudonyms;
mod sanitizer;
mod shapes;
mod state;
mod transport;
mod words;

pub use sanitizer::Sanitizer;

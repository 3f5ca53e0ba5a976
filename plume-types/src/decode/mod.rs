//! Tolerant decoding: an unreadable field costs that field, an unreadable element costs that element.
//!
//! The API's responses change without notice: fields appear and disappear, numbers are sent as text, lists bare or
//! wrapped. The functions of this module read a body in one pass and note everything unexpected in a
//! [`Drift`](crate::Drift). Malformed JSON and a body that is not the requested thing are errors. An unexpected body
//! never becomes an empty list.
//!
//! A body with single values that JSON does not allow is read in a second pass: half a surrogate pair or a raw
//! control character in a text becomes U+FFFD, and a number that no double holds costs its field. Free-form values
//! are read to a depth of 64; a value nested deeper is replaced by `{"$unreadable": true}`. Work and memory are
//! linear in the length of the body.
//!
//! Every model also implements serde's traits, with the same tolerance and without drift, so that types of your own
//! can contain it.
//!
//! ```
//! use plume_types::{Node, decode};
//!
//! let bare = br#"[{"id":"TST1"}]"#;
//! let wrapped_twice = br#"{"nodes":{"nodes":[{"id":"TST1"}]}}"#;
//! let one = decode::list::<Node>(bare, &["nodes"])?;
//! let two = decode::list::<Node>(wrapped_twice, &["nodes"])?;
//! assert_eq!(one.value, two.value);
//!
//! // A body that is not a list of nodes is an error, not "no nodes".
//! assert!(decode::list::<Node>(br#"{"data":[]}"#, &["nodes"]).is_err());
//! # Ok::<(), plume_types::DecodeError>(())
//! ```
//!
//! **An unreadable value costs its field.** Half a surrogate pair, a raw control character or `1e999` makes a JSON
//! parser reject the whole body. A rejected body is repaired as text and read once more, so that a valid body costs
//! nothing extra. Free-form JSON is kept to a depth of 64; the parser would reject the body at 128.

mod body;
mod context;
mod error;
mod list;
mod object;
mod reader;
mod scalar;
mod value;

pub use body::{Decoded, body, custom, list, without_byte_order_mark, wrapped};
pub use context::Decode;
pub use error::{DecodeError, DecodeErrorKind};

pub(crate) use context::{Context, deserialize};
pub(crate) use object::{Entries, Model, decode_map, decode_model};
pub(crate) use reader::{FromScalar, Reader, Reading, decode_scalar};
pub(crate) use scalar::{EXACT_BELOW, FAIR, GOOD, POOR, Scalar, is_whole, is_word};

//! Tolerant decoding: one bad field costs that field, one bad element costs that element.
//!
//! The API's answers change without notice: fields come and go, numbers come as text, lists come bare or
//! wrapped. [`Decode`] reads them in one pass and notes what it did not expect in a [`Drift`](crate::Drift). What makes a
//! whole answer useless is still an error: broken JSON, or a body that is not the thing that was asked for.
//! An unexpected body never becomes an empty list.
//!
//! A body that is JSON but for single values is read in a second pass: half a surrogate pair or a raw control
//! character in a text becomes U+FFFD, and a number that no double holds costs its field. Free-form values are
//! read to a depth of 64; what is nested deeper is replaced by `{"$unreadable": true}`. Work and memory are
//! linear in the length of the body.
//!
//! Every model also implements serde's traits, with the same tolerance and without the notes, so that it can
//! stand inside types of your own.
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
//! // Not a list of nodes: an error, not "no nodes".
//! assert!(decode::list::<Node>(br#"{"data":[]}"#, &["nodes"]).is_err());
//! # Ok::<(), plume_types::DecodeError>(())
//! ```
//!
//! **One bad value costs its field.** Half a surrogate pair, a raw control character or `1e999` makes a JSON parser
//! refuse the whole body. A body that was refused is repaired as text and read once more, so that the usual body pays
//! nothing. Free-form JSON is kept to a depth of 64; the parser would refuse the body at 128.

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

//! Transport and clock: the two traits through which the Plume SDK does I/O.
//!
//! * [`Transport`] sends one request and returns one complete response, within [`Limits`].
//!   [`HttpTransport`] does it over HTTP (feature `http-transport`), [`InProcess`] calls a function.
//! * [`Clock`] returns the time and waits. [`SystemClock`] is the real one, [`ManualClock`] advances only when a test
//!   advances it.
//!
//! The crate has no knowledge of Plume, tokens or JSON. Its public signatures use types of `http`, `bytes` and [`chrono`] only,
//! so that the HTTP library underneath can change without a breaking release. A point in time is a
//! [`DateTime<Utc>`](chrono::DateTime); [`time`] adds and subtracts without a panic.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `http-transport` | yes | [`HttpTransport`] |
//! | `rustls` | yes | TLS by rustls with the operating system's certificates (needs a C compiler to build) |
//! | `native-tls` | no | TLS by the operating system's library; `TlsBackend` chooses if both are enabled |
//! | `gzip` | no | compressed responses; limits count decompressed bytes |
//! | `testing` | no | `testing`: the contract suite for transports |
//!
//! # Runtimes
//!
//! [`HttpTransport`] needs a tokio runtime with I/O and timers where its futures are polled. Elsewhere a request fails with
//! [`TransportErrorKind::Runtime`], and requests on other runtimes are not affected. Tokio reports missing I/O or timers
//! only by a panic, which is caught once for each runtime. A program that is built with `panic = "abort"` cannot catch it:
//! there a request on a tokio runtime without I/O or timers aborts the program, with tokio's message. Outside of tokio the
//! request fails with the error in such a program too.
//!
//! # Example
//!
//! ```
//! use bytes::Bytes;
//! use plume_runtime::{InProcess, Limits, Transport};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let echo = InProcess::new(|request: http::Request<Bytes>| async move {
//!     Ok(http::Response::new(request.into_body()))
//! });
//! let request = http::Request::get("https://api.example.net/").body(Bytes::from("hello"))?;
//! let answer = echo.send(request, &Limits::default()).await?;
//! assert_eq!(answer.body(), "hello");
//! # Ok(()) }
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod address;
mod clock;
mod error;
#[cfg(feature = "http-transport")]
mod http_transport;
mod in_process;
mod retry_after;
mod spawn;
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;
pub mod time;
mod transport;

pub use chrono;

pub use address::{Resolver, is_public_address};
pub use clock::{Clock, ManualClock, SystemClock};
pub use error::{ConnectStep, TransportError, TransportErrorKind};
#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "rustls", feature = "native-tls"))))]
pub use http_transport::TlsBackend;
#[cfg(feature = "http-transport")]
#[cfg_attr(docsrs, doc(cfg(feature = "http-transport")))]
pub use http_transport::{HttpTransport, HttpTransportBuilder, Proxy};
pub use in_process::InProcess;
pub use retry_after::{retry_after, server_time};
pub use spawn::{RuntimeId, current_runtime, try_spawn};
pub use transport::{Limits, Transport, compression, is_loopback_host};

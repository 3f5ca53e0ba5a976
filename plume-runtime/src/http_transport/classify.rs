//! Classification of the errors of the HTTP library.

use std::{error::Error, io};

use crate::error::{ConnectStep, TransportError, TransportErrorKind};
use crate::http_transport::names::AddressRefused;

pub(super) fn classify(error: reqwest::Error) -> TransportError {
    use TransportErrorKind::{Connect, Interrupted, Proxy, Refused, Timeout, Tls, Unprocessed};

    let error = error.without_url();
    let chain = chain_text(&error);
    let mut step = None;
    let (kind, message) = if causes(&error).any(<dyn Error>::is::<AddressRefused>) {
        (Refused, AddressRefused.to_string())
    } else if error.is_builder() {
        (Refused, "the request could not be built".to_owned())
    } else if error.is_connect() {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, InvalidData, UnexpectedEof};

        // The TLS libraries have no error type that could be recognised without a dependency, only kinds and words.
        let kind = io_kind(&error);
        let cut = matches!(kind, Some(UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe));
        let tls_words = ["certificate", "handshake", "tls", "ssl routines"];
        // The library connects to the proxy on behalf of its tunnel.
        let (dialled, resolve, connect) = match chain.contains("failed to create underlying connection") {
            true => ("the proxy", ConnectStep::ResolveProxy, ConnectStep::ConnectProxy),
            false => ("the server", ConnectStep::ResolveServer, ConnectStep::ConnectServer),
        };
        if chain.contains("proxy authorization required") {
            (Proxy, "the proxy refused the credentials of its setting, or requires some (407)".to_owned())
        } else if !cut && (kind == Some(InvalidData) || tls_words.iter().any(|word| chain.contains(word))) {
            // A handshake that was cut off shows nothing about certificates: the next one may succeed.
            (Tls, format!("no trusted TLS connection: {}", innermost(&error)))
        } else if error.is_timeout() {
            (Connect, "the server could not be reached in time".to_owned())
        } else if chain.contains("dns") {
            step = Some(resolve);
            (Connect, format!("the name of {dialled} could not be resolved: {}", innermost(&error)))
        } else if chain.contains("tunnel error: unsuccessful") {
            step = Some(ConnectStep::Tunnel);
            (Connect, "the proxy did not connect to the server".to_owned())
        } else {
            step = Some(connect);
            (Connect, format!("{dialled} could not be reached: {}", innermost(&error)))
        }
    } else if let Some(reason) = causes(&error).find_map(refusal_of_protocol).filter(|_| error.is_request()) {
        (Unprocessed, format!("the server did not process the request: {reason}"))
    } else if error.is_timeout() {
        (Timeout, "no response in time".to_owned())
    } else {
        (Interrupted, format!("the connection broke before the response was complete: {}", innermost(&error)))
    };
    let failure = TransportError::new(kind, message).with_source(error);
    match step {
        Some(step) => failure.with_step(step),
        None => failure,
    }
}

/// Returns the reason by which HTTP/2 guarantees that the request was not processed: `REFUSED_STREAM`, or `GOAWAY` with an
/// earlier last stream (RFC 9113 §8.7). The library gives the error of a `GOAWAY` only to those streams; the others break
/// with the connection.
fn refusal_of_protocol(error: &(dyn Error + 'static)) -> Option<h2::Reason> {
    let error = error.downcast_ref::<h2::Error>().filter(|error| error.is_remote())?;
    let reason = error.reason()?;
    let refused = error.is_go_away() || error.is_reset() && reason == h2::Reason::REFUSED_STREAM;
    refused.then_some(reason)
}

/// Iterates over the error and its causes.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'e (dyn Error + 'static)| (*error).source())
}

fn chain_text(error: &(dyn Error + 'static)) -> String {
    let texts: Vec<String> = causes(error).map(|cause| cause.to_string().to_ascii_lowercase()).collect();
    texts.join(" ")
}

/// Returns the kind of the innermost I/O error.
fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let mut kind = None;
    let mut next = Some(error);
    while let Some(cause) = next {
        next = match cause.downcast_ref::<io::Error>() {
            // The `source` of an I/O error is not the wrapped error, but that error's source.
            Some(error) => {
                kind = Some(error.kind());
                error.get_ref().map(|wrapped| wrapped as &(dyn Error + 'static))
            }
            None => cause.source(),
        };
    }
    kind
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

//! The stand-in over HTTP, for other programs.

use std::{io, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use crate::stand_in::bot_api::StandIn;

/// Maximum size of a body: a file of 50 MB and the form around it.
const MOST_BYTES: usize = 51 << 20;
/// Maximum time for the head of a request.
const HEAD: Duration = Duration::from_secs(30);
/// Maximum time for the body.
const BODY: Duration = Duration::from_secs(30);
/// The pause after a connection that could not be accepted.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

impl StandIn {
    /// Serves the Bot API over HTTP/1.1 on a loopback address, as long as the future is polled. `ready` gets the address,
    /// which matters for port 0.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if the address cannot be bound or is not a loopback one, on which other machines could read all
    /// messages.
    pub async fn serve(&self, address: SocketAddr, ready: impl FnOnce(SocketAddr)) -> io::Result<()> {
        if !address.ip().is_loopback() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the address is not a loopback address"));
        }
        let listener = TcpListener::bind(address).await?;
        ready(listener.local_addr()?);
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                // There may be no free descriptor until another connection has ended.
                self.shared.clock.sleep(ACCEPT_AGAIN).await;
                continue;
            };
            let this = self.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let this = this.clone();
                    async move { this.over_http(request).await }
                });
                // An error means that the client disconnected.
                let _ = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEAD)
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    }

    async fn over_http(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, io::Error> {
        let (head, body) = request.into_parts();
        let read = tokio::select! {
            read = Limited::new(body, MOST_BYTES).collect() => Some(read),
            () = self.shared.clock.limit(BODY) => None,
        };
        let body = match read {
            Some(Ok(body)) => body.to_bytes(),
            failed => {
                let status = match failed {
                    Some(Err(error)) if error.is::<LengthLimitError>() => StatusCode::PAYLOAD_TOO_LARGE,
                    Some(_) => StatusCode::BAD_REQUEST,
                    None => StatusCode::REQUEST_TIMEOUT,
                };
                let mut response = Response::new(Full::default());
                *response.status_mut() = status;
                return Ok(response);
            }
        };
        let answer = self.answer(Request::from_parts(head, body)).await.map_err(io::Error::other)?;
        let mut response = answer.map(Full::new);
        let json = http::HeaderValue::from_static("application/json");
        response.headers_mut().insert(http::header::CONTENT_TYPE, json);
        Ok(response)
    }
}

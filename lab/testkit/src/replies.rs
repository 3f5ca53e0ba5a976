//! Fixed responses of a transport, and a token source that counts its requests.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::Response;
use plume_auth::{AuthError, IssuedToken, TokenSource};
use plume_runtime::{TransportError, TransportErrorKind};

pub type Reply = Result<Response<Bytes>, TransportError>;

pub fn reply(status: u16, body: impl AsRef<[u8]>) -> Reply {
    Ok(Response::builder().status(status).body(Bytes::copy_from_slice(body.as_ref())).unwrap())
}

/// Adds a header to the response.
pub fn with_header(reply: Reply, name: &'static str, value: &str) -> Reply {
    let mut reply = reply.unwrap();
    reply.headers_mut().append(name, value.parse().unwrap());
    Ok(reply)
}

pub fn broken(kind: TransportErrorKind) -> Reply {
    Err(TransportError::new(kind, "planted failure"))
}

/// Issues `PREFIX-1`, `PREFIX-2`, ….
#[derive(Debug)]
pub struct Counting {
    prefix: &'static str,
    life: Duration,
    issued: AtomicUsize,
}

impl Counting {
    pub fn new(prefix: &'static str, life: Duration) -> Self {
        Self { prefix, life, issued: AtomicUsize::new(0) }
    }

    /// Returns the number of issued tokens.
    pub fn issued(&self) -> usize {
        self.issued.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl TokenSource for Counting {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        let number = self.issued.fetch_add(1, Ordering::SeqCst) + 1;
        Ok(IssuedToken::new(format!("{}-{number}", self.prefix), self.life).unwrap())
    }
}

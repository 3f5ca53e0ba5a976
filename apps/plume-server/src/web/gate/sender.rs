//! The address of the browser of a request.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{extract::ConnectInfo, http::request::Parts};

use crate::access::Proxies;

/// The address of the browser, for the limit of sign-ins and the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) struct Sender(pub(in crate::web) IpAddr);

impl Sender {
    pub(in crate::web) fn of(parts: &Parts, proxies: &Proxies) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |ConnectInfo(peer)| peer.ip());
        let headers = parts.headers.get_all("x-forwarded-for").into_iter();
        Self(proxies.sender(peer, headers.filter_map(|value| value.to_str().ok())))
    }
}

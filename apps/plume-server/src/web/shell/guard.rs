//! Allowed hosts and origins, and the headers of every response.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The values of `Host` that are answered. Another name that resolves to this address belongs to a foreign page.
#[derive(Debug, Clone)]
pub struct Hosts {
    names: Arc<[String]>,
    /// The origin that browsers see behind a proxy.
    public: Option<Arc<str>>,
}

impl Hosts {
    /// Returns the names of a listener: its address, and `localhost` for a loopback one.
    #[must_use]
    pub fn of(address: SocketAddr) -> Self {
        let port = address.port();
        let mut names = vec![address.to_string()];
        if address.ip().is_loopback() || address.ip().is_unspecified() {
            names.extend([format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}")]);
        }
        if port == 80 {
            names.extend(names.clone().iter().filter_map(|name| Some(name.strip_suffix(":80")?.to_owned())));
        }
        Self { names: names.into(), public: None }
    }

    /// Adds the origin that browsers see behind a proxy, for example `https://monitor.example.net`.
    #[must_use]
    pub fn with_public(self, origin: Option<&str>) -> Self {
        let Some(origin) = origin else { return self };
        let mut hosts = Self { names: Arc::clone(&self.names), public: Some(origin.into()) };
        let host = hosts.public_host().unwrap_or_default().to_owned();
        hosts.names = self.names.iter().cloned().chain([host]).collect();
        hosts
    }

    fn public_host(&self) -> Option<&str> {
        let origin = self.public.as_deref()?;
        Some(origin.split_once("://").map_or(origin, |(_, host)| host))
    }

    fn is_secure(&self) -> bool {
        self.public.as_deref().is_some_and(|origin| origin.starts_with("https://"))
    }

    /// Returns whether an origin is that of a page of this server, which was reached as `host`.
    fn is_own(&self, origin: &str, host: &str) -> bool {
        let is_public = self.public.as_deref().is_some_and(|public| public.eq_ignore_ascii_case(origin));
        let is_public_host = self.public_host().is_some_and(|public| public.eq_ignore_ascii_case(host));
        // A page of the public host that came without https may be from another machine on the way.
        let is_of_host = origin.split_once("://").is_some_and(|(_, place)| place.eq_ignore_ascii_case(host));
        is_public || is_of_host && !is_public_host
    }

    fn allow(&self, host: &str) -> bool {
        self.names.iter().any(|name| name.eq_ignore_ascii_case(host))
    }
}

/// Refuses foreign hosts, and changes from foreign pages. Adds the headers.
pub(in crate::web) async fn guard(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let is_secure = hosts.is_secure();
    let mut response = match refusal(&hosts, request.method(), request.headers()) {
        Some((status, text)) => (status, text).into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_secure {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn refusal(hosts: &Hosts, method: &Method, headers: &HeaderMap) -> Option<(StatusCode, &'static str)> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    if !hosts.allow(host) {
        return Some((
            StatusCode::MISDIRECTED_REQUEST,
            "This host name is not allowed. Use the address that the server printed at its start.\n",
        ));
    }
    if method.is_safe() {
        return None;
    }
    let is_foreign = match text(header::ORIGIN) {
        Some(origin) => !hosts.is_own(origin, host),
        None => {
            text("sec-fetch-site".parse().unwrap_or(header::ORIGIN)).is_some_and(|site| site != "same-origin")
        }
    };
    is_foreign.then_some((StatusCode::FORBIDDEN, "This change came from another page, and was refused.\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &Method, headers: &[(&'static str, &str)]) -> Option<StatusCode> {
        let hosts = Hosts::of(SocketAddr::from(([127, 0, 0, 1], 8080)));
        let headers = headers.iter().map(|(name, value)| {
            (header::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        });
        refusal(&hosts, method, &headers.collect()).map(|(status, _)| status)
    }

    #[test]
    fn only_names_of_the_listener_are_answered() {
        for good in ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"] {
            assert_eq!(asked(&Method::GET, &[("host", good)]), None, "{good}");
        }
        for foreign in
            ["", "127.0.0.1", "localhost:81", "rebound.example.net:8080", "127.0.0.1:8080.example.net"]
        {
            let refused = asked(&Method::GET, &[("host", foreign)]);
            assert_eq!(refused, Some(StatusCode::MISDIRECTED_REQUEST), "{foreign}");
        }
        assert_eq!(asked(&Method::GET, &[]), Some(StatusCode::MISDIRECTED_REQUEST));
    }

    #[test]
    fn a_change_comes_from_a_page_of_this_server() {
        let host = ("host", "localhost:8080");
        for (origin, refused) in [
            (Some(("origin", "http://localhost:8080")), None),
            (Some(("sec-fetch-site", "same-origin")), None),
            (None, None),
            (Some(("origin", "http://127.0.0.1:8080")), Some(StatusCode::FORBIDDEN)),
            (Some(("origin", "https://example.net")), Some(StatusCode::FORBIDDEN)),
            (Some(("origin", "null")), Some(StatusCode::FORBIDDEN)),
            (Some(("sec-fetch-site", "cross-site")), Some(StatusCode::FORBIDDEN)),
        ] {
            let headers: Vec<_> = [Some(host), origin].into_iter().flatten().collect();
            assert_eq!(asked(&Method::POST, &headers), refused, "{origin:?}");
        }
        let behind = Hosts::of(SocketAddr::from(([127, 0, 0, 1], 8080)))
            .with_public(Some("https://monitor.example.net"));
        for (name, origin, is_own) in [
            ("monitor.example.net", "https://monitor.example.net", true),
            ("localhost:8080", "https://monitor.example.net", true),
            ("monitor.example.net", "https://example.net", false),
            ("monitor.example.net", "http://monitor.example.net", false),
            ("localhost:8080", "http://localhost:8080", true),
            ("monitor.example.net:8080", "https://monitor.example.net:8080", false),
        ] {
            assert_eq!(behind.allow(name) && behind.is_own(origin, name), is_own, "{name} {origin}");
        }
        let foreign = [host, ("origin", "https://example.net")];
        assert_eq!(asked(&Method::GET, &foreign), None, "a link of another page");
    }
}

//! Parsed origins of requests.

use std::sync::{PoisonError, RwLock};

use http::{Uri, uri::Scheme};
use reqwest::Url;

/// Maximum number of origins, more than a client has: its services and its token endpoint.
const MOST: usize = 8;

/// A cache of parsed origins. The library's parser reads scheme, host and port once, which is the expensive part; path and
/// query are parsed for each request.
#[derive(Debug, Default)]
pub(super) struct Origins {
    known: RwLock<Vec<Origin>>,
}

#[derive(Debug)]
struct Origin {
    scheme: Scheme,
    /// As written: names that differ in case only are two entries.
    authority: String,
    url: Url,
}

impl Origins {
    /// Returns the same URL as parsing `uri` as a whole. `None` if it is not a URL.
    pub(super) fn url(&self, uri: &Uri) -> Option<Url> {
        let (scheme, authority) = (uri.scheme()?, uri.authority()?.as_str());
        let known = self
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .find(|origin| origin.authority == authority && origin.scheme == *scheme)
            .map(|origin| origin.url.clone());
        let mut url = match known {
            Some(url) => url,
            None => self.learn(scheme, authority)?,
        };
        url.set_path(uri.path());
        url.set_query(uri.query());
        Some(url)
    }

    fn learn(&self, scheme: &Scheme, authority: &str) -> Option<Url> {
        let url = Url::parse(&format!("{scheme}://{authority}/")).ok()?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.remove(0);
        }
        known.push(Origin { scheme: scheme.clone(), authority: authority.to_owned(), url: url.clone() });
        Some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_origin_gives_the_same_url_as_full_parsing() {
        let origins = Origins::default();
        for origin in [
            "https://cloud.example.net",
            "https://CLOUD.example.net",
            "http://127.0.0.1:8080",
            "http://0x7f.1:80",
            "https://[::1]:443",
            "https://User@cloud.example.net",
            "https://user@cloud.example.net",
            "http://cloud.example.net",
        ] {
            for path in [
                "",
                "/",
                "/a/b",
                "/a//b/",
                "//a",
                "/./a/../b",
                "/%2e%2e/a",
                "/a/%2E./b",
                "/a%2Fb",
                "/a;b=c|d",
                "/a'b\"c",
                "/a{b}",
                "/a\\b",
                "/a:b@c",
                "/?",
                "/a?b=c&d=%20",
                "/a?b=/../c?d",
                "/a?b='c'",
                "?a=b",
            ] {
                let text = format!("{origin}{path}");
                let Ok(uri) = text.parse::<Uri>() else { continue };
                let whole = Url::parse(&uri.to_string()).unwrap();
                // Unknown, then known.
                assert_eq!(origins.url(&uri).unwrap(), whole, "{text}");
                assert_eq!(origins.url(&uri).unwrap(), whole, "{text}");
            }
        }
        let no_host: Uri = "http://999.1.1.1.1/".parse().unwrap();
        assert!(origins.url(&no_host).is_none() && Url::parse(&no_host.to_string()).is_err());
    }

    #[test]
    fn no_more_origins_are_kept_than_a_client_has() {
        let origins = Origins::default();
        for number in 0..100 {
            let uri: Uri = format!("https://host{number}.example.net/a").parse().unwrap();
            assert_eq!(origins.url(&uri).unwrap().as_str(), uri.to_string());
        }
        assert_eq!(origins.known.read().unwrap().len(), MOST);
    }
}

//! The document of a provider (`OpenID` Connect Discovery).

use plume::{auth::SecureUrl, runtime::is_loopback_host};
use serde::Deserialize;

/// The parts of the document that sign-in uses.
#[derive(Debug, Clone, Deserialize)]
pub struct Metadata {
    /// The issuer, as tokens name it.
    pub issuer: String,
    /// The page for sign-in.
    pub authorization_endpoint: String,
    /// Exchanges a code for tokens.
    pub token_endpoint: String,
    /// The keys.
    pub jwks_uri: String,
    /// Further claims of a person.
    pub userinfo_endpoint: Option<String>,
    /// The page for sign-out.
    pub end_session_endpoint: Option<String>,
    /// The ways to show the secret of this server.
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// Whether responses name their issuer (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Reads the document of an issuer.
    ///
    /// # Errors
    ///
    /// The reason in words, if it is no such document, that of another issuer, or has an address without `https`.
    pub fn parse(text: &[u8], issuer: &SecureUrl) -> Result<Self, String> {
        let read: Self =
            serde_json::from_slice(text).map_err(|_| "it is no document of a provider".to_owned())?;
        if read.issuer.trim_end_matches('/') != issuer.as_str().trim_end_matches('/') {
            let found = plume_text::shorten(&plume_text::on_screen(&read.issuer), 100);
            return Err(format!("it is that of another issuer: {found}"));
        }
        let endpoints = [
            ("authorization_endpoint", Some(&read.authorization_endpoint)),
            ("token_endpoint", Some(&read.token_endpoint)),
            ("jwks_uri", Some(&read.jwks_uri)),
            ("userinfo_endpoint", read.userinfo_endpoint.as_ref()),
            ("end_session_endpoint", read.end_session_endpoint.as_ref()),
        ];
        for (name, url) in endpoints {
            if url.is_some_and(|url| !is_safe(url)) {
                return Err(format!("its {name} is not https"));
            }
        }
        Ok(read)
    }

    /// Returns whether the secret is a field of the form, and not in the header.
    #[must_use]
    pub fn takes_secret_in_form(&self) -> bool {
        let methods = &self.token_endpoint_auth_methods_supported;
        let has = |wanted: &str| methods.iter().any(|method| method == wanted);
        has("client_secret_post") && !has("client_secret_basic")
    }
}

/// Returns whether a URL is `https`, or on this machine.
fn is_safe(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(host)) => !host.is_empty(),
        (Some("http"), Some(host)) => is_loopback_host(host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_document_of_the_issuer_with_safe_addresses_is_read() {
        let issuer = SecureUrl::parse("https://id.example.net").unwrap();
        let parse = |change: serde_json::Value| {
            let mut document = json!({
                "issuer": "https://id.example.net",
                "authorization_endpoint": "https://id.example.net/auth",
                "token_endpoint": "https://id.example.net/token",
                "jwks_uri": "https://id.example.net/jwks",
            });
            for (name, value) in change.as_object().unwrap() {
                document[name] = value.clone();
            }
            Metadata::parse(document.to_string().as_bytes(), &issuer).map(|read| read.issuer)
        };
        assert!(parse(json!({})).is_ok());
        assert!(
            parse(json!({"issuer": "https://id.example.net/", "jwks_uri": "http://127.0.0.1:1/k"})).is_ok()
        );
        for (change, reason) in [
            (json!({"issuer": "https://evil.example.net"}), "another issuer"),
            (json!({"token_endpoint": "http://id.example.net/token"}), "token_endpoint is not https"),
            (json!({"jwks_uri": "file:///etc/passwd"}), "jwks_uri"),
            (json!({"end_session_endpoint": "javascript:alert(1)"}), "end_session_endpoint"),
            (json!({"authorization_endpoint": null}), "no document"),
        ] {
            let refused = parse(change).unwrap_err();
            assert!(refused.contains(reason), "{refused}");
        }
        assert!(Metadata::parse(b"<html>", &issuer).is_err());
    }
}

//! URLs that credentials may be sent to.

use std::{fmt, str::FromStr};

use plume_runtime::is_loopback_host;
use serde::{Deserialize, Serialize};
use url::Url;

/// A URL that credentials may be sent to: `https`, or `http` to this machine, without user name, query and
/// fragment.
///
/// ```
/// use plume_auth::SecureUrl;
///
/// let url: SecureUrl = "https://api.example.net/api/".parse()?;
/// assert_eq!(url.to_string(), "https://api.example.net/api/");
/// assert!(SecureUrl::parse("http://127.0.0.1:8080/api").is_ok());
/// assert!(SecureUrl::parse("http://api.example.net/api").is_err());
/// # Ok::<(), plume_auth::InvalidUrl>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecureUrl(Url);

impl SecureUrl {
    /// Parses and checks a URL.
    ///
    /// # Errors
    ///
    /// [`InvalidUrl`] names the reason. It does not repeat the URL, because people paste secrets into URLs.
    pub fn parse(text: &str) -> Result<Self, InvalidUrl> {
        let text = plume_text::trim(text);
        if text.is_empty() {
            return Err(InvalidUrl("is empty"));
        }
        // The parser would drop line breaks and some invisible characters, and encode the others.
        if text.chars().any(|character| character.is_whitespace() || plume_text::is_hidden(character)) {
            return Err(InvalidUrl(
                "contains a space, a line break or an invisible character; type it again",
            ));
        }
        let url = Url::parse(text).map_err(|_| InvalidUrl("is not a URL; expected https://host/path"))?;
        match url.scheme() {
            "https" => {}
            "http" if url.host_str().is_some_and(is_loopback_host) => {}
            "http" => {
                return Err(InvalidUrl("must start with https:// (plain http is for this machine only)"));
            }
            _ => return Err(InvalidUrl("must start with https://")),
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(InvalidUrl("names no host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidUrl("must not contain a user name or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidUrl("must end before any `?` or `#`"));
        }
        Ok(Self(url))
    }

    /// Returns the URL without a slash at its end, so that a path can be appended.
    #[must_use]
    pub fn as_base(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Returns whether the URL ends after the host and port.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.0.path().trim_end_matches('/').is_empty()
    }

    /// Returns the whole URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the host, for messages.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl FromStr for SecureUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        Self::parse(text)
    }
}

impl TryFrom<&str> for SecureUrl {
    type Error = InvalidUrl;

    fn try_from(text: &str) -> Result<Self, InvalidUrl> {
        Self::parse(text)
    }
}

impl TryFrom<String> for SecureUrl {
    type Error = InvalidUrl;

    fn try_from(text: String) -> Result<Self, InvalidUrl> {
        Self::parse(&text)
    }
}

impl From<SecureUrl> for String {
    fn from(url: SecureUrl) -> Self {
        url.0.into()
    }
}

impl AsRef<str> for SecureUrl {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for SecureUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl fmt::Debug for SecureUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecureUrl({})", self.0)
    }
}

/// The reason why a text is not a [`SecureUrl`]. The text continues the name of a setting: "`PLUME_SSO_URL` must start
/// with https://". It does not repeat the URL.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidUrl(&'static str);

impl fmt::Debug for InvalidUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the URL {self}")
    }
}

impl fmt::Display for InvalidUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for InvalidUrl {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_urls_pass() {
        for good in [
            "https://external.sso.plume.com/oauth2/ausEXAMPLE/v1/token",
            " https://api.example.net/api/ ",
            "http://localhost:80/x",
            "http://[::1]:8080/",
            "HTTPS://API.EXAMPLE.NET",
            "\u{feff}https://api.example.net/\r\n",
        ] {
            assert!(SecureUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "  ",
            "api.example.net",
            "/api",
            "ftp://api.example.net/",
            "file:///etc/passwd",
            "http://api.example.net/",
            "http://10.0.0.1/",
            "http://localhost.example.net/",
            "https://user@api.example.net/",
            "https://user:canary@api.example.net/",
            "https://api.example.net/?token=canary",
            "https://api.example.net/#canary",
            "https://",
            "https://api.exam\nple.net/canary",
            "https://api.example\u{200b}.net/",
            "https://api.example.net/a pi",
            "https://api.example.net/\u{202e}api",
        ] {
            let error = SecureUrl::parse(bad).unwrap_err();
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_url_is_read_and_written_as_text() {
        let url: SecureUrl = serde_json::from_str(r#""https://a.example/api""#).unwrap();
        assert_eq!(url, "https://a.example/api".parse().unwrap());
        assert_eq!(serde_json::to_string(&url).unwrap(), r#""https://a.example/api""#);
        let error = serde_json::from_str::<SecureUrl>(r#""http://a.example/canary""#).unwrap_err();
        assert!(error.to_string().contains("https") && !error.to_string().contains("canary"), "{error}");
        let error = SecureUrl::try_from("ftp://a.example").unwrap_err();
        assert_eq!(format!("{error:?}"), "the URL must start with https://");
    }

    #[test]
    fn a_base_has_no_slash_at_its_end() {
        assert_eq!(SecureUrl::parse("https://a.example/api//").unwrap().as_base(), "https://a.example/api");
        assert_eq!(SecureUrl::parse("https://a.example").unwrap().as_base(), "https://a.example");
    }
}

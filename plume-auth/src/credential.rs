//! What the client proves itself with, and what it asks for.

use std::fmt;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

use crate::provider::StaticToken;
use crate::redact::Redactor;
use crate::token::Fingerprint;

/// The client's id and secret, ready as the value of an `Authorization: Basic` header (RFC 6749 §2.3.1).
#[derive(Clone)]
pub struct Credential {
    header: SecretString,
    /// Neither id nor secret holds a control character: a line break at the end of a pasted secret, mostly.
    clean: bool,
}

impl Credential {
    /// From an id and a secret. Each is form-encoded before they are joined, as RFC 6749 §2.3.1 asks. A blank becomes
    /// `%20`, not `+`: every form decoder reads it, and some servers decode percent encoding only.
    ///
    /// ```
    /// # use plume_auth::Credential;
    /// let credential = Credential::from_client("0oaEXAMPLE", "not-a-real-secret");
    /// assert_eq!(format!("{credential:?}"), "Credential([redacted])");
    /// ```
    #[must_use]
    pub fn from_client(id: &str, secret: &str) -> Self {
        let encode = |text: &str| {
            url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
        };
        Self::joined(id, secret, encode)
    }

    /// From an id and a secret, joined as they are (RFC 7617). For servers that do not decode the form encoding of
    /// [`Credential::from_client`]; it makes no difference for letters, digits, `-`, `_` and `.`.
    #[must_use]
    pub fn from_client_raw(id: &str, secret: &str) -> Self {
        Self::joined(id, secret, str::to_owned)
    }

    fn joined(id: &str, secret: &str, encode: impl Fn(&str) -> String) -> Self {
        let (id_text, secret_text) = (SecretString::from(encode(id)), SecretString::from(encode(secret)));
        let pair = SecretString::from(format!("{}:{}", id_text.expose_secret(), secret_text.expose_secret()));
        let mut credential = Self::from_base64(&STANDARD.encode(pair.expose_secret()));
        credential.clean = !id.chars().chain(secret.chars()).any(char::is_control);
        credential
    }

    fn from_base64(encoded: &str) -> Self {
        Self { header: SecretString::from(format!("Basic {encoded}")), clean: true }
    }

    /// Whether it decodes to an id and a secret. A ready header is passed on unseen; a file may be half written.
    pub(crate) fn is_whole(&self) -> bool {
        let encoded = self.header.expose_secret().trim_start_matches("Basic ").trim_end_matches('=');
        STANDARD_NO_PAD.decode(encoded).is_ok_and(|pair| {
            let pair = SecretSlice::from(pair);
            let pair = pair.expose_secret();
            pair.iter()
                .position(|byte| *byte == b':')
                .is_some_and(|colon| colon > 0 && colon + 1 < pair.len())
        })
    }

    /// What tells it from another one.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.header.expose_secret())
    }

    /// The header's value, marked sensitive.
    pub(crate) fn header_value(&self) -> Option<HeaderValue> {
        if !self.clean {
            return None;
        }
        let mut value = HeaderValue::from_str(self.header.expose_secret()).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// The header as it stands, for comparison.
    pub(crate) fn header(&self) -> &SecretString {
        &self.header
    }

    /// The client's id, if the header can be read. It is no secret.
    pub(crate) fn client_id(&self) -> Option<String> {
        let encoded = self.header.expose_secret().strip_prefix("Basic ")?;
        let pair = STANDARD_NO_PAD.decode(encoded.trim_end_matches('=')).ok().map(SecretSlice::from)?;
        let id = pair.expose_secret().split(|byte| *byte == b':').next()?;
        std::str::from_utf8(id).ok().map(str::to_owned)
    }

    /// Removes the header and the secret inside it from texts that a server wrote.
    pub(crate) fn redactor(&self) -> Redactor {
        // Padding is left out when the header is repeated inside a URL.
        let header = self.header.expose_secret().trim_start_matches("Basic ").trim_end_matches('=');
        let pair = STANDARD_NO_PAD.decode(header).ok().and_then(|pair| String::from_utf8(pair).ok());
        let secret = pair.as_deref().and_then(|pair| Some(pair.split_once(':')?.1.to_owned()));
        Redactor::new([Some(header.to_owned()), secret].into_iter().flatten().map(SecretString::from))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential([redacted])")
    }
}

/// What people paste where an authorization header is asked for.
///
/// The Plume Portal shows it once, as `Basic …`. Some paste it without the word, some with a colon after it,
/// and some paste a token they already have.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AuthorizationSetting {
    /// Id and secret: tokens can be asked for with it.
    Basic(Credential),
    /// A token that was obtained elsewhere.
    Bearer(StaticToken),
}

impl AuthorizationSetting {
    /// Reads a pasted header, with or without its name (`Authorization:`).
    ///
    /// # Errors
    ///
    /// [`InvalidAuthorization`], which never repeats what was pasted.
    ///
    /// ```
    /// use plume_auth::AuthorizationSetting;
    ///
    /// // base64 of "0oaEXAMPLE:not-a-real-secret"
    /// let pasted = "Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==";
    /// assert!(matches!(AuthorizationSetting::parse(pasted)?, AuthorizationSetting::Basic(_)));
    /// # Ok::<(), plume_auth::InvalidAuthorization>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, InvalidAuthorization> {
        let text = plume_text::trim(text);
        let text = match text.split_once(':') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("authorization") => {
                plume_text::trim(value)
            }
            _ => text,
        };
        if text.is_empty() {
            return Err(InvalidAuthorization::Empty);
        }
        let (scheme, value) = match text.split_once(char::is_whitespace) {
            Some((scheme, value)) => (scheme.trim_end_matches(':'), value.trim()),
            None => ("", text),
        };
        if value.is_empty() || matches!(text.to_ascii_lowercase().as_str(), "basic" | "basic:" | "bearer") {
            return Err(InvalidAuthorization::Empty);
        }
        if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidAuthorization::Character);
        }
        match scheme.to_ascii_lowercase().as_str() {
            // What a ready header encodes is the portal's business.
            "basic" if is_base64(value) => Ok(Self::Basic(Credential::from_base64(value))),
            "basic" => Err(InvalidAuthorization::Alphabet),
            "bearer" => Ok(Self::Bearer(StaticToken::new(value).ok_or(InvalidAuthorization::Character)?)),
            "" => {
                let pair = STANDARD.decode(value).map_err(|_| InvalidAuthorization::NotBase64)?;
                if !pair.contains(&b':') {
                    return Err(InvalidAuthorization::NotBase64);
                }
                Ok(Self::Basic(Credential::from_base64(value)))
            }
            _ => Err(InvalidAuthorization::Scheme),
        }
    }
}

/// Whether a text has only the characters of Base64 (RFC 4648 §4), padding at its end.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    !digits.is_empty() && padding <= 2 && digits.bytes().all(digit)
}

/// What is wrong with a pasted authorization header. Reads on after the setting's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidAuthorization {
    /// Nothing there.
    Empty,
    /// Neither `Basic` nor `Bearer`.
    Scheme,
    /// Without a scheme, and not base64 of `clientId:clientSecret`.
    NotBase64,
    /// A character that no header may hold, such as a line break in the middle.
    Character,
    /// A character behind `Basic` that Base64 does not have.
    Alphabet,
}

impl fmt::Display for InvalidAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty; paste the authorization header from the Plume Portal (`Basic …`)",
            Self::Scheme => "must start with `Basic ` or `Bearer `",
            Self::NotBase64 => "is neither `Basic …`, `Bearer …` nor base64 of `clientId:clientSecret`",
            Self::Character => "holds a space, line break or other character that a header cannot hold; paste it again in one line",
            Self::Alphabet => {
                "holds a character that Base64 does not have; copy it again, `Basic ` and letters, digits, `+`, `/` and `=` only"
            }
        })
    }
}

impl std::error::Error for InvalidAuthorization {}

/// What a token is asked for (RFC 6749 §3.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope(String);

impl Scope {
    /// The scope of a provider's integration: `partnerId:<id> role:partnerIdAdmin`. (`plume-api` auth §1)
    #[must_use]
    pub fn partner_admin(partner_id: &str) -> Self {
        Self(format!("partnerId:{partner_id} role:partnerIdAdmin"))
    }

    /// Any other scope, as it stands.
    #[must_use]
    pub fn raw(scope: impl Into<String>) -> Self {
        Self(scope.into())
    }

    /// The scope as sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The words of this scope that a granted one lacks. An endpoint that says nothing granted all of it (RFC 6749
    /// §5.1).
    ///
    /// ```
    /// use plume_auth::Scope;
    ///
    /// let asked = Scope::partner_admin("example");
    /// assert_eq!(asked.not_granted(Some("partnerId:example")), ["role:partnerIdAdmin"]);
    /// assert!(asked.not_granted(None).is_empty());
    /// ```
    #[must_use]
    pub fn not_granted(&self, granted: Option<&str>) -> Vec<String> {
        let Some(granted) = granted else { return Vec::new() };
        let has = |word: &&str| granted.split_ascii_whitespace().any(|other| other == *word);
        self.0.split_ascii_whitespace().filter(|word| !has(word)).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(credential: &Credential) -> String {
        credential.header.expose_secret().to_owned()
    }

    #[test]
    fn id_and_secret_are_form_encoded_first() {
        // id `1PpG/Q 1`, secret `a+b/c:d=`
        let expected = format!("Basic {}", STANDARD.encode("1PpG%2FQ%201:a%2Bb%2Fc%3Ad%3D"));
        assert_eq!(shown(&Credential::from_client("1PpG/Q 1", "a+b/c:d=")), expected);
    }

    #[test]
    fn the_raw_form_is_a_choice() {
        let expected = format!("Basic {}", STANDARD.encode("1PpG/Q 1:a+b/c:d="));
        assert_eq!(shown(&Credential::from_client_raw("1PpG/Q 1", "a+b/c:d=")), expected);
    }

    #[test]
    fn control_characters_are_found_before_anything_is_sent() {
        for (id, secret) in [("0oaEXAMPLE", "not-a-real\n-secret"), ("0oa\u{0}", "fake"), ("0oa", "fake\r")] {
            assert!(Credential::from_client(id, secret).header_value().is_none());
            assert!(Credential::from_client_raw(id, secret).header_value().is_none());
        }
    }

    #[test]
    fn pasted_headers_are_understood() {
        let encoded = STANDARD.encode("0oaEXAMPLE:not-a-real-secret");
        for pasted in [
            format!("Basic {encoded}"),
            format!("basic  {encoded}\n"),
            format!("BASIC: {encoded}"),
            format!("Authorization: Basic {encoded}\r\n"),
            format!("authorization : {encoded}"),
            format!(" {encoded} "),
            format!("\u{feff}Basic {encoded}\r\n"),
            format!("\u{200b}{encoded}\u{200b}"),
        ] {
            match AuthorizationSetting::parse(&pasted).unwrap() {
                AuthorizationSetting::Basic(credential) => {
                    assert_eq!(shown(&credential), format!("Basic {encoded}"));
                }
                AuthorizationSetting::Bearer(_) => panic!("{pasted}"),
            }
        }
        assert!(matches!(AuthorizationSetting::parse("Bearer a.b.c"), Ok(AuthorizationSetting::Bearer(_))));
    }

    #[test]
    fn a_credential_is_whole_if_it_has_an_id_and_a_secret() {
        let whole =
            |pair: &str| match AuthorizationSetting::parse(&format!("Basic {}", STANDARD.encode(pair))) {
                Ok(AuthorizationSetting::Basic(credential)) => credential.is_whole(),
                other => panic!("{pair}: {other:?}"),
            };
        assert!(whole("id:secret") && whole("i:s") && whole("id:a:b"));
        assert!(!whole("id:") && !whole(":secret") && !whole(":") && !whole("id"));
    }

    #[test]
    fn other_texts_are_refused_without_being_repeated() {
        for (pasted, expected) in [
            ("", InvalidAuthorization::Empty),
            (" \n", InvalidAuthorization::Empty),
            ("Basic", InvalidAuthorization::Empty),
            ("Authorization:", InvalidAuthorization::Empty),
            ("Bearer ", InvalidAuthorization::Empty),
            ("Digest canary", InvalidAuthorization::Scheme),
            ("canary", InvalidAuthorization::NotBase64),
            ("Y2FuYXJ5", InvalidAuthorization::NotBase64),
            ("Basic can\nary", InvalidAuthorization::Character),
            ("Basic can ary", InvalidAuthorization::Character),
            ("Basic canäry", InvalidAuthorization::Character),
            ("Bearer can\u{0}ary", InvalidAuthorization::Character),
            ("Basic can-ary", InvalidAuthorization::Alphabet),
            ("Basic can:ary", InvalidAuthorization::Alphabet),
            ("Basic can=ary", InvalidAuthorization::Alphabet),
            ("Basic canary===", InvalidAuthorization::Alphabet),
            ("Basic \"canary\"", InvalidAuthorization::Alphabet),
            ("Basic ====", InvalidAuthorization::Alphabet),
            ("\"Basic canary\"", InvalidAuthorization::Scheme),
        ] {
            let error = AuthorizationSetting::parse(pasted).unwrap_err();
            assert_eq!(error, expected, "{pasted}");
            assert!(!error.to_string().contains("canary"));
        }
    }

    #[test]
    fn nothing_shows_in_debug() {
        let setting = AuthorizationSetting::parse("Basic canary").unwrap();
        assert!(!format!("{setting:?}").contains("canary"));
        let setting = AuthorizationSetting::parse("Bearer canary").unwrap();
        assert!(!format!("{setting:?}").contains("canary"));
    }
}

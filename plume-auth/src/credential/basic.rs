//! The credential of a client: its id and secret.

use std::fmt;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

use crate::credential::redact::Redactor;
use crate::token::Fingerprint;

/// A client id and secret, encoded as the value of an `Authorization: Basic` header (RFC 6749 §2.3.1).
///
/// ```
/// use plume_auth::Credential;
///
/// let credential = Credential::from_client("0oaEXAMPLE", "not-a-real-secret");
/// assert_eq!(format!("{credential:?}"), "Credential([redacted])");
/// ```
#[derive(Clone)]
pub struct Credential {
    header: SecretString,
    /// Whether id and secret are free of control characters, such as a line break at the end of a pasted secret.
    clean: bool,
}

impl Credential {
    /// Encodes an id and a secret. Each is form-encoded before they are joined, as RFC 6749 §2.3.1 requires. A blank
    /// becomes `%20`, not `+`: every form decoder reads it, and some servers decode percent encoding only.
    #[must_use]
    pub fn from_client(id: &str, secret: &str) -> Self {
        let encode = |text: &str| {
            url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
        };
        Self::joined(id, secret, encode)
    }

    /// Joins an id and a secret as they are (RFC 7617), for servers that do not decode the form encoding of
    /// [`Credential::from_client`]. It makes no difference for letters, digits, `-`, `_` and `.`.
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

    /// Returns the header, `Basic …`. It is the secret: review every use of this method.
    #[must_use]
    pub fn expose_header(&self) -> &str {
        self.header.expose_secret()
    }

    pub(super) fn from_base64(encoded: &str) -> Self {
        Self { header: SecretString::from(format!("Basic {encoded}")), clean: true }
    }

    /// Returns whether the header decodes to an id and a secret. A file may be half written.
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

    /// Identifies the credential without revealing it.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.header.expose_secret())
    }

    /// Returns the value of the header, marked sensitive.
    pub(crate) fn header_value(&self) -> Option<HeaderValue> {
        if !self.clean {
            return None;
        }
        let mut value = HeaderValue::from_str(self.header.expose_secret()).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Returns the text of the header, for comparison.
    pub(crate) fn header(&self) -> &SecretString {
        &self.header
    }

    /// Returns the client id, if the header can be decoded. It is not secret.
    pub(crate) fn client_id(&self) -> Option<String> {
        let encoded = self.header.expose_secret().strip_prefix("Basic ")?;
        let pair = STANDARD_NO_PAD.decode(encoded.trim_end_matches('=')).ok().map(SecretSlice::from)?;
        let id = pair.expose_secret().split(|byte| *byte == b':').next()?;
        std::str::from_utf8(id).ok().map(str::to_owned)
    }

    /// Returns a redactor of the header and the secret inside it.
    pub(crate) fn redactor(&self) -> Redactor {
        // A header that is repeated inside a URL has no padding.
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
}

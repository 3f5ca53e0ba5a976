//! Authorization headers as people paste them.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de};

use crate::credential::basic::Credential;
use crate::provider::StaticToken;

/// A pasted authorization header: a credential, or a token that was obtained elsewhere.
///
/// The Plume Portal shows the header once, as `Basic …`. These forms are accepted, with or without `Authorization:` before
/// them and with blanks around them; the scheme is not case-sensitive:
///
/// * `Basic MG9hRVhB…`, and `Basic: MG9hRVhB…` as some pages of the Portal show it;
/// * `MG9hRVhB…` alone, if it is the base64 of `clientId:clientSecret`;
/// * `Bearer …`, which is a [`StaticToken`]: it is never refreshed.
///
/// [`Credential::from_authorization_header`] accepts the first two only.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AuthorizationSetting {
    /// A client id and secret, with which tokens are requested.
    Basic(Credential),
    /// A token that was obtained elsewhere.
    Bearer(StaticToken),
}

impl AuthorizationSetting {
    /// Parses a pasted header.
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
            // A ready header is not decoded: the Portal defines what it encodes.
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

impl Credential {
    /// Parses the authorization header that the Plume Portal shows: `Basic …`, `Basic: …`, or the base64 of
    /// `clientId:clientSecret` alone, with or without `Authorization:` before it.
    ///
    /// # Errors
    ///
    /// [`InvalidAuthorization`], which never repeats the text. A bearer token is not a credential
    /// ([`InvalidAuthorization::Bearer`]); use [`StaticToken`] or [`AuthorizationSetting`] for it.
    ///
    /// ```
    /// use plume_auth::{Credential, InvalidAuthorization};
    ///
    /// // base64 of "0oaEXAMPLE:not-a-real-secret"
    /// let credential = Credential::from_authorization_header("Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==")?;
    /// assert_eq!(format!("{credential:?}"), "Credential([redacted])");
    /// let bearer = Credential::from_authorization_header("Bearer not.a.token");
    /// assert_eq!(bearer.unwrap_err(), InvalidAuthorization::Bearer);
    /// # Ok::<(), InvalidAuthorization>(())
    /// ```
    pub fn from_authorization_header(text: &str) -> Result<Self, InvalidAuthorization> {
        match AuthorizationSetting::parse(text)? {
            AuthorizationSetting::Basic(credential) => Ok(credential),
            AuthorizationSetting::Bearer(_) => Err(InvalidAuthorization::Bearer),
        }
    }
}

macro_rules! from_text {
    ($name:ident by $parse:path) => {
        impl FromStr for $name {
            type Err = InvalidAuthorization;

            fn from_str(text: &str) -> Result<Self, InvalidAuthorization> {
                $parse(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = InvalidAuthorization;

            fn try_from(text: &str) -> Result<Self, InvalidAuthorization> {
                $parse(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = SecretString::from(String::deserialize(deserializer)?);
                $parse(text.expose_secret())
                    .map_err(|error| de::Error::custom(format_args!("the authorization header {error}")))
            }
        }
    };
}

from_text!(AuthorizationSetting by AuthorizationSetting::parse);
from_text!(Credential by Credential::from_authorization_header);

/// Returns whether a text has only the characters of Base64 (RFC 4648 §4), with padding at its end.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    !digits.is_empty() && padding <= 2 && digits.bytes().all(digit)
}

/// The reason why a text is not an authorization header. The text continues the name of a setting.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidAuthorization {
    /// There is no header, or nothing after the scheme.
    Empty,
    /// Neither `Basic` nor `Bearer`.
    Scheme,
    /// Without a scheme, and not base64 of `clientId:clientSecret`.
    NotBase64,
    /// A character that no header may contain, such as a line break in the middle.
    Character,
    /// A character after `Basic` that Base64 does not have.
    Alphabet,
    /// A bearer token where a client id and secret are required.
    Bearer,
}

impl fmt::Display for InvalidAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty; paste the authorization header from the Plume Portal (`Basic …`)",
            Self::Scheme => "must start with `Basic ` or `Bearer `",
            Self::NotBase64 => "is neither `Basic …`, `Bearer …` nor base64 of `clientId:clientSecret`",
            Self::Character => "contains a space, line break or other character that a header cannot hold; paste it again in one line",
            Self::Alphabet => {
                "contains a character that Base64 does not have; copy it again, `Basic ` and letters, digits, `+`, `/` and `=` only"
            }
            Self::Bearer => "is a bearer token, which cannot be renewed; paste the `Basic …` header of the Plume Portal",
        })
    }
}

impl fmt::Debug for InvalidAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return write!(f, "the authorization header {self}");
        }
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Scheme => "Scheme",
            Self::NotBase64 => "NotBase64",
            Self::Character => "Character",
            Self::Alphabet => "Alphabet",
            Self::Bearer => "Bearer",
        })
    }
}

impl std::error::Error for InvalidAuthorization {}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(credential: &Credential) -> String {
        credential.header().expose_secret().to_owned()
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
    fn a_credential_is_read_from_a_header_or_a_configuration_file() {
        let header = format!("Basic: {}", STANDARD.encode("0oaEXAMPLE:not-a-real-secret"));
        let json = format!("\"{header}\"");
        for credential in [
            Credential::from_authorization_header(&header).unwrap(),
            header.parse().unwrap(),
            serde_json::from_str(&json).unwrap(),
        ] {
            assert_eq!(shown(&credential), header.replace(':', ""));
        }
        assert!(serde_json::from_str::<AuthorizationSetting>(&json).is_ok());
        let error = serde_json::from_str::<Credential>(r#""Bearer canary""#).unwrap_err();
        assert!(error.to_string().starts_with("the authorization header is a bearer token"), "{error}");
        assert!(!error.to_string().contains("canary"));
        assert_eq!(format!("{:#?}", InvalidAuthorization::Bearer), "Bearer");
    }

    #[test]
    fn debug_is_redacted() {
        let setting = AuthorizationSetting::parse("Basic canary").unwrap();
        assert!(!format!("{setting:?}").contains("canary"));
        let setting = AuthorizationSetting::parse("Bearer canary").unwrap();
        assert!(!format!("{setting:?}").contains("canary"));
    }
}

//! Finds secrets in wrong places by value, in every encoding that a log would show.

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use http::{HeaderName, Uri, header::AUTHORIZATION, request::Parts};
use percent_encoding::percent_decode_str;

use crate::http::Area;
use crate::oauth::{TOKEN_START, Tokens};
use crate::world::Identity;

/// Maximum length of a searched text. The API accepts no longer ones.
const MOST_BYTES: usize = 1 << 16;
/// Maximum number of decodings of a text.
const MOST_LAYERS: u32 = 3;
/// Shorter texts contain no secret.
const LEAST: usize = 12;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const ENGINES: [GeneralPurpose; 2] =
    [GeneralPurpose::new(&STANDARD, LENIENT), GeneralPurpose::new(&URL_SAFE, LENIENT)];

/// The secrets known to the simulator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Secrets<'a> {
    pub(crate) tokens: &'a Tokens,
    pub(crate) identities: &'a [Identity],
}

/// Returns where a secret appears in a request, apart from its proper place.
pub(crate) fn find_leak(
    secrets: &Secrets<'_>,
    area: Area,
    head: &Parts,
    body: &[u8],
) -> Option<&'static str> {
    if secrets.in_text(&uri_text(&head.uri)) {
        return Some("secret in the URL");
    }
    for (name, value) in &head.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        let leaks = if name == AUTHORIZATION {
            // The proper place of a token, and at the authorization server of the client's own secret.
            area != Area::Oauth && secrets.client_secret_in(&value, MOST_LAYERS)
        } else {
            secrets.in_text(&value)
        };
        if leaks {
            return Some(place(name));
        }
    }
    let body = String::from_utf8_lossy(body.get(..MOST_BYTES).unwrap_or(body));
    // The authorization server accepts both in a form.
    if area != Area::Oauth && secrets.in_text(&body) {
        return Some("secret in a body for the API");
    }
    None
}

fn uri_text(uri: &Uri) -> String {
    uri.to_string()
}

fn place(name: &HeaderName) -> &'static str {
    match name.as_str() {
        "authorization" => "secret of the OAuth client sent to the API",
        "referer" => "secret in the header Referer",
        "cookie" => "secret in a cookie",
        _ => "secret in the wrong header",
    }
}

impl Secrets<'_> {
    fn in_text(&self, text: &str) -> bool {
        self.search(text, MOST_LAYERS, &|secrets, text| {
            secrets.holds_token(text) || secrets.holds_client_secret(text)
        })
    }

    fn client_secret_in(&self, text: &str, layers: u32) -> bool {
        self.search(text, layers, &|secrets, text| secrets.holds_client_secret(text))
    }

    /// Returns whether the text contains a secret, as it is or decoded.
    fn search(&self, text: &str, layers: u32, holds: &dyn Fn(&Self, &str) -> bool) -> bool {
        if text.len() < LEAST {
            return false;
        }
        if holds(self, text) {
            return true;
        }
        let Some(layers) = layers.checked_sub(1) else { return false };
        if text.contains('%') {
            let decoded = percent_decode_str(text).decode_utf8_lossy();
            if decoded != text && self.search(&decoded, layers, holds) {
                return true;
            }
        }
        let encoded = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_'));
        text.split(encoded).filter(|part| part.len() >= LEAST).any(|part| {
            // A segment of a path can contain it as well.
            let parts =
                [part].into_iter().chain(part.split('/').filter(move |piece| piece.len() < part.len()));
            parts.filter(|part| part.len() >= LEAST).any(|part| {
                ENGINES.iter().any(|engine| {
                    // A trailing character too many is an incomplete byte.
                    let whole =
                        if part.len() % 4 == 1 { part.get(..part.len() - 1).unwrap_or(part) } else { part };
                    engine
                        .decode(whole)
                        .ok()
                        .and_then(|bytes| String::from_utf8(bytes).ok())
                        .is_some_and(|decoded| self.search(&decoded, layers, holds))
                })
            })
        })
    }

    /// Returns whether the text contains a token. All tokens issued here start alike.
    fn holds_token(&self, text: &str) -> bool {
        text.match_indices(TOKEN_START).any(|(from, _)| {
            let rest = text.get(from..).unwrap_or_default();
            let end = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
                .unwrap_or(rest.len());
            rest.get(..end).is_some_and(|token| self.tokens.knows(token.trim_end_matches('.')))
        })
    }

    fn holds_client_secret(&self, text: &str) -> bool {
        self.identities.iter().any(|identity| text.contains(&identity.client_secret))
    }
}

//! The forms of what a person enters, and of secrets.

use plume::{
    PartnerId,
    auth::{AuthorizationSetting, Credential, SecureUrl},
};
use secrecy::{ExposeSecret, SecretString};

use crate::failure::{Failure, Result};

/// Longer than any header.
pub(super) const MAX_SECRET: usize = 64 << 10;
/// Longer than an id or a name.
const MAX_WORD: usize = 32;

/// A key of a profile with its question.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) key: &'static str,
    pub(super) option: &'static str,
    pub(super) prompt: &'static str,
    pub(super) shows: fn(&str) -> bool,
    pub(super) check: fn(&str) -> std::result::Result<(), String>,
}

/// The keys in the order of the questions.
pub(super) const ASKED: [Asked; 4] = [
    Asked {
        key: "sso_url",
        option: "--sso-url",
        prompt: "Token endpoint (https://…/oauth2/<id>/v1/token)",
        shows: shows_url,
        check: check_url,
    },
    Asked {
        key: "partner_id",
        option: "--partner-id",
        prompt: "Partner id",
        shows: shows_word,
        check: check_partner,
    },
    Asked {
        key: "api_base",
        option: "--api-base",
        prompt: "Base of the API (https://…/api)",
        shows: shows_url,
        check: check_url,
    },
    Asked {
        key: "reports_base",
        option: "--reports-base",
        prompt: "Base of the reports",
        shows: shows_url,
        check: |text| if plume_text::trim(text).is_empty() { Ok(()) } else { check_url(text) },
    },
];

/// The error of a secret that was entered in place of something else.
pub(super) const MISPLACED: &str =
    "looks like a secret, which belongs into the last question or --with-header-stdin; it was not sent";

pub(super) fn check_profile(name: &str) -> std::result::Result<(), String> {
    let is_valid = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if is_secret(name) {
        return Err(MISPLACED.to_owned());
    }
    match (1..=64).contains(&name.chars().count()) && name.chars().all(is_valid) {
        true => Ok(()),
        false => Err("has 1 to 64 letters, digits, `-`, `_` or `.`".to_owned()),
    }
}

fn check_partner(text: &str) -> std::result::Result<(), String> {
    let text = plume_text::trim(text);
    if is_secret(text) {
        return Err(format!("the text {MISPLACED}"));
    }
    match text.strip_prefix("slug:") {
        Some(name) => PartnerId::slug(name).map(|_| ()).map_err(|error| error.to_string()),
        None => PartnerId::parse(text).map(|_| ()).map_err(|error| error.to_string()),
    }
}

fn check_url(text: &str) -> std::result::Result<(), String> {
    let text = plume_text::trim(text);
    if is_secret(text) {
        return Err(format!("the text {MISPLACED}"));
    }
    SecureUrl::parse(text).map(|_| ()).map_err(|error| format!("the URL {error}"))
}

/// Whether the beginning of a URL may be on the screen.
fn shows_url(text: &str) -> bool {
    let is_url = |scheme: &str| text.starts_with(scheme) || scheme.starts_with(text);
    (is_url("https://") || is_url("http://")) && !text.contains('@') && !is_secret(text)
}

/// Whether the beginning of a name or id may be on the screen.
pub(super) fn shows_word(text: &str) -> bool {
    text.chars().count() <= MAX_WORD && !is_secret(text)
}

/// Whether a text looks like a secret, perhaps its beginning: an authorization header, a token, a client id and secret, or
/// a long word without a meaning.
pub(super) fn is_secret(text: &str) -> bool {
    let text = text.trim_start();
    let lower = text.to_ascii_lowercase();
    let is_header =
        ["basic ", "bearer ", "authorization:", "eyj"].iter().any(|start| lower.starts_with(start));
    let is_pair = text.split_once(':').is_some_and(|(id, rest)| {
        !matches!(id, "http" | "https" | "slug") && !id.contains(['/', '.']) && !rest.starts_with("//")
    });
    let is_long =
        text.len() > 40 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_+=".contains(&byte));
    let text = plume_text::trim(text);
    // Base64 without `Basic`, of which the last characters may be missing.
    let whole = text.get(..text.len() / 4 * 4).unwrap_or_default();
    is_header || is_pair || is_long || whole.len() >= 12 && AuthorizationSetting::parse(whole).is_ok()
}

/// The base of the reports beside the one of the API.
pub(super) fn beside((key, api): &(&'static str, String)) -> Option<String> {
    let base = api.trim_end_matches('/').strip_suffix("/api")?;
    (*key == "api_base").then(|| format!("{base}/reports"))
}

/// The text of a file or a pipe, without a byte order mark.
pub(super) fn secret(bytes: &[u8]) -> std::result::Result<SecretString, &'static str> {
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    if bytes.len() > MAX_SECRET {
        return Err("it is too long");
    }
    // UTF-16 without a mark has a zero beside every letter.
    if matches!(text, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) || text.contains(&0) {
        return Err("it is UTF-16; send it as UTF-8");
    }
    match std::str::from_utf8(text) {
        Ok(text) if plume_text::trim(text).is_empty() => Err("it is empty"),
        Ok(text) => Ok(text.into()),
        Err(_) => Err("it is not UTF-8 text"),
    }
}

/// The header of a pasted text. No error repeats the text.
pub(super) fn header(pasted: &SecretString) -> Result<SecretString> {
    let text = plume_text::trim(pasted.expose_secret());
    let pair = text.split_once(':').filter(|(id, secret)| {
        let is_word = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
        is_word(id) && is_word(secret) && !secret.starts_with("//")
    });
    match (AuthorizationSetting::parse(text), pair) {
        (Ok(_), _) => Ok(text.into()),
        (Err(_), Some((id, secret))) => Ok(Credential::from_client(id, secret).expose_header().into()),
        (Err(error), None) => Err(Failure::usage(
            format!("the authorization header {error}"),
            "Copy it again from the Plume Portal. Nothing was stored.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The forms of a secret.
    const SECRETS: [&str; 7] = [
        "Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==",
        "MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==",
        "Authorization: Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==",
        "Bearer not.a.token",
        "eyJhbGciOiJub25lIn0.e30.",
        "0oaEXAMPLE:not-a-real-secret",
        "notArealSecretNotArealSecretNotArealSecretNotArealSecret",
    ];

    #[test]
    fn a_secret_at_the_wrong_question_is_refused_and_hidden() {
        for secret in SECRETS {
            assert!(is_secret(secret), "{secret}");
            for Asked { key, shows, check, .. } in ASKED {
                assert!(!shows(secret), "{key}: {secret}");
                let why = check(secret).unwrap_err();
                assert!(why.contains("looks like a secret") && !why.contains(secret), "{key}: {why}");
            }
            assert!(!shows_word(secret) && check_profile(secret).is_err(), "{secret}");
        }
        // From where the secret begins nothing is shown.
        for (secret, known) in [(SECRETS[1], 16), (SECRETS[0], 6), (SECRETS[5], 11)] {
            for end in known..=secret.len() {
                assert!(!shows_word(&secret[..end]), "{}", &secret[..end]);
            }
        }
    }

    #[test]
    fn what_a_question_asks_for_is_shown_while_it_is_typed() {
        let url = "https://external.sso.plume.com/oauth2/ausEXAMPLEausEXAMPLE/v1/token";
        for end in 0..=url.len() {
            assert!(shows_url(&url[..end]), "{}", &url[..end]);
        }
        assert!(check_url(url).is_ok() && check_url("http://127.0.0.1:8080/api").is_ok());
        for word in
            ["5e00000000000000000000aa", "slug:example", "default", "production-2026", "customer-accounts"]
        {
            for end in 0..=word.len() {
                assert!(shows_word(&word[..end]), "{}", &word[..end]);
            }
        }
        assert!(!shows_url("https://id:not-a-real-secret@a.example.net"));
    }
}

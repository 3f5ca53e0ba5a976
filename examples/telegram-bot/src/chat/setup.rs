//! The set-up of `/auth`: four steps, each with one question.

use std::fmt;

use plume::{
    auth::{AuthorizationSetting, SecureUrl, UrlGuard},
    types::PartnerId,
};
use secrecy::{ExposeSecret, SecretString};

use super::{Desk, texts};

/// A text that may be a secret.
pub struct Secret(SecretString);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether it looks like what `/auth` asks for in its second step, wherever it was typed: `Basic` or `Bearer` and one
    /// word that is no word of a language, or the base64 of an id and a secret alone.
    #[must_use]
    pub fn looks_secret(&self) -> bool {
        let text = self.expose().trim();
        let unnamed = match text.split_once([':', ' ']) {
            Some((name, rest)) if name.eq_ignore_ascii_case("authorization") => rest.trim(),
            _ => text,
        };
        let Some((scheme, rest)) = unnamed.split_once([':', ' ']) else {
            let parsed = AuthorizationSetting::parse(text);
            return text.len() >= 16 && matches!(parsed, Ok(AuthorizationSetting::Basic(_)));
        };
        let rest = rest.trim();
        let is_word = rest.len() < 16 && rest.chars().all(char::is_alphabetic);
        ["basic", "bearer"].iter().any(|name| scheme.eq_ignore_ascii_case(name))
            && !rest.is_empty()
            && !rest.contains(char::is_whitespace)
            && !is_word
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// What a user signs in with.
#[derive(Clone)]
pub struct Account {
    /// The token endpoint.
    pub sso: SecureUrl,
    /// The authorization header, as it was typed.
    pub header: SecretString,
    /// The provider.
    pub partner: PartnerId,
    /// The base of the API.
    pub api: SecureUrl,
    /// The base of the reports, if there is one.
    pub reports: Option<SecureUrl>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("sso", &self.sso).field("api", &self.api).finish_non_exhaustive()
    }
}

/// The questions, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The SSO URL.
    Sso,
    /// The authorization header.
    Header,
    /// The partner id.
    Partner,
    /// The base of the API.
    Api,
}

/// A set-up that is under way.
#[derive(Debug)]
pub struct Setup {
    step: Step,
    old: Option<Account>,
    sso: Option<SecureUrl>,
    header: Option<SecretString>,
    partner: Option<PartnerId>,
}

/// What came of an answer.
#[derive(Debug)]
pub enum Outcome {
    /// The answer is wrong, and why. The question stands.
    Wrong(String),
    /// The next question.
    Next,
    /// All is there.
    Done(Box<Account>),
}

impl Setup {
    /// Begins. With `old`, what is there can be kept step by step.
    #[must_use]
    pub fn new(old: Option<Account>) -> Self {
        Self { step: Step::Sso, old, sso: None, header: None, partner: None }
    }

    /// The question that stands.
    #[must_use]
    pub fn step(&self) -> Step {
        self.step
    }

    /// Whether `/skip` means to keep what is there.
    #[must_use]
    pub fn updates(&self) -> bool {
        self.old.is_some()
    }

    /// One step back. Whether there was one.
    pub fn back(&mut self) -> bool {
        self.step = match self.step {
            Step::Sso => return false,
            Step::Header => Step::Sso,
            Step::Partner => Step::Header,
            Step::Api => Step::Partner,
        };
        true
    }

    /// Takes the answer to the question that stands.
    pub fn answer(&mut self, text: &Secret, desk: &Desk) -> Outcome {
        let typed = text.expose().trim();
        match self.step {
            Step::Sso => match check(&desk.guard, typed) {
                Ok(url) => self.sso = Some(url),
                Err(why) => return Outcome::Wrong(texts::wrong_url("SSO URL", &why)),
            },
            Step::Header => match AuthorizationSetting::parse(typed) {
                Ok(_) => self.header = Some(typed.to_owned().into()),
                Err(error) => return Outcome::Wrong(texts::wrong_header(error)),
            },
            Step::Partner => match partner(typed) {
                Ok(partner) => self.partner = Some(partner),
                Err(error) => return Outcome::Wrong(texts::wrong_partner(&error)),
            },
            Step::Api => {
                let mut urls = typed.split_whitespace().map(|url| check(&desk.guard, url));
                let (api, reports) = (urls.next(), urls.next());
                return match (api, reports, urls.next()) {
                    (Some(Ok(api)), None, None) => self.finish(api, None, desk),
                    (Some(Ok(api)), Some(Ok(reports)), None) => self.finish(api, Some(reports), desk),
                    (Some(Err(why)), _, _) => Outcome::Wrong(texts::wrong_url("API base", &why)),
                    (_, Some(Err(why)), _) => Outcome::Wrong(texts::wrong_url("reports base", &why)),
                    _ => Outcome::Wrong(texts::WRONG_BASES.to_owned()),
                };
            }
        }
        self.advance()
    }

    /// Leaves the question out: keeps what is there, or takes the default.
    pub fn skip(&mut self, desk: &Desk) -> Outcome {
        let Some(old) = &self.old else {
            return match (self.step, &desk.api) {
                (Step::Api, Some(api)) => self.finish(api.clone(), None, desk),
                (Step::Api, None) => Outcome::Wrong(texts::NO_DEFAULT_API.to_owned()),
                _ => Outcome::Wrong(texts::NOT_SKIPPABLE.to_owned()),
            };
        };
        match self.step {
            Step::Sso => self.sso = Some(old.sso.clone()),
            Step::Header => {
                // A credential belongs to the host that it was typed for.
                if self.sso.as_ref().is_none_or(|sso| sso.host() != old.sso.host()) {
                    return Outcome::Wrong(texts::HEADER_NEEDED.to_owned());
                }
                self.header = None;
            }
            Step::Partner => self.partner = Some(old.partner.clone()),
            Step::Api => {
                let (api, reports) = (old.api.clone(), old.reports.clone());
                return self.finish(api, reports, desk);
            }
        }
        self.advance()
    }

    fn advance(&mut self) -> Outcome {
        self.step = match self.step {
            Step::Sso => Step::Header,
            Step::Header => Step::Partner,
            Step::Partner | Step::Api => Step::Api,
        };
        Outcome::Next
    }

    fn finish(&mut self, api: SecureUrl, reports: Option<SecureUrl>, desk: &Desk) -> Outcome {
        // The operator's reports go with the operator's API, and tokens go to no other host.
        let reports = reports.or_else(|| desk.reports.clone().filter(|_| desk.api.as_ref() == Some(&api)));
        let kept = self.old.as_ref().filter(|old| {
            old.api.host() == api.host()
                && reports.as_ref().is_none_or(|reports| {
                    reports.host() == api.host()
                        || old.reports.as_ref().is_some_and(|old| old.host() == reports.host())
                })
        });
        let header = self.header.clone().or_else(|| kept.map(|old| old.header.clone()));
        match (&self.sso, header, &self.partner) {
            (Some(sso), Some(header), Some(partner)) => Outcome::Done(Box::new(Account {
                sso: sso.clone(),
                header,
                partner: partner.clone(),
                api,
                reports,
            })),
            _ => {
                self.step = Step::Header;
                Outcome::Wrong(texts::HEADER_NEEDED.to_owned())
            }
        }
    }
}

fn check(guard: &UrlGuard, text: &str) -> Result<SecureUrl, String> {
    guard.check(text).map_err(|refused| refused.to_string())
}

fn partner(text: &str) -> Result<PartnerId, String> {
    let parsed = match text.strip_prefix("slug:") {
        Some(name) => PartnerId::slug(name),
        None => PartnerId::parse(text),
    };
    parsed.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_talk() {
        // base64 of "0oaEXAMPLE:not-a-real-secret"
        let base64 = "MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==";
        let looks = |text: &str| Secret::new(text.to_owned()).looks_secret();
        for text in [
            base64.to_owned(),
            format!("Basic {base64}"),
            format!("  basic: {base64}\n"),
            format!("Authorization: Basic {base64}"),
            "Bearer a.fake.token".to_owned(),
            "bearer aVeryLongFakeTokenOfLettersOnly".to_owned(),
        ] {
            assert!(looks(&text), "{text}");
        }
        for text in [
            "",
            "Basic",
            "Basic question",
            "Basic service at that home is slow",
            "Bearer of bad news",
            "authorization: what is that?",
            "5ca1ab1e0000000a00000001",
            "https://sso.example.net/token",
        ] {
            assert!(!looks(text), "{text}");
        }
    }
}

//! The set-up of `/auth`: four steps, each with one question.

use plume::{
    auth::{AuthorizationSetting, SecureUrl, UrlGuard},
    types::PartnerId,
};
use secrecy::SecretString;

use crate::chat::context::Context;
use crate::chat::step::Step;
use crate::chat::texts::{self, SENTENCES};
use crate::questions::Account;
use crate::secret::Secret;

/// A set-up in progress.
#[derive(Debug)]
pub struct Setup {
    step: Step,
    old: Option<Account>,
    sso: Option<SecureUrl>,
    header: Option<SecretString>,
    partner: Option<PartnerId>,
}

/// The result of an answer.
#[derive(Debug)]
pub enum Outcome {
    /// The answer is invalid, for this reason. The question stays.
    Wrong(String),
    Next,
    Done(Box<Account>),
}

impl Setup {
    /// Begins a set-up. With `old`, each step can keep the earlier answer.
    pub fn new(old: Option<Account>) -> Self {
        Self { step: Step::Sso, old, sso: None, header: None, partner: None }
    }

    /// Returns the current question.
    pub fn step(&self) -> Step {
        self.step
    }

    /// Returns whether `/skip` keeps an earlier answer.
    pub fn updates(&self) -> bool {
        self.old.is_some()
    }

    /// Goes one step back. Returns whether there was one.
    pub fn back(&mut self) -> bool {
        let previous = self.step.previous();
        self.step = previous.unwrap_or(self.step);
        previous.is_some()
    }

    /// Handles the answer to the current question.
    pub fn answer(&mut self, text: &Secret, context: &Context) -> Outcome {
        let typed = text.expose().trim();
        match self.step {
            Step::Sso => match check(&context.guard, typed) {
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
                let mut urls = typed.split_whitespace().map(|url| check(&context.guard, url));
                let (api, reports) = (urls.next(), urls.next());
                return match (api, reports, urls.next()) {
                    (Some(Ok(api)), None, None) => self.finish(api, None, context),
                    (Some(Ok(api)), Some(Ok(reports)), None) => self.finish(api, Some(reports), context),
                    (Some(Err(why)), _, _) => Outcome::Wrong(texts::wrong_url("API base", &why)),
                    (_, Some(Err(why)), _) => Outcome::Wrong(texts::wrong_url("reports base", &why)),
                    _ => Outcome::Wrong(SENTENCES.wrong_bases.to_owned()),
                };
            }
        }
        self.advance()
    }

    /// Skips the question: keeps the earlier answer, or uses the default.
    pub fn skip(&mut self, context: &Context) -> Outcome {
        let Some(old) = &self.old else {
            return match (self.step, &context.api) {
                (Step::Api, Some(api)) => self.finish(api.clone(), None, context),
                (Step::Api, None) => Outcome::Wrong(SENTENCES.no_default_api.to_owned()),
                _ => Outcome::Wrong(SENTENCES.not_skippable.to_owned()),
            };
        };
        match self.step {
            Step::Sso => self.sso = Some(old.sso.clone()),
            Step::Header => {
                // A credential belongs to the host that it was entered for.
                if self.sso.as_ref().is_none_or(|sso| sso.host() != old.sso.host()) {
                    return Outcome::Wrong(SENTENCES.header_needed.to_owned());
                }
                self.header = None;
            }
            Step::Partner => self.partner = Some(old.partner.clone()),
            Step::Api => {
                let (api, reports) = (old.api.clone(), old.reports.clone());
                return self.finish(api, reports, context);
            }
        }
        self.advance()
    }

    fn advance(&mut self) -> Outcome {
        self.step = self.step.next();
        Outcome::Next
    }

    fn finish(&mut self, api: SecureUrl, reports: Option<SecureUrl>, context: &Context) -> Outcome {
        // The operator's reports go with the operator's API, and tokens go to no other host.
        let reports =
            reports.or_else(|| context.reports.clone().filter(|_| context.api.as_ref() == Some(&api)));
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
                Outcome::Wrong(SENTENCES.header_needed.to_owned())
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

//! The rules of the cache: when to serve, fetch and wait. No I/O, no async and no clock.
//!
//! [`State::decide`] takes the time and one [`Event`] and returns the actions. The shell around it
//! ([`cache`](crate::cache)) calls it under a lock and acts outside.
//!
//! # A token's life
//!
//! ```text
//!   obtained                      refresh point          mandatory         end
//!      │            fresh               │     advisory       │   mandatory   │  expired
//!      └────────────────────────────────┴────────────────────┴───────────────┘
//!                                  1/4 of the window is drawn by lot
//! ```
//!
//! # What a caller gets
//!
//! | the token is … | source healthy, no fetch | source healthy, fetch running | backoff | backoff over |
//! |---|---|---|---|---|
//! | fresh | token | token | token | token |
//! | advisory | token; fetch beside | token | token | token; fetch beside |
//! | mandatory | fetch; wait a little | wait while the fetch is young, else token | token | token; fetch beside |
//! | expired, rejected, none | fetch; wait | wait | the error | fetch; wait |
//!
//! During the backoff after a failed fetch the source is not called. "Wait a little" ends after
//! [`PATIENCE`] with the old token: a usable token takes precedence over waiting and over an error.
//!
//! # What a fetch brings
//!
//! ```text
//!                        ┌─────────── Get ───────────┐
//!                        ▼                           │
//!   cold ──── Get ──► fetching ── good token ──► fresh ─► advisory ─► mandatory ─► expired
//!     ▲                  │  ▲                        │                              │
//!     │             error│  │rest over, Get          │ Rejected                     │
//!     │                  ▼  │                        ▼                              │
//!   Forget            resting ◄── same string ── rejected ── Get ──► fetching ◄─────┘
//! ```
//!
//! * A good token ends the backoff. One that is no better than the held one (the same string, or about to expire when it
//!   arrives) counts as a failure, so that an endpoint that repeats itself is not called in a tight loop; any validity that
//!   it adds is used.
//! * A rejected string is never served again, even from another fetch.
//! * The response to an older fetch never replaces a newer token.
//!
//! **The refresh point is random around the window, not inside it.** The window is 10 % of the life, from 30 s to half
//! of it. For lives up to five minutes it would coincide with the last 30 s in which callers wait for the refresh; half a
//! window earlier, where the life is long enough, callers of a healthy endpoint never wait.

use std::{collections::VecDeque, time::Duration};

use crate::provider::{AuthError, AuthErrorKind};
use crate::provider::{TokenEvent, TokenPhase, TokenStatus};
use crate::token::{AccessToken, Fingerprint, Lifetime, Moment};

/// Maximum wait of a caller for a fetch while its token is still valid.
const PATIENCE: Duration = Duration::from_secs(2);
/// A fetch of this age counts as lost. The shell's own deadline is half of it.
const DEAD: Duration = Duration::from_secs(60);
/// The backoff after a first failure, tripled with every further one up to [`MAX_REST`]: with one quick repetition in the
/// source, at most 8 requests in any 60 s.
const FIRST_REST: Duration = Duration::from_secs(1);
/// Maximum backoff, and so the maximum delay after the end of an outage.
const MAX_REST: Duration = Duration::from_secs(30);
/// The same two for a refusal after which a retry does not help.
const FIRST_REFUSAL: Duration = Duration::from_secs(5);
const MAX_REFUSAL: Duration = Duration::from_secs(60);
/// Maximum backoff that a source can request, like the `Retry-After` of the endpoint.
const LONGEST_ASKED: Duration = Duration::from_secs(300);
/// Minimum time between two fetches of valid tokens with a short lifetime.
const MIN_DISTANCE: Duration = Duration::from_secs(1);
/// The number of rejected tokens that are remembered.
const REMEMBERED: usize = 8;

/// An input of the machine.
#[derive(Debug)]
pub(crate) enum Event {
    /// A caller requests a token.
    Get,
    /// A fetch ended. The token carries the number of its fetch as its generation.
    Fetched { flight: u64, result: Result<AccessToken, AuthError> },
    /// A fetch will never end, because its task is gone.
    Lost { flight: u64 },
    /// A fetch ended because the runtime where it began cannot carry one. That concerns only the callers there, so it does
    /// not count as a failure and causes no backoff.
    Unfit { flight: u64 },
    /// The API rejected the token of this fingerprint.
    Rejected(Fingerprint),
    /// Log out: forget the token.
    Forget,
    /// Forget the failure: something changed that justifies another attempt.
    Retry,
}

/// The answer to a caller.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Serve(AccessToken),
    Fail(AuthError),
    /// Wait for the running fetch, then ask again; with a limit, ask again when it is reached.
    Wait {
        at_most: Option<Duration>,
    },
}

/// The actions of the shell, in this order: start the fetch, report the events, answer the caller.
#[derive(Debug, Default)]
pub(crate) struct Actions {
    pub(crate) fetch: Option<u64>,
    pub(crate) tell: Vec<TokenEvent>,
    /// Present for [`Event::Get`] only.
    pub(crate) answer: Option<Answer>,
}

/// A promise until one of these times: `Get` answers with this token and has no other effect. Readers use it without the
/// lock.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    pub(crate) token: AccessToken,
    pub(crate) until: Moment,
}

/// The state of a provider.
#[derive(Debug)]
pub(crate) struct State {
    token: Option<Held>,
    flight: Option<Flight>,
    failure: Option<Failure>,
    rejected: VecDeque<Fingerprint>,
    /// Whether the last token was dropped because the API rejected it.
    after_rejection: bool,
    flights: u64,
    /// The number of the last fetch whose token is unwanted.
    forgotten: u64,
    /// The credential with which the last token was requested.
    asked_with: Option<Fingerprint>,
    lot: fastrand::Rng,
}

#[derive(Debug)]
struct Held {
    token: AccessToken,
    lifetime: Lifetime,
    windows: Windows,
}

#[derive(Debug, Clone, Copy)]
struct Flight {
    number: u64,
    started: Duration,
}

#[derive(Debug)]
struct Failure {
    error: AuthError,
    times: u32,
    /// No fetch begins before this time of the monotonic clock.
    until: Duration,
}

/// The times before a token's expiry at which its phases begin. They scale with the lifetime, so that a short-lived token
/// is not fetched on every call.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Windows {
    advisory: Duration,
    mandatory: Duration,
    patience: Duration,
}

impl Windows {
    /// Derives the times of a token. `lot` from 0 to 1 moves its refresh, so that processes started together do not
    /// stay in step.
    fn of(length: Duration, lot: f64) -> Self {
        let window = (length / 10).max(Duration::from_secs(30)).min(length / 2);
        let mandatory = Duration::from_secs(30).min(length / 4);
        let patience = PATIENCE.min(mandatory / 4);
        // At least a quarter of the window is random, half of it before its beginning if the life is long enough, so that a
        // slow refresh shows before callers would wait for it.
        let earliest = (window + window / 2).min(length / 2);
        let latest = window.min(earliest - window / 4).max(mandatory + 2 * patience);
        let advisory = latest + earliest.saturating_sub(latest).mul_f64(lot.clamp(0.0, 1.0));
        Self { advisory, mandatory, patience }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Age {
    Fresh,
    Advisory,
    Mandatory,
    Expired,
}

impl Held {
    fn new(token: AccessToken, lifetime: Lifetime, lot: f64) -> Self {
        Self { windows: Windows::of(lifetime.length, lot), token, lifetime }
    }

    fn age(&self, now: Moment) -> Age {
        let age = self.lifetime.age(now);
        if age >= self.lifetime.length {
            Age::Expired
        } else if age >= self.begin(self.windows.mandatory) {
            Age::Mandatory
        } else if age >= self.begin(self.windows.advisory) {
            Age::Advisory
        } else {
            Age::Fresh
        }
    }

    /// Returns the age at which a window begins, late enough that tokens of a second are not fetched twice in it.
    fn begin(&self, window: Duration) -> Duration {
        self.lifetime.length.saturating_sub(window).max(MIN_DISTANCE).min(self.lifetime.length)
    }
}

impl State {
    /// Creates a cold state. Equal seeds give equal random numbers.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            token: None,
            flight: None,
            failure: None,
            rejected: VecDeque::new(),
            after_rejection: false,
            flights: 0,
            forgotten: 0,
            asked_with: None,
            lot: fastrand::Rng::with_seed(seed),
        }
    }

    /// Decides on the actions for one event.
    pub(crate) fn decide(&mut self, now: Moment, event: Event) -> Actions {
        let mut actions = Actions::default();
        if self.flight.is_some_and(|flight| now.monotonic.saturating_sub(flight.started) >= DEAD) {
            self.flight = None;
        }
        match event {
            Event::Get => self.get(now, &mut actions),
            Event::Fetched { flight, result } => self.land(now, flight, result, &mut actions),
            Event::Lost { flight } | Event::Unfit { flight } => {
                self.flight.take_if(|current| current.number == flight);
            }
            Event::Rejected(fingerprint) => self.reject(fingerprint, &mut actions),
            Event::Forget => {
                if let Some(held) = self.token.take() {
                    actions.tell.push(TokenEvent::Dropped { generation: held.token.generation() });
                }
                self.flight = None;
                self.forgotten = self.flights;
                self.after_rejection = false;
            }
            Event::Retry => {
                self.failure = None;
                self.flight = None;
            }
        }
        actions
    }

    fn get(&mut self, now: Moment, actions: &mut Actions) {
        let resting = self.failure.as_ref().filter(|failure| now.monotonic < failure.until);
        let failing = self.failure.is_some();
        let held = self.token.as_ref().map(|held| (held, held.age(now)));
        let flight = self.flight;
        let young = |flight: Flight, patience| now.monotonic.saturating_sub(flight.started) < patience;
        let (answer, fetch) = match held {
            Some((held, Age::Fresh)) => (Answer::Serve(held.token.clone()), false),
            Some((held, Age::Advisory)) => {
                (Answer::Serve(held.token.clone()), flight.is_none() && resting.is_none())
            }
            Some((held, Age::Mandatory)) => match flight {
                _ if failing => (Answer::Serve(held.token.clone()), flight.is_none() && resting.is_none()),
                Some(flight) if !young(flight, held.windows.patience) => {
                    (Answer::Serve(held.token.clone()), false)
                }
                _ => (Answer::Wait { at_most: Some(held.windows.patience) }, flight.is_none()),
            },
            Some((_, Age::Expired)) | None => match (flight, resting) {
                (Some(_), _) => (Answer::Wait { at_most: None }, false),
                (None, Some(failure)) => (Answer::Fail(failure.error.clone()), false),
                (None, None) => (Answer::Wait { at_most: None }, true),
            },
        };
        actions.answer = Some(answer);
        if fetch {
            self.flights += 1;
            self.flight = Some(Flight { number: self.flights, started: now.monotonic });
            actions.fetch = Some(self.flights);
        }
    }

    fn land(
        &mut self,
        now: Moment,
        flight: u64,
        result: Result<AccessToken, AuthError>,
        actions: &mut Actions,
    ) {
        let current = self.flight.take_if(|current| current.number == flight).is_some();
        let newest = self.token.as_ref().map_or(self.forgotten, |held| held.token.generation());
        let token = match result {
            // An abandoned fetch: its token is used if it is newer, its error is outdated.
            Ok(_) if flight <= newest => return,
            Ok(token) => token,
            Err(error) if current => return self.fail(now, error, actions),
            Err(_) => return,
        };
        let Some(lifetime) = token.lifetime() else { return };
        if self.rejected.contains(&token.fingerprint()) {
            let what = "the endpoint issued a token that the API has rejected already";
            return self.fail(now, AuthError::new(AuthErrorKind::TokenRejected, what), actions);
        }
        let held = Held::new(token, lifetime, self.lot.f64());
        let same = self.token.as_ref().is_some_and(|old| old.token.fingerprint() == held.token.fingerprint());
        let brief = lifetime.length < MIN_DISTANCE || held.age(now) >= Age::Mandatory;
        let weak = same || brief;
        let longer = |old: &Held| lifetime.left(now) > old.lifetime.left(now);
        if !lifetime.left(now).is_zero() && (!weak || self.token.as_ref().is_none_or(longer)) {
            self.adopt(held, actions);
        }
        if weak {
            let what = "the endpoint issued a token that is about to expire, or the same one again";
            self.fail(now, AuthError::new(AuthErrorKind::Unavailable, what), actions);
        } else {
            self.failure = None;
        }
    }

    fn adopt(&mut self, held: Held, actions: &mut Actions) {
        let generation = held.token.generation();
        let lifetime = held.lifetime.length;
        let asked_with = held.token.asked_with();
        if asked_with.is_some() && self.asked_with.is_some() && asked_with != self.asked_with {
            actions.tell.push(TokenEvent::Rotated { generation });
        }
        self.asked_with = asked_with.or(self.asked_with);
        self.after_rejection = false;
        actions.tell.push(match self.token.replace(held) {
            Some(_) => TokenEvent::Refreshed { generation, lifetime },
            None => TokenEvent::Obtained { generation, lifetime },
        });
    }

    fn fail(&mut self, now: Moment, error: AuthError, actions: &mut Actions) {
        let times = self.failure.as_ref().map_or(0, |failure| failure.times).saturating_add(1);
        let grow = 3_u32.saturating_pow(times - 1);
        let rest = if error.is_transient() {
            FIRST_REST.saturating_mul(grow).min(MAX_REST).mul_f64(0.75 + 0.25 * self.lot.f64())
        } else {
            // The first is from 1 to 5 s.
            let first = FIRST_REFUSAL.mul_f64(0.2 + 0.8 * self.lot.f64());
            let longest = MAX_REFUSAL.mul_f64(0.75 + 0.25 * self.lot.f64());
            first.saturating_mul(grow).min(longest)
        };
        // A foreign source may request any time.
        let asked = error.retry_after().unwrap_or_default().min(LONGEST_ASKED);
        let rest = rest.max(asked.mul_f64(1.0 + 0.1 * self.lot.f64()));
        self.failure =
            Some(Failure { error: error.clone(), times, until: now.monotonic.saturating_add(rest) });
        actions.tell.push(TokenEvent::Failed { error, failures: times, backoff: rest });
    }

    fn reject(&mut self, fingerprint: Fingerprint, actions: &mut Actions) {
        if !self.rejected.contains(&fingerprint) {
            self.rejected.push_back(fingerprint);
            if self.rejected.len() > REMEMBERED {
                self.rejected.pop_front();
            }
        }
        // A late rejection of an older token keeps the newer one.
        let Some(held) = self.token.take_if(|held| held.token.fingerprint() == fingerprint) else { return };
        self.after_rejection = true;
        actions.tell.push(TokenEvent::Rejected { generation: held.token.generation() });
    }

    pub(crate) fn is_fetching(&self) -> bool {
        self.flight.is_some()
    }

    /// Returns the token if it is valid.
    pub(crate) fn usable(&self, now: Moment) -> Option<AccessToken> {
        self.token.as_ref().filter(|held| held.age(now) != Age::Expired).map(|held| held.token.clone())
    }

    /// Returns the promise that readers may rely on.
    pub(crate) fn lease(&self, now: Moment) -> Option<Lease> {
        let held = self.token.as_ref()?;
        let until = match (&self.failure, &self.flight) {
            (None, None) => held.begin(held.windows.advisory),
            (None, Some(_)) => held.begin(held.windows.mandatory),
            (Some(_), Some(_)) => held.lifetime.length,
            (Some(failure), None) if now.monotonic < failure.until => held.lifetime.length,
            (Some(_), None) => held.begin(held.windows.advisory),
        };
        if held.lifetime.age(now) >= until {
            return None;
        }
        let obtained = held.lifetime.obtained;
        let mut monotonic = obtained.monotonic.saturating_add(until);
        if let (Some(failure), None) = (&self.failure, &self.flight)
            && now.monotonic < failure.until
        {
            monotonic = monotonic.min(failure.until);
        }
        if let Some(flight) = self.flight {
            monotonic = monotonic.min(flight.started.saturating_add(DEAD));
        }
        if now.monotonic >= monotonic {
            return None;
        }
        let wall = held.lifetime.wall_after(until);
        Some(Lease { token: held.token.clone(), until: Moment { monotonic, wall } })
    }

    pub(crate) fn status(&self, now: Moment) -> TokenStatus {
        let resting = self.failure.as_ref().filter(|failure| now.monotonic < failure.until);
        let age = self.token.as_ref().map(|held| held.age(now));
        let phase = match (age, resting) {
            (Some(Age::Fresh), _) => TokenPhase::Fresh,
            (Some(Age::Advisory), _) => TokenPhase::Advisory,
            (Some(Age::Mandatory), _) => TokenPhase::Mandatory,
            (_, Some(failure)) if !failure.error.is_transient() => TokenPhase::Refused,
            (_, Some(_)) => TokenPhase::BackingOff,
            (Some(Age::Expired), None) => TokenPhase::Expired,
            (None, None) if self.after_rejection => TokenPhase::Rejected,
            (None, None) => TokenPhase::Cold,
        };
        let rest = resting.map_or(Duration::ZERO, |failure| failure.until.saturating_sub(now.monotonic));
        let held = self.token.as_ref();
        TokenStatus {
            phase,
            generation: held.map(|held| held.token.generation()),
            age: held.map(|held| held.lifetime.age(now)),
            expires_in: held.map(|held| held.lifetime.left(now)),
            expires_at: held.and_then(|held| held.token.expires_at()),
            refresh_in: held
                .map(|held| {
                    held.begin(held.windows.advisory).saturating_sub(held.lifetime.age(now)).max(rest)
                })
                .or_else(|| resting.map(|_| rest)),
            fetching: self.flight.is_some(),
            last_error: self.failure.as_ref().map(|failure| failure.error.clone()),
            failures: self.failure.as_ref().map_or(0, |failure| failure.times),
        }
    }
}

#[cfg(test)]
mod invariants;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod scenarios;

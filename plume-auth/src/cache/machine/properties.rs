//! Properties of every sequence of events.

use std::collections::HashSet;

use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::cache::machine::scenarios::token;

#[derive(Debug, Clone)]
enum Do {
    Get,
    /// Ends the running fetch with a token of this many seconds, new or issued before.
    Succeed {
        lifetime_ms: u64,
        again: Option<usize>,
        took_ms: u64,
    },
    Fail {
        kind: AuthErrorKind,
        retry_after_s: Option<u64>,
    },
    Lose,
    RejectCurrent,
    RejectOld(usize),
    Forget,
    Advance {
        ms: u64,
    },
    Wall {
        seconds: i64,
    },
}

fn step() -> impl Strategy<Value = Do> {
    use AuthErrorKind::{CredentialsRejected, Throttled, Unavailable};
    prop_oneof![
        10 => Just(Do::Get),
        6 => (
            prop_oneof![1_u64..5_000, 5_000_u64..700_000, Just(86_400_000_u64)],
            proptest::option::weighted(0.2, 0_usize..20),
            prop_oneof![4 => Just(0_u64), 1 => 0_u64..40_000],
        )
            .prop_map(|(lifetime_ms, again, took_ms)| Do::Succeed { lifetime_ms, again, took_ms }),
        3 => (
            prop_oneof![3 => Just(Unavailable), 1 => Just(CredentialsRejected), 1 => Just(Throttled)],
            proptest::option::weighted(0.2, 0_u64..400),
        )
            .prop_map(|(kind, retry_after_s)| Do::Fail { kind, retry_after_s }),
        1 => Just(Do::Lose),
        2 => Just(Do::RejectCurrent),
        1 => (0_usize..20).prop_map(Do::RejectOld),
        1 => Just(Do::Forget),
        8 => prop_oneof![0_u64..3_000, 0_u64..90_000, 0_u64..1_000_000].prop_map(|ms| Do::Advance { ms }),
        1 => (-100_000_i64..100_000).prop_map(|seconds| Do::Wall { seconds }),
    ]
}

/// A second, simpler model.
struct Witness {
    state: State,
    now: Moment,
    flight: Option<(u64, Moment)>,
    /// Every string issued, with the times of the last request for it and its lifetime.
    issued: Vec<(String, Lifetime)>,
    rejected: HashSet<String>,
    published: Option<Lease>,
    /// The newest fetch that was begun, and the newest whose token is unwanted.
    begun: u64,
    forgotten: u64,
}

impl Witness {
    fn decide(&mut self, event: Event) -> Actions {
        let in_time =
            |lease: &Lease| self.now.monotonic < lease.until.monotonic && self.now.wall < lease.until.wall;
        let lease = self.published.take().filter(in_time);
        let getting = matches!(event, Event::Get);
        let usable = self.state.usable(self.now);
        let actions = self.state.decide(self.now, event);
        self.state.invariants(self.now);
        if let Some(number) = actions.fetch {
            self.flight = Some((number, self.now));
            self.begun = number;
        }
        let generation = self.state.usable(self.now).map(|token| token.generation());
        assert!(generation.is_none_or(|generation| generation > self.forgotten), "a forgotten token is back");
        if getting {
            self.judge(lease, usable, &actions);
        }
        // As the shell does it. It has to hold until the next event.
        self.published = self.state.lease(self.now);
        actions
    }

    fn judge(&self, lease: Option<Lease>, usable: Option<AccessToken>, actions: &Actions) {
        let served = match &actions.answer {
            Some(Answer::Serve(token)) => Some(token),
            _ => None,
        };
        if let Some(token) = served {
            let text = token.expose_token();
            assert!(!self.rejected.contains(text), "a rejected token is served");
            let best =
                self.issued.iter().filter(|(other, _)| other == text).map(|(_, life)| life.left(self.now));
            assert!(best.max().is_some_and(|left| !left.is_zero()), "an expired token is served");
        }
        if usable.is_some() {
            assert!(!matches!(actions.answer, Some(Answer::Fail(_))), "an error although a token is usable");
            assert!(
                !matches!(actions.answer, Some(Answer::Wait { at_most: None })),
                "an endless wait although a token is usable"
            );
        }
        if let Some(lease) = lease {
            assert!(actions.fetch.is_none(), "readers would have missed a fetch");
            assert_eq!(
                served.map(AccessToken::generation),
                Some(lease.token.generation()),
                "readers would have got another token"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_events_breaks_a_promise(seed: u64, steps in proptest::collection::vec(step(), 1..120)) {
        let wall = DateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let mut witness = Witness {
            state: State::new(seed),
            now: Moment { monotonic: Duration::from_secs(1_000), wall },
            flight: None,
            issued: Vec::new(),
            rejected: HashSet::new(),
            published: None,
            begun: 0,
            forgotten: 0,
        };
        for step in steps {
            match step {
                Do::Get => drop(witness.decide(Event::Get)),
                Do::Succeed { lifetime_ms, again, took_ms } => {
                    let Some((flight, obtained)) = witness.flight.take() else { continue };
                    let took = Duration::from_millis(took_ms);
                    witness.now.monotonic += took;
                    witness.now.wall += took;
                    let old = again.and_then(|index| witness.issued.get(index)).map(|(text, _)| text.clone());
                    let text = old.unwrap_or_else(|| format!("token-{flight}"));
                    let length = Duration::from_millis(lifetime_ms);
                    witness.issued.push((text.clone(), Lifetime { obtained, length }));
                    let result = Ok(token(&text, length, obtained, flight));
                    witness.decide(Event::Fetched { flight, result });
                }
                Do::Fail { kind, retry_after_s } => {
                    let Some((flight, _)) = witness.flight.take() else { continue };
                    let wait = retry_after_s.map(Duration::from_secs);
                    let error =
                        AuthError::answered(kind, http::StatusCode::OK, None, "scripted".to_owned(), wait);
                    let noted = !witness.decide(Event::Fetched { flight, result: Err(error) }).tell.is_empty();
                    if let (Some(wait), true) = (wait, noted) {
                        // No call before the time that was named.
                        let actions = witness.decide(Event::Get);
                        assert!(wait.is_zero() || actions.fetch.is_none());
                    }
                }
                Do::Lose => {
                    if let Some((flight, _)) = witness.flight.take() {
                        witness.decide(Event::Lost { flight });
                    }
                }
                Do::RejectCurrent => {
                    if let Some(token) = witness.state.usable(witness.now) {
                        // The machine remembers a bounded number, and so does the model.
                        if witness.rejected.len() < REMEMBERED {
                            witness.rejected.insert(token.expose_token().to_owned());
                            witness.decide(Event::Rejected(token.fingerprint()));
                        }
                    }
                }
                Do::RejectOld(index) => {
                    let old = witness.issued.get(index).map(|(text, _)| text.clone());
                    if let Some(text) = old.filter(|_| witness.rejected.len() < REMEMBERED) {
                        let newer = witness.state.usable(witness.now).filter(|token| token.expose_token() != text);
                        witness.decide(Event::Rejected(Fingerprint::of(&text)));
                        witness.rejected.insert(text);
                        let still = witness.state.usable(witness.now).map(|token| token.generation());
                        assert_eq!(still, newer.map(|token| token.generation()), "a late rejection hit another token");
                    }
                }
                Do::Forget => {
                    // The running fetch still ends, later.
                    witness.forgotten = witness.begun;
                    witness.decide(Event::Forget);
                    assert!(witness.state.usable(witness.now).is_none());
                }
                Do::Advance { ms } => {
                    witness.now.monotonic += Duration::from_millis(ms);
                    witness.now.wall += Duration::from_millis(ms);
                }
                Do::Wall { seconds } => {
                    let by = Duration::from_secs(seconds.unsigned_abs());
                    witness.now.wall = if seconds < 0 { witness.now.wall - by } else { witness.now.wall + by };
                }
            }
        }
        // After any sequence, a good response some minutes later ends in a valid token.
        witness.now.monotonic += Duration::from_secs(500);
        witness.now.wall += Duration::from_secs(500);
        let actions = witness.decide(Event::Get);
        if let Some(flight) = actions.fetch {
            let good = token("good", Duration::from_secs(600), witness.now, flight);
            witness.issued.push(("good".to_owned(), good.lifetime().unwrap()));
            witness.decide(Event::Fetched { flight, result: Ok(good) });
        }
        let actions = witness.decide(Event::Get);
        let recovered = matches!(actions.answer, Some(Answer::Serve(_)));
        assert!(recovered, "it does not recover: {:?}", actions);
    }

    /// Callers call all the time, and every fetch fails.
    #[test]
    fn an_outage_costs_eight_requests_a_minute_at_most(
        seed: u64,
        refused: bool,
        lifetime_s in proptest::option::of(1_u64..100_000),
        step_ms in 20_u64..1_000,
    ) {
        let mut now = Moment { monotonic: Duration::ZERO, wall: DateTime::UNIX_EPOCH };
        let mut state = State::new(seed);
        let mut fetches: Vec<Duration> = Vec::new();
        if let Some(lifetime_s) = lifetime_s {
            let flight = state.decide(now, Event::Get).fetch.unwrap();
            let good = token("good", Duration::from_secs(lifetime_s), now, flight);
            state.decide(now, Event::Fetched { flight, result: Ok(good) });
            let skip = state.status(now).refresh_in.unwrap();
            now.monotonic += skip;
            now.wall += skip;
        }
        let kind = if refused { AuthErrorKind::CredentialsRejected } else { AuthErrorKind::Unavailable };
        let end = now.monotonic + Duration::from_secs(300);
        while now.monotonic < end {
            if let Some(flight) = state.decide(now, Event::Get).fetch {
                fetches.push(now.monotonic);
                state.decide(now, Event::Fetched { flight, result: Err(AuthError::new(kind, "down")) });
            }
            let by = Duration::from_millis(step_ms);
            now.monotonic += by;
            now.wall += by;
        }
        let window = Duration::from_secs(60);
        for (index, first) in fetches.iter().enumerate() {
            let many = fetches.iter().skip(index).take_while(|at| **at - *first < window).count();
            // The source may retry the first fetch of an outage twice.
            assert!(many + 2 <= 8, "{many} in 60 s: {fetches:?}");
        }
    }
}

//! Drives the machine with every file in `tests/scenarios/`.
//!
//! A file holds a `title`, a `seed`, and `steps`. A step `do`es one thing and may expect what follows from it:
//!
//! | `do` | with |
//! |---|---|
//! | `get` | |
//! | `fetch succeeds` | `token`, `lifetime_s`; the fetch took `took_s`; `flight` if it is not the newest |
//! | `fetch fails` | `kind`, `retry_after_s`; `flight` |
//! | `advance` | `s`: both clocks |
//! | `advance wall only` | `s`, which may be negative |
//! | `invalidate` | `token` |
//! | `lose`, `forget`, `retry` | |
//!
//! and expects `answer` (`serve TEXT`, `wait`, `wait briefly`, `fail KIND`), `fetch` (true when one is started),
//! `tell` (the names of the events), `phase`. Other effects are not checked, except `fetch`: an
//! unexpected fetch is a failure.

use chrono::DateTime;
use serde_json::{Map, Value};

use super::*;
use crate::token::{IssuedToken, RequestMark};

const WORDS: &[&str] = &[
    "do",
    "token",
    "lifetime_s",
    "took_s",
    "flight",
    "kind",
    "retry_after_s",
    "s",
    "answer",
    "fetch",
    "tell",
    "phase",
    "why",
];

struct Run {
    state: State,
    now: Moment,
    newest: u64,
}

fn kind(name: &str) -> AuthErrorKind {
    use AuthErrorKind::*;
    *[Unavailable, Throttled, Blocked, CredentialsRejected, Configuration, Protocol, TokenRejected, Internal]
        .iter()
        .find(|kind| format!("{kind:?}") == name)
        .unwrap_or_else(|| panic!("no kind of error is called {name}"))
}

fn seconds(step: &Map<String, Value>, word: &str) -> f64 {
    step.get(word).map_or(0.0, |value| value.as_f64().unwrap_or_else(|| panic!("{word} is a number")))
}

fn text<'a>(step: &'a Map<String, Value>, word: &str) -> &'a str {
    step.get(word).and_then(Value::as_str).unwrap_or_else(|| panic!("{word} is missing"))
}

pub(super) fn token(text: &str, lifetime: Duration, obtained: Moment, flight: u64) -> AccessToken {
    AccessToken::new(&IssuedToken::new(text, lifetime).unwrap(), flight, Some((obtained, RequestMark::now())))
        .unwrap()
}

impl Run {
    fn step(&mut self, step: &Map<String, Value>) {
        if let Some(word) = step.keys().find(|word| !WORDS.contains(&word.as_str())) {
            panic!("unknown word `{word}`");
        }
        let flight = step.get("flight").and_then(Value::as_u64).unwrap_or(self.newest);
        let event = match text(step, "do") {
            "advance" => {
                let by = Duration::from_secs_f64(seconds(step, "s"));
                self.now.monotonic += by;
                self.now.wall += by;
                return self.check(step, &Actions::default());
            }
            "advance wall only" => {
                let by = seconds(step, "s");
                let distance = Duration::from_secs_f64(by.abs());
                self.now.wall = if by < 0.0 { self.now.wall - distance } else { self.now.wall + distance };
                return self.check(step, &Actions::default());
            }
            "get" => Event::Get,
            "fetch succeeds" => {
                let took = Duration::from_secs_f64(seconds(step, "took_s"));
                let obtained = Moment { monotonic: self.now.monotonic - took, wall: self.now.wall - took };
                let lifetime = Duration::from_secs_f64(seconds(step, "lifetime_s"));
                Event::Fetched { flight, result: Ok(token(text(step, "token"), lifetime, obtained, flight)) }
            }
            "fetch fails" => {
                let kind = kind(text(step, "kind"));
                let wait = step.get("retry_after_s").map(|_| seconds(step, "retry_after_s"));
                let error = AuthError::answered(
                    kind,
                    http::StatusCode::IM_A_TEAPOT,
                    None,
                    "scripted".to_owned(),
                    wait.map(Duration::from_secs_f64),
                );
                Event::Fetched { flight, result: Err(error) }
            }
            "invalidate" => Event::Rejected(Fingerprint::of(text(step, "token"))),
            "lose" => Event::Lost { flight },
            "forget" => Event::Forget,
            "retry" => Event::Retry,
            other => panic!("unknown action `{other}`"),
        };
        let actions = self.state.decide(self.now, event);
        self.newest = actions.fetch.unwrap_or(self.newest);
        self.check(step, &actions);
    }

    fn check(&self, step: &Map<String, Value>, actions: &Actions) {
        let answer = actions.answer.as_ref().map(|answer| match answer {
            Answer::Serve(token) => format!("serve {}", token.expose_token()),
            Answer::Fail(error) => format!("fail {:?}", error.kind()),
            Answer::Wait { at_most: None } => "wait".to_owned(),
            Answer::Wait { at_most: Some(_) } => "wait briefly".to_owned(),
        });
        if let Some(expected) = step.get("answer") {
            assert_eq!(answer.as_deref(), expected.as_str());
        }
        let expected = step.get("fetch").is_some_and(|fetch| fetch == true);
        assert_eq!(actions.fetch.is_some(), expected, "a fetch is started");
        if let Some(expected) = step.get("tell") {
            let told: Vec<String> = actions
                .tell
                .iter()
                .map(|event| {
                    let text = format!("{event:?}");
                    text.split([' ', '{']).next().unwrap_or_default().to_lowercase()
                })
                .collect();
            assert_eq!(&Value::from(told), expected);
        }
        if let Some(expected) = step.get("phase") {
            let phase = format!("{:?}", self.state.status(self.now).phase);
            assert_eq!(&Value::from(phase), expected);
        }
    }
}

#[test]
fn every_scenario_holds() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios");
    let mut scenarios = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert!(file.get("title").is_some_and(Value::is_string), "{}: no title", path.display());
        // For any seed, unless a scenario sets one.
        let seeds = file.get("seed").and_then(Value::as_u64).map_or(0..20, |seed| seed..seed + 1);
        for seed in seeds {
            let wall = DateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
            let now = Moment { monotonic: Duration::from_secs(1_000), wall };
            let mut run = Run { state: State::new(seed), now, newest: 0 };
            let steps = file.get("steps").and_then(Value::as_array).unwrap();
            for (number, step) in steps.iter().enumerate() {
                let step = step.as_object().unwrap();
                let held = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run.step(step)));
                assert!(held.is_ok(), "{}, seed {seed}, step {}: {step:?}", path.display(), number + 1);
            }
        }
        scenarios += 1;
    }
    assert!(scenarios >= 20, "{scenarios} scenarios");
}

#[test]
fn windows_scale_with_the_lifetime() {
    for (length, earliest, latest, mandatory) in [
        (1.0, 0.5, 0.375, 0.25),
        (60.0, 30.0, 22.5, 15.0),
        (120.0, 45.0, 34.0, 30.0),
        (300.0, 45.0, 34.0, 30.0),
        (600.0, 90.0, 60.0, 30.0),
        (3_600.0, 540.0, 360.0, 30.0),
        (86_400.0, 12_960.0, 8_640.0, 30.0),
    ] {
        let length = Duration::from_secs_f64(length);
        let window = (length / 10).max(Duration::from_secs(30)).min(length / 2);
        let (first, last) = (Windows::of(length, 1.0), Windows::of(length, 0.0));
        assert_eq!(first.advisory.as_secs_f64(), earliest, "{length:?}");
        assert_eq!(last.advisory.as_secs_f64(), latest, "{length:?}");
        assert_eq!(first.mandatory.as_secs_f64(), mandatory, "{length:?}");
        assert!(first.advisory - last.advisory >= window / 5, "{length:?}: spread over 20 % of the window");
        assert!(last.advisory > last.mandatory, "{length:?}");
    }
}

#[test]
fn no_source_makes_it_rest_for_ever() {
    for asked in [Duration::MAX, Duration::from_secs(u64::MAX), LONGEST_ASKED + Duration::from_nanos(1)] {
        let mut now = Moment { monotonic: Duration::ZERO, wall: DateTime::UNIX_EPOCH };
        let mut state = State::new(1);
        let flight = state.decide(now, Event::Get).fetch.unwrap();
        state.decide(now, Event::Fetched { flight, result: Err(AuthError::throttled("busy", asked)) });
        now.monotonic = LONGEST_ASKED;
        assert!(state.decide(now, Event::Get).fetch.is_none(), "it rests for as long as may be asked");
        now.monotonic = LONGEST_ASKED.mul_f64(1.1);
        assert!(state.decide(now, Event::Get).fetch.is_some(), "{asked:?}");
    }
}

#[test]
fn a_runtime_that_cannot_carry_a_fetch_costs_no_rest() {
    let now = Moment { monotonic: Duration::ZERO, wall: DateTime::UNIX_EPOCH };
    let mut state = State::new(1);
    for _ in 0..10 {
        let flight = state.decide(now, Event::Get).fetch.unwrap();
        let actions = state.decide(now, Event::Unfit { flight });
        assert!(actions.tell.is_empty());
        let status = state.status(now);
        assert_eq!((status.failures, status.fetching, status.last_error.is_none()), (0, false, true));
    }
}

use fastrand::Rng;
use plume_auth::{StaticToken, TokenProvider};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

impl<E, R> Machine<E, R> {
    /// Panics unless everything holds.
    fn invariants(&self) {
        assert!(self.tries <= self.policy.tries, "{} tries of {}", self.tries, self.policy.tries);
        assert!(self.requests >= self.tries, "a try without a request");
        assert!(self.requests <= self.tries + 1 || !self.is_replayed(), "replayed more than once");
        assert!(self.refused.is_none() || self.is_replayed(), "a 401 without a replay");
    }
}

fn outcome(rng: &mut Rng) -> Outcome<(), u32, u32> {
    match rng.u32(0..10) {
        0 => Outcome::Done(()),
        1 => Outcome::Refused(1),
        2 => Outcome::Failed(2, NotRetried::NotRepeatable),
        3 | 4 => Outcome::Unauthorized(3),
        _ => Outcome::Again(4, [None, Some(SECOND * rng.u32(0..20))][rng.usize(0..2)]),
    }
}

#[test]
fn no_sequence_of_outcomes_breaks_the_bounds() {
    let tokens: Vec<_> =
        ["one", "two"].map(|text| StaticToken::new(text).unwrap().ready().unwrap().key()).into();
    let (mut rng, mut ends) = (Rng::with_seed(1), [0; 5]);
    for _ in 0..20_000 {
        let (tries, deadline) = (rng.u32(1..5), SECOND * rng.u32(0..60));
        let (budget, mut now) = (Budget::new(Duration::ZERO), SECOND * rng.u32(0..3));
        let policy = RetryPolicy::default().max_attempts(tries);
        let mut machine = Machine::new(policy, now, deadline, rng.u32(0..10) == 0);
        let start = now;
        let end = loop {
            if machine.left(now).is_zero() || rng.u32(0..20) == 0 {
                let had_failed = machine.last.is_some();
                match machine.unready(Unready::NoTime, 0) {
                    Stop::Error(0, None) => assert!(!had_failed, "the failure before is lost"),
                    Stop::Error(4, Some(NotRetried::Deadline)) => assert!(had_failed),
                    other => panic!("{other:?}"),
                }
                break 0;
            }
            let token = tokens[rng.usize(0..2)];
            let same = machine.refused.is_some() && machine.replaced == Some(token);
            assert_eq!(machine.has_token(token).is_some(), same);
            if same {
                break 1;
            }
            now += SECOND * rng.u32(0..5);
            let step = machine.ended(now, outcome(&mut rng), &budget, rng.f64());
            budget.invariants(now);
            match step {
                Step::Done(()) => break 2,
                Step::Stop(_) => break 3,
                Step::Resolve(_) if machine.is_replayed() => break 4,
                Step::Resolve(refused) => machine.replay(refused, token),
                Step::Pause(pause) => {
                    assert!(now - start + pause < deadline, "a pause beyond the deadline");
                    now += pause;
                }
            }
            machine.invariants();
        };
        machine.invariants();
        ends[end] += 1;
    }
    assert!(ends.iter().all(|count| *count > 100), "{ends:?}");
}

#[test]
fn check_does_not_verify_its_own_401() {
    let mut machine = Machine::<(), ()>::new(RetryPolicy::default(), Duration::ZERO, SECOND, true);
    let step =
        machine.ended::<()>(Duration::ZERO, Outcome::Unauthorized(()), &Budget::new(Duration::ZERO), 0.0);
    assert!(matches!(step, Step::Stop(Stop::Unauthorized((), Cause::Token))), "{step:?}");
    assert!(!machine.may_rest());
}

//! Scenarios, and random schedules of calls that are polled late, dropped and overtaken.

use std::collections::HashSet;

use plume_auth::{StaticToken, TokenProvider};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Returns the key of the token `number`.
fn key(number: usize) -> TokenKey {
    StaticToken::new(&format!("not-a-token-{number}")).unwrap().ready().unwrap().key()
}

fn target(subject: u64) -> Target {
    Target { subject, operation: "get" }
}

/// Returns a machine that knows the token 1 and nothing else.
fn machine() -> Machine<&'static str> {
    let mut machine = Machine::default();
    machine.sent(key(1));
    machine
}

/// Returns a 401 that came now, to a call with the token `token` that was not requested for it.
fn refusal(machine: &mut Machine<&'static str>, token: usize, subject: u64) -> Refusal {
    let received = machine.received();
    Refusal {
        token: key(token),
        target: target(subject),
        names_token: false,
        fresh: false,
        replayed: false,
        received,
    }
}

#[test]
fn a_token_that_was_requested_for_the_call_is_not_to_blame() {
    let mut machine = machine();
    let fresh = Refusal { fresh: true, ..refusal(&mut machine, 1, 7) };
    assert_eq!(machine.decide(SECOND, &fresh), Decision::Fail(Cause::Target));
    // No call was accepted yet, so the second one asks the issuer, once per token.
    let next = refusal(&mut machine, 1, 7);
    assert_eq!(machine.decide(SECOND, &next), Decision::Check(1, How::Ask));
    machine.checked(1, key(1), Checked::Accepted);
    assert_eq!(machine.decide(SECOND, &next), Decision::Fail(Cause::Target));
    let next = refusal(&mut machine, 1, 7);
    assert_eq!(machine.decide(SECOND, &next), Decision::Fail(Cause::Target));
    // A success takes the mark away.
    machine.accepted(key(1), target(7), None);
    let next = refusal(&mut machine, 1, 7);
    assert_eq!(machine.decide(SECOND, &next), Decision::Check(2, How::Ask));
}

#[test]
fn a_token_that_was_revoked_before_its_first_use_is_noticed_by_the_second_call() {
    let mut machine = machine();
    let fresh = Refusal { fresh: true, ..refusal(&mut machine, 1, 7) };
    assert_eq!(machine.decide(SECOND, &fresh), Decision::Fail(Cause::Target));
    let next = refusal(&mut machine, 1, 7);
    assert_eq!(machine.decide(SECOND, &next), Decision::Check(1, How::Ask));
    assert!(machine.checked(1, key(1), Checked::Refused), "the token goes");
    assert_eq!(machine.decide(SECOND, &next), Decision::Replay);
}

#[test]
fn a_token_that_was_accepted_and_then_revoked_is_noticed_behind_a_mark_on_trust() {
    let mut machine = machine();
    machine.accepted(key(1), target(1), Some("read 1"));
    // Revoked. The token was requested for this call, which was slow.
    let fresh = Refusal { fresh: true, ..refusal(&mut machine, 1, 7) };
    assert_eq!(machine.decide(SECOND, &fresh), Decision::Fail(Cause::Target));
    let next = refusal(&mut machine, 1, 7);
    assert_eq!(machine.decide(SECOND, &next), Decision::Check(1, How::Repeat("read 1")));
    assert!(machine.checked(1, key(1), Checked::Refused), "the token goes");
    assert_eq!(machine.decide(SECOND, &next), Decision::Replay);
    // Where it was accepted after the mark, the mark costs nothing.
    machine.sent(key(2));
    let fresh = Refusal { fresh: true, ..refusal(&mut machine, 2, 7) };
    assert_eq!(machine.decide(SECOND, &fresh), Decision::Fail(Cause::Target));
    machine.accepted(key(2), target(1), Some("read 1"));
    for fresh in [false, true, false] {
        let next = Refusal { fresh, ..refusal(&mut machine, 2, 7) };
        assert_eq!(machine.decide(SECOND, &next), Decision::Fail(Cause::Target));
    }
}

#[test]
fn mark_is_valid_without_an_accepted_call_if_introspection_is_unsupported() {
    let mut machine = machine();
    let fresh = Refusal { fresh: true, ..refusal(&mut machine, 1, 7) };
    assert_eq!(machine.decide(SECOND, &fresh), Decision::Fail(Cause::Target));
    let next = refusal(&mut machine, 1, 7);
    assert_eq!(machine.decide(SECOND, &next), Decision::Check(1, How::Ask));
    machine.checked(1, key(1), Checked::CannotAsk);
    assert_eq!(machine.decide(SECOND, &next), Decision::Fail(Cause::Target));
}

#[test]
fn one_check_resolves_all_earlier_401s() {
    let mut machine = machine();
    machine.accepted(key(1), target(1), Some("read 1"));
    let [first, second] = [7, 8].map(|subject| refusal(&mut machine, 1, subject));
    assert_eq!(machine.decide(SECOND, &first), Decision::Check(1, How::Repeat("read 1")));
    assert_eq!(machine.decide(SECOND, &second), Decision::Wait(1, OVERDUE));
    // The third came after it began, so that check says nothing about it.
    let third = refusal(&mut machine, 1, 9);
    assert_eq!(machine.decide(2 * SECOND, &third), Decision::Wait(1, OVERDUE - SECOND));
    assert!(!machine.checked(1, key(1), Checked::Accepted));
    assert_eq!(machine.decide(SECOND, &second), Decision::Fail(Cause::Target));
    assert_eq!(machine.decide(SECOND, &first), Decision::Fail(Cause::Target));
    assert_eq!(machine.decide(SECOND, &third), Decision::Check(2, How::Repeat("read 1")));
    machine.invariants();
}

#[test]
fn refused_check_drops_the_token_once_and_all_calls_replay() {
    let mut machine = machine();
    machine.accepted(key(1), target(1), Some("read 1"));
    let [first, second] = [7, 8].map(|subject| refusal(&mut machine, 1, subject));
    assert_eq!(machine.decide(SECOND, &first), Decision::Check(1, How::Repeat("read 1")));
    assert!(machine.checked(1, key(1), Checked::Refused), "the token goes");
    assert_eq!(machine.decide(SECOND, &first), Decision::Replay);
    assert_eq!(machine.decide(SECOND, &second), Decision::Replay);
    machine.sent(key(2));
    // A late one, with the old token still.
    let late = refusal(&mut machine, 1, 9);
    assert_eq!(machine.decide(SECOND, &late), Decision::Replay);
    assert_eq!(machine.begin(SECOND), Ok(()), "no call has to wait");
}

#[test]
fn read_of_the_same_customer_is_no_evidence() {
    let mut machine = machine();
    machine.accepted(key(1), target(1), Some("read 1"));
    machine.accepted(key(1), target(2), Some("read 2"));
    let of_two = refusal(&mut machine, 1, 2);
    assert_eq!(machine.decide(SECOND, &of_two), Decision::Check(1, How::Repeat("read 1")));
    // With that customer alone the issuer is asked.
    let mut machine = tests::machine();
    machine.accepted(key(1), target(2), Some("read 2"));
    let of_two = refusal(&mut machine, 1, 2);
    assert_eq!(machine.decide(SECOND, &of_two), Decision::Check(1, How::Ask));
}

#[test]
fn without_any_witness_the_token_is_replaced_once_a_minute() {
    let mut machine = machine();
    let first = refusal(&mut machine, 1, 7);
    assert_eq!(machine.decide(SECOND, &first), Decision::Check(1, How::Ask));
    assert!(!machine.checked(1, key(1), Checked::CannotAsk));
    assert_eq!(machine.decide(SECOND, &first), Decision::Drop);
    machine.sent(key(2));
    let replayed = Refusal { fresh: true, replayed: true, ..refusal(&mut machine, 2, 7) };
    assert_eq!(machine.decide(2 * SECOND, &replayed), Decision::Fail(Cause::Target));
    // Within the minute another 401 costs nothing. It may mean the token, so nothing is said of the id, and it is not
    // marked.
    let next = refusal(&mut machine, 2, 8);
    assert_eq!(machine.decide(2 * SECOND, &next), Decision::Check(2, How::Ask));
    assert!(!machine.checked(2, key(2), Checked::CannotAsk));
    assert_eq!(machine.decide(60 * SECOND, &next), Decision::Fail(Cause::Unchecked));
    assert_eq!(machine.decide(61 * SECOND, &next), Decision::Drop);
    machine.sent(key(3));
    // Marks from before the replacement are not checked again.
    let marked = refusal(&mut machine, 3, 7);
    assert_eq!(machine.decide(200 * SECOND, &marked), Decision::Check(3, How::Ask));
    assert!(!machine.checked(3, key(3), Checked::CannotAsk));
    assert_eq!(machine.decide(200 * SECOND, &marked), Decision::Fail(Cause::Target));
    machine.invariants();
}

#[test]
fn the_only_home_of_a_client_is_not_called_unknown_when_its_token_is_revoked_soon_after_another() {
    let mut machine = machine();
    machine.accepted(key(1), target(7), Some("read 7"));
    let revoked = refusal(&mut machine, 1, 7);
    assert_eq!(machine.decide(SECOND, &revoked), Decision::Check(1, How::Ask));
    assert!(!machine.checked(1, key(1), Checked::CannotAsk));
    assert_eq!(machine.decide(SECOND, &revoked), Decision::Drop);
    machine.sent(key(2));
    machine.accepted(key(2), target(7), Some("read 7"));
    let again = refusal(&mut machine, 2, 7);
    assert_eq!(machine.decide(30 * SECOND, &again), Decision::Check(2, How::Ask));
    assert!(!machine.checked(2, key(2), Checked::CannotAsk));
    assert_eq!(machine.decide(30 * SECOND, &again), Decision::Fail(Cause::Unchecked));
    assert_eq!(machine.decide(61 * SECOND, &again), Decision::Drop);
}

#[test]
fn a_success_ends_a_mark_of_the_token_before_too() {
    let mut machine = machine();
    let first = Refusal { fresh: true, ..refusal(&mut machine, 1, 7) };
    assert_eq!(machine.decide(SECOND, &first), Decision::Fail(Cause::Target));
    machine.sent(key(2));
    // It was created meanwhile. Then the token is revoked.
    machine.accepted(key(2), target(7), None);
    let revoked = refusal(&mut machine, 2, 7);
    assert_eq!(machine.decide(SECOND, &revoked), Decision::Check(1, How::Ask));
    assert!(!machine.checked(1, key(2), Checked::CannotAsk));
    assert_eq!(machine.decide(SECOND, &revoked), Decision::Drop);
}

#[test]
fn marks_end_with_the_token_but_a_refresh_alone_leads_to_no_fetch() {
    let mut machine = machine();
    let first = Refusal { fresh: true, ..refusal(&mut machine, 1, 7) };
    assert_eq!(machine.decide(SECOND, &first), Decision::Fail(Cause::Target));
    machine.sent(key(2));
    let again = refusal(&mut machine, 2, 7);
    assert_eq!(machine.decide(600 * SECOND, &again), Decision::Check(1, How::Ask), "the mark has ended");
    assert!(!machine.checked(1, key(2), Checked::CannotAsk));
    assert_eq!(machine.decide(600 * SECOND, &again), Decision::Fail(Cause::Target));
    // After a refused token nothing is carried over.
    let named = Refusal { names_token: true, ..refusal(&mut machine, 2, 7) };
    assert_eq!(machine.decide(700 * SECOND, &named), Decision::Drop);
    machine.sent(key(3));
    let again = refusal(&mut machine, 3, 7);
    assert_eq!(machine.decide(800 * SECOND, &again), Decision::Check(2, How::Ask));
    assert!(!machine.checked(2, key(3), Checked::CannotAsk));
    assert_eq!(machine.decide(800 * SECOND, &again), Decision::Drop);
}

#[test]
fn new_tokens_that_are_refused_one_after_the_other_lead_to_a_growing_rest() {
    let mut machine = Machine::<&str>::default();
    let mut now = SECOND;
    let mut rests = Vec::new();
    for number in 1..=10 {
        machine.sent(key(number));
        let named = Refusal { names_token: true, fresh: true, ..refusal(&mut machine, number, 7) };
        assert_eq!(machine.decide(now, &named), Decision::Drop);
        let rest = machine.begin(now).err().unwrap_or_default();
        rests.push(rest.as_secs());
        now += rest;
        assert_eq!(machine.begin(now), Ok(()));
        machine.invariants();
    }
    assert_eq!(rests, [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
    // One that is accepted ends it.
    machine.sent(key(11));
    machine.accepted(key(11), target(7), None);
    let named = Refusal { names_token: true, ..refusal(&mut machine, 11, 7) };
    assert_eq!(machine.decide(now, &named), Decision::Drop);
    assert_eq!(machine.begin(now), Ok(()));
}

#[test]
fn a_token_that_cannot_be_replaced_is_used_on() {
    let mut machine = machine();
    let first = refusal(&mut machine, 1, 7);
    assert_eq!(machine.decide(SECOND, &first), Decision::Check(1, How::Ask));
    machine.checked(1, key(1), Checked::CannotAsk);
    assert_eq!(machine.decide(SECOND, &first), Decision::Drop);
    assert_eq!(machine.unchanged(key(1)), Cause::Unclear);
    let next = refusal(&mut machine, 1, 8);
    assert_eq!(machine.decide(SECOND, &next), Decision::Fail(Cause::Unclear), "no second look is of use");
    // An accepted call distinguishes the two.
    machine.accepted(key(1), target(1), Some("read 1"));
    let next = refusal(&mut machine, 1, 8);
    assert_eq!(machine.decide(SECOND, &next), Decision::Check(2, How::Repeat("read 1")));
    machine.checked(2, key(1), Checked::Refused);
    assert_eq!(machine.decide(SECOND, &next), Decision::Replay);
    assert_eq!(machine.unchanged(key(1)), Cause::Token);
    let next = refusal(&mut machine, 1, 8);
    assert_eq!(machine.decide(SECOND, &next), Decision::Fail(Cause::Token));
    machine.invariants();
}

#[test]
fn a_check_without_a_result_is_shared_too() {
    let mut machine = machine();
    machine.accepted(key(1), target(1), Some("read 1"));
    let [first, second] = [7, 8].map(|subject| refusal(&mut machine, 1, subject));
    assert_eq!(machine.decide(SECOND, &first), Decision::Check(1, How::Repeat("read 1")));
    machine.checked(1, key(1), Checked::Failed);
    assert_eq!(machine.decide(SECOND, &second), Decision::Fail(Cause::Unchecked));
    assert_eq!(machine.decide(SECOND, &first), Decision::Fail(Cause::Unchecked));
    let next = refusal(&mut machine, 1, 7);
    assert_eq!(machine.decide(SECOND, &next), Decision::Check(2, How::Repeat("read 1")));
}

#[test]
fn a_check_that_is_lost_or_overdue_is_begun_again() {
    let mut machine = machine();
    machine.accepted(key(1), target(1), Some("read 1"));
    let [first, second] = [7, 8].map(|subject| refusal(&mut machine, 1, subject));
    assert_eq!(machine.decide(SECOND, &first), Decision::Check(1, How::Repeat("read 1")));
    machine.lost(1);
    assert_eq!(machine.decide(SECOND, &second), Decision::Check(2, How::Repeat("read 1")));
    assert_eq!(machine.decide(SECOND + OVERDUE, &first), Decision::Check(3, How::Repeat("read 1")));
    assert!(!machine.checked(2, key(1), Checked::Refused), "it has timed out");
    assert_eq!(machine.running(), Some(3));
}

/// A cloud, a provider and their calls, all of whose steps are taken in any order.
struct World {
    machine: Machine<u64>,
    lot: fastrand::Rng,
    now: Duration,
    /// The token that the provider hands out, if it has one.
    held: Option<usize>,
    issued: usize,
    /// Tokens up to this one are not accepted any more.
    revoked: usize,
    /// Tokens that were revoked between their request and their first use.
    unlucky: HashSet<usize>,
    /// The number of them that a call accepted as valid, and the number of these that were dropped later.
    trusted: usize,
    noticed: usize,
    unlucky_in_a_row: usize,
    /// Customers below this number exist.
    known: u64,
    /// Whether the cloud says that it means the token.
    tells: bool,
    can_ask: bool,
    /// Checks that began, and 401s that were no replays' and not marked.
    checks: usize,
    doubts: usize,
    calls: Vec<Call>,
    ended: usize,
    /// Calls that ended without a verdict.
    unchecked: usize,
}

#[derive(Debug)]
struct Call {
    subject: u64,
    issued_before: usize,
    replaced: Option<usize>,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Begin,
    Sent(usize),
    Decide(Refusal, usize),
    Checking(Refusal, usize, u64, How<u64>),
    Waiting(Refusal, usize, u64, Duration),
    Over,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut lot = fastrand::Rng::with_seed(seed);
        Self {
            machine: Machine::default(),
            now: SECOND,
            held: None,
            issued: 0,
            revoked: 0,
            unlucky: HashSet::new(),
            trusted: 0,
            noticed: 0,
            unlucky_in_a_row: 0,
            known: 5,
            tells: lot.bool(),
            can_ask: lot.bool(),
            checks: 0,
            doubts: 0,
            calls: Vec::new(),
            ended: 0,
            unchecked: 0,
            lot,
        }
    }

    fn token(&mut self) -> usize {
        *self.held.get_or_insert_with(|| {
            self.issued += 1;
            self.issued
        })
    }

    fn drop_token(&mut self, token: usize) {
        assert!(token <= self.revoked || !self.can_ask, "token {token} was good");
        self.noticed += usize::from(self.unlucky.contains(&token));
        self.held.take_if(|held| *held == token);
    }

    fn accepts(&self, token: usize, subject: u64) -> bool {
        token > self.revoked && subject < self.known
    }

    /// Performs one random event.
    fn event(&mut self) {
        match self.lot.u32(0..100) {
            0..=19 if self.calls.len() < 12 => {
                let subject = self.lot.u64(0..10);
                self.calls.push(Call {
                    subject,
                    issued_before: self.issued,
                    replaced: None,
                    phase: Phase::Begin,
                });
            }
            20..=21 => self.now += Duration::from_millis(self.lot.u64(0..20_000)),
            // The provider refreshes in the normal course.
            22 => {
                self.issued += 1;
                self.held = Some(self.issued);
            }
            23 => {
                self.revoked = self.issued;
            }
            24..=26 if !self.calls.is_empty() => {
                let index = self.lot.usize(0..self.calls.len());
                let call = self.calls.swap_remove(index);
                if let Phase::Checking(_, _, number, _) = call.phase {
                    self.machine.lost(number);
                }
            }
            _ if !self.calls.is_empty() => {
                let index = self.lot.usize(0..self.calls.len());
                self.poll(index);
            }
            _ => {}
        }
        self.machine.invariants();
        self.now += Duration::from_millis(self.lot.u64(0..300));
    }

    /// Polls one call: it goes one step, or waits on.
    fn poll(&mut self, index: usize) {
        let mut call = self.calls.swap_remove(index);
        call.phase = match std::mem::replace(&mut call.phase, Phase::Over) {
            Phase::Begin => {
                if let Err(rest) = self.machine.begin(self.now) {
                    assert!(self.unlucky_in_a_row >= 2 && rest <= LONGEST_REST, "it rests without a reason");
                    self.ended += 1;
                    return;
                }
                let token = self.token();
                assert_ne!(call.replaced, Some(token), "the provider has dropped it");
                self.machine.sent(key(token));
                Phase::Sent(token)
            }
            Phase::Sent(token) if self.accepts(token, call.subject) => {
                self.machine.accepted(key(token), target(call.subject), Some(call.subject));
                self.ended += 1;
                self.unlucky_in_a_row = 0;
                return;
            }
            Phase::Sent(token) => {
                self.doubts += 1;
                self.unlucky_in_a_row += usize::from(token > call.issued_before && token <= self.revoked);
                let received = self.machine.received();
                let refusal = Refusal {
                    token: key(token),
                    target: target(call.subject),
                    names_token: self.tells && token <= self.revoked,
                    fresh: token > call.issued_before || call.replaced.is_some(),
                    replayed: call.replaced.is_some(),
                    received,
                };
                Phase::Decide(refusal, token)
            }
            Phase::Decide(refusal, token) => self.decide(&mut call, refusal, token),
            Phase::Checking(refusal, token, number, how) => {
                // It is made with the token that the provider has now.
                let (with, end) = match how {
                    How::Repeat(subject) => {
                        assert_ne!(subject, call.subject);
                        let with = self.token();
                        self.machine.sent(key(with));
                        let accepted = self.accepts(with, subject);
                        (with, if accepted { Checked::Accepted } else { Checked::Refused })
                    }
                    How::Ask if !self.can_ask => (token, Checked::CannotAsk),
                    How::Ask if token > self.revoked => (token, Checked::Accepted),
                    How::Ask => (token, Checked::Refused),
                };
                if self.machine.checked(number, key(with), end) {
                    self.drop_token(with);
                }
                Phase::Decide(refusal, token)
            }
            Phase::Waiting(refusal, token, number, until) => {
                if self.machine.running() == Some(number) && self.now < until {
                    Phase::Waiting(refusal, token, number, until)
                } else {
                    Phase::Decide(refusal, token)
                }
            }
            Phase::Over => unreachable!("it is not kept"),
        };
        if !matches!(call.phase, Phase::Over) {
            self.calls.push(call);
        }
    }

    fn decide(&mut self, call: &mut Call, refusal: Refusal, token: usize) -> Phase {
        match self.machine.decide(self.now, &refusal) {
            Decision::Drop => {
                self.drop_token(token);
                if refusal.replayed {
                    return self.fail(call, &refusal, token, Cause::Token);
                }
                call.replaced = Some(token);
                Phase::Begin
            }
            Decision::Replay => {
                assert!(!refusal.replayed, "twice is too often");
                assert_ne!(self.held, Some(token), "there is no other token");
                call.replaced = Some(token);
                Phase::Begin
            }
            Decision::Check(number, how) => {
                self.checks += 1;
                Phase::Checking(refusal, token, number, how)
            }
            Decision::Wait(number, at_most) => {
                assert!(at_most > Duration::ZERO && at_most <= OVERDUE);
                assert_eq!(self.machine.running(), Some(number));
                Phase::Waiting(refusal, token, number, self.now + at_most)
            }
            Decision::Fail(cause) => self.fail(call, &refusal, token, cause),
        }
    }

    fn fail(&mut self, call: &Call, refusal: &Refusal, token: usize, cause: Cause) -> Phase {
        self.ended += 1;
        // Without a witness the token is not replaced again for a while, and nothing is claimed.
        let no_witness =
            !self.can_ask && self.machine.reads.iter().all(|(subject, _)| *subject == call.subject);
        if cause == Cause::Unchecked && no_witness {
            self.unchecked += 1;
            return Phase::Over;
        }
        // A token that was requested for the call and revoked before it was used counts as good until the next call asks,
        // or to its end where nothing can be asked.
        if refusal.fresh && token <= self.revoked {
            self.trusted += usize::from(self.unlucky.insert(token));
        } else if !self.unlucky.contains(&token) || self.can_ask {
            assert!(call.subject >= self.known, "an existing customer fails: {call:?} {cause:?}");
            assert_eq!(cause, Cause::Target, "{call:?}");
        }
        Phase::Over
    }

    /// Polls all calls until they are complete.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            if self.calls.is_empty() {
                return;
            }
            let index = self.lot.usize(0..self.calls.len());
            self.poll(index);
            self.machine.invariants();
            self.now += Duration::from_millis(self.lot.u64(0..2_000));
        }
        panic!("they wait without end: {:?}", self.calls);
    }
}

#[test]
fn no_schedule_makes_an_existing_customer_fail_or_a_caller_hang() {
    let (mut ended, mut checks, mut unchecked) = (0, 0, 0);
    let (mut trusted, mut noticed) = (0, 0);
    for seed in 0..2_000 {
        let mut world = World::new(seed);
        for _ in 0..300 {
            world.event();
        }
        world.settle();
        assert!(
            world.checks <= world.doubts + 300,
            "{seed}: {} checks for {} 401s",
            world.checks,
            world.doubts
        );
        assert_eq!(world.machine.running(), None, "{seed}: an abandoned check");
        ended += world.ended;
        checks += world.checks;
        unchecked += world.unchecked;
        trusted += world.trusted;
        noticed += world.noticed;
    }
    assert!(ended > 50_000 && checks > 5_000, "{ended} calls ended, {checks} checks");
    assert!(trusted > 100 && noticed > 50, "{trusted} revoked tokens were taken for good, {noticed} noticed");
    assert!((100..5_000).contains(&unchecked), "{unchecked} calls ended without a verdict");
}

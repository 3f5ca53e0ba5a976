//! Laws of transitions, incidents and messages after every event of random schedules.

use plume_health::{RuleId, Status};
use plume_monitor::home::{Sample, Transition, TransitionKind, Verdict};
use plume_monitor::incident::Cause;
use plume_monitor::notify::{Decision, MessageKind};
use plume_monitor::schedule::CheckDetail;
use plume_monitor::sla::in_order;
use proptest::prelude::*;
use proptest::sample::select;

use crate::cases;
use crate::decisions::{House, at, cause, offline, pod, poor_qoe};

#[derive(Debug, Clone)]
enum Event {
    Check {
        causes: Vec<Cause>,
        full: bool,
    },
    Fail,
    /// A sample from this many seconds ago.
    Late(i64, Vec<Cause>),
    Maintenance(bool),
    Source(bool),
    Acknowledge,
    Snooze(i64),
    Quiet(Option<i64>),
    /// The clock is set back or forward.
    Jump(i64),
}

fn causes() -> impl Strategy<Value = Vec<Cause>> {
    let alert = cause(RuleId::NodeAlert, Status::Yellow, "c");
    prop_oneof![
        4 => Just(vec![]),
        4 => Just(vec![offline()]),
        6 => prop::collection::vec(select(vec![pod("a"), pod("b"), alert, poor_qoe()]), 0..4).prop_map(|mut causes| {
            causes.sort_by_key(|cause| cause.status);
            causes
        }),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        20 => (causes(), any::<bool>()).prop_map(|(causes, full)| Event::Check { causes, full }),
        4 => Just(Event::Fail),
        2 => (0_i64..4_000, causes()).prop_map(|(ago, causes)| Event::Late(ago, causes)),
        2 => any::<bool>().prop_map(Event::Maintenance),
        1 => any::<bool>().prop_map(Event::Source),
        2 => Just(Event::Acknowledge),
        1 => (60_i64..10_000).prop_map(Event::Snooze),
        1 => prop::option::of(60_i64..10_000).prop_map(Event::Quiet),
    ]
}

/// Runs of the same event, with the steps between its repetitions.
fn schedule(jumps: bool) -> impl Strategy<Value = Vec<(i64, Event)>> {
    let step = prop_oneof![6 => Just(60_i64), 3 => 30_i64..400, 1 => 1_000_i64..40_000];
    let weight = u32::from(jumps);
    let jump = prop_oneof![-90_000_i64..-100, 100_i64..90_000].prop_map(Event::Jump);
    let event = prop_oneof![20 => event(), weight => jump];
    prop::collection::vec((prop::collection::vec(step, 1..8), event), 1..40).prop_map(|runs| {
        runs.into_iter()
            .flat_map(|(steps, event)| steps.into_iter().map(move |step| (step, event.clone())))
            .collect()
    })
}

/// Applies one event at a second. Returns the second after it.
fn apply(house: &mut House, second: i64, event: &Event) -> i64 {
    match event {
        Event::Check { causes, full } => {
            house.detail = if *full { CheckDetail::Full } else { CheckDetail::Nodes };
            house.check(second, causes);
        }
        Event::Fail => drop(house.fail(second)),
        Event::Late(ago, causes) => {
            let verdict = Verdict::new(causes.clone(), "late");
            house.sample(&Sample::checked(at(second - ago), CheckDetail::Full, verdict));
        }
        Event::Maintenance(is_on) => house.context.in_maintenance = *is_on,
        Event::Source(is_down) => house.context.source_down = *is_down,
        Event::Acknowledge => {
            if let Some(incident) = house.incidents.last_mut() {
                let _ = incident.acknowledge(incident.seen(), "Ada", at(second));
            }
        }
        Event::Snooze(span) => {
            if let Some(incident) = house.incidents.last_mut() {
                let _ = incident.snooze(incident.seen(), "Ada", at(second + span), at(second));
            }
        }
        Event::Quiet(until) => house.quiet_until = until.map(|span| second + span),
        Event::Jump(by) => return second + by,
    }
    second
}

/// Returns the transitions that a message can be about. Data that is back is one of a home that is yellow or flaps.
fn changes(house: &House) -> usize {
    let is_well = |status| matches!(status, Status::Green | Status::Unknown);
    let about_data = |kind| matches!(kind, TransitionKind::Stale | TransitionKind::Fresh);
    let is_change = |transition: &&Transition| match transition.kind {
        TransitionKind::Fresh => !is_well(transition.to) || house.state.is_flapping(),
        kind => !about_data(kind),
    };
    house.transitions.iter().filter(is_change).count()
}

/// Counts the time without data, as a person would: the first failed check since the last data, without the time in which
/// a source was down.
#[derive(Default)]
struct Absence(Option<i64>);

impl Absence {
    /// After half an hour without data a home is known to be red or orange, or known to give no data.
    fn law(&mut self, house: &House, second: i64, event: &Event) -> Result<(), TestCaseError> {
        match event {
            Event::Fail if !house.context.source_down => drop(self.0.get_or_insert(second)),
            Event::Fail => self.0 = None,
            _ => {}
        }
        if house.state.no_data_since().is_none() {
            self.0 = None;
        }
        if !matches!(event, Event::Fail) || self.0.is_none_or(|since| second - since < 1_800) {
            return Ok(());
        }
        let open = house.incidents.iter().find(|incident| incident.is_open());
        let is_known =
            open.is_some_and(|one| one.situation.status == Status::Unknown && !one.situation.flapping);
        prop_assert!(is_known || house.state.confirmed() <= Status::Orange, "{:?}", house.words());
        Ok(())
    }
}

fn laws(house: &House) -> Result<(), TestCaseError> {
    // An incident is open exactly while there is trouble.
    let open: Vec<_> = house.incidents.iter().filter(|incident| incident.is_open()).collect();
    prop_assert!(open.len() <= 1);
    let is_trouble =
        !matches!(house.state.confirmed(), Status::Green | Status::Unknown) || house.state.is_flapping();
    prop_assert!(!is_trouble || open.len() == 1);
    let without_cause =
        |incident: &&&plume_monitor::incident::Incident| incident.situation.status == Status::Unknown;
    prop_assert!(is_trouble || open.iter().filter(|one| !without_cause(one)).count() == 0);
    if let (Some(incident), true, false) = (open.first(), is_trouble, house.state.is_flapping()) {
        let is_silent =
            incident.situation.status == Status::Unknown && house.state.confirmed() == Status::Yellow;
        prop_assert!(is_silent || incident.situation.status == house.state.confirmed());
    }
    // Transitions follow each other.
    for pair in house.transitions.windows(2) {
        prop_assert_eq!(pair[0].to, pair[1].from, "{:?}", house.words());
    }
    if let Some(last) = house.transitions.last() {
        prop_assert_eq!(last.to, house.state.status());
    }
    // Their times are in order, and lead to the present status.
    let statuses = in_order(&house.transitions);
    prop_assert!(statuses.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{:?}", house.words());
    if let (Some(last), Some(decided)) = (statuses.last(), house.transitions.last()) {
        prop_assert!(last.0 <= decided.at && last.1 == house.state.status(), "{:?}", house.words());
    }
    // There are no more messages than reasons.
    let reminders = house.kinds().iter().filter(|kind| **kind == MessageKind::Reminder).count();
    let versions: u32 = house.incidents.iter().map(|incident| incident.version).sum();
    let without_data =
        house.incidents.iter().filter(|one| one.situation.status == Status::Unknown).count() * 2;
    let most = changes(house) + usize::try_from(versions).unwrap() + without_data + reminders;
    prop_assert!(house.messages.len() <= most, "{:?} {:?}", house.sent(), house.words());
    // No message repeats the one before.
    for incident in &house.incidents {
        let mut last = None;
        for message in house.messages.iter().filter(|message| message.incident == incident.id) {
            prop_assert!(last.is_some() || message.ended_at.is_none(), "an end without a beginning");
            let now = (message.status, message.version, message.situation.flapping, message.ended_at);
            prop_assert!(message.kind == MessageKind::Reminder || last != Some(now), "{:?}", house.sent());
            last = Some(now);
        }
    }
    Ok(())
}

/// No decision waits for longer than a hold or two reminders, which are in daily digests if the trouble is yellow or was
/// there before, whatever the clock did, unless a person wanted it.
fn waits(house: &House, decisions: &[Decision], second: i64) -> Result<(), TestCaseError> {
    for (decision, incident) in decisions.iter().zip(&house.incidents) {
        let (Decision::Wait(Some(until)), None) = (decision, &incident.snoozed) else { continue };
        let is_daily = incident.situation.status == Status::Yellow || incident.situation.from_before;
        let longest = if is_daily { 24 * 3_600 } else { 8 * 3_600 };
        let quiet = house.quiet_until.is_some_and(|until| until > second);
        prop_assert!(quiet || (*until - at(second)).num_seconds() <= longest, "{:?}", decision);
    }
    Ok(())
}

/// From its decision on a status counts, until the next one begins.
fn history(house: &House) -> Result<(), TestCaseError> {
    let statuses = in_order(&house.transitions);
    for (index, decided) in house.transitions.iter().enumerate() {
        let later = &house.transitions[index + 1..];
        if later.iter().all(|next| next.since > decided.at) {
            let counts = statuses.iter().rfind(|(since, _)| *since <= decided.at).unwrap();
            prop_assert_eq!(counts.1, decided.to, "{:?}", house.words());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn laws_hold_after_every_event(schedule in schedule(false)) {
        let mut house = House::green();
        let (mut second, mut absence) = (0, Absence::default());
        for (step, event) in schedule {
            second = apply(&mut house, second + step, &event);
            house.notify(second);
            laws(&house)?;
            history(&house)?;
            absence.law(&house, second, &event)?;
        }
        // In the end, all that was announced and is over was announced as over, and nothing is left to say.
        (house.context.in_maintenance, house.context.source_down, house.quiet_until) = (false, false, None);
        house.detail = CheckDetail::Full;
        second += 50_000;
        for _ in 0..60 {
            second += 60;
            house.run(second, &[]);
            laws(&house)?;
        }
        prop_assert_eq!(house.state.status(), Status::Green);
        for incident in &house.incidents {
            prop_assert!(!incident.is_open());
            prop_assert!(incident.announced.is_none_or(|last| last.ended), "{:?}", house.sent());
        }
    }

    #[test]
    fn a_clock_that_jumps_breaks_nothing_and_is_followed(schedule in schedule(true), silent in any::<bool>()) {
        let mut house = House::green();
        let mut second = 0;
        for (step, event) in schedule {
            second = apply(&mut house, second + step, &event);
            let decisions = house.notify(second);
            laws(&house)?;
            waits(&house, &decisions, second)?;
        }
        house.detail = CheckDetail::Full;
        (house.context.in_maintenance, house.context.source_down, house.quiet_until) = (false, false, None);
        // It is followed at once, not after the length of the jump.
        if silent {
            for _ in 0..16 {
                second += 60;
                house.fail(second);
                house.notify(second);
            }
            prop_assert_eq!(house.state.status(), Status::Unknown);
        }
        for _ in 0..100 {
            second += 60;
            house.run(second, &[]);
        }
        laws(&house)?;
        prop_assert_eq!(house.state.status(), Status::Green);
        prop_assert!(house.incidents.iter().all(|one| !one.is_open() && one.announced.is_none_or(|last| last.ended)));
    }
}

//! The promises of the tracker against an oracle that sees the whole schedule.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use plume_health::Status::{self, Green, Orange, Red, Unknown, Yellow};
use plume_monitor::tracker::{Event, EventKind, HealthTracker, TrackerPolicy, TrackerState};
use proptest::prelude::*;

use crate::cases;

const LEVELS: [Status; 3] = [Red, Orange, Yellow];

type Sample = (DateTime<Utc>, Status);

fn start() -> DateTime<Utc> {
    "2026-01-15T10:00:00Z".parse().unwrap()
}

/// Steps between samples: the usual ones, pauses, and none at all.
fn schedule() -> impl Strategy<Value = Vec<Sample>> {
    let step = prop_oneof![
        6 => 1_i64..400,
        2 => Just(60),
        2 => 3_000_i64..8_000,
        1 => Just(0),
        1 => 80_000_i64..200_000,
    ];
    let status = prop_oneof![3 => Just(Green), 3 => Just(Red), 2 => Just(Orange), 2 => Just(Yellow), 2 => Just(Unknown)];
    // Each status is sampled some times in a row.
    let run = (prop::collection::vec(step, 1..6), status);
    prop::collection::vec(run, 1..25).prop_map(|runs| {
        let mut at = start();
        runs.into_iter()
            .flat_map(|(steps, status)| steps.into_iter().map(move |step| (step, status)))
            .map(|(step, status)| {
                at += TimeDelta::seconds(step);
                (at, status)
            })
            .collect()
    })
}

fn policy() -> impl Strategy<Value = TrackerPolicy> {
    let length = prop_oneof![Just(0_u64), 1_u64..600, Just(7_200)];
    (length.clone(), length, prop_oneof![Just(3_600_u64), 1_u64..600, Just(u64::MAX)]).prop_map(
        |(enter, leave, pause)| {
            let mut policy = TrackerPolicy::standard()
                .with_enter_after(Duration::from_secs(enter))
                .with_leave_after(Duration::from_secs(leave));
            policy.silence_after = Duration::from_secs(pause);
            policy
        },
    )
}

/// The samples that count: later than all before, and known.
fn counting(schedule: &[Sample]) -> Vec<Sample> {
    let mut counting: Vec<Sample> = Vec::new();
    let mut newest = None;
    for (at, status) in schedule {
        if newest.is_none_or(|newest| *at > newest) {
            newest = Some(*at);
            if *status != Unknown {
                counting.push((*at, *status));
            }
        }
    }
    counting
}

/// Since when the last samples all are as asked, and the time that counts; `None` if the last one is not.
fn held(
    known: &[Sample],
    policy: &TrackerPolicy,
    is: impl Fn(Status) -> bool,
) -> Option<(DateTime<Utc>, Duration)> {
    let from = known.iter().rposition(|(_, status)| !is(*status)).map_or(0, |at| at + 1);
    let run = &known[from..];
    let pause = |pair: &[Sample]| (pair[1].0 - pair[0].0).to_std().unwrap().min(policy.silence_after);
    Some((run.first()?.0, run.windows(2).map(pause).sum()))
}

/// Returns the weight of a change at the last sample, and its start: over all samples at which it may have begun, the
/// most by which the time at which it was so exceeds its share of the other time.
fn gathered(
    known: &[Sample],
    policy: &TrackerPolicy,
    is: impl Fn(Status) -> bool,
    lost: impl Fn(u128) -> u128,
) -> Option<(DateTime<Utc>, i128)> {
    let last = known.last().filter(|(_, status)| is(*status))?;
    let mut best = (last.0, 0);
    let mut sum = 0_i128;
    for pair in known.windows(2).rev() {
        let passed = (pair[1].0 - pair[0].0).to_std().unwrap().min(policy.silence_after).as_nanos();
        sum += match (is(pair[0].1), is(pair[1].1)) {
            (true, true) => i128::try_from(passed).unwrap(),
            (false, false) => -i128::try_from(lost(passed)).unwrap(),
            _ => 0,
        };
        if is(pair[0].1) && sum > best.1 {
            best = (pair[0].0, sum);
        }
    }
    Some(best)
}

fn gathered_problem(
    known: &[Sample],
    policy: &TrackerPolicy,
    level: Status,
) -> Option<(DateTime<Utc>, i128)> {
    gathered(known, policy, |status| status <= level, |passed| passed.div_ceil(2))
}

fn gathered_recovery(
    known: &[Sample],
    policy: &TrackerPolicy,
    level: Status,
) -> Option<(DateTime<Utc>, i128)> {
    gathered(known, policy, |status| status > level, |passed| passed * 2)
}

fn reaches(gathered: i128, length: Duration) -> bool {
    gathered >= i128::try_from(length.as_nanos()).unwrap()
}

/// All changes of the status by the definition: a level holds once it has been so for long enough, until it has not
/// been so for long enough. With each event, everything that is not pending at that sample restarts.
fn oracle(
    known: &[Sample],
    policy: &TrackerPolicy,
) -> Vec<(DateTime<Utc>, EventKind, Status, DateTime<Utc>)> {
    let mut events = Vec::new();
    let mut raised = [false; 3];
    let mut from = [0; 3];
    for end in 1..=known.len() {
        let (at, now) = known[end - 1];
        let before = raised;
        let mut since = None;
        for ((level, raised), from) in LEVELS.into_iter().zip(&mut raised).zip(from) {
            let known = &known[from.min(end - 1)..end];
            if *raised {
                if let Some((time, _)) = gathered_recovery(known, policy, level)
                    .filter(|(_, gathered)| reaches(*gathered, policy.leave_after))
                {
                    *raised = false;
                    // The mildest one, which comes last.
                    since = Some(time);
                }
            } else if let Some((time, _)) = gathered_problem(known, policy, level)
                .filter(|(_, gathered)| reaches(*gathered, policy.enter_after))
            {
                *raised = true;
                // The worst one, which comes first.
                since = since.or(Some(time));
            }
        }
        let status = |raised: [bool; 3]| {
            LEVELS.into_iter().zip(raised).find(|(_, is)| *is).map_or(Green, |(level, _)| level)
        };
        let (old, new) = (status(before), status(raised));
        let kind = match (old, new) {
            (old, new) if old == new => continue,
            (_, Green) => EventKind::Left,
            (Green, _) => EventKind::Entered,
            (old, new) if new < old => EventKind::Worsened,
            _ => EventKind::Eased,
        };
        events.push((at, kind, new, since.unwrap()));
        for ((level, raised), from) in LEVELS.into_iter().zip(raised).zip(&mut from) {
            if (now <= level) == raised {
                *from = end;
            }
        }
    }
    events
}

fn events(policy: &TrackerPolicy, schedule: &[Sample]) -> Vec<Event> {
    let mut tracker = HealthTracker::new();
    schedule.iter().filter_map(|(at, status)| tracker.observe(policy, *at, *status)).collect()
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn events_are_those_of_the_definition(schedule in schedule(), mut policy in policy()) {
        policy.flapping.begin = 2.0;
        let events: Vec<_> = events(&policy, &schedule)
            .into_iter()
            .map(|event| (event.at, event.kind, event.to, event.since))
            .collect();
        prop_assert_eq!(events, oracle(&counting(&schedule), &policy));
    }

    #[test]
    fn every_level_that_lasts_is_reported(schedule in schedule(), policy in policy()) {
        let known = counting(&schedule);
        let mut tracker = HealthTracker::new();
        let mut newest = start() - TimeDelta::days(1);
        for (at, status) in schedule {
            let event = tracker.observe(&policy, at, status);
            if at <= newest || status == Unknown {
                prop_assert_eq!(event, None);
                newest = newest.max(at);
                continue;
            }
            newest = at;
            let so_far = &known[..known.partition_point(|(time, _)| *time <= at)];
            let started = event.is_some_and(|event| event.kind == EventKind::FlappingStarted);
            for level in LEVELS {
                let lasted = held(so_far, &policy, |status| status <= level)
                    .is_some_and(|(_, held)| held >= policy.enter_after);
                // The beginning of flapping is the one event that can come first.
                prop_assert!(!lasted || tracker.status() <= level || started, "{level} at {at}");
                let over = held(so_far, &policy, |status| status > level)
                    .is_some_and(|(_, held)| held >= policy.leave_after);
                let flapping = tracker.state() == TrackerState::Flapping;
                prop_assert!(!over || tracker.status() > level || flapping, "no longer {level} at {at}");
            }
        }
    }

    #[test]
    fn every_event_has_a_cause_and_is_unique(schedule in schedule(), policy in policy()) {
        let known = counting(&schedule);
        let mut flapping = false;
        let mut before = Unknown;
        for event in events(&policy, &schedule) {
            let so_far = &known[..known.partition_point(|(time, _)| *time <= event.at)];
            let (_, last) = *so_far.last().unwrap();
            prop_assert!(known.iter().any(|(time, _)| *time == event.since));
            prop_assert!(event.since <= event.at);
            match event.kind {
                EventKind::Entered | EventKind::Worsened => {
                    let pending = &so_far[so_far.partition_point(|(time, _)| *time < event.since)..];
                    let (since, gathered) = gathered_problem(pending, &policy, event.to).unwrap();
                    prop_assert!(reaches(gathered, policy.enter_after));
                    prop_assert_eq!(since, event.since);
                    prop_assert!(event.to < before || before == Unknown);
                }
                EventKind::Eased | EventKind::Left => {
                    prop_assert!(!flapping);
                    let level = LEVELS.into_iter().rfind(|level| event.to > *level).unwrap();
                    let pending = &so_far[so_far.partition_point(|(time, _)| *time < event.since)..];
                    let (since, gathered) = gathered_recovery(pending, &policy, level).unwrap();
                    prop_assert!(reaches(gathered, policy.leave_after));
                    prop_assert_eq!(since, event.since);
                    prop_assert!(event.to > before);
                }
                EventKind::FlappingStarted => {
                    prop_assert!(!flapping);
                    prop_assert!(so_far.windows(2).filter(|pair| pair[0].1 != pair[1].1).count() >= 4);
                    prop_assert_eq!(event.to, last);
                    flapping = true;
                }
                EventKind::FlappingEnded => {
                    prop_assert!(flapping);
                    prop_assert_eq!(event.to, last);
                    flapping = false;
                }
                other => prop_assert!(false, "{other:?}"),
            }
            if event.kind != EventKind::FlappingStarted {
                before = event.to;
            }
        }
    }

    #[test]
    fn a_stored_tracker_continues(schedule in schedule(), policy in policy(), back in 0_i64..20_000, turn in 0_usize..60) {
        let mut kept = HealthTracker::new();
        let mut stored = HealthTracker::new();
        for (index, (at, status)) in schedule.into_iter().enumerate() {
            // The clock is set back once.
            let at = if index < turn { at } else { at - TimeDelta::seconds(back) };
            let text = serde_json::to_string(&stored).unwrap();
            stored = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(stored.observe(&policy, at, status), kept.observe(&policy, at, status));
            prop_assert_eq!(&stored, &kept);
        }
    }

    #[test]
    fn a_clock_that_is_set_back_costs_one_sample(step in 1_i64..1_000, back in 1_i64..1_000_000, samples in 1_i64..20) {
        let policy = TrackerPolicy::standard();
        let mut tracker = HealthTracker::new();
        for index in 0..samples {
            prop_assert_eq!(tracker.observe(&policy, start() + TimeDelta::seconds(index * step), Green), None);
        }
        // From here on it is red: two samples to see the clock, and then the time of the policy.
        let from = start() + TimeDelta::seconds(samples * step - back);
        let needed = 3 + 180_i64.div_euclid(step) + 1;
        let event = (0..needed)
            .filter_map(|index| tracker.observe(&policy, from + TimeDelta::seconds(index * step), Red))
            .next();
        // If the clock went back by less than one step, it was not noticed, which is as good.
        prop_assert!(event.is_some_and(|event| (event.kind, event.to) == (EventKind::Entered, Red)));
    }

    #[test]
    fn a_problem_in_pieces_is_reported(
        step in poll(),
        pattern in (2_usize..60).prop_flat_map(|samples| {
            let bad = (samples * 3).div_ceil(5)..=samples;
            (Just(samples), bad)
        }).prop_flat_map(|(samples, bad)| Just((0..samples).map(|at| at < bad).collect::<Vec<_>>()).prop_shuffle()),
        (good, bad) in prop_oneof![Just((Green, Red)), Just((Green, Yellow)), Just((Yellow, Orange))],
    ) {
        let policy = TrackerPolicy::standard();
        // At three fifths a problem gathers at least a fifth of the time that counts, of which there is at least half.
        // A flapping that starts is an event as well.
        let period = step * i64::try_from(pattern.len()).unwrap();
        let bound = 10 * 180 + 3 * period;
        let mut tracker = HealthTracker::new();
        let event = (0..=bound / step).zip(pattern.into_iter().cycle()).find_map(|(index, is_bad)| {
            let event = tracker.observe(&policy, start() + TimeDelta::seconds(index * step), if is_bad { bad } else { good })?;
            (event.kind == EventKind::FlappingStarted || event.to <= bad).then_some(event)
        });
        prop_assert!(event.is_some());
    }

    #[test]
    fn rare_blip_is_not_reported(step in poll(), samples in 20_usize..400, length in 1_usize..20, moment in 0_usize..400) {
        let policy = TrackerPolicy::standard();
        // At most a twentieth of the time, and shorter than what a problem must last.
        let length = i64::try_from(length.min(samples / 20)).unwrap().min(1 + 179 / step);
        let samples = i64::try_from(samples).unwrap();
        let moment = i64::try_from(moment).unwrap();
        let mut tracker = HealthTracker::new();
        for index in 0..2_000 {
            let status = if (index + moment) % samples < length { Red } else { Green };
            let event = tracker.observe(&policy, start() + TimeDelta::seconds(index * step), status);
            prop_assert_eq!(event, None);
        }
    }

    #[test]
    fn equal_pieces_make_one_event_at_most(step in poll(), red in 1_i64..40, green in 1_i64..60) {
        // Pieces that last by themselves are events.
        prop_assume!((red - 1) * step < 180 && (green - 1) * step < 300);
        let mut tracker = HealthTracker::new();
        let events = (0..2_000).filter_map(|index| {
            let status = if index % (red + green) < red { Red } else { Green };
            tracker.observe(&calm(), start() + TimeDelta::seconds(index * step), status)
        });
        prop_assert!(events.count() <= 1);
    }

    #[test]
    fn events_of_an_hour_are_bounded(
        step in 5_i64..120,
        pattern in prop::collection::vec(prop::sample::select(vec![Green, Yellow, Orange, Red]), 2..200),
    ) {
        let samples: Vec<Sample> = (0..2_000)
            .map(|index| start() + TimeDelta::seconds(index * step))
            .zip(pattern.into_iter().cycle())
            .collect();
        let events = events(&calm(), &samples);
        // A level comes after 180 s and goes after 300 s: seven times and a half each hour, on three levels.
        for (index, event) in events.iter().enumerate() {
            let hour = events[index..].iter().take_while(|other| other.at - event.at <= TimeDelta::hours(1));
            prop_assert!(hour.count() <= 3 * (2 * 7 + 2));
        }
    }
}

/// Seconds from one sample to the next.
fn poll() -> impl Strategy<Value = i64> {
    prop_oneof![Just(5_i64), Just(10), Just(30), Just(60), 5..7_201_i64]
}

fn calm() -> TrackerPolicy {
    let mut policy = TrackerPolicy::standard();
    policy.flapping.begin = 2.0;
    policy
}

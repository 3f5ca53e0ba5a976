//! Laws about the messages.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::fleet::{Home, TENANTS};
use crate::journal::{Journal, Message, Reason, Status, Transition};
use crate::oracle::delays::Delays;
use crate::oracle::detection::Truth;
use crate::oracle::law::{Law, Verdict, storms, touched, unreadable};
use crate::scenario::{Scenario, Storm};

/// The longest time between a transition and its first message.
const IN_TIME: Duration = Duration::from_secs(120);
/// The longest time between the transition of a home that was down at its first checks and the summary that names it. The
/// trouble began before, and the summary waits for the first checks of the other homes.
const FIRST_LOOK: Duration = Duration::from_secs(3_600 + 60 + 10);
/// The time after a disturbance for which messages may be late or merged.
const RECOVERY: Duration = Duration::from_secs(900);
/// The time after the message about a fleet incident in which homes that join it are confirmed: six windows of five
/// minutes, and two for the confirmation of the last suspect. They have been announced with it, even if intervals are so
/// long that they are found half an hour later.
const JOINS: Duration = Duration::from_secs(1_800 + 120);
/// The time within which a message is accepted, however long its receiver is away.
const SENDING: Duration = Duration::from_secs(7_200);
/// The time for which messages about a storm are counted after its end.
const AFTERMATH: Duration = Duration::from_secs(20 * 60);
/// The time within which all homes of a region are hit.
const BEGINS: Duration = Duration::from_secs(300);
/// The most messages about one storm. The end of trouble or of flapping that was announced before the storm is not one of
/// them.
const MOST_OF_A_STORM: usize = 3;
/// The homes in trouble from which there may be a fleet incident. Those before may have to be announced on their own, after
/// [`HOLD`].
const OUTAGE: usize = 5;
/// The time for which the message about a home waits for others.
const HOLD: Duration = Duration::from_secs(60);
/// The homes of one tenant that must be hit. Fewer are found over half an hour, and some of them are announced before
/// the fleet incident.
const STORM: usize = 35;

/// The measured messages.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// The times from a transition to its first message.
    pub(crate) first: Delays,
    /// The largest number of messages about one storm.
    pub(crate) of_a_storm: usize,
}

/// Judges all messages.
pub(crate) fn judge(
    homes: &[Home],
    truths: &[Truth],
    journal: &Journal,
    scenario: &Scenario,
    end: Duration,
    verdict: &mut Verdict,
) -> Heard {
    counted(journal, verdict);
    delivered(journal, end, verdict);
    ended(homes.len(), journal, end, verdict);
    sources(journal, scenario, end, verdict);
    Heard {
        first: in_time(homes, truths, journal, scenario, end, verdict),
        of_a_storm: storms_are_few(homes, truths, journal, scenario, end, verdict),
    }
}

fn counted(journal: &Journal, verdict: &mut Verdict) {
    let about = |reasons: &[Reason]| journal.messages.iter().filter(|m| reasons.contains(&m.reason)).count();
    let changes = about(&[Reason::Home, Reason::Fleet]);
    let transitions = journal.transitions.len();
    if changes > transitions {
        verdict.break_law(Law::MessageCount, || format!("{changes} messages, {transitions} transitions"));
    }
    let sources = about(&[Reason::Source]);
    let ends: usize = journal.sources.values().map(|end| 1 + usize::from(end.is_some())).sum();
    if sources > ends {
        verdict.break_law(Law::MessageCount, || format!("{sources} messages, {ends} changes of sources"));
    }
}

fn delivered(journal: &Journal, end: Duration, verdict: &mut Verdict) {
    let mut keys: BTreeMap<&str, usize> = BTreeMap::new();
    for message in &journal.messages {
        *keys.entry(message.key.as_str()).or_default() += 1;
        if message.accepted.is_empty() && message.created + SENDING < end {
            verdict.break_law(Law::MessageLost, || format!("{message:?}"));
        }
    }
    for (key, count) in keys.into_iter().filter(|(_, count)| *count > 1) {
        verdict.break_law(Law::MessageTwice, || format!("{count} messages {key}"));
    }
}

/// The end of trouble that a message about its home announced is a message as well.
fn ended(homes: usize, journal: &Journal, end: Duration, verdict: &mut Verdict) {
    // The last message about each home that is not the end, and the ends.
    let mut open: Vec<Option<&Message>> = vec![None; homes];
    let mut messages = journal.messages.iter().peekable();
    let mut ends: BTreeMap<usize, Vec<Duration>> = BTreeMap::new();
    for message in journal.messages.iter().filter(|message| message.is_end_of_home) {
        message.homes.iter().for_each(|home| ends.entry(*home).or_default().push(message.created));
    }
    for transition in journal.transitions.iter().filter(|one| one.to == Status::Up && one.at + IN_TIME < end)
    {
        while let Some(message) = messages.next_if(|message| message.created <= transition.at) {
            if message.reason == Reason::Home || message.is_summary {
                for home in &message.homes {
                    if let Some(last) = open.get_mut(*home) {
                        *last = (!message.is_end_of_home).then_some(message);
                    }
                }
            }
        }
        let Some(last) = open.get_mut(transition.home).and_then(Option::take) else { continue };
        let due = transition.at + IN_TIME;
        let ends = ends.get(&transition.home).map(Vec::as_slice).unwrap_or_default();
        if !transition.flaps && !ends.iter().any(|at| (transition.at..=due).contains(at)) {
            verdict
                .break_law(Law::Ended, || format!("no end of {last:?} after {transition:?}, but {ends:?}"));
        }
    }
}

fn in_time(
    homes: &[Home],
    truths: &[Truth],
    journal: &Journal,
    scenario: &Scenario,
    end: Duration,
    verdict: &mut Verdict,
) -> Delays {
    let mut delays = Delays::default();
    let mut of_home: Vec<Vec<&Message>> = vec![Vec::new(); homes.len()];
    // A fleet incident of orange homes does not announce a red one.
    // The daily digest repeats what was announced.
    let announces =
        |message: &&Message| message.down && (message.reason != Reason::Digest || message.is_summary);
    for message in journal.messages.iter().filter(announces) {
        for home in &message.homes {
            if let Some(list) = of_home.get_mut(*home) {
                list.push(message);
            }
        }
    }
    let mut own: Vec<Vec<&Message>> = vec![Vec::new(); homes.len()];
    for message in journal.messages.iter().filter(|message| message.reason == Reason::Home) {
        if let Some(list) = message.homes.first().and_then(|home| own.get_mut(*home)) {
            list.push(message);
        }
    }
    let mut changes: Vec<Vec<&Transition>> = vec![Vec::new(); homes.len()];
    for transition in &journal.transitions {
        if let Some(list) = changes.get_mut(transition.home) {
            list.push(transition);
        }
    }
    let storms = storms(scenario);
    for transition in journal.transitions.iter().filter(|transition| transition.to == Status::Down) {
        let at = transition.at;
        let all = changes.get(transition.home).map(Vec::as_slice).unwrap_or_default();
        let so_far = all.iter().take_while(|change| !std::ptr::eq(**change, transition));
        let before = so_far.filter(|change| change.to != Status::Unknown).last().map(|change| change.to);
        // A home that lost its data and is down again is in the same trouble.
        if before == Some(Status::Down) {
            continue;
        }
        let was_down = before.is_none();
        let due = at + if was_down { FIRST_LOOK } else { IN_TIME };
        let Some(home) = homes.get(transition.home) else { continue };
        let disturbed = unreadable(scenario, home.tenant);
        // A home that recovers within the hold has no message.
        let short = all.iter().any(|other| other.at > at && other.at <= due && other.to != Status::Down);
        if short
            || due > end
            || touched(&storms, at, due, RECOVERY)
            || touched(&disturbed, at, due, RECOVERY)
            || transition.flaps
        {
            continue;
        }
        // A home that joins an open fleet incident has been announced with it, and so has one that is found later and
        // whose outage began at most a window after it.
        let outages = truths.get(transition.home).map(|truth| truth.outages.as_slice()).unwrap_or_default();
        let began = outages.iter().map(|(from, _)| *from).filter(|from| *from <= at).max().unwrap_or(at);
        let joins = at.saturating_sub(JOINS).min(began.saturating_sub(BEGINS));
        let begin = |message: &Message| if message.reason == Reason::Fleet { joins } else { at };
        // The last message about the home itself said that it is down, and it was not up since then.
        let own = own.get(transition.home).and_then(|own| own.iter().rfind(|message| message.created <= at));
        let was_up = |since| all.iter().any(|one| one.to == Status::Up && one.at > since && one.at <= at);
        if own.is_some_and(|own| own.down && !was_up(own.created)) {
            continue;
        }
        let heard = of_home.get(transition.home).map(Vec::as_slice).unwrap_or_default();
        match heard.iter().find(|message| message.created >= begin(message)) {
            Some(message) if message.created <= due => {
                if !was_down {
                    if message.reason == Reason::Home && message.created < at + HOLD {
                        verdict.break_law(Law::Held, || format!("{message:?} after {transition:?}"));
                    }
                    delays.add(message.created.saturating_sub(at));
                }
            }
            _ => verdict.break_law(Law::MessageInTime, || {
                let heard: Vec<_> = heard.iter().map(|one| (one.created, &one.about)).collect();
                format!("no message about {transition:?} until {due:?}, but {heard:?}")
            }),
        }
    }
    delays
}

/// Each outage of the cloud is one source incident, and nothing else is one.
fn sources(journal: &Journal, scenario: &Scenario, end: Duration, verdict: &mut Verdict) {
    let shared: Vec<(Duration, Duration)> = journal
        .sources
        .iter()
        .filter(|((_, for_all), _)| *for_all)
        .map(|((from, _), until)| (*from, until.unwrap_or(Duration::MAX)))
        .collect();
    for span in scenario.cloud_outages.iter().filter(|span| span.until < end) {
        let count = shared.iter().filter(|(from, until)| span.touches(*from, *until, Duration::ZERO)).count();
        if count != 1 {
            verdict.break_law(Law::Source, || format!("{count} source incidents in {span:?}"));
        }
    }
    for (from, until) in shared {
        let caused = scenario
            .cloud_outages
            .iter()
            .chain(&scenario.blocks)
            .any(|span| span.touches(from, until, RECOVERY));
        if !caused {
            verdict.break_law(Law::Source, || format!("a source incident from {from:?} without an outage"));
        }
    }
}

/// Returns the largest number of messages about one storm to one tenant.
fn storms_are_few(
    homes: &[Home],
    truths: &[Truth],
    journal: &Journal,
    scenario: &Scenario,
    end: Duration,
    verdict: &mut Verdict,
) -> usize {
    let mut most = 0;
    let mut ups: BTreeMap<usize, Vec<Duration>> = BTreeMap::new();
    for one in journal.transitions.iter().filter(|one| one.to == Status::Up) {
        ups.entry(one.home).or_default().push(one.at);
    }
    let was_up = |home: usize, from: Duration, until: Duration| {
        ups.get(&home).is_some_and(|ups| ups.iter().any(|at| *at > from && *at < until))
    };
    let incident = |message: &Message| message.key.rsplit_once('#').map(|(id, _)| id.to_owned());
    for Storm { span, region } in scenario.storms.iter().filter(|storm| storm.span.until + AFTERMATH < end) {
        for tenant in 0..TENANTS.len() {
            // A home may have an outage of its own at the same time.
            let is_hit = |home: usize| {
                homes.get(home).is_some_and(|home| home.region == *region && home.tenant == tenant)
                    && truths.get(home).is_some_and(|truth| {
                        truth
                            .outages
                            .iter()
                            .any(|(from, _)| *from >= span.from && *from <= span.from + BEGINS)
                    })
            };
            if (0..homes.len()).filter(|home| is_hit(*home)).count() < STORM {
                continue;
            }
            let mut turned: BTreeMap<usize, Duration> = BTreeMap::new();
            let down = journal.transitions.iter().filter(|transition| transition.to == Status::Down);
            for transition in down.filter(|one| one.at >= span.from && is_hit(one.home)) {
                turned.entry(transition.home).or_insert(transition.at);
            }
            let mut times: Vec<Duration> = turned.values().copied().collect();
            times.sort_unstable();
            let outage = times.get(OUTAGE - 1).copied().unwrap_or(span.from);
            // Before that, the messages are about other trouble of the home.
            let has_turned = |home: &usize, created| turned.get(home).is_some_and(|at| *at <= created);
            let was_held = |home: &usize, created| turned.get(home).is_some_and(|at| created >= *at + HOLD);
            let is_early = |message: &Message| {
                message.reason == Reason::Home
                    && message.created < outage
                    && message.homes.iter().all(|home| was_held(home, message.created))
            };
            let is_older = |message: &&Message| message.created < span.from || is_early(message);
            // It was well meanwhile, and its trouble is another one.
            let is_next = |message: &&Message| {
                message.reason == Reason::Home
                    && !message.is_end_of_home
                    && message
                        .homes
                        .iter()
                        .any(|home| turned.get(home).is_some_and(|at| was_up(*home, *at, message.created)))
            };
            let is_other = |message: &&Message| is_older(message) || is_next(message);
            let older: BTreeSet<_> = journal.messages.iter().filter(is_other).map(incident).collect();
            let is_end = |message: &Message| message.is_end_of_home || message.is_end_of_flapping;
            let is_of_storm = |message: &&Message| {
                (span.from..span.until + AFTERMATH).contains(&message.created)
                    && !is_early(message)
                    && !is_next(message)
                    && matches!(message.reason, Reason::Home | Reason::Fleet)
                    && message.homes.iter().any(|home| match message.reason {
                        Reason::Fleet => is_hit(*home),
                        _ => has_turned(home, message.created),
                    })
                    && !(is_end(message) && older.contains(&incident(message)))
            };
            let messages: Vec<&Message> = journal.messages.iter().filter(is_of_storm).collect();
            let count = messages.len();
            most = most.max(count);
            // Trouble that joins a fleet incident which is open already must be announced as well.
            if count == 0 || count > MOST_OF_A_STORM {
                verdict.break_law(Law::Storm, || {
                    let list: Vec<_> = messages.iter().map(|one| (one.created, &one.about)).collect();
                    format!("{count} messages to tenant {tenant} in {span:?}: {list:?}")
                });
            }
        }
    }
    most
}

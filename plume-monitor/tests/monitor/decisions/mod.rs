//! Decisions about homes, groups and messages, sample by sample.

mod absent;
mod golden;
mod groups;
mod home;
mod incident;
mod laws;
pub(crate) mod monitor;
mod notify;
mod routing;
mod storms;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use plume_health::{RuleId, Status};
use plume_monitor::home::{
    CheckFailure, HomeContext, HomeState, HomeStep, MonitorPolicy, Sample, Transition, Verdict, step,
};
use plume_monitor::incident::{Cause, CauseKind, Incident};
use plume_monitor::notify::{Decision, Message, MessageKind, NotifyContext, NotifyPolicy, decide};
use plume_monitor::schedule::CheckDetail;

use crate::is_nightly;

pub(crate) fn at(second: i64) -> DateTime<Utc> {
    "2026-01-15T10:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(second)
}

pub(crate) fn cause(rule: RuleId, status: Status, subject: &str) -> Cause {
    let message = format!("{rule} of {subject}");
    Cause::new(CauseKind::Rule(rule), subject, status, message)
}

pub(crate) fn offline() -> Cause {
    cause(RuleId::LocationOffline, Status::Red, "home")
}

pub(crate) fn pod(id: &str) -> Cause {
    cause(RuleId::NodeDisconnected, Status::Orange, id)
}

pub(crate) fn poor_qoe() -> Cause {
    cause(RuleId::PoorQoe, Status::Yellow, "video")
}

/// A home whose state is stored after every fourth step, with its newest incidents; in the nightly run after every one.
pub(crate) struct House {
    pub(crate) policy: MonitorPolicy,
    pub(crate) context: HomeContext,
    pub(crate) detail: CheckDetail,
    pub(crate) state: HomeState,
    pub(crate) incidents: Vec<Incident>,
    pub(crate) transitions: Vec<Transition>,
    pub(crate) quiet_until: Option<i64>,
    pub(crate) messages: Vec<Message>,
    steps: usize,
}

impl House {
    pub(crate) fn new() -> Self {
        let mut context = HomeContext::default();
        context.interval = Duration::from_secs(300);
        Self {
            policy: MonitorPolicy::server(),
            context,
            detail: CheckDetail::Full,
            state: HomeState::new("home".into()),
            incidents: Vec::new(),
            transitions: Vec::new(),
            quiet_until: None,
            messages: Vec::new(),
            steps: 0,
        }
    }

    /// A house that is green at second 0.
    pub(crate) fn green() -> Self {
        let mut house = Self::new();
        house.check(0, &[]);
        house
    }

    pub(crate) fn check(&mut self, second: i64, causes: &[Cause]) -> HomeStep {
        let verdict = Verdict::new(causes.to_vec(), format!("{} causes", causes.len()));
        self.sample(&Sample::checked(at(second), self.detail, verdict))
    }

    pub(crate) fn fail(&mut self, second: i64) -> HomeStep {
        self.sample(&Sample::failed(at(second), self.detail, CheckFailure::Transport))
    }

    pub(crate) fn sample(&mut self, sample: &Sample) -> HomeStep {
        let step = step(&self.state, sample, &self.policy, self.context, sample.at);
        self.steps += 1;
        self.state = step.state.clone();
        if self.is_stored() {
            let stored = serde_json::to_string(&step.state).unwrap();
            assert!(stored.len() <= 2_048, "{} bytes: {stored}", stored.len());
            self.state = serde_json::from_str(&stored).unwrap();
            assert_eq!(self.state, step.state);
        }
        self.transitions.extend(&step.transitions);
        for change in &step.incidents {
            match self.incidents.iter_mut().find(|incident| incident.id == change.id) {
                Some(incident) => incident.apply(change),
                None => self.incidents.push(Incident::open("tenant".into(), change).unwrap()),
            }
        }
        step
    }

    /// Checks the home and decides about messages at the same time.
    pub(crate) fn run(&mut self, second: i64, causes: &[Cause]) {
        self.check(second, causes);
        self.notify(second);
    }

    fn is_stored(&self) -> bool {
        self.steps.is_multiple_of(4) || is_nightly()
    }

    /// Decides about messages. The newest incidents are stored with the state, and read before.
    pub(crate) fn notify(&mut self, second: i64) -> Vec<Decision> {
        let mut context = NotifyContext::default();
        context.in_maintenance = self.context.in_maintenance;
        context.quiet_until = self.quiet_until.map(at);
        let mut decisions = Vec::new();
        let (newest, is_stored) = (self.incidents.len().saturating_sub(2), self.is_stored());
        for (number, incident) in self.incidents.iter_mut().enumerate() {
            if number >= newest && is_stored {
                *incident = serde_json::from_str(&serde_json::to_string(&*incident).unwrap()).unwrap();
            }
            let decision = decide(incident, &NotifyPolicy::standard(), context, at(second));
            if let Decision::Send(kind) = decision {
                self.messages.push(Message::announce(incident, kind, vec!["pager".into()], at(second)));
            }
            decisions.push(decision);
        }
        decisions
    }

    /// The messages so far, as times, kinds and statuses.
    pub(crate) fn sent(&self) -> Vec<(i64, MessageKind, Status)> {
        let sent = |message: &Message| ((message.at - at(0)).num_seconds(), message.kind, message.status);
        self.messages.iter().map(sent).collect()
    }

    pub(crate) fn kinds(&self) -> Vec<MessageKind> {
        self.messages.iter().map(|message| message.kind).collect()
    }

    pub(crate) fn newest(&mut self) -> &mut Incident {
        self.incidents.last_mut().unwrap()
    }

    /// The transitions as words.
    pub(crate) fn words(&self) -> Vec<String> {
        let word = |transition: &Transition| {
            let Transition { kind, from, to, .. } = transition;
            format!("{kind} {from}-{to} {}", (transition.since - at(0)).num_seconds())
        };
        self.transitions.iter().map(word).collect()
    }
}

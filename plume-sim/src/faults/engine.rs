//! Selects the rules that apply to a request, and combines their effects.
//!
//! **Faults are decided before a request is carried out, and delivered with its response.** `faults/engine.rs`
//! decides by the request. The simulator carries the request out or not and returns a `Delivery`: a complete response
//! and how it is delivered (late, slow, broken, never). Two thin layers implement the delivery:
//! `simulator/transport.rs` with the simulator's clock and typed errors, the server with real bytes. So a plan has
//! the same meaning on both.

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use crate::faults::plan::FaultPlan;
use crate::faults::rule::{Effect, FaultRule, Mutation, ResetStage, RetryAfter, When};
use crate::routes::Incoming;
use crate::world::noise;

/// The properties of a request that rules match.
#[derive(Debug)]
pub(crate) struct Facts<'r> {
    pub(crate) incoming: &'r Incoming<'r>,
    /// The OAuth client whose credentials or token the request carries.
    pub(crate) client: Option<&'r str>,
    /// The time since the simulator was built.
    pub(crate) age: Duration,
}

/// The faults of one request.
#[derive(Debug, Default)]
pub(crate) struct Decision {
    /// The labels of the rules that applied.
    pub(crate) labels: Vec<String>,
    pub(crate) delay: Duration,
    pub(crate) skew_seconds: i64,
    pub(crate) replaced: Option<Replaced>,
    pub(crate) mutations: Vec<(Mutation, u64)>,
    pub(crate) bytes_per_second: Option<u32>,
    pub(crate) reset: Option<ResetStage>,
    pub(crate) hang: bool,
    pub(crate) block: Option<Duration>,
    pub(crate) firewall: Option<(u32, Duration)>,
    pub(crate) revoked: bool,
    pub(crate) secret: Option<String>,
    pub(crate) expires_in: Option<Option<Value>>,
}

/// A replacement for the response.
#[derive(Debug, Clone)]
pub(crate) enum Replaced {
    Status(StatusCode, Option<RetryAfter>),
    Unauthorized,
    Forbidden,
    Redirect(StatusCode, String),
    Html,
    Empty,
    Truncated,
    Bomb(u64),
    Deep(u32),
}

impl Replaced {
    /// Returns whether the request is carried out before its response is replaced.
    pub(crate) fn carried_out(&self) -> bool {
        matches!(self, Self::Html | Self::Empty | Self::Truncated | Self::Bomb(_) | Self::Deep(_))
    }
}

/// The result of adding the effect of a rule to a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// The effect changes the exchange.
    Applied,
    /// The effect is in force and is no fault by itself.
    Silent,
    /// An earlier rule has the place of the effect.
    Shadowed,
}

/// The counters of one rule.
#[derive(Debug, Clone, Copy, Default)]
struct Use {
    /// The requests that match the conditions, without those at which the rule was shadowed.
    matched: u64,
    applied: bool,
}

/// A plan with the counters of each rule.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    plan: FaultPlan,
    uses: Vec<Use>,
}

impl Engine {
    pub(crate) fn new(plan: FaultPlan) -> Self {
        let uses = vec![Use::default(); plan.rules.len()];
        Self { plan, uses }
    }

    /// Returns the labels of the rules that have not applied to a request yet. The call limit of the firewall is not
    /// among them: it is a part of the real cloud.
    pub(crate) fn unused(&self) -> Vec<String> {
        let unused = |(rule, used): (&FaultRule, &Use)| {
            let fault = !matches!(rule.effect, Effect::Firewall { .. });
            (fault && !used.applied).then(|| rule.label())
        };
        self.plan.rules.iter().zip(&self.uses).filter_map(unused).collect()
    }

    pub(crate) fn decide(&mut self, facts: &Facts<'_>) -> Decision {
        let mut decision = Decision::default();
        let seed = self.plan.seed;
        for ((rule, used), index) in self.plan.rules.iter().zip(&mut self.uses).zip(0_u64..) {
            if !applies(&rule.when, facts) {
                continue;
            }
            used.matched += 1;
            let (when, matched) = (&rule.when, used.matched);
            let in_range = matched >= when.first && when.last.is_none_or(|last| matched <= last);
            if !in_range || (matched - when.first + 1) % when.every != 0 {
                continue;
            }
            let salts = [index, matched];
            if when.probability < 1.0 && noise::between(seed, &salts, 0.0, 1.0) >= when.probability {
                continue;
            }
            let taken = decision.take(&rule.effect, seed, salts);
            used.applied |= taken != Taken::Shadowed;
            match taken {
                Taken::Applied => decision.labels.push(rule.label()),
                Taken::Silent => {}
                // Not counted, so that the rule applies to the next request in place of this one.
                Taken::Shadowed => used.matched -= 1,
            }
        }
        decision
    }
}

impl Decision {
    /// Adds an effect.
    fn take(&mut self, effect: &Effect, seed: u64, [index, count]: [u64; 2]) -> Taken {
        let status = |number: &u16| StatusCode::from_u16(*number).unwrap_or(StatusCode::BAD_GATEWAY);
        match effect {
            Effect::Latency { least, most } => {
                let spread = most.saturating_sub(*least);
                let part = noise::between(seed, &[index, count, 1], 0.0, 1.0);
                self.delay = self.delay.saturating_add(*least).saturating_add(spread.mul_f64(part));
                Taken::Applied
            }
            Effect::ClockSkew { seconds } => {
                self.skew_seconds = self.skew_seconds.saturating_add(*seconds);
                Taken::Applied
            }
            Effect::Mutate(mutation) => {
                self.mutations.push((mutation.clone(), noise::hash(seed, &[index, count, 2])));
                Taken::Applied
            }
            Effect::Status { status: number, retry_after } => {
                self.replace(Replaced::Status(status(number), retry_after.clone()))
            }
            Effect::Unauthorized => self.replace(Replaced::Unauthorized),
            Effect::Forbidden => self.replace(Replaced::Forbidden),
            Effect::Redirect { status: number, location } => {
                self.replace(Replaced::Redirect(status(number), location.clone()))
            }
            Effect::HtmlBody => self.replace(Replaced::Html),
            Effect::EmptyBody => self.replace(Replaced::Empty),
            Effect::TruncatedBody => self.replace(Replaced::Truncated),
            Effect::HugeBody { bytes } => self.replace(Replaced::Bomb(*bytes)),
            Effect::NestedBody { levels } => self.replace(Replaced::Deep(*levels)),
            Effect::SlowBody { bytes_per_second } => first(&mut self.bytes_per_second, *bytes_per_second),
            Effect::Reset { at } => first(&mut self.reset, *at),
            Effect::Hang => set(&mut self.hang),
            Effect::FirewallBlock { lasts } => first(&mut self.block, *lasts),
            // The real cloud counts calls as well. Only a block is a fault, and it is counted as one.
            Effect::Firewall { calls, window } => match first(&mut self.firewall, (*calls, *window)) {
                Taken::Applied => Taken::Silent,
                other => other,
            },
            Effect::RevokedClient => set(&mut self.revoked),
            Effect::RotatedSecret { secret } => first(&mut self.secret, secret.clone()),
            Effect::ExpiresIn(value) => first(&mut self.expires_in, value.clone()),
        }
    }

    fn replace(&mut self, replaced: Replaced) -> Taken {
        first(&mut self.replaced, replaced)
    }
}

fn first<T>(slot: &mut Option<T>, value: T) -> Taken {
    if slot.is_some() {
        return Taken::Shadowed;
    }
    *slot = Some(value);
    Taken::Applied
}

fn set(flag: &mut bool) -> Taken {
    if std::mem::replace(flag, true) { Taken::Shadowed } else { Taken::Applied }
}

fn applies(when: &When, facts: &Facts<'_>) -> bool {
    let incoming = facts.incoming;
    let one_of = |wanted: &[String], given: Option<&str>| {
        wanted.is_empty() || given.is_some_and(|given| wanted.iter().any(|id| id == given))
    };
    let parameter = |name: &str| {
        incoming.parameters().iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    };
    let customer = || {
        let below_customers =
            incoming.template().is_some_and(|template| template.contains("/Customers/{id}"));
        below_customers.then(|| parameter("id")).flatten()
    };
    when.area.is_none_or(|area| area == incoming.area)
        && when.method.as_ref().is_none_or(|method| *method == incoming.head.method)
        && when.route.as_ref().is_none_or(|route| Some(route.as_str()) == incoming.template())
        && facts.age >= when.from
        && when.until.is_none_or(|until| facts.age < until)
        && one_of(&when.customers, customer())
        && one_of(&when.locations, parameter("locationId"))
        && one_of(&when.clients, facts.client)
}

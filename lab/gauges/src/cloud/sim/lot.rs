//! The scenario of a seed: a cloud, its faults, and its users.

use std::time::Duration;

use fastrand::Rng;
use plume_sim::{
    ListShape, Simulator,
    faults::{Area, Change, Effect, FaultPlan, FaultRule, Mutation, ResetStage, RetryAfter},
};
use serde_json::json;

/// The duration of one seed in the cloud's time.
pub(super) const HORIZON: Duration = Duration::from_secs(32 * 3_600);
/// The end of all faults in a seed that must recover.
const HEALED: u64 = 20 * 3_600;
/// The time after which every call must succeed: the longest block, and the longest pause after it.
const RECOVERY: u64 = 400;

pub(super) const LIVES: [u64; 7] = [60, 120, 300, 600, 1_800, 3_600, 86_400];

/// All choices of a seed before the first call.
pub(super) struct Lot {
    pub(super) plan: FaultPlan,
    pub(super) life: Duration,
    pub(super) shape: ListShape,
    pub(super) customers: u32,
    pub(super) tenants: usize,
    pub(super) workers: usize,
    pub(super) firewall: bool,
    /// Whether one user exceeds the rate that the cloud allows.
    pub(super) flood: bool,
    /// The time from which every call must succeed.
    pub(super) well_from: Option<Duration>,
}

impl Lot {
    pub(super) fn draw(rng: &mut Rng) -> Self {
        let heals = rng.bool();
        let end = if heals { HEALED } else { HORIZON.as_secs() };
        let mut plan = FaultPlan::new(rng.u64(..1 << 50));
        for _ in 0..rng.usize(0..10) {
            plan = plan.rule(rule(rng, end));
        }
        let shapes = [ListShape::Bare, ListShape::Wrapped, ListShape::DoubleWrapped];
        Self {
            plan,
            life: Duration::from_secs(LIVES[rng.usize(..LIVES.len())]),
            shape: shapes[rng.usize(..shapes.len())],
            customers: rng.u32(0..30),
            tenants: rng.usize(1..=3),
            workers: rng.usize(1..=2),
            firewall: rng.bool(),
            flood: rng.u32(0..40) == 0,
            well_from: heals.then(|| Duration::from_secs(HEALED + RECOVERY)),
        }
    }
}

fn rule(rng: &mut Rng, end: u64) -> FaultRule {
    let mut rule = FaultRule::new(effect(rng));
    // From a minute to a third of the day, on a logarithmic scale.
    let lasts = 60 << rng.u32(0..9);
    let from = rng.u64(0..end - 60);
    rule = rule.between(Duration::from_secs(from), Duration::from_secs((from + lasts).min(end)));
    let about_tokens =
        matches!(rule.effect(), Effect::ExpiresIn(_) | Effect::RevokedClient | Effect::RotatedSecret { .. });
    if about_tokens {
        return rule.area(Area::Oauth);
    }
    match rng.u32(0..8) {
        0 | 1 => rule = rule.area(Area::Oauth),
        2..=4 => rule = rule.area(Area::Api),
        5 => rule = rule.area(Area::Reports),
        6 => {
            let routes = Simulator::routes();
            rule = rule.route(routes[rng.usize(..routes.len())].template);
        }
        _ => {}
    }
    match rng.u32(0..5) {
        0 | 1 => rule,
        2 => rule.probability(0.5),
        3 => rule.probability(0.05),
        _ => rule.every(rng.u64(2..9)).from_request(rng.u64(1..5)),
    }
}

fn effect(rng: &mut Rng) -> Effect {
    let milliseconds = |number| Duration::from_millis(number);
    let waits = [
        RetryAfter::Seconds(rng.u64(0..90)),
        RetryAfter::DateIn(rng.u64(0..90)),
        RetryAfter::Text("soon".to_owned()),
    ];
    let wait = rng.bool().then(|| waits[rng.usize(..waits.len())].clone());
    let statuses = [500, 500, 502, 503, 503, 504, 408, 404, 409, 412, 422, 501, 599];
    let stages = [
        ResetStage::Connect,
        ResetStage::Request,
        ResetStage::Headers,
        ResetStage::AfterHeaders,
        ResetStage::Body,
    ];
    let said = [
        None,
        Some(json!("1800")),
        Some(json!(0)),
        Some(json!(-1)),
        Some(json!(1.0e300)),
        Some(json!(true)),
        Some(json!([])),
        Some(json!(5)),
    ];
    match rng.u32(0..24) {
        0..=2 => {
            Effect::Latency { least: milliseconds(rng.u64(0..500)), most: milliseconds(rng.u64(500..20_000)) }
        }
        3..=6 => Effect::Status { status: statuses[rng.usize(..statuses.len())], retry_after: wait },
        7 => Effect::Status { status: 429, retry_after: wait },
        8 => Effect::Unauthorized,
        9 => Effect::Forbidden,
        10 => Effect::FirewallBlock { lasts: Duration::from_secs(rng.u64(1..300)) },
        11 => Effect::HtmlBody,
        12 => [Effect::EmptyBody, Effect::TruncatedBody][rng.usize(..2)].clone(),
        13..=15 => {
            Effect::Mutate(Mutation::new(Change::ALL[rng.usize(..Change::ALL.len())]).share(rng.f64()))
        }
        16 => Effect::SlowBody { bytes_per_second: 1 << rng.u32(0..12) },
        17 | 18 => Effect::Reset { at: stages[rng.usize(..stages.len())] },
        19 => Effect::Hang,
        20 => {
            [Effect::HugeBody { bytes: 1 << 33 }, Effect::NestedBody { levels: 300 }][rng.usize(..2)].clone()
        }
        21 => Effect::Redirect { status: 302, location: "https://elsewhere.example.net/".to_owned() },
        22 => Effect::ClockSkew { seconds: rng.i64(-90_000..90_000) },
        _ => match rng.u32(0..4) {
            0 => Effect::RevokedClient,
            1 => Effect::RotatedSecret { secret: "another-fake-secret".to_owned() },
            _ => Effect::ExpiresIn(said[rng.usize(..said.len())].clone()),
        },
    }
}

//! The events of a run: stories in the homes, faults of the cloud, and the times that the oracle must know.

use std::time::Duration;

use fastrand::Rng;
use plume_sim::{
    Cast, StoryEvent, StoryPlan, When,
    faults::{Area, Effect, FaultPlan, FaultRule, ResetStage},
};

/// The number of regions. A storm hits one of them.
pub(crate) const REGIONS: u32 = 4;
/// The parts of a region that a storm hits one after another, a minute apart.
const PARTS: u32 = 5;
/// One of this many homes of a region is hit by a shower.
const SHOWER: u32 = 5;
/// The client id of the tenant whose client is revoked for a while: the third provider of the simulator.
const REVOKED: &str = "0oaSIMULATOR00000002";
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The names of the scenarios for `--story`. The first one has all events.
pub(crate) const NAMES: [&str; 5] = ["mixed", "quiet", "storm", "shower", "cloud-away"];

/// A time span since the start of the run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub(crate) from: Duration,
    pub(crate) until: Duration,
}

impl Span {
    fn new(from: u64, lasts: u64) -> Self {
        Self { from: Duration::from_secs(from), until: Duration::from_secs(from + lasts) }
    }

    /// Returns whether the two spans overlap if this one is extended by `grace` at its end.
    pub(crate) fn touches(self, from: Duration, until: Duration, grace: Duration) -> bool {
        self.from < until && from < self.until + grace
    }
}

/// An outage of a region, or of a part of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Storm {
    pub(crate) span: Span,
    pub(crate) region: u32,
}

/// The events of a run.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    pub(crate) stories: Vec<StoryPlan>,
    pub(crate) faults: FaultPlan,
    /// The outages of regions.
    pub(crate) storms: Vec<Storm>,
    /// Other outages of many homes: a firmware with a fault, and its installation.
    pub(crate) waves: Vec<Span>,
    /// The times without a cloud.
    pub(crate) cloud_outages: Vec<Span>,
    /// The blocks by the firewall because of another program at this address.
    pub(crate) blocks: Vec<Span>,
    /// The times in which the last tenant has no credential.
    pub(crate) revoked: Vec<Span>,
}

/// Builds a scenario. Every day has a fixed frame, so the events that must be separate never overlap.
struct Writer {
    lot: Rng,
    scenario: Scenario,
}

impl Scenario {
    /// Returns the scenario with this name; the error lists the names.
    pub(crate) fn named(name: &str, hours: u64, seed: u64) -> Result<Self, String> {
        let scenario = Self {
            stories: Vec::new(),
            faults: FaultPlan::new(seed),
            storms: Vec::new(),
            waves: Vec::new(),
            cloud_outages: Vec::new(),
            blocks: Vec::new(),
            revoked: Vec::new(),
        };
        let mut writer = Writer { lot: Rng::with_seed(seed), scenario };
        writer.weather();
        for day in 0..hours.div_ceil(24) {
            match name {
                "mixed" => writer.mixed_day(day),
                "quiet" => {}
                "storm" => writer.storm(day * DAY + 2 * HOUR, 1),
                "shower" => {
                    for hour in (2..24).step_by(4) {
                        writer.storm(day * DAY + hour * HOUR, SHOWER);
                    }
                }
                "cloud-away" => writer.cloud_away(day * DAY + 2 * HOUR, true),
                _ => return Err(format!("no story is called {name}; known are {}", NAMES.join(", "))),
            }
        }
        Ok(writer.scenario)
    }
}

impl Writer {
    /// The usual latency and single failed requests.
    fn weather(&mut self) {
        let milliseconds = Duration::from_millis;
        self.fault(
            FaultRule::new(Effect::Latency { least: milliseconds(30), most: milliseconds(900) })
                .name("latency")
                .probability(0.1),
        );
        self.fault(FaultRule::new(Effect::status(500)).name("single 500").area(Area::Api).probability(0.002));
        let reset = Effect::Reset { at: ResetStage::Request };
        self.fault(FaultRule::new(reset).name("single reset").area(Area::Api).probability(0.001));
    }

    fn mixed_day(&mut self, day: u64) {
        let midnight = day * DAY;
        for number in 0..6 {
            let from = midnight + self.lot.u64(0..23 * HOUR);
            let lasts = Duration::from_secs(self.lot.u64(2..120) * MINUTE);
            self.tell(&format!("outage {day}.{number}"), from, Cast::Share(1), wan(lasts));
        }
        // Shorter than any detection.
        let from = midnight + self.lot.u64(0..23 * HOUR);
        self.tell(&format!("blip {day}"), from, Cast::Share(5), wan(Duration::from_secs(30)));
        let from = midnight + self.lot.u64(0..20 * HOUR);
        let lost = |node: &str| StoryEvent::BackhaulLoss {
            node: node.to_owned(),
            lasts: Some(Duration::from_secs(50 * MINUTE)),
        };
        self.tell(&format!("pod {day}"), from, Cast::Share(3), lost("2"));
        let from = midnight + self.lot.u64(0..20 * HOUR);
        let dark = StoryEvent::PowerLoss {
            node: "gateway".to_owned(),
            lasts: Some(Duration::from_secs(self.lot.u64(5..40) * MINUTE)),
        };
        self.tell(&format!("power {day}"), from, Cast::Share(1), dark);
        let from = midnight + self.lot.u64(0..20 * HOUR);
        let flapping = StoryPlan::new(format!("flapping {day}")).repeated(
            When::After(Duration::from_secs(from)),
            Cast::Share(1),
            wan(Duration::from_secs(12 * MINUTE)),
            8,
            Duration::from_secs(25 * MINUTE),
        );
        self.scenario.stories.push(flapping);
        if day.is_multiple_of(7) {
            self.firmware(midnight + 3 * HOUR, day);
        }
        let minutes = self.lot.u64(0..30) * MINUTE;
        self.cloud_away(midnight + 6 * HOUR + minutes, day.is_multiple_of(2));
        self.storm(midnight + 9 * HOUR + minutes, 1);
        if day.is_multiple_of(3) {
            self.block(midnight + 13 * HOUR + minutes);
        }
        if day.is_multiple_of(2) {
            self.revoke(midnight + 16 * HOUR + minutes);
        }
    }

    /// One of `share` homes of a region goes offline within four minutes, for most of an hour.
    fn storm(&mut self, from: u64, share: u32) {
        let region = self.lot.u32(..REGIONS);
        let lasts = 40 * MINUTE;
        for part in 0..PARTS {
            let cast = Cast::Region { number: region + part * REGIONS * share, of: REGIONS * PARTS * share };
            let start = from + u64::from(part) * MINUTE;
            let span = Duration::from_secs(lasts - u64::from(part) * MINUTE);
            self.tell(&format!("storm {from}.{part}"), start, cast, wan(span));
        }
        self.scenario.storms.push(Storm { span: Span::new(from, lasts), region });
    }

    /// A third of the homes installs a version, and later loses its connection because of it.
    fn firmware(&mut self, from: u64, day: u64) {
        let name = format!("firmware {day}");
        let version = StoryEvent::FirmwareUpgrade { version: format!("8.6.{day}") };
        let at = |seconds| When::After(Duration::from_secs(seconds));
        let cast = Cast::Share(30);
        let lasts = 30 * MINUTE;
        let story = StoryPlan::new(name).event(at(from), cast.clone(), version).event(
            at(from + HOUR),
            cast,
            wan(Duration::from_secs(lasts)),
        );
        self.scenario.stories.push(story);
        self.scenario.waves.extend([Span::new(from, 20 * MINUTE), Span::new(from + HOUR, lasts)]);
    }

    fn cloud_away(&mut self, from: u64, answers: bool) {
        let span = Span::new(from, self.lot.u64(8..25) * MINUTE);
        let effect = if answers { Effect::status(503) } else { Effect::Reset { at: ResetStage::Connect } };
        let rule = FaultRule::new(effect).name("the cloud is away").area(Area::Api);
        self.fault(rule.between(span.from, span.until));
        self.scenario.cloud_outages.push(span);
    }

    fn block(&mut self, from: u64) {
        let lasts = Duration::from_secs(5 * MINUTE);
        let rule =
            FaultRule::new(Effect::FirewallBlock { lasts }).name("a neighbour's block").area(Area::Api);
        let second = Duration::from_secs(1);
        let start = Duration::from_secs(from);
        self.fault(rule.between(start, start + second * 60).once());
        self.scenario.blocks.push(Span { from: start, until: start + lasts });
    }

    fn revoke(&mut self, from: u64) {
        let span = Span::new(from, 40 * MINUTE);
        self.fault(FaultRule::new(Effect::RevokedClient).client(REVOKED).between(span.from, span.until));
        self.scenario.revoked.push(span);
    }

    fn tell(&mut self, name: &str, from: u64, cast: Cast, event: StoryEvent) {
        let when = When::After(Duration::from_secs(from));
        self.scenario.stories.push(StoryPlan::new(name).event(when, cast, event));
    }

    fn fault(&mut self, rule: FaultRule) {
        let faults = std::mem::take(&mut self.scenario.faults);
        self.scenario.faults = faults.rule(rule);
    }
}

fn wan(lasts: Duration) -> StoryEvent {
    StoryEvent::WanOutage { lasts: Some(lasts) }
}

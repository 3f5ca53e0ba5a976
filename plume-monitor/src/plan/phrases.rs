//! The words of a plan.

use std::fmt;

use crate::budget::CallWindow;
use crate::plan::request::PlanRequest;
use crate::plan::result::{Plan, PlanStep};

/// Returns a whole number with a comma between thousands.
fn whole(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns a number that is not negative with at most two digits after the point, or with two significant ones if it is
/// small.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and larger numbers saturate"
)]
fn number(number: f64) -> String {
    let digits = (2..=9).find(|digits| number * 10_f64.powi(*digits) >= 10.0).filter(|_| number < 0.01);
    if let Some(digits) = digits {
        return format!("{number:.0$}", usize::try_from(digits).unwrap_or(2));
    }
    let text = format!("{number:.2}");
    let (before, after) = text.split_once('.').unwrap_or((&text, ""));
    let before = before.parse().map_or_else(|_| whole(number as u64), whole);
    match after.trim_end_matches('0') {
        "" => before,
        after => format!("{before}.{after}"),
    }
}

/// Returns a share in percent, rounded down, so that only a full share is 100 %.
fn percent(share: f64) -> String {
    // A share like 0.57 is slightly less than 57 hundredths.
    format!("{} %", number((share * 10_000.0 + 1e-6).floor() / 100.0))
}

fn calls(calls: f64) -> String {
    match number(calls).as_str() {
        "1" => "1 call".to_owned(),
        calls => format!("{calls} calls"),
    }
}

fn addresses(number: u64) -> String {
    match number {
        1 => "1 address".to_owned(),
        _ => format!("{} addresses", whole(number)),
    }
}

fn count(number: u64, of: &str) -> String {
    match number {
        1 => format!("1 {of}"),
        _ => format!("{} {of}s", whole(number)),
    }
}

/// Returns seconds, and from two minutes on the same in larger units.
fn duration(seconds: u64) -> String {
    let plain = format!("{} s", whole(seconds));
    if seconds < 120 {
        return plain;
    }
    let units = [
        ("d", seconds / 86_400),
        ("h", seconds / 3_600 % 24),
        ("min", seconds / 60 % 60),
        ("s", seconds % 60),
    ];
    let parts: Vec<String> = units
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .map(|(unit, number)| format!("{} {unit}", whole(number)))
        .collect();
    format!("{plain} = {}", parts.join(" "))
}

fn step(name: &'static str, value: f64, unit: &'static str, text: String) -> PlanStep {
    PlanStep { name: name.into(), text, value, unit: unit.into() }
}

#[expect(clippy::cast_precision_loss, reason = "the exact numbers are fields of the plan")]
pub(super) fn steps(plan: &Plan) -> Vec<PlanStep> {
    let PlanRequest {
        homes,
        egresses,
        per_second,
        window,
        cheap_calls,
        full_calls,
        full_every,
        full_every_limit,
        checks_share,
        suspects_share,
        interval_seconds: wanted,
    } = plan.request;
    let average = |full_every: u32, calls: &str| match full_every {
        1 => format!("{} for every check", count(full_calls.into(), "call")),
        _ => format!(
            "({} × {cheap_calls} + 1 × {full_calls}) / {} = {calls} on average",
            whole(u64::from(full_every) - 1),
            whole(full_every.into()),
        ),
    };
    let (rate, lane) = (number(plan.rate_per_second), number(plan.lane_per_second));
    let (per_check, per_interval) = (calls(plan.calls_per_check), calls(plan.calls_per_interval));
    let of_rate = per_second.map(|rate| (rate, format!("{} calls/s", number(rate))));
    let of_window = window.map(|CallWindow { calls, seconds, .. }| {
        let rate = ratio(calls, seconds);
        (rate, format!("{} in {} s = {} calls/s", count(calls, "call"), whole(seconds), number(rate)))
    });
    let limits = match (of_rate, of_window) {
        (Some((rate, one)), Some((window, other))) => {
            let (low, high) = if rate <= window { (one, other) } else { (other, one) };
            format!("{low}; the other limit is {high}")
        }
        (Some((_, one)), None) | (None, Some((_, one))) => one,
        (None, None) => String::new(),
    };
    let planned = plan.interval_seconds;
    let planned_calls = calls(plan.planned_calls_per_interval);
    let each = plan.rate_per_second / f64::from(egresses);
    let mut steps = vec![step("limit", each, "calls/s", limits)];
    if egresses > 1 {
        let text = format!("{} × {} calls/s = {rate} calls/s", addresses(egresses.into()), number(each));
        steps.push(step("egresses", plan.rate_per_second, "calls/s", text));
    }
    steps.extend([
        step(
            "lane",
            plan.lane_per_second,
            "calls/s",
            format!("{} of {rate} calls/s for checks = {lane} calls/s", percent(checks_share)),
        ),
        step("calls-per-check", plan.calls_per_check, "calls", average(full_every, &per_check)),
        step(
            "calls-per-interval",
            plan.calls_per_interval,
            "calls",
            format!("{} × {per_check} = {per_interval}", count(homes, "home")),
        ),
        step(
            "shortest-interval",
            plan.shortest_seconds as f64,
            "s",
            format!("{per_interval} / {lane} calls/s, rounded up = {}", duration(plan.shortest_seconds)),
        ),
    ]);
    steps.push(step(
        "detail",
        plan.full_every.into(),
        "checks",
        match is_reduced(plan) {
            true => {
                let per_check = calls(plan.planned_calls_per_check);
                format!(
                    "{} s is too short, so {} is a full one: {}",
                    whole(wanted),
                    one_of(plan.full_every),
                    average(plan.full_every, &per_check)
                )
            }
            false => format!("{} is a full one, as wanted", one_of(full_every)),
        },
    ));
    if suspects_share > 0.0 {
        steps.push(step(
            "shortest-with-suspects",
            plan.shortest_with_suspects_seconds as f64,
            "s",
            format!(
                "while suspects take {} of the calls for checks and {} is a full one: {}",
                percent(suspects_share),
                one_of(full_every.max(full_every_limit)),
                duration(plan.shortest_with_suspects_seconds)
            ),
        ));
    }
    steps.push(step(
        "interval",
        planned as f64,
        "s",
        match planned > wanted {
            true => format!("{planned_calls} / {lane} calls/s, rounded up = {}", duration(planned)),
            false => format!("{}, as wanted", duration(planned)),
        },
    ));
    steps.push(step(
        "utilisation",
        plan.utilisation,
        "",
        format!("{planned_calls} / ({} s × {lane} calls/s) = {}", whole(planned), percent(plan.utilisation)),
    ));
    steps.push(step(
        "head-room",
        plan.head_room_per_second,
        "calls/s",
        format!("{} calls/s are left for more checks", number(plan.head_room_per_second)),
    ));
    let lane_of_each = number(plan.lane_per_second / f64::from(egresses));
    steps.push(step(
        "needed-egresses",
        plan.needed_egresses as f64,
        "addresses",
        format!(
            "every {} s: {per_interval} / ({} s × {lane_of_each} calls/s), rounded up = {}",
            whole(wanted),
            whole(wanted),
            addresses(plan.needed_egresses)
        ),
    ));
    steps.push(step(
        "maximum-homes",
        plan.maximum_homes as f64,
        "homes",
        format!(
            "every {} s: {} s × {lane} calls/s / {per_check}, rounded down = {}",
            whole(wanted),
            whole(wanted),
            count(plan.maximum_homes, "home")
        ),
    ));
    steps.push(step(
        "maximum-homes-reduced",
        plan.maximum_homes_reduced as f64,
        "homes",
        format!(
            "the same if {} is a full one = {}",
            one_of(full_every.max(full_every_limit)),
            count(plan.maximum_homes_reduced, "home")
        ),
    ));
    steps
}

fn is_reduced(plan: &Plan) -> bool {
    plan.full_every > plan.request.full_every
}

fn one_of(full_every: u32) -> String {
    match full_every {
        1 => "every check".to_owned(),
        _ => format!("one check of {}", whole(full_every.into())),
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
fn ratio(number: u64, divisor: u64) -> f64 {
    number as f64 / divisor as f64
}

/// A headline, and one line for each step.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let homes = count(self.request.homes, "home");
        let wanted = duration(self.request.interval_seconds);
        if self.interval_seconds > self.request.interval_seconds {
            let planned = duration(self.interval_seconds);
            write!(
                f,
                "{homes}: a check of each every {wanted} is above the call limit; the shortest interval is {planned}"
            )?;
        } else {
            write!(f, "{homes}: a check of each every {wanted} keeps the call limit")?;
        }
        if is_reduced(self) {
            write!(f, " if {} is a full one", one_of(self.full_every))?;
        }
        let width = self.steps.iter().map(|step| step.name.len()).max().unwrap_or_default();
        self.steps.iter().try_for_each(|step| write!(f, "\n  {:width$}  {}", step.name, step.text))
    }
}

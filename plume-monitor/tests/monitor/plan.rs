//! The capacity planner.

use plume_monitor::budget::{BudgetPolicy, CallWindow, Census, Load};
use plume_monitor::plan::{Plan, PlanRequest};
use plume_monitor::schedule::{CheckClass, SchedulePolicy};
use proptest::{option, prelude::*};

fn plan(homes: u64) -> Plan {
    PlanRequest::standard(homes).plan().unwrap()
}

#[test]
fn plans_of_usual_sizes_are_as_computed_by_hand() {
    // 6 calls/s × 80 % = 4.8 calls/s; (11 × 1 + 4) / 12 = 1.25 calls.
    // With the least detail: (287 × 1 + 4) / 288 calls.
    for (homes, shortest, full_every, interval, with_suspects) in [
        (1, 1, 12, 300, 1),
        (20, 6, 12, 300, 9),
        (300, 79, 12, 300, 127),
        (1_152, 300, 12, 300, 485),
        (1_153, 301, 13, 300, 486),
        (1_425, 372, 285, 300, 600),
        (1_426, 372, 288, 301, 601),
        (2_000, 521, 288, 422, 843),
        (100_000, 26_042, 288, 21_051, 42_101),
    ] {
        let plan = plan(homes);
        assert_eq!(plan.shortest_seconds, shortest, "{plan}");
        assert_eq!((plan.full_every, plan.interval_seconds), (full_every, interval), "{plan}");
        assert_eq!(plan.shortest_with_suspects_seconds, with_suspects, "{plan}");
        assert_eq!((plan.maximum_homes, plan.maximum_homes_reduced), (1_152, 1_425), "{plan}");
        assert!(plan.utilisation > 0.0 && plan.utilisation <= 1.0, "{plan}");
    }
    assert_eq!(plan(2_000).calls_per_interval, 2_500.0);
    assert_eq!(plan(1_152).utilisation, 1.0);
    assert_eq!(plan(1_152).head_room_per_second, 0.0);
}

#[test]
fn the_plan_and_the_budget_agree() {
    let (budget, schedule) = (BudgetPolicy::standard(), SchedulePolicy::standard());
    for homes in (1..1_500).chain([2_000, 10_000]) {
        let plan = plan(homes);
        let load = Load::of(&budget, &schedule, &Census::new().with(CheckClass::Normal, homes));
        let keeps_all = load.full_every == schedule.full_every && load.stretch <= 1.0;
        assert_eq!(plan.fits(300), keeps_all, "{homes}: {plan} {load:?}");
        assert!((plan.lane_per_second - load.lane_per_second).abs() < 1e-9);
        assert_eq!(plan.full_every, load.full_every, "{plan} {load:?}");
        let interval = |load: &Load| load.interval(&schedule, CheckClass::Normal).as_secs_f64();
        assert_eq!(plan.interval_seconds, whole_seconds(interval(&load)), "{plan} {load:?}");
        if load.stretch <= 1.0 {
            assert!(
                (plan.utilisation - load.regular_per_second / load.lane_per_second).abs() < 1e-6,
                "{load:?}"
            );
        }
        let census = Census::new().with(CheckClass::Normal, homes).with(CheckClass::Suspect, 1_000);
        let slowest = interval(&Load::of(&budget, &schedule, &census));
        assert_eq!(plan.shortest_with_suspects_seconds.max(300), whole_seconds(slowest), "{plan}");
    }
}

/// Rounds up, but for what a load loses in billionths.
fn whole_seconds(seconds: f64) -> u64 {
    (seconds - 1e-4).ceil() as u64
}

#[test]
fn the_arithmetic_is_readable() {
    let text = "\
2,000 homes: a check of each every 300 s = 5 min is above the call limit; the shortest interval is 422 s = 7 min 2 s \
if one check of 288 is a full one
  limit                   6 calls/s; the other limit is 1,900 calls in 300 s = 6.33 calls/s
  lane                    80 % of 6 calls/s for checks = 4.8 calls/s
  calls-per-check         (11 × 1 + 1 × 4) / 12 = 1.25 calls on average
  calls-per-interval      2,000 homes × 1.25 calls = 2,500 calls
  shortest-interval       2,500 calls / 4.8 calls/s, rounded up = 521 s = 8 min 41 s
  detail                  300 s is too short, so one check of 288 is a full one: (287 × 1 + 1 × 4) / 288 = 1.01 calls on average
  shortest-with-suspects  while suspects take 50 % of the calls for checks and one check of 288 is a full one: 843 s = 14 min 3 s
  interval                2,020.83 calls / 4.8 calls/s, rounded up = 422 s = 7 min 2 s
  utilisation             2,020.83 calls / (422 s × 4.8 calls/s) = 99.76 %
  head-room               0.01 calls/s are left for more checks
  needed-egresses         every 300 s: 2,500 calls / (300 s × 4.8 calls/s), rounded up = 2 addresses
  maximum-homes           every 300 s: 300 s × 4.8 calls/s / 1.25 calls, rounded down = 1,152 homes
  maximum-homes-reduced   the same if one check of 288 is a full one = 1,425 homes";
    assert_eq!(plan(2_000).to_string(), text);
    let one = plan(1).to_string();
    assert!(one.starts_with("1 home: a check of each every 300 s = 5 min keeps the call limit\n"), "{one}");
    assert!(one.contains("rounded up = 1 address\n"), "{one}");
    let reduced = plan(1_300).to_string();
    assert!(reduced.contains("keeps the call limit if one check of 28 is a full one\n"), "{reduced}");
}

#[test]
fn several_addresses_have_the_limit_several_times() {
    let plan = PlanRequest::standard(2_000).with_egresses(2).plan().unwrap();
    assert_eq!((plan.rate_per_second, plan.lane_per_second), (12.0, 9.6));
    assert_eq!((plan.shortest_seconds, plan.full_every, plan.interval_seconds), (261, 12, 300), "{plan}");
    assert_eq!((plan.maximum_homes, plan.needed_egresses), (2_304, 2), "{plan}");
    let lines = "
  limit                   6 calls/s; the other limit is 1,900 calls in 300 s = 6.33 calls/s
  egresses                2 addresses × 6 calls/s = 12 calls/s
  lane                    80 % of 12 calls/s for checks = 9.6 calls/s\n";
    assert!(plan.to_string().contains(lines), "{plan}");
    assert_eq!(PlanRequest::standard(100_000).plan().unwrap().needed_egresses, 87);
}

#[test]
fn invalid_requests_are_refused_by_name() {
    let good = PlanRequest::standard(20);
    for (request, key) in [
        (good.with_homes(0), "homes"),
        (good.with_egresses(0), "egresses"),
        (good.with_egresses(10_001), "egresses"),
        (good.with_per_second(0.0), "per_second"),
        (good.with_per_second(-1.0), "per_second"),
        (good.with_per_second(f64::NAN), "per_second"),
        (good.with_per_second(f64::INFINITY), "per_second"),
        (good.with_per_second(f64::MIN_POSITIVE), "per_second"),
        (good.with_per_second(None).with_window(None), "per_second"),
        (good.with_window(CallWindow::new(0, 300)), "window.calls"),
        (good.with_window(CallWindow::new(1, 0)), "window.seconds"),
        (good.with_calls(0, 4, 12), "cheap_calls"),
        (good.with_calls(1, 0, 12), "full_calls"),
        (good.with_calls(4, 1, 12), "full_calls"),
        (good.with_calls(1, 4, 0), "full_every"),
        (good.with_full_every_limit(0), "full_every_limit"),
        (good.with_checks_share(0.0), "checks_share"),
        (good.with_checks_share(1.1), "checks_share"),
        (good.with_checks_share(f64::NAN), "checks_share"),
        (good.with_suspects_share(1.0), "suspects_share"),
        (good.with_suspects_share(-0.1), "suspects_share"),
        (good.with_suspects_share(f64::NAN), "suspects_share"),
        (good.with_interval_seconds(0), "interval_seconds"),
        (good.with_homes(u64::MAX).with_calls(u32::MAX, u32::MAX, u32::MAX), "homes"),
        (good.with_homes(1_000_000_001), "homes"),
        (good.with_homes(1_000_000_000).with_calls(1, u32::MAX, 1).with_per_second(2e-9), "homes"),
    ] {
        let error = request.plan().unwrap_err();
        assert_eq!(error.key(), key, "{error}");
        assert!(error.to_string().starts_with(&format!("invalid plan: `{key}`: ")), "{error}");
        assert_eq!(request.validate().unwrap_err(), error);
    }
}

#[test]
fn configuration_is_checked_like_code() {
    let read = serde_json::from_str::<PlanRequest>;
    assert_eq!(read(r#"{"homes": 20}"#).unwrap(), PlanRequest::standard(20));
    assert_eq!(
        read(r#"{"homes": 20, "window": null}"#).unwrap(),
        PlanRequest::standard(20).with_window(None)
    );
    for text in [
        "{}",
        r#"{"homes": 0}"#,
        r#"{"homes": -1}"#,
        r#"{"homes": 20, "egresses": 0}"#,
        r#"{"homes": 20, "per_second": null, "window": null}"#,
        r#"{"homes": 20, "per_second": 0}"#,
        r#"{"homes": 20, "window": {"calls": 1}}"#,
        r#"{"homes": 20, "window": {"calls": 1, "seconds": 0}}"#,
        r#"{"homes": 20, "checks_share": 2}"#,
        r#"{"homes": 20, "house": 1}"#,
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn a_stored_plan_is_computed_again() {
    let mut stored = serde_json::to_value(plan(2_000)).unwrap();
    stored["shortest_seconds"] = 1.into();
    let read: Plan = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(read, plan(2_000));
    stored["request"]["homes"] = 0.into();
    assert!(serde_json::from_value::<Plan>(stored).is_err());
}

fn requests() -> impl Strategy<Value = PlanRequest> {
    let limit = (option::of(0.001..1_000.0), option::of((1_u64..100_000, 1_u64..10_000)));
    let calls = (1_u32..20, 0_u32..20, 1_u32..50, 1_u32..100);
    let shares = (0.01..=1.0, 0.0..0.99);
    ((1_u64..10_000_000, 1_u32..100), limit, calls, shares, 1_u64..100_000).prop_map(
        |((homes, egresses), (rate, window), (cheap, more, every, limit), (checks, suspects), interval)| {
            let rate = if window.is_none() { Some(rate.unwrap_or(6.0)) } else { rate };
            PlanRequest::standard(homes)
                .with_egresses(egresses)
                .with_per_second(rate)
                .with_window(window.map(|(calls, seconds)| CallWindow::new(calls, seconds)))
                .with_calls(cheap, cheap + more, every)
                .with_full_every_limit(limit)
                .with_checks_share(checks)
                .with_suspects_share(suspects)
                .with_interval_seconds(interval)
        },
    )
}

/// The calls per second of checks of a detail every `seconds`, computed with floating point and not as the plan does.
fn demand(request: &PlanRequest, full_every: u32, seconds: u64) -> f64 {
    let cheap = f64::from(full_every - 1) * f64::from(request.cheap_calls);
    let per_check = (cheap + f64::from(request.full_calls)) / f64::from(full_every);
    request.homes as f64 * per_check / seconds as f64
}

/// The calls per second for checks, computed likewise.
fn lane(request: &PlanRequest) -> f64 {
    let window = request.window.map(|window| window.calls as f64 / window.seconds as f64);
    let each = request.per_second.unwrap_or(f64::INFINITY).min(window.unwrap_or(f64::INFINITY));
    each * f64::from(request.egresses) * request.checks_share
}

proptest! {
    #[test]
    fn the_shortest_interval_keeps_the_limit_and_one_second_less_does_not(request in requests()) {
        let plan = request.plan().unwrap();
        let (lane, shortest) = (lane(&request), plan.shortest_seconds);
        // A lane of 1e-5 calls/s is known to a billionth of a call.
        let tolerance = 1e-8 * f64::from(request.egresses) + lane * 1e-9;
        let wanted = |seconds| demand(&request, request.full_every, seconds);
        prop_assert!(wanted(shortest) <= lane + tolerance, "{plan}");
        if shortest > 1 {
            prop_assert!(wanted(shortest - 1) > lane - tolerance, "{plan}");
        }
        // Detail is given up only as far as needed, and the interval becomes longer only with the least detail.
        let planned = |full_every| demand(&request, full_every, plan.interval_seconds);
        prop_assert!(planned(plan.full_every) <= lane + tolerance, "{plan}");
        if plan.full_every > request.full_every {
            prop_assert!(planned(plan.full_every - 1) > lane - tolerance || plan.stretch > 1.0, "{plan}");
        }
        if plan.stretch > 1.0 {
            prop_assert_eq!(plan.full_every, request.full_every.max(request.full_every_limit), "{}", plan);
            prop_assert!(demand(&request, plan.full_every, plan.interval_seconds - 1) > lane - tolerance, "{plan}");
        }
        prop_assert!(plan.interval_seconds >= request.interval_seconds);
        if plan.full_every == request.full_every {
            prop_assert!(plan.interval_seconds >= shortest, "{plan}");
        }
        let slowest = demand(&request, request.full_every.max(request.full_every_limit), plan.shortest_with_suspects_seconds);
        prop_assert!(slowest <= lane * (1.0 - request.suspects_share) + tolerance, "{plan}");
        prop_assert!(plan.stretch >= 1.0 && plan.utilisation <= 1.0 && plan.head_room_per_second >= 0.0, "{plan}");
    }

    #[test]
    fn the_needed_addresses_fit_and_one_less_does_not(request in requests()) {
        let needed = request.plan().unwrap().needed_egresses;
        let fits = |egresses: u64| {
            let egresses = u32::try_from(egresses).unwrap();
            request.with_egresses(egresses).plan().unwrap().fits(request.interval_seconds)
        };
        prop_assume!(needed <= u64::from(PlanRequest::MAX_EGRESSES));
        prop_assert!(fits(needed));
        prop_assert!(needed == 1 || !fits(needed - 1));
    }

    #[test]
    fn the_maximum_of_homes_fits_and_one_more_does_not(request in requests(), seconds in 1_u64..100_000) {
        let most = request.plan().unwrap().maximum_homes_at(seconds);
        if most > 0 {
            prop_assert!(request.with_homes(most).plan().unwrap().fits(seconds));
        }
        prop_assert!(!request.with_homes(most + 1).plan().unwrap().fits(seconds));
    }

    #[test]
    fn more_homes_never_need_a_shorter_interval(request in requests()) {
        let (fewer, more) = (request.plan().unwrap(), request.with_homes(request.homes + 1).plan().unwrap());
        prop_assert!(fewer.shortest_seconds <= more.shortest_seconds);
    }

    #[test]
    fn a_plan_survives_storage(request in requests()) {
        let plan = request.plan().unwrap();
        let text = serde_json::to_string(&plan).unwrap();
        prop_assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    }

    #[test]
    fn no_request_panics(
        homes: u64, rate: f64, calls: u64, seconds: u64, cheap: u32, full: u32, every: u32, share: f64, interval: u64,
    ) {
        let request = PlanRequest::standard(homes)
            .with_per_second(rate)
            .with_window(CallWindow::new(calls, seconds))
            .with_calls(cheap, full, every)
            .with_checks_share(share)
            .with_interval_seconds(interval);
        for request in [request, request.with_per_second(None).with_checks_share(1.0), request.with_window(None)] {
            if let Ok(plan) = request.plan() {
                let _ = (plan.to_string(), plan.maximum_homes_at(seconds));
            }
        }
    }
}

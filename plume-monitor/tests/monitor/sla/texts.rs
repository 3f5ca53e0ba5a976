//! Terms and reports as text and as documents.

use super::*;

#[test]
fn text_word_for_word() {
    let policy = policy(|policy| {
        policy.target_percent = 99.95;
        policy.minimum_outage = Duration::from_secs(120);
        policy.maintenance = vec![MaintenanceWindow::new(minute(4), minute(6))];
        policy.budget_period = Some(Duration::from_secs(7 * 86_400));
    });
    assert_eq!(
        report_by("+-+---+?~---", &policy).render(Format::Text),
        "📜 Uptime target: 🔴 MISSED - 33.333 % of 99.95 % promised\n\n\
         Period: 2026-01-15 00:00 UTC to 2026-01-15 00:12 UTC\n\
         Time: 3 min online, 7 min offline, 1 min intermittent, 1 min unknown\n\
         Of this in maintenance: 2 min\n\
         Error budget: 5 min 2 s allowed, 6 min used, overspent by 58 s (burn rate 1333.3)\n\
         Incidents: 2 (and 1 shorter outage)\n\
         Longest: 3 min, mean time to repair (MTTR): 1 min\n\
         Without a value or a time: 1 sample\n\n\
         Incidents:\n  \
         • 2026-01-15 00:03 UTC to 2026-01-15 00:06 UTC - 3 min (partly in maintenance)\n  \
         • since 2026-01-15 00:09 UTC - ongoing, 3 min so far\n\n\
         Unknown time:\n  \
         • 2026-01-15 00:07 UTC to 2026-01-15 00:08 UTC - 1 min\n\n\
         Method:\n  \
         • Uptime is time up over time up and down.\n  \
         • A sample counts for the time to the next one; after a jump of more than one and a half of the usual \
         1 min, for one of these, and the rest is unknown.\n  \
         • Unknown time does not count.\n  \
         • Intermittent time counts as downtime.\n  \
         • The target is met only if 90 % of the time is known; it is missed also with less if the rest could not \
         change it.\n  \
         • Time within 1 maintenance window does not count.\n  \
         • An outage shorter than 2 min is no incident, but it is downtime.\n  \
         • The error budget is for 7 d."
    );
    let mut other = policy.clone();
    other.maintenance = vec![MaintenanceWindow::new(minute(0), minute(9)); 2];
    other.maintenance_time = MaintenanceTime::Counted;
    other.unknown = CountAs::Up;
    other.budget_period = None;
    other.minimum_outage = Duration::ZERO;
    let text = report_by("+---", &other).render(Format::Text);
    for part in [
        "(in maintenance)",
        "Longest: 3 min\n",
        "Unknown time counts as uptime.",
        "Time within 2 maintenance windows counts as any other.",
        "for the counted time of this report.",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("shorter"));

    let met = report("++");
    let text = met.render(Format::Text);
    assert!(text.starts_with("📜 Uptime target: 🟢 MET - 100.000 % of 99.5 % promised\n"), "{text}");
    assert!(text.contains("Error budget: 0 s allowed, 0 s used, 0 s left (burn rate 0)\nIncidents: 0\n"));
    for absent in ["maintenance", "Longest", "Without", "Ignored", "Nothing"] {
        assert!(!text.contains(absent), "{absent}");
    }
    assert!(met.render(Format::Html).starts_with("<b>📜"));
    assert!(met.render(Format::Markdown).contains("100\\.000"));
    let json: Value = serde_json::from_str(&met.render(Format::Json)).unwrap();
    assert_eq!((&json["verdict"], &json["budget"]["left_seconds"]), (&json!("met"), &json!(0)));
}

#[test]
fn a_policy_survives_being_written_and_read() {
    let read = |json: &str| serde_json::from_str::<SlaPolicy>(json).map_err(|error| error.to_string());
    assert_eq!(read("{}"), Ok(SlaPolicy::default()));
    let changed = policy(|policy| {
        policy.target_percent = 90.0;
        policy.least_known_percent = 80.0;
        policy.unknown = CountAs::Up;
        policy.intermittent = CountAs::Excluded;
        policy.minimum_outage = Duration::from_secs(90);
        policy.maintenance = vec![MaintenanceWindow::new(minute(1), minute(2))];
        policy.maintenance_time = MaintenanceTime::Counted;
        policy.budget_period = Some(Duration::from_secs(3600));
    });
    assert_eq!(read(&serde_json::to_string(&changed).unwrap()), Ok(changed));
    assert_eq!(read(r#"{"target_percent": 0}"#).map(|policy| policy.target_percent), Ok(0.0));
    assert_eq!(read(r#"{"target_percent": 100}"#).map(|policy| policy.target_percent), Ok(100.0));
    for (json, part) in [
        (r#"{"target": 99}"#, "unknown field `target`"),
        (r#"{"version": 2}"#, "`version`: 2 is not supported, expected 1"),
        (r#"{"target_percent": 100.01}"#, "`target_percent`: 100.01 is not from 0 to 100"),
        (r#"{"target_percent": -0.01}"#, "is not from 0 to 100"),
        (r#"{"unknown": "maybe"}"#, "unknown variant `maybe`"),
        (r#"{"minimum_outage": "soon"}"#, "`soon` is not a duration"),
        (r#"{"budget_period": "0d"}"#, "`budget_period`"),
        (r#"{"maintenance": [{"from": "2026-01-01T00:00:00Z"}]}"#, "missing field `to`"),
        (
            r#"{"maintenance": [{"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}]}"#,
            "`maintenance`: a window ends",
        ),
        (
            r#"{"maintenance": [{"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "x": 1}]}"#,
            "unknown field `x`",
        ),
    ] {
        let error = read(json).unwrap_err();
        assert!(error.contains(part), "{json}: {error}");
    }
    assert!(policy(|policy| policy.target_percent = f64::NAN).validate().is_err());
}

#[test]
fn words_are_read_in_capital_letters_too() {
    let stats = json!({"locationState": [
        {"timestamp": "2025-11-25T00:00:00Z", "value": "Online"},
        {"timestamp": "2025-11-25T01:00:00Z", "value": "OFFLINE"},
        {"timestamp": "2025-11-25T02:00:00Z", "value": "Intermittent"},
    ]});
    let now = "2025-11-26T00:00:00Z".parse().unwrap();
    let time = sla::analyze(&serde_json::from_value(stats).unwrap(), &SlaPolicy::standard(), now).time;
    assert_eq!((time.online_seconds, time.offline_seconds, time.intermittent_seconds), (3600, 3600, 3600));
}

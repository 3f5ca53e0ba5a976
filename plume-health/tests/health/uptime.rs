//! Uptime at its edges.

use plume_health::{
    Format,
    uptime::{self, Trend, UptimeLabel, UptimeReport},
};
use serde_json::{Value, json};

/// Samples an hour apart, one letter each: `+` online, `-` offline, `~` another word, `?` no value.
fn report(samples: &str) -> UptimeReport {
    let samples: Vec<Value> = samples
        .chars()
        .enumerate()
        .map(|(index, letter)| {
            let value = match letter {
                '+' => json!("online"),
                '-' => json!("offline"),
                '~' => json!("flapping"),
                _ => Value::Null,
            };
            let index = u32::try_from(index).unwrap();
            let day = 1 + index / 24 % 28;
            let month = 1 + index / (24 * 28) % 12;
            let year = 2000 + index / (24 * 28 * 12);
            let time = format!("{year}-{month:02}-{day:02}T{:02}:00:00Z", index % 24);
            json!({"timestamp": time, "value": value})
        })
        .collect();
    analyze(&json!({"locationState": samples}))
}

fn analyze(stats: &Value) -> UptimeReport {
    uptime::analyze(&serde_json::from_value(stats.clone()).unwrap())
}

fn share(online: usize, all: usize) -> String {
    "+".repeat(online) + &"-".repeat(all - online)
}

#[test]
fn labels_begin_at_their_edges() {
    for (online, label) in [
        (1000, UptimeLabel::Excellent),
        (995, UptimeLabel::Excellent),
        (994, UptimeLabel::Good),
        (980, UptimeLabel::Good),
        (979, UptimeLabel::Fair),
        (950, UptimeLabel::Fair),
        (949, UptimeLabel::Poor),
        (900, UptimeLabel::Poor),
        (899, UptimeLabel::Critical),
        (0, UptimeLabel::Critical),
    ] {
        assert_eq!(report(&share(online, 1000)).label, label, "{online}");
    }
}

#[test]
fn no_sample_is_unknown_and_not_zero() {
    for stats in [json!({"statsDateRange": {}}), json!({"locationState": []}), json!({"locationState": null})]
    {
        let report = analyze(&stats);
        assert_eq!(report.label, UptimeLabel::Unknown);
        assert_eq!(report.uptime_percent, None);
        assert_eq!(report.trend, Trend::Unknown);
        assert_eq!(report.unknown_samples, 0);
    }
    let report = report("??");
    assert_eq!((report.label, report.unknown_samples), (UptimeLabel::Unknown, 2));
    assert_eq!(
        report.render(Format::Text),
        "📈 Uptime: ⚪ UNKNOWN - No sample could be read\n\nNot counted: 2 samples without a value"
    );
}

#[test]
fn incidents_are_changes_into_offline() {
    for (samples, incidents) in [
        ("++++", 0),
        ("-+++", 1),
        ("+--+", 1),
        ("+-+-", 2),
        ("--", 1),
        ("~-~-", 2),
        ("+~~+", 0),
        // A gap is no sign that it was online in between.
        ("+-?-+", 1),
    ] {
        assert_eq!(report(samples).incidents, incidents, "{samples}");
    }
}

#[test]
fn other_words_are_intermittent_and_empty_values_are_no_sample() {
    let report = report("+-~?");
    assert_eq!(
        (report.online_samples, report.offline_samples, report.intermittent_samples, report.unknown_samples),
        (1, 1, 1, 1)
    );
    assert_eq!(report.samples, 3);
    let unreadable = analyze(&json!({"locationState": [17, {"value": "online"}]}));
    assert_eq!((unreadable.unknown_samples, unreadable.uptime_percent), (1, Some(100.0)));
}

#[test]
fn number_or_empty_value_is_not_a_state() {
    let of = |value: Value| {
        let report = analyze(&json!({"locationState": [
            {"timestamp": "2026-01-15T08:00:00Z", "value": "online"},
            {"timestamp": "2026-01-15T09:00:00Z", "value": value},
        ]}));
        let counts = [report.online_samples, report.offline_samples, report.intermittent_samples];
        (counts, report.unknown_samples, report.incidents)
    };
    for value in [
        json!(0),
        json!(1),
        json!(-1.5),
        json!(""),
        json!(" "),
        json!("0"),
        json!("1.0"),
        json!("-"),
        json!("NaN"),
        json!("?!"),
    ] {
        assert_eq!(of(value.clone()), ([1, 0, 0], 1, 0), "{value}");
    }
    for word in ["n/a", "N/A", " unknown ", "none", "NULL", "no data", "undefined"] {
        assert_eq!(of(json!(word)), ([1, 0, 0], 1, 0), "{word}");
    }
    assert_eq!(of(json!(" OFFLINE ")), ([1, 1, 0], 0, 1));
    assert_eq!(of(json!("Online")), ([2, 0, 0], 0, 0));
    assert_eq!(of(json!("degraded")), ([1, 0, 1], 0, 0));
}

#[test]
fn few_known_samples_give_no_uptime() {
    let few = report("?????????+");
    assert_eq!((few.label, few.uptime_percent, few.trend), (UptimeLabel::Unknown, None, Trend::Unknown));
    assert_eq!((few.samples, few.unknown_samples), (1, 9));
    assert_eq!(
        few.render(Format::Text),
        "📈 Uptime: ⚪ UNKNOWN - Most samples have no value\n\n\
         Period: 2000-01-01 09:00 UTC to 2000-01-01 09:00 UTC\n\
         Samples: 1 (1 online, 0 offline, 0 intermittent)\n\
         Outages: 0\n\
         Trend: unknown\n\
         Not counted: 9 samples without a value"
    );
    let half = report("????++++");
    assert_eq!((half.uptime_percent, half.known_percent), (Some(100.0), Some(50.0)));
    let headline = "📈 Uptime: 🟢 EXCELLENT - 100.00 % of the known 50.00 % of the samples\n";
    assert!(half.render(Format::Text).starts_with(headline), "{}", half.render(Format::Text));
    assert_eq!((few.known_percent, report("").known_percent), (Some(10.0), None));
    assert_eq!(report("????+++").uptime_percent, None);
    // What was seen was seen.
    assert_eq!((report("?????-").label, report("?????-").incidents), (UptimeLabel::Unknown, 1));
}

#[test]
fn a_sample_without_a_time_leaves_the_others_in_order() {
    let at =
        |hour: u32, value: &str| json!({"timestamp": format!("2026-01-15T{hour:02}:00:00Z"), "value": value});
    let timeless = json!({"value": "online"});
    let of = |samples: Vec<Value>| analyze(&json!({"locationState": samples}));
    // In the order of the times it is one outage.
    let mixed = of(vec![
        at(9, "offline"),
        at(6, "online"),
        timeless.clone(),
        at(8, "offline"),
        at(7, "online"),
        at(10, "online"),
    ]);
    assert_eq!((mixed.samples, mixed.offline_samples, mixed.incidents), (6, 2, 1));
    assert_eq!(
        (mixed.first_sample, mixed.last_sample),
        (Some("2026-01-15T06:00:00Z".parse().unwrap()), Some("2026-01-15T10:00:00Z".parse().unwrap()))
    );
    // Of two at the same time the worse one counts, and the one without a time stays behind them.
    let twice = of(vec![at(9, "online"), timeless.clone(), at(9, "offline"), at(10, "offline")]);
    assert_eq!((twice.samples, twice.offline_samples, twice.incidents), (3, 2, 2));
    // Without any time the order is that of the answer.
    let word = |value: &str| json!({"value": value});
    assert_eq!(of(vec![word("offline"), word("online"), word("offline")]).incidents, 2);
    assert_eq!(of(vec![timeless, at(9, "offline"), at(8, "offline")]).incidents, 1);
}

#[test]
fn a_trend_is_more_than_five_points() {
    // Twice 100 samples; the first half has 90 online.
    let halves = |second: usize| share(90, 100) + &share(second, 100);
    for (second, trend) in [
        (84, Trend::Declining),
        (85, Trend::Stable),
        (90, Trend::Stable),
        (95, Trend::Stable),
        (96, Trend::Improving),
    ] {
        assert_eq!(report(&halves(second)).trend, trend, "{second}");
    }
    assert_eq!(report("+").trend, Trend::Unknown);
    // An odd sample belongs to the second half.
    assert_eq!(report("+-+").trend_points, Some(-50.0));
    assert_eq!(report("-+").trend, Trend::Improving);
}

#[test]
fn samples_are_put_in_order_and_counted_once() {
    let sample = |time: &str, value: &str| json!({"timestamp": time, "value": value});
    let (a, b, c) = (
        sample("2026-01-15T08:00:00Z", "offline"),
        sample("2026-01-15T09:00:00Z", "offline"),
        sample("2026-01-15T10:00:00Z", "online"),
    );
    let expected = analyze(&json!({"locationState": [a, b, c]}));
    assert_eq!(expected.incidents, 1);
    assert_eq!(analyze(&json!({"locationState": [b, c, a, a]})), expected);
    // The worse of two at the same time.
    let both = json!({"locationState": [sample("2026-01-15T08:00:00Z", "online"), a]});
    assert_eq!(analyze(&both).uptime_percent, Some(0.0));
    // Without times the order is as given.
    let bare = json!({"locationState": [{"value": "offline"}, {"value": "online"}, {"value": "offline"}]});
    assert_eq!(analyze(&bare).incidents, 2);
}

#[test]
fn text_word_for_word() {
    assert_eq!(
        report("+++++-~?").render(Format::Text),
        "📈 Uptime: 🔴 CRITICAL - 71.42 % of the known 87.50 % of the samples\n\n\
         Period: 2000-01-01 00:00 UTC to 2000-01-01 06:00 UTC\n\
         Samples: 7 (5 online, 1 offline, 1 intermittent)\n\
         Outages: 1\n\
         Trend: declining (-50.0 points)\n\
         Not counted: 1 sample without a value"
    );
    // Never rounded up to what it is not.
    assert!(report(&share(29_999, 30_000)).render(Format::Text).contains("99.99 %"));
    assert!(report("++").render(Format::Text).contains("100.00 %"));
    assert!(report("++").render(Format::Markdown).contains("100\\.00 \\%"));
    assert!(report("++").render(Format::Html).starts_with("<b>📈 Uptime: 🟢 EXCELLENT"));
    let json: Value = serde_json::from_str(&report("+-").render(Format::Json)).unwrap();
    assert_eq!(json["label"], "critical");
    assert_eq!(json["uptime_percent"], 50.0);
    assert_eq!(json["trend"], "declining");
}

#[test]
fn empty_report_has_no_lines() {
    assert_eq!(report("").render(Format::Text), "📈 Uptime: ⚪ UNKNOWN - No sample could be read");
}

//! Traffic, uptime, speed tests and their pictures.

use super::*;
use crate::server::{against, serve};

/// The program with a terminal of so many columns and this locale.
fn drawn(arguments: &[&str], columns: &str, locale: &str) -> String {
    stdout(&plume(&[&["--demo"], arguments].concat(), &[("COLUMNS", columns), ("LC_ALL", locale)]))
}

const SERIES: [&[&str]; 3] = [&["wan"], &["uptime"], &["speedtest", "list", "--period", "24h"]];

#[test]
fn diagrams_use_only_ascii_where_nothing_else_is_safe() {
    // The emoji of a report are words of the report, so only the lines of diagrams count.
    let blocks = |text: &str| text.contains(['█', '▁', '│', '·']);
    for arguments in SERIES {
        assert!(blocks(&drawn(arguments, "80", "en_US.UTF-8")), "{arguments:?}");
        assert!(!blocks(&drawn(arguments, "80", "C")), "{arguments:?}");
        let plain = [arguments, &["--color", "never"][..]].concat();
        assert!(!blocks(&drawn(&plain, "80", "en_US.UTF-8")), "{arguments:?}");
    }
    let tree = drawn(&["topology", "--home", "two-pods-down"], "80", "C");
    assert!(tree.is_ascii(), "{tree}");
}

#[test]
fn a_period_decides_on_the_series() {
    let points = |period: &str| {
        let document = document(&demo(&["wan", "--period", period, "-o", "json"]));
        document["data"]["intervals"].as_array().unwrap().len()
    };
    assert_eq!([points("24h"), points("7d"), points("30d")], [96, 168, 30]);
    let samples = |period: &str| {
        let document = document(&demo(&["uptime", "--period", period, "-o", "json"]));
        document["data"]["series"].as_array().unwrap().len()
    };
    assert_eq!([samples("24h"), samples("7d"), samples("30d")], [24, 168, 30]);
    let output = demo(&["wan", "--period", "1y"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("24h, 7d, 30d"), "{}", stderr(&output));
}

#[test]
fn a_picture_goes_to_a_file_or_alone_to_stdout() {
    let folder = std::env::temp_dir().join(format!("plume-cli-pictures-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("picture.svg");
    let path = file.to_str().unwrap();
    for arguments in SERIES {
        let usual = demo(&[arguments, &["-o", "json"][..]].concat());
        let output = demo(&[arguments, &["-o", "json", "--svg", path][..]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(document(&output)["schema"], document(&usual)["schema"]);
        let svg = std::fs::read_to_string(&file).unwrap();
        assert!(svg.starts_with("<svg ") && svg.contains(" of Home</title>"), "{svg}");

        let output = demo(&[arguments, &["--svg", "-"][..]].concat());
        assert_eq!(stdout(&output).trim_end(), svg, "{arguments:?}");
        let output = demo(&[arguments, &["--svg", "-", "-o", "json"][..]].concat());
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(document(&output)["schema"], "plume.error/1");
    }
    // Only the picture is there: nothing is left from writing it.
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    let missing = folder.join("missing").join("picture.svg");
    let output = demo(&["wan", "--svg", missing.to_str().unwrap()]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""));
    assert!(stderr(&output).contains("the picture could not be written to"), "{}", stderr(&output));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_leaves_no_half_picture() {
    let output = demo(&["wan", "--svg", "/dev/full"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("No space left"), "{}", stderr(&output));
}

#[test]
fn a_gap_is_shown_as_a_gap() {
    let (base, _targets) = serve(|target| {
        let at = |quarter: u32| format!("2026-01-15T{:02}:{:02}:00Z", quarter / 4, 15 * (quarter % 4));
        let rows = (0..96).filter(|quarter| !(20..30).contains(quarter)).map(|quarter| {
            let mbps = if (40..50).contains(&quarter) { Value::Null } else { Value::from(quarter) };
            serde_json::json!({"timestamp": at(quarter), "rxMbytes": mbps, "rxMaxMbps": mbps})
        });
        match target {
            target if target.contains("wanStats") => {
                (200, "", serde_json::json!({"fifteenMins": rows.collect::<Vec<_>>()}).to_string())
            }
            _ => (200, "", r#"{"id":"l","name":"<i>\u001b[31m</i>"}"#.to_owned()),
        }
    });
    let variables = [
        ("PLUME_AUTH_HEADER", "Bearer not.a.token"),
        ("PLUME_API_BASE", &base),
        ("PLUME_REPORTS_BASE", &base),
        ("COLUMNS", "80"),
        ("LC_ALL", "C.UTF-8"),
    ];
    let output = plume(&["wan", "c", "l"], &variables);
    let text = stdout(&output);
    let lowest = text.lines().find(|line| line.contains("0 │")).unwrap();
    assert!((12..=20).contains(&lowest.matches('·').count()), "{text}");
    assert!(text.contains("· no data"), "{text}");
    let svg = stdout(&plume(&["wan", "c", "l", "--svg", "-"], &variables));
    assert!(svg.contains("&lt;i&gt;\u{fffd}[31m&lt;/i&gt;</title>"), "{svg}");
    let document = document(&plume(&["wan", "c", "l", "-o", "json"], &variables));
    assert_eq!(document["data"]["intervals"].as_array().unwrap().len(), 86);
    assert!(document["data"]["intervals"][35]["download"]["average_mbps"].is_null());
}

#[test]
fn speed_tests_need_a_node_that_runs_them() {
    let (base, _targets) = serve(|_| (200, "", r#"[{"id":"TST0000001","nickname":"Hall"}]"#.to_owned()));
    let output = against(&base, &["speedtest", "list", "c", "l"]);
    assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
    assert!(stderr(&output).contains("Name a node with --node"), "{}", stderr(&output));
    let output = against(&base, &["speedtest", "latest", "c", "l", "--node", "Hall"]);
    assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
    assert!(stderr(&output).contains("no speed test of \"Hall\" is known"), "{}", stderr(&output));
    let latest = document(&demo(&["speedtest", "latest", "-o", "json"]));
    assert!(latest["data"]["download"].as_f64().unwrap() > 0.0, "{latest}");
    let csv = stdout(&demo(&["speedtest", "list", "-o", "csv"]));
    assert!(csv.starts_with("time,down_mbps,up_mbps,outcome\n"), "{csv}");
}

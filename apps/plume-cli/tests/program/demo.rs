//! Output of the commands for the simulated cloud.

use super::*;

/// Every command that needs no argument in a demo, with the schemas of its document and of a line.
const COMMANDS: &[(&[&str], &str, &str)] = &[
    (&["health"], "plume.health/1", "plume.health/1"),
    (&["status"], "plume.location/1", "plume.location/1"),
    (&["nodes"], "plume.node.list/1", "plume.node/1"),
    (&["node", "SIM"], "plume.node/1", "plume.node/1"),
    (&["devices"], "plume.device.list/1", "plume.device/1"),
    (&["device", "Alexa"], "plume.device/1", "plume.device/1"),
    (&["wifi"], "plume.wifi.list/1", "plume.wifi/1"),
    (&["wan"], "plume.wan/1", "plume.wan/1"),
    (&["uptime"], "plume.uptime/1", "plume.uptime/1"),
    (&["speedtest", "list", "--limit", "5"], "plume.speedtest.list/1", "plume.speedtest/1"),
    (&["speedtest", "latest"], "plume.speedtest.result/1", "plume.speedtest.result/1"),
    (&["topology"], "plume.topology/1", "plume.topology.member/1"),
    (&["events", "--since", "30d"], "plume.event.list/1", "plume.event/1"),
    (&["find", "Sample"], "plume.find.list/1", "plume.find/1"),
    (&["locations", "list"], "plume.location.list/1", "plume.location/1"),
    (&["locations", "show"], "plume.location/1", "plume.location/1"),
    (&["reboot", "location", "--yes"], "plume.change/1", "plume.change/1"),
    (&["rename", "location", "Cabin", "--yes"], "plume.change/1", "plume.change/1"),
    (&["rename", "device", "Alexa", "Speaker", "--yes"], "plume.change/1", "plume.change/1"),
    (&["locate", "Living Room Pod", "--yes"], "plume.change/1", "plume.change/1"),
    (&["fleet", "plan", "300"], "plume.fleet.plan/1", "plume.fleet.plan/1"),
    (&["customers", "list"], "plume.customer.list/1", "plume.customer/1"),
    (&["customers", "search", "Sample"], "plume.customer.search/1", "plume.customer.hit/1"),
    (&["customers", "show"], "plume.customer/1", "plume.customer/1"),
    (&["auth", "login"], "plume.auth.login/1", "plume.auth.login/1"),
    (&["auth", "status"], "plume.auth.status/1", "plume.auth.status/1"),
    (&["auth", "logout"], "plume.auth.logout/1", "plume.auth.logout/1"),
    (&["config", "explain"], "plume.setting.list/1", "plume.setting/1"),
    (&["config", "profiles"], "plume.profile.list/1", "plume.profile/1"),
];

#[test]
fn the_healthy_home_is_reported_word_for_word() {
    let output = demo(&["health"]);
    assert_eq!(
        stdout(&output),
        "🏥 Health Status for Home\n\
         \n\
         🟢 ALL SYSTEMS OPERATIONAL - No issues detected\n\
         \n\
         ✅ Connection: ONLINE\n\
         \n\
         📡 Nodes/Gateways:\n\
         • Living Room Pod\n  \
           Status: connected\n  \
           Model: P301X\n  \
           Firmware: 8.5.2\n\
         \n\
         ✨ Everything looks great!\n"
    );
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[test]
fn every_home_gets_its_verdict() {
    for (home, headline, status, online, rule, check) in [
        ("healthy", "🟢 ALL SYSTEMS OPERATIONAL - No issues detected", "green", Some(true), None, 0),
        (
            "one-pod-down",
            "🟠 SERVICE DISRUPTED - 1 pod is disconnected",
            "orange",
            Some(true),
            Some("node-disconnected"),
            2,
        ),
        (
            "two-pods-down",
            "🟠 SERVICE DISRUPTED - Multiple pods are disconnected",
            "orange",
            Some(true),
            Some("node-disconnected"),
            2,
        ),
        ("gateway-down", "🔴 LOCATION OFFLINE - ", "red", Some(false), Some("location-offline"), 2),
        ("poor-qoe", "🟡 DEGRADED SERVICE - Poor QoE detected", "yellow", Some(true), Some("poor-qoe"), 1),
        (
            "device-gone",
            "🟡 DEGRADED SERVICE - 1 device is disconnected",
            "yellow",
            Some(true),
            Some("device-disconnected"),
            1,
        ),
        ("reduced-service", "🟢 ALL SYSTEMS OPERATIONAL", "green", Some(true), Some("reduced-service"), 0),
        (
            "empty",
            "🔴 LOCATION OFFLINE - No pods found for this location",
            "red",
            Some(false),
            Some("location-offline"),
            2,
        ),
    ] {
        let text = stdout(&demo(&["--home", home, "health"]));
        assert!(text.contains(headline), "{home}:\n{text}");

        let output = demo(&["--home", home, "health", "--check"]);
        let text = stdout(&output);
        let word = ["OK", "WARNING", "CRITICAL"][check as usize];
        assert!(text.starts_with(&format!("PLUME {word} - {headline}")), "{home}:\n{text}");
        assert_eq!(output.status.code(), Some(check), "{home}");

        let document = document(&demo(&["health", "--output", "json", "--home", home]));
        assert_eq!(document["schema"], "plume.health/1");
        assert_eq!(document["meta"]["source"], "demo");
        assert_eq!(document["meta"]["api_calls"], 4);
        let data = &document["data"];
        assert_eq!(data["status"], status, "{home}");
        assert_eq!(data["online"].as_bool(), online, "{home}");
        assert!(data["unknown"].is_array(), "{home}");
        let findings = data["findings"].as_array().unwrap();
        assert_eq!(findings.is_empty(), rule.is_none(), "{home}");
        if let Some(rule) = rule {
            assert!(findings.iter().any(|finding| finding["rule"] == rule), "{home}: {findings:?}");
        }
    }
}

#[test]
fn a_story_goes_on_in_the_demo() {
    for (story, after, headline) in [
        ("power-cut", "1m", "ALL SYSTEMS OPERATIONAL"),
        ("power-cut", "12m", "LOCATION OFFLINE"),
        ("power-cut", "40m", "ALL SYSTEMS OPERATIONAL"),
        ("quiet-day", "12m", "ALL SYSTEMS OPERATIONAL"),
    ] {
        let text = stdout(&demo(&["health", "--story", story, "--after", after]));
        assert!(text.contains(headline), "{story} after {after}:\n{text}");
    }
    let output = demo(&["health", "--after", "3m"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("Add --story NAME"), "{}", stderr(&output));
    for option in [&["--story", "power-cut"][..], &["--home", "empty"], &["--after", "3m"], &["--paced"]] {
        let output = plume(&[&["health", "c", "l"], option].concat(), &[]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("Add --demo"), "{}", stderr(&output));
    }
}

#[test]
fn every_command_has_every_format() {
    for (arguments, list, row) in COMMANDS {
        let output = demo(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        assert!(!stdout(&output).trim().is_empty(), "{arguments:?}");

        let output = demo(&[arguments, &["--output", "json"][..]].concat());
        assert_eq!(document(&output)["schema"], *list, "{arguments:?}");
        let data = document(&output)["data"].clone();
        let rows = data.as_array().map_or(1, Vec::len);
        // Comma-separated values are the series.
        let values = ["intervals", "series"].iter().find_map(|name| Some(data.get(name)?.as_array()?.len()));

        let output = demo(&[arguments, &["--output", "jsonl"][..]].concat());
        let lines = stdout(&output).lines().count();
        let documents = documents(&output);
        assert_eq!((lines, documents.len()), (rows, rows), "{arguments:?}");
        assert!(documents.iter().all(|document| document["schema"] == *row), "{arguments:?}");

        let output = demo(&[arguments, &["--output", "csv"][..]].concat());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        let csv = stdout(&output);
        assert_eq!(csv.lines().count(), values.unwrap_or(rows) + 1, "{arguments:?}:\n{csv}");
        let header = csv.lines().next().unwrap();
        assert!(
            header.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_,".contains(c)),
            "{header}"
        );
    }
}

#[test]
fn documents_do_not_depend_on_the_screen_and_the_locale() {
    let folder = std::env::temp_dir().join(format!("plume-cli-screens-{}", std::process::id()));
    for (number, (arguments, ..)) in COMMANDS.iter().enumerate() {
        let directory = folder.join(number.to_string());
        let directory = directory.to_str().unwrap();
        // What these show depends on the time, and the clock of a recording does not run.
        let is_recorded =
            ["events", "health", "speedtest", "topology", "uptime", "wan"].contains(&arguments[0]);
        let source = match is_recorded {
            true => ["--replay", directory],
            false => ["--demo", "--no-input"],
        };
        if is_recorded {
            let output = demo(&[&["--home", "two-pods-down", "--record", directory], *arguments].concat());
            assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        }
        // One document per command or per row: both have the same values, so a command needs one of them.
        for form in [["json", "jsonl"][number % 2], "csv"] {
            let arguments = [&source, *arguments, &["-o", form]].concat();
            let of = |columns, locale| {
                let output = plume(&arguments, &[("COLUMNS", columns), ("LC_ALL", locale)]);
                assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
                let text = stdout(&output);
                // The others have times, perhaps with a fraction of a second, but no text that depends on them.
                let is_same = |c: &char| is_recorded || !(c.is_ascii_digit() || *c == '.');
                text.chars().filter(is_same).collect::<String>()
            };
            assert_eq!(of("20", "C"), of("200", "C.UTF-8"), "{arguments:?}");
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_locale_without_utf8_gets_ascii() {
    for (arguments, ..) in COMMANDS {
        for columns in ["17", "40", "80"] {
            let arguments = [&["--demo", "--home", "two-pods-down"], *arguments].concat();
            let output = plume(&arguments, &[("COLUMNS", columns), ("LC_ALL", "C")]);
            assert!(
                output.stdout.is_ascii() && output.stderr.is_ascii(),
                "{arguments:?}: {}",
                stdout(&output)
            );
        }
    }
    let output = plume(&["--demo", "health", "--check"], &[("LANG", "POSIX")]);
    assert!(stdout(&output).starts_with("PLUME OK - [ok] ALL SYSTEMS"), "{}", stdout(&output));
    let picture = plume(&["--demo", "wan", "--svg", "-"], &[("LC_ALL", "C")]);
    assert_eq!(
        stdout(&picture).matches('?').count(),
        stdout(&demo(&["wan", "--svg", "-"])).matches('?').count()
    );
}

#[test]
fn an_empty_list_is_no_line_and_a_note() {
    let output = demo(&["nodes", "--disconnected", "-o", "jsonl"]);
    assert_eq!((stdout(&output).as_str(), stderr(&output).as_str()), ("", "note: the list is empty\n"));
    assert_eq!(output.status.code(), Some(0));
}

/// Wide characters and emoji of these texts take two columns.
fn width(line: &str) -> usize {
    line.chars()
        .map(|character| match u32::from(character) {
            0x200d | 0xfe0f => 0,
            0x23f0 | 0x2705 | 0x2728 | 0x26a1 | 0x1f000.. => 2,
            _ => 1,
        })
        .sum()
}

#[test]
fn every_text_fits_the_screen() {
    for (arguments, ..) in COMMANDS {
        for home in ["healthy", "two-pods-down", "poor-qoe"] {
            for columns in ["18", "40", "80"] {
                // The arithmetic of a plan has columns of its own.
                if columns == "18" && arguments.contains(&"plan") {
                    continue;
                }
                let arguments = [&["--demo", "--home", home], *arguments].concat();
                let output = plume(&arguments, &[("COLUMNS", columns)]);
                for line in stdout(&output).lines() {
                    assert!(width(line) <= columns.parse().unwrap(), "{arguments:?} at {columns}: {line}");
                }
            }
        }
    }
}

#[test]
fn nothing_is_colored_unless_requested() {
    let red = |arguments: &[&str], variables: &[(&str, &str)]| {
        let arguments = [&["--demo", "nodes", "--home", "two-pods-down"], arguments].concat();
        stdout(&plume(&arguments, variables)).contains("\u{1b}[31m")
    };
    assert!(!red(&[], &[]));
    assert!(red(&["--color", "always"], &[]));
    assert!(red(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!red(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!red(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!red(&["--color", "always", "-o", "csv"], &[]));
}

#[test]
fn a_list_is_filtered_and_cut() {
    let names = |arguments: &[&str]| {
        let arguments = [&["nodes", "--home", "two-pods-down", "-o", "json"], arguments].concat();
        let document = document(&demo(&arguments));
        let names = document["data"].as_array().unwrap().iter().map(|node| node["nickname"].to_string());
        (names.collect::<Vec<_>>(), document["meta"]["more"].as_bool().unwrap())
    };
    assert_eq!(names(&[]).0.len(), 3);
    assert_eq!(names(&["--disconnected"]), (vec!["\"Living Room\"".into(), "\"Bedroom\"".into()], false));
    assert_eq!(names(&["--disconnected", "--limit", "1"]), (vec!["\"Living Room\"".into()], true));
    assert!(!names(&["--limit", "3"]).1);
    let output = demo(&["nodes", "--home", "two-pods-down", "--limit", "1"]);
    assert!(stdout(&output).ends_with("\n\n1 of 3 rows; --all shows every row.\n"), "{}", stdout(&output));
    let output = demo(&["nodes", "--home", "two-pods-down", "--limit", "1", "-o", "csv"]);
    assert!(stderr(&output).contains("note: 1 of 3 rows"), "{}", stderr(&output));
    assert!(stdout(&demo(&["nodes", "--disconnected"])).contains("Nothing there."));

    let all = document(&demo(&["customers", "list", "--all", "-o", "json"]));
    assert!(all["data"].as_array().unwrap().len() > 25);
    assert_eq!(all["meta"]["more"], false);
    let output = demo(&["customers", "list", "--limit", "2", "-o", "jsonl"]);
    assert!(documents(&output).iter().all(|document| document["meta"]["more"] == true));
}

#[test]
fn no_command_prints_a_secret() {
    // Passphrases and the client's secret, the mesh key, the authorization header.
    let secrets = ["not-a-real", "5EC4E7", "MG9hU0lNVUxBVE9S"];
    for (arguments, ..) in COMMANDS {
        for form in ["table", "json", "jsonl", "csv"] {
            let output = demo(&[arguments, &["--output", form, "--home", "one-pod-down", "-v"][..]].concat());
            for secret in secrets {
                assert!(!stdout(&output).contains(secret), "{arguments:?} {form}");
                assert!(!stderr(&output).contains(secret), "{arguments:?} {form}");
            }
        }
    }
}

#[test]
fn requests_are_written_to_stderr_on_request() {
    let output = demo(&["nodes", "-v"]);
    let lines = stderr(&output);
    let lines: Vec<&str> = lines.lines().collect();
    assert!(lines[0].starts_with("POST ") && lines[0].contains("/v1/token -> 200"), "{lines:?}");
    assert!(lines[1].starts_with("GET ") && lines[1].contains("/nodes -> 200"), "{lines:?}");
    assert_eq!((lines.len(), output.status.code()), (2, Some(0)));
    assert_eq!(stdout(&output), stdout(&demo(&["nodes"])));
}

#[test]
fn passphrases_are_shown_only_on_request() {
    for form in ["table", "json", "jsonl", "csv"] {
        assert!(!stdout(&demo(&["wifi", "-o", form])).contains("not-a-real-key"), "{form}");
        assert!(stdout(&demo(&["wifi", "--show-secrets", "-o", form])).contains("not-a-real-key"), "{form}");
    }
    let document = document(&demo(&["wifi", "--show-secrets", "-o", "json"]));
    let passphrases = serde_json::json!([{"zone": "home", "passphrase": "not-a-real-key"}]);
    assert_eq!(document["data"][0]["passphrases"], passphrases);
    assert!(document["data"][1].get("passphrases").is_none(), "{document}");
}

#[test]
fn a_node_or_device_is_found_by_what_people_know_of_it() {
    let id = |arguments: &[&str], member: &str| {
        document(&demo(&[arguments, &["-o", "json"]].concat()))["data"][member].as_str().unwrap().to_owned()
    };
    for given in ["Bedroom", "bed", "SIM000003103"] {
        assert_eq!(id(&["node", given, "--home", "two-pods-down"], "id"), "SIM000003103", "{given}");
    }
    for given in ["alexa", "AA:BB:CC:00:11:22", "aa-bb-cc-00-11-22", "aabb"] {
        let mac = id(&["device", given, "--home", "device-gone"], "mac");
        assert!(mac.eq_ignore_ascii_case("AA:BB:CC:00:11:22"), "{given}: {mac}");
    }
    let all = ["devices", "--home", "device-gone", "--disconnected", "-o", "json"];
    let names = document(&demo(&all))["data"].as_array().unwrap().len();
    assert_eq!(names, 1);
}

#[test]
fn help_and_version_go_to_stdout() {
    let output = plume(&["--version"], &[]);
    assert!(stdout(&output).starts_with("plume 0.1.0"), "{}", stdout(&output));
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("system: ") && stdout(&output).contains("config.toml"));
    assert_eq!(stdout(&plume(&["-V"], &[])), "plume 0.1.0\n");
    let help = stdout(&plume(&["nodes", "--help"], &[]));
    assert!(help.contains("The customer's id") && help.contains("The location's id"), "{help}");
}

#[test]
fn the_last_row_says_whether_the_list_was_cut() {
    for (arguments, is_cut) in [(&["--all"][..], false), (&["--limit", "3"], true)] {
        let rows = documents(&demo(
            &[&["customers", "list", "-o", "jsonl", "--customers", "2"], arguments].concat(),
        ));
        let more: Vec<bool> = rows.iter().map(|row| row["meta"]["more"].as_bool().unwrap()).collect();
        let (last, earlier) = more.split_last().unwrap();
        assert!(earlier.len() >= 2 && earlier.iter().all(|more| *more) && *last == is_cut, "{more:?}");
    }
}

//! Commands about many homes: fleet, watch.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::*;
use crate::server::{against, serve};

/// A directory for the state of this test, which `Drop` removes.
struct State(PathBuf);

impl State {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plume-cli-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn demo(&self, arguments: &[&str]) -> Output {
        let state = self.0.to_str().unwrap();
        plume(&[&["--demo"], arguments].concat(), &[("XDG_STATE_HOME", state), ("HOME", state)])
    }

    /// Runs a command whose reader closes the pipe after some lines. Returns these.
    fn leave(&self, arguments: &[&str]) -> Vec<String> {
        let place = self.0.to_str().unwrap();
        let mut child = program()
            .arg("--demo")
            .args(arguments)
            .envs([("XDG_STATE_HOME", place), ("HOME", place)])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let lines = lines.take(5).collect();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
        lines
    }

    /// The stored place of a scan.
    fn file(&self) -> Option<PathBuf> {
        find(&self.0, |name| name.starts_with("fleet-scan-demo-"))
    }
}

fn find(folder: &Path, fits: impl Fn(&str) -> bool + Copy) -> Option<PathBuf> {
    std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).find_map(|path| {
        if path.is_dir() { find(&path, fits) } else { fits(path.file_name()?.to_str()?).then_some(path) }
    })
}

impl Drop for State {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_scan_judges_every_home() {
    let state = State::new("scan");
    let output = state.demo(&["fleet", "scan", "--customers", "12", "-o", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let json = document(&output);
    let data = &json["data"];
    assert_eq!((&json["schema"], &json["meta"]["more"]), (&"plume.fleet.scan/1".into(), &false.into()));
    let homes = data["homes"].as_array().unwrap();
    assert_eq!(homes.len() as u64, data["count"].as_u64().unwrap());
    assert_eq!(data["customers"], 20);
    let of = |status: &str| homes.iter().filter(|home| home["status"] == status).count() as u64;
    for status in ["green", "yellow", "orange", "red", "unknown"] {
        assert_eq!(data[status], of(status), "{status}");
    }
    assert!(of("green") > 0 && of("red") > 0 && of("orange") > 0);
    assert_eq!(data["failures"], serde_json::json!([]));

    let output = state.demo(&["fleet", "scan", "--customers", "12", "-o", "jsonl"]);
    let lines = documents(&output);
    let (last, rows) = lines.split_last().unwrap();
    assert_eq!(rows.len(), homes.len());
    assert!(rows.iter().all(|row| row["schema"] == "plume.fleet.home/1" && row["meta"]["more"] == true));
    assert_eq!((&last["schema"], &last["meta"]["more"]), (&"plume.fleet.scan/1".into(), &false.into()));
    assert!(last["data"].get("homes").is_none() && last["data"]["count"] == data["count"]);

    let csv = stdout(&state.demo(&["fleet", "scan", "--customers", "12", "-o", "csv"]));
    assert_eq!(csv.lines().count(), homes.len() + 1);
    assert!(csv.starts_with("status,customer,name,headline,"), "{csv}");

    let text = stdout(&state.demo(&["fleet", "scan", "--customers", "12"]));
    assert!(text.contains("STATUS") && !text.contains("\ngreen  "), "{text}");
    let text = stdout(&state.demo(&["fleet", "scan", "--customers", "12", "--all"]));
    assert!(text.lines().filter(|line| line.starts_with("green  ")).count() as u64 == of("green"), "{text}");
    assert!(state.file().is_none(), "a complete scan leaves no state");
}

#[test]
fn a_scan_names_the_customers_and_leaves_room_for_the_headlines() {
    let state = State::new("fleet-names");
    let place = state.0.to_str().unwrap();
    let scan = |arguments: &[&str], columns| {
        let arguments = [&["--demo", "fleet", "scan", "--customers", "3"], arguments].concat();
        stdout(&plume(&arguments, &[("COLUMNS", columns), ("XDG_STATE_HOME", place)]))
    };
    let text = scan(&[], "80");
    let line = text.lines().find(|line| line.contains("Example Household (g")).unwrap();
    assert!(line.starts_with("red ") && line.contains("LOCATION OFFLINE - All"), "{text}");
    assert!(text.contains("Not shown at this width: ACCOUNT, LOCATION ID, CUSTOMER ID"), "{text}");
    let text = scan(&[], "200");
    assert!(text.contains("SIM-GATEWAY-DOWN ") && text.contains("5ca1ab1e0000010f00000004"), "{text}");
    let csv = scan(&["-o", "csv"], "80");
    assert!(
        csv.starts_with("status,customer,name,headline,account,location_id,customer_id,findings\n"),
        "{csv}"
    );
}

#[test]
fn texts_about_fleets_fit_the_screen() {
    let state = State::new("fleet-width");
    for arguments in [
        &["fleet", "scan", "--customers", "3"][..],
        &["fleet", "nodes", "--disconnected", "--customers", "3"],
        &["fleet", "plan", "2000"],
        &["watch", "health", "--rounds", "1"],
    ] {
        for columns in ["40", "80"] {
            let place = state.0.to_str().unwrap();
            let arguments = [&["--demo"], arguments].concat();
            let output = plume(&arguments, &[("COLUMNS", columns), ("XDG_STATE_HOME", place)]);
            assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
            for line in stdout(&output).lines() {
                let wide = line.chars().filter(|character| u32::from(*character) >= 0x1f000).count();
                let width = line.chars().count() + wide;
                assert!(width <= columns.parse().unwrap(), "{arguments:?} at {columns}: {line}");
            }
        }
    }
}

#[test]
#[cfg(unix)]
fn an_interrupted_scan_continues_where_it_stopped() {
    let state = State::new("resume");
    let place = state.0.to_str().unwrap();
    let arguments = ["--demo", "fleet", "scan", "--customers", "150", "-o", "jsonl"];
    let mut child = program()
        .args(arguments)
        .envs([("XDG_STATE_HOME", place), ("HOME", place)])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut rows: Vec<String> = lines.by_ref().take(5).collect();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    rows.extend(lines);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert!(stderr(&output).contains("customers done; --resume continues"), "{}", stderr(&output));
    let file = state.file().unwrap();
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let output = state.demo(&["fleet", "scan", "--customers", "150", "-o", "jsonl", "--resume"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    rows.extend(stdout(&output).lines().map(str::to_owned));
    let ids = |rows: &[String]| -> Vec<String> {
        let homes = rows.iter().map(|row| serde_json::from_str::<Value>(row).unwrap());
        homes.filter_map(|row| Some(row["data"]["location_id"].as_str()?.to_owned())).collect()
    };
    let whole = state.demo(&["fleet", "scan", "--customers", "150", "-o", "jsonl"]);
    let whole: Vec<String> = stdout(&whole).lines().map(str::to_owned).collect();
    // No home is missing, and none comes twice.
    assert_eq!(ids(&rows), ids(&whole));
    let counts = |rows: &[String]| {
        let data = serde_json::from_str::<Value>(rows.last().unwrap()).unwrap()["data"].clone();
        ["count", "green", "yellow", "orange", "red", "customers"].map(|name| data[name].clone())
    };
    assert_eq!(counts(&rows), counts(&whole));
    assert!(state.file().is_none());

    let output = state.demo(&["fleet", "scan", "--customers", "2", "--resume"]);
    assert!(stderr(&output).contains("no interrupted scan"), "{}", stderr(&output));
}

#[test]
fn a_damaged_state_is_refused_with_its_path() {
    let state = State::new("damaged");
    // A closed pipe leaves the state as well, and says nothing.
    state.leave(&["fleet", "scan", "-o", "jsonl"]);
    let file = state.file().unwrap();
    for (text, expected) in
        [("{", "damaged"), (r#"{"version":1,"at":17}"#, "damaged"), ("", "damaged"), ("[]", "damaged")]
    {
        std::fs::write(&file, text).unwrap();
        let output = state.demo(&["fleet", "scan", "--resume"]);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains(file.to_str().unwrap()), "{}", stderr(&output));
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
    // The place of another fleet is of no use, also of one with the same partner.
    std::fs::remove_file(&file).unwrap();
    state.leave(&["fleet", "scan", "-o", "jsonl"]);
    let output = state.demo(&["fleet", "scan", "--customers", "3", "--resume"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("3 customers"), "{}", stderr(&output));

    let output = state.demo(&["fleet", "scan", "--resume", "--sanitize"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

/// A partner with ten customers of one home each. Three homes fail.
fn partner() -> String {
    let (base, _targets) = serve(|target| {
        let path = target.split('?').next().unwrap();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match parts.as_slice() {
            ["Groups", _, "customers", "count"] => (200, "", r#"{"count":10}"#.to_owned()),
            ["Groups", _, "customers"] if !target.contains("%22offset%22%3A0") => (200, "", "[]".to_owned()),
            ["Groups", _, "customers"] => {
                let rows = (0..10).map(|number| serde_json::json!({"id": format!("c{number}")}));
                (200, "", Value::from_iter(rows).to_string())
            }
            ["Customers", customer, "locations"] => {
                (200, "", format!(r#"[{{"id":"l-{customer}","name":"Home \u001b[31m{customer}"}}]"#))
            }
            ["Customers", "c2" | "c5" | "c7", ..] => {
                (404, "", r#"{"error":{"statusCode":404,"message":"x"}}"#.to_owned())
            }
            ["Customers", _, "locations", id] => (
                200,
                "",
                format!(
                    r#"{{"id":"{id}","name":"Home","networkStatus":{{"status":"online"}},"serviceLevel":{{}}}}"#
                ),
            ),
            ["Customers", _, "locations", _, "nodes"] => {
                (200, "", r#"[{"id":"TST0000001","connectionState":"disconnected"}]"#.to_owned())
            }
            _ => (200, "", "[]".to_owned()),
        }
    });
    base
}

fn fleet(base: &str, arguments: &[&str]) -> Output {
    let place = std::env::temp_dir().join("plume-cli-no-state");
    plume(
        arguments,
        &[
            ("PLUME_AUTH_HEADER", "Bearer not.a.token"),
            ("PLUME_API_BASE", base),
            ("PLUME_PARTNER_ID", "5e00000000000000000000aa"),
            ("XDG_STATE_HOME", place.to_str().unwrap()),
        ],
    )
}

#[test]
fn three_of_ten_homes_that_fail_are_listed_beside_the_others() {
    let base = partner();
    for (command, list) in [(["fleet", "scan"], "homes"), (["fleet", "nodes"], "nodes")] {
        let output = fleet(&base, &[&command[..], &["-o", "json"]].concat());
        assert_eq!(output.status.code(), Some(3), "{command:?}: {}", stderr(&output));
        let json = document(&output);
        assert_eq!(json["data"][list].as_array().unwrap().len(), 7, "{json}");
        assert_eq!(json["data"]["failed"], 3);
        let failures = json["data"]["failures"].as_array().unwrap();
        let ids: Vec<&Value> = failures.iter().map(|failure| &failure["customer_id"]).collect();
        assert_eq!(ids, ["c2", "c5", "c7"]);
        assert!(failures.iter().all(|failure| failure["exit_code"] == 6 && failure["status"] == 404));

        let output = fleet(&base, &[&command[..], &["-o", "jsonl"]].concat());
        assert_eq!(output.status.code(), Some(3));
        let failed = documents(&output);
        let failed = failed.iter().filter(|line| line["schema"] == "plume.fleet.failure/1").count();
        assert_eq!(failed, 3);

        let output = fleet(&base, &command);
        assert_eq!(output.status.code(), Some(3));
        assert!(stdout(&output).contains("FAILED") && stdout(&output).contains("c5"), "{}", stdout(&output));
        assert!(!stdout(&output).contains('\u{1b}'));
    }
}

#[test]
fn a_plan_for_homes_that_were_not_all_counted_is_partly_failed() {
    let (base, _targets) = serve(|target| {
        let path = target.split('?').next().unwrap();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match parts.as_slice() {
            ["Groups", _, "customers", "count"] => (200, "", r#"{"count":2}"#.to_owned()),
            ["Groups", _, "customers"] if !target.contains("%22offset%22%3A0") => (200, "", "[]".to_owned()),
            ["Groups", _, "customers"] => (200, "", r#"[{"id":"c1"},{"id":"c2"}]"#.to_owned()),
            ["Customers", "c1", "locations"] => (200, "", r#"[{"id":"l1"}]"#.to_owned()),
            _ => (404, "", r#"{"error":{"statusCode":404,"message":"x"}}"#.to_owned()),
        }
    });
    let output = fleet(&base, &["fleet", "plan", "-o", "json"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let json = document(&output);
    assert_eq!(json["data"]["request"]["homes"], 1, "{json}");
    assert!(json["warnings"][0].as_str().unwrap().contains("1 customer"), "{json}");
}

#[test]
fn a_fleet_that_cannot_be_listed_is_one_failure() {
    let (base, _targets) = serve(|_| (403, "", String::new()));
    let output = fleet(&base, &["fleet", "scan"]);
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    assert_eq!(stderr(&output).lines().filter(|line| line.starts_with("error")).count(), 1);
    assert!(output.stdout.is_empty());
    let output = against(&base, &["fleet", "nodes"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("PLUME_PARTNER_ID"), "{}", stderr(&output));
}

#[test]
fn lost_nodes_of_a_fleet_are_listed() {
    let lost = |arguments: &[&str]| {
        let arguments = [&["fleet", "nodes", "--disconnected", "--customers", "5"], arguments].concat();
        document(&demo(&[&arguments[..], &["-o", "json"]].concat()))
    };
    let all = lost(&[]);
    let nodes = all["data"]["nodes"].as_array().unwrap();
    assert!(nodes.len() >= 3);
    assert!(nodes.iter().all(|row| row["node"]["connectionState"] == "disconnected"), "{all}");
    let cut = lost(&["--limit", "2"]);
    assert_eq!((cut["data"]["nodes"].as_array().unwrap().len(), &cut["meta"]["more"]), (2, &true.into()));
}

#[test]
fn a_plan_shows_its_arithmetic() {
    let text = stdout(&plume(&["fleet", "plan", "2000"], &[]));
    for part in ["2,500 calls / 4.8 calls/s", "521 s", "1,152 homes"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let json = document(&plume(&["fleet", "plan", "2000", "-o", "json"], &[]));
    assert_eq!(
        (&json["schema"], &json["data"]["shortest_seconds"]),
        (&"plume.fleet.plan/1".into(), &521.into())
    );
    let json = document(&plume(&["fleet", "plan", "20000", "--egresses", "18", "-o", "json"], &[]));
    assert_eq!(
        (&json["data"]["needed_egresses"], &json["data"]["interval_seconds"]),
        (&18.into(), &300.into())
    );
    let json = document(&demo(&["fleet", "plan", "--customers", "2", "-o", "json"]));
    assert!(json["data"]["request"]["homes"].as_u64().unwrap() >= 10);
    for (arguments, named) in [
        (&["0"][..], "[HOMES]"),
        (&["5", "--egresses", "0"], "--egresses"),
        (&["5", "--rate", "0"], "--rate"),
        (&["5", "--rate", "NaN"], "calls per second"),
        (&["5", "--share", "101"], "--share"),
        (&["5", "--share", "1e300"], "100 percent"),
        (&["5", "--full-every", "0"], "--full-every"),
        (&["5", "--interval", "10ms"], "--interval"),
    ] {
        let output = plume(&[&["fleet", "plan"], arguments].concat(), &[]);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(named), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn a_watch_reports_changes_as_lines() {
    let watch = |arguments: &[&str]| {
        let common = ["watch", "health", "--interval", "1s", "--rounds", "3", "--settle", "1s"];
        demo(&[&common, arguments].concat())
    };
    let output = watch(&["--home", "two-pods-down", "-o", "jsonl"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let lines = documents(&output);
    assert_eq!(lines[0]["schema"], "plume.watch.change/1");
    assert_eq!(lines[0]["data"]["event"]["kind"], "entered");
    assert_eq!(lines[0]["data"]["event"]["to"], "orange");
    let last = lines.last().unwrap();
    assert_eq!((&last["schema"], &last["data"]["changes"]), (&"plume.watch/1".into(), &1.into()));
    assert_eq!(last["data"]["homes"][0]["status"], "orange");
    assert_eq!(last["data"]["homes"][0]["confirmed"], "orange");
    let note = "1 home every 1 s: 4 calls per round, 240.0 calls a minute; a change is confirmed after 1 s";
    assert!(stderr(&output).contains(note), "{}", stderr(&output));

    let text = stdout(&watch(&["--home", "two-pods-down"]));
    assert!(text.contains("Problem: 🟠 orange") && text.contains("STATUS"), "{text}");
    let text = stdout(&watch(&["--home", "two-pods-down", "-o", "csv"]));
    assert!(text.starts_with("at,kind,from,to,"), "{text}");
    assert_eq!(text.lines().count(), 2);

    // One round has the status, which is not confirmed.
    let once = ["watch", "health", "--home", "gateway-down", "--rounds", "1"];
    let output = demo(&[&once[..], &["-o", "jsonl"]].concat());
    let home = &document(&output)["data"]["homes"][0];
    assert_eq!((&home["status"], &home["confirmed"]), (&"red".into(), &"unknown".into()));
    let output = demo(&once);
    assert!(stdout(&output).contains("not yet"), "{}", stdout(&output));
    for note in
        ["1 home once: 4 calls", "the status of 1 home is not confirmed: a problem is confirmed after 3 min"]
    {
        assert!(stderr(&output).contains(note), "{}", stderr(&output));
    }

    assert_eq!(demo(&["watch", "health", "-o", "json"]).status.code(), Some(2));
    assert_eq!(demo(&["watch", "health", "one"]).status.code(), Some(2));
    assert_eq!(demo(&["watch", "health", "c/l"]).status.code(), Some(6));
    let output = demo(&[
        "watch",
        "health",
        "--paced",
        "--fleet",
        "--customers",
        "0",
        "--interval",
        "1s",
        "--rounds",
        "1",
    ]);
    assert!(stderr(&output).contains("are more than the call limit of 6.0 calls/s"), "{}", stderr(&output));
}

//! `api`, `doctor`, `sim`, `completions`, `man`, `--version`.

use super::*;
use crate::{
    auth::Cloud,
    failures::NOWHERE,
    server::{against, serve},
};

/// The ids of the healthy home.
const NODES: &str = "/Customers/5ca1ab1e0000000c00000001/locations/5ca1ab1e0000010f00000001/nodes";

#[test]
fn any_path_is_read_and_a_list_is_one_in_every_format() {
    for path in [NODES, "/Customers/{id}/locations/{locationId}/nodes", &NODES[1..]] {
        let output = demo(&["api", "get", path]);
        let rows: Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!(rows["nodes"][0]["nickname"], "Living Room Pod", "{path}");
    }
    let list = "/Customers/{id}/locations";
    let json = document(&demo(&["api", "GET", list, "-o", "json"]));
    assert_eq!((&json["schema"], json["data"].as_array().unwrap().len()), (&"plume.api/1".into(), 1));
    assert_eq!(documents(&demo(&["api", "GET", list, "-o", "jsonl"]))[0]["schema"], "plume.api.row/1");
    assert_eq!(stdout(&demo(&["api", "GET", list, "-o", "csv"])).lines().count(), 2);
    // Lines are not broken: the text stays JSON.
    let output = plume(&["--demo", "api", "GET", NODES], &[("COLUMNS", "20")]);
    assert!(serde_json::from_str::<Value>(&stdout(&output)).is_ok(), "{}", stdout(&output));
    let output = demo(&["api", "GET", "/Customers", "--paginate", "-o", "json"]);
    assert!(document(&output)["data"].as_array().unwrap().len() > 250);
    let output = demo(&["api", "GET", "/Customers?filter=%7B%22limit%22%3A2%7D", "-o", "json"]);
    assert_eq!(document(&output)["data"].as_array().unwrap().len(), 2);
    let output = demo(&["api", "GET", "/Customers", "-f", "filter={\"limit\":3}", "-o", "json"]);
    assert_eq!(document(&output)["data"].as_array().unwrap().len(), 3);
    let output = demo(&["api", "GET", NODES, "--include", "-o", "json"]);
    let whole = document(&output);
    assert_eq!((&whole["schema"], &whole["data"]["status"]), (&"plume.api.response/1".into(), &200.into()));
    assert!(stdout(&demo(&["api", "GET", NODES, "-i"])).starts_with("HTTP 200 OK\n"));
}

#[test]
fn wrong_requests_are_refused_with_the_reason() {
    for (arguments, code, text) in [
        (&["api", "GET", "/no/such/path"][..], 6, "404"),
        (&["api", "GET", "/a/../b"], 2, "segments"),
        (&["api", "FETCH", "/Customers"], 2, "neither a method"),
        (&["api", "GET", "/Customers", "-f", "x"], 2, "KEY=VALUE"),
        (&["api", "GET", "/Customers", "-F", "x=y"], 2, "Use -f for a text"),
        (&["api", "GET", "/Customers", "--dry-run"], 2, "only reads"),
        (&["api", "GET", "/Customers", "--input", "/nowhere"], 2, "/nowhere"),
        (&["api", "GET", "/no/such/path", "--paginate"], 2, "not known"),
        (&["api", "GET", NODES, "--paginate"], 2, "no pages"),
        (&["api", "PUT", "/Customers/{id}"], 2, "Add --yes to make the change, or --dry-run"),
        (&["api", "POST", "/no/such/path", "--no-input"], 2, "Add --yes to make the change, or --dry-run"),
        (&["api", "PUT", "/Customers/{id}", "-f", "nmae=x", "--dry-run"], 2, "`nmae` is no parameter of PUT"),
    ] {
        let output = demo(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(text), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn a_change_is_shown_before_it_is_sent() {
    let (base, targets) = serve(|_| (200, "", r#"{"id":"n1","encryptionKey":"canary"}"#.to_owned()));
    let path = "/Customers/c1/locations/l1/nodes/n1";
    let change = ["api", "PUT", path, "-f", "nickname=Attic"];
    let output = against(&base, &[&change[..], &["--dry-run"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let shown = stdout(&output);
    assert!(shown.contains(&format!("PUT {base}{path}")) && shown.contains("Attic"), "{shown}");
    // An unknown path with a body of its own.
    let raw = ["api", "patch", "/unknown/path", "-F", "count=3", "-f", "name=x", "--dry-run", "-o", "json"];
    let data = document(&against(&base, &raw))["data"].clone();
    assert_eq!(data["request"]["body"], serde_json::json!({"count": 3, "name": "x"}), "{data}");
    assert_eq!(data["sent"], false);
    let output = against(&base, &change);
    assert_eq!(output.status.code(), Some(2));
    assert!(targets.try_recv().is_err(), "nothing was sent so far");
    let output = against(&base, &[&change[..], &["--yes"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(targets.recv().unwrap(), path);
    assert!(stdout(&output).contains("[redacted]") && !stdout(&output).contains("canary"));
    let output = against(&base, &[&change[..], &["--yes", "--show-secrets"]].concat());
    assert!(stdout(&output).contains("canary"));
}

#[test]
fn a_response_that_is_no_json_is_printed_without_control_characters() {
    let (base, _targets) = serve(|_| (200, "", "plain \u{1b}[31m\u{202e}text".to_owned()));
    // A text has no names of members, so all of it may be a secret.
    let output = against(&base, &["api", "GET", "/some/text"]);
    assert_eq!(stdout(&output), "[redacted] (18 bytes)\n");
    assert!(stderr(&output).contains("--show-secrets"), "{}", stderr(&output));
    let output = against(&base, &["api", "GET", "/some/text", "--show-secrets"]);
    assert_eq!(stdout(&output), "plain \\u001b[31m\\u202etext\n");
    let output = against(&base, &["api", "GET", "/some/text", "--show-secrets", "-o", "json"]);
    assert_eq!(document(&output)["data"], "plain \u{1b}[31m\u{202e}text");
}

#[test]
fn a_doctor_names_the_first_cause_by_its_exit_code() {
    let output = demo(&["doctor"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(stdout(&output).contains("\nPASSED   nodes"), "{}", stdout(&output));
    let json = document(&demo(&["doctor", "-o", "json"]));
    assert_eq!((&json["schema"], &json["data"]["outcome"]), (&"plume.doctor/1".into(), &"passed".into()));
    let rows = stdout(&demo(&["doctor", "-o", "csv"])).lines().count();
    assert_eq!(rows, json["data"]["checks"].as_array().unwrap().len() + 1);
    for columns in ["40", "80"] {
        let output = plume(&["doctor"], &[&NOWHERE[..], &[("COLUMNS", columns)]].concat());
        assert_eq!(output.status.code(), Some(7), "{}", stdout(&output));
        let text = stdout(&output);
        assert!(text.contains("FAILED") && text.contains("fix:") && !text.contains("Canary"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= columns.parse().unwrap()), "{text}");
    }
    let output = plume(&["doctor", "-o", "json"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(document(&output)["data"]["outcome"], "failed");
    let cloud = Cloud::start(&[]);
    let variables: Vec<(&str, &str)> =
        cloud.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let output = plume(&["doctor"], &variables);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let mut wrong = variables;
    let header = wrong.iter_mut().find(|(name, _)| *name == "PLUME_AUTH_HEADER").unwrap();
    // base64 of "0oaEXAMPLE:not-a-real-secret"
    header.1 = "Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==";
    let output = plume(&["doctor"], &wrong);
    assert_eq!(output.status.code(), Some(4), "{}", stdout(&output));
}

#[test]
fn a_doctor_reports_an_outage_and_a_limit_by_their_codes() {
    let (sso, _targets) = serve(|_| (503, "", "{}".to_owned()));
    let cloud = Cloud::start(&[]);
    let run = |sso: &str, api: &str, header: &str| {
        let variables = cloud.settings.iter().map(|(name, value)| match name.as_str() {
            "PLUME_SSO_URL" if !sso.is_empty() => (name.as_str(), sso.to_owned()),
            "PLUME_API_BASE" if !api.is_empty() => (name.as_str(), api.to_owned()),
            "PLUME_AUTH_HEADER" if !header.is_empty() => (name.as_str(), header.to_owned()),
            _ => (name.as_str(), value.clone()),
        });
        program().args(["doctor", "-o", "json"]).envs(variables).output().unwrap()
    };
    let (busy_sso, _targets) = serve(|_| (503, "retry-after: 30\r\n", "{}".to_owned()));
    let (down, _targets) = serve(|_| (503, "", "{}".to_owned()));
    let (busy, _targets) = serve(|_| (503, "retry-after: 30\r\n", "{}".to_owned()));
    for (sso, api, header, code, name, cause) in [
        (sso.as_str(), "", "", 7, "token", "network"),
        (&busy_sso, "", "", 5, "token", "limited"),
        ("", &down, "Bearer not.a.token", 7, "customers", "network"),
        ("", &busy, "Bearer not.a.token", 5, "call-limit", "limited"),
    ] {
        let output = run(sso, api, header);
        let document = document(&output);
        assert_eq!(output.status.code(), Some(code), "{name}: {document:#}");
        let checks = document["data"]["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == name).unwrap();
        assert_eq!((&check["status"], &check["cause"]), (&"failed".into(), &cause.into()), "{check:#}");
    }
}

#[test]
#[cfg(unix)]
fn a_doctor_finds_what_keeps_the_settings_from_being_read() {
    let folder = std::env::temp_dir().join(format!("plume-cli-doctor-{}", std::process::id()));
    let (config, store) = (folder.join("config.toml"), folder.join("store"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&store).unwrap();
    let run = |text: &str, arguments: &[&str]| {
        std::fs::write(&config, text).unwrap();
        let variables =
            [("PLUME_CONFIG", config.to_str().unwrap()), ("PLUME_TOKEN_STORE", store.to_str().unwrap())];
        plume(&[&["doctor"], arguments].concat(), &variables)
    };
    let good = "default_profile = \"lab\"\n[profiles.lab]\napi_base = \"https://a.invalid/api\"\n\
        sso_url = \"https://a.invalid/token\"\npartner_id = \"slug:example\"\n";
    for (text, code, name) in [("[profiles.lab\n", 2, "configuration"), (good, 4, "credential-store")] {
        let output = run(text, &["-o", "json", "--timeout", "2s"]);
        let document = document(&output);
        let checks = document["data"]["checks"].as_array().unwrap();
        let status =
            |wanted: &str| checks.iter().find(|check| check["name"] == wanted).unwrap()["status"].clone();
        assert_eq!(status(name), "failed", "{document:#}");
        assert_eq!(status("settings"), "skipped", "{document:#}");
        let failed = checks.iter().filter(|check| check["status"] == "failed").count();
        if code == 2 {
            assert_eq!((output.status.code(), failed), (Some(code), 1), "{document:#}");
        }
    }
    // There is no store yet, and its key is none.
    let missing = folder.join("none");
    let variables = [("PLUME_STORE_KEY", "abc"), ("PLUME_TOKEN_STORE", missing.to_str().unwrap())];
    let output = plume(&["doctor"], &variables);
    assert!(stdout(&output).contains("FAILED   credential-store"), "{}", stdout(&output));
    // A fresh machine.
    let output = plume(&["doctor"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stdout(&output).contains("fix: Run `plume auth login`. Or set the variables"),
        "{}",
        stdout(&output)
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
#[cfg(unix)]
fn a_doctor_finds_a_store_that_cannot_be_created() {
    let folder = Folder::new("doctor-store");
    let file = folder.path("file");
    std::fs::write(&file, "").unwrap();
    let places = [format!("{file}/store"), "/proc/plume-store".to_owned()];
    for place in places.iter().take(if cfg!(target_os = "linux") { 2 } else { 1 }) {
        let output =
            plume(&["doctor", "-o", "json"], &[&NOWHERE[..], &[("PLUME_TOKEN_STORE", place)]].concat());
        let json = document(&output);
        let checks = json["data"]["checks"].as_array().unwrap();
        let store = checks.iter().find(|check| check["name"] == "credential-store").unwrap();
        assert_eq!(store["status"], "failed", "{store}");
        assert!(store["help"].as_str().unwrap().contains("set PLUME_TOKEN_STORE"), "{store}");
    }
    let place = folder.path("new/store");
    let output = plume(&["doctor"], &[&NOWHERE[..], &[("PLUME_TOKEN_STORE", &place)]].concat());
    assert!(stdout(&output).contains("there is no store yet"), "{}", stdout(&output));
    assert!(!std::path::Path::new(&folder.path("new")).exists());
}

#[test]
fn a_doctor_writes_its_requests_and_rows() {
    let output = demo(&["doctor", "-v", "-o", "jsonl"]);
    assert!(stderr(&output).contains("GET ") && stderr(&output).contains("-> 200"), "{}", stderr(&output));
    let rows = documents(&output);
    assert!(
        rows.iter().all(|row| row["schema"] == "plume.doctor.check/1" && row["data"]["name"].is_string())
    );
    assert_eq!(rows.len() + 1, stdout(&demo(&["doctor", "-o", "csv"])).lines().count());
}

#[test]
#[cfg(unix)]
fn a_served_simulator_ends_at_a_signal_with_its_verdict() {
    let cloud = Cloud::start(&["--homes", "3"]);
    let base = cloud.get("PLUME_API_BASE").to_owned();
    let port = base.split(':').nth(2).unwrap().split('/').next().unwrap().to_owned();
    let output = plume(&["sim", "serve", "--port", &port], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("Choose another --port"), "{}", stderr(&output));
    let variables: Vec<(&str, &str)> =
        cloud.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let output = plume(&["customers", "list", "--all", "-o", "json"], &variables);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output = cloud.interrupt();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("5ca1ab1e0000000c00000001"), "{}", stderr(&output));

    let path = std::env::temp_dir().join(format!("plume-cli-faults-{}.json", std::process::id()));
    std::fs::write(&path, "{\"rules\": [{}]}").unwrap();
    let output = plume(&["sim", "serve", "--faults", path.to_str().unwrap()], &[]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = stdout(&plume(&["completions", shell], &[]));
        assert!(script.contains("customers") && script.contains("doctor"), "{shell}");
    }
    let output = plume(&["completions", "bash", "-o", "json"], &[]);
    assert_eq!(document(&output)["data"]["shell"], "bash");
    let page = stdout(&plume(&["man"], &[]));
    assert!(page.contains(".TH plume 1") && page.contains("plume\\-nodes(1)"), "{page}");
    let directory = std::env::temp_dir().join(format!("plume-cli-man-{}", std::process::id()));
    let output = plume(&["man", "--dir", directory.to_str().unwrap()], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let page = std::fs::read_to_string(directory.join("plume-customers-list.1")).unwrap();
    assert!(page.contains("Exit codes:"), "{page}");
    std::fs::remove_dir_all(directory).unwrap();
    let output = plume(&["man", "--dir", "/dev/null/x"], &[]);
    assert_eq!(output.status.code(), Some(1));
}

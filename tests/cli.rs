//! The command-line example as a program: its streams and exit codes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Command, Output, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use serde_json::Value;

/// `cargo test` builds the examples beside the tests; `cargo test --test cli` alone does not.
fn program(name: &str) -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{} is missing: run `cargo test`, or `cargo build --examples` first",
        path.display()
    );
    path
}

fn cli(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(program("cli"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PLUME_")) {
        command.env_remove(name);
    }
    for name in ["HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command.args(arguments).envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap()
}

fn demo(arguments: &[&str]) -> Output {
    let mut all = vec!["--demo"];
    all.extend_from_slice(arguments);
    cli(&all, &[])
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Returns the single document on stdout.
fn document(output: &Output) -> Value {
    let mut documents = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    let document = documents.next().unwrap().unwrap();
    assert!(documents.next().is_none(), "more than one document");
    document
}

#[test]
fn healthy_home_prints_the_exact_report() {
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
fn every_home_has_its_verdict() {
    for (home, headline, status, online, rule) in [
        ("healthy", "🟢 ALL SYSTEMS OPERATIONAL - No issues detected", "green", Some(true), None),
        (
            "one-pod-down",
            "🟠 SERVICE DISRUPTED - 1 pod is disconnected",
            "orange",
            Some(true),
            Some("node-disconnected"),
        ),
        (
            "two-pods-down",
            "🟠 SERVICE DISRUPTED - Multiple pods are disconnected",
            "orange",
            Some(true),
            Some("node-disconnected"),
        ),
        ("gateway-down", "🔴 LOCATION OFFLINE - ", "red", Some(false), Some("location-offline")),
        ("poor-qoe", "🟡 DEGRADED SERVICE - Poor QoE detected", "yellow", Some(true), Some("poor-qoe")),
        (
            "device-gone",
            "🟡 DEGRADED SERVICE - 1 device is disconnected",
            "yellow",
            Some(true),
            Some("device-disconnected"),
        ),
        ("reduced-service", "🟢 ALL SYSTEMS OPERATIONAL", "green", Some(true), Some("reduced-service")),
        (
            "empty",
            "🔴 LOCATION OFFLINE - No pods found for this location",
            "red",
            Some(false),
            Some("location-offline"),
        ),
    ] {
        let text = stdout(&demo(&["--home", home, "health"]));
        assert!(text.contains(headline), "{home}:\n{text}");

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
fn demo_runs_a_story_to_the_given_time() {
    for (story, after, headline) in [
        ("power-cut", "1", "ALL SYSTEMS OPERATIONAL"),
        ("power-cut", "12", "LOCATION OFFLINE"),
        ("power-cut", "40", "ALL SYSTEMS OPERATIONAL"),
        ("quiet-day", "12", "ALL SYSTEMS OPERATIONAL"),
    ] {
        let text = stdout(&demo(&["health", "--story", story, "--after", after]));
        assert!(text.contains(headline), "{story} after {after} minutes:\n{text}");
    }
    let output = cli(&["health", "c", "l", "--story", "power-cut"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("Add --demo"), "{}", stderr(&output));
}

#[test]
fn every_command_has_both_output_formats() {
    for (arguments, schema) in [
        (["status", "", ""], "plume.location/1"),
        (["nodes", "", ""], "plume.node.list/1"),
        (["devices", "", ""], "plume.device.list/1"),
        (["wifi", "", ""], "plume.wifi.list/1"),
        (["wan", "", ""], "plume.wan/1"),
        (["uptime", "", ""], "plume.uptime/1"),
        (["customers", "list", ""], "plume.customer.list/1"),
        (["locations", "list", ""], "plume.location.list/1"),
    ] {
        let arguments: Vec<&str> = arguments.into_iter().filter(|argument| !argument.is_empty()).collect();
        let output = demo(&arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        assert!(!stdout(&output).trim().is_empty(), "{arguments:?}");
        let output = demo(&[arguments.as_slice(), &["--output", "json"]].concat());
        assert_eq!(document(&output)["schema"], schema, "{arguments:?}");
    }
}

#[test]
fn no_command_prints_a_secret() {
    // Passphrases and the client's secret, the mesh key, the authorization header.
    let secrets = ["not-a-real", "5EC4E7", "MG9hU0lNVUxBVE9S"];
    for command in ["health", "status", "nodes", "devices", "wifi", "wan", "uptime"] {
        for form in ["table", "json"] {
            let output = demo(&[command, "--output", form, "--home", "one-pod-down"]);
            for secret in secrets {
                assert!(!stdout(&output).contains(secret), "{command} {form}");
                assert!(!stderr(&output).contains(secret), "{command} {form}");
            }
        }
    }
}

#[test]
fn missing_settings_are_listed_with_advice() {
    let output = cli(&["health", "c", "l"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    for name in ["PLUME_SSO_URL", "PLUME_AUTH_HEADER", "PLUME_PARTNER_ID", "PLUME_API_BASE"] {
        assert!(stderr(&output).contains(&format!("{name} is not set")), "{name}");
    }
    let output = cli(&["health", "c", "l", "--output", "json"], &[]);
    let document = document(&output);
    assert_eq!((&document["schema"], &document["data"]["exit_code"]), (&"plume.error/1".into(), &2.into()));
    assert_eq!(document["meta"]["source"], "live");
}

#[test]
fn failure_reports_its_number_of_calls() {
    let output = demo(&["nodes", "no-customer", "no-location", "--output", "json"]);
    let document = document(&output);
    assert_eq!((&document["schema"], output.status.code()), (&"plume.error/1".into(), Some(6)));
    // The token was fetched for this call, so one call shows that the customer is unknown.
    assert_eq!(document["meta"]["api_calls"], 1);
    assert!(document["meta"]["budget_left"].is_null(), "a demo has no call limit: {document}");
}

/// A local server that responds to `GET` requests by their target: status, headers, body. It ends with the program.
fn serve(
    answer: impl Fn(&str) -> (u16, &'static str, String) + Send + 'static,
) -> (String, Receiver<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (sender, targets) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let Some(first) = lines.next() else { continue };
            let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            assert!(headers.iter().all(|line| !line.contains("canary")));
            let target = first.split(' ').nth(1).unwrap().to_owned();
            let (status, headers, body) = answer(&target);
            let _ = sender.send(target);
            if status == 0 {
                // Hangs: the request gets no response, and the connection stays open.
                std::mem::forget(stream);
                continue;
            }
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
        }
    });
    (base, targets)
}

/// Runs the program against such a server, with a fixed token.
fn against(base: &str, arguments: &[&str]) -> Output {
    cli(arguments, &[("PLUME_AUTH_HEADER", "Bearer not.a.token"), ("PLUME_API_BASE", base)])
}

/// Returns the rows of a list of customers that a `filter` requests, at most `cap`.
fn page(target: &str, rows: &[Value], cap: usize) -> String {
    let query = target.split_once('?').unwrap().1.to_owned();
    let url = format!("http://x/?{query}");
    let number = |name: &str| {
        let filter = url.split("filter=").nth(1).unwrap();
        let after = filter.split(&format!("%22{name}%22%3A")).nth(1).unwrap_or("0");
        after.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<usize>().unwrap()
    };
    let rows = rows.iter().skip(number("offset")).take(number("limit").min(cap));
    Value::from_iter(rows.cloned()).to_string()
}

#[test]
fn incomplete_list_is_marked_in_both_formats() {
    let customer = |number: usize| serde_json::json!({"id": format!("5f00000000000000000000{number:02}")});
    let junk = Value::from(17);
    let all: Vec<Value> = (0..9).map(customer).collect();
    let mut with_junk = all.clone();
    with_junk[1] = junk.clone();
    let mut junk_behind = all.clone();
    junk_behind[4] = junk;
    // The rows, the server's cap, the limit; then the shown rows, the next offset, and the unreadable rows.
    for (rows, cap, limit, given, next, unreadable) in [
        (&all, 100, "5", 5, Some(5), 0),
        (&all, 100, "9", 9, None, 0),
        (&all, 100, "20", 9, None, 0),
        // The server returns fewer rows than requested.
        (&all, 3, "5", 5, Some(5), 0),
        (&all, 3, "9", 9, None, 0),
        // An unreadable row has no known position, so the next page can repeat a row but loses none.
        (&with_junk, 100, "5", 5, Some(5), 1),
        (&with_junk, 100, "9", 8, None, 1),
        (&with_junk, 2, "5", 5, Some(6), 1),
        (&junk_behind, 100, "4", 4, Some(4), 1),
    ] {
        let shown = format!("{} rows, {cap} at most, limit {limit}", rows.len());
        let rows = rows.clone();
        let (base, _targets) = serve(move |target| (200, "", page(target, &rows, cap)));
        let arguments = ["customers", "list", "--limit", limit];
        let output = against(&base, &arguments);
        let line = next.map(|next| format!("There is more; continue with --offset {next}."));
        let last = stdout(&output).trim_end().lines().last().unwrap().to_owned();
        assert_eq!(last.starts_with("There is more"), line.is_some(), "{shown}: {last}");
        if let Some(line) = line {
            assert_eq!(last, line, "{shown}");
        }
        let output = against(&base, &[&arguments[..], &["-o", "json"]].concat());
        let document = document(&output);
        assert_eq!(document["meta"]["more"], next.is_some(), "{shown}");
        assert_eq!(document["data"].as_array().unwrap().len(), given, "{shown}");
        assert!(document["data"].as_array().unwrap().iter().all(Value::is_object), "{shown}");
        let warnings = document["warnings"].as_array().unwrap();
        assert_eq!(warnings.len(), unreadable, "{shown}: {warnings:?}");
        assert_eq!(output.status.code(), Some(if unreadable > 0 { 3 } else { 0 }), "{shown}");
    }
}

#[test]
fn unreadable_rows_are_left_out_and_reported() {
    let (base, _targets) =
        serve(|_| (200, "", r#"[{"id":"TST0000001"},17,{"id":"TST0000002"},null]"#.to_owned()));
    let output = against(&base, &["nodes", "c", "l", "-o", "json"]);
    let document = document(&output);
    assert_eq!(document["data"].as_array().unwrap().len(), 2);
    assert_eq!(document["data"][1]["id"], "TST0000002");
    assert_eq!(document["warnings"], serde_json::json!(["2 rows could not be read and are left out"]));
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("warning: 2 rows could not be read"), "{}", stderr(&output));
}

#[test]
fn unreadable_state_is_not_shown_as_missing() {
    let rows =
        r#"[{"id":"TST0000001","connectionState":17,"connectionStateChangeAt":"soon"},{"id":"TST0000002"}]"#;
    let (base, _targets) = serve(move |_| (200, "", rows.to_owned()));
    let shown = stdout(&against(&base, &["nodes", "c", "l"])).to_owned();
    let cells = |id: &str| {
        let row = shown.lines().find(|line| line.contains(id)).unwrap();
        let cells: Vec<&str> = row.split_whitespace().collect();
        (cells[cells.len() - 6].to_owned(), cells[cells.len() - 5].to_owned())
    };
    assert_eq!(cells("TST0000001"), ("unreadable".to_owned(), "unreadable".to_owned()), "{shown}");
    assert_eq!(cells("TST0000002"), ("-".to_owned(), "-".to_owned()), "{shown}");
}

#[test]
fn every_exit_code_occurs() {
    let answers = |status: u16, headers: &'static str, body: &'static str| {
        let (base, _targets) = serve(move |_| (status, headers, body.to_owned()));
        against(&base, &["nodes", "c", "l", "-o", "json"])
    };
    for (code, output) in [
        (0, answers(200, "", "[]")),
        (1, answers(200, "", "<html>")),
        (2, cli(&["nodes", "..", "l", "-o", "json"], &NOWHERE)),
        (3, answers(200, "", r#"[{"id":"TST0000001"},17]"#)),
        (4, answers(401, "www-authenticate: Bearer error=\"invalid_token\"\r\n", "")),
        (5, answers(403, "", "")),
        (6, answers(404, "", r#"{"error":{"statusCode":404,"message":"x"}}"#)),
        (7, answers(505, "", "")),
    ] {
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        let document = document(&output);
        if code != 0 && code != 3 {
            assert_eq!(document["data"]["exit_code"], code);
        }
    }
}

#[test]
#[cfg(unix)]
fn interrupted_call_has_its_exit_code() {
    let (base, targets) = serve(|_| (0, "", String::new()));
    let mut child = Command::new(program("cli"))
        .args(["nodes", "c", "l"])
        .env("PLUME_AUTH_HEADER", "Bearer not.a.token")
        .env("PLUME_API_BASE", base)
        .spawn()
        .unwrap();
    // It waits for the response now. The bound ends the test if the program sends no request.
    targets.recv_timeout(Duration::from_secs(120)).unwrap();
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn report_without_a_required_part_names_the_cause() {
    let (base, _targets) = serve(|target| match target {
        target if target.ends_with("/nodes") => (429, "", String::new()),
        target if target.ends_with("/l") => {
            (200, "", r#"{"id":"l","networkStatus":{"status":"online"},"serviceLevel":{}}"#.to_owned())
        }
        _ => (200, "", "[]".to_owned()),
    });
    let output = against(&base, &["health", "c", "l"]);
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    assert!(stderr(&output).contains("a part that the verdict needs"), "{}", stderr(&output));
    assert!(stdout(&output).contains("STATUS UNKNOWN"), "{}", stdout(&output));
}

/// Returns the names of an object's members.
fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn documents_have_exactly_these_members() {
    let output = demo(&["nodes", "-o", "json"]);
    let good = document(&output);
    assert_eq!(keys(&good), ["data", "generated_at", "meta", "schema", "warnings"]);
    assert_eq!(keys(&good["meta"]), ["api_calls", "budget_left", "more", "source"]);
    assert_eq!(
        (&good["meta"]["api_calls"], &good["meta"]["more"], &good["meta"]["source"], &good["warnings"]),
        (&1.into(), &false.into(), &"demo".into(), &serde_json::json!([]))
    );
    let output = demo(&["nodes", "no-customer", "no-location", "-o", "json"]);
    let bad = document(&output);
    assert_eq!(keys(&bad), ["data", "generated_at", "meta", "schema", "warnings"]);
    assert_eq!(keys(&bad["data"]), ["code", "exit_code", "help", "message", "status"]);
}

#[test]
fn usage_error_is_a_document_if_json_is_requested() {
    for arguments in [
        &["heal", "-o", "json"][..],
        &["-o", "json", "heal"],
        &["--output=json", "customers", "list", "--limit", "0"],
        &["customers", "list", "--limit", "x", "-ojson"],
        &["nodes", "a", "b", "c", "--output", "json"],
        &["-o", "json"],
    ] {
        let output = demo(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let document = document(&output);
        assert_eq!(document["schema"], "plume.error/1", "{arguments:?}");
        assert_eq!(
            (&document["data"]["exit_code"], &document["meta"]["source"]),
            (&2.into(), &"demo".into())
        );
        let message = document["data"]["message"].as_str().unwrap();
        assert!(!message.is_empty() && !message.contains('\n') && !message.contains("Shows"), "{message}");
        assert!(!stderr(&output).is_empty());
    }
    // Otherwise stdout stays empty, also if the same words are arguments.
    for arguments in [&["heal"][..], &["heal", "--", "-o", "json"], &["-o", "table", "heal"]] {
        assert!(demo(arguments).stdout.is_empty(), "{arguments:?}");
    }
    let output = demo(&["he\u{202e}al\u{200b}\u{1b}[31m"]);
    let stderr = stderr(&output);
    // Whether clap removes the rest of the escape sequence depends on its features.
    assert!(
        stderr.contains("'he\u{fffd}al") && !stderr.contains(['\u{1b}', '\u{202e}', '\u{200b}']),
        "{stderr}"
    );
}

#[test]
fn help_and_version_go_to_stdout() {
    let output = cli(&["--version"], &[]);
    assert_eq!((stdout(&output).as_str(), output.status.code()), ("cli 0.1.0\n", Some(0)));
    let help = stdout(&cli(&["nodes", "--help"], &[]));
    assert!(help.contains("The customer's id") && help.contains("The location's id"), "{help}");
}

#[test]
fn help_matches_the_error_in_the_settings() {
    let output = cli(&["nodes", "c", "l"], &[]);
    assert!(stderr(&output).contains("help: Set the variables, or add --demo"), "{}", stderr(&output));
    for header in ["Basic !!!!", "'Basic notARealCanary'", "Digest notARealCanary"] {
        let mut wrong = NOWHERE;
        wrong[1].1 = header;
        let output = cli(&["nodes", "c", "l"], &wrong);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains("help: Correct what is named above"), "{}", stderr(&output));
        assert!(!stderr(&output).contains("canary") && !stderr(&output).contains("Canary"));
    }
}

#[test]
#[cfg(unix)]
fn lack_of_file_descriptors_is_an_error_and_no_panic() {
    for count in 5..=9 {
        let output = Command::new("sh")
            .args(["-c", &format!("ulimit -n {count} && exec \"$0\" --demo nodes -o json")])
            .arg(program("cli"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{count}: {}", stderr(&output));
        assert!(!stderr(&output).contains("panicked"), "{count}: {}", stderr(&output));
        document(&output);
    }
}

#[test]
fn unknown_ids_and_invalid_arguments_are_reported() {
    let healthy = "5ca1ab1e0000000c00000001";
    for (arguments, code, text) in [
        (vec!["health", "no-customer", "no-location"], 6, "no such customer"),
        (vec!["health", healthy, "no-location"], 6, "no such location"),
        (vec!["nodes", healthy, "no-location"], 6, "no such location"),
        (vec!["locations", "list", "no-customer"], 6, "no such customer"),
        (vec!["health", "..", "x"], 2, "must not be"),
        (vec!["health", healthy], 2, "LOCATION_ID"),
        (vec!["customers", "list", "--limit", "0"], 2, "--limit"),
        (vec!["health", "--home", "castle"], 2, "two-pods-down"),
        (vec!["heal"], 2, "health"),
    ] {
        let output = demo(&arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(text), "{arguments:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

/// Settings that point at a port without a listener, with marker secrets.
const NOWHERE: [(&str, &str); 4] = [
    ("PLUME_SSO_URL", "http://127.0.0.1:1/oauth2/x/v1/token"),
    ("PLUME_AUTH_HEADER", "Basic notARealCanary"),
    ("PLUME_PARTNER_ID", "5e00000000000000000000aa"),
    ("PLUME_API_BASE", "http://127.0.0.1:1/api"),
];

/// Settings with a bearer token, so that no token endpoint is called, and a cloud that must not be reached.
const CLOUD: [(&str, &str); 2] =
    [("PLUME_API_BASE", "https://cloud.example.net/api"), ("PLUME_AUTH_HEADER", "Bearer not.a.token")];

#[test]
fn unreachable_cloud_is_a_network_error_without_secrets() {
    let output = cli(&["health", "c", "l"], &NOWHERE);
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
    assert!(stderr(&output).contains("could not be reached"), "{}", stderr(&output));
    assert!(!stderr(&output).to_lowercase().contains("canary"));

    let mut with_token = NOWHERE;
    with_token[1].1 = "Bearer not-a-real-canary";
    let output = cli(&["health", "c", "l"], &with_token);
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
    assert!(!stderr(&output).to_lowercase().contains("canary"));
}

#[test]
fn proxy_of_the_environment_is_used_and_a_malformed_one_is_refused() {
    for value in ["\"http://user:canary@proxy.example.net:3128\"", "http://canary:80:80", "ftp://canary"] {
        let mut variables = CLOUD.to_vec();
        variables.push(("HTTPS_PROXY", value));
        let output = cli(&["health", "c", "l"], &variables);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains("HTTPS_PROXY is not the URL of a proxy"), "{}", stderr(&output));
        assert!(!stderr(&output).contains("canary"), "{}", stderr(&output));
    }

    // A proxy that refuses the credentials gets one request per call, and no other host gets any.
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://user:canary@{}", proxy.local_addr().unwrap());
    let heads = std::thread::spawn(move || {
        let mut heads = Vec::new();
        loop {
            let (mut stream, _) = proxy.accept().unwrap();
            let mut head = [0; 1_024];
            let length = stream.read(&mut head).unwrap();
            if length == 0 {
                return heads;
            }
            heads.push(String::from_utf8_lossy(&head[..length]).lines().next().unwrap().to_owned());
            let _ = stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
        }
    });
    let mut variables = CLOUD.to_vec();
    variables.push(("HTTPS_PROXY", url.as_str()));
    let output = cli(&["nodes", "c", "l"], &variables);
    // An empty connection ends the thread of the proxy.
    drop(TcpStream::connect(url.rsplit('@').next().unwrap()).unwrap());
    assert_eq!(heads.join().unwrap(), ["CONNECT cloud.example.net:443 HTTP/1.1"]);
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
    assert!(stderr(&output).contains("(407)") && !stderr(&output).contains("canary"), "{}", stderr(&output));

    // An explicit setting overrides the environment.
    variables[CLOUD.len()].1 = "\"";
    variables.push(("PLUME_PROXY", "http://user:canary@127.0.0.1:9"));
    let output = cli(&["nodes", "c", "l"], &variables);
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
}

#[test]
fn closed_pipe_is_not_an_error() {
    let mut child = Command::new(program("cli"))
        .args(["--demo", "customers", "list", "--limit", "250"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(!stderr(&output).contains("panicked"));
}

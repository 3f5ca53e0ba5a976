//! The program against a server on this machine.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener},
    sync::mpsc::{Receiver, channel},
};

use super::*;
use crate::failures::NOWHERE;

/// A server on this machine that answers `GET` requests by their target: status, headers, body. It ends with the
/// program. A status of 0 is no answer at all.
pub(crate) fn serve(
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
                // The connection stays open.
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

/// The program against such a server, with a token.
pub(crate) fn against(base: &str, arguments: &[&str]) -> Output {
    plume(arguments, &[("PLUME_AUTH_HEADER", "Bearer not.a.token"), ("PLUME_API_BASE", base)])
}

/// The rows of a list of customers that a `filter` selects, of which the server gives at most `cap`.
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
fn a_list_that_goes_on_says_so_in_every_format() {
    let customer = |number: usize| serde_json::json!({"id": format!("5f00000000000000000000{number:02}")});
    let junk = Value::from(17);
    let all: Vec<Value> = (0..9).map(customer).collect();
    let mut with_junk = all.clone();
    with_junk[1] = junk.clone();
    let mut junk_behind = all.clone();
    junk_behind[4] = junk;
    // The rows, the most the server gives, the limit; the rows given, where the list continues, the unreadable rows.
    for (rows, cap, limit, given, next, unreadable) in [
        (&all, 100, "5", 5, Some(5), 0),
        (&all, 100, "9", 9, None, 0),
        (&all, 100, "20", 9, None, 0),
        // The server gives fewer rows than requested.
        (&all, 3, "5", 5, Some(5), 0),
        (&all, 3, "9", 9, None, 0),
        // An unreadable row has no place: to continue repeats a row and loses none.
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
        let line = next.map(|next| format!("There is more; go on with --offset {next}, or --all."));
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

        let output = against(&base, &[&arguments[..], &["-o", "jsonl"]].concat());
        let lines = documents(&output);
        let (last, others) = lines.split_last().unwrap();
        assert!(others.iter().all(|line| line["meta"]["more"] == true), "{shown}");
        assert_eq!(last["meta"]["more"], next.is_some(), "{shown}");
        assert_eq!(last["warnings"].as_array().unwrap().len(), unreadable, "{shown}");
    }
}

#[test]
fn rows_that_cannot_be_read_are_left_out_and_named() {
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
fn a_state_that_cannot_be_read_is_not_shown_as_missing() {
    let rows =
        r#"[{"id":"TST0000001","connectionState":17,"connectionStateChangeAt":"soon"},{"id":"TST0000002"}]"#;
    let (base, _targets) = serve(move |_| (200, "", rows.to_owned()));
    let output = against(&base, &["nodes", "c", "l"]);
    let shown = stdout(&output);
    let cells = |id: &str| {
        let row = shown.lines().find(|line| line.contains(id)).unwrap();
        let cells: Vec<&str> = row.split_whitespace().collect();
        (cells[2].to_owned(), cells[3].to_owned())
    };
    assert_eq!(cells("TST0000001"), ("unreadable".to_owned(), "unreadable".to_owned()), "{shown}");
    assert_eq!(cells("TST0000002"), ("-".to_owned(), "-".to_owned()), "{shown}");
    // Neither is known to be disconnected.
    let output = against(&base, &["nodes", "c", "l", "--disconnected"]);
    assert!(stdout(&output).contains("Nothing there."));
    assert!(stderr(&output).contains("the state of 2 of 2 nodes is not known"), "{}", stderr(&output));
}

#[test]
fn a_name_cannot_change_the_screen_and_is_exact_in_documents() {
    let name = "Hall\u{1b}]52;c;eA==\u{7}\r\u{202e}";
    let row = serde_json::json!([{"id": "TST0000001", "nickname": name}]).to_string();
    let (base, _targets) = serve(move |_| (200, "", row.clone()));
    for form in ["table", "csv"] {
        let output = against(&base, &["nodes", "c", "l", "-o", form]);
        let shown = stdout(&output);
        assert!(shown.contains("Hall"), "{shown:?}");
        assert!(!shown.contains(['\u{1b}', '\u{7}', '\r', '\u{202e}']), "{form}: {shown:?}");
    }
    let output = against(&base, &["locate", "TST0000001", "c", "l", "--yes"]);
    let shown = stdout(&output);
    assert!(shown.starts_with("Done: Blink at the node \"Hall"), "{shown:?} {}", stderr(&output));
    assert!(!shown.contains(['\u{1b}', '\u{7}', '\r', '\u{202e}']), "{shown:?}");
    let output = against(&base, &["nodes", "c", "l", "-o", "json"]);
    assert_eq!(document(&output)["data"][0]["nickname"], name);
    // Escapes of JSON are exact, too.
    assert!(!stdout(&output).contains(['\u{1b}', '\u{7}', '\r', '\u{202e}']), "{:?}", stdout(&output));
}

#[test]
fn a_list_that_ends_early_keeps_what_came() {
    let rows: Vec<Value> = (0..4)
        .map(|number| serde_json::json!({"id": format!("5f00000000000000000000{number:02}")}))
        .collect();
    let (base, _targets) = serve(move |target| match target.contains("offset%22%3A2") {
        true => (403, "", "{}".to_owned()),
        false => (200, "", page(target, &rows, 2)),
    });
    let output = against(&base, &["customers", "list", "--all", "-o", "json"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let document = document(&output);
    assert_eq!(document["data"].as_array().unwrap().len(), 2);
    assert_eq!(document["meta"]["more"], true);
    assert!(document["warnings"][0].as_str().unwrap().starts_with("the list ends early: "), "{document}");
    let output = against(&base, &["customers", "list", "--all"]);
    assert!(stdout(&output).ends_with("There may be more; go on with --offset 2.\n"), "{}", stdout(&output));
}

#[test]
fn a_customer_alone_stands_for_its_only_location() {
    let serve_locations = |ids: &'static [&'static str]| {
        let rows: Vec<Value> = ids.iter().map(|id| serde_json::json!({"id": id, "name": "Home"})).collect();
        serve(move |target| match target {
            target if target.ends_with("/locations") => (200, "", Value::from(rows.clone()).to_string()),
            target if target.contains("/locations/l1/") => (200, "", "[]".to_owned()),
            _ => (404, "", r#"{"error":{"statusCode":404,"message":"x"}}"#.to_owned()),
        })
    };
    let (one, _targets) = serve_locations(&["l1"]);
    let output = against(&one, &["nodes", "c"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let (two, _targets) = serve_locations(&["l1", "l2"]);
    let output = against(&two, &["nodes", "c"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("<LOCATION_ID> is missing"), "{}", stderr(&output));
    assert!(stderr(&output).contains("l1  Home\n  l2  Home"), "{}", stderr(&output));
    // A row that cannot be read may be the one that is meant.
    let (junk, _targets) = serve(|_| (200, "", r#"[{"id":"l1","name":"Home"},17]"#.to_owned()));
    let output = against(&junk, &["nodes", "c"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("the customer has 2 locations"), "{}", stderr(&output));
    let (none, _targets) = serve_locations(&[]);
    assert_eq!(against(&none, &["nodes", "c"]).status.code(), Some(6));
}

#[test]
fn a_profile_has_the_settings_and_the_ids() {
    let (base, targets) = serve(|_| (200, "", "[]".to_owned()));
    let path = std::env::temp_dir().join(format!("plume-cli-profile-{}.toml", std::process::id()));
    let text = format!(
        "default_profile = \"lab\"\n[profiles.lab]\napi_base = \"{base}\"\n\
         customer_id = \"c7\"\nlocation_id = \"l7\"\n[profiles.other]\ncustomer_id = \"c8\"\n"
    );
    std::fs::write(&path, text).unwrap();
    let variables = [("PLUME_CONFIG", path.to_str().unwrap()), ("PLUME_AUTH_HEADER", "Bearer not.a.token")];
    let output = plume(&["nodes"], &variables);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(targets.recv().unwrap(), "/Customers/c7/locations/l7/nodes");
    let output = plume(&["nodes", "c9", "l9"], &variables);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(targets.recv().unwrap(), "/Customers/c9/locations/l9/nodes");
    let output = plume(&["nodes", "--profile", "othr"], &variables);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("Did you mean `other`?"), "{}", stderr(&output));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn every_exit_code_is_met() {
    let answers = |status: u16, headers: &'static str, body: &'static str| {
        let (base, _targets) = serve(move |_| (status, headers, body.to_owned()));
        against(&base, &["nodes", "c", "l", "-o", "json"])
    };
    for (code, output) in [
        (0, answers(200, "", "[]")),
        (1, answers(200, "", "<html>")),
        (2, plume(&["nodes", "..", "l", "-o", "json"], &NOWHERE)),
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
fn a_report_without_a_needed_part_says_why() {
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

#[test]
fn a_call_ends_at_its_time_limit() {
    let (base, _targets) = serve(|_| (0, "", String::new()));
    let output = against(&base, &["nodes", "c", "l", "--timeout", "200ms"]);
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
}

//! Wrong arguments and settings, unknown ids, an unreachable cloud.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
};

use super::*;

/// Settings that point at a closed port, with marked secrets.
pub(crate) const NOWHERE: [(&str, &str); 4] = [
    ("PLUME_SSO_URL", "http://127.0.0.1:1/oauth2/x/v1/token"),
    ("PLUME_AUTH_HEADER", "Basic notARealCanary"),
    ("PLUME_PARTNER_ID", "5e00000000000000000000aa"),
    ("PLUME_API_BASE", "http://127.0.0.1:1/api"),
];

/// A cloud with a bearer token, so that no token endpoint is asked. No call may reach it.
const CLOUD: [(&str, &str); 2] =
    [("PLUME_API_BASE", "https://cloud.example.net/api"), ("PLUME_AUTH_HEADER", "Bearer not.a.token")];

#[test]
fn an_option_without_effect_is_refused() {
    for (option, commands) in [
        ("--sanitize", &["auth status", "config explain", "doctor", "sim serve", "diff a b"][..]),
        ("--record=x", &["auth status", "config explain", "doctor", "sim serve"]),
        ("--replay=x", &["auth status", "config explain", "doctor", "sim serve"]),
    ] {
        for command in commands {
            let arguments: Vec<&str> = command.split(' ').chain([option]).collect();
            let output = plume(&arguments, &[]);
            assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{arguments:?}");
            assert!(stderr(&output).contains("has no effect on this command"), "{}", stderr(&output));
        }
    }
}

#[test]
fn a_guessed_verb_is_refused_before_any_call() {
    for (typed, meant) in [
        ("nodes list", "Use `plume nodes`."),
        ("node reboot X", "Use `plume reboot node X`."),
        ("customers get", "Use `plume customers show`."),
        ("health show", "Use `plume health`."),
        ("nodes c delete", "`plume nodes --help` shows the arguments."),
        ("customer", "Use `plume customers list`."),
        ("login", "Use `plume auth login`."),
        ("reboot TST0000001", "Use `plume reboot node TST0000001`."),
        ("nodes --json", "`-o json` writes one JSON document"),
    ] {
        let arguments: Vec<&str> = typed.split(' ').collect();
        let output = plume(&arguments, &CLOUD);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{typed}");
        assert!(stderr(&output).contains(&format!("\nhelp: {meant}")), "{typed}: {}", stderr(&output));
        assert_eq!(stderr(&output).lines().count(), 2, "{typed}: {}", stderr(&output));
    }
    let output = plume(&["nodes", "list", "-o", "json"], &CLOUD);
    assert_eq!(document(&output)["data"]["help"], "Use `plume nodes`.");
    let output = plume(&["login", "Basic not-a-real-canary"], &CLOUD);
    assert!(!stderr(&output).contains("canary"), "{}", stderr(&output));
}

#[test]
fn missing_settings_are_named_with_their_fix() {
    let output = plume(&["health", "c", "l"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    for name in ["PLUME_SSO_URL", "PLUME_AUTH_HEADER", "PLUME_PARTNER_ID", "PLUME_API_BASE"] {
        assert!(stderr(&output).contains(&format!("{name} is not set")), "{name}");
    }
    let output = plume(&["health", "c", "l", "--output", "json"], &[]);
    let document = document(&output);
    assert_eq!((&document["schema"], &document["data"]["exit_code"]), (&"plume.error/1".into(), &2.into()));
    assert_eq!(document["meta"]["source"], "live");
}

#[test]
fn help_fits_what_is_wrong_with_the_settings() {
    let output = plume(&["nodes", "c", "l"], &[]);
    assert!(
        stderr(&output).contains("help: Set the variables, run `plume auth login`"),
        "{}",
        stderr(&output)
    );
    for header in ["Basic !!!!", "'Basic notARealCanary'", "Digest notARealCanary"] {
        let mut wrong = NOWHERE;
        wrong[1].1 = header;
        let output = plume(&["nodes", "c", "l"], &wrong);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains("help: Correct what is named above"), "{}", stderr(&output));
        assert!(!stderr(&output).contains("canary") && !stderr(&output).contains("Canary"));
    }
}

#[test]
fn a_check_that_fails_is_unknown_to_a_monitoring_system() {
    for (arguments, variables) in [
        (&["--demo", "health", "no-customer", "no-location", "--check"][..], &[][..]),
        (&["health", "c", "l", "--check"], &[]),
        (&["health", "c", "l", "--check"], &NOWHERE),
    ] {
        let output = plume(arguments, variables);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {}", stderr(&output));
        assert!(stdout(&output).starts_with("PLUME UNKNOWN - "), "{}", stdout(&output));
        assert_eq!(stdout(&output).lines().count(), 1);
    }
    assert_eq!(demo(&["health", "--check", "--hoem", "x"]).status.code(), Some(3));
    assert_eq!(plume(&["health", "--check", "--paced"], &[]).status.code(), Some(3));
}

#[test]
fn a_secret_in_a_wrong_argument_is_not_repeated() {
    for arguments in [
        &["auth", "login", "Basic not-a-real-canary"][..],
        &["auth", "login", "--with-header-stdin=Basic not-a-real-canary"],
        &["auth", "login", "--profile", "lab", "not-a-real:canary"],
        &["auth", "token", "eyJ.not-a-real.canary", "-o", "json"],
        &["customers", "list", "bearer not-a-real-canary", "-o", "json"],
    ] {
        let output = plume(arguments, &[]);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let shown = stderr(&output) + &stdout(&output);
        assert!(shown.contains("'[redacted]'") && !shown.contains("canary"), "{arguments:?}: {shown}");
    }
    assert!(stderr(&demo(&["nodes", "a", "b", "long-and-wrong"])).contains("'long-and-wrong'"));
}

#[test]
fn a_failure_says_what_it_cost() {
    let output = demo(&["nodes", "no-customer", "no-location", "--output", "json"]);
    let document = document(&output);
    assert_eq!((&document["schema"], output.status.code()), (&"plume.error/1".into(), Some(6)));
    // The customer is unknown, and the token was fetched for this call: one call shows that.
    assert_eq!(document["meta"]["api_calls"], 1);
    assert!(document["meta"]["budget_left"].is_null(), "a demo has no call limit: {document}");
}

#[test]
fn a_paced_demo_has_the_call_limit_of_the_cloud() {
    let document = document(&demo(&["nodes", "--paced", "-o", "json"]));
    assert!(document["meta"]["budget_left"].as_u64().unwrap() > 1_000, "{document}");
}

#[test]
fn unknown_ids_and_wrong_words_have_a_plain_message() {
    let healthy = "5ca1ab1e0000000c00000001";
    for (arguments, code, text) in [
        (&["health", "no-customer", "no-location"][..], 6, "no such customer"),
        (&["health", "no-customer", "no-location"], 6, "plume customers search \"no-customer\""),
        (&["health", healthy, "no-location"], 6, "no such location"),
        (&["nodes", healthy, "no-location"], 6, "no such location"),
        (&["nodes", healthy, "no-location"], 6, "The customer has 5ca1ab1e0000010f00000001 (Home)."),
        (&["nodes", healthy, "5ca1ab1e0000010f00000002"], 6, "Did you mean 5ca1ab1e0000010f00000001 (Home)?"),
        (&["locations", "list", "no-customer"], 6, "plume customers search \"no-customer\""),
        (&["customers", "show", "no-customer"], 6, "plume customers search \"no-customer\""),
        (&["node", "bedrom", "--home", "two-pods-down"], 6, "Did you mean \"Bedroom\"?"),
        (&["node", "SIM", "--home", "two-pods-down"], 2, "Bedroom  SIM000003103"),
        (&["device", "nothing"], 6, "`plume devices` lists what is there."),
        (&["node"], 2, "<NODE>"),
        (&["health", "..", "x"], 2, "must not be"),
        (&["customers", "list", "--limit", "0"], 2, "--limit"),
        (&["customers", "list", "--limit", "3", "--all"], 2, "--all"),
        (&["customers", "lst"], 2, "list"),
        (&["health", "--home", "castle"], 2, "two-pods-down"),
        (&["health", "--timeout", "soon"], 2, "30s"),
        (&["health", "--timeout", "5"], 2, "for example 5s or 5m"),
        (&["reboot", "location", "--delay", "5", "--dry-run"], 2, "for example 5s or 5m"),
        (&["watch", "health", "--interval", "5"], 2, "for example 5s or 5m"),
        (&["watch", "health", "--settle", "0"], 2, "for example 0s or 0m"),
        (&["fleet", "plan", "5", "--interval", "5"], 2, "for example 5s or 5m"),
        (&["events", "--since", "5"], 2, "for example 5s or 5m"),
        (&["health", "--story", "power-cut", "--after", "5"], 2, "for example 5s or 5m"),
        (&["heal"], 2, "health"),
    ] {
        let output = demo(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(text), "{arguments:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    let output = plume(&["nodes"], &CLOUD);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("<CUSTOMER_ID> and <LOCATION_ID> are missing"), "{}", stderr(&output));
}

#[test]
fn a_document_has_these_members_and_no_others() {
    let good = document(&demo(&["nodes", "-o", "json"]));
    assert_eq!(keys(&good), ["data", "generated_at", "meta", "schema", "warnings"]);
    assert_eq!(keys(&good["meta"]), ["api_calls", "budget_left", "more", "source"]);
    assert_eq!(
        (&good["meta"]["api_calls"], &good["meta"]["more"], &good["meta"]["source"], &good["warnings"]),
        (&1.into(), &false.into(), &"demo".into(), &serde_json::json!([]))
    );
    let bad = document(&demo(&["nodes", "no-customer", "no-location", "-o", "json"]));
    assert_eq!(keys(&bad), ["data", "generated_at", "meta", "schema", "warnings"]);
    assert_eq!(keys(&bad["data"]), ["code", "exit_code", "help", "message", "status"]);
}

#[test]
fn a_usage_error_is_a_document_where_documents_are_requested() {
    for arguments in [
        &["heal", "-o", "json"][..],
        &["-o", "json", "heal"],
        &["-o", "jsonl", "heal"],
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
        assert!(
            !message.is_empty() && !message.contains('\n') && !message.contains("Plume homes"),
            "{message}"
        );
        assert!(!stderr(&output).is_empty());
    }
    // Elsewhere stdout stays empty, also where the words are arguments.
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
fn an_unreachable_cloud_is_a_network_error_and_shows_no_secret() {
    let mut with_token = NOWHERE;
    with_token[1].1 = "Bearer not-a-real-canary";
    for variables in [NOWHERE, with_token] {
        let output = plume(&["health", "c", "l", "-v"], &variables);
        assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
        assert!(stderr(&output).contains("could not be reached"), "{}", stderr(&output));
        assert!(!stderr(&output).to_lowercase().contains("canary"));
    }
}

#[test]
fn an_unknown_variable_is_reported_with_the_nearest_known_one() {
    let variables = [&NOWHERE[..], &[("PLUME_API_BAES", "canary")]].concat();
    let output = plume(&["nodes", "c", "l", "-o", "json"], &variables);
    let warning = "PLUME_API_BAES is not a known setting; did you mean PLUME_API_BASE?";
    assert!(stderr(&output).contains(&format!("warning: {warning}")), "{}", stderr(&output));
    assert_eq!(document(&output)["warnings"], serde_json::json!([warning]));
}

#[test]
fn the_proxy_of_the_environment_counts_and_a_malformed_one_is_refused_by_name() {
    for value in ["\"http://user:canary@proxy.example.net:3128\"", "http://canary:80:80", "ftp://canary"] {
        let mut variables = CLOUD.to_vec();
        variables.push(("HTTPS_PROXY", value));
        let output = plume(&["health", "c", "l"], &variables);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains("HTTPS_PROXY is not the URL of a proxy"), "{}", stderr(&output));
        assert!(!stderr(&output).contains("canary"), "{}", stderr(&output));
    }

    // A proxy that refuses the credentials gets one request from each call, and no other server gets one.
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
    let output = plume(&["nodes", "c", "l"], &variables);
    // An empty request ends the proxy.
    drop(TcpStream::connect(url.rsplit('@').next().unwrap()).unwrap());
    assert_eq!(heads.join().unwrap(), ["CONNECT cloud.example.net:443 HTTP/1.1"]);
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
    assert!(stderr(&output).contains("(407)") && !stderr(&output).contains("canary"), "{}", stderr(&output));

    // With PLUME_PROXY the environment's own proxy does not count.
    variables[CLOUD.len()].1 = "\"";
    variables.push(("PLUME_PROXY", "http://user:canary@127.0.0.1:9"));
    let output = plume(&["nodes", "c", "l"], &variables);
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
}

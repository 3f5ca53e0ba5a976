use std::collections::BTreeMap;

use plume_runtime::Proxy;

use super::*;
use crate::client::settings::names::{EXTRA_ROOTS, READ};

const GOOD: [(&str, &str); 5] = [
    (SSO_URL, "https://external.sso.plume.com/oauth2/ausEXAMPLE/v1/token"),
    (AUTH_HEADER, "Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA=="),
    (PARTNER_ID, "5e00000000000000000000aa"),
    (API_BASE, "https://cloud.example.net/api"),
    (REPORTS_BASE, "https://cloud.example.net/reports"),
];

fn with(name: &str, value: Option<&str>) -> Result<Settings, SettingsError> {
    let mut variables: BTreeMap<&str, &str> = GOOD.into();
    match value {
        Some(value) => variables.insert(name, value),
        None => variables.remove(name),
    };
    Settings::from_variables(variables)
}

fn problems(result: Result<Settings, SettingsError>) -> Vec<String> {
    result.unwrap_err().problems().map(str::to_owned).collect()
}

#[test]
fn good_settings_pass() {
    assert!(Settings::from_variables(GOOD).is_ok());
    assert!(with(REPORTS_BASE, None).is_ok(), "only reports need it");
    assert!(with(PARTNER_ID, Some("slug:example-isp")).is_ok());
}

#[test]
fn a_missing_or_empty_setting_is_named_with_its_fix() {
    for name in [SSO_URL, AUTH_HEADER, PARTNER_ID, API_BASE] {
        for value in [None, Some(""), Some(" ")] {
            let problems = problems(with(name, value));
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(problems[0].starts_with(&format!("{name} is not set; set it")), "{problems:?}");
        }
    }
}

#[test]
fn all_problems_are_reported_together() {
    let none: [(&str, &str); 0] = [];
    assert_eq!(problems(Settings::from_variables(none)).len(), 4);
}

#[test]
fn wrong_values_are_named_and_not_repeated() {
    for (name, value, part) in [
        (SSO_URL, "http://canary.example.net/token", "https://"),
        (API_BASE, "canary", "not a URL"),
        (REPORTS_BASE, "https://x.example/?canary", "before any"),
        (LTE_BASE, "https://x.example/?canary", "before any"),
        (PARTNER_ID, "canary", "at least 20 expected"),
        (AUTH_HEADER, "canary", "Basic"),
    ] {
        let problems = problems(with(name, Some(value)));
        assert!(problems[0].starts_with(name) && problems[0].contains(part), "{problems:?}");
        assert!(!problems[0].contains("canary"), "{problems:?}");
    }
}

#[test]
fn a_proxy_is_a_word_or_a_url_and_never_shown() {
    for (value, shown) in [
        ("off", "Off"),
        ("System", "System"),
        ("http://user:canary@proxy.example.net:3128", "Url([redacted])"),
    ] {
        let settings = with(PROXY, Some(value)).unwrap();
        assert!(format!("{settings:?}").contains(&format!("proxy: {shown}")), "{settings:?}");
        assert!(!format!("{settings:?}").contains("canary"));
        let _ = settings.network().transport().build();
    }
    for value in [
        "canary",
        "socks5://user:canary@x",
        "http://",
        "user:canary@proxy:1",
        "http://canary:80:80",
        "\"http://canary:80\"",
        "http://canary:80/path",
    ] {
        let problems = problems(with(PROXY, Some(value)));
        assert!(problems[0].starts_with(PROXY) && !problems[0].contains("canary"), "{problems:?}");
    }
}

#[test]
fn in_a_shell_the_proxy_of_the_system_counts_unless_one_is_set() {
    for (set, expected) in [
        (None, Proxy::System),
        (Some(""), Proxy::System),
        (Some(" \r"), Proxy::System),
        (Some("off"), Proxy::Off),
    ] {
        let variables = set.map(|value| (PROXY.to_owned(), value.to_owned()));
        let network = NetworkSettings::from_variables(with_system_proxy(variables.into_iter())).unwrap();
        assert_eq!(network.proxy, expected, "{set:?}");
    }
}

#[test]
fn the_network_settings_need_no_account() {
    let read = |variables: &[(&str, &str)]| NetworkSettings::from_variables(variables.iter().copied());
    assert!(!read(&[]).unwrap().has_proxy());
    assert!(!read(&[(PROXY, "off")]).unwrap().has_proxy());
    assert!(read(&[(PROXY, "system")]).unwrap().has_proxy());
    assert!(read(&[(PROXY, "http://proxy.example.net:3128"), (SSO_URL, "ignored")]).unwrap().has_proxy());
    let wrong = read(&[(PROXY, "canary"), (EXTRA_ROOTS, "/nonexistent/roots.pem")]).unwrap_err();
    assert_eq!(wrong.problems().count(), 2, "{wrong}");
}

#[test]
fn extra_roots_are_a_file_with_certificates() {
    let missing = problems(with(EXTRA_ROOTS, Some("/nonexistent/roots.pem")));
    assert!(missing[0].starts_with("PLUME_EXTRA_ROOTS names a file that cannot be read"), "{missing:?}");
    let other = problems(with(EXTRA_ROOTS, Some(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))));
    assert!(other[0].starts_with("PLUME_EXTRA_ROOTS names a file without certificates"), "{other:?}");
}

#[test]
fn a_bearer_token_needs_no_sso() {
    let settings =
        Settings::from_variables([(AUTH_HEADER, "Bearer a.b.c"), (API_BASE, "http://localhost:1/api")]);
    assert!(settings.is_ok());
}

#[test]
fn unknown_variable_is_reported_with_a_suggestion() {
    let mut variables: BTreeMap<&str, &str> = GOOD.into();
    variables.insert("PLUME_REPORT_BASE", "x");
    variables.insert("PLUME_PROFILE", "lab");
    variables.insert("PLUME_COLOURFUL_THING", "x");
    let settings = Settings::from_variables(variables).unwrap();
    assert_eq!(
        settings.warnings(),
        [
            "PLUME_COLOURFUL_THING is not a known setting",
            "PLUME_PROFILE is set, but this program does not use it",
            "PLUME_REPORT_BASE is not a known setting; did you mean PLUME_REPORTS_BASE?",
        ]
    );
    let problems = problems(Settings::from_variables([("PLUME_SSO_ULR", "x")]));
    assert!(problems.iter().any(|problem| problem.contains("did you mean PLUME_SSO_URL?")), "{problems:?}");
}

#[test]
fn secret_can_be_in_a_file() {
    let by_file = |path: &str| {
        let mut variables: BTreeMap<&str, &str> = GOOD.into();
        variables.remove(AUTH_HEADER);
        variables.insert("PLUME_AUTH_HEADER_FILE", path);
        Settings::from_variables(variables)
    };
    let place = std::env::temp_dir().join(format!("plume-client-settings-{}", std::process::id()));
    std::fs::write(&place, format!("\u{feff}{}\r\n", GOOD[1].1)).unwrap();
    // As a file from Windows has it, and an env file that was written there.
    let read = by_file(&format!("{}\r", place.display()));
    std::fs::remove_file(&place).unwrap();
    assert!(read.is_ok(), "{read:?}");
    let both = with("PLUME_AUTH_HEADER_FILE", Some("/nonexistent/header"));
    assert!(both.unwrap_err().to_string().contains("both set"));
    assert_eq!(
        problems(by_file("/nonexistent/canary")),
        ["PLUME_AUTH_HEADER_FILE names a file that cannot be read: it does not exist"]
    );
}

#[test]
fn a_file_with_a_wrong_text_is_named_by_its_setting() {
    let place = std::env::temp_dir().join(format!("plume-client-settings-text-{}", std::process::id()));
    for (text, expected) in [
        ("\"Basic Y2FuYXJ5\"\r\n", "is in quotes, which env files keep; take them away"),
        ("\u{feff}'Y2FuYXJ5'", "is in quotes, which env files keep; take them away"),
        ("\n", "is empty; paste the authorization header from the Plume Portal (`Basic …`)"),
        ("PLUME_AUTH_HEADER=Basic Y2FuYXJ5", "must start with `Basic ` or `Bearer `"),
    ] {
        std::fs::write(&place, text).unwrap();
        let mut variables: BTreeMap<&str, String> =
            GOOD.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        variables.remove(AUTH_HEADER);
        variables.insert("PLUME_AUTH_HEADER_FILE", place.display().to_string());
        let problems = problems(Settings::from_variables(variables));
        assert_eq!(problems, [format!("PLUME_AUTH_HEADER_FILE names a file whose text {expected}")]);
    }
    std::fs::remove_file(&place).unwrap();
}

#[test]
fn a_secret_in_the_place_of_a_path_is_named_and_not_repeated() {
    for (name, secret, expected) in [
        ("PLUME_AUTH_HEADER_FILE", "Basic ZXhhbXBsZTpjYW5hcnk=", "looks like the header itself"),
        ("PLUME_AUTH_HEADER_FILE", "ZXhhbXBsZTpjYW5hcnk=", "looks like the header itself"),
        ("PLUME_AUTH_HEADER_FILE", "ZXhhbXBsZTpjYW5hcnk", "looks like the header itself"),
        ("PLUME_AUTH_HEADER_FILE", "Bearer eyJjYW5hcnk.canary", "looks like the header itself"),
        ("PLUME_AUTH_HEADER_FILE", "canary-canary-canary-0123", "does not exist"),
        ("PLUME_AUTH_HEADER_FILE", "/dev/zero", "must be a regular file"),
        (EXTRA_ROOTS, "-----BEGIN CERTIFICATE-----\ncanary", "looks like the certificates themselves"),
        (EXTRA_ROOTS, "Basic ZXhhbXBsZTpjYW5hcnk=", "or a secret; it must be the path"),
        (EXTRA_ROOTS, "canary-canary-canary-0123", "does not exist"),
        (EXTRA_ROOTS, "/dev/zero", "must be a regular file"),
    ] {
        let mut variables: BTreeMap<&str, &str> = GOOD.into();
        if name != EXTRA_ROOTS {
            variables.remove(AUTH_HEADER);
        }
        variables.insert(name, secret);
        let problems = problems(Settings::from_variables(variables));
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with(name) && problems[0].contains(expected), "{problems:?}");
        assert!(!problems[0].contains("canary") && !problems[0].contains("ZXhh"), "{problems:?}");
    }
}

#[test]
fn quotes_of_an_env_file_are_named_for_every_setting() {
    for name in READ.into_iter().chain(["PLUME_AUTH_HEADER_FILE"]) {
        for value in ["\"canary\"", "'canary'\r"] {
            let mut variables: BTreeMap<&str, &str> = GOOD.into();
            if name == "PLUME_AUTH_HEADER_FILE" {
                variables.remove(AUTH_HEADER);
            }
            variables.insert(name, value);
            assert_eq!(
                problems(Settings::from_variables(variables)),
                [format!("{name} is in quotes, which env files keep; take them away")]
            );
        }
    }
}

#[test]
fn windows_file_markers_around_a_value_are_removed() {
    let around = GOOD.map(|(name, value)| (name, format!("\u{feff}{value} \r\n")));
    let settings = Settings::from_variables(around).unwrap();
    assert_eq!(settings.api_base.as_str(), "https://cloud.example.net/api");
    assert_eq!(settings.partner_id.unwrap().as_str(), "5e00000000000000000000aa");
}

#[test]
fn missing_and_invalid_settings_are_distinct() {
    assert!(with(API_BASE, None).unwrap_err().is_only_missing());
    assert!(!with(API_BASE, Some("canary")).unwrap_err().is_only_missing());
    assert!(!with(API_BASE, Some("'canary'")).unwrap_err().is_only_missing());
    assert!(!with("PLUME_AUTH_HEADER_FILE", Some("x")).unwrap_err().is_only_missing());
}

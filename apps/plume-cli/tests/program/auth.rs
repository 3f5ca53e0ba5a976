//! Credentials: login, logout and status.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::Child,
};

use super::*;
use crate::server::serve;

/// A simulated cloud on a port, which ends with the value.
pub(crate) struct Cloud {
    child: Child,
    pub(crate) settings: Vec<(String, String)>,
}

impl Cloud {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = program()
            .args(["sim", "serve", "-o", "jsonl"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let document: Value = serde_json::from_str(&line).unwrap();
        let settings = document["data"]["settings"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let settings = settings.map(|pair| (text(&pair["name"]), text(&pair["value"]))).collect();
        Self { child, settings }
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        &self.settings.iter().find(|(known, _)| known == name).unwrap().1
    }

    /// Ends it with a signal, and returns its output.
    #[cfg(unix)]
    pub(crate) fn interrupt(mut self) -> Output {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        let mut stderr = Vec::new();
        std::io::Read::read_to_end(&mut self.child.stderr.take().unwrap(), &mut stderr).unwrap();
        Output { status, stdout: Vec::new(), stderr }
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The directories of a person, which `Drop` removes.
pub(crate) struct Home(pub(crate) PathBuf);

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Home {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plume-cli-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("config/plume")).unwrap();
        Self(path)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.0.join("config/plume/config.toml")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.0.join("state/plume/store.key")
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.0.join("state/plume/store")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command
            .args(arguments)
            .env("XDG_CONFIG_HOME", self.0.join("config"))
            .env("XDG_STATE_HOME", self.0.join("state"))
            .env_remove("PLUME_TOKEN_STORE")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn login(&self, cloud: &Cloud, profile: &str, secret: &[u8]) -> Output {
        let mut command = self.command(&login_arguments(cloud, profile));
        with_stdin(&mut command, secret)
    }

    /// The names of the records.
    pub(crate) fn records(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.store()).into_iter().flatten().map(|entry| entry.unwrap().path());
        files.filter(|path| fs::metadata(path).unwrap().len() > 0).collect()
    }
}

pub(crate) fn login_arguments<'a>(cloud: &'a Cloud, profile: &'a str) -> Vec<&'a str> {
    vec![
        "auth",
        "login",
        "--profile",
        profile,
        "--with-header-stdin",
        "--sso-url",
        cloud.get("PLUME_SSO_URL"),
        "--partner-id",
        cloud.get("PLUME_PARTNER_ID"),
        "--api-base",
        cloud.get("PLUME_API_BASE"),
    ]
}

pub(crate) fn with_stdin(command: &mut Command, text: &[u8]) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that refuses before it reads closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(text);
    child.wait_with_output().unwrap()
}

/// Checks that no stream and no file has the secret in plain text.
fn assert_hidden(home: &Home, output: &Output, secret: &str) {
    let shown = format!("{}{}", stdout(output), stderr(output));
    assert!(!shown.contains(secret), "{shown}");
    for path in home.records().into_iter().chain([home.config()]) {
        let bytes = fs::read(&path).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains(secret), "{}", path.display());
    }
}

#[test]
#[cfg(unix)]
fn a_login_is_kept_until_the_logout() {
    use std::os::unix::fs::PermissionsExt;

    let (cloud, home) = (Cloud::start(&[]), Home::new("login"));
    let header = cloud.get("PLUME_AUTH_HEADER").to_owned();
    let secret = header.trim_start_matches("Basic ").to_owned();
    let output = home.login(&cloud, "lab", header.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_hidden(&home, &output, &secret);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home.store()), 0o700);
    assert_eq!(mode(&home.0.join("state/plume/store.key")), 0o600);
    assert_eq!(mode(&home.config()), 0o600);

    // The profile is the default one now.
    let output = home.run(&["auth", "status", "-o", "json"]);
    let data = &document(&output)["data"];
    assert_eq!((&data["valid"], &data["profile"]), (&true.into(), &"lab".into()));
    assert_eq!(data["scopes"].as_array().unwrap().len(), 2);
    assert!(data["credential"].as_str().unwrap().starts_with("credential store "), "{data}");
    assert!(data["last_error"].is_null());
    assert_hidden(&home, &output, &secret);
    let output = home.run(&["customers", "list", "--limit", "1"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output = home.run(&["config", "explain", "-o", "json"]);
    let rows = document(&output)["data"].as_array().unwrap().clone();
    let row = rows.iter().find(|row| row["key"] == "auth_header").unwrap();
    assert_eq!(row["value"], "[redacted]");
    assert!(row["origin"].as_str().unwrap().starts_with("credential store "), "{row}");
    let row = rows.iter().find(|row| row["key"] == "reports_base").unwrap();
    assert_eq!(row["value"], cloud.get("PLUME_REPORTS_BASE"), "beside the API");
    let output = home.run(&["config", "profiles", "-o", "json"]);
    assert_eq!(document(&output)["data"][0]["credential"], "store");

    // Without the cloud the token of the last run is still there.
    drop(cloud);
    let output = home.run(&["auth", "token"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output), "", "a pipe is no terminal");
    let token = stdout(&output).trim().to_owned();
    assert!(!token.is_empty() && !token.contains(char::is_whitespace));
    let output = home.run(&["auth", "status", "--offline", "-o", "json"]);
    assert_eq!(document(&output)["data"]["valid"], true);
    assert_hidden(&home, &output, &token);

    let shown = stdout(&demo(&["auth", "logout"]));
    assert!(shown.contains("none was stored") && !shown.contains('-'), "{shown}");
    let output = home.run(&["auth", "logout", "-o", "json"]);
    let data = &document(&output)["data"];
    assert_eq!((&data["secret_removed"], &data["token_removed"]), (&true.into(), &true.into()), "{data}");
    for arguments in [&["auth", "status"][..], &["customers", "list"], &["auth", "token"]] {
        let output = home.run(arguments);
        assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
        assert!(
            stderr(&output).contains("help: Run `plume auth login --profile lab`."),
            "{}",
            stderr(&output)
        );
    }
    let output = home.run(&["auth", "logout", "-o", "json"]);
    assert_eq!(document(&output)["data"]["secret_removed"], false);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
#[cfg(unix)]
fn a_secret_is_read_as_people_and_editors_write_it() {
    let (cloud, home) = (Cloud::start(&[]), Home::new("forms"));
    let header = cloud.get("PLUME_AUTH_HEADER").to_owned();
    let (id, secret) = ("0oaSIMULATOR00000000", "not-a-real-secret");
    for text in [
        format!("\u{feff}{header}\r\n"),
        format!("Authorization: {header}\n"),
        header.trim_start_matches("Basic ").to_owned(),
    ] {
        let output = home.login(&cloud, "lab", text.as_bytes());
        assert_eq!(output.status.code(), Some(0), "{text:?}: {}", stderr(&output));
    }
    // The id and secret of another client: the form is understood, and the cloud refuses it.
    let output = home.login(&cloud, "lab", format!("{id}x:{secret}-canary\r\n").as_bytes());
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(stderr(&output).contains("Nothing was stored."), "{}", stderr(&output));
    assert_hidden(&home, &output, "canary");
    let utf16: Vec<u8> = header.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (text, why) in [
        (utf16.as_slice(), "UTF-16"),
        (b"", "empty"),
        (b"\xff\xfe", "UTF-16"),
        (b"Basic \xff", "UTF-8"),
        (b"canary", "neither"),
        (b"https://canary.example.net", "neither"),
        (b"Basic can ary", "one line"),
        (&[b'x'; 70_000], "too long"),
    ] {
        let output = home.login(&cloud, "lab", text);
        assert_eq!(output.status.code(), Some(2), "{why}: {}", stderr(&output));
        assert!(stderr(&output).contains(why), "{why}: {}", stderr(&output));
        assert!(!stderr(&output).contains("canary"), "{}", stderr(&output));
    }
    // A credential that was revoked: every command names the one that helps.
    let output = home
        .command(&["customers", "list"])
        // base64 of "0oaEXAMPLE:not-a-real-secret"
        .env("PLUME_AUTH_HEADER", "Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    let help = "help: Correct PLUME_AUTH_HEADER, or unset it and run `plume auth login`. ";
    assert!(stderr(&output).contains(help), "{}", stderr(&output));
    // The stored one is still there.
    assert_eq!(home.run(&["auth", "status"]).status.code(), Some(0));
}

#[test]
#[cfg(unix)]
fn a_login_that_fails_stores_nothing() {
    let (cloud, home) = (Cloud::start(&[]), Home::new("refused"));
    let header = cloud.get("PLUME_AUTH_HEADER").to_owned();
    let arguments = login_arguments(&cloud, "lab");
    let mut closed = arguments.clone();
    closed[6] = "http://127.0.0.1:1/oauth2/x/v1/token";
    let output = with_stdin(&mut home.command(&closed), header.as_bytes());
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
    closed[6] = "http://sso.example.net/token";
    let output = with_stdin(&mut home.command(&closed), header.as_bytes());
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("--sso-url must start with https://"), "{}", stderr(&output));
    let output = home.login(&cloud, "a b", header.as_bytes());
    assert!(stderr(&output).contains("1 to 64 letters"), "{}", stderr(&output));
    assert!(home.records().is_empty() && !home.config().exists());

    // Without a terminal nothing is asked.
    for arguments in [&["auth", "login"][..], &["auth", "login", "--profile", "lab", "--no-input"]] {
        let output = home.run(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("--with-header-stdin"), "{}", stderr(&output));
    }
    // No call with --no-verify.
    let mut unverified = arguments;
    unverified[6] = "http://127.0.0.1:1/oauth2/x/v1/token";
    unverified.push("--no-verify");
    let output = with_stdin(&mut home.command(&unverified), header.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output = home.run(&["auth", "status", "-o", "json"]);
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
    assert!(document(&output)["data"]["last_error"]["message"].is_string());
}

#[test]
#[cfg(unix)]
fn a_login_keeps_what_the_file_has() {
    let (cloud, home) = (Cloud::start(&[]), Home::new("file"));
    let header = cloud.get("PLUME_AUTH_HEADER").to_owned();
    let text = "\u{feff}# mine\r\ndefault_profile = \"old\" # why\r\n\r\n[profiles.old]\r\n\
        api_base = \"https://old.example.net/api\" # keep\r\n\r\n[profiles.lab]\r\n\
        auth_header_file = \"/nowhere\"\r\ncustomer_id = \"c7\"\r\n";
    fs::write(home.config(), text).unwrap();
    let output = home.login(&cloud, "lab", header.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("`auth_header_file` was removed"), "{}", stderr(&output));
    let now = fs::read_to_string(home.config()).unwrap();
    assert!(now.starts_with("\u{feff}# mine\r\ndefault_profile = \"old\" # why\r\n"), "{now}");
    assert!(now.contains("api_base = \"https://old.example.net/api\" # keep\r\n"), "{now}");
    assert!(now.contains("customer_id = \"c7\"") && !now.contains("auth_header_file"), "{now}");
    assert_eq!(now.matches('\n').count(), now.matches("\r\n").count(), "{now:?}");

    let output = home.run(&["config", "use", "lab"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let now = fs::read_to_string(home.config()).unwrap();
    assert!(now.contains("default_profile = \"lab\" # why\r\n"), "{now}");
    let output = home.run(&["config", "use", "labb"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("Did you mean `lab`?"), "{}", stderr(&output));

    // Another process is in the middle of a change.
    let lock = home.0.join("config/plume/config.toml.new");
    fs::write(&lock, "").unwrap();
    let output = home.run(&["config", "use", "old"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("another process changes"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(home.config()).unwrap(), now);
    assert!(lock.exists());
    // A login whose profile cannot be written leaves the former secret.
    let mut unverified = login_arguments(&cloud, "lab");
    unverified.push("--no-verify");
    let output = with_stdin(&mut home.command(&unverified), b"0oaEXAMPLE:not-a-real-secret");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(home.run(&["auth", "status", "--profile", "lab"]).status.code(), Some(0));
}

#[test]
#[cfg(unix)]
fn a_new_configuration_file_is_named_and_created_by_a_login() {
    let (cloud, home) = (Cloud::start(&[]), Home::new("new-file"));
    let path = home.0.join("new.toml");
    let run = |arguments: &[&str], text: &[u8]| {
        with_stdin(home.command(arguments).env("PLUME_CONFIG", &path), text)
    };
    let shown = stdout(&run(&["config", "path"], b""));
    assert_eq!(shown.trim_end(), path.display().to_string());
    let version = stdout(&run(&["--version"], b""));
    assert!(version.contains(&format!("configuration: {}\n", path.display())), "{version}");
    let output = run(&["auth", "status"], b"");
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    let output = run(&["nodes"], b"");
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("or run `plume auth login`, which creates it"), "{}", stderr(&output));
    let output = run(&login_arguments(&cloud, "lab"), cloud.get("PLUME_AUTH_HEADER").as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(run(&["auth", "status"], b"").status.code(), Some(0));
    assert!(path.exists() && !home.config().exists());
}

#[test]
#[cfg(unix)]
fn a_secret_in_place_of_another_option_is_not_sent() {
    let (sso, targets) = serve(|_| (200, "", "{}".to_owned()));
    let (cloud, home) = (Cloud::start(&[]), Home::new("misplaced"));
    for (at, secret) in [(3, "Canary:not-a-real-secret"), (8, "Basic Q2FuYXJ5Om5vdC1hLXJlYWwtc2VjcmV0")] {
        let mut arguments = login_arguments(&cloud, "lab");
        arguments[6] = &sso;
        arguments[at] = secret;
        let output = with_stdin(&mut home.command(&arguments), cloud.get("PLUME_AUTH_HEADER").as_bytes());
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains("looks like a secret"), "{}", stderr(&output));
        assert!(!stderr(&output).contains(secret), "{}", stderr(&output));
    }
    assert!(targets.try_recv().is_err(), "a request was sent");
}

#[test]
#[cfg(unix)]
fn a_login_says_that_another_profile_remains_the_default() {
    let (cloud, home) = (Cloud::start(&[]), Home::new("default"));
    let header = cloud.get("PLUME_AUTH_HEADER").to_owned();
    let output = home.login(&cloud, "first", header.as_bytes());
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    let output = home.login(&cloud, "second", header.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let note =
        "note: the default profile is still `first`; add --profile second, or run `plume config use second`";
    assert!(stderr(&output).contains(note), "{}", stderr(&output));
}

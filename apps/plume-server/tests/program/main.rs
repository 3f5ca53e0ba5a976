//! The program as its operators see it: it is run, its streams and its exit code are checked.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod connections;
mod database;
mod import;
mod leaks;
mod metrics;
#[cfg(unix)]
mod prompt;

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    time::Duration,
};

/// The program without the settings of the machine that runs the test.
fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plume-server"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PLUME_")) {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    program(arguments).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Maximum time of a program under test.
const LIMIT: Duration = Duration::from_secs(180);

/// Ends a program that hangs, so that no read of its output waits without end.
struct Watch(#[expect(dead_code, reason = "its end is the signal")] mpsc::Sender<()>);

impl Watch {
    fn over(child: &Child) -> Self {
        let (ended, waits) = mpsc::channel::<()>();
        let id = child.id().to_string();
        std::thread::spawn(move || {
            if waits.recv_timeout(LIMIT) == Err(mpsc::RecvTimeoutError::Timeout) {
                let _ = Command::new("kill").args(["-KILL", &id]).status();
            }
        });
        Self(ended)
    }
}

/// A server on a port of its own.
struct Running {
    child: Child,
    _watch: Watch,
    errors: BufReader<std::process::ChildStderr>,
    address: String,
}

fn start(arguments: &[&str]) -> Running {
    let arguments = [&["--listen", "127.0.0.1:0"], arguments].concat();
    let mut child = program(&arguments).stderr(Stdio::piped()).spawn().unwrap();
    let watch = Watch::over(&child);
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    // After lines of the log.
    let mut lines = errors.by_ref().lines().map_while(Result::ok);
    let address = lines.find_map(|line| Some(line.strip_prefix("listening on http://")?.to_owned()));
    Running { child, _watch: watch, errors, address: address.unwrap() }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Without an effect on one that has ended.
        let _ = self.child.kill();
    }
}

impl Running {
    /// Ends the server with a signal. Returns its exit code and the rest of its messages.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let killed = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let code = self.child.wait().unwrap().code();
        let mut rest = String::new();
        self.errors.read_to_string(&mut rest).unwrap();
        assert!(rest.contains("the server stops"), "{rest}");
        let rest = rest.lines().filter(|line| !line.contains(" INFO ")).collect();
        (code, rest)
    }
}

#[test]
#[cfg(unix)]
fn a_server_answers_the_health_check_until_a_signal_ends_it() {
    for signal in ["-TERM", "-INT"] {
        let server = start(&["--demo"]);
        let address = server.address.clone();
        assert_eq!(run(&["healthcheck", "--listen", &address]).status.code(), Some(0));
        assert_eq!(server.end(signal), (Some(0), String::new()), "{signal}");
        let output = run(&["healthcheck", "--listen", &address]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            stderr(&output).starts_with(&format!("error: failed to reach {address}: ")),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
#[cfg(unix)]
fn open_streams_do_not_delay_the_end() {
    use std::io::Write;

    use plume::runtime::{Clock, SystemClock};

    let server = start(&["--demo"]);
    let mut streams: Vec<std::net::TcpStream> = Vec::new();
    for _ in 0..20 {
        let mut stream = std::net::TcpStream::connect(&server.address).unwrap();
        write!(stream, "GET /events?page=overview HTTP/1.1\r\nHost: {}\r\n\r\n", server.address).unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        assert_eq!(&head, b"HTTP/1.1 200");
        streams.push(stream);
    }
    let clock = SystemClock::new();
    let began = clock.monotonic();
    assert_eq!(server.end("-TERM").0, Some(0));
    // 3 s of grace, and a slow machine.
    assert!(clock.monotonic() - began < Duration::from_secs(6));
    for mut stream in streams {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    }
}

/// A configuration with a cloud that does not answer.
fn unreachable_cloud(folder: &database::Folder) -> String {
    let header = folder.path("header");
    std::fs::write(&header, "Basic ZXhhbXBsZTpub3QtYS1yZWFsLXNlY3JldA==").unwrap();
    format!(
        "[cloud]\nsso_url = \"http://127.0.0.1:9/oauth2/x/v1/token\"\nauth_header_file = {header:?}\n\
         partner_id = \"5ca1ab1e0000000000000001\"\napi_base = \"http://127.0.0.1:9/api\"\n"
    )
}

#[test]
#[cfg(unix)]
fn a_run_sends_heartbeats_to_the_configured_address() {
    let folder = database::Folder::new("heartbeat");
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", receiver.local_addr().unwrap());
    let (config, url) = (folder.path("monitor.toml"), folder.path("heartbeat"));
    let text = |origins: &str| {
        let (data, cloud) = (folder.path("data"), unreachable_cloud(&folder));
        format!(
            "data = {data:?}\n{cloud}[heartbeat]\nurl_file = {url:?}\n[channels]\nlocal_origins = [{origins}]\n"
        )
    };
    std::fs::write(&url, format!("{origin}/not-a-real-secret\n")).unwrap();
    std::fs::write(&config, text("")).unwrap();
    let refused = run(&["--config", config.to_str().unwrap(), "config", "explain"]);
    assert_eq!(refused.status.code(), Some(2));
    let problem = stderr(&refused);
    assert!(problem.contains("`heartbeat.url`") && !problem.contains("not-a-real-secret"), "{problem}");
    std::fs::write(&config, text(&format!("\"{origin}\""))).unwrap();
    let (sent, received) = mpsc::channel();
    std::thread::spawn(move || {
        let (stream, _) = receiver.accept().unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        let _ = sent.send(line);
    });
    let server = start(&["--config", config.to_str().unwrap()]);
    let line = received.recv_timeout(Duration::from_secs(60)).unwrap();
    assert_eq!(line, "GET /not-a-real-secret HTTP/1.1\r\n");
    let (code, rest) = server.end("-TERM");
    assert!(code == Some(0) && !rest.contains("not-a-real-secret"), "{rest}");
}

#[test]
fn a_busy_port_is_named() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let output = run(&["--demo", "--listen", &address]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).starts_with(&format!("error: failed to listen on {address}: ")),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_busy_port_of_the_metrics_is_named_by_its_key() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let mut server = program(&["--demo", "--listen", "127.0.0.1:0"]);
    let output = server.env("PLUME_SERVER_METRICS_LISTEN", &address).output().unwrap();
    let text = stderr(&output);
    assert!(text.starts_with(&format!("error: failed to listen on {address}: ")), "{text}");
    assert!(text.contains("with `metrics.listen`"), "{text}");
}

#[test]
fn a_server_without_a_cloud_does_not_start() {
    let output = run(&["--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(text.contains("error: there is no section `cloud` in the configuration\nhelp: Set "), "{text}");
    assert!(!text.contains("listening on"), "{text}");
}

#[test]
fn config_explain_checks_the_files_and_the_address() {
    let folder = database::Folder::new("explain");
    let (config, homes) = (folder.path("monitor.toml"), folder.path("homes.csv"));
    let explain = |text: &str| {
        std::fs::write(&config, text).unwrap();
        let output = run(&["--config", config.to_str().unwrap(), "config", "explain"]);
        assert!(String::from_utf8(output.stdout.clone()).unwrap().contains("log.level"));
        output
    };
    let (keys, header) = (folder.path("none.key"), folder.path("header"));
    std::fs::write(&header, "Basic ZXhhbXBsZTpub3QtYS1yZWFsLXNlY3JldA==").unwrap();
    let bad = explain(&format!(
        "listen = \"0.0.0.0:8080\"\ndata = {header:?}\n[homes]\nfile = {homes:?}\n[keys]\nfile = {keys:?}\n"
    ));
    assert_eq!(bad.status.code(), Some(1));
    let text = stderr(&bad);
    for part in [
        "error: there is no section `cloud`",
        "error: refused to show the dashboard on 0.0.0.0:8080",
        "error: failed to create ",
        "error: failed to read the keys: ",
        "error: failed to read the homes of ",
        "homes.csv:\n  No such file",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let data = folder.path("data");
    let cloud = unreachable_cloud(&folder);
    std::fs::write(&homes, "tenant,customer,location,name\na,c,,Linden Street\n").unwrap();
    let good = format!("data = {data:?}\n[homes]\nfile = {homes:?}\n{cloud}");
    let wrong = explain(&good);
    assert!(wrong.status.code() == Some(1) && stderr(&wrong).contains("line 2"), "{}", stderr(&wrong));
    std::fs::write(&homes, "tenant,customer,location,name\na,c,l,Linden Street\n").unwrap();
    let output = explain(&good);
    let silent =
        "warning: no message is sent, because there is no route: add one to the file of `policies.file`\n";
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), silent));
    let policies = folder.path("policies.json");
    let with_routes = format!("{good}[policies]\nfile = {policies:?}\n");
    for (routes, warnings) in [
        (r#"[{"tenants": ["a"], "channels": ["hook"]}, {"channels": ["hook"]}]"#, ""),
        (
            r#"[{"tenants": ["operator", "ab"], "channels": ["hook"]}]"#,
            "warning: `notify.routes[0]` names the tenant `ab`, which does not exist; did you mean `a`?\n",
        ),
    ] {
        std::fs::write(&policies, format!("{{\"notify\": {{\"routes\": {routes}}}}}")).unwrap();
        let output = explain(&with_routes);
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), warnings));
    }
    assert!(!data.exists(), "nothing is created");
    std::fs::write(&policies, "{\"notify\":\n{\"routes\": [{}, {\"channels\": [\"a b/\"]}]}}").unwrap();
    let output = run(&["--config", config.to_str().unwrap(), "config", "explain"]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("policies.json:2: `notify.routes[0]` has no `channels`"), "{text}");
    assert!(text.contains("policies.json:2: `notify.routes[1].channels[0]` is no id of a channel"), "{text}");
}

#[test]
fn config_explain_lists_every_value_with_its_origin() {
    let output =
        program(&["config", "explain", "--listen", "127.0.0.1:4"]).env("PLUME_SERVER_DATA", "here").output();
    let output = output.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |key: &str| {
        let found = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        found.into_iter().find(|line| line.starts_with(key)).unwrap()
    };
    assert_eq!(line("listen"), "listen 127.0.0.1:4 (option --listen)");
    assert_eq!(line("data"), "data here (variable PLUME_SERVER_DATA)");
    assert_eq!(line("log.level"), "log.level info (default)");
}

#[test]
fn a_wrong_configuration_is_a_usage_error_with_every_problem() {
    let output =
        program(&[]).env("PLUME_SERVER_LISTEN", "x").env("PLUME_SERVER_DATUM", "y").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stderr(&output).lines().count(), 2, "{}", stderr(&output));
    assert!(
        stderr(&output)
            .contains("error: unknown variable PLUME_SERVER_DATUM; did you mean PLUME_SERVER_DATA?")
    );
}

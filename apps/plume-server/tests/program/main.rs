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
    process::{Child, ChildStderr, Command, Output, Stdio},
    sync::mpsc,
    time::Duration,
};

use plume::monitor::ids::TenantId;
use plume_server::store::{
    HomeStore, RecordStore,
    model::{RecordKind, Tenant},
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

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
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
    /// Its messages, unless a test reads them itself.
    errors: Option<BufReader<ChildStderr>>,
    address: String,
}

fn start(arguments: &[&str]) -> Running {
    Running::start(program(&[&["--listen", "127.0.0.1:0"], arguments].concat())).0
}

impl Drop for Running {
    fn drop(&mut self) {
        // Without an effect on one that has ended.
        let _ = self.child.kill();
    }
}

impl Running {
    /// Starts a server, and waits until it listens. Also returns the lines before.
    fn start(mut command: Command) -> (Self, String) {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let watch = Watch::over(&child);
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        let mut lines = String::new();
        let address = loop {
            let begin = lines.len();
            if errors.read_line(&mut lines).unwrap() == 0 {
                panic!("the server ended: {lines}");
            }
            if let Some(address) = lines[begin..].strip_prefix("listening on http://") {
                break address.trim_end().to_owned();
            }
        };
        (Self { child, _watch: watch, errors: Some(errors), address }, lines)
    }

    /// Ends the server with a signal. Returns its exit code and the rest of its messages.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let killed = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let code = self.child.wait().unwrap().code();
        let mut rest = String::new();
        self.errors.take().unwrap().read_to_string(&mut rest).unwrap();
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
#[cfg(unix)]
fn a_log_in_json_has_nothing_else_on_stderr() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let busy = other.local_addr().unwrap().to_string();
    for (arguments, is_started) in [
        (&["--demo", "--listen", "127.0.0.1:0"][..], true),
        (&["--demo", "--listen", &busy], false),
        (&["--listen", "127.0.0.1:0"], false),
    ] {
        let mut command = program(arguments);
        command.env("PLUME_SERVER_LOG_FORMAT", "json").stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _watch = Watch::over(&child);
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        let mut lines = String::new();
        while is_started && !lines.contains("demo started") {
            assert!(errors.read_line(&mut lines).unwrap() > 0, "{lines}");
        }
        if is_started {
            let ended = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
            assert!(ended.success());
        }
        assert_eq!(child.wait().unwrap().success(), is_started);
        errors.read_to_string(&mut lines).unwrap();
        for line in lines.lines() {
            let event: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
            assert!(is_started || event["fields"]["help"].is_string(), "{line}");
        }
        assert!(!lines.is_empty() && (!is_started || lines.contains("\"address\":\"127.0.0.1:")), "{lines}");
    }
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

#[tokio::test]
async fn config_explain_checks_the_files_and_the_address() {
    let folder = database::Folder::new("explain");
    let (config, homes) = (folder.path("monitor.toml"), folder.path("homes.csv"));
    let explain = |text: &str| {
        std::fs::write(&config, text).unwrap();
        let output = run(&["--config", config.to_str().unwrap(), "config", "explain"]);
        assert!(String::from_utf8(output.stdout.clone()).unwrap().contains("log.format"));
        output
    };
    let (keys, header) = (folder.path("none.key"), folder.path("header"));
    std::fs::write(&header, "Basic ZXhhbXBsZTpub3QtYS1yZWFsLXNlY3JldA==").unwrap();
    let bad = format!(
        "listen = \"0.0.0.0:8080\"\ndata = {header:?}\n[homes]\nfile = {homes:?}\n[keys]\nfile = {keys:?}\n"
    );
    let file = config.display();
    let parts = [
        "error: there is no section `cloud`".to_owned(),
        format!("error: {file}:1: refused to show the dashboard on 0.0.0.0:8080"),
        format!("error: {file}:2: failed to create "),
        format!("error: {file}:6: failed to read the keys: "),
        format!("error: {file}:4: failed to read the homes of "),
        "homes.csv:\n  No such file".to_owned(),
    ];
    // A start names all of them, too, and those of the values beside them.
    let start = |text: &str| {
        std::fs::write(&config, text).unwrap();
        run(&["--config", config.to_str().unwrap()])
    };
    for (output, code) in [
        (explain(&bad), 1),
        (start(&bad), 1),
        (explain(&format!("{bad}fle = 1\n[log]\nlevel = 7\n")), 2),
        (start(&format!("{bad}fle = 1\n[log]\nlevel = 7\n")), 2),
    ] {
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{text}");
        for part in &parts {
            assert!(text.contains(part), "{part}: {text}");
        }
        let of_values = [":7: unknown key `keys.fle`; did you mean `keys.file`?", ":9: `log.level` must be "];
        assert!(of_values.iter().all(|part| text.contains(part) == (code == 2)), "{text}");
    }
    // What a wrong value leaves open is no further error.
    let wrong =
        explain("public_url = 1\nlisten = \"0.0.0.0:1\"\n[sign_in]\naccounts = true\n[cloud]\nsso_url = 1\n");
    let text = stderr(&wrong);
    assert!(!text.contains("refused to") && !text.contains("no section"), "{text}");
    let database = database::Folder::new("explain-data");
    let data = database.path("");
    let cloud = unreachable_cloud(&folder);
    std::fs::write(&homes, "tenant,customer,location,name\na,c,,Linden Street\n").unwrap();
    let good = format!("data = {data:?}\n[homes]\nfile = {homes:?}\n{cloud}");
    let wrong = explain(&good);
    assert!(wrong.status.code() == Some(1) && stderr(&wrong).contains("line 2"), "{}", stderr(&wrong));
    std::fs::write(&homes, "tenant,customer,location,name,region,tags\na,c,l,Linden Street,hills,vip\n")
        .unwrap();
    let output = explain(&good);
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 0, "nothing is created");
    let shown = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(shown.contains("messages.red "), "{shown}");
    assert!(shown.contains("  all: no message  (no route)\n"), "{shown}");
    let silent =
        "warning: no message is sent, because there is no route: add one to the file of `policies.file`\n";
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), silent));
    let policies = folder.path("policies.json");
    {
        let store = database.store();
        for id in ["a", "operator"] {
            let id = TenantId::new(id);
            store.put_tenant(Tenant { id: id.clone(), name: String::new() }).await.unwrap();
            store.put_record(&id, RecordKind::Channel, "hook", 0, b"{}".to_vec()).await.unwrap();
        }
    }
    let with_routes = format!("{good}[policies]\nfile = {policies:?}\n");
    for (routes, warnings) in [
        (r#"[{"tenants": ["a"], "channels": ["hook"]}, {"channels": ["hook"]}]"#, &[][..]),
        (
            r#"[{"tenants": ["operator", "ab"], "tags": ["vp"], "channels": ["hook"]}]"#,
            &["`notify.routes[0]` names the tenant `ab`, which does not exist; did you mean `a`?"],
        ),
        (
            r#"[{"tags": ["vp"], "groups": [{"kind": "region", "value": "hils"}], "channels": ["hook"]}]"#,
            &[
                "`notify.routes[0]` names the tag `vp`, which no home of its tenants has; did you mean `vip`?",
                "`notify.routes[0]` names the region `hils`, which no home of its tenants has; did you mean `hills`?",
            ],
        ),
        (
            r#"[{"channels": ["mail"]}]"#,
            &[
                "routes name the channel `mail`, which the tenant a does not have: add a channel with this id to the \
                 tenant, or correct the routes in the file of `policies.file`",
                "messages about the monitor itself (the cloud does not respond, the disk is full) do not reach the channel \
                 `mail`: the tenant operator does not have it; add a channel with this id to the tenant operator, with the \
                 same receiver if you like",
            ],
        ),
    ] {
        std::fs::write(&policies, format!("{{\"notify\": {{\"routes\": {routes}}}}}")).unwrap();
        let output = explain(&with_routes);
        let warnings: String = warnings.iter().map(|line| format!("warning: {line}\n")).collect();
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), warnings));
    }
    let shown = String::from_utf8(explain(&with_routes).stdout).unwrap();
    assert!(shown.contains("  all: mail, in the daily digest  (notify.routes[0])\n"), "{shown}");
    // The policies of the last case.
    let sign_in = r#"[sign_in]
accounts = true
[[access]]
claim = "groups"
value = "noc"
tenants = ["b", "a"]
role = "viewer"
"#;
    std::fs::write(&policies, "{}").unwrap();
    let text = stderr(&explain(&format!("{with_routes}{sign_in}")));
    assert!(
        text.ends_with(
            "warning: `access[0]` names the tenant `b`, which does not exist; did you mean `a`?\n"
        ),
        "{text}"
    );
    std::fs::write(&policies, r#"{"notify": {"routes": [{"channels": ["mail"]}]}}"#).unwrap();
    // What cannot be read is an error, and no reason for advice.
    std::fs::write(data.join("monitor.db"), "no database").unwrap();
    let unreadable = explain(&with_routes);
    let text = stderr(&unreadable);
    assert!(unreadable.status.code() == Some(1) && text.contains("is not a database"), "{text}");
    assert!(!text.contains("warning"), "{text}");
    std::fs::write(&policies, "{\"notify\":\n{\"routes\": [{}, {\"channels\": [\"a b/\"]}]}}").unwrap();
    let output = run(&["--config", config.to_str().unwrap(), "config", "explain"]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("policies.json:2:13: `notify.routes[0]` has no `channels`"), "{text}");
    assert!(
        text.contains("policies.json:2:31: `notify.routes[1].channels[0]` is no id of a channel"),
        "{text}"
    );
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
    // The third one is that there is no section `cloud`.
    assert_eq!(stderr(&output).matches("error: ").count(), 3, "{}", stderr(&output));
    assert!(
        stderr(&output)
            .contains("error: unknown variable PLUME_SERVER_DATUM; did you mean PLUME_SERVER_DATA?")
    );
}

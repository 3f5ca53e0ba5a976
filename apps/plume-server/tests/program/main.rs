//! The program as its operators see it: it is run, its streams and its exit code are checked.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod database;
mod metrics;

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    process::{Child, Command, Output, Stdio},
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

/// A server on a port of its own.
struct Running {
    child: Child,
    errors: BufReader<std::process::ChildStderr>,
    address: String,
}

fn start(arguments: &[&str]) -> Running {
    let arguments = [&["--listen", "127.0.0.1:0"], arguments].concat();
    let mut child = program(&arguments).stderr(Stdio::piped()).spawn().unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    errors.read_line(&mut line).unwrap();
    let address =
        line.trim().strip_prefix("listening on http://").unwrap_or_else(|| panic!("{line}")).to_owned();
    Running { child, errors, address }
}

impl Running {
    /// Ends the server with a signal. Returns its exit code and the rest of its messages.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let killed = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let code = self.child.wait().unwrap().code();
        let mut rest = String::new();
        self.errors.read_to_string(&mut rest).unwrap();
        (code, rest)
    }
}

#[test]
#[cfg(unix)]
fn a_server_answers_the_health_check_until_a_signal_ends_it() {
    for signal in ["-TERM", "-INT"] {
        let server = start(&[]);
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
fn a_busy_port_is_named() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let output = run(&["--listen", &address]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).starts_with(&format!("error: failed to listen on {address}: ")),
        "{}",
        stderr(&output)
    );
}

#[test]
fn config_explain_lists_every_value_with_its_origin() {
    let output =
        program(&["config", "explain", "--listen", "127.0.0.1:4"]).env("PLUME_SERVER_DATA", "here").output();
    let output = output.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text, "listen  127.0.0.1:4  (option --listen)\ndata    here  (variable PLUME_SERVER_DATA)\n");
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

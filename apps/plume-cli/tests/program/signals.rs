//! Closed pipes, signals, full disks, few file descriptors.

use std::{
    io::{BufRead, BufReader},
    time::Duration,
};

use super::*;
use crate::server::serve;

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = program()
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

#[test]
fn a_pipe_that_closes_in_the_middle_of_a_list_is_no_error() {
    // More than a pipe holds.
    for form in ["table", "json", "jsonl", "csv"] {
        let mut child = program()
            .args(["--demo", "customers", "list", "--all", "-o", form])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::with_capacity(1, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert!(!first.is_empty());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{form}");
    }
}

#[test]
#[cfg(unix)]
fn a_signal_ends_a_call_with_its_code() {
    let mut signals = vec![("-INT", 130), ("-TERM", 143)];
    // It is ignored where the tests run under `nohup`.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(str::trim);
    if ignored.is_some_and(|mask| u64::from_str_radix(mask, 16).unwrap() & 1 == 0) {
        signals.push(("-HUP", 129));
    }
    for (signal, code) in signals {
        let (base, targets) = serve(|_| (0, "", String::new()));
        let child = program()
            .args(["nodes", "c", "l"])
            .env("PLUME_AUTH_HEADER", "Bearer not.a.token")
            .env("PLUME_API_BASE", base)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It waits for the answer now. The bound ends the test of a program that does not ask.
        targets.recv_timeout(Duration::from_secs(120)).unwrap();
        let killed = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(code), ""), "{signal}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
#[cfg(unix)]
fn a_speed_test_continues_after_a_signal() {
    let mut child = program()
        .args(["--demo", "speedtest", "run", "--yes"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().contains("was started"));
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let note = "note: the test continues; `plume speedtest list` shows its result";
    assert_eq!(lines.collect::<Vec<_>>(), [note]);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_a_failure_that_is_reported_once() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let child = program().args(["--demo", "nodes"]).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("the output could not be written"));
    // Elsewhere 1 is a status of the home.
    for (arguments, code) in
        [(&["--help"][..], 1), (&["--version"], 1), (&["--demo", "health", "--check"], 3)]
    {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let status = program().args(arguments).stdout(full).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
#[cfg(unix)]
fn few_file_descriptors_are_a_failure_and_no_panic() {
    for count in 5..=9 {
        let output = Command::new("sh")
            .args(["-c", &format!("ulimit -n {count} && exec \"$0\" --demo nodes -o json")])
            .arg(env!("CARGO_BIN_EXE_plume"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{count}: {}", stderr(&output));
        assert!(!stderr(&output).contains("panicked"), "{count}: {}", stderr(&output));
        document(&output);
    }
}

#[test]
#[cfg(unix)]
fn a_closed_stderr_leaves_the_exit_code() {
    let output = Command::new("sh")
        .args(["-c", "exec \"$0\" --demo nodes no-customer no-location 2>&-"])
        .arg(env!("CARGO_BIN_EXE_plume"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(6));
}

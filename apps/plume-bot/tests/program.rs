//! The program as its users start it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Output, Stdio},
};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plume-bot"));
    let foreign = |name: &str| name.starts_with("PLUME_") || name.starts_with("TELEGRAM_");
    for (name, _) in std::env::vars().filter(|(name, _)| foreign(name)) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn chat(lines: &str) -> Output {
    let mut child = program().args(["--demo", "--offline"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_newcomer_can_chat_without_any_account() {
    let output = chat("/locations\n1\n1\n1\n");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("🟢 ALL SYSTEMS OPERATIONAL - No issues detected"), "{text}");
    assert!(text.contains("you> /locations") && text.contains("[1: 🔄 Again]"), "{text}");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn closed_stdout_is_not_an_error() {
    let mut child = program().args(["--demo", "--offline"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("Type a message"), "{first}");
    // The reader is gone now.
    let _ = child.stdin.take().unwrap().write_all(b"/help\n/start\n");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_path_that_fails_is_not_repeated() {
    let output = program()
        .args(["--demo", "--offline"])
        .env("TELEGRAM_STATE_DIR", "/dev/null/canary")
        .env("TELEGRAM_STATE_KEY", "test bm90LWEtcmVhbC1rZXktbm90LWEtcmVhbC1rZXktMzI=")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("TELEGRAM_STATE_DIR") && !said.contains("canary"), "{said}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
#[cfg(unix)]
fn lack_of_file_descriptors_is_an_error_and_no_panic() {
    let ended = [5, 6, 7, 8, 9].map(|count| {
        let output = Command::new("sh")
            .args(["-c", &format!("ulimit -n {count} && exec \"$0\" --demo --offline")])
            .arg(program().get_program())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("panicked"), "{count}: {said}");
        (output.status.code(), said.contains("too few file descriptors"))
    });
    assert_eq!(ended[0], (Some(1), true));
    let clean = |end: &(Option<i32>, bool)| matches!(end, (Some(1), true) | (Some(0), false));
    assert!(ended.iter().all(clean), "{ended:?}");
}

#[test]
fn missing_settings_are_named() {
    let output = program().output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("TELEGRAM_BOT_TOKEN") && text.contains("--demo --offline"), "{text}");
    let both = program()
        .env("TELEGRAM_BOT_TOKEN", "1:not-a-real-token")
        .env("TELEGRAM_BOT_TOKEN_FILE", "/x")
        .output();
    let text = String::from_utf8(both.unwrap().stderr).unwrap();
    assert!(text.contains("both set") && !text.contains("not-a-real"), "{text}");
}

#[test]
fn the_health_check_looks_at_the_heartbeat() {
    let path = std::env::temp_dir().join(format!("telegram-bot-alive-{}", std::process::id()));
    let check = || program().arg("--check").env("TELEGRAM_HEARTBEAT_FILE", &path).status().unwrap().code();
    assert_eq!(check(), Some(1), "no heartbeat");
    std::fs::write(&path, "").unwrap();
    assert_eq!(check(), Some(0));
    let old = std::fs::File::options().write(true).open(&path).unwrap();
    old.set_modified(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(check(), Some(1), "an old one");
    std::fs::remove_file(&path).unwrap();
}

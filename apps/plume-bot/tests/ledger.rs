//! The list of handled updates: what it remembers, for how long, and what becomes of a damaged one.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::{fs, path::PathBuf, time::Duration};

use chrono::{DateTime, Utc};
use common::Directory;
use plume_bot::state::{Ledger, Numbering};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + common::START
}

fn numbering(bot: i64, api: &str) -> Numbering {
    Numbering { bot, api: api.to_owned() }
}

fn open(directory: &Directory, at: DateTime<Utc>) -> (Ledger, Option<String>) {
    Ledger::open(directory.path(), numbering(1_000, "https://api.telegram.org"), at).unwrap()
}

fn directory() -> Directory {
    let directory = Directory::new();
    fs::create_dir_all(directory.path()).unwrap();
    directory
}

fn file(directory: &Directory) -> PathBuf {
    directory.path().join("handled-updates-2")
}

fn damaged(directory: &Directory) -> usize {
    let names = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().contains(".damaged-")).count()
}

#[test]
fn an_update_is_forgotten_by_its_age_and_not_by_its_number() {
    let directory = directory();
    let (ledger, _) = open(&directory, now());
    for update in 727_334_700..727_335_700 {
        assert!(ledger.mark(update, now()).unwrap());
    }
    // The numbers begin again, far below. With the smallest ones forgotten first none of these would last.
    let later = now() + HOUR;
    for update in 117_314_199..117_314_699 {
        assert!(ledger.mark(update, later).unwrap());
    }
    assert!(!ledger.mark(117_314_199, later).unwrap(), "it was marked just now");
    assert!(!ledger.is_done(727_334_700, later), "the oldest went for it");
    assert!(ledger.is_done(727_335_699, later));
    // Another two days later the same number means another update.
    let much_later = now() + HOUR * 49;
    assert!(!ledger.is_done(117_314_199, much_later));
    assert!(ledger.mark(117_314_199, much_later).unwrap());
    drop(ledger);
    let (ledger, warning) = open(&directory, much_later);
    assert_eq!(warning, None);
    assert!(ledger.is_done(117_314_199, much_later));
    assert!(!ledger.is_done(117_314_200, much_later) && !ledger.is_done(727_335_699, much_later));
}

#[test]
fn clock_set_back_expires_nothing() {
    let directory = directory();
    let (ledger, _) = open(&directory, now());
    assert!(ledger.mark(1, now()).unwrap());
    assert!(ledger.is_done(1, now() - HOUR * 1_000));
    assert!(
        ledger.is_done(1, DateTime::UNIX_EPOCH - HOUR)
            && ledger.mark(2, DateTime::UNIX_EPOCH - HOUR).unwrap()
    );
}

#[test]
fn update_ids_are_separate_per_bot_and_server() {
    let directory = directory();
    let names = [
        numbering(1_000, "https://api.telegram.org"),
        numbering(1_000, "http://127.0.0.1:8081"),
        numbering(2_000, "https://api.telegram.org"),
    ];
    for (number, name) in names.iter().enumerate() {
        let (ledger, warning) = Ledger::open(directory.path(), name.clone(), now()).unwrap();
        assert_eq!(warning, None);
        assert!(!ledger.is_done(7, now()), "{name:?}");
        let own = 100 + i64::try_from(number).unwrap();
        assert!(ledger.mark(7, now()).unwrap() && ledger.mark(own, now()).unwrap());
    }
    let (first, _) = open(&directory, now());
    assert!(first.is_done(7, now()) && first.is_done(100, now()), "the others have not pushed it out");
    assert!(!first.is_done(101, now()) && !first.is_done(102, now()));
}

#[test]
fn half_a_line_at_the_end_is_left_out() {
    let directory = directory();
    let (ledger, _) = open(&directory, now());
    assert!(ledger.mark(4_999, now()).unwrap());
    drop(ledger);
    let mut text = fs::read_to_string(file(&directory)).unwrap();
    text.push_str("5000 17936");
    fs::write(file(&directory), text).unwrap();
    let (ledger, warning) = open(&directory, now());
    assert_eq!((warning, damaged(&directory)), (None, 0));
    assert!(ledger.is_done(4_999, now()) && !ledger.is_done(5_000, now()));
    // And what is written next does not continue it.
    assert!(ledger.mark(6, now()).unwrap());
    drop(ledger);
    assert!(open(&directory, now()).0.is_done(6, now()));
}

#[test]
fn a_damaged_list_is_put_aside_and_named() {
    for contents in [
        &b"7 x 1000 https://api.telegram.org\n"[..],
        b"\xff\xfe\n",
        b"7\n",
        b"7 1793613600 1000 https://api.telegram.org more\n",
        b"\0\0\0\0\n",
    ] {
        let directory = directory();
        fs::write(file(&directory), contents).unwrap();
        let (ledger, warning) = open(&directory, now());
        let warning = warning.unwrap_or_else(|| panic!("{contents:?} passed"));
        assert!(warning.contains("handled-updates-2.damaged-"), "{warning}");
        assert_eq!(damaged(&directory), 1);
        assert!(ledger.mark(7, now()).unwrap());
        drop(ledger);
        let (ledger, warning) = open(&directory, now());
        assert_eq!(warning, None);
        assert!(ledger.is_done(7, now()));
    }
    // They do not pile up.
    let directory = directory();
    for times in 0..20 {
        fs::write(file(&directory), b"nonsense\n").unwrap();
        assert!(open(&directory, now() + HOUR * times).1.is_some());
    }
    assert_eq!(damaged(&directory), 8);
}

#[test]
fn ledger_file_size_is_bounded() {
    let directory = directory();
    let (ledger, _) = open(&directory, now());
    for update in 0..2_500 {
        assert!(ledger.mark(update, now()).unwrap());
    }
    let lines = fs::read_to_string(file(&directory)).unwrap().lines().count();
    assert!((1_000..=2_000).contains(&lines), "{lines}");
    assert!(ledger.is_done(2_499, now()) && !ledger.is_done(0, now()));
}

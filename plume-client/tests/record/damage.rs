//! Damaged, foreign and newer recordings.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use plume_client::record::{RecordError, RecordErrorKind, Recorder, Replayer};
use plume_runtime::{InProcess, Limits, Transport};
use serde_json::{Value, json};

use crate::support::Scratch;

/// A recording of two exchanges, and its session.
async fn recorded() -> (Scratch, PathBuf) {
    let scratch = Scratch::new();
    let inner = InProcess::new(|_| async { Ok(Response::new(Bytes::from_static(b"{}"))) });
    let recorder = Recorder::builder(Arc::new(inner)).create(scratch.path()).unwrap();
    for _ in 0..2 {
        let request =
            Request::get("https://cloud.example.net/api/Customers/count").body(Bytes::new()).unwrap();
        recorder.send(request, &Limits::default()).await.unwrap();
    }
    let session = recorder.directory().to_owned();
    (scratch, session)
}

fn refused(scratch: &Scratch, kind: RecordErrorKind) -> RecordError {
    let error = Replayer::open(scratch.path()).unwrap_err();
    assert_eq!(error.kind(), kind, "{error:?}");
    assert!(!error.help().is_empty());
    error
}

const LAST: &str = "0002-customers.count.json";

#[tokio::test]
async fn a_truncated_file_is_refused_at_every_length() {
    let (scratch, session) = recorded().await;
    let whole = std::fs::read(session.join(LAST)).unwrap();
    for length in 0..whole.len() {
        std::fs::write(session.join(LAST), &whole[..length]).unwrap();
        let error = refused(&scratch, RecordErrorKind::Damaged);
        assert!(error.to_string().contains("truncated") && error.to_string().contains(LAST), "{error}");
    }
    std::fs::write(session.join(LAST), &whole).unwrap();
    assert_eq!(Replayer::open(scratch.path()).unwrap().exchanges(), 2);
}

#[tokio::test]
async fn a_changed_file_is_refused_or_read_and_never_panics() {
    let (scratch, session) = recorded().await;
    let whole = std::fs::read(session.join(LAST)).unwrap();
    for place in 0..whole.len() {
        let mut changed = whole.clone();
        changed[place] = b'#';
        std::fs::write(session.join(LAST), &changed).unwrap();
        if let Ok(replayer) = Replayer::open(scratch.path()) {
            let request =
                Request::get("https://cloud.example.net/api/Customers/count").body(Bytes::new()).unwrap();
            let _ = replayer.send(request, &Limits::default()).await;
        }
    }
}

#[tokio::test]
async fn foreign_files_are_refused_by_name() {
    for (name, contents) in [
        ("0003-x.json", "[1, 2]"),
        ("0003-x.json", r#"{"name": "package"}"#),
        ("0003-x.json", r#"{"request": {"method": "GET"}}"#),
        ("0003-x.json", "not JSON"),
        ("manifest.json", r#"{"format": "another", "version": 1}"#),
        ("manifest.json", r#"{"name": "package"}"#),
        ("manifest.json", r#"{"format": "plume recording", "version": 0}"#),
        ("manifest.json", r#"{"format": "plume recording", "version": 1}"#),
        ("manifest.json", ""),
    ] {
        let (scratch, session) = recorded().await;
        std::fs::write(session.join(name), contents).unwrap();
        let error = refused(&scratch, RecordErrorKind::Damaged);
        assert!(error.to_string().contains(name), "{error}");
    }
    // What is no JSON by its name is left alone.
    let (scratch, session) = recorded().await;
    std::fs::write(session.join("README.md"), "notes").unwrap();
    std::fs::write(session.join(".0003-x.json.tmp"), "half").unwrap();
    std::fs::write(scratch.path().join("notes.txt"), "notes").unwrap();
    assert_eq!(Replayer::open(scratch.path()).unwrap().exchanges(), 2);
}

#[tokio::test]
async fn a_newer_version_is_refused_and_a_newer_field_is_not() {
    let (scratch, session) = recorded().await;
    let path = session.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    manifest["later"] = json!(1);
    std::fs::write(&path, manifest.to_string()).unwrap();
    assert!(Replayer::open(scratch.path()).is_ok());
    manifest["version"] = json!(2);
    // A newer version need not have any other field of this one.
    manifest.as_object_mut().unwrap().remove("bases");
    std::fs::write(&path, manifest.to_string()).unwrap();
    let error = refused(&scratch, RecordErrorKind::Newer);
    assert!(error.to_string().contains("version 2") && error.help().contains("Update"), "{error}");
}

#[tokio::test]
async fn what_is_no_recording_is_refused() {
    let scratch = Scratch::new();
    refused(&scratch, RecordErrorKind::Io);
    std::fs::create_dir(scratch.path()).unwrap();
    refused(&scratch, RecordErrorKind::Missing);
    std::fs::create_dir(scratch.path().join("session-20260115T100000Z-00000000")).unwrap();
    refused(&scratch, RecordErrorKind::Missing);
    let (scratch, session) = recorded().await;
    std::fs::remove_file(session.join("manifest.json")).unwrap();
    let error = refused(&scratch, RecordErrorKind::Io);
    assert!(error.to_string().contains("manifest.json"), "{error}");
}

#[tokio::test]
async fn an_exchange_that_was_removed_was_not_recorded() {
    let (scratch, session) = recorded().await;
    std::fs::remove_file(session.join("0001-customers.count.json")).unwrap();
    assert_eq!(Replayer::open(scratch.path()).unwrap().exchanges(), 1);
}

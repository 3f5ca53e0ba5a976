//! The permissions of files with secrets.
#![cfg(unix)]

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use crate::setup::{check, law, setup};

/// A file of a directory of this test alone.
fn file(name: &str, mode: u32, text: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("doctor-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let path = directory.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

#[tokio::test]
async fn a_file_that_others_can_read_fails() {
    for (mode, seen) in [
        (0o600, "only its owner can read it (mode 0600)"),
        (0o400, "only its owner can read it (mode 0400)"),
        (0o644, "others than its owner can read it (mode 0644)"),
        (0o640, "others than its owner can read it (mode 0640)"),
        (0o620, "others than its owner can write it (mode 0620)"),
    ] {
        let setup = setup();
        let header = setup.variables["PLUME_AUTH_HEADER"].clone();
        let path = file(&format!("header-{mode:o}"), mode, &header);
        let setup = setup.without("PLUME_AUTH_HEADER").with("PLUME_AUTH_HEADER_FILE", path.to_str().unwrap());
        let diagnosis = setup.run().await;
        let check = check(&diagnosis, "secret-files");
        assert_eq!(check.seen(), Some(seen), "{diagnosis}");
        assert_eq!(check.subject.as_deref(), path.to_str());
        assert_eq!(check.is_failed(), mode & 0o077 != 0, "{diagnosis}");
        assert!(diagnosis.check("customers").unwrap().is_passed(), "{diagnosis}");
        if let Some(help) = check.help() {
            assert!(help.contains("chmod 600"), "{help}");
        }
    }
}

#[tokio::test]
async fn a_secret_in_place_of_a_path_is_not_shown() {
    let setup = setup();
    let header = setup.variables["PLUME_AUTH_HEADER"].clone();
    let diagnosis = setup.without("PLUME_AUTH_HEADER").with("PLUME_AUTH_HEADER_FILE", &header).run().await;
    assert!(check(&diagnosis, "settings").is_failed(), "{diagnosis}");
    assert!(check(&diagnosis, "secret-files").is_skipped(), "{diagnosis}");
    assert!(!diagnosis.to_string().contains(&header));
}

#[tokio::test]
async fn files_of_the_program_are_checked_as_well() {
    let setup = setup();
    let (open, missing) = (file("store", 0o666, "x"), file("gone", 0o600, "x"));
    fs::remove_file(&missing).unwrap();
    let diagnosis = setup.doctor().secret_file(&open).secret_file(&missing).run().await;
    law(&diagnosis);
    let checks: Vec<_> = diagnosis.checks.iter().filter(|check| check.name == "secret-files").collect();
    assert!(checks[0].is_failed() && checks[1].is_skipped(), "{diagnosis}");
}

//! The files for operators, as the tools of their system judge them.

use std::{fs, process::Command};

use crate::counterpart::{Folder, program, repository, run};

/// The highest exposure that `systemd-analyze security` may find, in tenths. 0 is no exposure, 100 the most.
const EXPOSURE: &str = "15";

#[test]
fn systemd_accepts_the_unit_and_finds_it_closed() {
    let folder = Folder::new("unit");
    let unit = fs::read_to_string(repository().join("deploy/systemd/plume-server.service")).unwrap();
    let installed = "ExecStart=/usr/local/bin/plume-server ";
    assert!(unit.contains(installed));
    let path = folder.0.join("plume-server.service");
    let here = format!("ExecStart={} ", env!("CARGO_BIN_EXE_plume-server"));
    fs::write(&path, unit.replace(installed, &here)).unwrap();
    let analyze = |arguments: &[&str]| {
        run(Command::new(program("systemd-analyze")).args(arguments).arg("--no-pager").arg(&path))
    };
    assert_eq!(analyze(&["verify", "--man=no"]), (true, String::new()));
    let threshold = format!("--threshold={EXPOSURE}");
    let (is_closed, text) = analyze(&["security", "--offline=true", &threshold]);
    assert!(is_closed, "{text}");
}

//! The gauge `wire` as a test, which rows of the fault matrix name.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::Command;

use serde_json::Value;

fn gauge(arguments: &[&str]) -> (bool, Value, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_gauges")).arg("wire").args(arguments).output().unwrap();
    let table = String::from_utf8(output.stderr).unwrap();
    (output.status.success(), serde_json::from_slice(&output.stdout).unwrap(), table)
}

#[test]
fn every_fault_of_the_wire_ends_in_its_error() {
    let (passed, line, table) = gauge(&[]);
    assert!(passed && line["pass"] == true, "{line}\n{table}");
    // One of each family, so that none can be dropped unnoticed.
    for fault in
        ["certificate that has expired", "TLS 1.0 alone", "HTTP/2 CONTINUATION without end", "gzip bomb"]
    {
        assert!(table.contains(fault), "{fault} is gone\n{table}");
    }
    // A client that accepts every response is found. The two run in sequence, because load disturbs them.
    let (passed, line, table) = gauge(&["--plant"]);
    assert!(!passed && line["pass"] == false, "{line}\n{table}");
}

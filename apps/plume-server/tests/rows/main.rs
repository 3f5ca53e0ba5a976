//! Which test proves which row of the fault matrices of monitors, webhooks and dashboards.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod table;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use table::{MISSING, Proof, ROWS};

/// Every row of the matrices that the server answers for: MO01–MO48, BT06–BT09 and WB01–WB15.
fn names() -> Vec<String> {
    let monitor = (1..=48).map(|number| format!("MO{number:02}"));
    let webhooks = (6..=9).map(|number| format!("BT{number:02}"));
    let dashboard = (1..=15).map(|number| format!("WB{number:02}"));
    monitor.chain(webhooks).chain(dashboard).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(fs::read_to_string(&path).unwrap());
        }
    }
}

/// The number of tests by name: functions with an attribute of a test, and promises of the contract of stores.
fn tests(texts: &[String]) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for text in texts {
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            is_test |= line == "#[test]" || line.starts_with("#[tokio::test");
            let after = line.split_once("fn ").filter(|(before, _)| !before.contains("//"));
            if let Some((name, _)) = after.and_then(|(_, rest)| rest.split_once('(')) {
                if is_test || is_promise(name, line, texts) {
                    *found.entry(name.to_owned()).or_default() += 1;
                }
                is_test = false;
            }
        }
    }
    found
}

/// A promise of stores is a test only if the list of the contract names it.
fn is_promise(name: &str, line: &str, texts: &[String]) -> bool {
    let listed = format!(": {name},");
    line.contains("(bed: &dyn Bed)")
        && texts.iter().any(|text| text.contains("macro_rules! contract") && text.contains(&listed))
}

fn modules(folder: &Path, missing: &mut Vec<PathBuf>) {
    let root = ["mod.rs", "main.rs"].map(|name| folder.join(name)).into_iter().find(|path| path.exists());
    let text = root.map(|path| fs::read_to_string(path).unwrap()).unwrap_or_default();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_module = path.is_dir() && path.join("mod.rs").exists()
            || path.extension().is_some_and(|extension| extension == "rs");
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if is_module && !["mod", "main"].contains(&name.as_str()) && !text.contains(&format!("mod {name};")) {
            missing.push(path.clone());
        }
        if path.is_dir() && (path.join("mod.rs").exists() || path.join("main.rs").exists()) {
            modules(&path, missing);
        }
    }
}

/// A file that no module names is not compiled, so its tests never run.
#[test]
fn every_file_of_tests_is_a_module() {
    let mut missing = Vec::new();
    for entry in fs::read_dir(root().join("tests")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            modules(&path, &mut missing);
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_row_has_its_tests() {
    let named: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
    assert_eq!(named, names(), "the rows in their order, each once");
    let mut texts = Vec::new();
    sources(&root().join("tests"), &mut texts);
    sources(&root().join("src"), &mut texts);
    let tests = tests(&texts);
    let monitor = fs::read_to_string(root().join("../../plume-monitor/tests/monitor/rows.rs")).unwrap();
    let budget = fs::read_to_string(root().join("../../plume-monitor/tests/monitor/budget.rs")).unwrap();
    let mut missing = Vec::new();
    for row in ROWS {
        assert!(!row.expected.is_empty(), "{}", row.name);
        for proof in row.proofs {
            match proof {
                Proof::Test(name) => assert_eq!(tests.get(*name), Some(&1), "{}: {name}", row.name),
                Proof::Monitor => assert!(monitor.contains(&format!("\"{}\"", row.name)), "{}", row.name),
                Proof::Budget(name) => {
                    assert!(budget.contains(&format!("fn {name}(")), "{}: {name}", row.name);
                }
                Proof::Later(reason) => assert!(!reason.is_empty(), "{}", row.name),
            }
        }
        if row.proofs.is_empty() {
            missing.push(row.name);
        }
    }
    assert_eq!(missing, MISSING, "rows without a proof");
}

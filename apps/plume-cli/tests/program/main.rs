//! The program as its users see it: it is run, its streams and its exit code are checked.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod auth;
mod changes;
mod demo;
mod failures;
mod find;
mod fleet;
mod record;
mod series;
mod server;
mod signals;
mod store;
mod tools;
mod topology;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The program without the settings of the machine that runs the test.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plume"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PLUME_")) {
        command.env_remove(name);
    }
    for name in ["HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    for name in ["COLUMNS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "LC_ALL", "LC_CTYPE", "LANG"] {
        command.env_remove(name);
    }
    // No configuration file and no store of a person.
    command.env("XDG_CONFIG_HOME", std::env::temp_dir().join("plume-cli-no-configuration"));
    command.env("XDG_STATE_HOME", std::env::temp_dir().join("plume-cli-no-state"));
    command.env("PLUME_TOKEN_STORE", "off");
    command.stdin(Stdio::null());
    command
}

fn plume(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    program().args(arguments).envs(variables.iter().copied()).output().unwrap()
}

fn demo(arguments: &[&str]) -> Output {
    plume(&[&["--demo"], arguments].concat(), &[])
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The one document on stdout.
fn document(output: &Output) -> Value {
    let [document] = <[Value; 1]>::try_from(documents(output)).unwrap();
    document
}

fn documents(output: &Output) -> Vec<Value> {
    serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>().map(Result::unwrap).collect()
}

/// The names of an object's members.
fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// A directory for a test, which `Drop` removes.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plume-cli-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

//! The HTTP library stays inside plume-runtime, public signatures show types of listed foreign crates only, and points in
//! time have one type.
//!
//! A scan of the source, not of the compiled interface. It finds paths (`tokio::…`) and names imported by `use`; a type
//! alias or a glob import could hide one. `pub` inside a private module counts as public; `unreachable_pub` reports
//! it too.

mod types;

use std::collections::BTreeSet;

use crate::text::source::{code_only, has_word, is_identifier, line_at};
use crate::workspace::{Outcome, Workspace};

const HTTP_LIBRARY: &str = "reqwest";
const OWNER: &str = "plume-runtime/";
/// The benchmark that compares the client with the library alone.
const COMPARISON: &str = "benches/benches/throughput.rs";
/// Foreign crates whose types may be in public signatures: a new major version of one is a new one of ours. Any other
/// dependency of the workspace may not, above all those that tie users to one async runtime or HTTP library.
const ALLOWED: &[&str] = &[
    "bytes",
    "chrono",
    "futures_util",
    "http",
    "keyring_core",
    "secrecy",
    "serde",
    "serde_json",
    "url",
    "zeroize",
];

/// The standard library's type for points in time. `chrono::DateTime<Utc>` is the one of the SDK.
const OTHER_TIME: &str = "SystemTime";
/// The files of libraries that may name it: the clock of the machine, and the conversion of what the system returns.
const TIME_OWNERS: &[&str] = &["plume-runtime/src/clock/clocks.rs", "plume-runtime/src/time.rs"];

pub(crate) fn run(workspace: &Workspace) -> Result<Outcome, String> {
    let mut outcome = Outcome::default();
    let files = workspace.files()?;
    let sources: Vec<_> = files.iter().filter(|path| path.ends_with(".rs")).collect();
    let foreign = foreign(&workspace.read("Cargo.toml")?);
    outcome.scanned("dependencies that no public signature may show", foreign.len());
    let foreign: Vec<&str> = foreign.iter().map(String::as_str).collect();
    let (mut items, mut types) = (0, 0);
    let mut listed = BTreeSet::new();
    for path in &sources {
        let text = workspace.read(path)?;
        let code = code_only(&text, &foreign);
        if *path != COMPARISON && !path.starts_with(OWNER) {
            outcome.faults.extend(named(path, &code));
        }
        if is_library(path) {
            if !TIME_OWNERS.contains(&path.as_str()) {
                outcome.faults.extend(other_time(path, &code_only(&text, &[OTHER_TIME])));
            }
            let signatures = signatures(&code);
            items += signatures.len();
            let shapes = types::judge(path, &text)?;
            types += shapes.types;
            listed.extend(shapes.listed);
            outcome.faults.extend(shapes.faults);
            outcome.faults.extend(exposed(path, &code, &signatures, &foreign));
        }
    }
    outcome.faults.extend(types::stale(&listed));
    outcome.scanned("source files", sources.len());
    outcome.scanned("public items in libraries", items);
    outcome.scanned("public structs and enums in libraries", types);
    Ok(outcome)
}

/// Returns the dependencies of the workspace that are neither ours nor [`ALLOWED`], as names in code.
fn foreign(manifest: &str) -> Vec<String> {
    let section = manifest.split("[workspace.dependencies]").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let names = section.lines().filter_map(|line| line.split_once([' ', '.'])).map(|(name, _)| name);
    let names = names.filter(|name| name.starts_with(|first: char| first.is_ascii_lowercase()));
    let names = names.filter(|name| !name.starts_with("plume-") && *name != "testkit");
    names.map(|name| name.replace('-', "_")).filter(|name| !ALLOWED.contains(&name.as_str())).collect()
}

fn is_library(path: &str) -> bool {
    path.starts_with("src/") || (path.starts_with("plume-") && path.contains("/src/"))
}

fn named(path: &str, code: &str) -> Vec<String> {
    code.lines()
        .enumerate()
        .filter(|(_, line)| has_word(line, HTTP_LIBRARY))
        .map(|(index, _)| format!("{path}:{}: names {HTTP_LIBRARY}; only plume-runtime may", index + 1))
        .collect()
}

/// Anywhere in the code and not in signatures alone: a trait's methods and an alias would hide it there.
fn other_time(path: &str, code: &str) -> Vec<String> {
    code.lines()
        .enumerate()
        .filter(|(_, line)| has_word(line, OTHER_TIME))
        .map(|(index, _)| {
            format!("{path}:{}: names {OTHER_TIME}; a point in time is a `chrono::DateTime<Utc>`", index + 1)
        })
        .collect()
}

/// A public item's first line and its text up to the body, the value or the end of the field.
struct Signature {
    line: usize,
    text: String,
}

fn signatures(code: &str) -> Vec<Signature> {
    let mut found = Vec::new();
    let mut offset = 0;
    for line in code.split_inclusive('\n') {
        let start = offset + (line.len() - line.trim_start().len());
        offset += line.len();
        if let Some(text) = code.get(start..).filter(|text| text.starts_with("pub ")) {
            found.push(Signature { line: line_at(code, start), text: signature(text) });
        }
    }
    found
}

fn signature(text: &str) -> String {
    let word = text.split_whitespace().nth(1).unwrap_or_default();
    let end = match word {
        "use" => text.find(';'),
        "struct" => return public_part(text),
        "const" | "static" if !text.starts_with("pub const fn") => text.find(['=', ';']),
        "async" | "const" | "enum" | "extern" | "fn" | "mod" | "static" | "trait" | "type" | "union"
        | "unsafe" => text.find(['{', ';']),
        _ => field_end(text),
    };
    end.and_then(|end| text.get(..end)).unwrap_or(text).to_owned()
}

/// The head of a struct, and the public ones of the fields that have no names.
fn public_part(text: &str) -> String {
    let head = text.find(['{', ';']).and_then(|end| text.get(..end)).unwrap_or(text);
    let Some((name, mut rest)) = head.split_once('(') else { return head.to_owned() };
    let mut public = name.to_owned();
    while let Some(end) = field_end(rest) {
        let (field, after) = rest.split_at(end);
        if field.trim_start().starts_with("pub ") {
            public.push_str(field);
        }
        rest = after.get(1..).unwrap_or_default();
    }
    public
}

/// A field ends at the first comma outside brackets, or where its struct does.
fn field_end(text: &str) -> Option<usize> {
    let mut depth = 0_i32;
    let mut previous = ' ';
    for (at, character) in text.char_indices() {
        match character {
            '(' | '[' | '<' => depth += 1,
            '>' if previous == '-' => {}
            ')' | ']' | '>' if depth > 0 => depth -= 1,
            ')' | ']' | '}' => return Some(at),
            ',' if depth == 0 => return Some(at),
            _ => {}
        }
        previous = character;
    }
    None
}

fn exposed(path: &str, code: &str, signatures: &[Signature], foreign: &[&str]) -> Vec<String> {
    let imported = imported(code, foreign);
    let mut faults = Vec::new();
    for Signature { line, text } in signatures {
        // Turbofish spaces are legal but rustfmt removes them: `tokio::` is how a path is written here.
        let by_path = foreign.iter().find(|name| has_word(text, name) && text.contains(&format!("{name}::")));
        let by_name = imported.iter().find(|name| has_word(text, name));
        if let Some(name) = by_path {
            faults.push(format!("{path}:{line}: a public item shows a type of {name}"));
        } else if let Some(name) = by_name {
            faults.push(format!(
                "{path}:{line}: a public item shows `{name}`, imported from a crate that is not listed"
            ));
        }
    }
    faults
}

/// The names of types brought in from foreign crates: `use tokio::sync::{Mutex, oneshot::Sender as Tx};`
fn imported<'c>(code: &'c str, foreign: &[&str]) -> BTreeSet<&'c str> {
    let mut names = BTreeSet::new();
    for statement in code.split(';') {
        let Some(tree) = statement.rsplit_once("use ").map(|(_, tree)| tree.trim()) else {
            continue;
        };
        if !foreign.iter().any(|name| tree.strip_prefix(name).is_some_and(|rest| rest.starts_with("::"))) {
            continue;
        }
        for leaf in tree.split([',', '{', '}']) {
            let last = leaf.rsplit("::").next().unwrap_or_default();
            let name = last.split_once(" as ").map_or(last, |(_, alias)| alias).trim();
            let is_type = name.starts_with(char::is_uppercase) && name.chars().all(is_identifier);
            if is_type {
                names.insert(name);
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOREIGN: &[&str] = &["hyper", "hyper_util", "reqwest", "tokio"];

    #[test]
    fn unlisted_dependency_is_foreign() {
        let manifest = "[workspace]\n[workspace.dependencies]\nplume-text = { path = \"a\" }\nhyper-util = \"1\"\nhttp = \"1\"\n# x\ntokio.version = \"1\"\n\n[package]\nname = \"x\"\n";
        assert_eq!(foreign(manifest), ["hyper_util", "tokio"]);
    }

    fn faults(source: &str) -> Vec<String> {
        let code = code_only(source, FOREIGN);
        exposed("a.rs", &code, &signatures(&code), FOREIGN)
    }

    #[test]
    fn http_library_is_allowed_in_comments_and_strings_only() {
        let source = "//! like reqwest\nlet name = \"reqwest\";\nuse reqwest::Client;\nlet my_reqwest = 1;\n";
        assert_eq!(
            named("a.rs", &code_only(source, FOREIGN)),
            ["a.rs:3: names reqwest; only plume-runtime may"]
        );
    }

    #[test]
    fn second_type_for_points_in_time_is_found() {
        for source in [
            "use std::time::{Duration, SystemTime};\n",
            "pub trait Clock {\n    fn wall(&self) -> std::time::SystemTime;\n}\n",
            "pub struct A {\n    pub until: Option<SystemTime>,\n}\n",
            "pub type Time = std::time::SystemTime;\n",
        ] {
            assert_eq!(other_time("a.rs", &code_only(source, &[OTHER_TIME])).len(), 1, "{source}");
        }
        let source = "/// Like `SystemTime`.\nlet text = \"SystemTime\"; let a = SystemTimeSource;\n";
        assert_eq!(other_time("a.rs", &code_only(source, &[OTHER_TIME])), Vec::<String>::new());
    }

    #[test]
    fn foreign_type_in_any_public_item_is_found() {
        for source in [
            "pub fn spawn(\n    handle: &tokio::runtime::Handle,\n) -> u8 {\n",
            "pub async fn get<T>(t: T) -> T\nwhere\n    T: Clone,\n    T: hyper::service::Service<()>,\n{\n",
            "pub struct Guard(pub tokio::sync::OwnedMutexGuard<()>);\n",
            "pub struct Guard(u8, pub std::sync::Arc<tokio::sync::OwnedMutexGuard<()>>);\n",
            "struct A {\n    pub inner: std::sync::Arc<(u8, tokio::sync::Mutex<u8>)>,\n}\n",
            "pub type Inner = hyper_util::rt::TokioIo<u8>;\n",
            "pub use tokio::time::Instant;\n",
            "pub const fn new(r: reqwest::Client) -> Self {\n",
            "pub static LOCK: tokio::sync::Mutex<u8> = x();\n",
            "use tokio::{sync::{Mutex, oneshot::Sender as Tx}, time};\npub fn a(tx: Tx<u8>) {\n",
            "use hyper::body::Incoming;\npub fn a(body: Incoming) {\n",
        ] {
            assert_eq!(faults(source).len(), 1, "{source}");
        }
    }

    #[test]
    fn private_use_is_allowed() {
        for source in [
            "pub fn run() {\n    tokio::spawn(async {});\n}\n",
            "pub(crate) fn a(x: tokio::sync::Mutex<u8>) {\n",
            "pub struct A(tokio::runtime::Id, pub(crate) tokio::sync::Mutex<u8>);\n",
            "struct A {\n    pub name: String,\n    inner: tokio::sync::Mutex<u8>,\n}\n",
            "use tokio::sync::Mutex;\nfn a(x: Mutex<u8>) {}\npub fn b(x: std::time::Duration) {\n",
            "pub const LIMIT: usize = tokio::sync::Semaphore::MAX_PERMITS;\n",
            "/// Like `tokio::spawn`.\npub fn spawn(x: http::Method) {\n",
        ] {
            assert_eq!(faults(source), Vec::<String>::new(), "{source}");
        }
    }

    #[test]
    fn only_library_sources_are_checked() {
        assert!(is_library("src/lib.rs"));
        assert!(is_library("plume-sim/src/a/b.rs"));
        assert!(!is_library("plume-sim/tests/a.rs"));
        assert!(!is_library("examples/cli.rs"));
        assert!(!is_library("xtask/src/main.rs"));
    }
}

//! Content that must not be in the repository: machine paths, secrets, unfinished code, large files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::checks::msrv::NEWER;
use crate::text::manifest;
use crate::text::source::{code_only, line_at};
use crate::workspace::{Outcome, Workspace};

/// Directories of build machines. Split, so that this file passes its own check.
const MACHINE_PATHS: &[&str] = &[concat!("/wo", "rk/"), concat!("/fa", "rm/"), concat!("/ro", "ot/")];
/// A ticket number means nothing to a reader of the source.
const TICKET: &str = concat!("issue", " #");
/// Code that is not finished, not run, or not deterministic.
const UNFINISHED: &[&str] = &["todo!(", "unimplemented!(", "#[ignore", "thread::sleep"];
/// Places where one of [`UNFINISHED`] is correct: the file, the needle.
const ALLOWED: &[(&str, &str)] = &[];
const LARGEST: usize = 1024 * 1024;
/// Inherited from the workspace by each member, so that a release changes one line.
const INHERITED: &[&str] = &["version", "edition", "license", "rust-version"];
/// A literal credential is allowed if it contains a word that marks it as false.
const HONEST: &[&str] = &["sim", "example", "not-a-real", "test", "sample", "fake"];
const SCHEMES: &[&str] = &["Basic ", "Authorization: ", "authorization: "];
/// Base64 of this length or less is a word, not a secret.
const HARMLESS: usize = 16;

pub(crate) fn run(workspace: &Workspace) -> Result<Outcome, String> {
    let mut outcome = Outcome::default();
    let files = workspace.files()?;
    let mut texts = 0;
    let mut sources = 0;
    for path in &files {
        let bytes = workspace.bytes(path)?;
        outcome.faults.extend(judge_size(path, bytes.len()));
        // Only the size of binary files is checked.
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        texts += 1;
        outcome.faults.extend(judge_text(path, &text));
        if path.ends_with(".rs") {
            sources += 1;
            outcome.faults.extend(judge_source(path, &text));
        }
    }
    outcome.scanned("files", files.len());
    outcome.scanned("text files", texts);
    outcome.scanned("Rust files", sources);

    let members = workspace.members()?;
    for member in &members {
        outcome.faults.extend(judge_manifest(&member.manifest, &workspace.read(&member.manifest)?));
    }
    outcome.scanned("manifests", members.len());
    Ok(outcome)
}

fn judge_size(path: &str, bytes: usize) -> Option<String> {
    (bytes > LARGEST).then(|| format!("{path}: {bytes} bytes, more than {LARGEST}"))
}

fn judge_text(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let place = format!("{path}:{}", index + 1);
        for needle in MACHINE_PATHS.iter().filter(|needle| line.contains(**needle)) {
            faults.push(format!("{place}: a machine path, `{needle}`"));
        }
        if has_ticket(line) {
            faults.push(format!("{place}: a ticket number; describe the subject instead"));
        }
        if has_credential(line) {
            faults.push(format!("{place}: a credential that is not marked as false"));
        }
    }
    faults
}

fn has_ticket(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    line.match_indices(TICKET).any(|(at, needle)| {
        let after = line.get(at + needle.len()..).unwrap_or_default();
        after.starts_with(|character: char| character.is_ascii_digit())
    })
}

fn has_credential(line: &str) -> bool {
    SCHEMES.iter().any(|scheme| {
        line.match_indices(scheme).any(|(at, _)| {
            let after = line.get(at + scheme.len()..).unwrap_or_default();
            let literal: String = after.chars().take_while(|character| is_base64(*character)).collect();
            // Letters alone are the name of a type. Base64 of this length practically always has a digit.
            let encoded = literal.contains(|character: char| character.is_ascii_digit());
            literal.trim_end_matches('=').len() > HARMLESS && encoded && !is_honest(&literal)
        })
    })
}

/// Whether a character belongs to base64, in the usual or the URL alphabet.
fn is_base64(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '=' | '-' | '_')
}

/// Whether a literal is marked as false, in clear or once decoded.
fn is_honest(literal: &str) -> bool {
    let usual = literal.trim_end_matches('=').replace('-', "+").replace('_', "/");
    // A literal that was cut off decodes as far as it goes.
    let whole = usual.get(..usual.len() / 4 * 4).unwrap_or_default();
    let decoded = STANDARD_NO_PAD.decode(whole).unwrap_or_default();
    let decoded = String::from_utf8_lossy(&decoded).to_lowercase();
    let literal = literal.to_lowercase();
    // Words joined by hyphens decode to noise but are readable as text. Random base64 contains no such word.
    let readable = literal.contains('-');
    HONEST.iter().any(|word| decoded.contains(word) || (readable && literal.contains(word)))
}

fn judge_source(path: &str, text: &str) -> Vec<String> {
    let code = code_only(text, UNFINISHED);
    let mut faults = Vec::new();
    for needle in UNFINISHED.iter().filter(|needle| !ALLOWED.contains(&(path, **needle))) {
        for (at, _) in code.match_indices(needle) {
            faults.push(format!("{path}:{}: `{needle}` does not belong here", line_at(&code, at)));
        }
    }
    faults
}

fn judge_manifest(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if manifest::value(text, "lints", "workspace") != Some("true") {
        faults.push(format!("{path}: no `[lints] workspace = true`"));
    }
    let is_published = manifest::value(text, "package", "publish") != Some("false");
    if is_published && !manifest::inherits(text, "package", "repository") {
        faults.push(format!("{path}: `repository` is not inherited from the workspace"));
    }
    if is_published && manifest::value(text, "package", "readme").is_none() {
        faults.push(format!("{path}: no `readme`, the front page of a published crate"));
    }
    let name = manifest::value(text, "package", "name");
    let is_newer = NEWER.iter().any(|(newer, _)| name == Some(*newer));
    let own = |key: &str| key == "rust-version" && is_newer;
    for key in INHERITED.iter().filter(|key| !own(key) && !manifest::inherits(text, "package", key)) {
        faults.push(format!("{path}: `{key}` is not inherited from the workspace"));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_path_is_found() {
        for needle in MACHINE_PATHS {
            assert_eq!(judge_text("a.md", &format!("see\n{needle}notes\n")).len(), 1, "{needle}");
        }
        assert!(judge_text("a.md", "a workshop, a farmer, the root of it").is_empty());
    }

    #[test]
    fn ticket_number_is_found() {
        assert!(has_ticket(&format!("fixes Issue{}", " #12")));
        assert!(!has_ticket("an issue # of its own"));
    }

    #[test]
    fn unfinished_code_is_found_and_comments_about_it_are_not() {
        let source = "fn a() {\n    todo!()\n}\n#[ignore = \"slow\"]\nfn b() {\n    std::thread::sleep(x);\n    unimplemented!()\n}\n";
        assert_eq!(judge_source("a.rs", source).len(), 4);
        assert!(judge_source("a.rs", "// todo!()\nlet a = \"thread::sleep\";\n").is_empty());
    }

    #[test]
    fn real_looking_credential_is_found() {
        // base64 of "partner-42:hunter2-hunter2" and of "sim:not-a-real-secret"
        let real = ["cGFydG5lci00Mjp", "odW50ZXIyLWh1bnRlcjI="].concat();
        let simulated = ["c2ltOm5vdC1hLXJ", "lYWwtc2VjcmV0"].concat();
        assert!(has_credential(&format!("{}{real}", "header = \"Basic ")));
        assert!(has_credential(&format!("{}{real}", "Authorization: ")));
        assert!(!has_credential(&format!("{}{simulated}", "header = \"Basic ")));
        assert!(!has_credential("Basic authentication-example-header"));
        assert!(!has_credential("Basic c2hvcnQ="));
        assert!(!has_credential("    authorization: AuthorizationSetting,"));
    }

    #[test]
    fn manifest_that_inherits_nothing_is_found() {
        let good = "[package]\nversion.workspace = true\nedition.workspace = true\nlicense.workspace = true\nrust-version.workspace = true\npublish = false\n[lints]\nworkspace = true\n";
        assert!(judge_manifest("a/Cargo.toml", good).is_empty());
        assert_eq!(judge_manifest("a/Cargo.toml", &good.replace("[lints]\nworkspace = true\n", "")).len(), 1);
        assert_eq!(
            judge_manifest("a/Cargo.toml", &good.replace("edition.workspace = true", "edition = \"2021\""))
                .len(),
            1
        );
        let published =
            good.replace("publish = false\n", "repository.workspace = true\nreadme = \"README.md\"\n");
        assert!(judge_manifest("a/Cargo.toml", &published).is_empty());
        assert_eq!(judge_manifest("a/Cargo.toml", &good.replace("publish = false\n", "")).len(), 2);
    }

    #[test]
    fn big_file_is_found() {
        assert!(judge_size("a.bin", LARGEST).is_none());
        assert!(judge_size("a.bin", LARGEST + 1).is_some());
    }
}

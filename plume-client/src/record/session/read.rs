//! Reading of recordings.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::record::error::RecordError;
use crate::record::session::format::{Exchange, FORMAT, MANIFEST, Manifest, SESSION, VERSION};

/// Largest file in bytes: a response of 16 MiB, indented.
const LARGEST: u64 = 256 << 20;

/// A session as it was read.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) manifest: Manifest,
    pub(crate) exchanges: Vec<Exchange>,
}

/// Reads all sessions below a directory, or the one that it is, in the order of their names.
pub(crate) fn read_all(directory: &Path) -> Result<Vec<Session>, RecordError> {
    let names = names(directory)?;
    if names.iter().any(|name| name == MANIFEST) {
        return Ok(vec![read(directory, &names)?]);
    }
    let mut sessions = Vec::new();
    for name in names.iter().filter(|name| name.starts_with(SESSION)) {
        let path = directory.join(name);
        if !path.is_dir() {
            return Err(RecordError::foreign(&path));
        }
        let names = self::names(&path)?;
        // A process that ended before it wrote the manifest leaves an empty session.
        if names.iter().any(|name| !name.starts_with('.')) {
            sessions.push(read(&path, &names)?);
        }
    }
    if sessions.is_empty() { Err(RecordError::missing(directory)) } else { Ok(sessions) }
}

/// Returns the names in a directory, sorted.
fn names(directory: &Path) -> Result<Vec<String>, RecordError> {
    let failed = |error| RecordError::io("read the recording", directory, error);
    let entries = fs::read_dir(directory).map_err(failed)?;
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry.map_err(failed)?.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}

fn read(directory: &Path, names: &[String]) -> Result<Session, RecordError> {
    let manifest = manifest(&directory.join(MANIFEST))?;
    let files =
        names.iter().filter(|name| name.ends_with(".json") && !name.starts_with('.') && *name != MANIFEST);
    let mut exchanges = Vec::new();
    for name in files {
        exchanges.push(exchange(&directory.join(name))?);
    }
    exchanges.sort_by_key(|exchange| exchange.number);
    Ok(Session { manifest, exchanges })
}

fn manifest(path: &Path) -> Result<Manifest, RecordError> {
    #[derive(Deserialize)]
    struct Head {
        format: Option<String>,
        version: Option<u64>,
    }
    let value = json(path)?;
    let head = Head::deserialize(&value).map_err(|_| RecordError::foreign(path))?;
    match (head.format.as_deref(), head.version) {
        (Some(FORMAT), Some(version)) if version > VERSION => Err(RecordError::newer(path, version, VERSION)),
        (Some(FORMAT), Some(1..)) => typed(path, value),
        _ => Err(RecordError::foreign(path)),
    }
}

fn exchange(path: &Path) -> Result<Exchange, RecordError> {
    let value = json(path)?;
    if value.get("request").is_none() {
        return Err(RecordError::foreign(path));
    }
    let exchange: Exchange = typed(path, value)?;
    if http::Method::from_bytes(exchange.request.method.as_bytes()).is_err() {
        return Err(RecordError::damaged(path, "the method is no HTTP method"));
    }
    Ok(exchange)
}

fn json(path: &Path) -> Result<Value, RecordError> {
    let failed = |error| RecordError::io("read the recording", path, error);
    let size = fs::metadata(path).map_err(failed)?.len();
    if size > LARGEST {
        return Err(RecordError::damaged(path, format_args!("{size} bytes, more than {LARGEST}")));
    }
    let contents = fs::read(path).map_err(failed)?;
    serde_json::from_slice(&contents).map_err(|error| match error.is_eof() {
        true => RecordError::damaged(path, "the file is truncated"),
        false => RecordError::damaged(path, format_args!("no JSON at line {}", error.line())),
    })
}

fn typed<T: DeserializeOwned>(path: &Path, value: Value) -> Result<T, RecordError> {
    serde_json::from_value(value).map_err(|error| RecordError::damaged(path, error))
}

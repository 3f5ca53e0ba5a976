//! The key of a directory of recordings.

use std::fmt::Write;
use std::io;
use std::path::Path;

use secrecy::{ExposeSecret, SecretSlice, zeroize::Zeroizing};
use serde::{Deserialize, Serialize};

use crate::record::error::RecordError;
use crate::record::sanitize::pseudonyms::hmac;
use crate::record::sanitize::sanitizer::Sanitizer;
use crate::record::session::{FORMAT, VERSION, ensure_directory, write_once};

/// The file of a directory of recordings.
const FILE: &str = "recording.json";
/// Size of a key in bytes.
const SIZE: usize = 32;
/// The operation on the key, in errors.
const USE: &str = "use the key for the pseudonyms";
/// Digits of the mark of a key.
const MARK: usize = 16;

/// The content of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recording {
    format: String,
    version: u64,
    /// A random number.
    id: String,
    /// Depends on the key of the pseudonyms, which it does not reveal.
    key_mark: String,
}

impl Sanitizer {
    /// Creates the sanitizer of a directory of recordings: all programs that record into it, one after another or at the same
    /// time, give an identity the same pseudonym. Names are `Name 48213077` then, and IPv4 addresses are of the
    /// reserved range 240.0.0.0/4. Another directory has other pseudonyms, so two tickets cannot be compared.
    ///
    /// The key is derived from the secret in `key_file` and a random id in the directory. Both files are created when they are
    /// missing, the secret for its owner only. Keep it outside of the directory: with it, originals can be found by trying.
    /// Who has only the directory cannot do that.
    ///
    /// Two originals of 10^8 share the digits of a name, or those of another pseudonym, by chance. Within a run they are still
    /// distinguished; then the second one may have another pseudonym in another run.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if a file cannot be read or written, and of the kind
    /// [`RecordErrorKind::Key`](crate::record::RecordErrorKind::Key) if the directory was recorded with another secret.
    ///
    /// ```
    /// use plume_client::record::Sanitizer;
    ///
    /// # let place = std::env::temp_dir().join(format!("plume-key-doc-{}", std::process::id()));
    /// let (ticket, key) = (place.join("ticket-17"), place.join("record.key"));
    /// let monday = Sanitizer::of_recording(&ticket, &key)?;
    /// let tuesday = Sanitizer::of_recording(&ticket, &key)?;
    /// let _ = monday.field("name", "Bob");
    /// assert_eq!(monday.field("name", "Alice"), tuesday.field("name", "Alice"));
    /// # std::fs::remove_dir_all(place).unwrap();
    /// # Ok::<(), plume_client::record::RecordError>(())
    /// ```
    pub fn of_recording(
        directory: impl AsRef<Path>,
        key_file: impl AsRef<Path>,
    ) -> Result<Self, RecordError> {
        let (directory, key_file) = (directory.as_ref(), key_file.as_ref());
        let secret = secret(key_file)?;
        let failed = |error| RecordError::io("create the recording", directory, error);
        ensure_directory(directory).map_err(failed)?;
        let path = directory.join(FILE);
        let recording = match read(&path)? {
            Some(recording) => recording,
            None => created(&path, &secret)?,
        };
        if recording.key_mark != mark(&secret, &recording.id) {
            return Err(RecordError::key(
                &path,
                "this directory was recorded with another key for the pseudonyms",
            ));
        }
        Ok(Self::of_key(&secret, &recording))
    }

    /// Returns the sanitizer of a directory that was recorded, or of one session in it. `None` if it has no key, or if the
    /// secret in `key_file` is another or missing. Changes nothing.
    ///
    /// # Errors
    ///
    /// As [`of_recording`](Self::of_recording).
    pub(in crate::record) fn of_recorded(
        directory: &Path,
        key_file: &Path,
    ) -> Result<Option<Self>, RecordError> {
        let Some(secret) = read_secret(key_file)? else { return Ok(None) };
        for directory in directory.ancestors().take(2) {
            if let Some(recording) = read(&directory.join(FILE))? {
                let is_own = recording.key_mark == mark(&secret, &recording.id);
                return Ok(is_own.then(|| Self::of_key(&secret, &recording)));
            }
        }
        Ok(None)
    }

    fn of_key(secret: &SecretSlice<u8>, recording: &Recording) -> Self {
        let purpose = of(&recording.id, "pseudonyms");
        Self::derived(SecretSlice::from(hmac(secret.expose_secret(), purpose.as_bytes()).to_vec()))
    }
}

fn of(id: &str, purpose: &str) -> String {
    format!("{purpose} of the recording {id}")
}

fn mark(secret: &SecretSlice<u8>, id: &str) -> String {
    let mut mark = hex(&hmac(secret.expose_secret(), of(id, "mark").as_bytes()));
    mark.truncate(MARK);
    mark
}

/// Creates the file, or reads that of a process that was faster.
fn created(path: &Path, secret: &SecretSlice<u8>) -> Result<Recording, RecordError> {
    let id = hex(&random()?[..SIZE / 2]);
    let recording =
        Recording { format: FORMAT.to_owned(), version: VERSION, key_mark: mark(secret, &id), id };
    let failed = |error: io::Error| RecordError::io("write the recording", path, error);
    let contents = serde_json::to_vec_pretty(&recording).map_err(|error| failed(error.into()))?;
    match write_once(path, &contents).map_err(failed)? {
        true => Ok(recording),
        false => read(path)?.ok_or_else(|| RecordError::missing(path)),
    }
}

fn read(path: &Path) -> Result<Option<Recording>, RecordError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(RecordError::io("read the recording", path, error)),
    };
    let recording: Recording = serde_json::from_slice(&bytes).map_err(|_| RecordError::foreign(path))?;
    match (recording.format.as_str(), recording.version) {
        (FORMAT, 1..=VERSION) => Ok(Some(recording)),
        (FORMAT, version) => Err(RecordError::newer(path, version, VERSION)),
        _ => Err(RecordError::foreign(path)),
    }
}

/// Returns the secret in a file, which is created if it is missing.
fn secret(path: &Path) -> Result<SecretSlice<u8>, RecordError> {
    if let Some(secret) = read_secret(path)? {
        return Ok(secret);
    }
    let failed = |error| RecordError::io(USE, path, error);
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        ensure_directory(directory).map_err(failed)?;
    }
    let text = Zeroizing::new(hex(&random()?) + "\n");
    write_once(path, text.as_bytes()).map_err(failed)?;
    // Another process may have been faster.
    read_secret(path)?.map_or_else(|| parsed(path, &text), Ok)
}

fn read_secret(path: &Path) -> Result<Option<SecretSlice<u8>>, RecordError> {
    match std::fs::read_to_string(path).map(Zeroizing::new) {
        Ok(text) => parsed(path, &text).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(RecordError::io(USE, path, error)),
    }
}

fn parsed(path: &Path, text: &str) -> Result<SecretSlice<u8>, RecordError> {
    let digits = text.trim();
    let byte = |at: usize| u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..SIZE).map(byte).collect();
    match bytes.filter(|_| digits.len() == 2 * SIZE) {
        Some(bytes) => Ok(SecretSlice::from(bytes)),
        None => Err(RecordError::key(path, "the key for the pseudonyms is damaged")),
    }
}

fn random() -> Result<[u8; SIZE], RecordError> {
    let mut bytes = [0; SIZE];
    getrandom::fill(&mut bytes).map_err(|error| RecordError::random(io::Error::other(error.to_string())))?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A string takes everything.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::record::error::RecordErrorKind;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("plume-record-key-{name}-{}", std::process::id()));
            let _ = std::fs::remove_dir_all(&path);
            Self(path)
        }

        fn open(&self, ticket: &str, key: &str) -> Result<Sanitizer, RecordError> {
            Sanitizer::of_recording(self.0.join("tickets").join(ticket), self.0.join("state").join(key))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn one_directory_has_one_key_and_another_has_another() {
        let folder = Folder::new("same");
        let text = |sanitizer: Sanitizer| {
            let names = [("nickname", "Hall"), ("serialNumber", "TST0000001"), ("ip", "192.0.2.9")];
            names.map(|(name, value)| sanitizer.field(name, value))
        };
        let first = text(folder.open("one", "key").unwrap());
        assert_eq!(text(folder.open("one", "key").unwrap()), first);
        let other = text(folder.open("two", "key").unwrap());
        assert!(first.iter().zip(&other).all(|(one, two)| one != two), "{first:?} {other:?}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let key = folder.0.join("state/key");
            assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        }
        // The secret is not in the directory.
        let secret = std::fs::read_to_string(folder.0.join("state/key")).unwrap();
        let files: Vec<_> = std::fs::read_dir(folder.0.join("tickets/one")).unwrap().flatten().collect();
        assert_eq!(files.len(), 1);
        assert!(!std::fs::read_to_string(files[0].path()).unwrap().contains(secret.trim()));
    }

    #[test]
    fn another_or_a_damaged_key_is_refused() {
        let folder = Folder::new("other");
        folder.open("one", "key").unwrap();
        let error = folder.open("one", "another").unwrap_err();
        assert_eq!(error.kind(), RecordErrorKind::Key);
        assert!(error.to_string().contains("recorded with another key"), "{error}");
        for text in ["", "00", "zz", &"0".repeat(65)] {
            std::fs::write(folder.0.join("state/key"), text).unwrap();
            let error = folder.open("one", "key").unwrap_err();
            assert_eq!(error.kind(), RecordErrorKind::Key);
            assert!(error.path().unwrap().ends_with("state/key"), "{error}");
        }
        std::fs::write(folder.0.join("tickets/one/recording.json"), "{}").unwrap();
        assert_eq!(folder.open("one", "another").unwrap_err().kind(), RecordErrorKind::Damaged);
    }

    #[test]
    fn programs_that_begin_at_the_same_time_agree() {
        let folder = Folder::new("race");
        let name = || folder.open("one", "key").unwrap().field("name", "Alice");
        let names: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(name)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(names.iter().all(|name| *name == names[0]), "{names:?}");
    }
}

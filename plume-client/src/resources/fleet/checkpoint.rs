//! The file with the place of a stream over a fleet.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::resources::pages::Continuation;

const VERSION: u32 = 1;
/// Longest first line, in bytes. It holds the ids of the last customers.
const LONGEST: u64 = 1 << 20;

/// A file with the place of a [`FleetStream`](crate::FleetStream) and the findings before it, so that a scan of hours
/// continues after an interruption. [`FleetStream::next_step`](crate::FleetStream::next_step) has an example.
///
/// The file is replaced as a whole and synced, and only its owner may read it. It belongs to the program that wrote it last:
/// of two programs that write the same file, the later one continues, and [`save`](Self::save) of the other one fails.
#[derive(Debug)]
pub struct FleetCheckpoint {
    path: PathBuf,
    scope: String,
    run: u64,
    /// Whether the file was written here.
    is_owner: AtomicBool,
    /// The run whose place was loaded; 0 before.
    loaded: AtomicU64,
}

/// The first line of the file. The findings are the second one.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    version: u32,
    scope: String,
    /// The program that wrote the file.
    run: u64,
    at: Continuation,
}

impl FleetCheckpoint {
    /// Creates a checkpoint. Nothing is read or written yet.
    ///
    /// `scope` names the fleet in words, for example the URL of the cloud and the partner: a place is of use there only.
    pub fn new(path: impl Into<PathBuf>, scope: impl Into<String>) -> Self {
        let (path, scope, run) = (path.into(), scope.into(), fastrand::u64(1..));
        Self { path, scope, run, is_owner: false.into(), loaded: 0.into() }
    }

    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the stored place and findings, or `None` if there is no file.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidData`] if the file is damaged, of another scope, or of another version; else the error of the
    /// file system. The text does not name the path.
    pub fn load<T: DeserializeOwned>(&self) -> io::Result<Option<(Continuation, T)>> {
        let Some((head, mut rest)) = self.open()? else { return Ok(None) };
        if head.scope != self.scope {
            let text = format!("it is of a scan of {}, and this is one of {}", head.scope, self.scope);
            return Err(invalid(text));
        }
        let mut found = String::new();
        rest.read_to_string(&mut found)?;
        let found = serde_json::from_str(&found).map_err(damaged)?;
        self.loaded.store(head.run, Relaxed);
        Ok(Some((head.at, found)))
    }

    /// Replaces the file, and creates its directory if there is none.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::AlreadyExists`] if another program has replaced the file since this one wrote it; else the error of
    /// the file system, after which the file is as it was.
    pub fn save<T: Serialize>(&self, at: &Continuation, found: &T) -> io::Result<()> {
        if self.is_owner.load(Relaxed) && self.is_of_another_run() {
            let text = "another scan of this fleet stores its place there";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
        }
        let head = Head { version: VERSION, scope: self.scope.clone(), run: self.run, at: at.clone() };
        let mut bytes = serde_json::to_vec(&head)?;
        bytes.push(b'\n');
        serde_json::to_writer(&mut bytes, found)?;
        let directory = self.path.parent().filter(|path| !path.as_os_str().is_empty());
        let directory = directory.unwrap_or_else(|| Path::new("."));
        create_directory(directory)?;
        let temporary = directory.join(format!(".fleet-{:016x}.tmp", self.run));
        let written = write_new(&temporary, &bytes).and_then(|()| fs::rename(&temporary, &self.path));
        match written {
            Ok(()) => self.is_owner.store(true, Relaxed),
            Err(_) => drop(fs::remove_file(&temporary)),
        }
        written
    }

    /// Removes the file after the end of a scan, if this checkpoint wrote or loaded it, or if it is damaged. The place of
    /// another scan stays: that scan may be running.
    ///
    /// # Errors
    ///
    /// The file cannot be removed. A missing one is no error.
    pub fn remove(&self) -> io::Result<()> {
        let loaded = self.loaded.load(Relaxed);
        if matches!(self.open(), Ok(Some((head, _))) if head.run != self.run && head.run != loaded) {
            return Ok(());
        }
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn is_of_another_run(&self) -> bool {
        matches!(self.open(), Ok(Some((head, _))) if head.run != self.run)
    }

    /// Returns the first line, and the reader of the second one.
    fn open(&self) -> io::Result<Option<(Head, impl Read)>> {
        let file = match fs::File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        reader.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
        let Version { version } = serde_json::from_slice(&line).map_err(damaged)?;
        if version != VERSION {
            return Err(invalid(format!("version {version} is not supported")));
        }
        Ok(Some((serde_json::from_slice(&line).map_err(damaged)?, reader)))
    }
}

fn damaged(error: serde_json::Error) -> io::Error {
    invalid(format!("damaged: {error}"))
}

fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// Only the owner may read the ids and names in the file.
fn create_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("plume-checkpoint-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            Self(path)
        }

        fn checkpoint(&self) -> FleetCheckpoint {
            FleetCheckpoint::new(self.0.join("deep").join("scan.json"), "a fleet")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn at() -> Continuation {
        serde_json::from_str(r#"{"operation":"x","query":"y","next":7,"last":["c6"]}"#).unwrap()
    }

    #[test]
    fn a_place_is_read_by_another_program() {
        let folder = Folder::new("read");
        let first = folder.checkpoint();
        assert_eq!(first.load::<u32>().unwrap(), None);
        first.save(&at(), &17_u32).unwrap();
        assert_eq!(folder.checkpoint().load::<u32>().unwrap(), Some((at(), 17)));
        let other = FleetCheckpoint::new(first.path(), "another fleet");
        let error = other.load::<u32>().unwrap_err();
        assert_eq!(error.to_string(), "it is of a scan of a fleet, and this is one of another fleet");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(first.path()), mode(first.path().parent().unwrap())), (0o600, 0o700));
        }
        first.remove().unwrap();
        first.remove().unwrap();
        assert_eq!(fs::read_dir(first.path().parent().unwrap()).unwrap().count(), 0);
    }

    #[test]
    fn of_two_programs_the_later_one_has_the_file() {
        let folder = Folder::new("two");
        let (first, second) = (folder.checkpoint(), folder.checkpoint());
        first.save(&at(), &1_u32).unwrap();
        second.save(&at(), &2_u32).unwrap();
        assert_eq!(first.save(&at(), &3_u32).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        first.remove().unwrap();
        assert_eq!(second.load::<u32>().unwrap(), Some((at(), 2)));
        second.save(&at(), &4_u32).unwrap();
        second.remove().unwrap();
        assert_eq!(second.load::<u32>().unwrap(), None);
    }

    #[test]
    fn a_scan_that_wrote_nothing_leaves_the_place_of_another_one() {
        let folder = Folder::new("quick");
        let (running, quick, resumed) = (folder.checkpoint(), folder.checkpoint(), folder.checkpoint());
        running.save(&at(), &1_u32).unwrap();
        quick.remove().unwrap();
        assert_eq!(resumed.load::<u32>().unwrap(), Some((at(), 1)));
        // A scan that continued from this place has done its work.
        resumed.remove().unwrap();
        assert_eq!(running.load::<u32>().unwrap(), None);
    }

    #[test]
    fn a_damaged_file_is_no_place() {
        let folder = Folder::new("damaged");
        let checkpoint = folder.checkpoint();
        checkpoint.save(&at(), &1_u32).unwrap();
        let whole = fs::read_to_string(checkpoint.path()).unwrap();
        for (text, expected) in [
            ("", "damaged"),
            ("{", "damaged"),
            ("[]", "damaged"),
            (whole.lines().next().unwrap(), "damaged"),
            (&whole.replace("\"version\":1", "\"version\":2"), "version 2 is not supported"),
        ] {
            fs::write(checkpoint.path(), text).unwrap();
            let error = checkpoint.load::<u32>().unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            assert!(error.to_string().starts_with(expected), "{error}");
        }
    }
}

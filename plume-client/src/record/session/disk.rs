//! Writing of files that appear complete or not at all.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Writes the files of a session.
pub(crate) trait Disk: fmt::Debug + Send + Sync {
    /// Writes a new file of the directory.
    fn write(&self, directory: &Path, name: &str, contents: &[u8]) -> io::Result<()>;
}

/// The file system, with files that only this user can read.
#[derive(Debug)]
pub(crate) struct FileSystem;

impl Disk for FileSystem {
    fn write(&self, directory: &Path, name: &str, contents: &[u8]) -> io::Result<()> {
        let temporary = directory.join(format!(".{name}.tmp"));
        let written = private(&temporary)
            .and_then(|mut file| file.write_all(contents))
            .and_then(|()| fs::rename(&temporary, directory.join(name)));
        if written.is_err() {
            // What is left behind is ignored by the reader.
            let _ = fs::remove_file(&temporary);
        }
        written
    }
}

fn private(path: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes a file that must not exist yet. It appears complete. Returns whether it was written: `false` if another process was
/// faster.
pub(crate) fn write_once(path: &Path, contents: &[u8]) -> io::Result<bool> {
    let temporary = path.with_extension(format!("{:016x}.tmp", fastrand::u64(..)));
    // A link never replaces a file.
    let linked = private(&temporary)
        .and_then(|mut file| file.write_all(contents).and_then(|()| file.sync_all()))
        .and_then(|()| fs::hard_link(&temporary, path));
    let _ = fs::remove_file(&temporary);
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        linked => linked.map(|()| true),
    }
}

/// Creates the directory of a recording, which only this user can read, unless it exists.
pub(crate) fn ensure_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent)?;
    }
    match create_directory(path) {
        // Another process was faster.
        Err(_) if path.is_dir() => Ok(()),
        created => created,
    }
}

/// Creates a directory that only this user can read, which must not exist yet.
pub(crate) fn create_directory(path: &Path) -> io::Result<()> {
    #[allow(unused_mut, reason = "set on Unix only")]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

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

/// Creates a directory that only this user can read, which must not exist yet.
pub(crate) fn create_directory(path: &Path) -> io::Result<()> {
    #[allow(unused_mut, reason = "set on Unix only")]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

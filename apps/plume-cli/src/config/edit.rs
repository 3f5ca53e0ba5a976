//! Changes of the configuration file. Comments, order and line ends stay.

use std::{
    fs::{self, File as OsFile, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use plume::{
    cli::exit,
    runtime::{Clock, SystemClock},
};
use toml_edit::{DocumentMut, Item, Table, value};

use crate::config::file::File;
use crate::failure::{Failure, Result};

const MARK: char = '\u{feff}';
/// The number of attempts while another process changes the file, and the pause between them.
const ATTEMPTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// A change in progress. Nothing is written before [`Edit::finish`].
#[derive(Debug)]
pub(crate) struct Edit {
    /// The file itself, not a link to it.
    path: PathBuf,
    /// The file that will replace it. As long as it exists, no other process changes the file.
    next: Next,
    document: DocumentMut,
    has_mark: bool,
    has_crlf: bool,
}

#[derive(Debug)]
struct Next {
    path: PathBuf,
    file: OsFile,
    /// From then on the name belongs to other processes.
    is_renamed: bool,
}

impl Drop for Next {
    fn drop(&mut self) {
        if !self.is_renamed {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::of_code(
        exit::FAILED,
        format!("failed to write {}: {error}", path.display()),
        "Check the free space and the permissions of the directory. The file is unchanged.",
    )
}

impl Edit {
    /// Begins to change a file, which may not exist yet.
    pub(crate) async fn begin(path: &Path) -> Result<Self> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(|error| failed(path, &error))?;
        }
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let next = Next::create(&path).await?;
        // Refuses a file that is wrong.
        File::read(&path)?;
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(failed(&path, &error)),
        };
        let content = text.trim_start_matches(MARK);
        let document = content.parse::<DocumentMut>().map_err(|error| {
            let message = format!("{}: invalid TOML: {}", path.display(), error.message());
            Failure::usage(message, "Correct the file.")
        })?;
        let has_crlf = content.contains("\r\n");
        Ok(Self { path, next, document, has_mark: text.starts_with(MARK), has_crlf })
    }

    pub(crate) fn set_default_profile(&mut self, name: &str) {
        match self.document.get_mut("default_profile") {
            // Keeps the comment behind it.
            Some(Item::Value(known)) => {
                let decor = known.decor().clone();
                *known = name.into();
                *known.decor_mut() = decor;
            }
            _ => {
                // Before the tables.
                self.document.insert("default_profile", value(name));
            }
        }
    }

    /// Returns the default profile.
    pub(crate) fn default_profile(&self) -> Option<&str> {
        self.document.get("default_profile")?.as_str()
    }

    fn profile(&mut self, name: &str) -> Option<&mut dyn toml_edit::TableLike> {
        let implicit = || {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        };
        let profiles = self.document.entry("profiles").or_insert_with(implicit).as_table_like_mut()?;
        profiles.entry(name).or_insert_with(toml_edit::table).as_table_like_mut()
    }

    pub(crate) fn set(&mut self, profile: &str, key: &str, text: &str) {
        let Some(profile) = self.profile(profile) else { return };
        match profile.get_mut(key) {
            Some(Item::Value(known)) => {
                let decor = known.decor().clone();
                *known = text.into();
                *known.decor_mut() = decor;
            }
            _ => {
                profile.insert(key, value(text));
            }
        }
    }

    /// Removes a key, and returns whether there was one.
    pub(crate) fn remove(&mut self, profile: &str, key: &str) -> bool {
        self.profile(profile).is_some_and(|profile| profile.remove(key).is_some())
    }

    /// Replaces the file in one step.
    pub(crate) fn finish(mut self) -> Result<()> {
        let text = self.document.to_string();
        let text = if self.has_crlf { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text };
        let mark = if self.has_mark { MARK.to_string() } else { String::new() };
        let written = self
            .next
            .file
            .write_all(mark.as_bytes())
            .and_then(|()| self.next.file.write_all(text.as_bytes()))
            .and_then(|()| match fs::metadata(&self.path) {
                Ok(known) => self.next.file.set_permissions(known.permissions()),
                Err(_) => Ok(()),
            })
            .and_then(|()| self.next.file.sync_all())
            .and_then(|()| fs::rename(&self.next.path, &self.path));
        self.next.is_renamed = written.is_ok();
        written.map_err(|error| failed(&self.path, &error))
    }
}

impl Next {
    async fn create(target: &Path) -> Result<Self> {
        let mut path = target.as_os_str().to_owned();
        path.push(".new");
        let path = PathBuf::from(path);
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.write(true).create_new(true);
        let clock = SystemClock::new();
        for attempt in 1.. {
            match options.open(&path) {
                Ok(file) => return Ok(Self { path, file, is_renamed: false }),
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(failed(target, &error));
                }
                Err(_) if attempt < ATTEMPTS => clock.sleep(PAUSE).await,
                Err(_) => break,
            }
        }
        Err(Failure::of_code(
            exit::FAILED,
            format!("another process changes {}", target.display()),
            format!("Try again. If no other plume is running, remove {}.", path.display()),
        ))
    }
}

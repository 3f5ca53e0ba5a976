//! Which updates had their effect, so that none has it twice.
//!
//! Telegram sends an update again until a later one is asked for. A bot that was killed in between gets it again, and
//! must not act on it again. So an update's number is written down right before its first effect.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Numbers that are remembered. Telegram repeats at most what one answer held.
const MOST: usize = 1_000;

/// The updates that had their effect.
#[derive(Debug, Default)]
pub struct Ledger {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    done: BTreeSet<i64>,
    file: Option<File>,
}

impl Ledger {
    /// One that lasts as long as the process.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// One in `directory`, which survives a restart.
    ///
    /// # Errors
    ///
    /// [`io::Error`] when the file cannot be read or written.
    pub fn open(directory: &Path) -> io::Result<Self> {
        let path: PathBuf = directory.join("handled-updates");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        // The last line may be half of one.
        let mut done: BTreeSet<i64> = text.lines().filter_map(|line| line.parse().ok()).collect();
        shorten(&mut done);
        let lines: String = done.iter().map(|id| format!("{id}\n")).collect();
        let new = directory.join("handled-updates.tmp");
        fs::write(&new, lines)?;
        fs::rename(&new, &path)?;
        let file = OpenOptions::new().append(true).open(&path)?;
        Ok(Self { state: Mutex::new(State { done, file: Some(file) }) })
    }

    /// Whether an update had its effect.
    #[must_use]
    pub fn is_done(&self, update: i64) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).done.contains(&update)
    }

    /// Writes down that an update has its effect now. Whether it is the first to say so.
    ///
    /// # Errors
    ///
    /// [`io::Error`] when it could not be written.
    pub fn mark(&self, update: i64) -> io::Result<bool> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.done.insert(update) {
            return Ok(false);
        }
        shorten(&mut state.done);
        if let Some(file) = &mut state.file {
            file.write_all(format!("{update}\n").as_bytes())?;
        }
        Ok(true)
    }
}

fn shorten(done: &mut BTreeSet<i64>) {
    while done.len() > MOST {
        done.pop_first();
    }
}

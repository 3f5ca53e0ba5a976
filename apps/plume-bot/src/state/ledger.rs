//! The handled updates, so that none has its effect twice.
//!
//! Telegram sends an update again until a later one is requested. A bot that was killed in between gets it again, and must
//! not act on it again. So an update's number is recorded right before its first effect.
//!
//! Numbers are valid for one bot on one Bot API server, and Telegram restarts them after a quiet week. So each is stored
//! with its bot and server, and expires by its age and not by its size. A server that loses its state assigns the same
//! numbers once more, so the record is [`Update::key`](plume_telegram::Update::key).

use std::{
    collections::VecDeque,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};

/// Maximum number of recorded updates. Telegram repeats at most the updates of one response.
const MOST: usize = 1_000;
/// The lifetime of a record. Telegram repeats no update older than a day, and restarts the numbers after a week.
const AGE: Duration = Duration::from_secs(48 * 60 * 60);
/// Maximum size of the file.
const MOST_BYTES: u64 = 1 << 20;
/// Maximum number of damaged files that are kept.
const ASIDE: usize = 8;
/// The name of the file; the number is the version of its format.
const NAME: &str = "handled-updates-2";

/// The record of handled updates.
#[derive(Debug, Default)]
pub struct Ledger {
    state: Mutex<State>,
}

/// The bot and server that number the updates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbering {
    pub bot: i64,
    pub api: String,
}

#[derive(Debug, Default)]
struct State {
    /// The updates, and the times of their effects in seconds since 1970; oldest first.
    done: VecDeque<(i64, u64)>,
    journal: Option<Journal>,
}

/// The file: one line for each update with its number, its time, the bot and the Bot API.
#[derive(Debug)]
struct Journal {
    path: PathBuf,
    /// The bot and the Bot API, as at the end of a line.
    whose: String,
    /// Lines of other bots and servers.
    others: String,
    /// Open for appending. Closed after a failure; then the whole file is written again.
    file: Option<File>,
    lines: usize,
}

impl Ledger {
    /// Creates a record that lasts as long as the process.
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// Opens the record in `directory`. A damaged file is moved aside, which the second value reports.
    pub fn open(
        directory: &Path,
        numbering: Numbering,
        now: DateTime<Utc>,
    ) -> io::Result<(Self, Option<String>)> {
        let path = directory.join(NAME);
        let (text, damaged) = match read(&path)? {
            Some(text) => (text, None),
            None => (String::new(), Some(put_aside(directory, &path, now)?)),
        };
        let whose = format!("{} {}", numbering.bot, numbering.api);
        let lines = text.lines().filter_map(|line| Some((line, parse(line)?)));
        let recent = lines.filter(|(_, (_, at, _))| !is_old(*at, now));
        let (own, others): (Vec<_>, Vec<_>) = recent.partition(|(_, (.., other))| *other == whose);
        let mut done = VecDeque::new();
        for (_, (update, at, _)) in own {
            insert(&mut done, update, at);
        }
        let others =
            others.iter().skip(others.len().saturating_sub(MOST)).map(|(line, _)| format!("{line}\n"));
        let mut journal = Journal { path, whose, others: others.collect(), file: None, lines: 0 };
        journal.rewrite(&done)?;
        let state = State { done, journal: Some(journal) };
        let warning =
            damaged.map(|name| format!("the list of handled updates was damaged; it is kept as {name}"));
        Ok((Self { state: Mutex::new(state) }, warning))
    }

    /// Returns whether there is a file, so that [`Ledger::mark`] blocks for the time of a file access.
    pub fn is_on_disk(&self) -> bool {
        self.state().journal.is_some()
    }

    /// Returns whether an update had its effect.
    pub fn is_done(&self, update: i64, now: DateTime<Utc>) -> bool {
        self.state().done.iter().any(|(done, at)| *done == update && !is_old(*at, now))
    }

    /// Records durably that an update has its effect now. Returns whether it had none before. After an error this process
    /// remembers it all the same.
    pub fn mark(&self, update: i64, now: DateTime<Utc>) -> io::Result<bool> {
        let mut state = self.state();
        let State { done, journal } = &mut *state;
        if done.iter().any(|(done, at)| *done == update && !is_old(*at, now)) {
            return Ok(false);
        }
        insert(done, update, seconds(now));
        if let Some(journal) = journal {
            journal.append(done)?;
        }
        Ok(true)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn insert(done: &mut VecDeque<(i64, u64)>, update: i64, at: u64) {
    done.retain(|(other, _)| *other != update);
    done.push_back((update, at));
    done.drain(..done.len().saturating_sub(MOST));
}

impl Journal {
    fn line(&self, (update, at): (i64, u64)) -> String {
        format!("{update} {at} {}\n", self.whose)
    }

    /// Appends the newest update.
    fn append(&mut self, done: &VecDeque<(i64, u64)>) -> io::Result<()> {
        let line = done.back().map(|newest| self.line(*newest)).unwrap_or_default();
        let Some(file) = self.file.as_mut().filter(|_| self.lines < 2 * MOST) else {
            return self.rewrite(done);
        };
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_data());
        if written.is_err() {
            // The file may end with half a line.
            self.file = None;
        }
        self.lines += 1;
        written
    }

    /// Writes the file in one step: a reader gets the old one or the new one.
    fn rewrite(&mut self, done: &VecDeque<(i64, u64)>) -> io::Result<()> {
        self.file = None;
        let own: String = done.iter().map(|entry| self.line(*entry)).collect();
        let new = self.path.with_extension("tmp");
        let mut file = File::create(&new)?;
        file.write_all(self.others.as_bytes())?;
        file.write_all(own.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        // Makes the name durable. Other systems have no handle of a directory that could be synced.
        if let Some(directory) = self.path.parent().filter(|_| cfg!(unix)) {
            File::open(directory)?.sync_all()?;
        }
        self.file = Some(OpenOptions::new().append(true).open(&self.path)?);
        self.lines = done.len();
        Ok(())
    }
}

/// Returns the update, its time, and its bot and server.
fn parse(line: &str) -> Option<(i64, u64, &str)> {
    let (update, rest) = line.split_once(' ')?;
    let (at, whose) = rest.split_once(' ')?;
    let (bot, api) = whose.split_once(' ')?;
    bot.parse::<i64>().ok().filter(|_| !api.contains(' '))?;
    Some((update.parse().ok()?, at.parse().ok()?, whose))
}

/// Returns the complete lines of the file; `None` if it is damaged.
fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(String::new())),
        Err(error) => return Err(error),
        Ok(found) if !found.is_file() || found.len() > MOST_BYTES => return Ok(None),
        Ok(_) => {}
    }
    let Ok(mut text) = String::from_utf8(fs::read(path)?) else { return Ok(None) };
    // A process that was killed leaves half of the last line.
    text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
    Ok(text.lines().all(|line| parse(line).is_some()).then_some(text))
}

/// Moves a damaged file aside and returns its new name.
fn put_aside(directory: &Path, path: &Path, now: DateTime<Utc>) -> io::Result<String> {
    let prefix = format!("{NAME}.damaged-");
    let mut kept: Vec<PathBuf> = fs::read_dir(directory)?
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .map(|entry| entry.path())
        .collect();
    kept.sort_unstable();
    for old in kept.iter().rev().skip(ASIDE - 1) {
        fs::remove_file(old)?;
    }
    let name = format!("{prefix}{:012}", seconds(now));
    fs::rename(path, directory.join(&name))?;
    Ok(name)
}

fn seconds(time: DateTime<Utc>) -> u64 {
    u64::try_from(time.timestamp()).unwrap_or(0)
}

/// Returns whether a record has expired. A time in the future, after a clock was set back, has not.
fn is_old(at: u64, now: DateTime<Utc>) -> bool {
    seconds(now).saturating_sub(at) >= AGE.as_secs()
}

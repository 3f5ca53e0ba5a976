//! Which updates had their effect, so that none has it twice.
//!
//! Telegram sends an update again until a later one is asked for. A bot that was killed in between gets it again, and
//! must not act on it again. So an update's number is written down right before its first effect.
//!
//! Numbers mean nothing beyond one bot on one Bot API server, and Telegram begins with other ones after a quiet week. So
//! each is kept with its bot and server, and is forgotten by its age and not by its size. A server that loses its memory
//! gives out the same numbers once more, so what is written down is [`Update::key`](plume_telegram::Update::key).

use std::{
    collections::{HashMap, VecDeque},
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Numbers that are remembered. Telegram repeats at most what one answer held.
const MOST: usize = 1_000;
/// Telegram repeats nothing that is older than a day, and gives out other numbers after a week.
const AGE: Duration = Duration::from_secs(48 * 60 * 60);
/// A larger file is none of ours.
const MOST_BYTES: u64 = 1 << 20;
/// Damaged files that are kept for people to look at.
const ASIDE: usize = 8;
/// The name of the file; the number is the version of its format.
const NAME: &str = "handled-updates-2";

/// The updates that had their effect.
#[derive(Debug, Default)]
pub struct Ledger {
    state: Mutex<State>,
}

/// Whose updates are numbered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbering {
    pub bot: i64,
    pub api: String,
}

#[derive(Debug, Default)]
struct State {
    /// When each update had its effect, in seconds since 1970.
    done: HashMap<i64, u64>,
    /// The same, oldest first.
    order: VecDeque<i64>,
    journal: Option<Journal>,
}

/// One line for each update: its number, its time, the bot, the Bot API.
#[derive(Debug)]
struct Journal {
    path: PathBuf,
    numbering: Numbering,
    /// Lines of other bots and servers.
    others: Vec<String>,
    /// Open for appending. Closed after a failure; then the whole file is written again.
    file: Option<File>,
    lines: usize,
}

impl Ledger {
    /// One that lasts as long as the process.
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// One in `directory`, which survives a restart. A file that is damaged is put aside, and the second value says so.
    pub fn open(
        directory: &Path,
        numbering: Numbering,
        now: SystemTime,
    ) -> io::Result<(Self, Option<String>)> {
        let path = directory.join(NAME);
        let (lines, damaged) = match read(&path)? {
            Contents::Lines(lines) => (lines, None),
            Contents::Damaged => (Vec::new(), Some(put_aside(directory, &path, now)?)),
        };
        let mut state = State::default();
        let mut others = Vec::new();
        for line in lines {
            if line.is_old(now) {
                continue;
            }
            if line.numbering == numbering {
                state.insert(line.update, line.at);
            } else {
                others.push(line.text());
            }
        }
        others.drain(..others.len().saturating_sub(MOST));
        let mut journal = Journal { path, numbering, others, file: None, lines: 0 };
        journal.rewrite(&state.done, &state.order)?;
        state.journal = Some(journal);
        let warning =
            damaged.map(|name| format!("the list of handled updates was damaged; it is kept as {name}"));
        Ok((Self { state: Mutex::new(state) }, warning))
    }

    /// Whether it is kept in a file, so that [`Ledger::mark`] blocks for the time of a file access.
    pub fn is_on_disk(&self) -> bool {
        self.state().journal.is_some()
    }

    /// Whether an update had its effect.
    pub fn is_done(&self, update: i64, now: SystemTime) -> bool {
        self.state().done.get(&update).is_some_and(|at| !is_old(*at, now))
    }

    /// Writes down that an update has its effect now, so that not even a power failure forgets it. Whether it is the first
    /// to say so.
    pub fn mark(&self, update: i64, now: SystemTime) -> io::Result<bool> {
        let mut state = self.state();
        if state.done.get(&update).is_some_and(|at| !is_old(*at, now)) {
            return Ok(false);
        }
        let at = seconds(now);
        state.insert(update, at);
        let State { done, order, journal } = &mut *state;
        if let Some(journal) = journal {
            journal.append(update, at, done, order)?;
        }
        Ok(true)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn insert(&mut self, update: i64, at: u64) {
        if self.done.insert(update, at).is_some() {
            self.order.retain(|other| *other != update);
        }
        self.order.push_back(update);
        while self.order.len() > MOST {
            if let Some(oldest) = self.order.pop_front() {
                self.done.remove(&oldest);
            }
        }
    }
}

impl Journal {
    fn append(
        &mut self,
        update: i64,
        at: u64,
        done: &HashMap<i64, u64>,
        order: &VecDeque<i64>,
    ) -> io::Result<()> {
        let Some(file) = self.file.as_mut().filter(|_| self.lines < 2 * MOST) else {
            return self.rewrite(done, order);
        };
        let line = Line { update, at, numbering: self.numbering.clone() }.text();
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_data());
        if written.is_err() {
            // Half a line may be there.
            self.file = None;
        }
        self.lines += 1;
        written
    }

    /// Writes the file in one step: whoever reads gets the old one or the new.
    fn rewrite(&mut self, done: &HashMap<i64, u64>, order: &VecDeque<i64>) -> io::Result<()> {
        self.file = None;
        let mut text: String = self.others.concat();
        for update in order {
            let at = done.get(update).copied().unwrap_or_default();
            text.push_str(&Line { update: *update, at, numbering: self.numbering.clone() }.text());
        }
        let new = self.path.with_extension("tmp");
        let mut file = File::create(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        if let Some(directory) = self.path.parent() {
            sync(directory)?;
        }
        self.file = Some(OpenOptions::new().append(true).open(&self.path)?);
        self.lines = order.len();
        Ok(())
    }
}

#[derive(Debug)]
struct Line {
    update: i64,
    at: u64,
    numbering: Numbering,
}

impl Line {
    fn text(&self) -> String {
        let Numbering { bot, api } = &self.numbering;
        format!("{} {} {bot} {api}\n", self.update, self.at)
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let (update, at) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let numbering = Numbering { bot: words.next()?.parse().ok()?, api: words.next()?.to_owned() };
        words.next().is_none().then_some(Self { update, at, numbering })
    }

    fn is_old(&self, now: SystemTime) -> bool {
        is_old(self.at, now)
    }
}

enum Contents {
    Lines(Vec<Line>),
    Damaged,
}

fn read(path: &Path) -> io::Result<Contents> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Contents::Lines(Vec::new())),
        Err(error) => return Err(error),
        Ok(found) if !found.is_file() || found.len() > MOST_BYTES => return Ok(Contents::Damaged),
        Ok(_) => {}
    }
    let Ok(text) = String::from_utf8(fs::read(path)?) else { return Ok(Contents::Damaged) };
    // A process that was killed leaves half of the last line.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let lines: Option<Vec<Line>> = whole.lines().map(Line::parse).collect();
    Ok(lines.map_or(Contents::Damaged, Contents::Lines))
}

/// Moves a damaged file out of the way and gives its new name.
fn put_aside(directory: &Path, path: &Path, now: SystemTime) -> io::Result<String> {
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

/// Makes a name in a directory last.
fn sync(directory: &Path) -> io::Result<()> {
    // Other systems have no handle of a directory that could be synced.
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// A time in the future, after a clock was put back, is not old.
fn is_old(at: u64, now: SystemTime) -> bool {
    seconds(now).saturating_sub(at) >= AGE.as_secs()
}

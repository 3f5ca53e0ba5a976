//! A chat in the terminal: input goes to the stand-in, and messages of the bot are printed.

use std::io::{self, BufRead, Write};

use tokio::sync::mpsc;

use crate::busy::Busy;
use crate::stand_in::bot_api::StandIn;
use crate::stand_in::state::Shown;

/// The user at the terminal.
pub const USER: i64 = 1;

/// The reason why a chat in the terminal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ended {
    /// The input ended.
    Input,
    /// The output was closed.
    Output,
}

/// Runs a chat until the input or the output ends.
///
/// # Errors
///
/// [`io::Error`] if the output fails for another reason than being closed.
pub async fn chat(standin: &StandIn, busy: &Busy, interactive: bool) -> io::Result<Ended> {
    let mut lines = lines();
    let mut screen = Screen { standin, interactive };
    let result = screen.talk(&mut lines, busy).await;
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Ended::Output),
        Err(error) => Err(error),
        Ok(()) => Ok(Ended::Input),
    }
}

/// Runs a chat with a bot in another program. The end of a script or of an empty input is not the end: the bot's messages
/// are still printed.
///
/// # Errors
///
/// Like [`chat`].
pub async fn serve(standin: &StandIn, interactive: bool) -> io::Result<()> {
    if chat(standin, &Busy::default(), interactive).await? == Ended::Output || interactive {
        return Ok(());
    }
    let mut screen = Screen { standin, interactive };
    loop {
        let changed = standin.shared.changed.notified();
        screen.draw()?;
        changed.await;
    }
}

struct Screen<'a> {
    standin: &'a StandIn,
    /// Whether a person types. Otherwise the input is printed too, so that the output reads as a chat.
    interactive: bool,
}

impl Screen<'_> {
    async fn talk(&mut self, lines: &mut mpsc::Receiver<String>, busy: &Busy) -> io::Result<()> {
        self.write("Type a message, or the number of a button. /start begins, Ctrl-D ends.")?;
        self.prompt()?;
        loop {
            // It subscribes before it reads, so that no change is missed in between.
            let changed = self.standin.shared.changed.notified();
            self.draw()?;
            tokio::select! {
                () = changed => {}
                line = lines.recv() => match line {
                    None => return self.settle(busy).await,
                    Some(line) => {
                        self.typed(line.trim())?;
                        if !self.interactive {
                            self.settle(busy).await?;
                        }
                    }
                },
            }
        }
    }

    /// Waits until the bot has handled all input.
    async fn settle(&mut self, busy: &Busy) -> io::Result<()> {
        let done = async {
            self.standin.taken().await;
            busy.idle().await;
        };
        tokio::pin!(done);
        loop {
            let changed = self.standin.shared.changed.notified();
            self.draw()?;
            tokio::select! {
                () = &mut done => return self.draw(),
                () = changed => {}
            }
        }
    }

    fn typed(&mut self, line: &str) -> io::Result<()> {
        if line.is_empty() {
            return self.prompt();
        }
        if !self.interactive {
            self.write(&format!("\nyou> {line}"))?;
        }
        match line.parse::<usize>().ok().and_then(|number| self.button(number)) {
            Some((message, data)) => self.standin.press(USER, USER, message, &data),
            None => {
                self.standin.say(USER, USER, line);
            }
        }
        Ok(())
    }

    /// Returns the buttons of the newest message that has any.
    fn button(&self, number: usize) -> Option<(i64, String)> {
        let messages = self.standin.messages(USER);
        let message = messages.iter().rev().find(|message| !message.buttons.is_empty())?;
        let (_, data) = message.buttons.iter().flatten().nth(number.checked_sub(1)?)?;
        Some((message.id, data.clone()))
    }

    fn draw(&mut self) -> io::Result<()> {
        let lines = lines_of(self.standin);
        for line in &lines {
            self.write(line)?;
        }
        if lines.is_empty() { Ok(()) } else { self.prompt() }
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{text}")?;
        out.flush()
    }

    fn prompt(&self) -> io::Result<()> {
        if !self.interactive {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        write!(out, "you> ")?;
        out.flush()
    }
}

/// Returns the changes as printed lines.
fn lines_of(standin: &StandIn) -> Vec<String> {
    let messages = standin.messages(USER);
    let written = |id: i64, mark: &str| {
        let message = messages.iter().find(|message| message.id == id)?;
        let mut text = format!("\nbot> {mark}{}", message.text.replace('\n', "\n     "));
        let mut number = 0;
        for row in &message.buttons {
            text.push_str("\n    ");
            for (label, _) in row {
                number += 1;
                text.push_str(&format!(" [{number}: {label}]"));
            }
        }
        Some(text)
    };
    standin
        .take_shown()
        .into_iter()
        .filter_map(|shown| match shown {
            Shown::New(id) => written(id, ""),
            Shown::Changed(id) => written(id, "(changed) "),
            Shown::Deleted(_) => Some("     (a message was deleted)".to_owned()),
            Shown::Note(note) => Some(format!("     ({note})")),
        })
        .collect()
}

/// Returns the lines of stdin. A thread reads them, because reading cannot be cancelled; it ends with the program.
fn lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

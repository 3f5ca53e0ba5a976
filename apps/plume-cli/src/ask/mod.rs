//! Questions to a person. Without a terminal, and with --no-input, none is asked.

mod line;

use std::io::{self, IsTerminal};

use dialoguer::{Confirm, Select, console::Term};
use plume::{cli::exit, health::on_screen};
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::ask::line::Question;
use crate::failure::{Failure, Result};
use crate::output::complain;

/// The form of a line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    /// Returns whether a text, perhaps the beginning of the answer, may be on the screen.
    pub(crate) shows: fn(&str) -> bool,
    /// Checks the answer.
    pub(crate) check: fn(&str) -> std::result::Result<(), String>,
}

/// Asks questions on the terminal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask {
    is_possible: bool,
}

impl Ask {
    pub(crate) fn new(no_input: bool) -> Self {
        Self { is_possible: !no_input && io::stdin().is_terminal() && io::stderr().is_terminal() }
    }

    /// Returns whether a question is possible.
    pub(crate) fn is_possible(self) -> bool {
        self.is_possible
    }

    /// Returns the index of the chosen item, or `None` if no question is possible or none was chosen.
    pub(crate) async fn select(self, prompt: &str, items: &[String]) -> Result<Option<usize>> {
        if !self.is_possible {
            return Ok(None);
        }
        let prompt = prompt.to_owned();
        let items: Vec<String> = items.iter().map(|item| on_screen(item).into_owned()).collect();
        on_thread(move || Select::new().with_prompt(prompt).items(items).default(0).interact_opt()).await
    }

    /// Returns the answer to a question; no is the default.
    ///
    /// # Errors
    ///
    /// A wrong argument if no question is possible. `instead` is the advice then, for example `Add --yes.`
    pub(crate) async fn confirm(self, question: &str, instead: &str) -> Result<bool> {
        self.possible("a change needs consent", instead)?;
        // A prompt that is longer than a line of the screen is not cleared after the answer.
        complain(question);
        on_thread(move || Confirm::new().with_prompt("Continue?").default(false).interact()).await
    }

    /// Returns a secret, which is not shown while it is typed.
    ///
    /// # Errors
    ///
    /// As [`Ask::confirm`].
    pub(crate) async fn secret(self, prompt: &str, instead: &str) -> Result<SecretString> {
        let form = Form { shows: |_| false, check: |_| Ok(()) };
        Ok(self.line(prompt, None, instead, form).await?.as_str().into())
    }

    /// Returns a line of text that the form accepts.
    ///
    /// # Errors
    ///
    /// As [`Ask::confirm`].
    pub(crate) async fn text(
        self,
        prompt: &str,
        default: Option<String>,
        instead: &str,
        form: Form,
    ) -> Result<String> {
        Ok(self.line(prompt, default, instead, form).await?.to_string())
    }

    async fn line(
        self,
        prompt: &str,
        default: Option<String>,
        instead: &str,
        form: Form,
    ) -> Result<Zeroizing<String>> {
        self.possible(prompt, instead)?;
        let prompt = on_screen(prompt).into_owned();
        let default = default.map(|default| on_screen(&default).into_owned());
        on_thread(move || {
            let term = Term::stderr();
            let question = Question { prompt, default, shows: &form.shows };
            loop {
                let text = line::read(&term, &question)?;
                match (form.check)(&text) {
                    Ok(()) => return Ok(text),
                    Err(why) => complain(&format!("error: {why}")),
                }
            }
        })
        .await
    }

    fn possible(self, question: &str, instead: &str) -> Result<()> {
        match self.is_possible {
            true => Ok(()),
            false => Err(Failure::usage(format!("no terminal to ask: {question}"), instead)),
        }
    }
}

/// Waits for a person on a thread of its own, so that Ctrl-C and SIGTERM end the program meanwhile.
async fn on_thread<T: Send + 'static>(
    ask: impl FnOnce() -> dialoguer::Result<T> + Send + 'static,
) -> Result<T> {
    let _restored = Terminal::of_now().without_echo();
    match tokio::task::spawn_blocking(ask).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(dialoguer::Error::IO(error))) if error.kind() == io::ErrorKind::Interrupted => {
            Err(Failure::of_code(exit::INTERRUPTED, "interrupted", ""))
        }
        _ => Err(Failure::of_code(
            exit::FAILED,
            "the terminal could not be read",
            "Give the value as an argument.",
        )),
    }
}

/// The state of the terminal before a question. A signal drops the question while the terminal is in raw mode and its
/// cursor is hidden; `Drop` restores both.
struct Terminal {
    #[cfg(unix)]
    modes: Option<rustix::termios::Termios>,
}

impl Terminal {
    fn of_now() -> Self {
        Self {
            #[cfg(unix)]
            modes: rustix::termios::tcgetattr(io::stdin()).ok(),
        }
    }

    /// Shows no keys: those of a paste arrive while no key is read.
    fn without_echo(self) -> Self {
        #[cfg(unix)]
        if let Some(modes) = &self.modes {
            use rustix::termios::{LocalModes, OptionalActions, tcsetattr};

            let mut quiet = modes.clone();
            quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON);
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &quiet);
        }
        self
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = Term::stderr().show_cursor();
        #[cfg(unix)]
        if let Some(modes) = &self.modes {
            let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Now, modes);
        }
    }
}

#[cfg(test)]
mod tests {
    use plume::cli;

    use super::*;

    #[tokio::test]
    async fn no_question_is_asked_without_input() {
        let ask = Ask::new(true);
        assert_eq!(ask.select("Location", &["one".to_owned()]).await.unwrap(), None);
        let refused = [
            ask.confirm("Reboot the node?", "Add --yes.").await.unwrap_err(),
            ask.secret("Header", "Add --yes.").await.unwrap_err(),
        ];
        for failure in refused.map(cli::Failure::from) {
            assert_eq!((failure.exit_code, failure.help.as_str()), (2, "Add --yes."));
            assert!(failure.message.starts_with("no terminal to ask: "), "{}", failure.message);
        }
    }
}

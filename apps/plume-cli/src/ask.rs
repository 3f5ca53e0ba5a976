//! Questions to a person. Without a terminal, and with --no-input, none is asked.

use std::io::{self, IsTerminal};

use dialoguer::Select;
use plume::cli::exit;

use crate::failure::{Failure, Result};

/// Asks questions on the terminal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask {
    is_possible: bool,
}

impl Ask {
    pub(crate) fn new(no_input: bool) -> Self {
        Self { is_possible: !no_input && io::stdin().is_terminal() && io::stderr().is_terminal() }
    }

    /// Returns the index of the chosen item, or `None` if nobody can be asked or none was chosen.
    pub(crate) async fn select(self, prompt: &str, items: &[String]) -> Result<Option<usize>> {
        if !self.is_possible {
            return Ok(None);
        }
        let (prompt, items) = (prompt.to_owned(), items.to_vec());
        on_thread(move || Select::new().with_prompt(prompt).items(items).default(0).interact_opt()).await
    }
}

/// Waits for a person on a thread of its own, so that Ctrl-C and SIGTERM end the program meanwhile.
async fn on_thread<T: Send + 'static>(
    ask: impl FnOnce() -> dialoguer::Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(ask).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(dialoguer::Error::IO(error))) if error.kind() == io::ErrorKind::Interrupted => {
            Err(Failure::of_code(exit::INTERRUPTED, "interrupted", "Start again."))
        }
        _ => Err(Failure::of_code(
            exit::FAILED,
            "the terminal could not be read",
            "Give the value as an argument.",
        )),
    }
}

//! The password for an account: typed twice at a terminal that does not show it, or the first line of a file.

use std::io::{self, IsTerminal, Write};

use tokio::sync::oneshot;

use crate::program::failed::Failed;
use crate::stop::signalled;

/// Reads a new password from the standard input.
///
/// # Errors
///
/// [`Failed::Input`] if it cannot be read, and [`Failed::Password`] if it was typed in two ways.
pub async fn new_password() -> Result<String, Failed> {
    if !io::stdin().is_terminal() {
        return line().await;
    }
    let typed = async {
        let _quiet = Quiet::begin();
        Ok((ask("Password: ").await?, ask("The same again: ").await?))
    };
    let (typed, again) = tokio::select! {
        // First: a signal must not end the process while the terminal is quiet.
        biased;
        () = signalled() => Err(Failed::Input(io::ErrorKind::Interrupted.into())),
        typed = typed => typed,
    }?;
    match typed == again {
        true => Ok(typed),
        false => Err(Failed::Password("it was typed in two ways".to_owned())),
    }
}

async fn ask(prompt: &str) -> Result<String, Failed> {
    let _ = write!(io::stderr(), "{prompt}").and_then(|()| io::stderr().flush());
    let read = line().await;
    // The terminal does not show the end of the line either.
    let _ = writeln!(io::stderr());
    read
}

/// Reads a line on a thread of its own, which does not keep the program from its end.
async fn line() -> Result<String, Failed> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        // After a signal there is no receiver.
        let _ = sender.send(io::stdin().read_line(&mut line).map(|_| line));
    });
    let read = receiver.await.unwrap_or_else(|_| Err(io::ErrorKind::UnexpectedEof.into()));
    read.map(|line| line.trim_end_matches(['\r', '\n']).to_owned()).map_err(Failed::Input)
}

/// The time in which the terminal shows no keys. `Drop` restores it.
struct Quiet {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

impl Quiet {
    #[cfg(unix)]
    fn begin() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

        let before = tcgetattr(io::stdin()).ok();
        if let Some(mut quiet) = before.clone() {
            quiet.local_modes.remove(LocalModes::ECHO);
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &quiet);
        }
        Self { before }
    }

    #[cfg(not(unix))]
    fn begin() -> Self {
        Self {}
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(before) = &self.before {
            let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Now, before);
        }
    }
}

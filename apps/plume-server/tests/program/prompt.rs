//! The password of an account at a terminal.

use std::{
    fs::File,
    io::{Read, Write},
    process::Stdio,
};

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, tcgetattr},
};

use super::*;

const PASSWORD: &str = "not-a-real-password";

/// A terminal, and the program that asks at it.
struct Asked {
    person: File,
    terminal: File,
    child: Child,
    _watch: Watch,
    folder: std::path::PathBuf,
}

impl Drop for Asked {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Asked {
    fn new(name: &str) -> Self {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let path = ptsname(&person, Vec::new()).unwrap().into_string().unwrap();
        let terminal = File::options().read(true).write(true).open(path).unwrap();
        let folder = std::env::temp_dir().join(format!("plume-server-prompt-{name}-{}", std::process::id()));
        let stream = || Stdio::from(terminal.try_clone().unwrap());
        let mut command = program(&["users", "add-admin", "ada"]);
        command.env("PLUME_SERVER_DATA", &folder).stdin(stream()).stdout(stream()).stderr(stream());
        let child = command.spawn().unwrap();
        let watch = Watch::over(&child);
        let mut asked = Self { person: person.into(), child, _watch: watch, terminal, folder };
        asked.wait_for("Password: ");
        assert!(!asked.shows_keys());
        asked
    }

    fn shows_keys(&self) -> bool {
        tcgetattr(&self.terminal).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    /// Reads what the terminal shows until a text.
    fn wait_for(&mut self, text: &str) -> String {
        let mut shown = Vec::new();
        while !shown.ends_with(text.as_bytes()) {
            let mut byte = [0];
            self.person.read_exact(&mut byte).unwrap();
            shown.extend(byte);
        }
        String::from_utf8(shown).unwrap()
    }

    fn enter(&mut self, line: &str) {
        self.person.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

#[test]
fn a_password_is_typed_twice_and_not_shown() {
    for (name, again, code, end) in [
        ("same", PASSWORD, 0, "administrator of all tenants"),
        ("other", "not-a-real-passwore", 1, "it was typed in two ways"),
    ] {
        let mut asked = Asked::new(name);
        asked.enter(PASSWORD);
        let mut shown = asked.wait_for("The same again: ");
        asked.enter(again);
        shown += &asked.wait_for(end);
        assert_eq!(asked.child.wait().unwrap().code(), Some(code));
        assert!(!shown.contains("not-a-real"), "{shown}");
        assert!(asked.shows_keys());
    }
}

#[test]
fn a_signal_restores_the_terminal() {
    for signal in ["-INT", "-TERM"] {
        let mut asked = Asked::new(signal);
        let id = asked.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        assert_eq!(asked.child.wait().unwrap().code(), Some(1));
        assert!(asked.shows_keys());
    }
}

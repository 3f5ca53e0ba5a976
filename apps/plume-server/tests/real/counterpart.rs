//! Programs of others that the tests run. `.ci/servers` installs them and runs these tests.

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
};

/// Returns the path of a program.
///
/// # Panics
///
/// If it is not on the `PATH`. The text names the command that installs it.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("this test needs `{name}`, which is not on the PATH; run `.ci/servers`"))
}

/// Returns the root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Runs a command. Returns whether it succeeded, and what it wrote to both outputs.
pub(crate) fn run(command: &mut Command) -> (bool, String) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

/// A directory of one test, which `Drop` removes.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("plume-server-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A process of one test, which `Drop` ends.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns a command that runs a script with the packages of npm.
///
/// # Panics
///
/// If `PLUME_TEST_NODE_MODULES` does not name their directory.
pub(crate) fn node(script: &Path) -> Command {
    let modules = env::var_os("PLUME_TEST_NODE_MODULES");
    let modules =
        modules.unwrap_or_else(|| panic!("this test needs `PLUME_TEST_NODE_MODULES`; run `.ci/servers`"));
    let mut command = Command::new(program("node"));
    command.arg(script).env("PLUME_TEST_NODE_MODULES", modules);
    command
}

/// The demo on a port of its own. `Drop` ends it.
pub(crate) struct Demo {
    /// Its address with the scheme.
    pub(crate) address: String,
    /// The address of its metrics without the scheme.
    pub(crate) metrics: String,
    _running: Running,
    /// Kept open, because the demo writes its log there.
    _log: BufReader<ChildStderr>,
}

impl Demo {
    pub(crate) fn start() -> Self {
        Self::of("day")
    }

    /// Starts a story.
    pub(crate) fn of(story: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plume-server"));
        for (name, _) in
            env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PLUME_SERVER_"))
        {
            command.env_remove(name);
        }
        command
            .args(["--demo", "--story", story, "--listen", "127.0.0.1:0"])
            .env("PLUME_SERVER_METRICS_LISTEN", "127.0.0.1:0");
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let running = Running(child);
        let mut word = |before: &str| {
            let mut line = String::new();
            while !line.contains(before) {
                line.clear();
                assert_ne!(log.read_line(&mut line).unwrap(), 0, "the demo ended");
            }
            line.trim().rsplit(' ').next().unwrap().to_owned()
        };
        let (metrics, address) = (word("metrics on "), word("listening on "));
        let metrics = metrics.trim_start_matches("http://").trim_end_matches("/metrics").to_owned();
        Self { address, metrics, _running: running, _log: log }
    }
}

/// Returns a free port.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Makes a request of HTTP/1.0. Returns the status and the body, or `None` if there is no answer.
pub(crate) fn get(address: &str, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

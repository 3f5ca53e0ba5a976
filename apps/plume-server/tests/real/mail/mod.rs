//! Mails to aiosmtpd.

mod letters;

use std::{
    fs,
    io::{self, BufRead, BufReader},
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    process::{ChildStdout, Command, Stdio},
    sync::Arc,
};

use async_trait::async_trait;
use plume::runtime::Resolver;
use plume_server::{
    guard::Guard,
    notify::{MailServer, Security},
};
use serde_json::Value;

use crate::counterpart::{Folder, Running, program, run};

/// The name in the certificate.
const NAME: &str = "mail.example.net";

/// Every name is this machine.
#[derive(Debug)]
struct Here;

#[async_trait]
impl Resolver for Here {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![Ipv4Addr::LOCALHOST.into()])
    }
}

/// A certificate authority, and a certificate of it for [`NAME`].
struct Certificates {
    folder: Folder,
    ca: String,
}

impl Certificates {
    fn new(name: &str) -> Self {
        let folder = Folder::new(&format!("mail-{name}"));
        let path = |file: &str| folder.0.join(file).display().to_string();
        let openssl = |arguments: &[&str]| {
            let (is_done, text) = run(Command::new(program("openssl")).args(arguments));
            assert!(is_done, "{text}");
        };
        let new = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
        let authority =
            ["-x509", "-subj", "/CN=Example CA", "-keyout", &path("ca.key"), "-out", &path("ca.pem")];
        openssl(&[&new[..], &authority].concat());
        let request = ["-subj", "/CN=Example", "-keyout", &path("key.pem"), "-out", &path("request.pem")];
        openssl(&[&new[..6], &request].concat());
        fs::write(path("names"), format!("subjectAltName=DNS:{NAME}\nbasicConstraints=CA:FALSE\n")).unwrap();
        openssl(&[
            "x509",
            "-req",
            "-days",
            "2",
            "-CAcreateserial",
            "-in",
            &path("request.pem"),
            "-CA",
            &path("ca.pem"),
            "-CAkey",
            &path("ca.key"),
            "-extfile",
            &path("names"),
            "-out",
            &path("certificate.pem"),
        ]);
        let ca = fs::read_to_string(path("ca.pem")).unwrap();
        Self { folder, ca }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.0.join(file)
    }
}

/// A mail server that runs.
struct Server {
    _running: Running,
    lines: io::Lines<BufReader<ChildStdout>>,
    port: u16,
}

impl Server {
    fn start(mode: &str, certificates: Option<&Certificates>) -> Self {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/real/mail/server.py");
        let mut command = Command::new(program("python3"));
        command.arg(script).arg(mode).stdin(Stdio::null()).stdout(Stdio::piped());
        if let Some(certificates) = certificates {
            command.arg(certificates.path("certificate.pem")).arg(certificates.path("key.pem"));
        }
        let mut running = Running(command.spawn().unwrap());
        let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
        let first = lines.next();
        let Some(Ok(port)) = first else {
            panic!("aiosmtpd did not start; run `.ci/servers`, which installs it")
        };
        Self { _running: running, lines, port: port.parse().unwrap() }
    }

    /// Returns the next accepted mail.
    fn accepted(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }

    /// Returns the settings for this server.
    fn settings(&self, security: Security) -> MailServer {
        let schemes = ["smtp", "smtps"];
        let listed = schemes.map(|scheme| format!("{scheme}://{NAME}:{}", self.port));
        MailServer {
            host: NAME.to_owned(),
            port: self.port,
            security,
            login: None,
            domain: "example.net".to_owned(),
            ca: None,
            guard: Guard::resolving(listed, Arc::new(Here)),
        }
    }
}

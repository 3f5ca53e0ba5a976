//! Secrets of every kind in one server: none of them is in a page, an export, a document, a metric, a log, a command's output or
//! a file of the data.

use std::{
    fs,
    io::Write,
    net::TcpStream,
    path::{Path, PathBuf},
    time::Duration,
};

use plume::runtime::{Clock, SystemClock};

use super::*;

/// The secrets of the configuration, with the file of each. The first is `example:not-a-real-secret`.
const FILES: [(&str, &str); 6] = [
    ("header", "Basic ZXhhbXBsZTpub3QtYS1yZWFsLXNlY3JldA=="),
    ("mail", "canary-mail-password"),
    ("bot", "123456:canary-bot-token-canary-bot-token-1"),
    ("oidc", "canary-oidc-client-secret"),
    ("metrics", "canary-metrics-token"),
    ("password", "canary-account-password"),
];
/// Those that people enter. The key is `canary-webhook-key-canary-webhook-`.
const ENTERED: [&str; 6] = [
    "whsec_Y2FuYXJ5LXdlYmhvb2sta2V5LWNhbmFyeS13ZWJob29rLQ==",
    "canary-webhook-path",
    "canary-slack-path",
    "canary-teams-sig",
    "654321:canary-own-bot-canary-own-bot-canary1",
    "canary-wrong-password",
];
/// Parts of secrets, as a careless line would have them.
const PARTS: [&str; 4] =
    ["not-a-real-secret", "ZXhhbXBsZTpub3Q", "Y2FuYXJ5LXdlYmhvb2s", "canary-webhook-key"];

struct Site {
    folder: PathBuf,
    config: PathBuf,
    address: String,
    /// Everything that the server showed or wrote: its place, and the bytes.
    shown: Vec<(String, Vec<u8>)>,
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Site {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("plume-server-leaks-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = |name: &str| folder.join(name);
        for (name, secret) in FILES {
            fs::write(path(name), format!("{secret}\n")).unwrap();
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                fs::set_permissions(path(name), fs::Permissions::from_mode(0o600)).unwrap();
            }
        }
        fs::write(path("homes.csv"), "tenant,customer,location,name\nnorth,c1,l1,Alder Street 1\n").unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let text = format!(
            "listen = \"{address}\"\npublic_url = \"http://{address}\"\ndata = {:?}\n\
             [log]\nlevel = \"trace\"\n[homes]\nfile = {:?}\n\
             [cloud]\nsso_url = \"http://127.0.0.1:9/oauth2/x/v1/token\"\nauth_header_file = {:?}\n\
             partner_id = \"5ca1ab1e0000000000000001\"\napi_base = \"http://127.0.0.1:9/api\"\n\
             [metrics]\ntoken_file = {:?}\n[sign_in]\nissuer = \"http://127.0.0.1:9\"\nclient_id = \"monitor\"\n\
             client_secret_file = {:?}\naccounts = true\n\
             [mail]\nhost = \"127.0.0.1\"\nport = 9\nuser = \"monitor\"\npassword_file = {:?}\n\
             from = \"monitor@example.net\"\n[telegram]\ntoken_file = {:?}\nbase_url = \"http://127.0.0.1:9\"\n\
             [channels]\nlocal_origins = [\"http://127.0.0.1:9\", \"smtps://127.0.0.1:9\"]\n",
            path("data"),
            path("homes.csv"),
            path("header"),
            path("metrics"),
            path("oidc"),
            path("mail"),
            path("bot"),
        );
        let config = path("monitor.toml");
        fs::write(&config, text).unwrap();
        Self { folder, config, address, shown: Vec::new() }
    }

    /// Runs a command to its end, with the password on its standard input.
    fn command(&mut self, arguments: &[&str]) {
        let mut command = program(&["--config", self.config.to_str().unwrap()]);
        command.args(arguments).stdin(fs::File::open(self.folder.join("password")).unwrap());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        self.shown.push((format!("{arguments:?}"), [output.stdout, output.stderr].concat()));
    }

    /// Makes a request of HTTP/1.0, whose response is in one piece. Returns the status, the head and the body.
    fn ask(&mut self, method: &str, path: &str, headers: &str, form: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
        let (host, length) = (&self.address, form.len());
        write!(stream, "{method} {path} HTTP/1.0\r\nHost: {host}\r\n{headers}{kind}Content-Length: {length}\r\n\r\n{form}")
            .unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        self.shown.push((format!("{method} {path}"), body.as_bytes().to_vec()));
        (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_owned(), body.to_owned())
    }

    /// Every file below a directory, but the files of the configuration.
    fn read(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.read(&path);
            } else if !FILES.iter().any(|(name, _)| path == self.folder.join(name)) {
                self.shown.push((path.display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }
}

fn token(page: &str) -> String {
    page.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

#[test]
#[cfg(unix)]
fn no_secret_is_in_anything_that_is_shown_or_stored() {
    let mut site = Site::new();
    site.command(&["users", "add-admin", "ada"]);
    let (mut server, mut lines) = Running::start(program(&["--config", site.config.to_str().unwrap()]));
    let mut log = server.errors.take().unwrap();
    let reader = std::thread::spawn(move || {
        let _ = log.read_to_string(&mut lines);
        lines
    });

    // Sign-in: a wrong password, the provider that is away, and the right password.
    let form = |token: &str, password: &str| format!("token={token}&name=ada&password={password}");
    let anonymous = token(&site.ask("GET", "/sign-in", "", "").2);
    assert_eq!(site.ask("POST", "/sign-in", "", &form(&anonymous, "canary-wrong-password")).0, 403);
    assert_eq!(site.ask("GET", "/sign-in/start", "", "").0, 502);
    let (status, head, _) = site.ask("POST", "/sign-in", "", &form(&anonymous, "canary-account-password"));
    assert_eq!(status, 303);
    let cookies = head.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
    let pairs: Vec<String> = cookies.map(|set| set.split(';').next().unwrap().to_owned()).collect();
    let mut secrets: Vec<String> =
        pairs.iter().map(|pair| pair.split_once('=').unwrap().1.to_owned()).collect();
    assert_eq!(secrets.len(), 2, "the session, and the proof of the browser");
    let session = format!("Cookie: {}\r\n", pairs.join("; "));

    // What people enter.
    let own = token(&site.ask("GET", "/", &session, "").2);
    for (id, fields) in [
        (
            "hook",
            format!(
                "kind=webhook&url={}&key={}",
                encoded("http://127.0.0.1:9/canary-webhook-path"),
                encoded(ENTERED[0])
            ),
        ),
        ("slack", format!("kind=slack&url={}", encoded("http://127.0.0.1:9/services/canary-slack-path"))),
        ("teams", format!("kind=teams&url={}", encoded("http://127.0.0.1:9/teams?sig=canary-teams-sig"))),
        ("chat", format!("kind=telegram&chat=1&bot={}", encoded(ENTERED[4]))),
        ("mail", format!("kind=mail&to={}", encoded("ada@example.net"))),
    ] {
        let form = format!("token={own}&tenant=north&id={id}&edition=0&name={id}&limit=60&{fields}");
        let (status, _, body) = site.ask("POST", "/channels", &session, &form);
        assert_eq!(status, 303, "{id}: {body}");
        let test = format!("token={own}&action=test");
        assert_eq!(site.ask("POST", &format!("/channels/north/{id}"), &session, &test).0, 303, "{id}");
    }
    // A wrong one is refused with words, and not with itself.
    let wrong = format!(
        "token={own}&tenant=north&id=wrong&edition=0&name=x&kind=webhook&url=http%3A%2F%2F127.0.0.1%2Fcanary-webhook-path&key=canary-webhook-key"
    );
    assert_eq!(site.ask("POST", "/channels", &session, &wrong).0, 422);
    let (status, _, page) = site.ask(
        "POST",
        "/users/tokens",
        &session,
        &format!("token={own}&name=script&role=admin&tenant=&days=7"),
    );
    assert_eq!(status, 200);
    let api = page.split("<code class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    // Only this page shows it.
    drop(site.shown.pop());
    secrets.push(api.clone());

    // The senders have tried.
    let (clock, mut attempts) = (SystemClock::new(), 0);
    let began = clock.monotonic();
    while attempts < 5 && clock.monotonic() - began < Duration::from_secs(60) {
        attempts = 0;
        for id in ["hook", "slack", "teams", "chat", "mail"] {
            let (_, _, body) = site.ask("GET", &format!("/api/v1/channels/north/{id}"), &session, "");
            attempts += usize::from(body.contains("\"outcome\""));
            site.shown.pop();
        }
    }
    assert_eq!(attempts, 5, "a channel has no attempt");

    // Every page, document and export.
    let bearer = format!("Authorization: Bearer {api}\r\n");
    let mut seen = 0;
    for path in [
        "/",
        "/homes",
        "/homes/north/l1",
        "/incidents",
        "/sla",
        "/sla.csv",
        "/connections",
        "/logs",
        "/settings",
        "/channels",
        "/channels/new",
        "/channels/north/hook",
        "/channels/north/slack",
        "/channels/north/teams",
        "/channels/north/chat",
        "/channels/north/mail",
        "/users",
        "/users/audit",
        "/sign-in",
        "/health",
        "/status",
        "/nothing",
        "/api/v1/nothing",
        "/api/status",
        "/api/config",
        "/api/connections",
        "/api/debug/sessions",
        "/api/v1/logs?limit=500",
        "/api/v1/sla?tenant=north",
        "/api/v1/tenants",
        "/api/v1/homes?tenant=north",
        "/api/v1/incidents?tenant=north",
        "/api/v1/channels",
        "/api/v1/channels/north/hook",
        "/api/v1/channels/north/chat",
        "/api/v1/openapi.json",
    ] {
        let header = if path.starts_with("/api/") { &bearer } else { &session };
        let (status, _, body) = site.ask("GET", path, header, "");
        assert!(status < 500 || path == "/health", "{path}: {status} {body}");
        seen += usize::from(status == 200);
    }
    assert!(seen >= 30, "{seen}");
    let (status, _, metrics) =
        site.ask("GET", "/metrics", "Authorization: Bearer canary-metrics-token\r\n", "");
    assert!(status == 200 && metrics.contains("plume_server_"), "{status} {metrics}");
    assert_eq!(site.ask("GET", "/metrics", "Authorization: Bearer canary-wrong-password\r\n", "").0, 401);
    site.command(&["backup", site.folder.join("backup.db").to_str().unwrap().to_owned().as_str()]);
    assert!(Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status().unwrap().success());
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    // Its number is free for other programs now.
    drop(server);
    let log = reader.join().unwrap();
    assert!(log.contains("server started"), "{log}");
    site.shown.push(("the log".to_owned(), log.into_bytes()));
    site.command(&["audit", "verify"]);
    site.command(&["config", "explain"]);
    let folder = site.folder.clone();
    site.read(&folder);

    // The key of the store is a secret in its own file, and in no other.
    let key = fs::read_to_string(site.folder.join("data/store.key")).unwrap();
    let key = key.trim().rsplit(' ').next().unwrap().to_owned();
    let all: Vec<String> = FILES
        .iter()
        .map(|(_, secret)| (*secret).to_owned())
        .chain(ENTERED.map(str::to_owned))
        .chain(PARTS.map(str::to_owned))
        .chain(secrets)
        .collect();
    let mut searched = 0;
    for (place, bytes) in &site.shown {
        let text = String::from_utf8_lossy(bytes);
        for secret in all.iter().chain([&key]) {
            let is_own = place.ends_with("store.key") && *secret == key;
            for form in [secret.clone(), encoded(secret), encoded(secret).to_uppercase()] {
                assert!(is_own || !text.contains(&form), "{place} has the secret {secret}");
            }
        }
        searched += 1;
    }
    assert!(searched > 60, "{searched}");
    // The search finds what is there.
    let database = site.shown.iter().find(|(place, _)| place.ends_with("monitor.db")).unwrap();
    assert!(String::from_utf8_lossy(&database.1).contains("Alder Street 1"));
}

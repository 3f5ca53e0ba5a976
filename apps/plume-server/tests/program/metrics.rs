//! The metrics of a demo: on a listener of their own, and with a token on that of the dashboard.

use std::{fs, io::Write, net::TcpStream};

use super::*;

/// Makes a request. Returns the status and the body.
fn get(address: &str, path: &str, header: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n{header}\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[test]
#[cfg(unix)]
fn both_listeners_have_the_metrics_for_who_has_the_token() {
    use std::os::unix::fs::PermissionsExt;

    let path = std::env::temp_dir().join(format!("plume-server-token-{}", std::process::id()));
    // As an editor writes it.
    fs::write(&path, "not-a-real-token\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let mut command = program(&["--demo", "--listen", "127.0.0.1:0"]);
    command.env("PLUME_SERVER_METRICS_LISTEN", "127.0.0.1:0").env("PLUME_SERVER_METRICS_TOKEN_FILE", &path);
    let (running, lines) = Running::start(command);
    assert!(!lines.contains(" WARN "), "{lines}");
    let metrics = lines.lines().find(|line| line.contains("metrics on ")).unwrap();
    let metrics = metrics.trim().rsplit("http://").next().unwrap().trim_end_matches("/metrics").to_owned();
    let pages = running.address.clone();
    let token = "Authorization: Bearer not-a-real-token\r\n";
    for address in [&metrics, &pages] {
        assert_eq!(get(address, "/metrics", "").0, 401, "{address}");
        let (status, text) = get(address, "/metrics", token);
        assert_eq!(status, 200, "{address}");
        assert!(text.contains("\nplume_server_store_up 1.0\n"), "{text}");
    }
    assert_eq!(get(&metrics, "/", token).0, 404, "it has nothing else");
    assert_eq!(running.end("-TERM").0, Some(0));
    fs::remove_file(&path).unwrap();
}

//! Variables of the environment. A test cannot set its own environment, so these start themselves as a process.

use std::process::Command;

use plume_runtime::{HttpTransport, Proxy, Transport, TransportErrorKind};

use crate::client::{fail_with, get, patient, transport};
use testkit::wire::{OK, PATH, Server};

const CHILD: &str = "PLUME_TEST_CHILD";

/// Runs the test `name` of this module in a process of its own, with `variables` set.
fn run_again(name: &str, variables: &[(&str, &str)]) {
    // The first segment is the crate, which the test's name does not have.
    let (_, module) = module_path!().split_once("::").unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{module}::{name}"), "--nocapture"])
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env_remove("HTTPS_PROXY")
        .env_remove("https_proxy")
        .env_remove("ALL_PROXY")
        .env_remove("all_proxy")
        .envs(variables.iter().copied())
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    // A name that fits no test would succeed too.
    assert!(said.contains("1 passed"), "{said}");
}

fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

#[tokio::test]
async fn proxies_of_the_environment_are_ignored() {
    if is_child() {
        let server = Server::answering(OK).await;
        let answer = transport().send(get(&server.url()), &patient()).await.unwrap();
        assert_eq!(answer.body(), "ok");
        assert_eq!(server.connections(), 1);
        return;
    }
    let hostile = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    hostile.set_nonblocking(true).unwrap();
    let url = format!("http://{}", hostile.local_addr().unwrap());
    let variables = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
        .map(|name| (name, url.as_str()));
    run_again("proxies_of_the_environment_are_ignored", &variables);
    let met = hostile.accept().map(|_| ()).unwrap_err();
    assert_eq!(met.kind(), std::io::ErrorKind::WouldBlock, "no connection was made");
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[tokio::test]
async fn the_proxy_of_the_environment_is_used_when_that_is_chosen() {
    if is_child() {
        let transport = HttpTransport::builder().proxy(Proxy::System).build();
        let url = format!("https://api.example.net{PATH}");
        let error = fail_with(&transport, &url, &patient()).await;
        assert!(error.never_sent(), "{error:?}");
        // Plain http is for this machine, and goes nowhere else.
        let server = Server::answering(OK).await;
        assert_eq!(transport.send(get(&server.url()), &patient()).await.unwrap().body(), "ok");
        return;
    }
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let heads = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = proxy.accept().unwrap();
        let mut head = [0; 1_024];
        let length = stream.read(&mut head).unwrap();
        let _ = stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
        proxy.set_nonblocking(true).unwrap();
        let others = proxy.accept().is_ok();
        (String::from_utf8_lossy(&head[..length]).into_owned(), others)
    });
    let name = "the_proxy_of_the_environment_is_used_when_that_is_chosen";
    run_again(name, &[("HTTPS_PROXY", &url), ("HTTP_PROXY", &url), ("http_proxy", &url)]);
    let (head, others) = heads.join().unwrap();
    assert!(head.starts_with("CONNECT api.example.net:443 "), "{head}");
    assert!(!others, "only https went there");
}

/// On systems where the certificates are files that these variables name.
#[cfg(all(target_os = "linux", feature = "rustls"))]
#[tokio::test]
async fn a_machine_without_certificates_can_talk_to_itself() {
    if is_child() {
        let server = Server::answering(OK).await;
        let transport = transport();
        assert!(transport.send(get(&server.url()), &patient()).await.is_ok());
        let url = format!("https://{}{PATH}", server.address);
        for _ in 0..2 {
            let error = fail_with(&transport, &url, &patient()).await;
            assert_eq!(error.kind(), TransportErrorKind::Refused, "{error:?}");
            assert!(error.to_string().contains("ca-certificates"), "{error}");
        }
        // What failed for https leaves http alone.
        assert!(transport.send(get(&server.url()), &patient()).await.is_ok());
        return;
    }
    run_again(
        "a_machine_without_certificates_can_talk_to_itself",
        &[("SSL_CERT_FILE", "/nonexistent/sample.pem"), ("SSL_CERT_DIR", "/nonexistent")],
    );
}

/// On systems where the certificates are files that these variables name.
#[cfg(all(target_os = "linux", feature = "rustls"))]
#[tokio::test]
async fn certificates_that_appear_later_are_found() {
    if is_child() {
        let file = std::path::PathBuf::from(std::env::var_os("SSL_CERT_FILE").unwrap());
        let transport = transport();
        let url = format!("https://{}{PATH}", crate::client::closed_port().await);
        let error = fail_with(&transport, &url, &patient()).await;
        assert_eq!(error.kind(), TransportErrorKind::Refused, "{error:?}");
        std::fs::write(&file, include_bytes!("root.pem")).unwrap();
        let error = fail_with(&transport, &url, &patient()).await;
        assert_eq!(error.kind(), TransportErrorKind::Connect, "{error:?}");
        return;
    }
    let name = format!("plume-runtime-roots-{}.pem", std::process::id());
    let file = std::env::temp_dir().join(name);
    let variables = [("SSL_CERT_FILE", file.to_str().unwrap()), ("SSL_CERT_DIR", "/nonexistent")];
    run_again("certificates_that_appear_later_are_found", &variables);
    std::fs::remove_file(file).unwrap();
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[tokio::test]
async fn a_proxy_of_the_environment_that_cannot_be_read_is_refused_by_name() {
    if is_child() {
        let server = Server::answering(OK).await;
        let transport = HttpTransport::builder().proxy(Proxy::System).build();
        let error = fail_with(&transport, &format!("https://{}{PATH}", server.address), &patient()).await;
        assert_eq!(error.kind(), TransportErrorKind::Refused, "{error:?}");
        let name = std::env::var("PLUME_TEST_NAME").unwrap();
        assert!(error.to_string().starts_with(&format!("{name} is not")), "{error}");
        assert_eq!(server.connections(), 0, "nothing went straight to the server");
        return;
    }
    for (name, value) in [
        ("HTTPS_PROXY", "\"http://user:canary@proxy.example.net:3128\""),
        ("https_proxy", "http://canary:80:80"),
        ("ALL_PROXY", "ftp://canary.example.net"),
    ] {
        run_again(
            "a_proxy_of_the_environment_that_cannot_be_read_is_refused_by_name",
            &[(name, value), ("PLUME_TEST_NAME", name)],
        );
    }
}

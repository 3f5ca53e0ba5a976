//! The simulator over HTTP, with a client that writes raw bytes.
#![cfg(feature = "server")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends there and then, also in its helpers"
)]

mod common;

use std::net::SocketAddr;

use plume_sim::{ServeError, Server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use common::builder;

const LOOPBACK: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

/// Sends `text` on a new connection and reads until the server closes it.
async fn exchange(server: &Server, text: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn token_and_list_work_over_the_wire() {
    let simulator = builder().customers(0).build();
    let server = simulator.serve(LOOPBACK).await.unwrap();
    let endpoints = server.endpoints();
    let base = server.base_url();
    assert!(endpoints.environment().all(|(name, value)| !name.ends_with("URL") || value.starts_with(&base)));

    let form = format!(
        "grant_type=client_credentials&scope=partnerId%3A{}+role%3ApartnerIdAdmin",
        endpoints.partner_id()
    );
    let path = endpoints.sso_url().strip_prefix(&base).unwrap().to_owned();
    let answer = exchange(
        &server,
        &format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            endpoints.auth_header(),
            form.len()
        ),
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("cache-control: no-cache, no-store\r\n"), "{answer}");
    assert!(answer.contains("date: Thu, 15 Jan 2026 10:00:00 GMT\r\n"), "by the simulator's clock: {answer}");
    let body: serde_json::Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    let token = body["access_token"].as_str().unwrap();

    let get = format!(
        "GET /api/Customers/count HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    let answer = exchange(&server, &get).await;
    assert!(answer.ends_with("\r\n\r\n{\"count\":8}"), "{answer}");
    assert_eq!(simulator.request_count(), 2);
    server.stop().await;
}

#[tokio::test]
async fn stop_closes_idle_connections_and_frees_the_port() {
    let simulator = builder().build();
    let server = simulator.serve(LOOPBACK).await.unwrap();
    let address = server.address();
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 404");
    server.stop().await;
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_dropped_server_is_gone() {
    let simulator = builder().build();
    let server = simulator.serve(LOOPBACK).await.unwrap();
    let address = server.address();
    let mut half = TcpStream::connect(address).await.unwrap();
    half.write_all(b"POST /api/Customers HTTP/1.1\r\ncontent-length: 10\r\n\r\nabc").await.unwrap();
    drop(server);
    let mut rest = Vec::new();
    let _ = half.read_to_end(&mut rest).await;
    assert!(rest.is_empty(), "ended without an answer");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn only_loopback_unless_allowed() {
    let simulator = builder().build();
    let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let error = simulator.serve(everywhere).await.unwrap_err();
    assert!(matches!(error, ServeError::NotLoopback(address) if address == everywhere));
    simulator.serve_beyond_loopback(([127, 0, 0, 1], 0)).await.unwrap().stop().await;
}

#[tokio::test]
async fn port_in_use_is_a_one_line_error() {
    let simulator = builder().build();
    let server = simulator.serve(LOOPBACK).await.unwrap();
    let error = simulator.serve(server.address()).await.unwrap_err();
    let message = error.to_string();
    assert!(message.contains(&server.address().to_string()) && !message.contains('\n'), "{message}");
}

#[tokio::test]
async fn bodies_are_bounded() {
    let simulator = builder().build();
    let server = simulator.serve(LOOPBACK).await.unwrap();
    let head = format!(
        "POST /api/Customers HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        2 << 20
    );
    let answer = exchange(&server, &head).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    let body = r#"{"error":{"message":"Payload Too Large","name":"Error","statusCode":413}}"#;
    assert!(answer.ends_with(body), "{answer}");
}

#[tokio::test]
async fn a_request_names_its_host_once() {
    let simulator = builder().build();
    let server = simulator.serve(LOOPBACK).await.unwrap();
    let status = async |version: &str, hosts: &str| {
        let text = format!("GET /nothing HTTP/{version}\r\n{hosts}connection: close\r\n\r\n");
        exchange(&server, &text).await[9..12].to_owned()
    };
    assert_eq!(status("1.1", "host: x\r\n").await, "404");
    assert_eq!(status("1.1", "").await, "400");
    assert_eq!(status("1.1", "host: x\r\nhost: x\r\n").await, "400");
    assert_eq!(status("1.1", "host: a b\r\n").await, "400");
    assert_eq!(status("1.0", "").await, "404", "HTTP/1.0 has no host");
    let refused = exchange(&server, "GET / HTTP/1.1\r\nconnection: close\r\n\r\n").await;
    assert!(refused.contains(r#""statusCode":400}"#), "{refused}");
}

#[tokio::test]
async fn quotes_in_a_query_need_no_encoding() {
    let simulator = builder().build();
    let server = simulator.serve(LOOPBACK).await.unwrap();
    let token = simulator.issue_token();
    let ask = |filter: &str, close: &str| {
        format!(
            "GET /api/Customers?filter={filter} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n{close}\r\n"
        )
    };
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(ask(r#"{"where":{"name":"<none>"}}"#, "").as_bytes()).await.unwrap();
    let mut first = Vec::new();
    while !first.ends_with(b"\r\n\r\n[]") {
        first.push(stream.read_u8().await.unwrap());
    }
    assert!(first.starts_with(b"HTTP/1.1 200"));
    // The second request of the connection as well.
    let second = ask(r#"{"limit":2,"fields":["id"]}"#, "connection: close\r\n");
    stream.write_all(second.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(simulator.understood().unwrap().query["filter"], [r#"{"limit":2,"fields":["id"]}"#]);
}

#[tokio::test]
async fn another_process_reads_the_verdict_and_resets() {
    let simulator = builder().build();
    let server = simulator.serve(LOOPBACK).await.unwrap();
    let ask = async |method: &str, path: &str| {
        let text = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answer = exchange(&server, &text).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].to_owned(), serde_json::from_str::<serde_json::Value>(body).unwrap_or_default())
    };
    let (status, verdict) = ask("GET", "/simulator/verdict").await;
    assert_eq!((status.as_str(), &verdict["clean"]), ("200", &true.into()));
    assert_eq!(verdict["counts"]["requests"], 0, "what is asked here does not count");
    ask("GET", "/api/podes").await;
    let verdict = ask("GET", "/simulator/verdict").await.1;
    assert_eq!((&verdict["clean"], &verdict["totals"]["unknown route"]), (&false.into(), &1.into()));
    assert_eq!(verdict["violations"][0]["requests"], serde_json::json!([1]));
    assert_eq!(ask("POST", "/simulator/reset").await.0, "204");
    assert_eq!(ask("GET", "/simulator/verdict").await.1["clean"], true);
    assert_eq!(ask("GET", "/simulator/reset").await.0, "404");
    assert_eq!(ask("GET", "/simulator/pony").await.0, "404");
    assert!(simulator.verdict().is_clean());
}

#[tokio::test]
async fn the_metadata_leads_back_to_the_server() {
    let simulator = builder().build();
    let server = simulator.serve(LOOPBACK).await.unwrap();
    let host = server.base_url().replace("http://", "");
    let path = "/oauth2/ausSIMULATOR00000000/.well-known/oauth-authorization-server";
    let text = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    let answer = exchange(&server, &text).await;
    let body: serde_json::Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["token_endpoint"], server.endpoints().sso_url());
}

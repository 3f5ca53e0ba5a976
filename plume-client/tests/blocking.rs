//! Calls from a program that is not async, over a real connection.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use plume_auth::{SecureUrl, StaticToken};
use plume_client::{Blocking, Client, ErrorKind, RateLimiter};
use plume_runtime::SystemClock;

/// A server that gives every request the next of these bodies, each on a connection of its own.
fn serve(bodies: &'static [&'static str]) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/api", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for body in bodies {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.push(byte[0]);
            }
            let length = body.len();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        }
    });
    Client::builder()
        .api_base(SecureUrl::parse(&base).unwrap())
        .token_provider(StaticToken::new("not.a.token").unwrap())
        .rate_limiter(RateLimiter::unlimited(Arc::new(SystemClock::new())))
        .build()
        .unwrap()
}

#[test]
fn calls_and_streams_are_waited_for() {
    let client = serve(&[r#"[{"id":"TST1"}]"#, r#"[{"id":"a"},{"id":"b"}]"#, "[]"]);
    let blocking = Blocking::new().unwrap();
    let nodes = blocking.run(client.customer("c1").location("l1").nodes()).unwrap();
    assert_eq!(nodes[0].id.as_str(), "TST1");
    let customers = blocking.iterate(client.customers().pages().items());
    let ids: Vec<String> = customers.map(|customer| customer.unwrap().id.to_string()).collect();
    assert_eq!(ids, ["a", "b"]);
}

#[test]
fn threads_wait_for_their_own_calls() {
    let client = serve(&["[]", "[]", "[]", "[]"]);
    let blocking = Blocking::new().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| blocking.run(client.customer("c1").location("l1").nodes()).unwrap());
        }
    });
    assert_eq!(client.calls_made(), 4);
}

/// A server that keeps its connections and answers everything with an empty list; counts the connections.
fn keeping() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/api", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let (mut request, mut byte) = (Vec::new(), [0]);
                while stream.read(&mut byte).is_ok_and(|read| read == 1) {
                    request.push(byte[0]);
                    if request.ends_with(b"\r\n\r\n") {
                        request.clear();
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]");
                    }
                }
            });
        }
    });
    (base, connections)
}

#[test]
fn a_client_serves_a_blocking_program_and_a_runtime_in_turns() {
    let (base, connections) = keeping();
    let client = Client::builder()
        .api_base(SecureUrl::parse(&base).unwrap())
        .token_provider(StaticToken::new("not.a.token").unwrap())
        .rate_limiter(RateLimiter::unlimited(Arc::new(SystemClock::new())))
        .build()
        .unwrap();
    let home = client.customer("c1").location("l1");
    let blocking = Blocking::new().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for _ in 0..3 {
        // While one waits, the connections of the other are not polled.
        assert!(blocking.run(home.nodes()).unwrap().is_empty());
        assert!(runtime.block_on(home.nodes()).unwrap().is_empty());
    }
    assert_eq!(client.calls_made(), 6, "each at the first try");
    assert_eq!(connections.load(Ordering::SeqCst), 2, "each keeps its own");
}

#[test]
fn blocking_works_on_blocking_threads_of_a_runtime() {
    let runtimes = [
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap(),
    ];
    for runtime in &runtimes {
        let client = serve(&["[]", "[]"]);
        let ids = runtime.block_on(async {
            tokio::task::spawn_blocking(move || {
                let blocking = Blocking::new().unwrap();
                let nodes = blocking.run(client.customer("c1").location("l1").nodes()).unwrap();
                let pages = client.customers().pages();
                assert!(nodes.is_empty());
                blocking.iterate(pages.items()).count()
            })
            .await
        });
        assert_eq!(ids.unwrap(), 0);
    }
    let [_, runtime] = &runtimes;
    let in_place = runtime.spawn(async {
        let blocking = Blocking::new().unwrap();
        let result = tokio::task::block_in_place(|| blocking.run(async { Ok(7) }));
        // The steps of the task are given back: it can still take some at once.
        assert!(blocking.run(async { Ok(()) }).is_err() && tokio::task::coop::has_budget_remaining());
        result
    });
    assert_eq!(runtime.block_on(in_place).unwrap().unwrap(), 7);
}

#[tokio::test]
async fn inside_a_runtime_it_refuses_and_does_not_panic() {
    let blocking = Blocking::new().unwrap();
    let error = blocking.run(async { Ok(()) }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Settings);
    assert!(error.to_string().contains("await the call"), "{error}");
    let client = serve(&[]);
    let mut items = blocking.iterate(client.customers().pages().items());
    assert!(items.next().unwrap().is_err());
    assert!(items.next().is_none());
    drop(items);
    drop(blocking);
}

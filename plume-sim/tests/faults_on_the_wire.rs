//! Faults over a socket: the server delays, drips, truncates and resets real connections.
#![cfg(feature = "server")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends there and then, also in its helpers"
)]

mod common;

use std::{io, sync::Arc, time::Duration};

use plume_runtime::{Clock, ManualClock};
use plume_sim::{
    Server, Simulator,
    faults::{Effect, FaultPlan, FaultRule, ResetStage},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use common::{builder, start};

struct Served {
    simulator: Simulator,
    server: Server,
    clock: ManualClock,
    token: String,
}

async fn served(effect: Effect, skipping: bool) -> Served {
    let clock = if skipping { ManualClock::skipping(start()) } else { ManualClock::new(start()) };
    let plan = FaultPlan::new(1).rule(FaultRule::new(effect));
    let simulator = builder().clock(Arc::new(clock.clone())).faults(plan).build();
    let server = simulator.serve(([127, 0, 0, 1], 0)).await.unwrap();
    let token = simulator.issue_token();
    Served { simulator, server, clock, token }
}

impl Served {
    async fn open(&self) -> TcpStream {
        let mut stream = TcpStream::connect(self.server.address()).await.unwrap();
        let request = format!(
            "GET /api/Customers HTTP/1.1\r\nhost: x\r\naccept: application/json\r\nauthorization: Bearer {}\r\n\r\n",
            self.token
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    /// Reads until the connection ends. Returns the text and how the connection ended.
    async fn rest(&self) -> (String, io::Result<usize>) {
        let mut stream = self.open().await;
        let mut bytes = Vec::new();
        let end = stream.read_to_end(&mut bytes).await;
        (String::from_utf8(bytes).unwrap(), end)
    }
}

fn announced(answer: &str) -> usize {
    let line = answer.lines().find_map(|line| line.strip_prefix("content-length: "));
    line.unwrap().parse().unwrap()
}

#[tokio::test]
async fn reset_occurs_at_the_planned_stage() {
    for at in [
        ResetStage::Connect,
        ResetStage::Request,
        ResetStage::Headers,
        ResetStage::AfterHeaders,
        ResetStage::Body,
    ] {
        let served = served(Effect::Reset { at }, true).await;
        let (answer, end) = served.rest().await;
        assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset, "{at:?}");
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.len());
        match at {
            ResetStage::Connect | ResetStage::Request => assert_eq!(answer, ""),
            ResetStage::Headers => assert!(answer.starts_with("HTTP/1.1 200") && body.is_none(), "{answer}"),
            ResetStage::AfterHeaders => assert_eq!(body, Some(0)),
            _ => assert_eq!(body, Some(announced(&answer) / 2)),
        }
        assert_eq!(served.simulator.verdict().counts().by_status[&0], 1, "no whole answer was given");
    }
}

#[tokio::test]
async fn latency_and_drips_are_waited_for_by_the_simulators_clock() {
    let three = Duration::from_secs(3);
    let slow = served(Effect::Latency { least: three, most: three }, true).await;
    let mut first = [0; 12];
    slow.open().await.read_exact(&mut first).await.unwrap();
    assert_eq!(slow.clock.monotonic(), three);

    let dripping = served(Effect::SlowBody { bytes_per_second: 100 }, true).await;
    let mut stream = dripping.open().await;
    let mut answer = Vec::new();
    while !answer.ends_with(b"}]") {
        stream.read_buf(&mut answer).await.unwrap();
    }
    let length = announced(std::str::from_utf8(&answer).unwrap());
    let seconds = dripping.clock.monotonic().as_secs_f64();
    let expected = f64::from(u32::try_from(length).unwrap()) / 100.0;
    assert!((seconds - expected).abs() < 0.11, "{seconds} s for {length} bytes");
}

#[tokio::test]
async fn a_drip_waits_between_its_pieces() {
    let served = served(Effect::SlowBody { bytes_per_second: 50 }, false).await;
    let mut stream = served.open().await;
    let mut answer = Vec::new();
    let head = loop {
        stream.read_buf(&mut answer).await.unwrap();
        if let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    for piece in 1..=4 {
        while served.clock.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(answer.len(), head + 5 * (piece - 1));
        served.clock.advance(Duration::from_millis(100));
        while answer.len() < head + 5 * piece {
            stream.read_buf(&mut answer).await.unwrap();
        }
    }
}

#[tokio::test]
async fn bomb_has_its_announced_size_and_is_streamed() {
    let served = served(Effect::HugeBody { bytes: 3 << 20 }, true).await;
    let mut stream = served.open().await;
    let mut bytes = vec![0; 3 << 20];
    stream.read_exact(&mut bytes).await.unwrap();
    assert!(bytes.starts_with(b"HTTP/1.1 200 OK\r\n"));
    assert!(bytes.ends_with(b"    "));
    // The client disconnects early, and the server continues.
    drop(stream);
    served.simulator.set_faults(FaultPlan::default());
    let mut first = [0; 12];
    served.open().await.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
}

#[tokio::test]
async fn hanging_response_does_not_block_shutdown() {
    let served = served(Effect::Hang, true).await;
    let mut stream = served.open().await;
    while served.simulator.request_count() == 0 {
        tokio::task::yield_now().await;
    }
    served.server.stop().await;
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    assert!(bytes.is_empty());
}

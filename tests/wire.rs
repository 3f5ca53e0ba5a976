//! The client over a real socket: token endpoint, API and reports on a loopback port.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{net::Ipv4Addr, sync::Arc};

use plume::{
    Client, ErrorKind, Granularity, RateLimiter, Resource, Settings, WanPeriod, health, runtime::SystemClock,
};
use plume_sim::{Home, Simulator};

async fn served() -> (plume_sim::Server, Client) {
    serve(&Simulator::builder().seed(7).build()).await
}

async fn serve(simulator: &Simulator) -> (plume_sim::Server, Client) {
    let server = simulator.serve((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let settings = Settings::from_variables(server.endpoints().environment()).unwrap();
    // A call limit would only slow the test.
    let limiter = RateLimiter::unlimited(Arc::new(SystemClock::new()));
    (server, Client::builder().settings(settings).rate_limiter(limiter).build().unwrap())
}

#[tokio::test]
async fn analysis_is_equal_over_the_wire_and_in_process() {
    let (server, client) = served().await;
    for home in Home::ALL {
        let snapshot =
            client.customer(home.customer_id()).location(home.location_id()).snapshot().await.unwrap();
        let report = health::analyze(&snapshot, &health::Policy::standard(), snapshot.taken_at);
        let green = matches!(home, Home::Healthy | Home::ReducedService);
        assert_eq!(report.status == health::Status::Green, green, "{home}: {}", report.headline);
    }
    assert!(client.drift().is_empty(), "{:#?}", client.drift());
    server.stop().await;
}

#[tokio::test]
async fn snapshots_of_an_unknown_customer_break_no_rule() {
    for known_first in [true, false] {
        let simulator = Simulator::builder().seed(7).build();
        let (server, client) = serve(&simulator).await;
        if known_first {
            client.customer(Home::Healthy.customer_id()).get().await.unwrap();
        }
        let unknown = client.customer("5ca1ab1e00000000ffffffff").location("5ca1ab1e00000000ffffffff");
        for _ in 0..5 {
            let error = unknown.snapshot().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound(Resource::Customer));
        }
        // Four parts each, and one check of the token.
        assert!((20..=22).contains(&client.calls_made()), "{}", client.calls_made());
        let requests = simulator.requests();
        assert_eq!(requests.iter().filter(|request| request.path.ends_with("/token")).count(), 1);
        let verdict = simulator.verdict();
        assert!(verdict.is_clean(), "{verdict}");
        server.stop().await;
    }
}

#[tokio::test]
async fn reports_use_their_own_base_url() {
    let (server, client) = served().await;
    let home = client.customer(Home::Healthy.customer_id()).location(Home::Healthy.location_id());
    let wan = home.reports().wan_stats(WanPeriod::Daily).await.unwrap();
    assert_eq!(wan.points().len(), 96);
    home.reports().online_stats(Granularity::Hours, Some(24)).await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn stopped_cloud_is_a_network_error() {
    let (server, client) = served().await;
    let home = client.customer(Home::Healthy.customer_id()).location(Home::Healthy.location_id());
    home.get().await.unwrap();
    server.stop().await;
    let error = home.nodes().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network, "{error}");
    // The error contains the address, but not the path with its ids.
    assert!(!error.to_string().contains(Home::Healthy.customer_id()), "{error}");
}

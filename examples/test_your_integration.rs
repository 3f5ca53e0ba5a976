//! Tests of a program that uses the Plume Cloud, without an account or a network, in virtual time.
//!
//! ```text
//! cargo run --example test_your_integration
//! ```
//!
//! The functions below have the form of tests. In your project they would be in `tests/`, each with `#[tokio::test]`.
#![allow(clippy::print_stdout, reason = "prints to a terminal")]

use std::{error::Error, time::Duration};

use chrono::DateTime;
use plume::{
    Client, ErrorKind, Settings, health,
    runtime::{Clock, ManualClock},
};
use plume_sim::{
    Home, Simulator,
    faults::{Area, Effect, FaultPlan, FaultRule},
};

/// The code under test: a line of a morning report.
async fn morning_line(client: &Client, home: Home) -> Result<String, plume::Error> {
    let location = client.customer(home.customer_id()).location(home.location_id());
    let snapshot = location.snapshot().await?;
    Ok(health::analyze(&snapshot, &health::Policy::standard(), snapshot.taken_at).headline)
}

/// Returns a simulator and a client on the same clock. Waits end at once and advance the clock, and the client's call
/// limit follows it as well.
fn set_up(plan: FaultPlan) -> Result<(Simulator, Client, ManualClock), Box<dyn Error>> {
    let clock = ManualClock::skipping(DateTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000));
    let cloud = Simulator::builder().seed(7).clock(clock.clone()).faults(plan).build();
    let settings = Settings::from_variables(cloud.environment())?;
    let builder = Client::builder().settings(settings).transport(cloud.transport());
    let client = builder.clock(clock.clone()).build()?;
    Ok((cloud, client, clock))
}

async fn a_disconnected_pod_is_reported() -> Result<(), Box<dyn Error>> {
    let (cloud, client, _) = set_up(FaultPlan::default())?;
    let line = morning_line(&client, Home::OnePodDown).await?;
    assert!(line.contains("1 pod is disconnected"), "{line}");
    cloud.verdict().assert_clean();
    Ok(())
}

async fn temporary_failures_are_retried() -> Result<(), Box<dyn Error>> {
    let busy = Effect::status(503);
    let rule = FaultRule::new(busy).area(Area::Api).every(3);
    let (cloud, client, _) = set_up(FaultPlan::new(7).rule(rule))?;
    let line = morning_line(&client, Home::Healthy).await?;
    assert!(line.contains("ALL SYSTEMS OPERATIONAL"), "{line}");
    cloud.verdict().assert_faults_used();
    cloud.verdict().assert_clean();
    Ok(())
}

async fn a_firewall_block_is_waited_out() -> Result<(), Box<dyn Error>> {
    let block = Effect::FirewallBlock { lasts: Duration::from_secs(300) };
    let rule = FaultRule::new(block).area(Area::Api).once();
    let (cloud, client, clock) = set_up(FaultPlan::new(7).rule(rule))?;
    let location = client.customer(Home::Healthy.customer_id()).location(Home::Healthy.location_id());
    let error = location.nodes().await.err().ok_or("a blocked call succeeded")?;
    assert_eq!(error.kind(), ErrorKind::Blocked);
    // Five minutes pass at once.
    clock.advance(Duration::from_secs(301));
    assert_eq!(location.nodes().await?.len(), 1);
    assert!(clock.monotonic() >= Duration::from_secs(301));
    cloud.verdict().assert_clean();
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    a_disconnected_pod_is_reported().await?;
    temporary_failures_are_retried().await?;
    a_firewall_block_is_waited_out().await?;
    println!("all three tests passed");
    Ok(())
}

#[test]
fn all_of_them_pass() -> Result<(), Box<dyn Error>> {
    main()
}

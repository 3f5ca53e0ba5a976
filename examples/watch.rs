//! Watches simulated homes through a power cut, and prints when their status changes.
//!
//! ```text
//! cargo run --example watch
//! ```
//!
//! An hour of checks passes in a moment, because the clock of the program skips all waiting. Against a real cloud leave out
//! the simulator and the clock: `Client::from_env()?` and the ids of your homes are all that is needed.
#![allow(clippy::print_stdout, reason = "it talks to people at a terminal")]

use std::time::Duration;

use plume::{
    Client, Settings,
    runtime::{Clock, ManualClock, SystemClock},
};
use plume_sim::{Home, Simulator, Story};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let clock = ManualClock::skipping(SystemClock::new().wall());
    let cloud = Simulator::builder().seed(7).story(Story::PowerCut).clock(clock.clone()).build();
    let client = Client::builder()
        .settings(Settings::from_variables(cloud.environment())?)
        .transport(cloud.transport())
        .clock(clock)
        .build()?;

    let homes = [Home::Healthy, Home::OnePodDown].map(|home| (home.customer_id(), home.location_id()));
    let mut watch = plume::watch(&client, homes).every(Duration::from_secs(60));
    // Both homes have a problem, which ends; one of them had a lesser one before, which stays.
    for _ in 0..5 {
        match watch.next().await.ok_or("no homes")? {
            Ok(change) => {
                let event = &change.event;
                println!("{}: {} -> {} since {}", change.location_id, event.from, event.to, event.since);
            }
            Err(failure) => println!("{failure}"),
        }
    }
    Ok(())
}

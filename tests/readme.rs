//! The report in the README is the printed one. Its programs are compiled as documentation tests of the library.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use plume::{
    Client, Settings,
    health::{Format, Policy, analyze},
};
use plume_sim::{Home, Simulator};

#[tokio::test]
async fn readme_shows_the_printed_report() {
    let cloud = Simulator::builder().seed(7).build();
    let settings = Settings::from_variables(cloud.environment()).unwrap();
    let client = Client::builder().settings(settings).transport(cloud.transport()).build().unwrap();
    let home = client.customer(Home::OnePodDown.customer_id()).location(Home::OnePodDown.location_id());
    let snapshot = home.snapshot().await.unwrap();
    let report = analyze(&snapshot, &Policy::standard(), snapshot.taken_at).render(Format::Text);
    let shown =
        include_str!("../README.md").split_once("```text\n").unwrap().1.split_once("\n```").unwrap().0;
    assert_eq!(report.trim_end(), shown);
}

//! Reports that have to fit into a message.

use std::time::Duration;

use plume_health::{Format, Status};
use plume_monitor::fleet::FleetRollUp;
use plume_monitor::tracker::{HealthTracker, TrackerPolicy};
use testkit::snapshots::{check_limits, healthy, now, report, sick};

#[test]
fn every_limit_holds_and_cuts_between_lines() {
    let mut fleet = FleetRollUp::default();
    fleet.add(&sick());
    fleet.add(&report(healthy()));
    let fleet = fleet.report();
    let policy = TrackerPolicy::standard().with_enter_after(Duration::ZERO).with_leave_after(Duration::ZERO);
    let event = HealthTracker::new().observe(&policy, now(), Status::Red).unwrap();
    for format in [Format::Text, Format::Markdown, Format::Html] {
        let cut = check_limits(|limit| fleet.render(format.within(limit)));
        assert!(cut > 100, "{cut}");
        assert!(check_limits(|limit| event.render(format.within(limit))) > 10);
    }
}

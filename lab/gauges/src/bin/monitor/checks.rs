//! One check of a home through the real client.

use plume_client::{Client, Error};
use plume_health::{HealthReport, Policy, analyze};
use plume_runtime::Clock;
use plume_types::{LocationSnapshot, Part};

use crate::fleet::Home;

/// Reads a home and analyzes it: the nodes alone, or everything.
pub(crate) async fn check(
    client: &Client,
    clock: &dyn Clock,
    home: &Home,
    full: bool,
    policy: &Policy,
) -> Result<HealthReport, Error> {
    let location = client.customer(home.customer.as_str()).location(home.location.as_str());
    let snapshot = if full {
        location.snapshot().await?
    } else {
        let nodes = location.nodes().await?;
        let mut snapshot =
            LocationSnapshot::new(home.customer.as_str(), home.location.as_str(), clock.wall());
        snapshot.nodes = Part::Known(nodes);
        snapshot
    };
    Ok(analyze(&snapshot, policy, clock.wall()))
}

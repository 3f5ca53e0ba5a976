//! Everything about a location at one moment.

use futures_util::future::join4;
use plume_types::{Location, LocationSnapshot, Part, PartFailure, PartFailureKind};

use crate::{Error, ErrorKind, LocationHandle, QoePeriod, times::utc};

impl LocationHandle {
    /// Gathers location, nodes, devices, service level and QoE side by side.
    ///
    /// One part that fails does not hide the others: it stands in the snapshot as
    /// [`Part::Failed`]. The service level is part of the location's answer; it is asked for separately only
    /// where it is missing there, so that a snapshot usually costs four calls.
    ///
    /// # Errors
    ///
    /// [`Error`] when there is no such location or customer, no access token, or not one part could be had.
    pub async fn snapshot(&self) -> Result<LocationSnapshot, Error> {
        let (location, nodes, devices, qoe) =
            join4(self.get(), self.nodes(), self.devices(), self.app_qoe(QoePeriod::Last24Hours)).await;
        let hopeless = location.is_err() && nodes.is_err() && devices.is_err() && qoe.is_err();
        if let Err(error) = &location
            && (hopeless || matches!(error.kind(), ErrorKind::NotFound(_) | ErrorKind::Auth))
        {
            return Err(error.clone());
        }
        let service_level = match &location {
            Ok(Location { service_level: Some(level), .. }) => Part::Known(level.clone()),
            Ok(_) => optional(self.service_level().await),
            // What kept the location from answering would keep its service level, and an optional part is not
            // worth another wait.
            Err(error) => Part::Failed(error.part_failure()),
        };
        let taken_at = utc(self.client.inner.clock.wall());
        let mut snapshot = LocationSnapshot::new(self.customer_id(), self.id(), taken_at);
        snapshot.location = part(location);
        snapshot.nodes = part(nodes);
        snapshot.devices = part(devices);
        snapshot.service_level = service_level;
        snapshot.qoe = optional(qoe);
        Ok(snapshot)
    }
}

/// A part that not every location has: "not found" means that there is none.
fn optional<T>(result: Result<T, Error>) -> Part<T> {
    match result {
        Err(error) if error.is_not_found() => {
            Part::Failed(PartFailure::new(PartFailureKind::Unsupported, error.to_string()))
        }
        other => part(other),
    }
}

fn part<T>(result: Result<T, Error>) -> Part<T> {
    match result {
        Ok(value) => Part::Known(value),
        Err(error) => Part::Failed(error.part_failure()),
    }
}

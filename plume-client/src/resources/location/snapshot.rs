//! Snapshots of a location.

use futures_util::future::join4;
use plume_types::{Field, Location, LocationSnapshot, Part, PartFailure, PartFailureKind};

use crate::error::{Error, ErrorKind, Resource};
use crate::resources::location::handle::{LocationHandle, QoePeriod};
use crate::resources::times::cut;

impl LocationHandle {
    /// Returns location, nodes, devices, service level and QoE, read at the same time.
    ///
    /// A part that fails is [`Part::Failed`] in the snapshot and does not hide the others. The service level is a part of
    /// the location; it is read separately only where that lacks it, so a snapshot usually makes four calls.
    ///
    /// All calls share one deadline, that of a single call.
    ///
    /// # Errors
    ///
    /// [`Error`] if the location does not exist, or if all parts fail: an unknown customer, no access token. Of different
    /// errors it is the one with the widest scope: a limit or block before authentication, that before the network.
    pub async fn snapshot(&self) -> Result<LocationSnapshot, Error> {
        let clock = &self.client.inner.services.clock;
        let started = clock.monotonic();
        let (location, nodes, devices, qoe) =
            join4(self.get(), self.nodes(), self.devices(), self.app_qoe(QoePeriod::Last24Hours)).await;
        // For an unknown location an empty list of nodes means nothing. Any other failure of the location leaves the other
        // parts valid.
        if let Err(error) = &location
            && error.kind() == ErrorKind::NotFound(Resource::Location)
        {
            return Err(error.clone());
        }
        if let (Err(location), Err(nodes), Err(devices), Err(qoe)) = (&location, &nodes, &devices, &qoe) {
            // `max_by_key` returns the last maximum.
            let errors = [qoe, devices, nodes, location].into_iter();
            return Err(errors.max_by_key(|error| reach(error)).unwrap_or(location).clone());
        }
        let service_level = match &location {
            Ok(Location { service_level: Field::Known(level), .. }) => Part::Known(level.clone()),
            Ok(_) => {
                let spent = clock.monotonic().saturating_sub(started);
                let left = self.client.options.deadline.saturating_sub(spent);
                let in_time =
                    self.client.with_deadline(left).customer(self.customer_id()).location(self.id());
                optional(in_time.service_level().await)
            }
            // The service level would fail in the same way, and an optional part is not worth another wait.
            Err(error) => Part::Failed(error.part_failure()),
        };
        let taken_at = cut(self.client.inner.services.clock.wall());
        let mut snapshot = LocationSnapshot::new(self.customer_id(), self.id(), taken_at);
        snapshot.location = part(location);
        snapshot.nodes = part(nodes);
        snapshot.devices = part(devices);
        snapshot.service_level = service_level;
        snapshot.qoe = optional(qoe);
        Ok(snapshot)
    }
}

/// Returns the scope of the cause: how many other calls fail as well.
fn reach(error: &Error) -> u8 {
    match error.kind() {
        ErrorKind::NotFound(Resource::Customer | Resource::Location) => 4,
        _ if error.is_limited() => 3,
        ErrorKind::Auth | ErrorKind::Unauthorized => 2,
        ErrorKind::Network | ErrorKind::Timeout | ErrorKind::Server => 1,
        _ => 0,
    }
}

/// Converts the result of a part that not every location has: "not found" means that it is not supported. A 401 means
/// that the role may not read it.
fn optional<T>(result: Result<T, Error>) -> Part<T> {
    match result {
        Err(error) if error.is_not_found() && error.kind() != ErrorKind::NotFound(Resource::Customer) => {
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

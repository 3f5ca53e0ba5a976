//! The wait for the result of a speed test.

use std::time::Duration;

use plume_types::{NodeId, SpeedTest};

use crate::error::Error;
use crate::resources::location::handle::LocationHandle;

/// The interval between two reads of the result.
const EVERY: Duration = Duration::from_secs(5);

impl LocationHandle {
    /// Waits until a speed test that was [started](LocationHandle::start_speed_test) is [over](SpeedTest::is_over), and
    /// returns its result; `None` if it is not over within this time. A test takes about half a minute.
    ///
    /// Reads the result every five seconds, for the first time after five seconds. Before its end a test has no result, and
    /// a network failure does not end the wait. Dropping the future ends the wait, and not the test.
    ///
    /// ```no_run
    /// # async fn run(home: plume_client::LocationHandle) -> Result<(), plume_client::Error> {
    /// use std::time::Duration;
    ///
    /// let started = home.start_speed_test("TST0000001").send().await?;
    /// if let Some(request) = started.response.and_then(|response| response.text("requestId")) {
    ///     let test = home.wait_for_speed_test("TST0000001", &request, Duration::from_secs(180)).await?;
    ///     println!("{:?} Mbps", test.and_then(|test| test.download));
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// An error that a later read would have, too; or the last network failure, if no read succeeded.
    pub async fn wait_for_speed_test(
        &self,
        node: impl Into<NodeId>,
        request: &str,
        within: Duration,
    ) -> Result<Option<SpeedTest>, Error> {
        let (clock, node) = (self.client.clock(), node.into());
        let end = clock.monotonic().saturating_add(within);
        let mut lost = None;
        while clock.monotonic().saturating_add(EVERY) <= end {
            clock.sleep(EVERY).await;
            match self.speed_test_result(node.clone(), request).await {
                Ok(test) if test.is_over() => return Ok(Some(test)),
                Ok(_) => lost = None,
                Err(error) if error.is_not_found() => lost = None,
                Err(error) if error.is_transient() => lost = Some(error),
                Err(error) => return Err(error),
            }
        }
        lost.map_or(Ok(None), Err)
    }
}

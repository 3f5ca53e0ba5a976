//! The progress of a long command, on a terminal only.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plume::{
    Client, FleetProgress,
    runtime::{Clock, SystemClock},
};

/// The interval between two updates.
const TICK: Duration = Duration::from_millis(200);

/// A bar on stderr: customers, time left, calls per second, calls left, failures. Nothing without a terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    client: Client,
    clock: SystemClock,
    began: Duration,
    calls_before: u64,
    customers_before: Option<u64>,
}

impl Progress {
    pub(crate) fn new(client: &Client) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:12} {wide_msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        let clock = SystemClock::new();
        let (began, calls_before) = (clock.monotonic(), client.calls_made());
        Self { bar, client: client.clone(), clock, began, calls_before, customers_before: None }
    }

    /// Waits until the next update is due. Never ends without a terminal.
    pub(crate) async fn tick(&self) {
        match self.bar.is_hidden() {
            true => std::future::pending().await,
            false => self.clock.sleep(TICK).await,
        }
    }

    pub(crate) fn show(&mut self, progress: FleetProgress) {
        let before = *self.customers_before.get_or_insert(progress.customers_done);
        if self.bar.is_hidden() {
            return;
        }
        let passed = self.clock.monotonic().saturating_sub(self.began);
        let calls = self.client.calls_made() - self.calls_before;
        let status = self.client.rate_limiter().status();
        let text = line(progress, progress.customers_done - before, passed, calls, status.budget_left);
        self.bar.set_length(progress.customers_total.unwrap_or_default());
        self.bar.set_position(progress.customers_done);
        self.bar.set_message(match status.blocked_for.or(status.paused_for) {
            Some(wait) => format!("waits {} · {text}", plume_text::human(wait)),
            None => text,
        });
    }

    /// Writes something else meanwhile.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    pub(crate) fn passed(&self) -> Duration {
        self.clock.monotonic().saturating_sub(self.began)
    }
}

/// A signal drops the command: no bar may remain on the screen.
impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The text beside the bar, the most important first, because a narrow screen cuts it.
#[expect(clippy::cast_precision_loss, reason = "shown with a few digits")]
fn line(
    progress: FleetProgress,
    done_now: u64,
    passed: Duration,
    calls: u64,
    budget_left: Option<usize>,
) -> String {
    let mut parts = vec![progress.to_string()];
    let seconds = passed.as_secs_f64();
    if let Some(total) = progress.customers_total
        && done_now > 0
    {
        let rest = total.saturating_sub(progress.customers_done);
        let left = Duration::try_from_secs_f64(seconds / done_now as f64 * rest as f64).unwrap_or_default();
        parts.push(format!("{} left", plume_text::human(Duration::from_secs(left.as_secs()))));
    }
    if seconds >= 1.0 {
        parts.push(format!("{:.1} calls/s", calls as f64 / seconds));
    }
    if let Some(budget) = budget_left {
        parts.push(format!("room for {budget} calls"));
    }
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_has_rate_room_and_time_left() {
        let mut progress = FleetProgress::default();
        progress.customers_done = 500;
        progress.customers_total = Some(2_000);
        progress.failures = 2;
        let text = line(progress, 400, Duration::from_secs(100), 590, Some(1_310));
        assert_eq!(
            text,
            "500 of 2000 customers, 2 failures · 6 min 15 s left · 5.9 calls/s · room for 1310 calls"
        );
        let text = line(FleetProgress::default(), 0, Duration::ZERO, 0, None);
        assert_eq!(text, "0 customers");
    }
}

//! The progress of a long command, on a terminal only.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plume::{
    Client, FleetProgress,
    runtime::{Clock, SystemClock},
};

/// The interval between two updates.
const TICK: Duration = Duration::from_millis(200);

const TEMPLATE: &str = "{bar:8} {msg}";
/// The columns of the bar, of the blank behind it, and of the `^C` that a terminal writes at the cursor: if that began a line of
/// its own, the bar would stay on the screen.
const AROUND: usize = 8 + 1 + 3;
/// The columns of a screen with room for a bar and whole words.
const WIDE: usize = 60;

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
        let is_wide = columns() >= WIDE;
        if let Ok(style) = ProgressStyle::with_template(if is_wide { TEMPLATE } else { "{msg}" }) {
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
        let columns = columns();
        let done_now = progress.customers_done - before;
        let wait = status.blocked_for.or(status.paused_for);
        let parts = Parts { progress, done_now, passed, calls, budget_left: status.budget_left, wait };
        self.bar.set_length(progress.customers_total.unwrap_or_default());
        self.bar.set_position(progress.customers_done);
        let (text, room) = match columns >= WIDE {
            true => (parts.line(), columns - AROUND),
            false => (parts.short_line(), columns.saturating_sub(3)),
        };
        self.bar.set_message(text.chars().take(room).collect::<String>());
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

fn columns() -> usize {
    terminal_size::terminal_size_of(std::io::stderr()).map_or(80, |(width, _)| usize::from(width.0))
}

/// The parts of the text beside the bar, the most important first, because a narrow screen cuts it.
struct Parts {
    progress: FleetProgress,
    /// Customers since the start of this run.
    done_now: u64,
    passed: Duration,
    calls: u64,
    budget_left: Option<usize>,
    /// A pause of the call limit.
    wait: Option<Duration>,
}

#[expect(clippy::cast_precision_loss, reason = "shown with a few digits")]
impl Parts {
    fn line(&self) -> String {
        let mut parts: Vec<String> =
            self.wait.map(|wait| format!("waits {}", plume_text::human(wait))).into_iter().collect();
        parts.push(self.progress.to_string());
        parts.extend(self.left().map(|left| format!("{left} left")));
        parts.extend(self.rate().map(|rate| format!("{rate:.1} calls/s")));
        parts.extend(self.budget_left.map(|budget| format!("room for {budget}")));
        parts.join(" · ")
    }

    /// The same for 40 columns.
    fn short_line(&self) -> String {
        let FleetProgress { customers_done, customers_total, failures, .. } = self.progress;
        let total = customers_total.map_or_else(String::new, |total| format!("/{total}"));
        let mut parts: Vec<String> =
            self.wait.map(|wait| format!("waits {}", plume_text::human(wait))).into_iter().collect();
        parts.push(format!("{customers_done}{total}"));
        parts.extend(self.left());
        parts.extend(self.rate().map(|rate| format!("{rate:.1}/s")));
        parts.extend(self.budget_left.map(|budget| format!("room {budget}")));
        if failures > 0 {
            parts.push(format!("{failures} failed"));
        }
        parts.join(", ")
    }

    /// The time left, in whole minutes if it is long.
    fn left(&self) -> Option<String> {
        let total = self.progress.customers_total?;
        let rest = total.saturating_sub(self.progress.customers_done);
        let each = (self.done_now > 0).then(|| self.passed.as_secs_f64() / self.done_now as f64)?;
        let left = Duration::try_from_secs_f64(each * rest as f64).unwrap_or_default().as_secs();
        let unit = if left >= 120 { 60 } else { 1 };
        Some(plume_text::human(Duration::from_secs(left.div_ceil(unit) * unit)).to_string())
    }

    fn rate(&self) -> Option<f64> {
        let seconds = self.passed.as_secs_f64();
        (seconds >= 1.0).then(|| self.calls as f64 / seconds)
    }
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
        let parts = Parts {
            progress,
            done_now: 400,
            passed: Duration::from_secs(100),
            calls: 590,
            budget_left: Some(1_310),
            wait: None,
        };
        assert_eq!(
            parts.line(),
            "500 of 2000 customers, 2 failures · 7 min left · 5.9 calls/s · room for 1310"
        );
        assert_eq!(parts.short_line(), "500/2000, 7 min, 5.9/s, room 1310, 2 failed");
        let waiting = Parts { wait: Some(Duration::from_secs(300)), ..parts };
        assert!(waiting.short_line().starts_with("waits 5 min, 500/2000"), "{}", waiting.short_line());
        let progress = FleetProgress::default();
        let parts =
            Parts { progress, done_now: 0, passed: Duration::ZERO, calls: 0, budget_left: None, wait: None };
        assert_eq!((parts.line().as_str(), parts.short_line().as_str()), ("0 customers", "0"));
    }
}

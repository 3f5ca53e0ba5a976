//! A diagram of values over time.

use crate::picture::axis;
use crate::picture::canvas::{Anchor, Canvas, LEFT, Path, RIGHT};
use crate::text::plain;

const HEIGHT: f64 = 130.0;
/// The space of a panel with its heading and its times.
pub(super) const STRIDE: f64 = 196.0;

/// One diagram: times from left to right, values from zero upwards.
#[derive(Debug, Clone, Copy)]
pub(super) struct Panel {
    top: f64,
    from: i64,
    to: i64,
    step: f64,
    highest: f64,
}

impl Panel {
    /// A panel with a heading at `top` for the seconds `from` to `to` and values up to `highest`.
    pub(super) fn new(top: f64, (from, to): (i64, i64), highest: Option<f64>) -> Self {
        let (step, highest) = axis::numbers(highest.unwrap_or(0.0));
        Self { top: top + 16.0, from, to: to.max(from.saturating_add(1)), step, highest }
    }

    #[expect(clippy::cast_precision_loss, reason = "a fraction of a pixel")]
    pub(super) fn x(self, at: i64) -> f64 {
        let part = at.saturating_sub(self.from) as f64 / self.to.saturating_sub(self.from) as f64;
        LEFT + part.clamp(0.0, 1.0) * (RIGHT - LEFT)
    }

    pub(super) fn y(self, value: f64) -> f64 {
        self.bottom() - (value / self.highest).clamp(0.0, 1.0) * HEIGHT
    }

    pub(super) fn bottom(self) -> f64 {
        self.top + HEIGHT
    }

    /// Draws time without data, over the whole height.
    pub(super) fn gap(self, canvas: &mut Canvas, from: i64, to: i64) {
        let (left, right) = (self.x(from), self.x(to));
        canvas.unknown((left, self.top), (right - left, HEIGHT));
    }

    /// Draws heading, scales and grid. `unit` is the unit of the values.
    pub(super) fn frame(self, canvas: &mut Canvas, heading: &str, unit: &str) {
        canvas.text((LEFT, self.top - 14.0), Anchor::Start, "heading", heading);
        canvas.text((LEFT - 8.0, self.top - 14.0), Anchor::End, "dim", unit);
        let mut value = 0.0;
        // At most five steps.
        for _ in 0..=5 {
            let y = self.y(value);
            canvas.line((LEFT, y), (RIGHT, y), "grid");
            canvas.text((LEFT - 8.0, y + 4.0), Anchor::End, "dim", &plain(value));
            value += self.step;
            if value > self.highest * 1.001 {
                break;
            }
        }
        canvas.line((LEFT, self.bottom()), (RIGHT, self.bottom()), "axis");
        for (at, label) in axis::times(self.from, self.to) {
            let x = self.x(at);
            canvas.line((x, self.bottom()), (x, self.bottom() + 4.0), "axis");
            canvas.text((x, self.bottom() + 17.0), Anchor::Middle, "dim", &label);
        }
    }

    /// Writes a text into the middle of an empty panel.
    pub(super) fn remark(self, canvas: &mut Canvas, text: &str) {
        canvas.text(((LEFT + RIGHT) / 2.0, self.top + HEIGHT / 2.0), Anchor::Middle, "heading", text);
    }

    /// Draws runs of values as steps. Each value covers its time `(from, to)`; values whose times touch are one run.
    pub(super) fn steps(self, canvas: &mut Canvas, values: &[(i64, i64, f64)], class: &str, filled: bool) {
        for run in values.chunk_by(|before, after| before.1 >= after.0) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            let mut points = Vec::new();
            for (from, to, value) in run {
                points.extend([(self.x(*from), self.y(*value)), (self.x(*to), self.y(*value))]);
            }
            let mut points = points.into_iter();
            let start = if filled { Some((self.x(first.0), self.bottom())) } else { points.next() };
            let Some(start) = start else { continue };
            let mut path = points.fold(Path::at(start), Path::to);
            if filled {
                path.extend((self.x(last.1), self.bottom()));
                path = path.closed();
            }
            canvas.path(&path, class);
        }
    }
}

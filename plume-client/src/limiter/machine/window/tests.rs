use super::*;

const SECOND: Duration = Duration::from_secs(1);

impl Window {
    /// Panics unless everything holds.
    pub(in crate::limiter) fn invariants(&self) {
        assert!(self.moments.iter().is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1), "a moment is doubled");
        assert!(self.moments.front().is_none_or(|(_, upto)| *upto > self.left), "one that left is kept");
        let last = self.moments.back().map_or(self.left, |(_, upto)| *upto);
        assert_eq!(last, self.entered, "calls that entered and never leave");
        assert!(self.moments.len() <= MOMENTS as usize + 2, "{} moments", self.moments.len());
    }
}

fn window(per_window: usize, length: Duration) -> Window {
    Window::new(Some(CallRate { per_window, window: length, ..CallRate::default() }))
}

/// Random calls, against a list of them all: they leave never early, and late by less than a grain.
#[test]
fn it_is_as_a_list_of_all_calls() {
    for (per_window, grain) in [(50, 0), (4_096, 0), (40_960, 10), (1_000_000, 10), (usize::MAX, 10)] {
        let length = Duration::from_millis(40_960);
        let grain = Duration::from_millis(grain);
        let (mut rng, mut now) = (fastrand::Rng::with_seed(per_window as u64), Duration::ZERO);
        let (mut window, mut list) = (window(per_window, length), VecDeque::new());
        let mut taken_back = 0;
        for step in 0..5_000 {
            now += Duration::from_micros([0, 1, 300, 3_000, 40_000][rng.usize(0..5)]);
            window.forget(now);
            while list.front().is_some_and(|at| now - *at >= length) {
                list.pop_front();
            }
            for _ in 0..rng.usize(0..4) {
                window.enter(now);
                list.push_back(now);
            }
            if !list.is_empty() && rng.u32(0..3) == 0 {
                let index = rng.usize(0..list.len());
                let (at, before) = (list[index], window.len());
                let is_last = window.take_back(at);
                if window.len() < before {
                    assert!(grain > Duration::ZERO || is_last == (list.back() == Some(&at)), "{at:?}");
                    list.remove(index);
                    taken_back += 1;
                } else {
                    assert!(grain > Duration::ZERO && !is_last, "{at:?} is not found");
                }
            }
            if step % 16 == 0 {
                window.invariants();
            }
            assert!(window.len() >= list.len(), "one left early");
            let late = window.len() - list.len();
            assert!(grain > Duration::ZERO || late == 0, "{late} are late");
            let index = rng.usize(0..=list.len());
            let leaves = window.leaves(index + late);
            let expected = list.get(index).map(|at| *at + length);
            assert_eq!(leaves.is_some(), expected.is_some());
            let differ = leaves.unwrap_or_default().checked_sub(expected.unwrap_or_default());
            assert!(differ.is_some_and(|by| by <= grain), "{leaves:?} {expected:?}");
        }
        assert!(taken_back > 200, "{taken_back}");
        window.forget(now + length);
        assert_eq!((window.len(), window.moments.len(), window.leaves(0)), (0, 0, None));
    }
}

#[test]
fn no_rate_makes_it_large() {
    for length in [Duration::ZERO, Duration::from_nanos(5), SECOND, 300 * SECOND, Duration::MAX] {
        let mut window = window(usize::MAX, length);
        for call in 0..50_000 {
            let now = Duration::from_micros(call * 200);
            window.forget(now);
            window.enter(now);
            assert!(window.moments.len() <= MOMENTS as usize + 2);
        }
        window.invariants();
        assert!(window.moments.capacity() <= 3 * MOMENTS as usize, "{}", window.moments.capacity());
    }
}

//! Which channels send next. Pure.

use std::collections::HashMap;

use plume::monitor::ids::TenantId;

use crate::store::model::Queue;

/// The order in which channels began their turns.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// The number of the last turn of each channel that has messages.
    last: HashMap<Queue, u64>,
    count: u64,
}

impl Turns {
    /// Returns up to `free` channels with messages to start: of the tenants with the fewest running turns, those whose last turn
    /// is the longest ago. `running` are those that are not started again.
    pub(super) fn next<'a>(
        &mut self,
        waiting: Vec<Queue>,
        running: impl Iterator<Item = &'a Queue> + Clone,
        free: usize,
    ) -> Vec<Queue> {
        let mut of_tenant: HashMap<TenantId, usize> = HashMap::new();
        for queue in running.clone() {
            *of_tenant.entry(queue.tenant.clone()).or_default() += 1;
        }
        // What has no messages any more is as one that never sent.
        self.last.retain(|queue, _| waiting.contains(queue) || running.clone().any(|one| one == queue));
        let mut idle: Vec<Queue> =
            waiting.into_iter().filter(|queue| !running.clone().any(|one| one == queue)).collect();
        let mut chosen = Vec::new();
        while chosen.len() < free {
            let rank = |queue: &Queue| {
                let running = of_tenant.get(&queue.tenant).copied().unwrap_or_default();
                (running, self.last.get(queue).copied().unwrap_or_default())
            };
            let Some(place) = (0..idle.len()).min_by_key(|place| idle.get(*place).map(rank)) else { break };
            let queue = idle.swap_remove(place);
            *of_tenant.entry(queue.tenant.clone()).or_default() += 1;
            self.count = self.count.saturating_add(1);
            self.last.insert(queue.clone(), self.count);
            chosen.push(queue);
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(tenant: &str, channel: &str) -> Queue {
        Queue { tenant: TenantId::new(tenant), channel: channel.to_owned() }
    }

    #[test]
    fn a_tenant_with_many_backlogs_keeps_no_other_waiting() {
        let mut turns = Turns::default();
        let many = (0..100).map(|number| queue("many", &number.to_string()));
        let waiting: Vec<Queue> = many.chain([queue("one", "x"), queue("two", "y")]).collect();
        let first = turns.next(waiting.clone(), [].iter(), 16);
        assert_eq!(first.len(), 16);
        assert_eq!(first.iter().filter(|queue| queue.tenant.as_str() != "many").count(), 2);
        // All slots are taken by lasting backlogs: the next free one is for another tenant.
        let running: Vec<Queue> = first.into_iter().filter(|queue| queue.tenant.as_str() == "many").collect();
        let next = turns.next(waiting, running.iter(), 1);
        assert_ne!(next[0].tenant.as_str(), "many");
    }

    #[test]
    fn channels_of_a_tenant_take_turns() {
        let mut turns = Turns::default();
        let waiting: Vec<Queue> = (0..5).map(|number| queue("a", &number.to_string())).collect();
        let mut order = Vec::new();
        for _ in 0..10 {
            order.extend(turns.next(waiting.clone(), [].iter(), 1));
        }
        for queue in &waiting {
            assert_eq!(order.iter().filter(|one| *one == queue).count(), 2, "{order:?}");
        }
        assert!(turns.next(Vec::new(), [].iter(), 1).is_empty() && turns.last.is_empty());
    }
}

//! A map that evicts its oldest keys, so memory stays bounded in long runs.

use std::collections::{HashMap, VecDeque};

/// Maximum number of keys of a map.
const MOST: usize = 16_384;

/// A map whose operations take constant time. No operation iterates over the keys.
#[derive(Debug)]
pub(crate) struct Recent<V> {
    values: HashMap<u64, V>,
    /// The keys in order of insertion. Removed keys may still be listed.
    order: VecDeque<u64>,
}

impl<V> Default for Recent<V> {
    fn default() -> Self {
        Self { values: HashMap::new(), order: VecDeque::new() }
    }
}

impl<V> Recent<V> {
    pub(crate) fn get_mut(&mut self, key: u64) -> Option<&mut V> {
        self.values.get_mut(&key)
    }

    pub(crate) fn remove(&mut self, key: u64) -> Option<V> {
        self.values.remove(&key)
    }

    pub(crate) fn insert(&mut self, key: u64, value: V) {
        if self.values.insert(key, value).is_none() {
            self.order.push_back(key);
            if self.order.len() > MOST
                && let Some(oldest) = self.order.pop_front()
                && oldest != key
            {
                self.values.remove(&oldest);
            }
        }
    }
}

impl<V: Default> Recent<V> {
    pub(crate) fn entry(&mut self, key: u64) -> &mut V {
        if !self.values.contains_key(&key) {
            self.insert(key, V::default());
        }
        self.values.entry(key).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_keys_are_forgotten_and_churn_does_not_grow_the_map() {
        let mut map = Recent::default();
        for key in 0..100_000 {
            map.insert(key, key);
        }
        assert_eq!(map.get_mut(99_999), Some(&mut 99_999));
        assert_eq!(map.get_mut(0), None);
        for _ in 0..100_000 {
            map.insert(7, 7);
            map.remove(7);
        }
        assert!(map.order.len() <= MOST && map.values.len() <= MOST);
    }
}

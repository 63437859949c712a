//! Token buckets, one for each caller.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::limits::RATES_FOLLOWED;

struct Bucket {
    left: f64,
    at: Instant,
}

/// Rates of many callers: each gets `per_second` and may save up for two seconds.
pub(super) struct Rates<K> {
    per_second: f64,
    buckets: Mutex<HashMap<K, Bucket>>,
}

impl<K: Hash + Eq> Rates<K> {
    pub(super) fn new(per_second: u32) -> Self {
        Self { per_second: f64::from(per_second.max(1)), buckets: Mutex::default() }
    }

    /// Whether the caller may go on; takes one from its bucket if so.
    pub(super) fn take(&self, key: K, now: Instant) -> bool {
        let full = self.per_second * 2.0;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= RATES_FOLLOWED && !buckets.contains_key(&key) {
            // Full buckets say nothing; if none is full, forgetting all of them is the bounded way out.
            let per_second = self.per_second;
            buckets.retain(|_, bucket| refilled(bucket, per_second, full, now) < full);
            if buckets.len() >= RATES_FOLLOWED {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(key).or_insert(Bucket { left: full, at: now });
        bucket.left = refilled(bucket, self.per_second, full, now);
        bucket.at = now;
        if bucket.left < 1.0 {
            return false;
        }
        bucket.left -= 1.0;
        true
    }
}

fn refilled(bucket: &Bucket, per_second: f64, full: f64, now: Instant) -> f64 {
    let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
    (bucket.left + passed * per_second).min(full)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_caller_gets_its_rate_and_no_more() {
        let rates = Rates::new(10);
        let start = Instant::now();
        let taken = (0..100).filter(|_| rates.take(1, start)).count();
        assert_eq!(taken, 20, "two seconds may be saved up");
        assert!(rates.take(2, start), "others are not affected");
        let later = start + Duration::from_secs(1);
        let taken = (0..100).filter(|_| rates.take(1, later)).count();
        assert_eq!(taken, 10);
    }

    #[test]
    fn the_table_stays_bounded() {
        let rates = Rates::new(1);
        let now = Instant::now();
        for key in 0..RATES_FOLLOWED * 3 {
            rates.take(key, now);
        }
        assert!(rates.buckets.lock().unwrap().len() <= RATES_FOLLOWED);
    }
}

//! A token bucket.

use std::time::Instant;

/// Counts units that come at a bounded rate; holds two seconds' worth.
pub(super) struct Bucket {
    per_second: u64,
    units: u64,
    last: Instant,
}

impl Bucket {
    pub(super) fn new(per_second: u64, now: Instant) -> Self {
        Self { per_second, units: per_second * 2, last: now }
    }

    /// Takes units; `false` if there are not enough, and then none are taken.
    pub(super) fn take(&mut self, units: u64, now: Instant) -> bool {
        let elapsed_us = u64::try_from(now.saturating_duration_since(self.last).as_micros()).unwrap_or(u64::MAX);
        let earned = elapsed_us.saturating_mul(self.per_second) / 1_000_000;
        if earned > 0 {
            self.units = self.units.saturating_add(earned).min(self.per_second * 2);
            self.last = now;
        }
        let enough = self.units >= units;
        if enough {
            self.units -= units;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_of_two_seconds_then_the_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(100, start);
        assert!((0..200).all(|_| bucket.take(1, start)));
        assert!(!bucket.take(1, start));
        let later = start + Duration::from_millis(100);
        assert!((0..10).all(|_| bucket.take(1, later)));
        assert!(!bucket.take(1, later));
        let much_later = start + Duration::from_secs(3600);
        assert!(bucket.take(200, much_later));
        assert!(!bucket.take(1, much_later));
    }
}

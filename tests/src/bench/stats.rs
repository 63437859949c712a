//! Order statistics.

use std::time::Duration;

/// Order statistics of durations, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Spread {
    /// How many.
    pub(super) count: usize,
    /// Median.
    pub(super) p50: f64,
    /// 90th percentile.
    pub(super) p90: f64,
    /// 99th percentile.
    pub(super) p99: f64,
    /// Largest.
    pub(super) max: f64,
}

impl Spread {
    /// Statistics of these durations; all zero if there are none.
    pub(super) fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        let Some(last) = durations.len().checked_sub(1) else { return Self::default() };
        // The nearest rank: the smallest value that at least this share of all does not exceed.
        let at = |percent: usize| {
            let rank = (durations.len() * percent).div_ceil(100);
            millis(durations[rank.saturating_sub(1).min(last)])
        };
        Self { count: durations.len(), p50: at(50), p90: at(90), p99: at(99), max: millis(durations[last]) }
    }

    /// For reports.
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::json!({ "count": self.count, "p50": self.p50, "p90": self.p90, "p99": self.p99, "max": self.max })
    }
}

/// In milliseconds.
pub(super) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let durations = (1..=200).rev().map(Duration::from_millis).collect();
        let spread = Spread::of(durations);
        let (p50, p90, p99, max) = (spread.p50, spread.p90, spread.p99, spread.max);
        assert_eq!([p50, p90, p99, max].map(f64::round), [100.0, 180.0, 198.0, 200.0]);
        assert_eq!(Spread::of(Vec::new()), Spread::default());
        assert_eq!(Spread::of(vec![Duration::from_millis(7)]).p99.round(), 7.0);
    }
}

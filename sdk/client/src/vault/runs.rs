use assent_proto::limits::RUN_BYTES_MAX;
use assent_vault::Geometry;

/// How a column is cut into runs of chunks: what travels at once, and what a custodian stores as one object.
///
/// It follows from the geometry alone, so uploaders, custodians and readers agree on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runs {
    stripes: u32,
    per_run: u32,
}

impl Runs {
    /// The runs of a document's columns: as many whole chunks as fit [`RUN_BYTES_MAX`].
    pub fn of(geometry: &Geometry) -> Self {
        let per_run = u32::try_from(RUN_BYTES_MAX / geometry.chunk_bytes().max(1)).unwrap_or(u32::MAX).max(1);
        Self { stripes: geometry.stripes(), per_run }
    }

    /// Number of runs of a column.
    pub fn count(&self) -> u32 {
        self.stripes.div_ceil(self.per_run)
    }

    /// First stripe and number of stripes of a run; empty beyond the last.
    pub fn run(&self, number: u32) -> (u32, u32) {
        let first = number.saturating_mul(self.per_run).min(self.stripes);
        (first, self.per_run.min(self.stripes - first))
    }

    /// The run in which a stripe lies.
    pub fn of_stripe(&self, stripe: u32) -> u32 {
        stripe / self.per_run
    }

    /// The number of the run that has exactly these stripes.
    pub fn number(&self, first: u32, count: u32) -> Option<u32> {
        let number = self.of_stripe(first);
        (count > 0 && self.run(number) == (first, count)).then_some(number)
    }

    /// The run in which all these stripes lie, and how many of its stripes come before them.
    pub fn around(&self, first: u32, count: u32) -> Option<(u32, u32)> {
        let number = self.of_stripe(first);
        let (start, length) = self.run(number);
        let end = first.checked_add(count)?;
        (count > 0 && end <= start + length).then(|| (number, first - start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNS: Runs = Runs { stripes: 10, per_run: 4 };

    #[test]
    fn runs_cover_every_stripe_once() {
        let covered: Vec<u32> = (0..RUNS.count())
            .flat_map(|number| {
                let (first, count) = RUNS.run(number);
                first..first + count
            })
            .collect();
        assert_eq!(covered, (0..10).collect::<Vec<_>>());
        assert_eq!(RUNS.run(3), (10, 0));
        assert_eq!(RUNS.run(u32::MAX), (10, 0));
    }

    #[test]
    fn only_whole_runs_have_a_number() {
        assert_eq!((RUNS.number(4, 4), RUNS.number(8, 2)), (Some(1), Some(2)));
        for (first, count) in [(4, 3), (5, 4), (8, 4), (10, 0), (12, 4), (u32::MAX, u32::MAX)] {
            assert_eq!(RUNS.number(first, count), None, "{first} {count}");
        }
    }

    #[test]
    fn parts_lie_in_one_run() {
        assert_eq!((RUNS.around(5, 2), RUNS.around(8, 2)), (Some((1, 1)), Some((2, 0))));
        for (first, count) in [(3, 2), (9, 2), (4, 0), (u32::MAX, 2)] {
            assert_eq!(RUNS.around(first, count), None, "{first} {count}");
        }
    }
}

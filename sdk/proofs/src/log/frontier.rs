use assent_types::Hash32;
use assent_types::tree::node_hash;

use super::SIZE_MAX;
use super::hash::fold_peaks;

/// The right edge of a log: all that is needed to append to it and to compute its root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    count: u64,
    peaks: Vec<Hash32>,
}

/// Why a count and peaks are no frontier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrontierError {
    /// More entries than a log may have.
    #[error("a log of {0} entries is too long")]
    Size(u64),
    /// Not one peak for every set bit of the count.
    #[error("a log of {count} entries cannot have {peaks} peaks")]
    Peaks {
        /// Claimed number of entries.
        count: u64,
        /// Peaks given.
        peaks: usize,
    },
}

impl Frontier {
    /// The frontier of the empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// A frontier from its number of entries and its peaks, largest subtree first.
    pub fn from_parts(count: u64, peaks: Vec<Hash32>) -> Result<Self, FrontierError> {
        if count > SIZE_MAX {
            return Err(FrontierError::Size(count));
        }
        if peaks.len() != count.count_ones() as usize {
            return Err(FrontierError::Peaks { count, peaks: peaks.len() });
        }
        Ok(Self { count, peaks })
    }

    /// Number of entries.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Roots of the complete subtrees, largest first: one for every set bit of the count.
    pub fn peaks(&self) -> &[Hash32] {
        &self.peaks
    }

    /// The peaks, by value.
    pub fn into_peaks(self) -> Vec<Hash32> {
        self.peaks
    }

    /// Appends the hash of a leaf.
    ///
    /// # Panics
    ///
    /// Beyond [`SIZE_MAX`] entries, which no log reaches.
    pub fn push(&mut self, leaf: Hash32) {
        assert!(self.count < SIZE_MAX, "a log cannot hold this many entries");
        let mut hash = leaf;
        // Every trailing one of the count is a complete subtree that the new leaf completes to the next size.
        for _ in 0..self.count.trailing_ones() {
            let left = self.peaks.pop();
            assert!(left.is_some(), "there is a peak for every set bit of the count");
            hash = node_hash(&left.unwrap_or_default(), &hash);
        }
        self.peaks.push(hash);
        self.count += 1;
    }

    /// Root of the log (RFC 9162 §2.1.1).
    pub fn root(&self) -> Hash32 {
        fold_peaks(&self.peaks)
    }
}

//! A seeded generator of pseudo-random numbers (SplitMix64, Steele, Lea and Flood 2014).

/// The same seed gives the same numbers on every machine.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A generator with this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is positive. The bias is below 2⁻⁴⁰ for the small ranges of a simulation.
    pub fn below(&mut self, n: u64) -> u64 {
        self.any() % n
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True in `permille` of 1,000 cases.
    pub fn chance(&mut self, permille: u64) -> bool {
        self.below(1_000) < permille
    }

    /// An index into something of this length.
    #[allow(clippy::cast_possible_truncation, reason = "a remainder of a length")]
    pub fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }
}

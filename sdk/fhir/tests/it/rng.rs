use assent_types::Hash32;

/// A small generator (SplitMix64), so that a seed gives the same run everywhere.
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    /// The seed of `ASSENT_SEED`, else a fixed one; printed, so that a failure can be repeated.
    pub(crate) fn from_env() -> Self {
        let seed = std::env::var("ASSENT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
        println!("seed={seed}");
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below the bound.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    pub(crate) fn hash(&mut self) -> Hash32 {
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes());
        }
        Hash32(bytes)
    }

    /// One of these.
    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Any of these.
    pub(crate) fn some<T: Copy>(&mut self, of: &[T]) -> Vec<T> {
        of.iter().copied().filter(|_| self.flag()).collect()
    }

    /// At least one of these.
    pub(crate) fn at_least_one<T: Copy>(&mut self, of: &[T]) -> Vec<T> {
        let mut chosen = self.some(of);
        chosen.push(self.one(of));
        chosen
    }

    pub(crate) fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.flag() { Some(make(self)) } else { None }
    }
}

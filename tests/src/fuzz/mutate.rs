//! Seeded mutation of byte strings.

/// A small generator of reproducible numbers (splitmix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 for a bound of 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.next() % bound.max(1)).unwrap_or(0)
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

/// Lengths and numbers at which decoders tend to break.
const NUMBERS: [u64; 14] = [
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0xffff,
    0x0001_0000,
    0x7fff_ffff,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0xffff_ffff_ffff_ffff,
];

/// Pieces of JSON, TOML and tokens.
const WORDS: [&str; 24] = [
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "-1",
    "0",
    "1e999",
    "99999999999999999999",
    "\\u0000",
    "\\ud800",
    "\"\":",
    "[[[[[[[[",
    "{\"a\":",
    ".",
    "..",
    "=",
    "é",
    "\u{202e}",
    "2024-02-30",
];

/// Longest input that the mutator makes.
pub const INPUT_BYTES_MAX: usize = 256 * 1024;

/// A changed copy of `input`: one to four changes, some of which take pieces of `other`.
pub fn mutate(random: &mut Random, input: &[u8], other: &[u8], is_text: bool) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=random.below(4) {
        change(random, &mut bytes, other, is_text);
    }
    bytes.truncate(INPUT_BYTES_MAX);
    bytes
}

fn change(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8], is_text: bool) {
    let at = random.below(bytes.len().max(1)).min(bytes.len());
    match random.below(if is_text { 11 } else { 9 }) {
        0 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = random.byte();
            }
        }
        2 => {
            // A number of one, two, four or eight bytes, little-endian, over what stands there.
            let number = random.pick(&NUMBERS).copied().unwrap_or(0).to_le_bytes();
            let width = 1 << random.below(4);
            bytes.iter_mut().skip(at).zip(&number[..width]).for_each(|(byte, new)| *byte = *new);
        }
        3 => bytes.truncate(at),
        4 => {
            let end = (at + 1 + random.below(32)).min(bytes.len());
            bytes.drain(at..end);
        }
        5 => {
            let added: Vec<u8> = (0..=random.below(16)).map(|_| random.byte()).collect();
            bytes.splice(at..at, added);
        }
        6 => {
            let end = (at + 1 + random.below(128)).min(bytes.len());
            let piece = bytes[at..end].to_vec();
            bytes.splice(at..at, piece);
        }
        7 => {
            // A piece of another input, over or between what stands here.
            let from = random.below(other.len());
            let to = (from + 1 + random.below(128)).min(other.len());
            let over = if random.below(2) == 0 { (at + to - from).min(bytes.len()) } else { at };
            bytes.splice(at..over, other[from.min(to)..to].iter().copied());
        }
        8 => {
            // One step up or down: lengths off by one, tags next to each other.
            let up = random.below(2) == 0;
            if let Some(byte) = bytes.get_mut(at) {
                *byte = if up { byte.wrapping_add(1) } else { byte.wrapping_sub(1) };
            }
        }
        9 => {
            let word = random.pick(&WORDS).copied().unwrap_or("");
            bytes.splice(at..at, word.bytes());
        }
        _ => {
            // A digit for a digit keeps text readable further on.
            if let Some(byte) = bytes.iter_mut().skip(at).find(|byte| byte.is_ascii_digit()) {
                *byte = b'0' + random.byte() % 10;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_inputs_and_another_does_not() {
        let inputs = |seed| {
            let mut random = Random::new(seed);
            (0..200).map(|n| mutate(&mut random, b"some input", b"another", n % 2 == 0)).collect::<Vec<_>>()
        };
        assert_eq!(inputs(7), inputs(7));
        assert_ne!(inputs(7), inputs(8));
    }

    #[test]
    fn empty_and_long_inputs_are_changed_within_bounds() {
        let mut random = Random::new(1);
        let long = vec![7; INPUT_BYTES_MAX];
        for _ in 0..500 {
            assert!(mutate(&mut random, b"", b"", true).len() < 1_000);
            assert!(mutate(&mut random, &long, &long, false).len() <= INPUT_BYTES_MAX);
        }
    }
}

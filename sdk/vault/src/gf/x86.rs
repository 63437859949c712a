//! The vector tiers for x86-64.
//!
//! All memory is reached through slices with their bounds checked; what is unsafe is only to load and store whole
//! vectors, and to call functions that need instructions which not every processor has.

#![allow(unsafe_code, reason = "vector loads and stores, and calls that need instructions found at run time")]

use std::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_and_si128, _mm_loadu_si128, _mm_set1_epi8, _mm_setzero_si128, _mm_shuffle_epi8,
    _mm_srli_epi16, _mm_storeu_si128, _mm_xor_si128, _mm256_and_si256, _mm256_broadcastsi128_si256,
    _mm256_gf2p8mul_epi8, _mm256_loadu_si256, _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8,
    _mm256_srli_epi16, _mm256_storeu_si256, _mm256_xor_si256, _mm512_gf2p8mul_epi8, _mm512_loadu_si512,
    _mm512_set1_epi8, _mm512_setzero_si512, _mm512_storeu_si512, _mm512_xor_si512,
};
use std::ops::Range;

use super::Tier;
use super::field::NIBBLES;
use super::program::Group;

/// Makes the rows of a group in a range of bytes, as far as whole vectors go, and says how many bytes that were.
pub(super) fn run(
    tier: Tier,
    group: &Group,
    inputs: &[&[u8]],
    outputs: &mut [&mut [u8]],
    range: Range<usize>,
) -> usize {
    assert!(tier.is_available());
    match tier {
        Tier::Scalar => 0,
        // SAFETY: SSSE3 is available, as just asserted.
        Tier::Ssse3 => unsafe { ssse3::run(group, inputs, outputs, range) },
        // SAFETY: AVX2 is available, as just asserted.
        Tier::Avx2 => unsafe { avx2::run(group, inputs, outputs, range) },
        // SAFETY: GFNI and AVX2 are available, as just asserted.
        Tier::Gfni256 => unsafe { gfni256::run(group, inputs, outputs, range) },
        // SAFETY: GFNI and AVX-512BW, which implies AVX-512F, are available, as just asserted.
        Tier::Gfni512 => unsafe { gfni512::run(group, inputs, outputs, range) },
    }
}

/// The loops of one tier. `ready` prepares an input vector, `scale` multiplies what was prepared with a coefficient.
macro_rules! tier {
    ($features:literal, $vector:ty, $bytes:literal, $wide:literal, $zero:ident, $xor:ident) => {
        /// Runs `WIDE` vectors of every column at a time, then single ones.
        #[target_feature(enable = $features)]
        pub(super) fn run(group: &Group, inputs: &[&[u8]], outputs: &mut [&mut [u8]], range: Range<usize>) -> usize {
            match group.rows.len() {
                1 => rows::<1>(group, inputs, outputs, range),
                2 => rows::<2>(group, inputs, outputs, range),
                3 => rows::<3>(group, inputs, outputs, range),
                _ => rows::<4>(group, inputs, outputs, range),
            }
        }

        #[target_feature(enable = $features)]
        fn rows<const ROWS: usize>(
            group: &Group,
            inputs: &[&[u8]],
            outputs: &mut [&mut [u8]],
            range: Range<usize>,
        ) -> usize {
            let length = range.len();
            let mut done = 0;
            while done + $wide * $bytes <= length {
                tile::<ROWS, $wide>(group, inputs, outputs, range.start, done);
                done += $wide * $bytes;
            }
            while done + $bytes <= length {
                tile::<ROWS, 1>(group, inputs, outputs, range.start, done);
                done += $bytes;
            }
            done
        }

        #[inline]
        #[target_feature(enable = $features)]
        fn tile<const ROWS: usize, const WIDE: usize>(
            group: &Group,
            inputs: &[&[u8]],
            outputs: &mut [&mut [u8]],
            start: usize,
            done: usize,
        ) {
            let mut sums = [[$zero(); WIDE]; ROWS];
            let (coefficients, _) = group.coefficients.as_chunks::<ROWS>();
            for (input, coefficients) in group.inputs.iter().zip(coefficients) {
                let (bytes, _) = inputs[*input][done..done + WIDE * $bytes].as_chunks::<$bytes>();
                let prepared: [_; WIDE] = std::array::from_fn(|at| ready(load(&bytes[at])));
                for row in 0..ROWS {
                    let coefficient = coefficient(coefficients[row]);
                    for at in 0..WIDE {
                        sums[row][at] = $xor(sums[row][at], scale(prepared[at], coefficient));
                    }
                }
            }
            for row in 0..ROWS {
                let output = &mut outputs[group.rows[row]][start + done..start + done + WIDE * $bytes];
                let (bytes, _) = output.as_chunks_mut::<$bytes>();
                for at in 0..WIDE {
                    store(&mut bytes[at], sums[row][at]);
                }
            }
        }
    };
}

mod ssse3 {
    use super::*;

    tier!("ssse3", __m128i, 16, 1, _mm_setzero_si128, _mm_xor_si128);

    #[inline]
    #[target_feature(enable = "ssse3")]
    fn load(bytes: &[u8; 16]) -> __m128i {
        // SAFETY: 16 bytes may be read, and the instruction asks for no alignment.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "ssse3")]
    fn store(bytes: &mut [u8; 16], vector: __m128i) {
        // SAFETY: 16 bytes may be written, and the instruction asks for no alignment.
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), vector) }
    }

    /// Low and high nibbles.
    #[inline]
    #[target_feature(enable = "ssse3")]
    fn ready(vector: __m128i) -> [__m128i; 2] {
        let mask = _mm_set1_epi8(15);
        [_mm_and_si128(vector, mask), _mm_and_si128(_mm_srli_epi16::<4>(vector), mask)]
    }

    #[inline]
    #[target_feature(enable = "ssse3")]
    fn coefficient(coefficient: u8) -> [__m128i; 2] {
        let (tables, _) = NIBBLES[usize::from(coefficient)].as_chunks::<16>();
        [load(&tables[0]), load(&tables[1])]
    }

    #[inline]
    #[target_feature(enable = "ssse3")]
    fn scale([low, high]: [__m128i; 2], tables: [__m128i; 2]) -> __m128i {
        _mm_xor_si128(_mm_shuffle_epi8(tables[0], low), _mm_shuffle_epi8(tables[1], high))
    }
}

mod avx2 {
    use super::*;

    tier!("avx2", __m256i, 32, 1, _mm256_setzero_si256, _mm256_xor_si256);

    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn load(bytes: &[u8; 32]) -> __m256i {
        // SAFETY: 32 bytes may be read, and the instruction asks for no alignment.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn store(bytes: &mut [u8; 32], vector: __m256i) {
        // SAFETY: 32 bytes may be written, and the instruction asks for no alignment.
        unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), vector) }
    }

    /// Low and high nibbles.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn ready(vector: __m256i) -> [__m256i; 2] {
        let mask = _mm256_set1_epi8(15);
        [_mm256_and_si256(vector, mask), _mm256_and_si256(_mm256_srli_epi16::<4>(vector), mask)]
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn coefficient(coefficient: u8) -> [__m256i; 2] {
        let (tables, _) = NIBBLES[usize::from(coefficient)].as_chunks::<16>();
        // SAFETY: 16 bytes may be read, and the instruction asks for no alignment.
        let half = |table: &[u8; 16]| unsafe { _mm_loadu_si128(table.as_ptr().cast()) };
        [_mm256_broadcastsi128_si256(half(&tables[0])), _mm256_broadcastsi128_si256(half(&tables[1]))]
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn scale([low, high]: [__m256i; 2], tables: [__m256i; 2]) -> __m256i {
        _mm256_xor_si256(_mm256_shuffle_epi8(tables[0], low), _mm256_shuffle_epi8(tables[1], high))
    }
}

mod gfni256 {
    use super::avx2::{load, store};
    use super::*;

    tier!("gfni,avx2", __m256i, 32, 2, _mm256_setzero_si256, _mm256_xor_si256);

    #[inline]
    #[target_feature(enable = "gfni,avx2")]
    fn ready(vector: __m256i) -> __m256i {
        vector
    }

    #[inline]
    #[target_feature(enable = "gfni,avx2")]
    fn coefficient(coefficient: u8) -> __m256i {
        _mm256_set1_epi8(coefficient.cast_signed())
    }

    #[inline]
    #[target_feature(enable = "gfni,avx2")]
    fn scale(vector: __m256i, coefficient: __m256i) -> __m256i {
        _mm256_gf2p8mul_epi8(vector, coefficient)
    }
}

mod gfni512 {
    use super::*;

    tier!("gfni,avx512bw", __m512i, 64, 4, _mm512_setzero_si512, _mm512_xor_si512);

    #[inline]
    #[target_feature(enable = "gfni,avx512bw")]
    fn load(bytes: &[u8; 64]) -> __m512i {
        // SAFETY: 64 bytes may be read, and the instruction asks for no alignment.
        unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "gfni,avx512bw")]
    fn store(bytes: &mut [u8; 64], vector: __m512i) {
        // SAFETY: 64 bytes may be written, and the instruction asks for no alignment.
        unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), vector) }
    }

    #[inline]
    #[target_feature(enable = "gfni,avx512bw")]
    fn ready(vector: __m512i) -> __m512i {
        vector
    }

    #[inline]
    #[target_feature(enable = "gfni,avx512bw")]
    fn coefficient(coefficient: u8) -> __m512i {
        _mm512_set1_epi8(coefficient.cast_signed())
    }

    #[inline]
    #[target_feature(enable = "gfni,avx512bw")]
    fn scale(vector: __m512i, coefficient: __m512i) -> __m512i {
        _mm512_gf2p8mul_epi8(vector, coefficient)
    }
}

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::Coding;

/// Unit in which sizes stand on the chain, in bytes: how long a document is exactly is nobody's business but its
/// readers'.
pub const SIZE_UNIT_BYTES: u32 = 4096;

/// Largest leaf of a shard's tree, in bytes. The last block of a chunk may be shorter.
pub const BLOCK_BYTES: usize = 4096;

/// Bytes that encryption adds to a segment.
pub const TAG_BYTES: u32 = assent_types::document::SEGMENT_TAG_BYTES;

/// Bytes at the end of the plaintext that hold the manifest.
pub const MANIFEST_BYTES: u32 = 256;

/// Largest stripe, in bytes of ciphertext.
pub const STRIPE_BYTES_MAX: u32 = 4 << 20;

/// The usual bound for stripes, in bytes of ciphertext.
pub const STRIPE_BYTES_DEFAULT: u32 = 1 << 20;

/// Largest document, in units of [`SIZE_UNIT_BYTES`]: 64 GiB.
pub const SIZE_UNITS_MAX: u32 = 1 << 24;

/// Most chunks of a shard, which is what an index of it lists.
pub(crate) const SHARD_CHUNKS_MAX: u32 = 1 << 22;

/// Columns are a multiple of this, in bytes: one vector of the widest instructions.
const COLUMN_GRANULE_BYTES: u32 = 64;

/// Smallest stripe, in bytes: its segment holds a manifest.
const STRIPE_BYTES_MIN: u32 = 512;

const _: () = assert!(STRIPE_BYTES_MIN >= MANIFEST_BYTES + TAG_BYTES);

/// How a document lies on its custodians: everything that follows from parameters and size.
///
/// Plaintext is cut into segments; an encrypted segment is a stripe; a stripe has k·α columns of ciphertext, which a
/// code makes into α columns for each of n shards. A column of one stripe is a *chunk*, and a chunk is hashed in
/// *blocks* of at most [`BLOCK_BYTES`]. A custodian keeps the chunks of a column together over all stripes, so that a
/// repair, which needs some whole columns, reads few long runs.
///
/// All stripes are of one size. It is chosen so that they are filled evenly: a small document has one small stripe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    coding: Coding,
    stripe_bytes: u32,
    size_units: u32,
}

/// Sizes that do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GeometryError {
    /// Longer than a document may be.
    #[error("a document of {length} bytes is too long, at most {max} bytes fit")]
    Length {
        /// Bytes of the document.
        length: u64,
        /// Most bytes.
        max: u64,
    },
    /// So many stripes that they cannot be listed.
    #[error("stripes of {bytes} bytes are too small for a document of {units} units")]
    Stripes {
        /// Bytes of a stripe.
        bytes: u32,
        /// Size of the document in units.
        units: u32,
    },
    /// A size on the chain of nothing, or above the largest.
    #[error("{0} units are no size of a document")]
    Units(u32),
    /// Stripes that are too small, too large, or do not divide into whole columns.
    #[error("stripes of {bytes} bytes do not fit: a multiple of {step} from {min} to {STRIPE_BYTES_MAX} is needed")]
    Stripe {
        /// Bytes of a stripe.
        bytes: u32,
        /// What divides every stripe of these parameters.
        step: u32,
        /// The smallest.
        min: u32,
    },
}

impl Geometry {
    /// The geometry for a document of `length` bytes with stripes of at most `stripe_bytes_max` bytes of ciphertext.
    ///
    /// # Errors
    ///
    /// [`GeometryError::Length`]; [`GeometryError::Stripe`] and [`GeometryError::Stripes`] if the bound is too small.
    pub fn fit(coding: Coding, length: u64, stripe_bytes_max: u32) -> Result<Self, GeometryError> {
        let max = u64::from(SIZE_UNITS_MAX) * u64::from(SIZE_UNIT_BYTES) - u64::from(MANIFEST_BYTES);
        if length > max {
            return Err(GeometryError::Length { length, max });
        }
        let units = (length + u64::from(MANIFEST_BYTES)).div_ceil(u64::from(SIZE_UNIT_BYTES));
        let size_units = u32::try_from(units).map_err(|_| GeometryError::Length { length, max })?;
        let step = step(coding);
        let bound = stripe_bytes_max.min(STRIPE_BYTES_MAX) / step * step;
        // Checks the bound; stripes are then made no larger than it takes to fill them evenly.
        let most = Self::new(coding, bound, size_units)?;
        let padded = units * u64::from(SIZE_UNIT_BYTES);
        let segment = u32::try_from(padded.div_ceil(u64::from(most.stripes()))).unwrap_or(bound);
        let even = segment.saturating_add(TAG_BYTES).div_ceil(step).saturating_mul(step);
        Self::new(coding, even.max(step_min(coding)).min(bound), size_units)
    }

    /// The geometry with these stripes and this size on the chain.
    ///
    /// # Errors
    ///
    /// [`GeometryError::Units`], [`GeometryError::Stripe`] and [`GeometryError::Stripes`].
    pub fn new(coding: Coding, stripe_bytes: u32, size_units: u32) -> Result<Self, GeometryError> {
        if size_units == 0 || size_units > SIZE_UNITS_MAX {
            return Err(GeometryError::Units(size_units));
        }
        let (step, min) = (step(coding), step_min(coding));
        if stripe_bytes < min || stripe_bytes > STRIPE_BYTES_MAX || !stripe_bytes.is_multiple_of(step) {
            return Err(GeometryError::Stripe { bytes: stripe_bytes, step, min });
        }
        let geometry = Self { coding, stripe_bytes, size_units };
        if geometry.stripes() as usize > SHARD_CHUNKS_MAX as usize / coding.columns() {
            return Err(GeometryError::Stripes { bytes: stripe_bytes, units: size_units });
        }
        Ok(geometry)
    }

    /// Parameters of the code.
    pub fn coding(&self) -> Coding {
        self.coding
    }

    /// Bytes of a stripe's ciphertext.
    pub fn stripe_bytes(&self) -> u32 {
        self.stripe_bytes
    }

    /// The size that stands on the chain, in units of [`SIZE_UNIT_BYTES`].
    pub fn size_units(&self) -> u32 {
        self.size_units
    }

    /// Bytes of plaintext in a stripe.
    pub fn segment_bytes(&self) -> u32 {
        self.stripe_bytes - TAG_BYTES
    }

    /// Number of stripes, at least one.
    pub fn stripes(&self) -> u32 {
        let padded = u64::from(self.size_units) * u64::from(SIZE_UNIT_BYTES);
        // At most 2³⁶ bytes in segments of at least 496.
        u32::try_from(padded.div_ceil(u64::from(self.segment_bytes()))).unwrap_or(u32::MAX)
    }

    /// Bytes of a column in one stripe.
    pub fn chunk_bytes(&self) -> usize {
        self.stripe_bytes as usize / self.coding.data_columns()
    }

    /// Blocks of a chunk.
    pub fn chunk_blocks(&self) -> usize {
        self.chunk_bytes().div_ceil(BLOCK_BYTES)
    }

    /// Bytes of a column over all stripes: what a custodian stores as one object.
    pub fn column_bytes(&self) -> u64 {
        self.chunk_bytes() as u64 * u64::from(self.stripes())
    }

    /// Bytes of a shard.
    pub fn shard_bytes(&self) -> u64 {
        self.column_bytes() * self.coding.columns() as u64
    }

    /// Where the chunk of a stripe lies in its column, in bytes.
    pub fn chunk_range(&self, stripe: u32) -> std::ops::Range<u64> {
        let bytes = self.chunk_bytes() as u64;
        let start = u64::from(stripe) * bytes;
        start..start + bytes
    }

    /// Most bytes of content that fit.
    pub fn content_bytes_max(&self) -> u64 {
        u64::from(self.stripes()) * u64::from(self.segment_bytes()) - u64::from(MANIFEST_BYTES)
    }
}

/// What divides the stripes of a code.
fn step(coding: Coding) -> u32 {
    // At most 162 columns of 64 bytes.
    u32::try_from(coding.data_columns()).unwrap_or(u32::MAX).saturating_mul(COLUMN_GRANULE_BYTES)
}

fn step_min(coding: Coding) -> u32 {
    STRIPE_BYTES_MIN.next_multiple_of(step(coding))
}

impl BorshSerialize for Geometry {
    fn serialize<W: borsh::io::Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        (self.coding, self.stripe_bytes, self.size_units).serialize(writer)
    }
}

impl BorshDeserialize for Geometry {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let (coding, stripe_bytes, size_units) = BorshDeserialize::deserialize_reader(reader)?;
        Self::new(coding, stripe_bytes, size_units).map_err(|error| {
            assent_types::DecodeError::new(assent_types::ErrorCode::Decode, error.to_string()).into_io()
        })
    }
}

#[cfg(test)]
mod tests {
    use assent_types::document;

    use super::*;

    /// The ledger draws stripes to be shown, so it has to count them as they are.
    #[test]
    fn the_ledger_counts_as_many_stripes_as_there_are() {
        let mut compared = 0;
        for (n, k) in document::Coding::LISTED {
            let coding = Coding::new(*n, *k).unwrap();
            for units in (1..200).chain([1 << 10, (1 << 14) + 1, 1 << 16]) {
                for steps in [0, 1, 5, 64] {
                    let Ok(geometry) = Geometry::new(coding, step_min(coding) + steps * step(coding), units) else {
                        continue;
                    };
                    let stripe_bytes = geometry.stripe_bytes();
                    let anchored = document::Coding::Clay { n: *n, k: *k, stripe_bytes };
                    assert_eq!(anchored.stripes(units), geometry.stripes(), "{n} {k} {stripe_bytes} {units}");
                    compared += 1;
                }
            }
        }
        assert!(compared > 1_000, "{compared}");
    }
}

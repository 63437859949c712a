use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};

/// Parameters of a code: any `k` of `n` shards suffice.
///
/// With q = n−k, n is a multiple of q, and a shard of a stripe has α = q^(n/q) columns (Vajha et al., *Clay Codes*,
/// FAST '18).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coding {
    n: u8,
    k: u8,
}

/// Parameters that are not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no code for {k} of {n} shards: choose 2 of 4, 4 of 6, 3 of 6 or 6 of 9")]
pub struct CodingError {
    /// Shards.
    pub n: u8,
    /// Shards that should suffice.
    pub k: u8,
}

impl Coding {
    /// 2 of 4: twice the size stored, two losses survived, repairs read 0.750 of the document.
    pub const PILOT: Self = Self { n: 4, k: 2 };
    /// 4 of 6: 1.5 times the size stored, two losses survived, repairs read 0.625.
    pub const CHEAP: Self = Self { n: 6, k: 4 };
    /// 3 of 6: twice the size stored, three losses survived, repairs read 0.556.
    pub const LASTING: Self = Self { n: 6, k: 3 };
    /// 6 of 9: 1.5 times the size stored, three losses survived, repairs read 0.444.
    pub const WIDE: Self = Self { n: 9, k: 6 };

    /// All parameters that are offered.
    pub const ALL: [Self; 4] = [Self::PILOT, Self::CHEAP, Self::LASTING, Self::WIDE];

    /// These parameters, if they are offered.
    pub fn new(n: u8, k: u8) -> Result<Self, CodingError> {
        Self::ALL.into_iter().find(|coding| (coding.n, coding.k) == (n, k)).ok_or(CodingError { n, k })
    }

    /// Number of shards.
    pub fn n(self) -> usize {
        self.n.into()
    }

    /// Number of shards that suffice.
    pub fn k(self) -> usize {
        self.k.into()
    }

    /// Shards that may be lost, q.
    pub fn losses_max(self) -> usize {
        self.n() - self.k()
    }

    /// Columns of a shard, α.
    pub fn columns(self) -> usize {
        (0..self.n() / self.losses_max()).fold(1, |columns, _| columns * self.losses_max())
    }

    /// Columns of a stripe's ciphertext, k·α.
    pub fn data_columns(self) -> usize {
        self.k() * self.columns()
    }

    /// Columns that a repair reads of each other shard, β = α/q.
    pub fn repair_columns(self) -> usize {
        self.columns() / self.losses_max()
    }
}

impl fmt::Debug for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {})", self.n, self.k)
    }
}

impl BorshSerialize for Coding {
    fn serialize<W: borsh::io::Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        (self.n, self.k).serialize(writer)
    }
}

impl BorshDeserialize for Coding {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let (n, k) = BorshDeserialize::deserialize_reader(reader)?;
        let unknown = |error: CodingError| {
            assent_types::DecodeError::new(assent_types::ErrorCode::UnknownCode, error.to_string()).into_io()
        };
        Self::new(n, k).map_err(unknown)
    }
}

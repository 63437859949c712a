/// Instructions on which a program can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// No vector instructions: every machine has it, and the others are compared with it.
    Scalar,
    /// Byte shuffles of 128 bits.
    Ssse3,
    /// Byte shuffles of 256 bits.
    Avx2,
    /// The field's multiplication in hardware, 256 bits at a time.
    Gfni256,
    /// The field's multiplication in hardware, 512 bits at a time.
    Gfni512,
}

impl Tier {
    /// All tiers, the best last.
    pub const ALL: [Self; 5] = [Self::Scalar, Self::Ssse3, Self::Avx2, Self::Gfni256, Self::Gfni512];

    /// Whether this machine has it.
    #[cfg(target_arch = "x86_64")]
    pub fn is_available(self) -> bool {
        match self {
            Self::Scalar => true,
            Self::Ssse3 => is_x86_feature_detected!("ssse3"),
            Self::Avx2 => is_x86_feature_detected!("avx2"),
            Self::Gfni256 => is_x86_feature_detected!("gfni") && is_x86_feature_detected!("avx2"),
            Self::Gfni512 => is_x86_feature_detected!("gfni") && is_x86_feature_detected!("avx512bw"),
        }
    }

    /// Whether this machine has it.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn is_available(self) -> bool {
        self == Self::Scalar
    }

    /// The best that this machine has.
    pub fn best() -> Self {
        Self::ALL.into_iter().rev().find(|tier| tier.is_available()).unwrap_or(Self::Scalar)
    }
}

//! Identifiers and plain quantities, each a type of its own.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};

/// A 32-byte hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize, BorshDeserialize)]
pub struct Hash32(pub [u8; 32]);

impl Hash32 {
    /// All zero bytes: "none" where a format has no room for an option.
    pub const ZERO: Self = Self([0; 32]);
}

/// Text that is not 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 hexadecimal digits")]
pub struct HexError;

impl fmt::Display for Hash32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0[..6]))
    }
}

impl FromStr for Hash32 {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, HexError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| HexError)?;
        Ok(Self(bytes))
    }
}

impl serde::Serialize for Hash32 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Hash32 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! hash_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize, BorshDeserialize,
            serde::Serialize, serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub Hash32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = HexError;

            fn from_str(text: &str) -> Result<Self, HexError> {
                text.parse().map(Self)
            }
        }
    )*};
}

hash_id! {
    /// The chain: hash of the genesis header.
    ChainId;
    /// A claim code.
    ClaimCodeId;
    /// A challenge of possession.
    ChallengeId;
    /// A block: hash of its header.
    BlockHash;
    /// A transaction: hash of its body and co-signatures.
    TxHash;
    /// A public key: hash of suite and key bytes.
    KeyId;
    /// A pseudonym of one subject, scoped to one counterparty. Carries no information about the person.
    Sp;
    /// One version of a consent.
    ConsentId;
    /// A mandate by which a proxy acts for a subject.
    MandateId;
    /// A legal basis for transfers across a border.
    BasisId;
    /// One version of a document: its anchor. The first version's is the lineage's.
    AnchorId;
    /// A set of key holders.
    KeysetId;
    /// An access session.
    SessionId;
    /// A case: one episode of a subject with an insurer and a provider.
    CaseId;
    /// Random nonce of a stored object, drawn by its author: part of all associated data of its encryption.
    ObjectNonce;
    /// An HPKE public key (RFC 9180) as its suite serialises it.
    HpkeKey;
    /// A bill, named so that only its issuer can tell which bill it is.
    BillNullifier;
    /// A claim.
    ClaimId;
    /// A settlement: one movement of money.
    SettlementId;
    /// A preauthorisation.
    PreauthId;
    /// A guarantee of payment.
    GuaranteeId;
    /// A map between two versions of code systems.
    CodeMapId;
    /// A fixing of an exchange rate.
    FixingId;
    /// A question of eligibility.
    EligibilityId;
    /// A proposal of governance, or an emergency.
    ProposalId;
    /// An assignment of a case's benefit to an advance payer.
    AssignmentId;
    /// A batch of settlements.
    BatchId;
}

macro_rules! number {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize, BorshDeserialize,
            serde::Serialize, serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

number! {
    /// An organisation, assigned by governance and never reused. Also the consensus address of its validator.
    OrgId(u32);
    /// A facility of an organisation, unique inside it.
    FacilityId(u32);
    /// A block height; genesis is 0, the first block 1.
    Height(u64);
    /// Milliseconds since 1970-01-01T00:00:00Z, from block headers only.
    Millis(u64);
    /// Days since 1970-01-01.
    Day(u32);
    /// Calendar months since January 1970.
    Month(u32);
}

impl Height {
    /// The next height.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl Millis {
    /// This instant plus a duration, saturating.
    pub const fn plus(self, duration_ms: u64) -> Self {
        Self(self.0.saturating_add(duration_ms))
    }
}

/// Days since 1970-01-01 of a proleptic Gregorian date, for years from 1970 on.
const fn days_from_civil(year: u32, month: u32, day: u32) -> u32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year % 400;
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

impl Day {
    /// The day of a date; `None` outside 1970 to 9999 or for a date that does not exist.
    pub fn from_date(year: u32, month: u32, day: u32) -> Option<Self> {
        if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 {
            return None;
        }
        let first = Month((year - 1970) * 12 + month - 1);
        let day = Day(first.first_day().0 + day - 1);
        (day < first.next().first_day()).then_some(day)
    }

    /// Year, month (1 to 12) and day (1 to 31).
    pub fn to_date(self) -> (u32, u32, u32) {
        let shifted = self.0 + 719_468;
        let era = shifted / 146_097;
        let day_of_era = shifted % 146_097;
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_shifted + 2) / 5 + 1;
        let month = if month_shifted < 10 { month_shifted + 3 } else { month_shifted - 9 };
        (era * 400 + year_of_era + u32::from(month <= 2), month, day)
    }

    /// The month in which the day lies.
    pub fn month(self) -> Month {
        let (year, month, _) = self.to_date();
        Month((year - 1970) * 12 + month - 1)
    }

    /// The instant at which the day begins (UTC).
    pub const fn start(self) -> Millis {
        Millis(self.0 as u64 * 86_400_000)
    }
}

impl Month {
    /// The latest month that has day numbers: December 9999.
    pub const MAX: Self = Self(8_030 * 12 - 1);

    /// The first day of the month. Months above [`Month::MAX`] count as that one.
    pub const fn first_day(self) -> Day {
        let month = if self.0 > Self::MAX.0 + 1 { Self::MAX.0 } else { self.0 };
        Day(days_from_civil(1970 + month / 12, month % 12 + 1, 1))
    }

    /// The next month.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

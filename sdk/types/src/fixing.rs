//! Fixings of exchange rates, and conversions by them: integers only, rounded once, half to even.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::Text;
use crate::hash::{Tag, tagged_value};
use crate::ids::{Day, FixingId, Millis, OrgId, TxHash};
use crate::limits::FX_TERM_MAX;
use crate::money::{Currency, Money, MoneyError};

/// A fixing as the ledger keeps it: one minor unit of `base` costs `num / den` minor units of `quote`.
///
/// It never changes but for its withdrawal, which later locks see and earlier ones do not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Fixing {
    /// Its identifier.
    pub id: FixingId,
    /// The currency that is priced.
    pub base: Currency,
    /// The currency of the price.
    pub quote: Currency,
    /// Numerator, 1 to 10^12.
    pub num: u64,
    /// Denominator, 1 to 10^12.
    pub den: u64,
    /// Where the rate comes from, such as a central parity.
    pub source: Text<64>,
    /// The day whose rate it is.
    pub fixing_day: Day,
    /// First instant.
    pub valid_from: Millis,
    /// First instant after the end.
    pub valid_to: Millis,
    /// Who published it.
    pub publisher: OrgId,
    /// Who counter-signed a move beyond the band.
    pub countersigned_by: Option<OrgId>,
    /// When it was published.
    pub published_at: Millis,
    /// When it was withdrawn, if it was.
    pub withdrawn_at: Option<Millis>,
}

/// The fixings of two currencies: which way they are quoted, and the latest.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct FixingPair {
    /// The currency that is priced; the other one never is.
    pub base: Currency,
    /// The currency of the price.
    pub quote: Currency,
    /// The latest fixing.
    pub latest: FixingId,
}

/// An amount in another currency, and by which fixing.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Conversion {
    /// The fixing.
    pub fixing: FixingId,
    /// The converted amount.
    pub amount: Money,
    /// What rounding left, booked to the payer: exact less rounded amount, in parts of a minor unit of which there are
    /// `parts`. Above nothing the payer keeps it, below nothing the payer bears it.
    pub residual: i64,
    /// Into how many parts the residual divides a minor unit.
    pub parts: u64,
}

/// The two currencies of a pair in the order under which its fixings are kept.
pub fn pair_of(one: Currency, other: Currency) -> (Currency, Currency) {
    (one.min(other), one.max(other))
}

impl Fixing {
    /// Whether a lock may be taken at this instant: in its window, not withdrawn, and its day not too long ago.
    pub fn is_live(&self, at: Millis, stale_ms: u64) -> bool {
        let fresh = at < Day(self.fixing_day.0.saturating_add(1)).start().plus(stale_ms);
        let standing = self.withdrawn_at.is_none_or(|withdrawn| at < withdrawn);
        self.valid_from <= at && at < self.valid_to && standing && fresh
    }

    /// Converts an amount of one currency of the pair to the other, rounding half to even.
    ///
    /// # Errors
    ///
    /// [`MoneyError::Currency`] for an amount of a third currency, [`MoneyError::Overflow`] for terms outside their
    /// bounds or a result that does not fit.
    pub fn convert(&self, amount: Money) -> Result<Conversion, MoneyError> {
        let (num, den, ccy) = if amount.ccy == self.base {
            (self.num, self.den, self.quote)
        } else if amount.ccy == self.quote {
            (self.den, self.num, self.base)
        } else {
            return Err(MoneyError::Currency);
        };
        if ![num, den].iter().all(|term| (1..=FX_TERM_MAX).contains(term)) {
            return Err(MoneyError::Overflow);
        }
        let (num, den) = (i128::from(num), i128::from(den));
        let exact = i128::from(amount.minor) * num;
        let (floor, rest) = (exact / den, exact % den);
        let up = rest * 2 > den || (rest * 2 == den && floor % 2 == 1);
        let rounded = floor + i128::from(up);
        let minor = u64::try_from(rounded).map_err(|_| MoneyError::Overflow)?;
        let residual = i64::try_from(exact - rounded * den).map_err(|_| MoneyError::Overflow)?;
        let parts = u64::try_from(den).map_err(|_| MoneyError::Overflow)?;
        Ok(Conversion { fixing: self.id, amount: Money::new(ccy, minor), residual, parts })
    }

    /// Whether a rate lies further from this one than the band allows, in hundredths of a percent of this one.
    pub fn is_beyond(&self, num: u64, den: u64, band_bp: u32) -> bool {
        let new = u128::from(num) * u128::from(self.den);
        let old = u128::from(self.num) * u128::from(den);
        new.abs_diff(old).saturating_mul(10_000) > old.saturating_mul(u128::from(band_bp))
    }
}

/// Publishes a fixing (FX-01); signed by an oracle that is designated for the pair, and counter-signed by another or a
/// regulator if it moves beyond the band.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct PublishFixing {
    /// The currency that is priced.
    pub base: Currency,
    /// The currency of the price.
    pub quote: Currency,
    /// Numerator, 1 to 10^12.
    pub num: u64,
    /// Denominator, 1 to 10^12.
    pub den: u64,
    /// Where the rate comes from.
    pub source: Text<64>,
    /// The day whose rate it is.
    pub fixing_day: Day,
    /// First instant.
    pub valid_from: Millis,
    /// First instant after the end.
    pub valid_to: Millis,
}

/// Withdraws a fixing for later locks (FX-02); signed by its publisher or a regulator.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct WithdrawFixing {
    /// Which.
    pub fixing: FixingId,
}

/// The identifier of the fixing that a transaction publishes.
pub fn fixing_id_of(tx: &TxHash) -> FixingId {
    FixingId(tagged_value(Tag::Fixing, tx))
}

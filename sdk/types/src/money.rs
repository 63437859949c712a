//! Amounts of money: whole minor units of one currency, never negative, never rounded.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::codes;
use crate::error::ErrorCode;

codes! {
    /// A currency (ISO 4217).
    Currency {
        /// Renminbi.
        Cny = 1 "CNY",
        /// Hong Kong dollar.
        Hkd = 2 "HKD",
        /// Macao pataca.
        Mop = 3 "MOP",
        /// United States dollar.
        Usd = 4 "USD",
    }
}

impl Currency {
    /// Number of decimals of the minor unit (ISO 4217, column E).
    pub const fn exponent(self) -> usize {
        match self {
            Self::Cny | Self::Hkd | Self::Mop | Self::Usd => 2,
        }
    }
}

/// Why something is no amount, or amounts cannot be added or subtracted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// A text that is no currency of this table, or two currencies in one sum.
    #[error("amounts must be in one known currency")]
    Currency,
    /// More decimals than the currency has.
    #[error("more decimals than the currency has")]
    Precision,
    /// Above the largest amount, or below nothing.
    #[error("the amount is out of range")]
    Overflow,
    /// Not a decimal number such as 12 or 12.50.
    #[error("expected a decimal number without sign or exponent, such as 12.50")]
    Syntax,
}

impl MoneyError {
    /// The number for users: E701, E702, E703, or E907 for what is no number at all.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Currency => ErrorCode::Currency,
            Self::Precision => ErrorCode::Precision,
            Self::Overflow => ErrorCode::AmountOverflow,
            Self::Syntax => ErrorCode::BadRequest,
        }
    }
}

/// An amount in minor units of a currency. Directions are fields of their own: no amount is negative.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// The currency.
    pub ccy: Currency,
    /// Minor units, such as cents.
    pub minor: u64,
}

impl Money {
    /// An amount of minor units.
    pub const fn new(ccy: Currency, minor: u64) -> Self {
        Self { ccy, minor }
    }

    /// Nothing.
    pub const fn zero(ccy: Currency) -> Self {
        Self::new(ccy, 0)
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Reads a decimal number exactly.
    ///
    /// # Errors
    ///
    /// [`MoneyError::Syntax`] for a sign, an exponent or anything else that is no plain decimal number;
    /// [`MoneyError::Precision`] for more decimals than the currency has, zeros included, as nothing is ever rounded;
    /// [`MoneyError::Overflow`] for what does not fit.
    pub fn from_decimal(text: &str, ccy: Currency) -> Result<Self, MoneyError> {
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return Err(MoneyError::Syntax),
            Some(parts) => parts,
            None => (text, ""),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || leading_zero || !digits(whole) || !digits(fraction) {
            return Err(MoneyError::Syntax);
        }
        if fraction.len() > ccy.exponent() {
            return Err(MoneyError::Precision);
        }
        let minor = format!("{whole}{fraction:0<width$}", width = ccy.exponent());
        minor.parse().map(|minor| Self { ccy, minor }).map_err(|_| MoneyError::Overflow)
    }

    /// The sum.
    ///
    /// # Errors
    ///
    /// For two currencies, or a sum that does not fit.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The difference.
    ///
    /// # Errors
    ///
    /// For two currencies, or a difference below nothing.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The sum of amounts, nothing for none.
    ///
    /// # Errors
    ///
    /// For an amount in another currency, or a sum that does not fit.
    pub fn sum(ccy: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(ccy), Self::plus)
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.ccy == other.ccy { Ok(()) } else { Err(MoneyError::Currency) }
    }
}

/// Reads what [`Money`] displays: `12.50 HKD`.
impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let (amount, ccy) = text.split_once(' ').ok_or(MoneyError::Syntax)?;
        let ccy = Currency::from_code(ccy).ok_or(MoneyError::Currency)?;
        Self::from_decimal(amount, ccy)
    }
}

/// As decimal text with its currency: `12.50 HKD`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:0>width$}", self.minor, width = self.ccy.exponent() + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.ccy.exponent());
        write!(f, "{whole}.{fraction} {}", self.ccy)
    }
}

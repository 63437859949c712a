//! Exact amounts from decimal text.

use assent_types::ErrorCode;

use super::model::Amount;
use super::scenario::Scenario;
use super::view::View;
use crate::error::FhirError;

/// Currencies of the ledger with their decimals (ISO 4217).
const CURRENCIES: [(&str, u32); 4] = [("CNY", 2), ("HKD", 2), ("MOP", 2), ("USD", 2)];

/// Why a number is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Negative,
    Precision,
    Overflow,
}

/// Reads a `Money` element, re-denominated if the scenario says so.
pub(super) fn money(money: &View<'_>, scenario: &Scenario) -> Result<Amount, FhirError> {
    let value = money.number("value")?.ok_or_else(|| money.missing("value", "give the amount"))?;
    let stated = money.text("currency")?.ok_or_else(|| money.missing("currency", "give the currency"))?;
    let code = scenario.redenominated(stated);
    let known = CURRENCIES.iter().find(|(known, _)| *known == code);
    let (currency, decimals) = known.ok_or_else(|| {
        let problem = "not a currency of the ledger, which are CNY, HKD, MOP and USD";
        FhirError { code: ErrorCode::Currency, path: money.at("currency"), problem: problem.to_owned() }
    })?;
    match minor_units(value, *decimals) {
        Ok(minor) => Ok(Amount { currency, minor }),
        Err(Fault::Negative) => Err(money.unsupported("value", "negative; the ledger states directions apart")),
        Err(Fault::Precision) => {
            let problem = format!("more than {decimals} decimals, which {currency} does not have");
            Err(FhirError { code: ErrorCode::Precision, path: money.at("value"), problem })
        }
        Err(Fault::Overflow) => Err(overflow(money.at("value"))),
    }
}

/// An optional `Money` element.
pub(super) fn optional_money(parent: &View<'_>, name: &str, scenario: &Scenario) -> Result<Option<Amount>, FhirError> {
    parent.object(name)?.map(|element| money(&element, scenario)).transpose()
}

pub(super) fn overflow(path: String) -> FhirError {
    FhirError { code: ErrorCode::AmountOverflow, path, problem: "larger than the ledger counts".to_owned() }
}

/// Minor units of a JSON number. Decimals count as they are written: `1.000` has three.
pub(crate) fn minor_units(text: &str, decimals: u32) -> Result<u64, Fault> {
    if text.starts_with('-') {
        return Err(Fault::Negative);
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_zero = whole.bytes().chain(fraction.bytes()).all(|digit| digit == b'0');
    // An exponent that does not fit is beyond every bound on its side.
    let beyond = if exponent.starts_with('-') { i64::MIN / 2 } else { i64::MAX / 2 };
    let exponent: i64 = exponent.strip_prefix('+').unwrap_or(exponent).parse().unwrap_or(beyond);
    let written = i64::try_from(fraction.len()).unwrap_or(i64::MAX / 2).saturating_sub(exponent.max(-i64::MAX / 4));
    let missing = i64::from(decimals).saturating_sub(written);
    if missing < 0 {
        return Err(Fault::Precision);
    }
    if is_zero {
        return Ok(0);
    }
    let digits = whole.bytes().chain(fraction.bytes()).map(|digit| u64::from(digit.saturating_sub(b'0')));
    let value = digits.into_iter().try_fold(0_u64, |value, digit| value.checked_mul(10)?.checked_add(digit));
    let power = u32::try_from(missing).ok().and_then(|missing| 10_u64.checked_pow(missing));
    value.zip(power).and_then(|(value, power)| value.checked_mul(power)).ok_or(Fault::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        for (text, minor) in [
            ("0", 0),
            ("125", 12_500),
            ("125.4", 12_540),
            ("125.45", 12_545),
            ("0.01", 1),
            ("1.2545e2", 12_545),
            ("12545E-2", 12_545),
            ("1e+3", 100_000),
            ("0e999999999999999999999", 0),
            ("184467440737095516.15", u64::MAX),
        ] {
            assert_eq!(minor_units(text, 2), Ok(minor), "{text}");
        }
    }

    #[test]
    fn what_is_not_exact_is_refused() {
        for (text, fault) in [
            ("125.4567", Fault::Precision),
            ("125.000", Fault::Precision),
            ("0.000", Fault::Precision),
            ("1e-3", Fault::Precision),
            ("0e-999999999999999999999", Fault::Precision),
            ("-1", Fault::Negative),
            ("-0.00", Fault::Negative),
            ("184467440737095516.16", Fault::Overflow),
            ("99999999999999999999", Fault::Overflow),
            ("1e18", Fault::Overflow),
            ("1e999999999999999999999", Fault::Overflow),
        ] {
            assert_eq!(minor_units(text, 2), Err(fault), "{text}");
        }
    }

    /// Amounts written in every way read back, against 128-bit arithmetic.
    #[test]
    fn every_spelling_of_an_amount_is_the_same_amount() {
        let mut state = 1_u64;
        println!("seed={state}");
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let minor = state >> (state % 60);
            let (whole, cents) = (minor / 100, minor % 100);
            let spellings = [
                format!("{whole}.{cents:02}"),
                format!("{minor}e-2"),
                format!("{minor}.0e-1"),
                format!("0.{minor:020}E+18"),
            ];
            for text in &spellings[..2] {
                assert_eq!(minor_units(text, 2), Ok(minor), "{text}");
            }
            for text in &spellings[2..] {
                assert_eq!(minor_units(text, 2), expected(text), "{text}");
            }
        }
    }

    /// The same by 128-bit integers and plain counting of decimals.
    fn expected(text: &str) -> Result<u64, Fault> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap();
        let (whole, fraction) = mantissa.split_once('.').unwrap();
        let decimals = i64::try_from(fraction.len()).unwrap() - exponent.parse::<i64>().unwrap();
        if decimals > 2 {
            return Err(Fault::Precision);
        }
        let digits: u128 = format!("{whole}{fraction}").parse().unwrap();
        let value = digits.checked_mul(10_u128.pow(u32::try_from(2 - decimals).unwrap())).ok_or(Fault::Overflow)?;
        u64::try_from(value).map_err(|_| Fault::Overflow)
    }
}

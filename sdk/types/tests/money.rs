//! Amounts of money, and nullifiers of bills.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use assent_types::bill::BillKey;
use assent_types::{Currency, ErrorCode, Money, MoneyError, OrgId};

#[test]
fn bad_input_64_unknown_or_mixed_currencies_are_e701() {
    assert_eq!(Currency::from_code("HKD"), Some(Currency::Hkd));
    assert_eq!(Currency::from_code("EUR"), None);
    let (hkd, cny) = (Money::new(Currency::Hkd, 1), Money::new(Currency::Cny, 1));
    assert_eq!(hkd.plus(cny), Err(MoneyError::Currency));
    assert_eq!(hkd.minus(cny), Err(MoneyError::Currency));
    assert_eq!(Money::sum(Currency::Hkd, [hkd, cny]), Err(MoneyError::Currency));
    assert_eq!(MoneyError::Currency.code(), ErrorCode::Currency);
}

#[test]
fn bad_input_65_more_decimals_than_the_currency_has_are_e702() {
    let read = |text| Money::from_decimal(text, Currency::Usd);
    for (text, minor) in [("0", 0), ("7", 700), ("0.5", 50), ("125.45", 12_545), ("184467440737095516.15", u64::MAX)] {
        assert_eq!(read(text), Ok(Money::new(Currency::Usd, minor)), "{text}");
    }
    for text in ["125.4567", "1.000", "0.001"] {
        assert_eq!(read(text), Err(MoneyError::Precision), "{text}");
    }
    for text in ["", ".", "1.", ".5", "-1", "+1", "1e2", "1,000.00", "01", "1.2.3", " 1", "1 ", "\u{661}"] {
        assert_eq!(read(text), Err(MoneyError::Syntax), "{text:?}");
    }
    assert_eq!(read("184467440737095516.16"), Err(MoneyError::Overflow));
    assert_eq!(MoneyError::Precision.code(), ErrorCode::Precision);
}

#[test]
fn bad_input_66_sums_that_do_not_fit_are_e703() {
    let most = Money::new(Currency::Mop, u64::MAX);
    let one = Money::new(Currency::Mop, 1);
    assert_eq!(most.plus(one), Err(MoneyError::Overflow));
    assert_eq!(Money::zero(Currency::Mop).minus(one), Err(MoneyError::Overflow));
    assert_eq!(Money::sum(Currency::Mop, [most, one]), Err(MoneyError::Overflow));
    assert_eq!(Money::sum(Currency::Mop, [one, one, one]), Ok(Money::new(Currency::Mop, 3)));
    assert_eq!(MoneyError::Overflow.code(), ErrorCode::AmountOverflow);
}

#[test]
fn amounts_are_written_as_they_are_read() {
    for (minor, text) in [(0, "0.00"), (5, "0.05"), (1_250, "12.50"), (u64::MAX, "184467440737095516.15")] {
        let money = Money::new(Currency::Cny, minor);
        assert_eq!(money.to_string(), format!("{text} CNY"));
        assert_eq!(Money::from_decimal(text, Currency::Cny), Ok(money));
        assert_eq!(money.to_string().parse(), Ok(money));
    }
    for (text, error) in [
        ("12.50", MoneyError::Syntax),
        ("12.50 XXX", MoneyError::Currency),
        ("12.50  HKD", MoneyError::Currency),
        ("125.4567 USD", MoneyError::Precision),
        ("-1.00 HKD", MoneyError::Syntax),
    ] {
        assert_eq!(text.parse::<Money>(), Err(error), "{text}");
    }
}

/// Computed with an implementation of RFC 2104 of its own:
/// `HMAC-SHA-256(0b ×32, 0x17 ‖ "assent/bill-nullifier/1" ‖ 07000000 ‖ "044001900111|12345678|a1b2c3")`.
#[test]
fn a_bill_nullifier_is_the_hmac_of_the_bill_under_the_issuers_key() {
    let key = BillKey::from_bytes([0x0b; 32]);
    let bill = b"044001900111|12345678|a1b2c3";
    let nullifier = key.nullifier(OrgId(7), bill);
    assert_eq!(nullifier.to_string(), "8aa9c27100d8320cfdd26c37e11ede10daca86246a6e40c98eaf144a1ebbf755");
    assert_eq!(key.nullifier(OrgId(7), bill), nullifier, "the same whenever it is computed");
    assert_ne!(key.nullifier(OrgId(8), bill), nullifier);
    assert_ne!(key.nullifier(OrgId(7), b"044001900111|12345678|a1b2c4"), nullifier);
    assert_ne!(BillKey::from_bytes([0x0c; 32]).nullifier(OrgId(7), bill), nullifier);
    assert_eq!(format!("{key:?}"), "BillKey(..)");
}

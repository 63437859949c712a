//! Dates, months and hexadecimal text.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use assent_types::{Day, Hash32, Height, Millis, Month};

fn leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Every day from 1970 to 9999, counted by hand.
#[test]
fn every_day_has_one_date() {
    let mut count = 0;
    for year in 1970..=9999 {
        let february = if leap(year) { 29 } else { 28 };
        for (month, days) in (1..).zip([31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
            assert_eq!(Month((year - 1970) * 12 + month - 1).first_day(), Day(count));
            for day in 1..=days {
                assert_eq!(Day::from_date(year, month, day), Some(Day(count)));
                assert_eq!(Day(count).to_date(), (year, month, day));
                count += 1;
            }
            for day in [0, days + 1, 32] {
                assert_eq!(Day::from_date(year, month, day), None, "{year}-{month}-{day}");
            }
        }
    }
    assert_eq!(count, 2_932_897);
}

#[test]
fn dates_outside_the_calendar_are_none() {
    for (year, month, day) in [(1969, 12, 31), (10_000, 1, 1), (2000, 0, 1), (2000, 13, 1), (u32::MAX, 1, u32::MAX)] {
        assert_eq!(Day::from_date(year, month, day), None);
    }
    assert_eq!(Month(u32::MAX).next(), Month(u32::MAX));
    assert_eq!(Month(u32::MAX).first_day(), Month::MAX.first_day());
    assert_eq!(Day::from_date(9999, 12, 1), Some(Month::MAX.first_day()));
    assert_eq!(Day(1).start(), Millis(86_400_000));
    assert_eq!(Day(u32::MAX).start(), Millis(u64::from(u32::MAX) * 86_400_000));
}

#[test]
fn arithmetic_saturates() {
    assert_eq!(Millis(u64::MAX - 1).plus(5), Millis(u64::MAX));
    assert_eq!(Height(1).next(), Height(2));
}

#[test]
fn hashes_are_64_digits() {
    let hash = Hash32([0xab; 32]);
    assert_eq!(hash.to_string().parse(), Ok(hash));
    assert_eq!(format!("{hash:?}"), "abababababab");
    for text in ["", "ab", &"ab".repeat(33), &"zz".repeat(32), &format!(" {}", "ab".repeat(31))] {
        assert!(text.parse::<Hash32>().is_err(), "{text:?}");
    }
}

//! FHIR dates and instants as half-open intervals of milliseconds since 1970.
//!
//! A FHIR `dateTime` names an interval as long as its precision, and the end of a period includes it: a period that
//! ends on 31 December ends when that day does.

use assent_types::{Day, Millis};

use crate::error::FhirError;

const DAY_MS: i64 = 86_400_000;
/// Last year that the ledger has day numbers for.
const YEAR_MAX: u32 = 9999;

/// The interval that a `dateTime` names, and whether it names whole days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
    pub(crate) whole_days: bool,
}

/// Reads a `dateTime`. Dates without a time of day are local: `offset_minutes` is the distance of local time from UTC.
pub(crate) fn interval(text: &str, offset_minutes: i32, path: &str) -> Result<Interval, FhirError> {
    let invalid = || FhirError::invalid(path, format!("{text:?} is not a FHIR dateTime"));
    if let Some((date, time)) = text.split_once('T') {
        let (first, next) = date_range(date).ok_or_else(invalid)?;
        if next - first != 1 || date.len() != 10 {
            return Err(invalid());
        }
        let (offset_ms, length_ms) = time_of_day(time).ok_or_else(invalid)?;
        let start_ms = i64::from(first) * DAY_MS + offset_ms;
        return Ok(Interval { start_ms, end_ms: start_ms + length_ms, whole_days: false });
    }
    let (first, next) = date_range(text).ok_or_else(invalid)?;
    let shift = i64::from(offset_minutes) * 60_000;
    let (start_ms, end_ms) = (i64::from(first) * DAY_MS - shift, i64::from(next) * DAY_MS - shift);
    Ok(Interval { start_ms, end_ms, whole_days: true })
}

/// Days since 1970 of the first day and the day after the last one that a `date`, `dateTime` or `instant` names on the
/// calendar of its own place: the date is taken as it is written, whatever the offset.
pub(crate) fn calendar_days(text: &str) -> Option<(i32, i32)> {
    let Some((date, time)) = text.split_once('T') else { return date_range(text) };
    // FHIR allows any number of decimals of a second; they do not matter for the day.
    let (before, after) = time.split_once('.').unwrap_or((time, ""));
    let zone = after.trim_start_matches(|c: char| c.is_ascii_digit());
    let fraction_is_empty = before.len() != time.len() && zone.len() == after.len();
    if date.len() != 10 || fraction_is_empty {
        return None;
    }
    time_of_day(&format!("{before}{zone}"))?;
    date_range(date)
}

/// Days since 1970 of the first day and the day after the last one, for `YYYY`, `YYYY-MM` and `YYYY-MM-DD`.
pub(crate) fn date_range(text: &str) -> Option<(i32, i32)> {
    let parts: Vec<&str> = text.split('-').collect();
    let year = digits(parts.first()?, 4)?;
    let month = parts.get(1).map(|part| digits(part, 2)).map_or(Some(None), |month| month.map(Some))?;
    let day = parts.get(2).map(|part| digits(part, 2)).map_or(Some(None), |day| day.map(Some))?;
    match (month, day, parts.len()) {
        (None, None, 1) => Some((day_number(year, 1, 1)?, day_number(year + 1, 1, 1)?)),
        (Some(month @ 1..=11), None, 2) => Some((day_number(year, month, 1)?, day_number(year, month + 1, 1)?)),
        (Some(12), None, 2) => Some((day_number(year, 12, 1)?, day_number(year + 1, 1, 1)?)),
        (Some(month), Some(day), 3) => {
            let first = day_number(year, month, day)?;
            Some((first, first + 1))
        }
        _ => None,
    }
}

/// Days since 1970 of a Gregorian date, negative before. Dates before 1970 are counted in the same place of an earlier
/// cycle of 400 years, which has a whole number of days.
fn day_number(year: u32, month: u32, day: u32) -> Option<i32> {
    const CYCLE_YEARS: u32 = 400;
    const CYCLE_DAYS: i32 = 146_097;
    if year == 0 {
        return None;
    }
    if year > YEAR_MAX {
        return i32::try_from(Day::from_date(YEAR_MAX, 12, 31)?.0 + 1).ok();
    }
    let cycles = if year < 1970 { (1970 - year).div_ceil(CYCLE_YEARS) } else { 0 };
    let number = i32::try_from(Day::from_date(year + cycles * CYCLE_YEARS, month, day)?.0).ok()?;
    Some(number - i32::try_from(cycles).ok()? * CYCLE_DAYS)
}

/// Offset from the date's midnight in UTC and length, in milliseconds.
fn time_of_day(text: &str) -> Option<(i64, i64)> {
    let (time, zone_minutes) = if let Some(time) = text.strip_suffix('Z') {
        (time, 0)
    } else {
        let at = text.rfind(['+', '-'])?;
        let (time, zone) = text.split_at(at);
        let (hours, minutes) = zone.get(1..)?.split_once(':')?;
        let minutes = i64::from(digits(hours, 2).filter(|hours| *hours <= 14)?) * 60
            + i64::from(digits(minutes, 2).filter(|minutes| *minutes < 60)?);
        (time, if zone.starts_with('-') { -minutes } else { minutes })
    };
    let mut parts = time.split(':');
    let hour = digits(parts.next()?, 2).filter(|hour| *hour < 24)?;
    let minute = digits(parts.next()?, 2).filter(|minute| *minute < 60)?;
    let seconds = parts.next()?;
    if parts.next().is_some() {
        return None;
    }
    let (second, fraction_ms, length_ms) = match seconds.split_once('.') {
        None => (digits(seconds, 2)?, 0, 1000),
        // Only whole milliseconds: the ledger's clock has no smaller step.
        Some((second, fraction)) if fraction.len() == 3 => (digits(second, 2)?, i64::from(digits(fraction, 3)?), 1),
        Some(_) => return None,
    };
    if second > 59 {
        return None;
    }
    let offset_s = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second) - zone_minutes * 60;
    Some((offset_s * 1000 + fraction_ms, length_ms))
}

fn digits(text: &str, count: usize) -> Option<u32> {
    let is_plain = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain { text.parse().ok() } else { None }
}

/// The date as text.
pub(crate) fn date_text(day: Day) -> String {
    let (year, month, day) = day.to_date();
    format!("{year:04}-{month:02}-{day:02}")
}

/// The instant as text, to the millisecond, in UTC; `None` after the year 9999.
pub(crate) fn instant_text(at: Millis) -> Option<String> {
    let day = Day(u32::try_from(at.0 / DAY_MS.unsigned_abs()).ok()?);
    if Day::from_date(YEAR_MAX, 12, 31).is_none_or(|last| day > last) {
        return None;
    }
    let ms = at.0 % DAY_MS.unsigned_abs();
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    Some(format!("{}T{hour:02}:{minute:02}:{second:02}.{:03}Z", date_text(day), ms % 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(i64, i64)> {
        interval(text, 480, "x").ok().map(|interval| (interval.start_ms, interval.end_ms))
    }

    #[test]
    fn intervals_are_as_long_as_their_precision() {
        assert_eq!(read("1970-01-01T00:00:00Z"), Some((0, 1000)));
        assert_eq!(read("1970-01-01T08:00:00.001+08:00"), Some((1, 2)));
        assert_eq!(read("1969-12-31T23:30:00-00:30"), Some((0, 1000)));
        let local_midnight = -8 * 3_600_000;
        assert_eq!(read("1970-01-01"), Some((local_midnight, local_midnight + DAY_MS)));
        assert_eq!(read("1970"), Some((local_midnight, local_midnight + 365 * DAY_MS)));
        assert_eq!(read("1970-12"), Some((local_midnight + 334 * DAY_MS, local_midnight + 365 * DAY_MS)));
        assert_eq!(date_range("1964-01-01"), Some((-2192, -2191)));
        assert_eq!(date_range("2000-02"), Some((10_988, 11_017)));
    }

    #[test]
    fn the_calendar_day_is_the_written_one() {
        let day = Some((1, 2));
        for text in ["1970-01-02", "1970-01-02T00:00:00.123456789+14:00", "1970-01-02T23:59:59Z"] {
            assert_eq!(calendar_days(text), day, "{text}");
        }
        assert_eq!(calendar_days("1970-02"), Some((31, 59)));
        for text in ["1970-01-02T", "1970-01T00:00:00Z", "1970-01-02T00:00:00.Z", "1970-01-02T00:00:00", "x"] {
            assert_eq!(calendar_days(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "2022-13",
            "2022-00",
            "2022-02-30",
            "22-01-01",
            "2022-1-1",
            "2022-01-01T",
            "2022-01-01T10:00",
            "2022-01T10:00:00Z",
            "2022-01-01T10:00:00",
            "2022-01-01T24:00:00Z",
            "2022-01-01T10:00:60Z",
            "2022-01-01T10:00:00.1234Z",
            "2022-01-01T10:00:00+15:00",
            "2022-01-01T10:00:00+0800",
            "0000",
            "２０２２",
            "2022-01-01-01",
            "+022",
            "2022-01-01T1é:00:00Z",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn instants_read_back() {
        for at in [0, 1, 999, 1000, 1_790_000_000_123, 253_402_300_799_999] {
            let text = instant_text(Millis(at)).unwrap();
            assert_eq!(read(&text), Some((i64::try_from(at).unwrap(), i64::try_from(at).unwrap() + 1)), "{text}");
        }
        assert_eq!(instant_text(Millis(253_402_300_800_000)), None);
        assert_eq!(instant_text(Millis(u64::MAX)), None);
    }
}

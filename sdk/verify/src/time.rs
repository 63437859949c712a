use assent_types::{Day, Millis};

const DAY_MS: u64 = 86_400_000;

/// The instant as RFC 3339 text in UTC with milliseconds; beyond the year 9999, which RFC 3339 cannot write, as a number
/// of milliseconds.
pub fn rfc3339(time: Millis) -> String {
    let day = u32::try_from(time.0 / DAY_MS).ok().map(Day).filter(|day| day.0 <= LAST_DAY.0);
    let Some(day) = day else { return format!("{} ms after 1970-01-01T00:00:00Z", time.0) };
    let (year, month, date) = day.to_date();
    let ms = time.0 % DAY_MS;
    let (seconds, ms) = (ms / 1_000, ms % 1_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// 9999-12-31.
const LAST_DAY: Day = Day(2_932_896);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_instants() {
        assert_eq!(rfc3339(Millis(0)), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(Millis(951_782_400_000)), "2000-02-29T00:00:00.000Z");
        assert_eq!(rfc3339(Millis(1_780_000_009_007)), "2026-05-28T20:26:49.007Z");
        assert_eq!(rfc3339(Millis(253_402_300_799_999)), "9999-12-31T23:59:59.999Z");
        assert_eq!(rfc3339(Millis(253_402_300_800_000)), "253402300800000 ms after 1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(Millis(u64::MAX)), "18446744073709551615 ms after 1970-01-01T00:00:00Z");
    }
}

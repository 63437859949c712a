use assent_types::Day;
use assent_types::subject::AgeBand;

/// The age band at a day of who was born on a FHIR date: a year, a month or a day, of which the latest possible day
/// counts, so that nobody is taken for older than certain. `None` for what is no such date.
pub(super) fn age_band(born: &str, today: Day) -> Option<AgeBand> {
    let mut parts = born.splitn(3, '-').map(|part| part.parse::<u32>().ok());
    let year = parts.next()??;
    let month = parts.next().map_or(Some(12), |month| month)?;
    let day = parts.next().map_or(Some(31), |day| day)?;
    let (this_year, this_month, this_day) = today.to_date();
    let had_birthday = (month, day) <= (this_month, this_day);
    let age = this_year.saturating_sub(year).saturating_sub(u32::from(!had_birthday));
    Some(match age {
        0..14 => AgeBand::Under14,
        14..16 => AgeBand::From14,
        16..18 => AgeBand::From16,
        18..65 => AgeBand::Adult,
        _ => AgeBand::From65,
    })
}

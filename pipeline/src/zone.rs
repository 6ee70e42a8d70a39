//! Time zones as plain numbers for the rules: days, weeks and months since 1970.

use holloway_wire::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

const DAY_US: i64 = 86_400_000_000;

/// 2200-01-01: clock changes are looked up once, from 1970 to here; outside of that the nearest offset holds.
const TABLE_END_US: i64 = 7_258_118_400_000_000;

/// A time zone that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ZoneError {
    /// The name is not in the database.
    #[error("expected a time zone of the IANA database such as UTC or Europe/Berlin, found {name:?}")]
    Unknown {
        /// The name.
        name: String,
    },
    /// The text is neither a date nor a time.
    #[error("expected a date (2026-11-24) or a time (2026-11-24T08:00:00Z), found {text:?}")]
    Time {
        /// The text.
        text: String,
    },
}

/// A time zone of the bundled IANA database.
///
/// ```
/// use holloway_pipeline::Zone;
/// use holloway_wire::Timestamp;
/// let zone = Zone::named("America/New_York")?;
/// let at = Timestamp::parse("2026-07-01T03:00:00Z")?;
/// assert_eq!(zone.day(at), Zone::utc().day(at) - 1, "still June 30 over there");
/// assert!(Zone::named("Mars/Olympus").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Zone {
    tz: TimeZone,
    name: String,
    /// From when on which offset holds, both in microseconds; the first holds for all time before as well.
    offsets: Vec<(i64, i64)>,
}

impl Zone {
    /// UTC.
    pub fn utc() -> Self {
        Self { tz: TimeZone::UTC, name: "UTC".to_owned(), offsets: vec![(i64::MIN, 0)] }
    }

    /// The zone of an IANA name.
    pub fn named(name: &str) -> Result<Self, ZoneError> {
        let zone = TimeZone::get(name).map_err(|_| ZoneError::Unknown { name: name.to_owned() })?;
        let start = jiff::Timestamp::UNIX_EPOCH;
        let micros = |offset: jiff::tz::Offset| i64::from(offset.seconds()) * 1_000_000;
        let mut offsets = vec![(i64::MIN, micros(zone.to_offset(start)))];
        let changes = zone
            .following(start)
            .map(|change| (change.timestamp().as_microsecond(), micros(change.offset())));
        offsets.extend(changes.take_while(|&(at, _)| at < TABLE_END_US));
        Ok(Self { tz: zone, name: name.to_owned(), offsets })
    }

    /// The name, as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Days since 1970-01-01 of the local date.
    pub fn day(&self, at: Timestamp) -> i64 {
        (at.as_micros() + self.offset_us(at)).div_euclid(DAY_US)
    }

    /// The first moment of a local day.
    pub fn start_of_day(&self, day: i64) -> Timestamp {
        let start = date(day).and_then(|date| date.to_zoned_datetime(self.tz.clone()).ok());
        start.map_or_else(
            || Timestamp::from_micros(day * DAY_US),
            |zoned| Timestamp::from_micros(zoned.timestamp().as_microsecond()),
        )
    }

    /// Reads a bound of a report: a time, or a date, which is its first local moment.
    pub fn parse(&self, text: &str) -> Result<Timestamp, ZoneError> {
        if let Ok(date) = text.parse::<Date>()
            && text.len() == 10
        {
            return Ok(self.start_of_day(day_number(date)));
        }
        Timestamp::parse(text).map_err(|_| ZoneError::Time { text: text.to_owned() })
    }

    fn offset_us(&self, at: Timestamp) -> i64 {
        let at = at.as_micros();
        let next = self.offsets.partition_point(|&(from, _)| from <= at);
        self.offsets[next.saturating_sub(1)].1
    }
}

/// A running day as `YYYY-MM-DD`.
pub(crate) fn day_text(day: i64) -> String {
    date(day).map_or_else(|| format!("day {day}"), |date| date.to_string())
}

/// The Monday of the week of a day, as a day.
pub(crate) fn monday(day: i64) -> i64 {
    // 1970-01-01 was a Thursday.
    day - (day + 3).rem_euclid(7)
}

/// Months since 1970-01 of a day.
pub(crate) fn month(day: i64) -> i64 {
    date(day).map_or(0, |date| (i64::from(date.year()) - 1970) * 12 + i64::from(date.month()) - 1)
}

/// The first day of a month.
pub(crate) fn first_of_month(month: i64) -> i64 {
    let year = 1970 + month.div_euclid(12);
    let first =
        i16::try_from(year).ok().and_then(|year| Date::new(year, month.rem_euclid(12) as i8 + 1, 1).ok());
    first.map_or(0, day_number)
}

fn date(day: i64) -> Option<Date> {
    let day = i32::try_from(day).ok()?;
    Date::constant(1970, 1, 1).checked_add(jiff::Span::new().try_days(day).ok()?).ok()
}

fn day_number(date: Date) -> i64 {
    date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn days_follow_the_clock_change() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        // Clocks went from 02:00 to 03:00 on 2026-03-29: midnight is 23:00 UTC before it and 22:00 UTC after it.
        for (text, day) in [
            ("2026-03-28T22:59:59.999Z", "2026-03-28"),
            ("2026-03-28T23:00:00Z", "2026-03-29"),
            ("2026-03-29T21:59:59.999Z", "2026-03-29"),
            ("2026-03-29T22:00:00Z", "2026-03-30"),
        ] {
            assert_eq!(day_text(berlin.day(at(text))), day, "{text}");
        }
    }

    #[test]
    fn a_date_is_its_first_local_moment() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        assert_eq!(berlin.parse("2026-07-01").unwrap(), at("2026-06-30T22:00:00Z"));
        assert_eq!(berlin.parse("2026-07-01T00:00:00Z").unwrap(), at("2026-07-01T00:00:00Z"));
        assert!(berlin.parse("yesterday").is_err());
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        let day = Zone::utc().day(at("2026-11-24T08:00:00Z"));
        assert_eq!(day_text(monday(day)), "2026-11-23");
        assert_eq!(day_text(first_of_month(month(day))), "2026-11-01");
        assert_eq!(day_text(monday(-1)), "1969-12-29");
        assert_eq!(day_text(first_of_month(month(-1))), "1969-12-01");
    }
}

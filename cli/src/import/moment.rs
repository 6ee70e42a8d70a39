//! Times in the dress that a file gives them.

use anyhow::Result;
use holloway_wire::Timestamp;

use crate::arguments::BadArgument;

/// How times are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TimeFormat {
    Rfc3339,
    /// Microseconds of one unit.
    Unix(i64),
    Pattern(String),
}

impl TimeFormat {
    pub(super) fn parse(text: &str) -> Result<Self> {
        Ok(match text {
            "rfc3339" => Self::Rfc3339,
            "unix-s" => Self::Unix(1_000_000),
            "unix-ms" => Self::Unix(1_000),
            "unix-us" => Self::Unix(1),
            pattern if pattern.contains('%') => Self::Pattern(pattern.to_owned()),
            _ => {
                let says = format!(
                    "expected rfc3339, unix-s, unix-ms, unix-us or a pattern such as %Y%m%d, found {text:?}"
                );
                return Err(BadArgument(says).into());
            }
        })
    }

    /// Reads a time, or says what is wrong with it.
    pub(super) fn read(&self, text: &str) -> Result<Timestamp, String> {
        match self {
            Self::Rfc3339 => Timestamp::parse(text).map_err(|error| error.to_string()),
            Self::Unix(unit) => Self::unix(text, *unit),
            Self::Pattern(pattern) => patterned(pattern, text)
                .ok_or_else(|| format!("expected a time like {pattern}, found {text:?}")),
        }
    }

    fn unix(text: &str, unit: i64) -> Result<Timestamp, String> {
        let wrong = || {
            format!(
                "expected a number of seconds, milliseconds or microseconds since 1970 in the years 1 to 9999, found {text:?}"
            )
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let number: i64 = whole.parse().map_err(|_| wrong())?;
        let mut micros = number.checked_mul(unit).ok_or_else(wrong)?;
        let mut scale = unit;
        for digit in fraction.bytes() {
            scale /= 10;
            micros += i64::from(digit.is_ascii_digit().then_some(digit - b'0').ok_or_else(wrong)?) * scale;
        }
        let time = Timestamp::from_micros(micros);
        if (Timestamp::MIN..=Timestamp::MAX).contains(&time) { Ok(time) } else { Err(wrong()) }
    }
}

/// Reads a pattern: with a zone, without one (UTC), or a date alone (midnight UTC).
fn patterned(pattern: &str, text: &str) -> Option<Timestamp> {
    let parts = jiff::fmt::strtime::parse(pattern, text).ok()?;
    let at = parts.to_timestamp().ok().or_else(|| {
        let civil = parts.to_datetime().or_else(|_| parts.to_date().map(|date| date.at(0, 0, 0, 0))).ok()?;
        jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()
    })?;
    Some(Timestamp::from_micros(at.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_dress() {
        let check = |format: &str, text: &str, answer: &str| {
            let read = TimeFormat::parse(format).expect("a format").read(text).map(|time| time.to_string());
            assert_eq!(read.as_deref(), Ok(answer), "{format} {text}");
        };
        check("rfc3339", "2026-11-24T10:00:00+02:00", "2026-11-24T08:00:00.000Z");
        check("unix-s", "1795507753", "2026-11-24T08:09:13.000Z");
        check("unix-s", "1795507753.25", "2026-11-24T08:09:13.250Z");
        check("unix-ms", "1795507753123", "2026-11-24T08:09:13.123Z");
        check("unix-us", "1795507753123456", "2026-11-24T08:09:13.123456Z");
        check("%Y%m%d", "20261124", "2026-11-24T00:00:00.000Z");
        check("%d/%b/%Y:%H:%M:%S %z", "17/May/2015:10:05:03 +0200", "2015-05-17T08:05:03.000Z");
        assert!(TimeFormat::parse("iso").is_err());
        for text in ["", "x", "99999999999999999", "-99999999999999"] {
            assert!(TimeFormat::Unix(1_000_000).read(text).is_err(), "{text}");
        }
    }
}

//! Points in time on the wire, and the correction of a device's clock.

use alloc::vec::Vec;

use crate::{json::Sink, limits::FUTURE_US_MAX};

/// A point in time: microseconds since 1970-01-01T00:00:00Z, years 1 to 9999.
///
/// Clients stamp milliseconds; imports may bring microseconds; digits beyond are cut off. Whole numbers, so that
/// "a gap of exactly 30 minutes" has one answer.
///
/// ```
/// use holloway_wire::Timestamp;
/// let time = Timestamp::parse("2026-11-24T10:09:13.5+02:00")?;
/// assert_eq!(time.to_string(), "2026-11-24T08:09:13.500Z");
/// assert_eq!(
///     Timestamp::parse("yesterday").unwrap_err().to_string(),
///     "expected an RFC 3339 time such as 2026-11-24T08:09:13.123Z, found no year at byte 0",
/// );
/// # Ok::<(), holloway_wire::TimeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Where reading a time stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an RFC 3339 time such as 2026-11-24T08:09:13.123Z, found {found} at byte {at}")]
pub struct TimeError {
    /// Byte offset into the text.
    pub at: usize,
    /// What was wrong there.
    pub found: &'static str,
}

impl Timestamp {
    /// The first microsecond of year 1.
    pub const MIN: Self = Self(-62_135_596_800_000_000);
    /// The last microsecond of year 9999.
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// From microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From milliseconds since the epoch.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    pub const fn from_millis(millis: i64) -> Self {
        // Saturating, without the 128 bits that a browser has no instruction for.
        if millis > MILLIS_MAX {
            Self(i64::MAX)
        } else if millis < MILLIS_MIN {
            Self(i64::MIN)
        } else {
            Self(millis * 1_000)
        }
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since the epoch, rounded down.
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Reads RFC 3339: date, `T` or a space, time, optional fraction, `Z` or an offset.
    ///
    /// Lenient where real senders are: a bare date means midnight UTC, a missing offset means UTC, seconds may be
    /// missing, the offset may be written `+0200`. Leap second 60 reads as the first microsecond after it.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        Reader { bytes: text.as_bytes(), at: 0 }.time()
    }

    /// Appends the RFC 3339 text in UTC: three fraction digits, six when the microseconds are not whole
    /// milliseconds.
    pub fn write(self, out: &mut impl Sink) {
        // From 1 March of year 0, before every time that there is: whole numbers without sign from here on, and after
        // the days small ones, which are less code in a browser.
        let micros = self.0.wrapping_add(MARCH_0_DAYS * DAY_US) as u64;
        let (year, month, day) = civil_from_days((micros / DAY_US as u64) as u32);
        let (minute, micros) = ((micros / 60_000_000 % 1_440) as u32, (micros % 60_000_000) as u32);
        let date = year.wrapping_mul(10_000) + month * 100 + day;
        let clock = minute / 60 * 100 + minute % 60;
        let mut text = *b"0000-00-00T00:00:00.000000";
        // Digits, last to first: of the seconds, the clock and the date.
        let mut rest = micros;
        for (at, slot) in text.iter_mut().enumerate().rev() {
            match at {
                16 => rest = clock,
                10 => rest = date,
                _ if *slot == b'0' => {
                    *slot += (rest % 10) as u8;
                    rest /= 10;
                }
                _ => {}
            }
        }
        let length = if micros % 1_000 > 0 { 26 } else { 23 };
        out.put_ascii(text.get(..length).unwrap_or_default());
        out.put("Z");
    }
}

impl core::fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut text = Vec::with_capacity(27);
        self.write(&mut text);
        formatter.write_str(core::str::from_utf8(&text).expect("a written time is ASCII"))
    }
}

/// Which of the times on hand became an event's corrected `timestamp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockSource {
    /// The event's own time, because no `sentAt` told how the device's clock runs.
    Original,
    /// The event's own time, moved by the skew between `receivedAt` and `sentAt`.
    Corrected,
    /// `receivedAt`, because the event carried no time.
    Received,
    /// `receivedAt`, because the event's time lay past the year 9999, before the year 1, or more than 24 h in
    /// the future even after correction.
    Clamped,
}

impl ClockSource {
    /// The word that the log stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Corrected => "corrected",
            Self::Received => "received",
            Self::Clamped => "clamped",
        }
    }

    /// Reads the word that the log stores; `None` for any other.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Original, Self::Corrected, Self::Received, Self::Clamped]
            .into_iter()
            .find(|source| source.as_str() == word)
    }
}

/// A corrected time and the input that won.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrected {
    /// The time to report by.
    pub timestamp: Timestamp,
    /// Where it came from.
    pub source: ClockSource,
}

/// Corrects an event's time for a device clock that is off: `receivedAt − (sentAt − originalTimestamp)`.
///
/// The rule of the Segment spec. What the device's clock shows cancels out; what remains is how long the event
/// waited before it was sent, counted back from a clock that we trust.
///
/// ```
/// use holloway_wire::{ClockSource, Timestamp, correct_clock};
/// let at = |text| Timestamp::parse(text).ok();
/// // The device lives in 2020. It sent the event ten seconds after it happened.
/// let corrected = correct_clock(
///     at("2020-01-01T00:00:00Z"),
///     at("2020-01-01T00:00:10Z"),
///     Timestamp::parse("2026-11-24T08:00:00Z")?,
/// );
/// assert_eq!(corrected.timestamp.to_string(), "2026-11-24T07:59:50.000Z");
/// assert_eq!(corrected.source, ClockSource::Corrected);
/// # Ok::<(), holloway_wire::TimeError>(())
/// ```
pub fn correct_clock(
    original: Option<Timestamp>,
    sent_at: Option<Timestamp>,
    received_at: Timestamp,
) -> Corrected {
    let (micros, source) = match (original, sent_at) {
        (None, _) => return Corrected { timestamp: received_at, source: ClockSource::Received },
        (Some(original), None) => (Some(original.0), ClockSource::Original),
        (Some(original), Some(sent_at)) => {
            let waited = sent_at.0.checked_sub(original.0);
            (waited.and_then(|waited| received_at.0.checked_sub(waited)), ClockSource::Corrected)
        }
    };
    match micros {
        Some(micros)
            if (Timestamp::MIN.0..=Timestamp::MAX.0).contains(&micros)
                && micros.saturating_sub(received_at.0) <= FUTURE_US_MAX =>
        {
            Corrected { timestamp: Timestamp(micros), source }
        }
        _ => Corrected { timestamp: received_at, source: ClockSource::Clamped },
    }
}

const MILLIS_MIN: i64 = i64::MIN / 1_000;
const MILLIS_MAX: i64 = i64::MAX / 1_000;
const DAY_US: i64 = 86_400_000_000;
/// Days from 1 March of year 0 to 1970-01-01.
const MARCH_0_DAYS: i64 = 719_468;

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn time(mut self) -> Result<Timestamp, TimeError> {
        let year = self.number(4, "no year")?;
        self.expect(b'-')?;
        let month = self.number(2, "no month")?;
        self.expect(b'-')?;
        let day = self.number(2, "no day")?;
        if year == 0 {
            return Err(TimeError { at: 0, found: "a year outside of 1 to 9999" });
        }
        if !(1..=12).contains(&month) {
            return Err(TimeError { at: 5, found: "a month outside of 1 to 12" });
        }
        if day < 1 || day > days_in_month(year, month) {
            return Err(TimeError { at: 8, found: "a day that this month does not have" });
        }
        let days = days_from_civil(year, month, day);
        let mut micros = days * DAY_US;
        if self.at < self.bytes.len() {
            if !matches!(self.bytes[self.at], b'T' | b't' | b' ') {
                return Err(self.error("no T between date and time"));
            }
            self.at += 1;
            micros += self.clock()? - self.offset()?;
        }
        if self.at < self.bytes.len() {
            return Err(self.error("text after the time"));
        }
        Ok(Timestamp(micros))
    }

    /// Microseconds since midnight.
    fn clock(&mut self) -> Result<i64, TimeError> {
        let start = self.at;
        let hour = self.number(2, "no hour")?;
        self.expect(b':')?;
        let minute = self.number(2, "no minute")?;
        let mut second = 0;
        let mut fraction = 0;
        if self.peek() == Some(b':') {
            self.at += 1;
            second = self.number(2, "no second")?;
            if matches!(self.peek(), Some(b'.' | b',')) {
                self.at += 1;
                fraction = self.fraction()?;
            }
        }
        if hour > 23 || minute > 59 || second > 60 {
            return Err(TimeError { at: start, found: "a time of day past 23:59:60" });
        }
        Ok(((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction)
    }

    /// Digits after the point, as microseconds; at least one, those past the sixth are cut off.
    fn fraction(&mut self) -> Result<i64, TimeError> {
        let start = self.at;
        let mut micros = 0;
        let mut scale = 100_000;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            micros += i64::from(digit - b'0') * scale;
            scale /= 10;
            self.at += 1;
        }
        if self.at == start { Err(self.error("no fraction digit")) } else { Ok(micros) }
    }

    /// Microseconds that local time is ahead of UTC.
    fn offset(&mut self) -> Result<i64, TimeError> {
        let sign = match self.peek() {
            None => return Ok(0),
            Some(b'Z' | b'z') => {
                self.at += 1;
                return Ok(0);
            }
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(_) => return Err(self.error("no Z or offset")),
        };
        self.at += 1;
        let start = self.at;
        let hours = self.number(2, "no offset hours")?;
        if self.peek() == Some(b':') {
            self.at += 1;
        }
        let minutes = if self.peek().is_some() { self.number(2, "no offset minutes")? } else { 0 };
        if hours > 23 || minutes > 59 {
            return Err(TimeError { at: start, found: "an offset past 23:59" });
        }
        Ok(sign * (hours * 60 + minutes) * 60_000_000)
    }

    fn number(&mut self, width: usize, missing: &'static str) -> Result<i64, TimeError> {
        let mut number = 0;
        for index in self.at..self.at + width {
            match self.bytes.get(index) {
                Some(digit @ b'0'..=b'9') => number = number * 10 + i64::from(digit - b'0'),
                _ => return Err(self.error(missing)),
            }
        }
        self.at += width;
        Ok(number)
    }

    fn expect(&mut self, byte: u8) -> Result<(), TimeError> {
        if self.peek() != Some(byte) {
            return Err(self.error(if byte == b'-' { "no hyphen" } else { "no colon" }));
        }
        self.at += 1;
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn error(&self, found: &'static str) -> TimeError {
        TimeError { at: self.at, found }
    }
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar. Counting the year from March makes the
/// leap day the last day of the year, so that a month's first day is a linear formula.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let from_march = (month + 9) % 12;
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - MARCH_0_DAYS
}

/// Year, month and day of a number of days since 1 March of year 0.
const fn civil_from_days(days: u32) -> (u32, u32, u32) {
    // Counted in quarters of a day, a century and a year have whole lengths; in fifths, five months from March on.
    let quarters = 4 * days + 3;
    let (century, quarters) = (quarters / 146_097, (quarters % 146_097) | 3);
    let (year, fifths) = (quarters / 1_461, quarters % 1_461 / 4 * 5 + 2);
    let (from_march, day) = (fifths / 153, fifths % 153 / 5 + 1);
    // January and February belong to the year that began in March before them.
    let is_next = from_march > 9;
    let month = from_march + 3 - if is_next { 12 } else { 0 };
    (century * 100 + year + is_next as u32, month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Epoch numbers from GNU `date -d TEXT +%s`.
    #[test]
    fn texts_read_as_their_epoch_microseconds() {
        let check = |text: &str, micros: i64| {
            assert_eq!(Timestamp::parse(text).map(Timestamp::as_micros), Ok(micros), "{text}");
        };
        check("1970-01-01T00:00:00Z", 0);
        check("2026-11-24T08:09:13.123Z", 1_795_507_753_123_000);
        check("2026-11-24T08:09:13,123Z", 1_795_507_753_123_000);
        check("2026-11-24 08:09:13.123456789", 1_795_507_753_123_456);
        check("2026-11-24T10:09:13+02:00", 1_795_507_753_000_000);
        check("2026-11-24T10:09:13+0200", 1_795_507_753_000_000);
        check("2026-11-23T22:09:13-10", 1_795_507_753_000_000);
        check("2024-02-29", 1_709_164_800_000_000);
        check("2026-11-24T08:09Z", 1_795_507_740_000_000);
        check("1969-12-31T23:59:59.999999Z", -1);
        check("2016-12-31T23:59:60Z", 1_483_228_800_000_000);
        check("0001-01-01T00:00:00Z", Timestamp::MIN.as_micros());
        check("9999-12-31T23:59:59.999999Z", Timestamp::MAX.as_micros());
    }

    #[test]
    fn unreadable_texts_say_where_and_what() {
        let check = |text: &str, at: usize, found: &str| {
            let error = Timestamp::parse(text).expect_err(text);
            assert_eq!((error.at, error.found), (at, found), "{text}");
        };
        check("", 0, "no year");
        check("-001-01-01T00:00:00Z", 0, "no year");
        check("0000-01-01", 0, "a year outside of 1 to 9999");
        check("10000-01-01", 4, "no hyphen");
        check("2023-02-29", 8, "a day that this month does not have");
        check("2026-13-01", 5, "a month outside of 1 to 12");
        check("2026-11-24X08:09", 10, "no T between date and time");
        check("2026-11-24T24:00:00Z", 11, "a time of day past 23:59:60");
        check("2026-11-24T08:09:13.Z", 20, "no fraction digit");
        check("2026-11-24T08:09:13Zulu", 20, "text after the time");
        check("2026-11-24T08:09:13+25:00", 20, "an offset past 23:59");
        check("2026-11-24T08:09:13é", 19, "no Z or offset");
    }

    #[test]
    fn clock_correction_says_which_input_won() {
        let at = |text: &str| if text.is_empty() { None } else { Some(Timestamp::parse(text).expect(text)) };
        let check = |original: &str, sent: &str, answer: &str, source: ClockSource| {
            let received = Timestamp::parse("2026-11-24T12:00:00Z").expect("valid");
            let corrected = correct_clock(at(original), at(sent), received);
            assert_eq!(
                (corrected.timestamp.to_string().as_str(), corrected.source),
                (answer, source),
                "{original} {sent}"
            );
        };
        let noon = "2026-11-24T12:00:00.000Z";
        check("", "", noon, ClockSource::Received);
        check("", "2026-11-24T11:00:00Z", noon, ClockSource::Received);
        check("2015-05-17T10:05:03Z", "", "2015-05-17T10:05:03.000Z", ClockSource::Original);
        check(
            "2026-11-24T11:59:00Z",
            "2026-11-24T11:59:30Z",
            "2026-11-24T11:59:30.000Z",
            ClockSource::Corrected,
        );
        // A clock five years ahead; the event waited an hour.
        check(
            "2031-01-01T00:00:00Z",
            "2031-01-01T01:00:00Z",
            "2026-11-24T11:00:00.000Z",
            ClockSource::Corrected,
        );
        // The year 9999 without a sentAt cannot be corrected.
        check("9999-12-31T23:59:59Z", "", noon, ClockSource::Clamped);
        check("2026-11-25T12:00:00Z", "", "2026-11-25T12:00:00.000Z", ClockSource::Original);
        check("2026-11-25T12:00:00.000001Z", "", noon, ClockSource::Clamped);
        // Said to have waited 8,000 years: before the year 1.
        check("0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z", noon, ClockSource::Clamped);
    }

    proptest! {
        #[test]
        fn written_times_read_back(micros in Timestamp::MIN.as_micros()..=Timestamp::MAX.as_micros()) {
            let time = Timestamp::from_micros(micros);
            prop_assert_eq!(Timestamp::parse(&time.to_string()), Ok(time));
        }

        #[test]
        fn any_text_reads_or_errs_without_a_panic(text in "\\PC{0,30}") {
            let _ = Timestamp::parse(&text);
        }

        #[test]
        fn calendar_order_is_time_order(a in 306_u32..3_652_365, b in 306_u32..3_652_365) {
            prop_assert_eq!(civil_from_days(a).cmp(&civil_from_days(b)), a.cmp(&b));
        }
    }
}

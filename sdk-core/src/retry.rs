//! When to try again.

use crate::{
    Config, Now,
    config::{BACKOFF_FIRST_MS, BACKOFF_MAX_MS, BREAKER_PAUSE_MS},
    random::Random,
    state::{Number, State},
};

/// Never wait longer than a day because a header said so.
const RETRY_AFTER_MAX_MS: u64 = 24 * 3_600 * 1_000;

/// The pause after failures. Kept by the wall clock over restarts, by the monotonic one within a run.
#[derive(Clone, Debug)]
pub(crate) struct Retry {
    /// Failures in a row.
    pub(crate) failures: u32,
    /// No request before this; wall clock, for the state.
    pub(crate) not_before_unix_ms: u64,
    /// The same by the monotonic clock.
    pub(crate) not_before_mono_ms: u64,
    /// Whether the server asked for the pause, so that coming online does not end it.
    pub(crate) by_server: bool,
    /// Requests without any answer in a row, in this run.
    pub(crate) unanswered: u32,
}

impl Retry {
    pub(crate) const NONE: Self =
        Self { failures: 0, not_before_unix_ms: 0, not_before_mono_ms: 0, by_server: false, unanswered: 0 };

    /// Takes up the pause of a former run, or of another client; one that the clock's jump made absurd is cut to the
    /// longest there is.
    #[inline(never)] // two callers, and bytes count more than a call
    pub(crate) fn restore(&mut self, state: &State, now: Now) {
        self.failures = state[Number::Failures] as u32;
        self.by_server = state[Number::ByServer] == 1;
        let most = if self.by_server { RETRY_AFTER_MAX_MS } else { BACKOFF_MAX_MS.max(BREAKER_PAUSE_MS) };
        let wait_ms = state[Number::NotBeforeUnixMs].saturating_sub(now.unix_ms).min(most);
        (self.not_before_unix_ms, self.not_before_mono_ms) = (0, 0);
        if wait_ms > 0 {
            self.pause(wait_ms, now);
        }
    }

    pub(crate) fn is_pausing(&self, now: Now) -> bool {
        now.mono_ms < self.not_before_mono_ms
    }

    /// A failure: doubles from the first pause to the longest, evenly spread over the whole (full jitter). Too many
    /// without an answer make the longer pause of a network that is away.
    pub(crate) fn fail(
        &mut self,
        config: &Config,
        random: &mut Random,
        is_answered: bool,
        asked_ms: Option<u64>,
        now: Now,
    ) -> u64 {
        let mut most = BACKOFF_FIRST_MS;
        for _ in 0..self.failures.min(20) {
            most = most.saturating_add(most);
        }
        let most = most.min(BACKOFF_MAX_MS);
        self.failures = self.failures.saturating_add(1);
        self.unanswered = if is_answered { 0 } else { self.unanswered.saturating_add(1) };
        // "At once" is no pause: a server that says so and fails again would be asked without end.
        let asked_ms = asked_ms.filter(|asked| *asked > 0);
        let wait = match asked_ms {
            Some(asked) => asked.min(RETRY_AFTER_MAX_MS),
            None if self.is_unreachable(config) => BREAKER_PAUSE_MS,
            None => random.up_to(most),
        };
        self.extend(wait, asked_ms.is_some(), now)
    }

    /// Pauses for as long as is asked now, or was asked by the server in answer to another request.
    #[inline(never)] // two callers, and bytes count more than a call
    fn extend(&mut self, wait_ms: u64, by_server: bool, now: Now) -> u64 {
        let held = if self.by_server { self.not_before_mono_ms.saturating_sub(now.mono_ms) } else { 0 };
        self.by_server = by_server || held > 0;
        let wait_ms = wait_ms.max(held);
        self.pause(wait_ms, now);
        wait_ms
    }

    pub(crate) fn is_unreachable(&self, config: &Config) -> bool {
        self.unanswered >= config.breaker_failures
    }

    /// A request went well. What the server asked for meanwhile, in answer to another one, still holds.
    pub(crate) fn succeed(&mut self, now: Now) {
        if !(self.by_server && self.is_pausing(now)) {
            *self = Self::NONE;
        }
    }

    /// Connectivity is back: what we chose ourselves is over, what the server asked for is not.
    pub(crate) fn online(&mut self) {
        if !self.by_server {
            *self = Self::NONE;
        }
    }

    /// The server wants a pause after a request that went well.
    pub(crate) fn ask(&mut self, wait_ms: u64, now: Now) {
        self.extend(wait_ms.min(RETRY_AFTER_MAX_MS), true, now);
    }

    fn pause(&mut self, wait_ms: u64, now: Now) {
        self.not_before_unix_ms = now.unix_ms.saturating_add(wait_ms);
        self.not_before_mono_ms = now.mono_ms.saturating_add(wait_ms);
    }
}

/// `Retry-After` in milliseconds: whole seconds, or a date by the collector's clock, whose time `server_unix_ms` is.
pub(crate) fn retry_after_ms(header: &str, server_unix_ms: u64) -> Option<u64> {
    let text = header.trim();
    if let Some(date) = http_date_unix_ms(text) {
        return Some(date.saturating_sub(server_unix_ms));
    }
    number(text.as_bytes()).filter(|_| text.len() < 10).map(|seconds| seconds * 1_000)
}

/// An HTTP date of the one form that may be sent, `Tue, 24 Nov 2026 08:00:00 GMT` (RFC 9110, 5.6.7), as milliseconds
/// since 1970; `None` for anything else.
pub(crate) fn http_date_unix_ms(text: &str) -> Option<u64> {
    const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
    let text = text.as_bytes();
    if text.len() != 29 || !text.ends_with(b" GMT") {
        return None;
    }
    let month = MONTHS.chunks(3).position(|month| *month == text[8..11])? as u64 + 1;
    let (day, year) = (number(&text[5..7])?, number(&text[12..16])?);
    let (hour, minute, second) = (number(&text[17..19])?, number(&text[20..22])?, number(&text[23..25])?);
    // Years that begin in March end with the odd day (Hinnant, "chrono-compatible low-level date algorithms").
    let (year, month) = if month > 2 { (year, month - 3) } else { (year.checked_sub(1)?, month + 9) };
    let days = (365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day)
        .checked_sub(719_469)?;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000)
}

fn number(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| {
        digits
            .iter()
            .fold(0_u64, |number, digit| number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_reads_whole_seconds_and_dates_by_the_servers_clock() {
        // 2026-11-24 08:00:00 UTC.
        let server = 1_795_507_200_000;
        let check = |header: &str, answer: Option<u64>| {
            assert_eq!(retry_after_ms(header, server), answer, "{header}");
        };
        check("8", Some(8_000));
        check(" 120 ", Some(120_000));
        check("", None);
        check("-1", None);
        check("1.5", None);
        check("Tue, 24 Nov 2026 08:00:30 GMT", Some(30_000));
        check("Tue, 24 Nov 2026 08:00:00 GMT", Some(0));
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some(0));
        check("Tuesday, 24-Nov-26 08:00:30 GMT", None);
        check("9999999999", None);
    }

    /// RFC 9110's own example, and days around leap days by `date -u -d`.
    #[test]
    fn http_dates_are_read_and_nothing_else_is() {
        let check = |text: &str, answer: Option<u64>| assert_eq!(http_date_unix_ms(text), answer, "{text}");
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777_000));
        check("Thu, 01 Jan 1970 00:00:00 GMT", Some(0));
        check("Thu, 29 Feb 2024 23:59:59 GMT", Some(1_709_251_199_000));
        check("Fri, 01 Mar 2024 00:00:00 GMT", Some(1_709_251_200_000));
        check("Fri, 31 Dec 9999 23:59:59 GMT", Some(253_402_300_799_000));
        check("Wed, 31 Dec 1969 23:59:59 GMT", None);
        check("Sat, 01 Jan 0000 00:00:00 GMT", None);
        check("Sun, 06 Now 1994 08:49:37 GMT", None);
        check("Sun, 06 Nov 1994 08:49:37 CET", None);
        check("Sun, x6 Nov 1994 08:49:37 GMT", None);
        check("784111777", None);
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_are_spread() {
        let config = Config::new("k");
        let mut random = Random::UNSEEDED;
        random.seed(&[7; 32]);
        for (failures, most) in [(0, 1_000), (1, 2_000), (5, 32_000), (9, 300_000), (60, 300_000)] {
            let mut waits = Vec::new();
            for _ in 0..200 {
                let mut retry = Retry { failures, ..Retry::NONE };
                waits.push(retry.fail(&config, &mut random, true, None, Now::default()));
            }
            let (least, longest) = (waits.iter().min().copied(), waits.iter().max().copied());
            assert!(longest <= Some(most) && longest > Some(most * 9 / 10), "{failures}: {longest:?}");
            assert!(least < Some(most / 10), "{failures}: {least:?}");
        }
    }
}

//! When to try again.

use crate::{Config, Now, random::Random};

/// Never wait longer than a day because a header said so.
const RETRY_AFTER_MAX_MS: u64 = 24 * 3_600 * 1_000;

/// The pause after failures. Kept by the wall clock over restarts, by the monotonic one within a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Retry {
    /// Failures in a row.
    pub(crate) failures: u32,
    /// No request before this; wall clock, for the state.
    pub(crate) not_before_unix_ms: u64,
    /// The same by the monotonic clock.
    pub(crate) not_before_mono_ms: u64,
    /// Whether the server asked for the pause, so that coming online does not end it.
    pub(crate) by_server: bool,
}

impl Retry {
    /// Takes up a pause of a former run; one that the clock's jump made absurd is cut to the longest there is.
    pub(crate) fn restore(failures: u32, not_before_unix_ms: u64, now: Now) -> Self {
        let mut retry = Self { failures, ..Self::default() };
        retry.pause(not_before_unix_ms.saturating_sub(now.unix_ms).min(RETRY_AFTER_MAX_MS), now);
        retry.by_server = true;
        retry
    }

    pub(crate) fn is_pausing(&self, now: Now) -> bool {
        now.mono_ms < self.not_before_mono_ms
    }

    /// A failure: doubles from the first pause to the longest, evenly spread over the whole (full jitter).
    pub(crate) fn fail(
        &mut self,
        config: &Config,
        random: &mut Random,
        asked_ms: Option<u64>,
        now: Now,
    ) -> u64 {
        let most =
            config.backoff_first_ms.saturating_mul(1 << self.failures.min(20)).min(config.backoff_max_ms);
        self.failures = self.failures.saturating_add(1);
        self.by_server = asked_ms.is_some();
        let wait = asked_ms.map_or_else(|| random.up_to(most), |asked| asked.min(RETRY_AFTER_MAX_MS));
        self.pause(wait, now);
        wait
    }

    pub(crate) fn succeed(&mut self) {
        *self = Self::default();
    }

    /// Connectivity is back: what we chose ourselves is over, what the server asked for is not.
    pub(crate) fn online(&mut self) {
        if !self.by_server {
            self.succeed();
        }
    }

    /// The server wants a pause after a request that went well.
    pub(crate) fn ask(&mut self, wait_ms: u64, now: Now) {
        self.pause(wait_ms.min(RETRY_AFTER_MAX_MS), now);
        self.by_server = true;
    }

    fn pause(&mut self, wait_ms: u64, now: Now) {
        self.not_before_unix_ms = now.unix_ms.saturating_add(wait_ms);
        self.not_before_mono_ms = now.mono_ms.saturating_add(wait_ms);
    }
}

/// `Retry-After` in milliseconds: whole seconds. A date is left to the backoff, since the device's clock may be off.
pub(crate) fn retry_after_ms(header: &str) -> Option<u64> {
    let digits = header.trim();
    let is_number =
        !digits.is_empty() && digits.len() < 10 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.bytes().fold(0, |number, byte| number * 10 + u64::from(byte - b'0')) * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_reads_whole_seconds_only() {
        let check =
            |header: &str, answer: Option<u64>| assert_eq!(retry_after_ms(header), answer, "{header}");
        check("8", Some(8_000));
        check(" 120 ", Some(120_000));
        check("", None);
        check("-1", None);
        check("1.5", None);
        check("Tue, 24 Nov 2026 08:00:00 GMT", None);
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_are_spread() {
        let config = Config::new("k");
        let mut random = Random::new([7; 32]);
        for (failures, most) in [(0, 1_000), (1, 2_000), (5, 32_000), (9, 300_000), (60, 300_000)] {
            let mut waits = Vec::new();
            for _ in 0..200 {
                let mut retry = Retry { failures, ..Retry::default() };
                waits.push(retry.fail(&config, &mut random, None, Now::default()));
            }
            let (least, longest) = (waits.iter().min().copied(), waits.iter().max().copied());
            assert!(longest <= Some(most) && longest > Some(most * 9 / 10), "{failures}: {longest:?}");
            assert!(least < Some(most / 10), "{failures}: {least:?}");
        }
    }
}

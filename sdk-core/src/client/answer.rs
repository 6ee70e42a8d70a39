//! Answers as they came, for hosts that leave their headers and receipts to the core.

use alloc::vec::Vec;

use holloway_wire::{Receipt, Verdict};

use super::Client;
use crate::{
    Answer, Diagnostic, HttpOutcome, Now, Token,
    effect::message_id,
    retry::{http_date_unix_ms, retry_after_ms},
};

/// A clock that is off by less is nobody's concern.
const SKEW_TOLD_MS: u64 = 5 * 60_000;

impl Client {
    /// The collector's clock less this device's, in milliseconds, as its latest answer showed; `None` before one did.
    pub fn clock_skew_ms(&self) -> Option<i64> {
        self.skew_ms
    }

    /// A `Send` was answered: reads the answer and goes on as [`Self::http_done`].
    pub fn http_answered(&mut self, token: Token, answer: &Answer<'_>, now: Now) {
        if !self.is_under_way(token) {
            return;
        }
        // A page, from a network that wants a login first: nothing was delivered.
        let body = answer.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(answer.body).trim_ascii_start();
        if (200..300).contains(&answer.status) && body.first() == Some(&b'<') {
            self.http_done(token, HttpOutcome::NetworkError, now);
            return;
        }
        if let Some(date) = answer.date {
            self.measure_skew(date, now);
        }
        let status = answer.status;
        let (mut asked_ms, mut verdicts) = (None, Vec::new());
        if (200..300).contains(&status) {
            let body = core::str::from_utf8(answer.body).ok();
            if let Some(receipt) = body.and_then(|body| Receipt::parse(body).ok()) {
                asked_ms = receipt.retry_after_ms;
                verdicts = self.verdicts(token, &receipt);
            }
        } else if let Some(header) = answer.retry_after {
            // A date is one of the collector's clock.
            let server_unix_ms = now.unix_ms.saturating_add_signed(self.skew_ms.unwrap_or_default());
            asked_ms = retry_after_ms(header, server_unix_ms);
        }
        let outcome = HttpOutcome::Response { status, retry_after_ms: asked_ms, verdicts: &verdicts };
        self.http_done(token, outcome, now);
    }

    /// What became of each event of a request; empty when all of them were taken.
    fn verdicts(&mut self, token: Token, receipt: &Receipt<'_>) -> Vec<Verdict> {
        let is_taken = |verdict| matches!(verdict, Verdict::Ok | Verdict::Duplicate);
        if receipt.results.iter().all(|line| is_taken(line.verdict)) {
            return Vec::new();
        }
        let verdict = |record: &[u8]| receipt.verdict_of(&message_id(record)?);
        self.records_of(token).map(|record| verdict(record).unwrap_or(Verdict::Ok)).collect()
    }

    /// It counts whole seconds.
    fn measure_skew(&mut self, date: &str, now: Now) {
        let Some(server_unix_ms) = http_date_unix_ms(date) else { return };
        let device_unix_ms = i64::try_from(now.unix_ms).unwrap_or(i64::MAX);
        let skew_ms = server_unix_ms as i64 - device_unix_ms;
        let before = self.skew_ms.replace(skew_ms).unwrap_or_default();
        if skew_ms.abs_diff(before) >= SKEW_TOLD_MS {
            self.diagnose(Diagnostic::ClockSkew { skew_ms });
        }
    }
}

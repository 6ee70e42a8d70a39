//! How long a job took. The only clock of this crate; it never reaches a table.

use std::time::{Duration, Instant};

/// Runs a job and says how long it took.
#[expect(clippy::disallowed_methods, reason = "the summary states the time a job took; no row depends on it")]
pub(crate) fn timed<T>(job: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let answer = job();
    (answer, start.elapsed())
}

//! The one place that reads clocks.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use holloway_core::Now;

/// Wall clock and a monotonic clock that starts with the client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

#[expect(clippy::disallowed_methods, reason = "a host reads the clocks for the core, here and nowhere else")]
impl Clock {
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    pub(crate) fn now(self) -> Now {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now { unix_ms: millis(unix), mono_ms: millis(self.start.elapsed()) }
    }

    /// Returns milliseconds since 1970, and the nanoseconds of the running second.
    pub(crate) fn unix_ms_and_nanos() -> (u64, u32) {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        (millis(unix), unix.subsec_nanos())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

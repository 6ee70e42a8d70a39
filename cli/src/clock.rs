//! The one place of the command that reads the clock.

use holloway_wire::Timestamp;

#[expect(
    clippy::disallowed_methods,
    reason = "a command runs now; everything below takes the time as an argument"
)]
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

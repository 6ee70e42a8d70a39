//! Where a panic of this library ends.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering},
};

/// Stands before every call. After the first panic nothing is called any more: what was half done is never looked at,
/// which is what makes the assertion of unwind safety true.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    broken: AtomicBool,
}

impl Guard {
    /// The answer, or none when the call panicked, now or at any time before.
    pub(crate) fn call<T>(&self, call: impl FnOnce() -> T) -> Option<T> {
        if self.broken.load(Ordering::Acquire) {
            return None;
        }
        let answer = catch_unwind(AssertUnwindSafe(call)).ok();
        if answer.is_none() {
            self.broken.store(true, Ordering::Release);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_turns_the_client_off_and_does_not_cross() {
        let guard = Guard::default();
        assert_eq!(guard.call(|| 1), Some(1));
        assert_eq!(guard.call(|| -> u8 { panic!("expected by this test") }), None);
        let mut called = false;
        assert_eq!(guard.call(|| called = true), None);
        assert!(!called, "nothing is called after a panic");
    }
}

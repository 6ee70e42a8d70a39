//! A bound on the memory of requests that are under way.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::refusal::Refusal;

/// Bytes of requests that may be under way; past it senders are told to come back.
pub(crate) const WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The bytes that all requests hold.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    held: Arc<AtomicUsize>,
    bytes_max: usize,
}

/// What one request holds, given back when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    room: Room,
    bytes: usize,
}

impl Room {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { held: Arc::default(), bytes_max }
    }

    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    pub(crate) fn share(&self) -> Share {
        Share { room: self.clone(), bytes: 0 }
    }
}

impl Share {
    /// Takes more, if there is.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Refusal> {
        let before = self.room.held.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        if before + bytes > self.room.bytes_max { Err(Refusal::Busy) } else { Ok(()) }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.room.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_and_what_ends_makes_room() {
        let room = Room::new(100);
        let (mut first, mut second) = (room.share(), room.share());
        assert!(first.grow(60).is_ok());
        assert!(matches!(second.grow(60), Err(Refusal::Busy)));
        drop(second);
        assert!(first.grow(40).is_ok());
        assert_eq!(room.held(), 100);
        drop(first);
        assert_eq!(room.held(), 0);
    }
}

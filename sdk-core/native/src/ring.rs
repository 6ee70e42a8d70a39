//! A ring of records in a region of words: many writers, one reader, no lock, and readable after a kill.
//!
//! ```text
//! region: header (64 words) | capacity words, used round and round
//! record: 0xffa5 u16, zero u16, payload bytes u32 | position u32, crc32c u32 | payload, padded to whole words
//! gap:    0xffa6 u16, zero u16, words u32         | what a killed writer had reserved and not finished
//! ```
//!
//! Positions count words and never go back. A writer reserves room by moving `tail`, writes, and commits by storing the
//! record's first word last; the reader copies committed records in order, and when they are kept elsewhere it zeroes
//! their words and moves `head`. So a zero where a record should begin means "not finished yet".
//!
//! All words are atomics, read and written whole: whatever two threads, or a process and its killed forerunner, do to
//! them, a word is some word that was stored, and there is no data race. [`Ring::recover`] takes a region up after a
//! kill (every finished record is there) or after a loss of power (pages may be older than others: what fails its
//! position or checksum is passed over).

use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// Words before the data: each changing one has a cache line of its own.
pub(crate) const HEADER_WORDS: usize = 64;
const MAGIC_AT: usize = 0;
const CAPACITY_AT: usize = 1;
const ID_AT: usize = 2;
const HEAD_AT: usize = 8;
const TAIL_AT: usize = 16;
const LOST_AT: usize = 24;
/// Counters of calls that found no room, kept in the region so that a kill does not forget them.
pub(crate) const LOST_COUNTERS: usize = 2;

const MAGIC: u64 = u64::from_le_bytes(*b"HWRING\x01\0");
/// The high byte 0xff is in no UTF-8 text, so that few words of payloads look like these: a call's time and random bytes
/// may. Such words are met only while what follows an unfinished record is looked for, which must be a whole record.
const RECORD: u64 = 0xffa5;
const GAP: u64 = 0xffa6;
const RECORD_HEADER_WORDS: u64 = 2;
/// No ring gets here: a billion events a second would take a century.
const POSITION_MAX: u64 = 1 << 62;

/// Where a ring's words are.
pub(crate) trait Memory {
    /// The same words at every call.
    fn words(&self) -> &[AtomicU64];
}

impl Memory for Box<[AtomicU64]> {
    fn words(&self) -> &[AtomicU64] {
        self
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Ring<M> {
    memory: M,
}

/// A committed record, or a gap, was at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing is finished here yet.
    Nothing,
    /// The payload was appended to the given buffer; the next position.
    Record(u64),
    /// Nothing to read up to this position.
    Gap(u64),
}

impl Ring<Box<[AtomicU64]>> {
    /// An empty ring in memory.
    pub(crate) fn in_memory(capacity_words: usize) -> Self {
        let words = (0..HEADER_WORDS + capacity_words).map(|_| AtomicU64::new(0)).collect();
        let ring = Self { memory: words };
        ring.format(0);
        ring
    }
}

impl<M: Memory> Ring<M> {
    /// A ring in words that another process may have left; zeros are an empty ring, which gets this id. The words after the
    /// header are as many as a power of two. Also answers whether something was there that is no ring any more.
    pub(crate) fn recover(memory: M, id: u64) -> (Self, bool) {
        let ring = Self { memory };
        debug_assert!(ring.capacity().is_power_of_two(), "{} words", ring.capacity());
        let (head, tail) = (ring.head(), ring.word(TAIL_AT).load(Acquire));
        let is_ours = ring.word(MAGIC_AT).load(Relaxed) == MAGIC
            && ring.word(CAPACITY_AT).load(Relaxed) == ring.capacity();
        if !is_ours || head > POSITION_MAX || tail < head || tail - head > ring.capacity() {
            let is_damaged = ring.memory.words().iter().any(|word| word.load(Relaxed) != 0);
            ring.format(id);
            return (ring, is_damaged);
        }
        let mut at = head;
        while at < tail {
            at = ring.next_whole(at, tail);
        }
        // After a loss of power old words may stand where the next records are to be committed.
        for free in tail..head + ring.capacity() {
            let word = ring.data(free);
            if word.load(Relaxed) != 0 {
                word.store(0, Relaxed);
            }
        }
        (ring, false)
    }

    /// What tells this ring's positions and counts from those of any other.
    pub(crate) fn id(&self) -> u64 {
        self.word(ID_AT).load(Relaxed)
    }

    /// Adds a record; false when there is no room. Never waits.
    pub(crate) fn push(&self, payload: &[u8]) -> bool {
        let Some(at) = self.reserve(RECORD_HEADER_WORDS + words_of(payload.len())) else { return false };
        let mut word_at = at + RECORD_HEADER_WORDS;
        let (whole, rest) = payload.as_chunks::<8>();
        for bytes in whole {
            self.data(word_at).store(u64::from_le_bytes(*bytes), Relaxed);
            word_at += 1;
        }
        if !rest.is_empty() {
            let mut bytes = [0; 8];
            bytes[..rest.len()].copy_from_slice(rest);
            self.data(word_at).store(u64::from_le_bytes(bytes), Relaxed);
        }
        self.data(at + 1).store(stamp(at, crc32c::crc32c(payload)), Relaxed);
        // Everything above is there for whoever sees this word.
        self.data(at).store(RECORD << 48 | payload.len() as u64, Release);
        true
    }

    /// What stands at a position between `head` and `tail`; a record's payload is appended to `out`.
    pub(crate) fn read(&self, at: u64, out: &mut Vec<u8>) -> Found {
        // In a full ring the words at `tail` are those of the oldest record.
        let tail = self.word(TAIL_AT).load(Relaxed);
        if at >= tail {
            return Found::Nothing;
        }
        let first = self.data(at).load(Acquire);
        match first >> 48 {
            RECORD => {
                let bytes = (first & 0xffff_ffff) as usize;
                let words = words_of(bytes);
                if at + RECORD_HEADER_WORDS + words > tail {
                    return Found::Nothing;
                }
                let start = out.len();
                for index in 0..words {
                    out.extend_from_slice(
                        &self.data(at + RECORD_HEADER_WORDS + index).load(Relaxed).to_le_bytes(),
                    );
                }
                out.truncate(start + bytes);
                Found::Record(at + RECORD_HEADER_WORDS + words)
            }
            GAP if first & 0xffff_ffff > 0 => Found::Gap(at + (first & 0xffff_ffff)),
            _ => Found::Nothing,
        }
    }

    /// Where reading begins.
    pub(crate) fn head(&self) -> u64 {
        self.word(HEAD_AT).load(Acquire)
    }

    /// Frees everything before a position that was read.
    pub(crate) fn release(&self, upto: u64) {
        for at in self.head()..upto {
            self.data(at).store(0, Relaxed);
        }
        // A writer that sees the new head sees the zeros.
        self.word(HEAD_AT).store(upto, Release);
    }

    /// Whether nothing is reserved, finished or not.
    pub(crate) fn is_empty(&self) -> bool {
        self.word(TAIL_AT).load(Acquire) == self.head()
    }

    /// Counts a record that found no room.
    pub(crate) fn lose(&self, counter: usize) {
        self.word(LOST_AT + counter).fetch_add(1, Relaxed);
    }

    /// What was counted since the ring was made.
    pub(crate) fn lost(&self, counter: usize) -> u64 {
        self.word(LOST_AT + counter).load(Relaxed)
    }

    fn reserve(&self, words: u64) -> Option<u64> {
        let tail = self.word(TAIL_AT);
        let mut at = tail.load(Relaxed);
        loop {
            // A tail from before this head is no longer the tail: the exchange below refuses it.
            let used = at.saturating_sub(self.head());
            if used + words > self.capacity() {
                return None;
            }
            match tail.compare_exchange_weak(at, at + words, Relaxed, Relaxed) {
                Ok(_) => return Some(at),
                Err(newer) => at = newer,
            }
        }
    }

    /// The end of the whole record or gap at a position; what is neither is made a gap up to the next whole record, which
    /// its position and checksum prove. Nothing proves a gap.
    fn next_whole(&self, at: u64, tail: u64) -> u64 {
        if let Some(end) = self.end_of_whole(at, tail) {
            return end;
        }
        let is_record = |next: &u64| {
            self.data(*next).load(Acquire) >> 48 == RECORD && self.end_of_whole(*next, tail).is_some()
        };
        let end = (at + 1..tail).find(is_record).unwrap_or(tail);
        self.data(at).store(GAP << 48 | (end - at), Release);
        end
    }

    fn end_of_whole(&self, at: u64, tail: u64) -> Option<u64> {
        let first = self.data(at).load(Acquire);
        let length = first & 0xffff_ffff;
        let end = match first >> 48 {
            GAP if length > 0 => at + length,
            RECORD => at + RECORD_HEADER_WORDS + words_of(length as usize),
            _ => return None,
        };
        if end > tail {
            return None;
        }
        if first >> 48 == RECORD {
            // The cheap half first: a region full of lies must not cost a checksum each.
            if self.data(at + 1).load(Relaxed) >> 32 != at & 0xffff_ffff {
                return None;
            }
            let mut payload = Vec::with_capacity(length as usize + 8);
            self.read(at, &mut payload);
            let is_whole = self.data(at + 1).load(Relaxed) == stamp(at, crc32c::crc32c(&payload));
            return is_whole.then_some(end);
        }
        Some(end)
    }

    fn format(&self, id: u64) {
        for word in self.memory.words() {
            if word.load(Relaxed) != 0 {
                word.store(0, Relaxed);
            }
        }
        self.word(CAPACITY_AT).store(self.capacity(), Relaxed);
        self.word(ID_AT).store(id, Relaxed);
        self.word(MAGIC_AT).store(MAGIC, Release);
    }

    /// Words for records.
    pub(crate) fn capacity_words(&self) -> usize {
        self.memory.words().len() - HEADER_WORDS
    }

    fn capacity(&self) -> u64 {
        self.capacity_words() as u64
    }

    fn word(&self, index: usize) -> &AtomicU64 {
        &self.memory.words()[index]
    }

    fn data(&self, position: u64) -> &AtomicU64 {
        let data = &self.memory.words()[HEADER_WORDS..];
        &data[position as usize & (data.len() - 1)]
    }
}

const fn words_of(bytes: usize) -> u64 {
    bytes.div_ceil(8) as u64
}

/// A record's second word: it belongs to this position and these bytes, and to no round before.
const fn stamp(at: u64, crc: u32) -> u64 {
    (at & 0xffff_ffff) << 32 | crc as u64
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;

    type Plain = Box<[AtomicU64]>;

    /// Everything that can be read now, and the position after it.
    fn drain(ring: &Ring<Plain>, from: u64) -> (Vec<Vec<u8>>, u64) {
        let (mut at, mut records) = (from, Vec::new());
        loop {
            let mut payload = Vec::new();
            match ring.read(at, &mut payload) {
                Found::Nothing => return (records, at),
                Found::Gap(next) => at = next,
                Found::Record(next) => {
                    records.push(payload);
                    at = next;
                }
            }
        }
    }

    /// The region as the next process finds it.
    fn reopened(ring: &Ring<Plain>) -> Ring<Plain> {
        let words = ring.memory.words().iter().map(|word| AtomicU64::new(word.load(Relaxed))).collect();
        Ring::recover(words, 7).0
    }

    #[test]
    fn records_come_back_in_order_round_after_round() {
        let ring = Ring::in_memory(32);
        for round in 0..50_u8 {
            let sent: Vec<Vec<u8>> = (0..3).map(|n| vec![round; usize::from(n * 7 + round % 9)]).collect();
            assert!(sent.iter().all(|payload| ring.push(payload)), "round {round}");
            let (found, upto) = drain(&ring, ring.head());
            assert_eq!(found, sent);
            ring.release(upto);
            assert!(ring.is_empty());
        }
    }

    #[test]
    fn a_full_ring_refuses_until_something_is_released() {
        let ring = Ring::in_memory(16);
        // Two words of header and two of payload each.
        assert!((0..4).all(|_| ring.push(&[1; 16])));
        assert!(!ring.push(b""), "not even an empty one");
        let (found, _) = drain(&ring, ring.head());
        assert_eq!(found.len(), 4);
        assert!(!ring.push(b""), "what was read is not released");
        ring.release(4);
        assert!(ring.push(&[2; 16]));
        assert!(!ring.push(b""));
        assert!(!Ring::in_memory(16).push(&[0; 113]), "larger than the ring");
    }

    #[test]
    fn a_writer_that_was_killed_leaves_a_gap_and_hides_nothing() {
        let check = |reserved: u64, written: &[u64]| {
            let ring = Ring::in_memory(64);
            assert!(ring.push(b"before"));
            let at = ring.reserve(reserved).expect("room");
            for (index, word) in written.iter().enumerate() {
                ring.data(at + index as u64).store(*word, Relaxed);
            }
            assert!(ring.push(b"after"));
            if written.first().is_none_or(|word| *word == 0) {
                assert_eq!(drain(&ring, ring.head()).0, [b"before"], "the reader waits for the writer");
            }

            let ring = reopened(&ring);
            let (found, upto) = drain(&ring, ring.head());
            assert_eq!(found, [&b"before"[..], b"after"], "{reserved} {written:x?}");
            ring.release(upto);
            assert!(ring.is_empty());
        };
        check(2, &[]);
        check(5, &[0, 0, u64::from_le_bytes(*b"half a p")]);
        // The very look of a record, without its position and checksum.
        check(6, &[0, 0, RECORD << 48 | 8, 0, 1]);
        check(6, &[RECORD << 48 | 32, 0]);
        check(6, &[GAP << 48]);
        // A payload's word that looks like a gap up to the end of all records.
        check(6, &[0, 0, GAP << 48 | 7]);
    }

    #[test]
    fn gaps_are_still_gaps_after_a_second_kill() {
        let ring = Ring::in_memory(64);
        ring.reserve(7).expect("room");
        assert!(ring.push(b"a"));
        let ring = reopened(&reopened(&ring));
        assert_eq!(drain(&ring, ring.head()).0, [b"a"]);
    }

    #[test]
    fn counts_of_what_found_no_room_outlive_the_process() {
        let ring = Ring::in_memory(16);
        ring.lose(0);
        ring.lose(0);
        ring.lose(1);
        let ring = reopened(&ring);
        assert_eq!([ring.lost(0), ring.lost(1)], [2, 1]);
    }

    #[test]
    fn threads_lose_nothing_and_keep_their_own_order() {
        const THREADS: u32 = 3;
        const EACH: u32 = if cfg!(miri) { 40 } else { 20_000 };
        let ring = Arc::new(Ring::in_memory(1024));
        let mut next = [0; THREADS as usize];
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let ring = Arc::clone(&ring);
                scope.spawn(move || {
                    for number in 0..EACH {
                        let payload = [thread.to_le_bytes(), number.to_le_bytes()].concat();
                        while !ring.push(&payload) {
                            std::thread::yield_now();
                        }
                    }
                });
            }
            while next.iter().sum::<u32>() < THREADS * EACH {
                let (records, upto) = drain(&ring, ring.head());
                for record in records {
                    let number =
                        |at: usize| u32::from_le_bytes(*record[at..].first_chunk().expect("4 bytes"));
                    let expected = &mut next[number(0) as usize];
                    assert_eq!(number(4), *expected);
                    *expected += 1;
                }
                ring.release(upto);
                std::thread::yield_now();
            }
        });
        assert!(ring.is_empty());
    }

    #[derive(Clone, Debug)]
    enum Step {
        Push(usize),
        Take,
        Release,
        Kill,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => (0_usize..60).prop_map(Step::Push),
            3 => Just(Step::Take),
            2 => Just(Step::Release),
            1 => Just(Step::Kill),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: if cfg!(miri) { 8 } else { 256 },
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        /// What was pushed and not released is what a next process reads, in order.
        #[test]
        fn a_kill_forgets_nothing_and_brings_nothing_back(steps in prop::collection::vec(step(), 0..60)) {
            let mut ring = Ring::in_memory(64);
            let (mut kept, mut read, mut number) = (Vec::new(), 0, 0_u8);
            let mut upto = ring.head();
            for step in steps {
                match step {
                    Step::Push(bytes) => {
                        number = number.wrapping_add(1);
                        let payload = vec![number; bytes];
                        let used: u64 = kept.iter().map(|payload: &Vec<u8>| 2 + words_of(payload.len())).sum();
                        let fits = used + 2 + words_of(bytes) <= 64;
                        prop_assert_eq!(ring.push(&payload), fits);
                        if fits {
                            kept.push(payload);
                        }
                    }
                    Step::Take => {
                        let (found, after) = drain(&ring, upto);
                        prop_assert_eq!(&found[..], &kept[read..]);
                        read = kept.len();
                        upto = after;
                    }
                    Step::Release => {
                        ring.release(upto);
                        kept.drain(..read);
                        read = 0;
                    }
                    Step::Kill => {
                        ring = reopened(&ring);
                        upto = ring.head();
                        read = 0;
                    }
                }
            }
            prop_assert_eq!(drain(&reopened(&ring), ring.head()).0, kept);
        }

        /// No region, however spoilt, makes a panic, an endless loop or a record that was not written.
        #[test]
        fn any_region_is_taken_up(words in prop::collection::vec(any::<u64>(), 32), head in 0_u64..100, used in 0_u64..40) {
            let ring = Ring::in_memory(32);
            ring.word(HEAD_AT).store(head, Relaxed);
            ring.word(TAIL_AT).store(head + used, Relaxed);
            for (index, word) in words.iter().enumerate() {
                let word = if index % 3 == 0 { (RECORD << 48) | (word % 100) } else { *word };
                ring.data(index as u64).store(word, Relaxed);
            }
            let ring = reopened(&ring);
            let (found, upto) = drain(&ring, ring.head());
            prop_assert_eq!(found, Vec::<Vec<u8>>::new());
            ring.release(upto);
            prop_assert!(ring.is_empty());
            prop_assert!(ring.push(b"works again"));
        }
    }
}

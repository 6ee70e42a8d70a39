//! Randomness for message ids, on any thread: no lock and no system call.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bits of the count; a second's nanoseconds need the other 30.
const COUNT_BITS: u32 = 34;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;

/// Ten bytes that no other event of this client gets, and none of another client but by a chance of one in 2^72.
#[derive(Debug)]
pub(crate) struct Ids {
    seed: [u64; 2],
    count: AtomicU64,
}

impl Ids {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        let word = |at: usize| seed[at..at + 8].iter().fold(0, |word, byte| (word << 8) | u64::from(*byte));
        Self { seed: [word(0), word(8)], count: AtomicU64::new(word(16)) }
    }

    /// Returns the next ten bytes. The nanoseconds of the call's second keep apart what a process and its fork count alike.
    pub(crate) fn next(&self, nanos: u32) -> [u8; 10] {
        let count = self.count.fetch_add(1, Ordering::Relaxed) & COUNT_MASK;
        // Side by side, so that no two calls have the same number.
        let count = count | (u64::from(nanos) << COUNT_BITS);
        let mut random = [0; 10];
        random[2..].copy_from_slice(&mixed(self.seed[0] ^ count).to_le_bytes());
        random[..2].copy_from_slice(&mixed(self.seed[1] ^ count).to_le_bytes()[..2]);
        random
    }
}

/// Returns fresh randomness of the operating system.
pub(crate) fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    seed[..16].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    seed[16..].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    seed
}

/// `SplitMix64` (Steele, Lea and Flood, public domain): one to one, so that no count repeats an id.
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// The first outputs of the reference implementation for the seed 1234567, as its users publish them.
    #[test]
    fn the_mix_is_splitmix64() {
        let step = 0x9e37_79b9_7f4a_7c15_u64;
        let outputs: Vec<u64> =
            (0..3).map(|n| mixed(1_234_567_u64.wrapping_add(step.wrapping_mul(n)))).collect();
        assert_eq!(
            outputs,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn threads_get_different_ids() {
        let ids = Ids::new([7; 32]);
        let all: Vec<Vec<[u8; 10]>> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| (0..1_000).map(|_| ids.next(0)).collect())).collect();
            threads.into_iter().map(|thread| thread.join().expect("does not panic")).collect()
        });
        let distinct: HashSet<[u8; 10]> = all.into_iter().flatten().collect();
        assert_eq!(distinct.len(), 4_000);
    }

    #[test]
    fn a_process_and_its_fork_get_different_ids() {
        let [parent, child] = [Ids::new([7; 32]), Ids::new([7; 32])];
        assert_eq!(parent.next(5), child.next(5), "they count alike");
        let ids = [parent.next(999_999_999), child.next(0), parent.next(1), child.next(2)];
        assert_eq!(HashSet::from(ids).len(), 4);
    }
}

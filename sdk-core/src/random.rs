//! Random numbers from a seed that the host brings.

use holloway_wire::MessageId;

/// xoroshiro128++ (Blackman and Vigna, public domain). For ids and jitter, not for secrets.
#[derive(Clone, Debug)]
pub(crate) struct Random([u64; 2]);

impl Random {
    /// Before there is a seed.
    pub(crate) const UNSEEDED: Self = Self([0; 2]);

    pub(crate) fn seed(&mut self, seed: &[u8; 32]) {
        for (at, bytes) in seed.as_chunks().0.iter().enumerate() {
            // Every bit counts, and equal parts do not take each other away.
            let word = &mut self.0[at % 2];
            *word = word.wrapping_mul(3).wrapping_add(u64::from_le_bytes(*bytes));
        }
        // Nothing but zeros is the generator's one fixed point.
        self.0[0] |= 1;
    }

    pub(crate) fn next(&mut self) -> u64 {
        let [a, b] = self.0;
        let mixed = a ^ b;
        self.0 = [a.rotate_left(49) ^ mixed ^ (mixed << 21), mixed.rotate_left(28)];
        a.wrapping_add(b).rotate_left(17).wrapping_add(a)
    }

    /// Evenly in `0..=most`, as near as matters for a pause.
    pub(crate) fn up_to(&mut self, most: u64) -> u64 {
        self.next() % most.saturating_add(1)
    }

    pub(crate) fn message_id(&mut self, unix_ms: u64) -> MessageId {
        let mut random = [0; 10];
        let (high, low) = (self.next().to_le_bytes(), self.next().to_le_bytes());
        random[..8].copy_from_slice(&high);
        random[8..].copy_from_slice(&low[..2]);
        MessageId::v7(unix_ms, random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The outputs of the reference implementation for the state 1, 2, as the Rust port of it publishes them.
    #[test]
    fn the_generator_gives_what_its_reference_gives() {
        let mut random = Random([1, 2]);
        let expected = [393_217, 669_327_710_093_319, 1_732_421_326_133_921_491, 11_394_790_081_659_126_983];
        assert_eq!(expected.map(|_| random.next()), expected);
    }

    #[test]
    fn every_part_of_a_seed_counts() {
        let first = |seed: [u8; 32]| {
            let mut random = Random::UNSEEDED;
            random.seed(&seed);
            random.message_id(0)
        };
        let mut ids = vec![first([0; 32]), first([1; 32])];
        for at in 0..4 {
            let mut seed = [1; 32];
            seed[8 * at + 1] = 9;
            ids.push(first(seed));
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 6);
    }
}

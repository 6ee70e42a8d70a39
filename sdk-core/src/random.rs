//! Random numbers from a seed that the host brings.

use holloway_wire::MessageId;

/// xoshiro256** (Blackman and Vigna, public domain). For ids and jitter, not for secrets.
#[derive(Clone, Debug)]
pub(crate) struct Random([u64; 4]);

impl Random {
    /// Before there is a seed.
    pub(crate) const UNSEEDED: Self = Self([0; 4]);

    pub(crate) fn seed(&mut self, seed: &[u8; 32]) {
        for (word, bytes) in self.0.iter_mut().zip(seed.as_chunks().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        // Nothing but zeros is the generator's one fixed point.
        self.0[0] |= 1;
    }

    pub(crate) fn next(&mut self) -> u64 {
        let s = &mut self.0;
        let answer = s[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        answer
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

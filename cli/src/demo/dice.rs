//! Chance from a seed.

/// The golden ratio, as `SplitMix64` steps.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// `SplitMix64` (Steele, Lea and Flood, public domain).
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Streams of one seed have nothing to do with each other. Without the mixing, neighbours would be one sequence, a step
    /// apart.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        Self(mixed(seed.wrapping_add(mixed(stream.wrapping_add(STEP)))))
    }

    pub(crate) fn below(&mut self, most: u64) -> u64 {
        if most == 0 { 0 } else { self.next() % most }
    }

    /// True so many times in a hundred.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mixed(self.0)
    }
}

fn mixed(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_streams_share_no_draw() {
        let draws = |stream: u64| -> Vec<u64> {
            let mut dice = Dice::new(7, stream);
            (0..100).map(|_| dice.next()).collect()
        };
        for stream in 0..100 {
            let next = draws(stream + 1);
            assert!(draws(stream).iter().all(|draw| !next.contains(draw)), "{stream}");
        }
    }
}

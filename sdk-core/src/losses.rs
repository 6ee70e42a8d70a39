//! Counts of lost events, until a collector has acknowledged them.

use holloway_wire::LossReason;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Losses([u64; LossReason::ALL.len()]);

impl Losses {
    pub(crate) const NONE: Self = Self([0; LossReason::ALL.len()]);

    pub(crate) fn add(&mut self, reason: LossReason, events: u64) {
        let count = &mut self.0[reason.index()];
        *count = count.saturating_add(events);
    }

    pub(crate) fn get(&self, reason: LossReason) -> u64 {
        self.0[reason.index()]
    }

    /// All counts, in the order of the reasons.
    pub(crate) fn counts(&self) -> &[u64] {
        &self.0
    }

    pub(crate) fn counts_mut(&mut self) -> &mut [u64] {
        &mut self.0
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (LossReason, u64)> + '_ {
        LossReason::ALL.into_iter().map(|reason| (reason, self.get(reason)))
    }

    /// Counts what another count has besides.
    pub(crate) fn add_all(&mut self, more: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&more.0) {
            *mine = mine.saturating_add(*theirs);
        }
    }

    /// Takes off what a collector has acknowledged.
    pub(crate) fn acknowledge(&mut self, sent: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&sent.0) {
            *mine = mine.saturating_sub(*theirs);
        }
    }
}

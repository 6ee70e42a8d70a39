//! Steps in any order: the most different steps that events within one window serve.

use std::collections::VecDeque;

use super::Funnel;
use super::matching::{Matching, Moment};

#[derive(Debug)]
pub(super) struct Recent {
    /// Steps as bits, and the times of such events within the window, ascending.
    kinds: Vec<(u64, VecDeque<i64>)>,
    level: usize,
    keeps_times: bool,
    /// The times of the best choice so far, when times are kept.
    pub(super) best: Vec<i64>,
}

impl Recent {
    pub(super) fn new(keeps_times: bool) -> Self {
        Self { kinds: Vec::new(), level: 0, keeps_times, best: Vec::new() }
    }

    /// Whether an event of this time could still go on with an earlier one.
    pub(super) fn is_alive(&self, funnel: &Funnel, at: i64) -> bool {
        self.kinds.iter().filter_map(|(_, times)| times.back()).any(|last| at - last <= funnel.window_us)
    }

    /// A window that holds a choice ends with one of its events: looking back from each moment finds the best.
    pub(super) fn take(&mut self, funnel: &Funnel, moment: &mut Moment) -> usize {
        for (steps, count) in &moment.kinds {
            let at = std::iter::repeat_n(moment.at, *count);
            match self.kinds.iter_mut().find(|(known, _)| known == steps) {
                Some((_, times)) => times.extend(at),
                None => self.kinds.push((*steps, at.collect())),
            }
        }
        for (_, times) in &mut self.kinds {
            while times.front().is_some_and(|time| moment.at - time > funnel.window_us) {
                times.pop_front();
            }
        }
        self.kinds.retain(|(_, times)| !times.is_empty());
        let all = self.kinds.iter().fold(0, |all, (steps, _)| all | steps);
        if all.count_ones() as usize <= self.level {
            return self.level;
        }
        let counts: Vec<(u64, usize)> =
            self.kinds.iter().map(|(steps, times)| (*steps, times.len())).collect();
        let mut matching = Matching::new(&counts);
        let served = (0..funnel.steps).filter(|step| matching.add(*step)).count();
        if served > self.level {
            self.level = served;
            let used = matching.used();
            if self.keeps_times {
                self.best = self.times(&used);
            }
            if served == funnel.steps {
                self.leave_rest(&used, moment);
            }
        }
        self.level
    }

    /// When the events in use happened: of each kind, the earliest.
    fn times(&self, used: &[usize]) -> Vec<i64> {
        let count = |kind: usize| used.iter().filter(|other| **other == kind).count();
        let kinds = self.kinds.iter().enumerate();
        let mut times: Vec<i64> =
            kinds.flat_map(|(kind, (_, times))| times.iter().take(count(kind)).copied()).collect();
        times.sort_unstable();
        times
    }

    /// Leaves in the moment those of its events that are not in use.
    fn leave_rest(&self, used: &[usize], moment: &mut Moment) {
        for (kind, (steps, times)) in self.kinds.iter().enumerate() {
            let in_use = used.iter().filter(|other| **other == kind).count();
            let earlier = times.iter().filter(|time| **time < moment.at).count();
            if let Some((_, count)) = moment.kinds.iter_mut().find(|(known, _)| known == steps) {
                *count -= in_use.saturating_sub(earlier);
            }
        }
        moment.kinds.retain(|(_, count)| *count > 0);
    }
}

//! Which events serve which steps, when an event may serve several.

use super::Hit;

/// Events of one time, or of one window, counted by the steps that they satisfy. Events of no step are left out.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) at: i64,
    /// Steps as bits, and how many such events there are.
    pub(super) kinds: Vec<(u64, usize)>,
}

impl Moment {
    /// The events of one time.
    pub(super) fn new(group: &[Hit]) -> Self {
        let mut moment = Self { at: group[0].at.as_micros(), kinds: Vec::new() };
        for hit in group.iter().filter(|hit| hit.steps > 0) {
            match moment.kinds.iter_mut().find(|(steps, _)| *steps == hit.steps) {
                Some((_, count)) => *count += 1,
                None => moment.kinds.push((hit.steps, 1)),
            }
        }
        // Events that can do little are used first, and which are used does not depend on their order.
        moment.kinds.sort_unstable_by_key(|(steps, _)| (steps.count_ones(), *steps));
        moment
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The steps of the only event, when there is no other.
    pub(super) fn single(&self) -> Option<u64> {
        match self.kinds[..] {
            [(steps, 1)] => Some(steps),
            _ => None,
        }
    }

    /// Takes out the events that a matching uses.
    pub(super) fn remove(&mut self, used: &[usize]) {
        for kind in used {
            self.kinds[*kind].1 -= 1;
        }
        self.kinds.retain(|(_, count)| *count > 0);
    }
}

/// An assignment of steps to different events: each step added keeps the earlier ones served.
#[derive(Debug)]
pub(super) struct Matching {
    /// Of each event that may be needed: its kind, its steps, and the step it serves.
    events: Vec<(usize, u64, Option<usize>)>,
}

impl Matching {
    /// Nothing assigned yet, of these kinds of events.
    pub(super) fn new(kinds: &[(u64, usize)]) -> Self {
        let mut events = Vec::new();
        for (kind, (steps, count)) in kinds.iter().enumerate() {
            // More events of a kind than it has steps are of no use.
            let needed = (*count).min(steps.count_ones() as usize);
            events.extend(std::iter::repeat_n((kind, *steps, None), needed));
        }
        Self { events }
    }

    /// Serves one more step, moving others to other events where that helps; whether it could.
    pub(super) fn add(&mut self, step: usize) -> bool {
        let mut tried = vec![false; self.events.len()];
        self.serve(step, &mut tried)
    }

    /// The kind of each event in use; a kind once for each event.
    pub(super) fn used(&self) -> Vec<usize> {
        self.events.iter().filter(|(_, _, step)| step.is_some()).map(|(kind, _, _)| *kind).collect()
    }

    fn serve(&mut self, step: usize, tried: &mut [bool]) -> bool {
        for event in 0..self.events.len() {
            let (_, steps, serves) = self.events[event];
            if steps >> step & 1 == 0 || std::mem::replace(&mut tried[event], true) {
                continue;
            }
            if serves.is_none_or(|other| self.serve(other, tried)) {
                self.events[event].2 = Some(step);
                return true;
            }
        }
        false
    }
}

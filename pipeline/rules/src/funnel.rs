//! How far along a list of steps a person came.
//!
//! The rule is the *best chain*: a person reaches step k when any choice of events does, in order and within the
//! window that begins with the choice's first step. Remembering the latest start that leads to each step finds it
//! in one pass.
//!
//! Events of one moment may be taken in any order, since a clock that cannot tell them apart cannot say which came
//! first; but no event serves two steps.

mod chain;
mod matching;
mod unordered;

use holloway_wire::Timestamp;

use chain::Chains;
use matching::Moment;
use unordered::Recent;

/// How the steps must follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// In order; other events may lie between.
    #[default]
    Ordered,
    /// In order, and no other event between. Other events of the very moment of a step are not between.
    Strict,
    /// In any order.
    Unordered,
}

/// One event as a funnel sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// When it happened.
    pub at: Timestamp,
    /// The steps that it satisfies, a bit each; none for an event that only strict order minds.
    pub steps: u64,
}

/// How far somebody came, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Steps reached, 0 to the number of steps.
    pub level: usize,
    /// When each of them happened, ascending, on the choice of events that came this far first.
    pub times: Vec<Timestamp>,
}

/// A list of steps and how to count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Funnel {
    /// Number of steps, 1 to 64.
    pub steps: usize,
    /// From the first step to the last, microseconds; a step exactly this late counts.
    pub window_us: i64,
    /// How the steps follow each other.
    pub order: Order,
}

impl Funnel {
    /// The most steps that one person's events, in the order of time, reach: 0 to `steps`.
    ///
    /// ```
    /// use holloway_rules::funnel::{Funnel, Hit, Order};
    /// use holloway_wire::Timestamp;
    /// let hit = |second: i64, step: u32| Hit { at: Timestamp::from_millis(second * 1_000), steps: 1 << step };
    /// let funnel = Funnel { steps: 3, window_us: 60_000_000, order: Order::Ordered };
    /// // A B A' B' C: too late for A, in time for A'.
    /// assert_eq!(funnel.level(&[hit(0, 0), hit(5, 1), hit(30, 0), hit(45, 1), hit(75, 2)]), 3);
    /// assert_eq!(funnel.level(&[hit(0, 0), hit(61, 1)]), 1);
    /// ```
    pub fn level(&self, hits: &[Hit]) -> usize {
        self.first(hits, State::new(self, false)).level
    }

    /// The most steps that one person's events reach, and when each step happened: for times to convert.
    ///
    /// ```
    /// use holloway_rules::funnel::{Funnel, Hit, Order};
    /// use holloway_wire::Timestamp;
    /// let hit = |at: i64, step: u32| Hit { at: Timestamp::from_micros(at), steps: 1 << step };
    /// let funnel = Funnel { steps: 2, window_us: 10, order: Order::Ordered };
    /// let reach = funnel.reach(&[hit(0, 0), hit(4, 0), hit(9, 1), hit(10, 1)]);
    /// assert_eq!(reach.times, [4, 9].map(Timestamp::from_micros));
    /// ```
    pub fn reach(&self, hits: &[Hit]) -> Reach {
        self.first(hits, State::new(self, true))
    }

    /// How often each step was reached when every attempt counts. One number a step, never growing along the steps.
    ///
    /// An attempt opens with a first step (unordered: with any) while none is open. It closes when it is complete, or
    /// when nothing in it can go on any more: the window is over, or, under strict order, another event came. A first
    /// step within an open attempt begins it again from there; it is no second attempt. Each event is used once.
    pub fn totals(&self, hits: &[Hit]) -> Vec<u64> {
        let mut totals = vec![0; self.steps];
        let mut close = |level: usize| totals[..level].iter_mut().for_each(|total| *total += 1);
        let mut state = State::new(self, false);
        let mut level = 0;
        for group in hits.chunk_by(|a, b| a.at == b.at) {
            let mut moment = Moment::new(group);
            if level > 0 && !state.is_alive(self, moment.at) {
                close(std::mem::take(&mut level));
            }
            loop {
                level = level.max(state.take(self, &mut moment));
                if level < self.steps {
                    break;
                }
                // What the complete attempt did not use of this moment may open the next one.
                close(std::mem::take(&mut level));
                state = State::new(self, false);
                if moment.is_empty() {
                    break;
                }
            }
        }
        close(level);
        totals
    }

    fn first(&self, hits: &[Hit], mut state: State) -> Reach {
        let mut level = 0;
        for group in hits.chunk_by(|a, b| a.at == b.at) {
            level = level.max(match (&mut state, group) {
                (State::Chains(chains), [hit]) => chains.one(self, hit.at.as_micros(), hit.steps),
                _ => state.take(self, &mut Moment::new(group)),
            });
            if level == self.steps {
                break;
            }
        }
        let times = state.times().iter().map(|at| Timestamp::from_micros(*at)).collect();
        Reach { level, times }
    }
}

enum State {
    Chains(Chains),
    Recent(Recent),
}

impl State {
    fn new(funnel: &Funnel, keeps_times: bool) -> Self {
        match funnel.order {
            Order::Unordered => Self::Recent(Recent::new(keeps_times)),
            Order::Ordered | Order::Strict => Self::Chains(Chains::new(funnel.steps, keeps_times)),
        }
    }

    /// The most steps that a chain has which this moment's events end. Of a complete one, its events are taken out.
    fn take(&mut self, funnel: &Funnel, moment: &mut Moment) -> usize {
        match self {
            Self::Chains(chains) => chains.take(funnel, moment),
            Self::Recent(recent) => recent.take(funnel, moment),
        }
    }

    fn is_alive(&self, funnel: &Funnel, at: i64) -> bool {
        match self {
            Self::Chains(chains) => chains.is_alive(funnel, at),
            Self::Recent(recent) => recent.is_alive(funnel, at),
        }
    }

    fn times(&self) -> &[i64] {
        match self {
            Self::Chains(chains) => &chains.best,
            Self::Recent(recent) => &recent.best,
        }
    }
}

#[cfg(test)]
mod tests;

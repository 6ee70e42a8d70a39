//! How far along a list of steps a person came.
//!
//! The rule is the *best chain*: a person reaches step k when any choice of events does, in order and within the
//! window that begins with the choice's first step. Remembering the latest start that leads to each step finds it
//! in one pass.

use holloway_wire::Timestamp;

/// How the steps must follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// In order; other events may lie between.
    #[default]
    Ordered,
    /// In order, and no other event between.
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
    /// The most steps that one person's events, in order, reach: 0 to `steps`.
    ///
    /// Each event is used for one step. Events of one moment count in the order of the steps that they satisfy,
    /// since a clock that cannot tell them apart cannot say that they came the other way round.
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
        self.run(hits, |_| false).0
    }

    /// How often each step was reached when every entry counts: a completed chain is put aside and counting begins
    /// anew behind it. One number a step, never growing along the steps.
    pub fn totals(&self, hits: &[Hit]) -> Vec<u64> {
        let mut totals = vec![0; self.steps];
        let mut rest = hits;
        while !rest.is_empty() {
            let (level, used) = self.run(rest, |level| level == self.steps);
            for total in &mut totals[..level] {
                *total += 1;
            }
            if level < self.steps {
                break;
            }
            rest = &rest[used..];
        }
        totals
    }

    /// The level after all hits, or after those at which `stop` said so, and how many were used.
    fn run(&self, hits: &[Hit], stop: impl Fn(usize) -> bool) -> (usize, usize) {
        let mut state = State { starts: vec![None; self.steps], last: vec![None; self.steps], level: 0 };
        let mut at = 0;
        while at < hits.len() {
            let tie = hits[at..].iter().take_while(|hit| hit.at == hits[at].at).count();
            let mut moment: Vec<Hit> = hits[at..at + tie].to_vec();
            moment.sort_by_key(|hit| hit.steps.trailing_zeros());
            for hit in &moment {
                match self.order {
                    Order::Ordered => state.ordered(self, hit),
                    Order::Strict => state.strict(self, hit),
                    Order::Unordered => state.unordered(self, hit),
                }
            }
            at += tie;
            if stop(state.level) {
                break;
            }
        }
        (state.level, at)
    }
}

struct State {
    /// Of each step, the latest start of a chain that reached it.
    starts: Vec<Option<i64>>,
    /// Of each step, its latest event.
    last: Vec<Option<i64>>,
    level: usize,
}

impl State {
    fn ordered(&mut self, funnel: &Funnel, hit: &Hit) {
        let at = hit.at.as_micros();
        // From the last step down, so that one event never serves two steps of a chain.
        for step in (1..funnel.steps).rev() {
            if hit.steps >> step & 1 == 1
                && let Some(start) = self.starts[step - 1].filter(|start| at - start <= funnel.window_us)
            {
                self.starts[step] = self.starts[step].max(Some(start));
                self.level = self.level.max(step + 1);
            }
        }
        if hit.steps & 1 == 1 {
            self.starts[0] = Some(at);
            self.level = self.level.max(1);
        }
    }

    fn strict(&mut self, funnel: &Funnel, hit: &Hit) {
        let at = hit.at.as_micros();
        for step in (1..funnel.steps).rev() {
            let goes_on = hit.steps >> step & 1 == 1;
            let start = self.starts[step - 1].filter(|start| goes_on && at - start <= funnel.window_us);
            self.starts[step] = start;
            if start.is_some() {
                self.level = self.level.max(step + 1);
            }
        }
        self.starts[0] = (hit.steps & 1 == 1).then_some(at);
        if hit.steps & 1 == 1 {
            self.level = self.level.max(1);
        }
    }

    fn unordered(&mut self, funnel: &Funnel, hit: &Hit) {
        let at = hit.at.as_micros();
        // An event that satisfies several steps serves the one that waits longest.
        let free =
            (0..funnel.steps).filter(|step| hit.steps >> step & 1 == 1).min_by_key(|step| self.last[*step]);
        let Some(step) = free else { return };
        self.last[step] = Some(at);
        let within = self.last.iter().flatten().filter(|time| at - **time <= funnel.window_us).count();
        self.level = self.level.max(within);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `times` as `A0 B5`: a letter a step, seconds. `x` is an event of no step.
    fn hits(text: &str) -> Vec<Hit> {
        let hit = |word: &str| {
            let (letters, second) = word.split_at(word.find(|c: char| c.is_ascii_digit()).expect("a time"));
            let steps =
                letters.bytes().filter(|letter| *letter != b'x').map(|letter| 1_u64 << (letter - b'A')).sum();
            Hit { at: Timestamp::from_millis(second.parse::<i64>().expect("a number") * 1_000), steps }
        };
        text.split_whitespace().map(hit).collect()
    }

    fn check(text: &str, steps: usize, window_s: i64, order: Order, level: usize) {
        let funnel = Funnel { steps, window_us: window_s * 1_000_000, order };
        assert_eq!(funnel.level(&hits(text)), level, "{text} {order:?}");
    }

    /// Answers of ClickHouse's windowFunnel and of PostHog's funnel tests.
    #[test]
    fn published_answers() {
        use Order::{Ordered, Strict, Unordered};
        check("A0 B60", 2, 60, Ordered, 2);
        check("A0 B61", 2, 60, Ordered, 1);
        check("A0 A30 B45 C75", 3, 60, Ordered, 3);
        check("A5 B5", 2, 60, Ordered, 2);
        check("B5 A5", 2, 60, Ordered, 2);
        check("A0 D1 B2 C3", 3, 60, Strict, 1);
        check("A0 C1 B2", 3, 60, Strict, 1);
        check("A0 B1 x2 C3", 3, 60, Strict, 2);
        check("A0 B1 C2", 3, 60, Strict, 3);
        check("A0 x1 B2 x3 C4", 3, 60, Ordered, 3);
        check("C0 B1 A2", 3, 60, Unordered, 3);
        check("C0 B1 A62", 3, 60, Unordered, 2);
        check("ABC0", 3, 60, Ordered, 1);
        check("", 3, 60, Ordered, 0);
        check("B0 C1", 3, 60, Ordered, 0);
    }

    /// ClickHouse's stateless test 00632: events 1000 to 1008 at seconds 0 to 8, steps 1003 to 1007.
    #[test]
    fn clickhouse_windows() {
        for (window, level) in [(2, 3), (3, 4), (4, 5)] {
            check("x0 x1 x2 A3 B4 C5 D6 E7 x8", 5, window, Order::Ordered, level);
        }
    }

    #[test]
    fn totals_count_every_completed_chain() {
        let funnel = Funnel { steps: 2, window_us: 60_000_000, order: Order::Ordered };
        assert_eq!(funnel.totals(&hits("A0 B1 A2 B3 A4")), [3, 2]);
        assert_eq!(funnel.totals(&hits("B0")), [0, 0]);
    }

    fn small() -> impl Strategy<Value = (Vec<Hit>, usize, i64)> {
        let hit = (1_i64..4, 0_u64..16).prop_map(|(gap, steps)| (gap, steps));
        (prop::collection::vec(hit, 0..10), 2_usize..5, 1_i64..15).prop_map(|(raw, steps, window)| {
            let mut at = 0;
            let hits = raw
                .into_iter()
                .map(|(gap, mask)| {
                    at += gap;
                    Hit { at: Timestamp::from_micros(at), steps: mask }
                })
                .collect();
            (hits, steps, window)
        })
    }

    /// Every choice of events, tried one after the other.
    fn exhaustive(hits: &[Hit], step: usize, steps: usize, start: i64, window: i64) -> usize {
        if step == steps {
            return steps;
        }
        let mut best = step;
        for (index, hit) in hits.iter().enumerate() {
            let at = hit.at.as_micros();
            let start = if step == 0 { at } else { start };
            if hit.steps >> step & 1 == 1 && at - start <= window {
                best = best.max(exhaustive(&hits[index + 1..], step + 1, steps, start, window));
            }
        }
        best
    }

    proptest! {
        #[test]
        fn one_pass_finds_the_best_of_all_choices((hits, steps, window) in small()) {
            let funnel = Funnel { steps, window_us: window, order: Order::Ordered };
            prop_assert_eq!(funnel.level(&hits), exhaustive(&hits, 0, steps, 0, window));
        }

        #[test]
        fn strict_is_never_more_than_ordered((hits, steps, window) in small()) {
            let level = |order| Funnel { steps, window_us: window, order }.level(&hits);
            prop_assert!(level(Order::Strict) <= level(Order::Ordered));
        }

        #[test]
        fn totals_never_grow_along_the_steps((hits, steps, window) in small()) {
            let totals = Funnel { steps, window_us: window, order: Order::Ordered }.totals(&hits);
            prop_assert!(totals.windows(2).all(|pair| pair[0] >= pair[1]), "{:?}", totals);
        }
    }
}

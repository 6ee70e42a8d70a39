//! Steps one after the other: of each step, the latest start of a chain that reached it.

use super::matching::{Matching, Moment};
use super::{Funnel, Order};

#[derive(Debug)]
pub(super) struct Chains {
    /// Of each step, the latest start of a chain that reached it. Under strict order: that ended with the last moment.
    starts: Vec<Option<i64>>,
    /// Of each step, when the steps of that chain happened.
    paths: Option<Vec<Vec<i64>>>,
    /// The times of the longest chain so far, when times are kept.
    pub(super) best: Vec<i64>,
}

impl Chains {
    pub(super) fn new(steps: usize, keeps_times: bool) -> Self {
        let paths = keeps_times.then(|| vec![Vec::new(); steps]);
        Self { starts: vec![None; steps], paths, best: Vec::new() }
    }

    /// Whether an event of this time could still go on with a chain.
    pub(super) fn is_alive(&self, funnel: &Funnel, at: i64) -> bool {
        self.starts.iter().flatten().any(|start| at - start <= funnel.window_us)
    }

    pub(super) fn take(&mut self, funnel: &Funnel, moment: &mut Moment) -> usize {
        if moment.is_empty() {
            if funnel.order == Order::Strict {
                self.starts.fill(None);
            }
            return 0;
        }
        match moment.single() {
            Some(steps) => {
                let level = self.one(funnel, moment.at, steps);
                if level == funnel.steps {
                    moment.remove(&[0]);
                }
                level
            }
            None => self.several(funnel, moment),
        }
    }

    /// A moment with one event.
    pub(super) fn one(&mut self, funnel: &Funnel, at: i64, steps: u64) -> usize {
        let mut level = 0;
        // From the last step down, so that the event never serves two steps of a chain.
        for step in (0..funnel.steps).rev() {
            let before = if step == 0 { Some(at) } else { self.starts[step - 1] };
            let serves = steps >> step & 1 == 1;
            let start = before.filter(|start| serves && at - start <= funnel.window_us);
            if funnel.order == Order::Strict {
                self.starts[step] = None;
            }
            if let Some(start) = start {
                level = level.max(step + 1);
                let path = self.paths.as_ref().map(|paths| extended(paths, step, at, 1));
                self.arrive(step, start, path);
            }
        }
        level
    }

    /// A moment with several events, in any order.
    fn several(&mut self, funnel: &Funnel, moment: &mut Moment) -> usize {
        let at = moment.at;
        let (starts, paths) = (self.starts.clone(), self.paths.clone());
        if funnel.order == Order::Strict {
            self.starts.fill(None);
        }
        let mut level = 0;
        let mut used = None;
        for from in 0..funnel.steps {
            let before = if from == 0 { Some(at) } else { starts[from - 1] };
            let Some(start) = before.filter(|start| at - start <= funnel.window_us) else { continue };
            let mut matching = Matching::new(&moment.kinds);
            let mut step = from;
            while step < funnel.steps && matching.add(step) {
                let path = paths.as_ref().map(|paths| extended(paths, from, at, step + 1 - from));
                self.arrive(step, start, path);
                step += 1;
                level = level.max(step);
            }
            if step == funnel.steps && step > from {
                used = Some(matching.used());
            }
        }
        if let Some(used) = used {
            moment.remove(&used);
        }
        level
    }

    fn arrive(&mut self, step: usize, start: i64, path: Option<Vec<i64>>) {
        if self.starts[step] >= Some(start) {
            return;
        }
        self.starts[step] = Some(start);
        if let (Some(paths), Some(path)) = (&mut self.paths, path) {
            if path.len() > self.best.len() {
                self.best.clone_from(&path);
            }
            paths[step] = path;
        }
    }
}

/// The path of a chain of `from` steps, with `more` steps at one time.
fn extended(paths: &[Vec<i64>], from: usize, at: i64, more: usize) -> Vec<i64> {
    let mut path = if from == 0 { Vec::new() } else { paths[from - 1].clone() };
    path.extend(std::iter::repeat_n(at, more));
    path
}

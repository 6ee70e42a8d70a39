//! Who owns a weak id, and when.

use std::collections::{HashSet, VecDeque};

use holloway_wire::Timestamp;

use super::{
    link::{Link, LinkSource, Reason},
    node::NodeId,
    resolve::IdentityRules,
};

/// Who owns a weak id from some moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The set of lasting ids with this root.
    Component(u32),
    /// Nobody that is known: the owner who was named is over its cap.
    StandIn,
}

/// A stretch of time of a weak id: it begins here and ends where the next one begins. The first one begins with time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) from: Timestamp,
    pub(super) owner: Owner,
    pub(super) reason: Reason,
}

/// What a link did to a weak id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// Nothing: the owner had it already.
    Known,
    /// Somebody owns it who did not.
    New,
    /// The owner may not take it.
    OverCap,
}

/// The owners of all weak ids. Links must come in the order of time.
#[derive(Debug)]
pub(super) struct Bindings {
    stretches: Vec<Vec<Stretch>>,
    /// Of each root, when it took weak ids lately.
    taken: Vec<VecDeque<i64>>,
    /// Ids whose beginning an alias gave away.
    aliased: HashSet<u32>,
    /// Weak id and owner, of ids with so many stretches that looking through them would be slow.
    had: HashSet<(u32, u32)>,
}

/// A kiosk changes hands thousands of times: from here on its owners are remembered in a set.
const STRETCHES_LOOKED_THROUGH: usize = 16;

/// No owner: says that all owners of the weak id are in the set.
const REMEMBERED: u32 = u32::MAX;

impl Bindings {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            stretches: vec![Vec::new(); nodes],
            taken: vec![VecDeque::new(); nodes],
            aliased: HashSet::new(),
            had: HashSet::new(),
        }
    }

    /// The stretches of a weak id by time; none when nobody ever owned it.
    pub(super) fn of(&self, weak: u32) -> &[Stretch] {
        &self.stretches[weak as usize]
    }

    /// Gives a weak id to an owner, from the time of the link on; by its first alias also from the beginning.
    pub(super) fn bind(&mut self, weak: NodeId, owner: u32, link: &Link, rules: &IdentityRules) -> Bound {
        let reaches_back = link.source == LinkSource::Alias && self.aliased.insert(weak.0);
        let is_owner = |stretch: Option<&Stretch>| {
            stretch.is_some_and(|stretch| stretch.owner == Owner::Component(owner))
        };
        let stretches = &self.stretches[weak.index()];
        let (owns_end, owns_beginning) = (is_owner(stretches.last()), is_owner(stretches.first()));
        if owns_end && (owns_beginning || !reaches_back) {
            return Bound::Known;
        }
        // Coming back to an owner whom this id had before takes nothing new.
        if !self.had_before(weak, owner) && !self.take(owner, link.at.as_micros(), rules) {
            let stretches = &mut self.stretches[weak.index()];
            if stretches.last().is_none_or(|last| last.owner != Owner::StandIn) {
                stretches.push(Stretch { from: link.at, owner: Owner::StandIn, reason: Reason::WeakCap });
            }
            return Bound::OverCap;
        }
        let stretch =
            Stretch { from: link.at, owner: Owner::Component(owner), reason: Reason::Source(link.source) };
        let stretches = &mut self.stretches[weak.index()];
        if reaches_back && !stretches.is_empty() && !owns_beginning {
            stretches.insert(0, stretch);
        }
        if !owns_end {
            stretches.push(stretch);
        }
        self.remember(weak, owner);
        Bound::New
    }

    fn had_before(&self, weak: NodeId, owner: u32) -> bool {
        if self.had.contains(&(weak.0, REMEMBERED)) {
            return self.had.contains(&(weak.0, owner));
        }
        self.of(weak.0).iter().any(|stretch| stretch.owner == Owner::Component(owner))
    }

    fn remember(&mut self, weak: NodeId, owner: u32) {
        let stretches = &self.stretches[weak.index()];
        if stretches.len() <= STRETCHES_LOOKED_THROUGH {
            return;
        }
        if self.had.insert((weak.0, REMEMBERED)) {
            for stretch in stretches {
                if let Owner::Component(owner) = stretch.owner {
                    self.had.insert((weak.0, owner));
                }
            }
        }
        self.had.insert((weak.0, owner));
    }

    /// Counts one more weak id of an owner, unless it took too many lately.
    fn take(&mut self, owner: u32, at_us: i64, rules: &IdentityRules) -> bool {
        let taken = &mut self.taken[owner as usize];
        while taken.front().is_some_and(|taken| *taken <= at_us - rules.weak_window_us) {
            taken.pop_front();
        }
        let may = taken.len() < rules.weak_max;
        if may {
            taken.push_back(at_us);
        }
        may
    }
}

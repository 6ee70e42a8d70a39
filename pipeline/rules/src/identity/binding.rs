//! Who owns a weak id, and when.

use std::collections::{HashMap, HashSet, VecDeque};

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
    /// Of each id, where its first and its last stretch are; [`NOWHERE`] when it has none.
    ends: Vec<(u32, u32)>,
    /// All stretches, each with the place of the id's next one.
    stretches: Vec<(Stretch, u32)>,
    /// Of each root with more links than the cap allows, when it took weak ids lately.
    taken: HashMap<u32, VecDeque<i64>>,
    /// Ids whose beginning an alias gave away.
    aliased: HashSet<u32>,
    /// Weak id and owner, of ids that change hands so often that looking through them would be slow.
    had: HashSet<(u32, u32)>,
}

const NOWHERE: u32 = u32::MAX;

/// A kiosk changes hands thousands of times: from here on its owners are remembered in a set.
const STRETCHES_LOOKED_THROUGH: usize = 16;

/// No owner: says that all owners of the weak id are in the set.
const REMEMBERED: u32 = u32::MAX;

impl Bindings {
    /// No owners yet, of so many ids. `busy` are the roots that could go over their cap.
    pub(super) fn new(nodes: usize, busy: Vec<u32>) -> Self {
        Self {
            ends: vec![(NOWHERE, NOWHERE); nodes],
            stretches: Vec::new(),
            taken: busy.into_iter().map(|root| (root, VecDeque::new())).collect(),
            aliased: HashSet::new(),
            had: HashSet::new(),
        }
    }

    /// The stretches of a weak id by time; none when nobody ever owned it.
    pub(super) fn of(&self, weak: u32) -> impl Iterator<Item = &Stretch> {
        let mut next = self.ends[weak as usize].0;
        std::iter::from_fn(move || {
            let (stretch, after) = self.stretches.get(next as usize)?;
            next = *after;
            Some(stretch)
        })
    }

    /// The stretch with which a weak id begins.
    pub(super) fn first(&self, weak: u32) -> Option<&Stretch> {
        self.stretches.get(self.ends[weak as usize].0 as usize).map(|(stretch, _)| stretch)
    }

    fn last(&self, weak: u32) -> Option<&Stretch> {
        self.stretches.get(self.ends[weak as usize].1 as usize).map(|(stretch, _)| stretch)
    }

    /// Gives a weak id to an owner, from the time of the link on; by its first alias also from the beginning.
    pub(super) fn bind(&mut self, weak: NodeId, owner: u32, link: &Link, rules: &IdentityRules) -> Bound {
        let weak = weak.0;
        let reaches_back = link.source == LinkSource::Alias && self.aliased.insert(weak);
        let is_owner = |stretch: Option<&Stretch>| {
            stretch.is_some_and(|stretch| stretch.owner == Owner::Component(owner))
        };
        let (owns_end, owns_beginning) = (is_owner(self.last(weak)), is_owner(self.first(weak)));
        if owns_end && (owns_beginning || !reaches_back) {
            return Bound::Known;
        }
        // Coming back to an owner whom this id had before takes nothing new.
        if !self.had_before(weak, owner) && !self.take(owner, link.at.as_micros(), rules) {
            if self.last(weak).is_none_or(|last| last.owner != Owner::StandIn) {
                let owner = Owner::StandIn;
                self.append(weak, Stretch { from: link.at, owner, reason: Reason::WeakCap });
            }
            return Bound::OverCap;
        }
        let reason = Reason::Source(link.source);
        let stretch = Stretch { from: link.at, owner: Owner::Component(owner), reason };
        if reaches_back && self.first(weak).is_some() && !owns_beginning {
            self.prepend(weak, stretch);
        }
        if !owns_end {
            self.append(weak, stretch);
        }
        self.remember(weak, owner);
        Bound::New
    }

    fn append(&mut self, weak: u32, stretch: Stretch) {
        let place = self.stretches.len() as u32;
        self.stretches.push((stretch, NOWHERE));
        let (first, last) = &mut self.ends[weak as usize];
        if *first == NOWHERE {
            *first = place;
        } else {
            self.stretches[*last as usize].1 = place;
        }
        *last = place;
    }

    fn prepend(&mut self, weak: u32, stretch: Stretch) {
        let (first, _) = &mut self.ends[weak as usize];
        self.stretches.push((stretch, *first));
        *first = self.stretches.len() as u32 - 1;
    }

    fn had_before(&self, weak: u32, owner: u32) -> bool {
        if !self.had.is_empty() && self.had.contains(&(weak, REMEMBERED)) {
            return self.had.contains(&(weak, owner));
        }
        self.of(weak).any(|stretch| stretch.owner == Owner::Component(owner))
    }

    fn remember(&mut self, weak: u32, owner: u32) {
        if self.had.contains(&(weak, REMEMBERED)) {
            self.had.insert((weak, owner));
        } else if self.of(weak).nth(STRETCHES_LOOKED_THROUGH).is_some() {
            let owners = self.of(weak).filter_map(|stretch| match stretch.owner {
                Owner::Component(owner) => Some((weak, owner)),
                Owner::StandIn => None,
            });
            let owners: Vec<_> = owners.chain([(weak, REMEMBERED)]).collect();
            self.had.extend(owners);
        }
    }

    /// Counts one more weak id of an owner, unless it took too many lately.
    fn take(&mut self, owner: u32, at_us: i64, rules: &IdentityRules) -> bool {
        let Some(taken) = self.taken.get_mut(&owner) else { return true };
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

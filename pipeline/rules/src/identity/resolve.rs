//! From ids and links to people.

use std::collections::VecDeque;

use holloway_wire::Timestamp;

use super::{
    components::Components,
    link::{Decision, Link, Reason, Verdict},
    node::{IdClass, Node, NodeId},
    person::{PersonId, PersonIndex},
};

/// The limits of identity resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentityRules {
    /// Most strong ids of one person: 5. A sixth e-mail address on one person is a shared form, not a person.
    pub strong_max: u32,
    /// Most weak ids that one person may take within [`IdentityRules::weak_window_us`]: 100.
    pub weak_max: usize,
    /// The window of that cap, microseconds: 30 days.
    pub weak_window_us: i64,
}

impl Default for IdentityRules {
    fn default() -> Self {
        Self { strong_max: 5, weak_max: 100, weak_window_us: 30 * 86_400_000_000 }
    }
}

/// From when to when an id belongs to a person: a row of the `identities` table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The id.
    pub node: NodeId,
    /// Its person in that time.
    pub person: PersonIndex,
    /// From this moment; from the beginning when not given.
    pub valid_from: Option<Timestamp>,
    /// Up to, and without, this moment; without end when not given.
    pub valid_to: Option<Timestamp>,
    /// What made it so.
    pub reason: Reason,
}

/// Who is who.
#[derive(Clone, Debug, Default)]
pub struct Resolution {
    /// All people. A [`PersonIndex`] is a position here.
    pub people: Vec<PersonId>,
    /// What every id means, and when: by id, then by time.
    pub identities: Vec<Identity>,
    /// Links that changed something or were refused, in the order of their time.
    pub decisions: Vec<Decision>,
    /// Of each id, where its rows begin in `identities`; one more than there are ids.
    first_row: Vec<u32>,
}

impl Resolution {
    /// The person whom an id means at a time.
    pub fn person_of(&self, node: NodeId, at: Timestamp) -> PersonIndex {
        let rows = &self.identities[self.range(node)];
        let behind = rows.partition_point(|row| row.valid_from.is_none_or(|from| from <= at));
        rows[behind.max(1) - 1].person
    }

    /// The person of an event: its user's, else its device's owner at that time; `None` when it names neither.
    pub fn person_of_event(
        &self,
        anonymous: Option<NodeId>,
        user: Option<NodeId>,
        at: Timestamp,
    ) -> Option<PersonIndex> {
        user.or(anonymous).map(|node| self.person_of(node, at))
    }

    fn range(&self, node: NodeId) -> std::ops::Range<usize> {
        self.first_row[node.index()] as usize..self.first_row[node.index() + 1] as usize
    }
}

/// Finds the people.
///
/// Links are followed in the order of their time, then of their message id: first those between lasting ids
/// (users, e-mails, phones), then those that give a weak id to an owner. A weak id's first owner has it from its
/// beginning, each later one from the link that said so.
///
/// ```
/// use holloway_rules::identity::{IdKind, IdentityRules, Link, LinkSource, MessageKey, Node, NodeId, resolve};
/// use holloway_wire::Timestamp;
///
/// let at = Timestamp::from_millis;
/// let node = |kind, value, first_seen| Node { kind, value, first_seen: at(first_seen) };
/// let nodes = [
///     node(IdKind::Anonymous, "tablet", 0),
///     node(IdKind::User, "ann", 10),
///     node(IdKind::User, "bob", 20),
/// ];
/// let link = |time, user| Link {
///     at: at(time),
///     message: MessageKey([0; 16]),
///     event: 0,
///     left: NodeId(0),
///     right: NodeId(user),
///     source: LinkSource::Identify,
/// };
/// let resolution = resolve(&nodes, &[link(20, 2), link(10, 1)], &IdentityRules::default());
/// let owner = |time| resolution.person_of(NodeId(0), at(time));
/// assert_eq!(owner(5), resolution.person_of(NodeId(1), at(0)), "history goes back to the first user");
/// assert_eq!(owner(20), resolution.person_of(NodeId(2), at(0)));
/// assert_ne!(owner(19), owner(20), "two users are two people");
/// ```
pub fn resolve(nodes: &[Node<'_>], links: &[Link], rules: &IdentityRules) -> Resolution {
    let mut links = links.to_vec();
    links
        .sort_unstable_by_key(|link| (link.at, link.message, link.source, link.left, link.right, link.event));
    links.dedup_by_key(|link| (link.at, link.message, link.source, link.left, link.right));
    let is_weak = |id: NodeId| nodes[id.index()].kind.class() == IdClass::Weak;

    let mut components = Components::new(nodes);
    let mut decisions = Vec::new();
    let mut strong_source: Vec<Option<Reason>> = vec![None; nodes.len()];
    for link in links.iter().filter(|link| !is_weak(link.left) && !is_weak(link.right)) {
        match components.join(link.left.0, link.right.0, rules.strong_max) {
            Ok(false) => {}
            Ok(true) => {
                let reason = Reason::Source(link.source);
                strong_source[link.left.index()].get_or_insert(reason);
                decisions.push(Decision { link: *link, verdict: Verdict::Merged, reason });
            }
            Err(reason) => decisions.push(Decision { link: *link, verdict: Verdict::Refused, reason }),
        }
    }

    let mut bindings = Bindings::new(nodes.len());
    for link in links.iter().filter(|link| is_weak(link.left) || is_weak(link.right)) {
        let (weak, owner) =
            if is_weak(link.left) { (link.left, link.right) } else { (link.right, link.left) };
        if is_weak(owner) {
            if weak != owner {
                decisions.push(Decision {
                    link: *link,
                    verdict: Verdict::Refused,
                    reason: Reason::TwoWeakIds,
                });
            }
            continue;
        }
        let owner = components.root(owner.0);
        match bindings.bind(weak, owner, link, rules) {
            Bound::Known => {}
            Bound::New => {
                let reason = Reason::Source(link.source);
                decisions.push(Decision { link: *link, verdict: Verdict::Merged, reason });
            }
            Bound::OverCap => {
                decisions.push(Decision { link: *link, verdict: Verdict::Refused, reason: Reason::WeakCap });
            }
        }
    }
    keep_earliest_refusals(&mut decisions);
    people(nodes, &mut components, &bindings, &strong_source, decisions)
}

/// Who owns a weak id from some moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// The set of lasting ids with this root.
    Component(u32),
    /// Nobody that is known: the owner who was named is over its cap.
    StandIn,
}

#[derive(Debug)]
struct Bindings {
    /// Of each weak id, its owners in the order of time.
    owners: Vec<Vec<(Timestamp, Owner, Reason)>>,
    /// Of each root, when it took weak ids lately.
    taken: Vec<VecDeque<i64>>,
}

enum Bound {
    Known,
    New,
    OverCap,
}

impl Bindings {
    fn new(nodes: usize) -> Self {
        Self { owners: vec![Vec::new(); nodes], taken: vec![VecDeque::new(); nodes] }
    }

    fn bind(&mut self, weak: NodeId, owner: u32, link: &Link, rules: &IdentityRules) -> Bound {
        let owners = &mut self.owners[weak.index()];
        if owners.last().is_some_and(|(_, last, _)| *last == Owner::Component(owner)) {
            return Bound::Known;
        }
        let taken = &mut self.taken[owner as usize];
        while taken.front().is_some_and(|at| *at <= link.at.as_micros() - rules.weak_window_us) {
            taken.pop_front();
        }
        // Coming back to an owner whom this id had before takes nothing new.
        let had_before = owners.iter().any(|(_, known, _)| *known == Owner::Component(owner));
        if !had_before {
            if taken.len() >= rules.weak_max {
                if owners.last().is_none_or(|(_, last, _)| *last != Owner::StandIn) {
                    owners.push((link.at, Owner::StandIn, Reason::WeakCap));
                }
                return Bound::OverCap;
            }
            taken.push_back(link.at.as_micros());
        }
        owners.push((link.at, Owner::Component(owner), Reason::Source(link.source)));
        Bound::New
    }
}

/// Of several refusals of one pair for one reason, the first says it all.
fn keep_earliest_refusals(decisions: &mut Vec<Decision>) {
    decisions
        .sort_by_key(|decision| (decision.link.left, decision.link.right, decision.verdict, decision.reason));
    decisions.dedup_by(|later, earlier| {
        later.verdict == Verdict::Refused
            && (later.link.left, later.link.right, later.verdict, later.reason)
                == (earlier.link.left, earlier.link.right, earlier.verdict, earlier.reason)
    });
    decisions.sort_by_key(|decision| {
        (decision.link.at, decision.link.message, decision.link.left, decision.link.right)
    });
}

/// Numbers the people and names each after its oldest member.
fn people(
    nodes: &[Node<'_>],
    components: &mut Components,
    bindings: &Bindings,
    strong_source: &[Option<Reason>],
    decisions: Vec<Decision>,
) -> Resolution {
    const NOBODY: u32 = u32::MAX;
    let mut person_of_root = vec![NOBODY; nodes.len()];
    // The oldest member so far: a position in `nodes`.
    let mut oldest: Vec<u32> = Vec::new();
    let age = |id: u32| {
        let node = &nodes[id as usize];
        (node.first_seen, node.kind, node.value)
    };
    for id in 0..nodes.len() as u32 {
        let root = match nodes[id as usize].kind.class() {
            IdClass::Weak => match bindings.owners[id as usize].first() {
                // An anonymous id speaks for the owner of its first interval only, so that no two people share it.
                Some((_, Owner::Component(root), _)) => *root,
                _ => continue,
            },
            _ => components.root(id),
        };
        let person = &mut person_of_root[root as usize];
        if *person == NOBODY {
            *person = oldest.len() as u32;
            oldest.push(id);
        } else {
            let member = &mut oldest[*person as usize];
            if age(id) < age(*member) {
                *member = id;
            }
        }
    }
    let mut resolution = Resolution {
        people: oldest
            .iter()
            .map(|id| PersonId::of(nodes[*id as usize].kind, nodes[*id as usize].value))
            .collect(),
        identities: Vec::with_capacity(nodes.len()),
        decisions,
        first_row: Vec::with_capacity(nodes.len() + 1),
    };
    for (id, node) in nodes.iter().enumerate() {
        resolution.first_row.push(resolution.identities.len() as u32);
        let owners = &bindings.owners[id];
        let row = |person, valid_from, valid_to, reason| Identity {
            node: NodeId(id as u32),
            person: PersonIndex(person),
            valid_from,
            valid_to,
            reason,
        };
        if node.kind.class() != IdClass::Weak {
            let person = person_of_root[components.root(id as u32) as usize];
            let reason = strong_source[id].unwrap_or(Reason::Own);
            resolution.identities.push(row(person, None, None, reason));
            continue;
        }
        if owners.is_empty() {
            let person = resolution.people.len() as u32;
            resolution.people.push(PersonId::of(node.kind, node.value));
            resolution.identities.push(row(person, None, None, Reason::Own));
        }
        for (index, (from, owner, reason)) in owners.iter().enumerate() {
            let person = match owner {
                Owner::Component(root) => person_of_root[*root as usize],
                Owner::StandIn => {
                    let is_first = index == 0;
                    let id =
                        if is_first { PersonId::of } else { PersonId::quarantined }(node.kind, node.value);
                    stand_in(&mut resolution.people, id)
                }
            };
            let valid_to = owners.get(index + 1).map(|(next, _, _)| *next);
            resolution.identities.push(row(person, (index > 0).then_some(*from), valid_to, *reason));
        }
    }
    resolution.first_row.push(resolution.identities.len() as u32);
    resolution
}

/// The one stand-in of an id, however often it is needed.
fn stand_in(people: &mut Vec<PersonId>, id: PersonId) -> u32 {
    // It was pushed for this very id, if at all, so it is the last.
    if people.last() != Some(&id) {
        people.push(id);
    }
    people.len() as u32 - 1
}

#[cfg(test)]
mod tests;

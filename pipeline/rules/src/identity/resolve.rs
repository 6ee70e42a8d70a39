//! From ids and links to people.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use holloway_wire::Timestamp;

use super::{
    binding::{Bindings, Bound, Owner},
    components::Components,
    link::{Decision, Link, LinkSource, Reason, Verdict},
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
/// beginning, each later one from the link that said so; but the first alias of a weak id reaches back to the
/// beginning, whoever else was named in between. E-mail and phone of one event are one person's.
///
/// The answer does not depend on the order of the links, nor on how the nodes are numbered: links of one event are
/// followed in the order of the ids' kinds and values.
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
    let order = in_order(nodes, links);
    // A byte an id stays in the cache, a node does not.
    let is_weak: Vec<bool> = nodes.iter().map(|node| node.kind.class() == IdClass::Weak).collect();
    let said = Said { links, order: &order, is_weak: &is_weak };
    let mut components = Components::new(nodes);
    let joined = said.join_lasting(&mut components, rules);
    let mut bindings = Bindings::new(nodes.len(), said.busy(&mut components, rules));
    let bound = said.bind_weak(&mut components, &mut bindings, rules);
    let mut resolution = people(nodes, &mut components, &bindings, &joined);
    resolution.decisions = by_time(&joined, &bound);
    resolution
}

/// All links in order.
#[derive(Clone, Copy)]
struct Said<'l> {
    links: &'l [Link],
    order: &'l [u32],
    is_weak: &'l [bool],
}

impl<'l> Said<'l> {
    fn at(self, place: usize) -> Option<&'l Link> {
        self.order.get(place).map(|index| &self.links[*index as usize])
    }

    fn is_weak(self, id: NodeId) -> bool {
        self.is_weak[id.index()]
    }

    /// Joins users, e-mails and phones.
    fn join_lasting(self, components: &mut Components, rules: &IdentityRules) -> Vec<Decision> {
        let mut decisions = Vec::new();
        for place in 0..self.order.len() {
            let Some(link) = self.at(place).and_then(|link| self.lasting(link, place)) else { continue };
            match components.join(link.left.0, link.right.0, rules.strong_max) {
                Ok(false) => {}
                Ok(true) => {
                    let reason = Reason::Source(link.source);
                    decisions.push(Decision { link, verdict: Verdict::Merged, reason });
                }
                Err(reason) => decisions.push(Decision { link, verdict: Verdict::Refused, reason }),
            }
        }
        decisions
    }

    /// What a link says about two lasting ids: itself, or the e-mail and the phone that it and the next one name.
    fn lasting(self, link: &Link, place: usize) -> Option<Link> {
        match (self.is_weak(link.left), self.is_weak(link.right)) {
            (false, false) => Some(*link),
            (true, false) => {
                let next = self.at(place + 1)?;
                let both = says_of_the_same_device(link, next) && !self.is_weak(next.right);
                both.then_some(Link { left: next.right, right: link.right, ..*link })
            }
            _ => None,
        }
    }

    /// The links of weak ids in order.
    fn weak(self) -> impl Iterator<Item = &'l Link> {
        let links = (0..self.order.len()).filter_map(move |place| self.at(place));
        links.filter(move |link| self.is_weak(link.left) || self.is_weak(link.right))
    }

    /// The roots that could go over their cap of weak ids.
    fn busy(self, components: &mut Components, rules: &IdentityRules) -> Vec<u32> {
        let mut given = vec![0_usize; self.is_weak.len()];
        for link in self.weak() {
            let owner = if self.is_weak(link.left) { link.right } else { link.left };
            given[components.root(owner.0) as usize] += 1;
        }
        (0..given.len() as u32).filter(|root| given[*root as usize] > rules.weak_max).collect()
    }

    /// Gives weak ids to their owners.
    fn bind_weak(
        self,
        components: &mut Components,
        bindings: &mut Bindings,
        rules: &IdentityRules,
    ) -> Vec<Decision> {
        let mut decisions = Vec::new();
        let mut before: Option<&Link> = None;
        for link in self.weak() {
            if before.replace(link).is_some_and(|before| says_of_the_same_device(before, link)) {
                continue;
            }
            let (weak, owner) =
                if self.is_weak(link.left) { (link.left, link.right) } else { (link.right, link.left) };
            let refused = |reason| Decision { link: *link, verdict: Verdict::Refused, reason };
            if self.is_weak(owner) {
                decisions.extend((weak != owner).then(|| refused(Reason::TwoWeakIds)));
                continue;
            }
            match bindings.bind(weak, components.root(owner.0), link, rules) {
                Bound::Known => {}
                Bound::OverCap => decisions.push(refused(Reason::WeakCap)),
                Bound::New => {
                    let reason = Reason::Source(link.source);
                    decisions.push(Decision { link: *link, verdict: Verdict::Merged, reason });
                }
            }
        }
        decisions
    }
}

/// The places of the links by time, message and source, then by the ids that they name (the numbers of nodes say
/// nothing). Of equal links only one.
fn in_order(nodes: &[Node<'_>], links: &[Link]) -> Vec<u32> {
    let mut order: Vec<(i64, u32)> =
        links.iter().enumerate().map(|(index, link)| (link.at.as_micros(), index as u32)).collect();
    order.sort_unstable();
    let id = |node: NodeId| (nodes[node.index()].kind, nodes[node.index()].value);
    let ids = |a: NodeId, b: NodeId| if a == b { Ordering::Equal } else { id(a).cmp(&id(b)) };
    let compare = |a: &(i64, u32), b: &(i64, u32)| {
        let (a, b) = (&links[a.1 as usize], &links[b.1 as usize]);
        let by_ids = || ids(a.left, b.left).then_with(|| ids(a.right, b.right));
        (a.message, a.source).cmp(&(b.message, b.source)).then_with(by_ids).then(a.event.cmp(&b.event))
    };
    for moment in order.chunk_by_mut(|a, b| a.0 == b.0).filter(|moment| moment.len() > 1) {
        moment.sort_unstable_by(compare);
    }
    let said = |(_, index): &(i64, u32)| {
        let link = &links[*index as usize];
        (link.message, link.source, link.left, link.right)
    };
    order.dedup_by(|a, b| a.0 == b.0 && said(a) == said(b));
    order.into_iter().map(|(_, index)| index).collect()
}

/// Whether two links are what one event declares of one device: an e-mail and a phone, without a user.
fn says_of_the_same_device(link: &Link, next: &Link) -> bool {
    let of = |link: &Link| (link.at, link.message, link.left, link.source);
    link.source == LinkSource::Trait && of(link) == of(next)
}

/// One list of two, each by time. Of several refusals of one pair for one reason, the first says it all.
fn by_time(left: &[Decision], right: &[Decision]) -> Vec<Decision> {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    let key = |decision: &&Decision| (decision.link.at, decision.link.message);
    let both = std::iter::from_fn(|| match (left.peek(), right.peek()) {
        (Some(a), Some(b)) if key(b) < key(a) => right.next(),
        (Some(_), _) => left.next(),
        (None, _) => right.next(),
    });
    let mut refused = HashSet::new();
    let is_news = |Decision { link, verdict, reason }: &Decision| {
        *verdict != Verdict::Refused || refused.insert((link.left, link.right, *reason))
    };
    both.copied().filter(is_news).collect()
}

/// Numbers the people and names each after its oldest member.
fn people(
    nodes: &[Node<'_>],
    components: &mut Components,
    bindings: &Bindings,
    joined: &[Decision],
) -> Resolution {
    const NOBODY: u32 = u32::MAX;
    // Of each id that was given to another one, the call that did so first.
    let mut given_by: HashMap<NodeId, &Reason> = HashMap::new();
    for decision in joined.iter().filter(|decision| decision.verdict == Verdict::Merged) {
        given_by.entry(decision.link.left).or_insert(&decision.reason);
    }
    let mut person_of_root = vec![NOBODY; nodes.len()];
    // The oldest member so far: a position in `nodes`.
    let mut oldest: Vec<u32> = Vec::new();
    let age = |id: u32| {
        let node = &nodes[id as usize];
        (node.first_seen, node.kind, node.value)
    };
    for id in 0..nodes.len() as u32 {
        let root = match nodes[id as usize].kind.class() {
            IdClass::Weak => match bindings.first(id).map(|stretch| stretch.owner) {
                // An anonymous id speaks for the owner of its first interval only, so that no two people share it.
                Some(Owner::Component(root)) => root,
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
        decisions: Vec::new(),
        first_row: Vec::with_capacity(nodes.len() + 1),
    };
    for (id, node) in nodes.iter().enumerate() {
        resolution.first_row.push(resolution.identities.len() as u32);
        let node_id = NodeId(id as u32);
        let first = bindings.first(node_id.0);
        let row = |person, valid_from, valid_to, reason| Identity {
            node: node_id,
            person: PersonIndex(person),
            valid_from,
            valid_to,
            reason,
        };
        if node.kind.class() != IdClass::Weak {
            let person = person_of_root[components.root(id as u32) as usize];
            let reason = given_by.get(&node_id).map_or(Reason::Own, |reason| **reason);
            resolution.identities.push(row(person, None, None, reason));
            continue;
        }
        if first.is_none() {
            let person = resolution.people.len() as u32;
            resolution.people.push(PersonId::of(node.kind, node.value));
            resolution.identities.push(row(person, None, None, Reason::Own));
        }
        // The id is free to name its stand-in unless its first owner is named after it.
        let owns_itself = first.is_some_and(|first| first.owner == Owner::StandIn);
        let stand_in_id = if owns_itself { PersonId::of } else { PersonId::quarantined };
        let mut stand_in = None;
        let mut stretches = bindings.of(id as u32).peekable();
        let mut from = None;
        while let Some(stretch) = stretches.next() {
            let person = match stretch.owner {
                Owner::Component(root) => person_of_root[root as usize],
                Owner::StandIn => *stand_in.get_or_insert_with(|| {
                    resolution.people.push(stand_in_id(node.kind, node.value));
                    resolution.people.len() as u32 - 1
                }),
            };
            let to = stretches.peek().map(|next| next.from);
            resolution.identities.push(row(person, from, to, stretch.reason));
            from = to;
        }
    }
    resolution.first_row.push(resolution.identities.len() as u32);
    resolution
}

#[cfg(test)]
mod tests;

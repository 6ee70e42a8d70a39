//! The ids of all events as the rules want them: nodes in a canonical order, and the links between them.

use super::message::{Form, Message};
use super::scan::{Event, Scan, Words};
use holloway_rules::identity::{
    Blocked, IdKind, Link, LinkSource, MessageKey, Node, NodeId, Thinner, strong,
};
use holloway_wire::{EventKind, RawJson, Timestamp};
use rustc_hash::FxHashMap;

const NONE: u32 = u32::MAX;

/// Every id that is not blocked. Nodes are numbered by kind and value, so that a number says nothing about arrival.
#[derive(Debug)]
pub(crate) struct Nodes {
    of_user: Vec<u32>,
    of_anonymous: Vec<u32>,
    strong: FxHashMap<(IdKind, String), u32>,
    ids: Vec<Id>,
    first_seen: Vec<i64>,
}

/// Where the text of a node is.
#[derive(Clone, Debug)]
enum Id {
    User(u32),
    Strong(IdKind, String),
    Anonymous(u32),
}

impl Nodes {
    /// Collects the ids, and when each was first seen. The previous ids of aliases join the interners.
    pub(crate) fn of(scan: &mut Scan, blocked: &Blocked) -> Self {
        let Scan { events, words } = scan;
        for extra in &words.extras {
            if let Some(previous) = &extra.previous_id
                && words.users.find(previous) == 0
            {
                words.anonymous.number(previous);
            }
        }
        let mut strong: Vec<(IdKind, String)> =
            events.iter().flat_map(|event| strong_ids(event, words).into_iter().flatten()).collect();
        strong.sort_unstable();
        strong.dedup();

        let sorted = |interner: &super::interner::Interner| {
            let mut numbers: Vec<u32> = (1..interner.len() as u32).collect();
            numbers.retain(|&number| !blocked.blocks(interner.text(number).unwrap_or_default()));
            numbers.sort_unstable_by_key(|&number| interner.text(number));
            numbers
        };
        let mut ids: Vec<Id> = sorted(&words.users).into_iter().map(Id::User).collect();
        ids.extend(strong.into_iter().map(|(kind, value)| Id::Strong(kind, value)));
        ids.extend(sorted(&words.anonymous).into_iter().map(Id::Anonymous));
        let mut nodes = Self {
            of_user: vec![NONE; words.users.len()],
            of_anonymous: vec![NONE; words.anonymous.len()],
            strong: FxHashMap::default(),
            first_seen: vec![i64::MAX; ids.len()],
            ids: Vec::new(),
        };
        for (node, id) in ids.iter().enumerate() {
            match id {
                Id::User(number) => nodes.of_user[*number as usize] = node as u32,
                Id::Anonymous(number) => nodes.of_anonymous[*number as usize] = node as u32,
                Id::Strong(kind, value) => _ = nodes.strong.insert((*kind, value.clone()), node as u32),
            }
        }
        nodes.ids = ids;
        nodes.see(events, words);
        nodes
    }

    /// The node of a user's number; `None` for 0 and for a blocked value.
    pub(crate) fn user(&self, number: u32) -> Option<NodeId> {
        found(self.of_user[number as usize])
    }

    /// The node of an anonymous id's number; `None` for 0 and for a blocked value.
    pub(crate) fn anonymous(&self, number: u32) -> Option<NodeId> {
        found(self.of_anonymous[number as usize])
    }

    /// Kind and value of a node.
    pub(crate) fn id<'a>(&'a self, node: NodeId, words: &'a Words) -> (IdKind, &'a str) {
        match &self.ids[node.0 as usize] {
            Id::User(number) => (IdKind::User, words.users.text(*number).unwrap_or_default()),
            Id::Anonymous(number) => (IdKind::Anonymous, words.anonymous.text(*number).unwrap_or_default()),
            Id::Strong(kind, value) => (*kind, value),
        }
    }

    /// The user's number when the node is a user.
    pub(crate) fn user_number(&self, node: NodeId) -> Option<u32> {
        match self.ids[node.0 as usize] {
            Id::User(number) => Some(number),
            _ => None,
        }
    }

    /// All nodes, in the order of their numbers.
    pub(crate) fn list<'a>(&'a self, words: &'a Words) -> Vec<Node<'a>> {
        (0..self.ids.len() as u32)
            .map(|node| {
                let (kind, value) = self.id(NodeId(node), words);
                Node { kind, value, first_seen: Timestamp::from_micros(self.first_seen[node as usize]) }
            })
            .collect()
    }

    fn see(&mut self, events: &[Event], words: &Words) {
        for event in events {
            let at = event.at().as_micros();
            let mut see = |node: Option<NodeId>| {
                if let Some(node) = node {
                    let slot = &mut self.first_seen[node.0 as usize];
                    *slot = at.min(*slot);
                }
            };
            see(found(self.of_user[event.user as usize]));
            see(found(self.of_anonymous[event.anonymous as usize]));
            if event.extra > 0 {
                for id in strong_ids(event, words).into_iter().flatten() {
                    see(self.strong.get(&id).copied().map(NodeId));
                }
                let previous = previous_number(event, words);
                see(previous.and_then(|previous| match previous {
                    Id::User(number) => found(self.of_user[number as usize]),
                    Id::Anonymous(number) => found(self.of_anonymous[number as usize]),
                    Id::Strong(..) => None,
                }));
            }
        }
    }

    fn previous(&self, event: &Event, words: &Words) -> Option<NodeId> {
        match previous_number(event, words)? {
            Id::User(number) => self.user(number),
            Id::Anonymous(number) => self.anonymous(number),
            Id::Strong(..) => None,
        }
    }

    /// What the events say about pairs of ids; of what they say again and again, the earliest.
    pub(crate) fn links(&self, scan: &Scan) -> Vec<Link> {
        let mut thinner = Thinner::new(self.ids.len());
        self.each_link(scan, |link| {
            if self.is_weak(link.left) {
                thinner.note(link.left, link.right);
            }
        });
        let mut lasting: FxHashMap<(NodeId, NodeId), Link> = FxHashMap::default();
        self.each_link(scan, |link| {
            if self.is_weak(link.left) {
                thinner.push(link);
                return;
            }
            let kept = lasting.entry((link.left, link.right)).or_insert(link);
            if (link.at, link.message, link.source) < (kept.at, kept.message, kept.source) {
                *kept = link;
            }
        });
        let mut links = thinner.into_links();
        links.extend(lasting.into_values());
        links
    }

    fn is_weak(&self, node: NodeId) -> bool {
        matches!(self.ids[node.0 as usize], Id::Anonymous(_))
    }

    fn each_link(&self, scan: &Scan, mut give: impl FnMut(Link)) {
        for (row, event) in scan.events.iter().enumerate() {
            let (user, anonymous) = (self.user(event.user), self.anonymous(event.anonymous));
            if event.extra == 0 && (user.is_none() || anonymous.is_none()) {
                continue;
            }
            let message = message_key(event.message(), &scan.words);
            let mut link = |left: Option<NodeId>, right: Option<NodeId>, source| {
                if let (Some(left), Some(right)) = (left, right) {
                    give(Link { at: event.at(), message, event: row as u64, left, right, source });
                }
            };
            let source =
                if event.kind == EventKind::Identify { LinkSource::Identify } else { LinkSource::Event };
            link(anonymous, user, source);
            if event.extra > 0 {
                link(self.previous(event, &scan.words), user, LinkSource::Alias);
                for id in strong_ids(event, &scan.words).into_iter().flatten() {
                    let strong = self.strong.get(&id).copied().map(NodeId);
                    match user {
                        Some(_) => link(strong, user, LinkSource::Trait),
                        None => link(anonymous, strong, LinkSource::Trait),
                    }
                }
            }
        }
    }
}

fn found(node: u32) -> Option<NodeId> {
    (node != NONE).then_some(NodeId(node))
}

/// The id that an alias gives up: a user's when events know such a user, else an anonymous one.
fn previous_number(event: &Event, words: &Words) -> Option<Id> {
    if event.kind != EventKind::Alias || event.extra == 0 {
        return None;
    }
    let previous = words.extras[event.extra as usize - 1].previous_id.as_deref()?;
    let user = words.users.find(previous);
    Some(if user > 0 { Id::User(user) } else { Id::Anonymous(words.anonymous.find(previous)) })
}

/// The declared e-mail and phone of an identify.
fn strong_ids(event: &Event, words: &Words) -> [Option<(IdKind, String)>; 2] {
    if event.kind != EventKind::Identify || event.extra == 0 {
        return [None, None];
    }
    let traits = words.extras[event.extra as usize - 1].traits.as_deref();
    let Some(traits) = traits.filter(|text| text.contains("\"email\"") || text.contains("\"phone\"")) else {
        return [None, None];
    };
    let Ok(traits) = RawJson::object(traits) else { return [None, None] };
    let text = |key| traits.get(key).and_then(RawJson::string);
    [
        text("email").and_then(|email| strong::email(&email)).map(|id| (IdKind::Email, id)),
        text("phone").and_then(|phone| strong::phone(&phone)).map(|id| (IdKind::Phone, id)),
    ]
}

fn message_key(message: Message, words: &Words) -> MessageKey {
    if message.form == Form::Other {
        return MessageKey::of(words.messages.text(message.bits as u32).unwrap_or_default());
    }
    MessageKey(message.bits.to_be_bytes())
}

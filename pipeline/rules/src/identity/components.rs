//! Sets of ids that are one person for ever: union-find that refuses to join two unique ids.

use super::{
    link::Reason,
    node::{IdClass, Node},
};

#[derive(Debug)]
pub(super) struct Components {
    parent: Vec<u32>,
    /// Whether the id itself is unique.
    is_user: Vec<bool>,
    /// Of a root: whether its set has a unique id, and how many strong ones.
    unique: Vec<bool>,
    strong: Vec<u32>,
}

impl Components {
    pub(super) fn new(nodes: &[Node<'_>]) -> Self {
        let is_user: Vec<bool> = nodes.iter().map(|node| node.kind.class() == IdClass::Unique).collect();
        Self {
            parent: (0..nodes.len() as u32).collect(),
            unique: is_user.clone(),
            is_user,
            strong: nodes.iter().map(|node| u32::from(node.kind.class() == IdClass::Strong)).collect(),
        }
    }

    pub(super) fn root(&mut self, mut id: u32) -> u32 {
        while self.parent[id as usize] != id {
            let above = self.parent[self.parent[id as usize] as usize];
            self.parent[id as usize] = above;
            id = above;
        }
        id
    }

    /// Joins the sets of two ids; whether that changed anything, or why it may not be.
    pub(super) fn join(&mut self, left: u32, right: u32, strong_max: u32) -> Result<bool, Reason> {
        let direct = self.is_user[left as usize] && self.is_user[right as usize];
        let (a, b) = (self.root(left), self.root(right));
        if a == b {
            return Ok(false);
        }
        if self.unique[a as usize] && self.unique[b as usize] {
            return Err(if direct { Reason::TwoUsers } else { Reason::TwoUsersThroughChain });
        }
        let strong = self.strong[a as usize] + self.strong[b as usize];
        if strong > strong_max {
            return Err(Reason::StrongCap);
        }
        let (root, child) = (a.min(b), a.max(b));
        self.parent[child as usize] = root;
        self.unique[root as usize] |= self.unique[child as usize];
        self.strong[root as usize] = strong;
        Ok(true)
    }
}

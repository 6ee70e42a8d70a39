//! Which ids are one person, and from when to when.
//!
//! Ids are typed ([`IdKind`]): a *unique* id names one person for ever, a *strong* id (hashed e-mail or
//! phone) joins people but never two unique ids, a *weak* id (an anonymous id) belongs to one owner at a
//! time. [`resolve`] turns the set of nodes and links into people. It is a function of the set: the order
//! in which events arrived, and how often, does not matter.

mod binding;
pub mod blocked;
mod components;
pub mod link;
pub mod node;
pub mod person;
pub mod resolve;
pub mod strong;

pub use blocked::Blocked;
pub use link::{Decision, Link, LinkSource, MessageKey, Reason, Thinner, Verdict};
pub use node::{IdClass, IdKind, Node, NodeId};
pub use person::{PersonId, PersonIndex};
pub use resolve::{Identity, IdentityRules, Resolution, resolve};

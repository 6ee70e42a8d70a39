//! What identity, session, channel, profile, funnel and retention *mean* in Holloway.
//!
//! Every rule takes plain sorted values and answers plain values: no I/O, no Arrow, no clock, no time
//! zone database. The pipeline feeds the same code from tables, the tests feed it from text.
//!
//! | module | question it answers |
//! |---|---|
//! | [`identity`] | which ids are one person, and from when to when |
//! | [`fact`] | one event of one person, and the order of events |
//! | [`session`] | where a visit ends and the next one begins |
//! | [`metrics`] | what a visit amounts to: duration, depth, entry, exit, bounce |
//! | [`channel`] | where a visit came from |
//! | [`profile`] | what is known of a person over all visits |
//! | [`funnel`] | how far along a list of steps a person came |
//! | [`retention`] | who came back, in which period |

#![deny(missing_docs)]

pub mod campaign;
pub mod channel;
pub mod fact;
pub mod funnel;
pub mod identity;
pub mod metrics;
pub mod profile;
pub mod retention;
pub mod session;
pub mod traits;

pub use fact::Fact;
pub use identity::{PersonId, Resolution, resolve};

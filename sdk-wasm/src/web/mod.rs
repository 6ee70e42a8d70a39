//! The client for front ends that are Rust themselves (feature `web`): the core with a host made of web-sys.

mod builder;
mod client;
mod consent;
mod cookie;
mod environment;
mod host;
mod input;
mod page;
mod query;
mod receipt;
mod signals;
mod storage;
mod tab;
mod timer;
mod transport;
mod writer;

pub use holloway_core::{Consent, Registration};
use js_sys::Reflect;
use wasm_bindgen::JsValue;

pub use self::{builder::Builder, client::Client};

/// What the client noticed.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// `bad-json`, `name-missing`, `lost`, `state-damaged`, `storage-failed`, `paused`, `retrying`, `unreachable` or
    /// `clock-skew`.
    pub kind: &'static str,
    /// By kind: the position of bad JSON, the index of a loss's reason, 1 when the state's copy was used, the status of a
    /// refusal, the milliseconds of a wait or of the clock's skew.
    pub first: f64,
    /// By kind: the events that were lost, the milliseconds of a wait.
    pub second: f64,
}

/// A property of whatever is there; undefined where it is not.
fn property(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

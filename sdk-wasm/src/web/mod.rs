//! The client for front ends that are Rust themselves (feature `web`): the core with a host made of web-sys.

mod builder;
mod client;
mod consent;
mod cookie;
mod diagnostic;
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
mod view;
mod waiting;
mod writer;

pub use holloway_core::{Consent, Registration};
use js_sys::Reflect;
use wasm_bindgen::JsValue;

pub use self::{
    builder::{Builder, Persistence},
    client::Client,
    diagnostic::Diagnostic,
};

/// A property of whatever is there; undefined where it is not.
fn property(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

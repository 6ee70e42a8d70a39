//! Calls of this page that wait until what former pages left is with the core: in memory, and as they are in storage,
//! where `npm/src/waiting.ts` keeps its own in the same form.

use std::rc::Rc;

use holloway_core::wire::json::{write_number, write_string};
use js_sys::{Array, JSON};
use wasm_bindgen::JsCast;

use super::{
    Consent,
    input::{CONSENT, FLUSH, Input},
    property,
    storage::record_key,
    tab::Tab,
};

/// A call, and where it is kept.
pub(super) struct Waiting {
    key: String,
    call: Input,
}

impl Tab {
    /// Takes a call of the app: at once, or when what came before it has been told.
    pub(super) fn accept(&self, mut call: Input) {
        // A core that the browser stopped halfway keeps its borrow for ever: calls are for the next page's then.
        if self.is_ready.get() && self.shell.try_borrow().is_ok() {
            return self.run(call);
        }
        let document = self.window.document();
        let is_seen = !document.is_some_and(|document| property(&document, "prerendering").is_truthy());
        if is_seen && self.consent.get() == Consent::Denied && call.is_event() {
            // Nothing of who said no waits for a decision that takes it back.
            return;
        }
        let mut waiting = self.waiting.borrow_mut();
        let key = record_key(&self.writer, "q", waiting.len());
        if call.kind != CONSENT && is_seen && self.consent.get() == Consent::Granted {
            // Who dies here leaves it to another page: the collector must know the two as one.
            let id = self.new_id(call.first);
            let [body, context, integrations, _, name] = texts(&call.text);
            call.text = [body, context, integrations, &id, name].join("\0");
            self.store.set(&key, &record(&call));
        }
        waiting.push(Waiting { key, call });
    }

    /// What came before is told: calls need not wait any more.
    pub(super) fn settle(self: &Rc<Self>) {
        if self.is_ready.replace(true) {
            return;
        }
        for Waiting { key, call } in self.waiting.take() {
            self.run(call);
            self.store.remove(&key);
        }
        if self.flushes.borrow().is_empty() {
            self.hurry();
        } else {
            self.run(Input::of(FLUSH, String::new()));
        }
    }
}

/// Body, context, integrations, message id and name.
fn texts(text: &str) -> [&str; 5] {
    let mut rest = text.splitn(5, '\0');
    [(); 5].map(|()| rest.next().unwrap_or_default())
}

/// As `npm/src/call.ts` has it: kind, name, body, message id, time, context, integrations.
fn record(call: &Input) -> String {
    let [body, context, integrations, id, name] = texts(&call.text);
    let mut out = Vec::new();
    out.push(b'[');
    write_number(&mut out, call.kind.into());
    for text in [name, body, id] {
        out.push(b',');
        write_string(&mut out, text);
    }
    out.push(b',');
    write_number(&mut out, call.first as u64);
    for text in [context, integrations] {
        out.push(b',');
        write_string(&mut out, text);
    }
    out.push(b']');
    String::from_utf8(out).unwrap_or_default()
}

/// The call of a record, of either package.
pub(super) fn call_of(record: &str) -> Option<Input> {
    let call: Array = JSON::parse(record).ok()?.dyn_into().ok()?;
    let text = |index| call.get(index).as_string().unwrap_or_default();
    let (kind, unix_ms) = (call.get(0).as_f64()?, call.get(4).as_f64()?);
    let text = [text(2), text(5), text(6), text(3), text(1)].join("\0");
    // What the page of then decided is in the store already.
    let is_call = (0.0..32.0).contains(&kind) && kind as u32 & 15 != CONSENT;
    is_call.then(|| Input { first: unix_ms, ..Input::of(kind as u32, text) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_kept_in_the_form_of_the_npm_package() {
        for (kind, text, expected) in [
            (0, "{\"a\":1}\0{}\0\0id\0Signed \"Up\"", r#"[0,"Signed \"Up\"","{\"a\":1}","id",7,"{}",""]"#),
            // A name comes last, and may have what ends the other fields.
            (3, "\0\0\0id\0a\0b", r#"[3,"a\u0000b","","id",7,"",""]"#),
        ] {
            let call = Input { first: 7.0, ..Input::of(kind, text.to_owned()) };
            assert_eq!(record(&call), expected);
        }
    }
}

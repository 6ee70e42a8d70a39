//! What the core asks of the page, carried out. Nothing here calls the core: what comes back later is a task of its own.

use std::rc::Rc;

use holloway_core::wire::MessageId;
use wasm_bindgen_futures::spawn_local;

use super::{
    Consent, Diagnostic,
    input::{HTTP_DONE, Input, MEET, READ_DONE, SYNC},
    storage::record_key,
    tab::Tab,
};
use crate::host::{Act, Host, SEND_BEACONED, SEND_PENDING, SEND_REFUSED};

impl Host for Rc<Tab> {
    fn act(&self, kind: Act, first: f64, second: f64, text: &[u8]) -> u32 {
        let text = str::from_utf8(text).unwrap_or_default();
        match kind {
            Act::Random => return self.random(),
            Act::Append => return self.append(first as u64, text).into(),
            Act::Read => self.read(first, second as u64),
            Act::Remove => {
                for key in self.chunks.borrow_mut().remove(&(first as u64)).unwrap_or_default() {
                    self.store.remove(&key);
                }
            }
            Act::Save => {
                self.store.set("t", &self.store.get("s"));
                let is_kept = self.store.set("s", text);
                if is_kept {
                    text.clone_into(&mut self.state.borrow_mut());
                }
                return is_kept.into();
            }
            Act::Wipe => {
                // The state says that consent was denied: a page that dies here must not undo that.
                for key in self.store.keys("").iter().filter(|key| *key != "s" && *key != "c") {
                    self.store.remove(key);
                }
                self.chunks.borrow_mut().clear();
                self.share("");
            }
            Act::Send if second > 0.0 => {
                return if self.transport.beacon(text) { SEND_BEACONED } else { SEND_REFUSED };
            }
            Act::Send => {
                self.send(first, text);
                return SEND_PENDING;
            }
            Act::Wake => self.wake(first),
            Act::Diagnose => {
                if let Some(diagnostic) = Diagnostic::of(text, first, second, self.transport.url()) {
                    self.tell(diagnostic);
                }
            }
            Act::Identity => {
                let before = self.consent.replace(match first as u8 {
                    0 => Consent::Unknown,
                    1 => Consent::Granted,
                    _ => Consent::Denied,
                });
                let known = self.subject.replace(text.split('\n').map(str::to_owned).collect());
                // Whoever wrote the state has written this too, and somebody else may have since.
                if self.kind.get() != SYNC || before != self.consent.get() {
                    self.remember();
                }
                self.greet(known.get(2));
            }
        }
        0
    }
}

/// How each thing is done.
impl Tab {
    pub(super) fn random(&self) -> u32 {
        let mut bytes = [0; 4];
        let filled =
            self.window.crypto().and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes));
        filled.map_or_else(
            |_| (js_sys::Math::random() * f64::from(u32::MAX)) as u32,
            |_| u32::from_le_bytes(bytes),
        )
    }

    /// An id that was never given, of a time in milliseconds.
    pub(super) fn new_id(&self, unix_ms: f64) -> String {
        let random = [self.random(), self.random(), self.random()].map(u32::to_le_bytes);
        let mut bits = [0; 10];
        bits.copy_from_slice(&random.as_flattened()[..10]);
        MessageId::v7(unix_ms as u64, bits).to_text()
    }

    fn append(&self, chunk: u64, record: &str) -> bool {
        let mut chunks = self.chunks.borrow_mut();
        let keys = chunks.entry(chunk).or_default();
        let key = record_key(&self.writer, chunk, keys.len());
        let is_kept = self.store.set(&key, record);
        keys.push(key);
        is_kept
    }

    fn read(self: &Rc<Self>, token: f64, chunk: u64) {
        let tab = self.clone();
        self.busy.set(self.busy.get() + 1);
        spawn_local(async move {
            tab.busy.set(tab.busy.get() - 1);
            tab.run(Input { first: token, ..Input::of(READ_DONE, tab.records_of(chunk)) });
        });
    }

    fn send(self: &Rc<Self>, token: f64, body: &str) {
        let (tab, body) = (self.clone(), body.to_owned());
        self.busy.set(self.busy.get() + 1);
        spawn_local(async move {
            let (status, verdicts) = tab.transport.post(body).await;
            tab.busy.set(tab.busy.get() - 1);
            tab.run(Input { first: token, second: status, ..Input::of(HTTP_DONE, verdicts) });
        });
    }

    /// The records of a chunk that are there, one a line.
    pub(super) fn records_of(&self, chunk: u64) -> String {
        let chunks = self.chunks.borrow();
        let records = chunks.get(&chunk).into_iter().flatten().map(|key| self.store.get(key));
        records.filter(|record| !record.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// Keeps who the visitor is, for the next page, if consent allows that; else forgets it.
    fn remember(self: &Rc<Self>) {
        if self.consent.get() != Consent::Granted {
            if !self.shared.borrow().is_empty() {
                self.share("");
            }
            return self.store.remove("i");
        }
        let subject = self.subject.borrow();
        let record: Vec<String> =
            subject.iter().map(|field| js_sys::encode_uri_component(field).into()).collect();
        let record = record.join("/");
        self.store.set("i", &record);
        self.share(&record);
        self.ask_hints();
    }

    /// Tells the app of a session that began; one of a former page, or of a page of a sub-domain, is no news.
    fn greet(self: &Rc<Self>, known: Option<&String>) {
        let subject = self.subject.borrow();
        let id = subject.get(2).filter(|id| !id.is_empty() && Some(*id) != known);
        let Some(id) = id.filter(|_| self.kind.get() != MEET).cloned() else { return };
        let (tab, reason) = (self.clone(), subject.get(7).cloned().unwrap_or_default());
        spawn_local(async move {
            let listeners = tab.session_listeners.borrow().clone();
            for listener in listeners {
                listener(&id, &reason);
            }
        });
    }

    /// Tells the sub-domains.
    pub(super) fn share(&self, record: &str) {
        if let Some(cookie) = &self.cookie {
            cookie.write(record);
            record.clone_into(&mut self.shared.borrow_mut());
            if !record.is_empty() {
                // An older cookie of this name may be in the way: what it says is no news.
                *self.seen.borrow_mut() = cookie.read();
            }
        }
    }
}

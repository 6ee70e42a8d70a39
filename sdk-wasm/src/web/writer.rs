//! Which tab owns which records, and which one speaks for all; the locks are those of `npm/src/writer.ts`.
//!
//! A tab holds a lock named after its writer for as long as it lives. Whoever gets another writer's lock knows that its
//! tab is gone, and takes over what it left. One more lock makes one tab the leader: what belongs to the visitor and
//! to no tab (losses, deletion requests) is sent by it alone.

use std::{collections::BTreeSet, rc::Rc};

use js_sys::{Array, Function, JSON, Promise};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Window;

use super::{
    input::{ADOPT, CONSENT, Input, LEAD},
    property,
    storage::chunks_of,
    tab::Tab,
};

/// The browser's locks; insecure pages have none.
pub(super) fn locks(window: &Window) -> Option<JsValue> {
    Some(property(&window.navigator(), "locks")).filter(JsValue::is_object)
}

impl Tab {
    /// Holds this writer's lock, and takes over from each writer of before that is gone, now or later.
    pub(super) fn claim(self: &Rc<Self>) {
        self.hold_own();
        let keys = self.store.keys("o.");
        let writers: BTreeSet<String> =
            keys.iter().filter_map(|key| key.split('.').nth(1)).map(str::to_owned).collect();
        for other in writers.into_iter().filter(|other| *other != self.writer) {
            let tab = self.clone();
            let orphan = other.clone();
            let take_over: Rc<dyn Fn()> = Rc::new(move || tab.adopt(&orphan));
            match locks(&self.window) {
                // Not `ifAvailable`: the page before this one may be about to go.
                Some(locks) => self.hold(&locks, &other, take_over),
                // Two tabs may then send the same records; their ids make that harmless.
                None => take_over(),
            }
        }
    }

    /// This tab is alive, and would speak for all.
    pub(super) fn hold_own(self: &Rc<Self>) {
        if let Some(locks) = locks(&self.window) {
            self.hold(&locks, &self.writer, Rc::new(|| ()));
            let tab = self.clone();
            let lead = Rc::new(move || tab.run(Input { kind: LEAD, first: 1.0, ..Input::default() }));
            self.hold(&locks, "lead", lead);
        }
    }

    /// A page that holds a lock may not rest in the back/forward cache.
    pub(super) fn release(&self) {
        for release in self.releases.take() {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }

    fn hold(self: &Rc<Self>, locks: &JsValue, name: &str, then: Rc<dyn Fn()>) {
        let (tab, got) = (self.clone(), then.clone());
        let callback = Closure::once_into_js(move || {
            got();
            Promise::new(&mut |done, _| tab.releases.borrow_mut().push(done))
        });
        let name = format!("{}{name}", self.store.prefix());
        let asked = property(locks, "request")
            .dyn_into::<Function>()
            .and_then(|request| request.call2(locks, &name.into(), &callback));
        spawn_local(async move {
            let is_refused = match asked {
                Ok(asked) => JsFuture::from(Promise::resolve(&asked)).await.is_err(),
                Err(_) => true,
            };
            if is_refused {
                then();
            }
        });
    }

    /// Takes over what a closed tab left.
    fn adopt(&self, orphan: &str) {
        for (chunk, keys) in chunks_of(self.store.keys(&format!("o.{orphan}."))) {
            let Ok(mut id) = chunk.parse::<u64>() else {
                for key in keys {
                    if let Some(call) = waiting_call(&self.store.get(&key)) {
                        self.run(call);
                    }
                    self.store.remove(&key);
                }
                continue;
            };
            while self.chunks.borrow().contains_key(&id) {
                id += 1;
            }
            self.chunks.borrow_mut().insert(id, keys);
            self.run(Input { first: id as f64, ..Input::of(ADOPT, self.records_of(id)) });
        }
    }
}

/// A call that waited for the npm package's core, as `npm/src/call.ts` wrote it: kind, name, body, message id, time,
/// context, integrations.
fn waiting_call(record: &str) -> Option<Input> {
    let call: Array = JSON::parse(record).ok()?.dyn_into().ok()?;
    let text = |index| call.get(index).as_string().unwrap_or_default();
    let (kind, unix_ms) = (call.get(0).as_f64()?, call.get(4).as_f64()?);
    let text = [text(2), text(5), text(6), text(3), text(1)].join("\0");
    // What the page of then decided is in the store already.
    let is_call = (0.0..32.0).contains(&kind) && kind as u32 != CONSENT;
    is_call.then(|| Input { first: unix_ms, ..Input::of(kind as u32, text) })
}

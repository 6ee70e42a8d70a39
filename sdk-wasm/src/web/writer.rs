//! Which tab owns which records, and which one speaks for all; the locks are those of `npm/src/writer.ts`.
//!
//! A tab holds a lock named after its writer for as long as it lives. Whoever gets another writer's lock knows that its
//! tab is gone, and takes over what it left. One more lock makes one tab the leader: what belongs to the visitor and
//! to no tab (losses, deletion requests) is sent by it alone.

use std::{collections::BTreeMap, rc::Rc};

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Window;

use super::{
    input::{ADOPT, Input, LEAD},
    property,
    storage::chunks_of,
    tab::Tab,
    waiting::call_of,
};

/// The browser's locks; insecure pages have none.
pub(super) fn locks(window: &Window) -> Option<JsValue> {
    Some(property(&window.navigator(), "locks")).filter(JsValue::is_object)
}

impl Tab {
    /// Holds this writer's lock, and takes over from each writer of before that is gone, now or later. Calls of this page
    /// wait until those that a former page left are told.
    pub(super) fn claim(self: &Rc<Self>) {
        self.hold_own();
        let keys = self.store.keys("o.");
        // Whether it left calls as they were made, by writer.
        let mut writers: BTreeMap<String, bool> = BTreeMap::new();
        for key in keys {
            let mut parts = key.split('.').skip(1);
            if let (Some(writer), Some(chunk)) = (parts.next(), parts.next()) {
                *writers.entry(writer.to_owned()).or_default() |= chunk == "q";
            }
        }
        writers.remove(&self.writer);
        let Some(locks) = locks(&self.window) else {
            // Two tabs may then send the same records; their ids make that harmless.
            for writer in writers.keys() {
                self.adopt(writer, false);
            }
            return self.settle();
        };
        let mut callers = Vec::new();
        for (writer, has_calls) in writers {
            if has_calls {
                callers.push(writer);
            } else {
                self.inherit(&locks, writer);
            }
        }
        if callers.is_empty() {
            return self.settle();
        }
        let tab = self.clone();
        spawn_local(async move {
            for writer in callers {
                if tab.hold_now(&locks, &writer).await {
                    tab.adopt(&writer, tab.is_ready.get());
                } else {
                    tab.inherit(&locks, writer);
                }
            }
            tab.settle();
        });
    }

    /// Takes over when this writer goes: the page before this one may be about to.
    fn inherit(self: &Rc<Self>, locks: &JsValue, writer: String) {
        let (tab, name) = (self.clone(), writer.clone());
        self.hold(locks, &name, Rc::new(move || tab.adopt(&writer, true)));
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

    /// Holds a lock at once or not at all, and tells which.
    async fn hold_now(self: &Rc<Self>, locks: &JsValue, name: &str) -> bool {
        let answered = Promise::new(&mut |answer, _| {
            let (tab, answers) = (self.clone(), answer.clone());
            let callback = Closure::once_into_js(move |lock: JsValue| {
                let _ = answers.call1(&JsValue::UNDEFINED, &lock.is_object().into());
                if !lock.is_object() {
                    return JsValue::UNDEFINED;
                }
                Promise::new(&mut |done, _| tab.releases.borrow_mut().push(done)).into()
            });
            let options = Object::new();
            let _ = Reflect::set(&options, &"ifAvailable".into(), &JsValue::TRUE);
            let name = format!("{}{name}", self.store.prefix());
            let asked = property(locks, "request")
                .dyn_into::<Function>()
                .and_then(|request| request.call3(locks, &name.into(), &options, &callback));
            spawn_local(async move {
                let is_refused = match asked {
                    Ok(asked) => JsFuture::from(Promise::resolve(&asked)).await.is_err(),
                    Err(_) => true,
                };
                if is_refused {
                    let _ = answer.call1(&JsValue::UNDEFINED, &JsValue::FALSE);
                }
            });
        });
        JsFuture::from(answered).await.is_ok_and(|is_held| is_held.is_truthy())
    }

    /// Takes over what a closed tab left.
    fn adopt(&self, orphan: &str, is_late: bool) {
        for (chunk, keys) in chunks_of(self.store.keys(&format!("o.{orphan}."))) {
            let Ok(mut id) = chunk.parse::<u64>() else {
                for key in keys {
                    // Who this visitor is has been settled since, if others came late.
                    let call = call_of(&self.store.get(&key));
                    if let Some(call) = call.filter(|call| !is_late || call.is_event()) {
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

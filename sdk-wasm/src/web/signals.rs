//! What the page tells of itself: shown, hidden, left, online, and what another tab did.

use std::rc::Rc;

use holloway_core::wire::{Timestamp, write_batch};
use js_sys::Date;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventTarget, PageTransitionEvent, StorageEvent, VisibilityState};

use super::{
    Consent,
    input::{HIDDEN, Input, LEAD, ONLINE, TICK, VISIBLE},
    property,
    storage::chunks_of,
    tab::Tab,
};

impl Tab {
    /// Listens for as long as the page lives, and starts the core: at once, or when somebody sees the page.
    pub(super) fn start(self: &Rc<Self>) {
        let Some(document) = self.window.document() else { return };
        let shown = document.clone();
        self.on(&document, "visibilitychange", move |tab, _| {
            if shown.visibility_state() == VisibilityState::Hidden {
                return tab.leave();
            }
            tab.take_tab();
            tab.note(VISIBLE);
        });
        self.on(&self.window, "pagehide", |tab, _| {
            tab.leave();
            tab.release();
        });
        self.on(&self.window, "pageshow", |tab, event| {
            if event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted) {
                // What comes back is viewed anew.
                tab.view.borrow_mut().end();
                tab.take_tab();
                tab.note(LEAD);
                tab.hold_own();
                tab.note(VISIBLE);
            }
        });
        self.on(&self.window, "online", |tab, _| tab.note(ONLINE));
        self.on(&self.window, "storage", |tab, event| {
            let key = event.dyn_ref::<StorageEvent>().and_then(StorageEvent::key).unwrap_or_default();
            // Another tab decided, or changed who the visitor is: the core is told before the tick.
            if matches!(key.strip_prefix(tab.store.prefix()), Some("c" | "s")) {
                tab.note(TICK);
            }
        });
        if property(&document, "prerendering").is_truthy() {
            self.on(&document, "prerenderingchange", |tab, _| tab.open());
        } else {
            self.open();
        }
    }

    /// The page may never come back: nothing waits any more.
    fn leave(self: &Rc<Self>) {
        self.leave_tab();
        self.transport.leave();
        match self.shell.try_borrow().map(|shell| shell.is_some()) {
            Ok(true) => self.settle(),
            Ok(false) => {}
            Err(_) => return self.rescue(),
        }
        self.note(HIDDEN);
    }

    /// Sends what the core made as storage has it. A browser that stops a script halfway, as a tab closes say, stops the
    /// core in it for good. What was delivered already the collector knows.
    fn rescue(&self) {
        if self.consent.get() != Consent::Granted {
            return;
        }
        let own = format!("o.{}.", self.writer);
        for (chunk, keys) in chunks_of(self.store.keys(&own)) {
            // Calls that waited for the core are no events yet.
            if chunk.parse::<u64>().is_err() {
                continue;
            }
            let records: Vec<String> =
                keys.iter().map(|key| self.store.get(key)).filter(|text| !text.is_empty()).collect();
            let sent_at = Timestamp::from_millis(Date::now() as i64);
            let mut body = Vec::new();
            write_batch(&mut body, records.join(",").as_bytes(), sent_at, &self.options.write_key, &[]);
            self.transport.beacon(&String::from_utf8_lossy(&body));
        }
    }

    fn note(&self, kind: u32) {
        self.run(Input { kind, ..Input::default() });
    }

    fn on(self: &Rc<Self>, target: &EventTarget, name: &str, listener: impl Fn(&Rc<Self>, &Event) + 'static) {
        let tab = self.clone();
        let listener =
            Closure::<dyn FnMut(Event)>::new(move |event: Event| listener(&tab, &event)).into_js_value();
        let _ = target.add_event_listener_with_callback(name, listener.unchecked_ref());
    }
}

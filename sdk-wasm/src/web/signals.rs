//! What the page tells of itself: shown, hidden, left, online, and what another tab did.

use std::rc::Rc;

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventTarget, PageTransitionEvent, StorageEvent, VisibilityState};

use super::{
    Consent,
    consent::decided,
    cookie::Cookie,
    input::{HIDDEN, Input, LEAD, MEET, ONLINE, TICK, VISIBLE, fields},
    property,
    tab::Tab,
};

impl Tab {
    /// Listens for as long as the page lives, and starts the core: at once, or when somebody sees the page.
    pub(super) fn start(self: &Rc<Self>) {
        let Some(document) = self.window.document() else { return };
        let shown = document.clone();
        self.on(&document, "visibilitychange", move |tab, _| {
            if shown.visibility_state() == VisibilityState::Hidden {
                return tab.note(HIDDEN);
            }
            tab.meet();
            tab.note(VISIBLE);
        });
        self.on(&self.window, "pagehide", |tab, _| {
            tab.note(HIDDEN);
            tab.release();
        });
        self.on(&self.window, "pageshow", |tab, event| {
            if event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted) {
                tab.note(LEAD);
                tab.hold_own();
                tab.note(VISIBLE);
            }
        });
        self.on(&self.window, "online", |tab, _| tab.note(ONLINE));
        self.on(&self.window, "storage", |tab, event| {
            let key = event.dyn_ref::<StorageEvent>().and_then(StorageEvent::key).unwrap_or_default();
            match key.strip_prefix(tab.store.prefix()) {
                Some("c") => tab.consent.set(decided(&tab.store).unwrap_or(tab.consent.get())),
                Some("s") => tab.note(TICK),
                _ => {}
            }
        });
        if property(&document, "prerendering").is_truthy() {
            self.on(&document, "prerenderingchange", |tab, _| tab.open());
        } else {
            self.open();
        }
    }

    /// Another sub-domain may know the visitor better.
    fn meet(&self) {
        let told = self.cookie.as_ref().map(Cookie::read).unwrap_or_default();
        if !told.is_empty() && told != *self.shared.borrow() && self.consent.get() == Consent::Granted {
            self.run(Input::of(MEET, fields(&told).join("\n")));
            *self.shared.borrow_mut() = told;
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

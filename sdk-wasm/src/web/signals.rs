//! What the page tells of itself: shown, hidden, left, online, and what another tab did.

use std::rc::Rc;

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventTarget, PageTransitionEvent, StorageEvent, VisibilityState};

use super::{
    input::{HIDDEN, Input, LEAD, ONLINE, TICK, VISIBLE},
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
                return tab.leave();
            }
            tab.note(VISIBLE);
        });
        self.on(&self.window, "pagehide", |tab, _| {
            tab.leave();
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
        self.transport.leave();
        if self.shell.try_borrow().is_ok_and(|shell| shell.is_some()) {
            self.settle();
        }
        self.note(HIDDEN);
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

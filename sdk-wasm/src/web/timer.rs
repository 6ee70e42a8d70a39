//! When the core is told that time passed.

use std::rc::Rc;

use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::spawn_local;

use super::{
    input::{FLUSH, Input, TICK},
    tab::Tab,
};

/// The longest that a timer of a browser takes.
const TIMER_MS_MAX: f64 = 2_147_483_647.0;

impl Tab {
    /// Before the core starts: it asks at once.
    pub(super) fn wind(self: &Rc<Self>) {
        let tab = self.clone();
        let tick = Closure::<dyn FnMut()>::new(move || tab.run(Input { kind: TICK, ..Input::default() }));
        *self.tick.borrow_mut() = Some(tick.into_js_value().unchecked_into());
    }

    /// Ticks after so many milliseconds, in place of the tick before.
    pub(super) fn wake(&self, wait_ms: f64) {
        if let Some(timer) = self.timer.take() {
            self.window.clear_timeout_with_handle(timer);
        }
        if let Some(tick) = &*self.tick.borrow() {
            // Timers may be a little early, and the core does not ask twice.
            let wait_ms = (wait_ms + 2.0).min(TIMER_MS_MAX) as i32;
            let timer = self.window.set_timeout_with_callback_and_timeout_and_arguments_0(tick, wait_ms);
            self.timer.set(timer.ok());
        }
    }

    /// The first events of a page do not wait for more: they go when the app has made its first calls.
    pub(super) fn hurry(self: &Rc<Self>) {
        let tab = self.clone();
        spawn_local(async move {
            if tab.left.get() > 0 {
                tab.run(Input::of(FLUSH, String::new()));
            }
        });
    }
}

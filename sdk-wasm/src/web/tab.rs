//! One tab's client: the core, what it is told, and in which order.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};

use js_sys::{Date, Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::Window;

use super::{
    Consent, Diagnostic,
    builder::Options,
    consent::{decided, word},
    cookie::Cookie,
    environment,
    input::{CONSENT, CONTEXT, FLUSH, Input, LEAD, MEET, SYNC, fields},
    storage::Store,
    transport::Transport,
    view::View,
    waiting::Waiting,
};
use crate::shell::{self, Shell};

/// What the app wants to be told.
pub(super) type Listener = Rc<dyn Fn(&Diagnostic)>;

/// Whoever wants to be told of each session that begins: its id, and why.
pub(super) type SessionListener = Rc<dyn Fn(&str, &str)>;

/// Lives as long as its page: listeners, timers and locks hold it.
pub(super) struct Tab {
    pub(super) window: Window,
    pub(super) options: Options,
    pub(super) store: Store,
    pub(super) transport: Transport,
    pub(super) cookie: Option<Cookie>,
    /// What this tab wrote into the cookie, and what it found there last.
    pub(super) shared: RefCell<String>,
    pub(super) seen: RefCell<String>,
    pub(super) writer: String,
    /// Storage keys of each chunk.
    pub(super) chunks: RefCell<BTreeMap<u64, Vec<String>>>,
    /// The state as this tab knows it; another one in storage is another tab's.
    pub(super) state: RefCell<String>,
    pub(super) consent: Cell<Consent>,
    /// Anonymous id, user id, and the session's id, start, latest event, number, events and reason.
    pub(super) subject: RefCell<Vec<String>>,
    /// 0 when all is delivered.
    pub(super) left: Cell<u32>,
    /// Answers that are on their way.
    pub(super) busy: Cell<usize>,
    pub(super) listeners: RefCell<Vec<Listener>>,
    pub(super) session_listeners: RefCell<Vec<SessionListener>>,
    /// What the core is at; until it runs, it meets what former pages knew.
    pub(super) kind: Cell<u32>,
    /// What former pages left is with the core: calls need not wait any more.
    pub(super) is_ready: Cell<bool>,
    pub(super) waiting: RefCell<Vec<Waiting>>,
    /// What gives each lock back.
    pub(super) releases: RefCell<Vec<Function>>,
    pub(super) inputs: RefCell<VecDeque<Input>>,
    pub(super) shell: RefCell<Option<Shell<Rc<Tab>>>>,
    pub(super) flushes: RefCell<Vec<Function>>,
    pub(super) timer: Cell<Option<i32>>,
    pub(super) tick: RefCell<Option<Function>>,
    pub(super) view: RefCell<View>,
    /// What is kept from one page of the tab to the next, and the tab's id.
    pub(super) session_store: Store,
    pub(super) own_id: RefCell<String>,
    /// The client hints, as JSON and perhaps empty, once they were asked for.
    pub(super) hints: RefCell<Option<String>>,
}

impl Tab {
    /// Starts the core on what the pages before left.
    pub(super) fn open(self: &Rc<Self>) {
        let decided = decided(&self.store);
        self.consent.set(decided.unwrap_or(self.consent.get()));
        let known = self.subject.borrow().clone();
        let is_known = self.consent.get() == Consent::Granted;
        let state = self.store.get("s");
        self.state.borrow_mut().clone_from(&state);
        let setup = [
            self.options.write_key.as_str(),
            word(self.consent.get()),
            known.first().filter(|_| is_known).map_or("", String::as_str),
            &self.describe(),
            &state,
            &self.store.get("t"),
        ];
        self.wind();
        let (flush_at, interval_ms) = (self.options.flush_at, self.options.flush_interval_ms);
        let shell = Shell::new(self.clone(), &setup.join("\0"), flush_at, interval_ms, self.now());
        *self.shell.borrow_mut() = Some(shell);
        let waited = self.inputs.take();
        if *self.subject.borrow() != known {
            self.run(Input::of(MEET, known.join("\n")));
        }
        if super::writer::locks(&self.window).is_some() {
            self.run(Input::of(LEAD, String::new()));
        }
        // A decision that the npm package kept may be newer than the core's own record of it.
        if let Some(decided) = decided {
            self.run(Input::decision(decided));
        }
        for input in waited {
            self.run(input);
        }
        self.claim();
    }

    /// Tells the core. Whoever is told within an effect waits for its end: the core is never re-entered.
    pub(super) fn run(&self, input: Input) {
        self.inputs.borrow_mut().push_back(input);
        let Ok(mut shell) = self.shell.try_borrow_mut() else { return };
        let Some(shell) = shell.as_mut() else { return };
        loop {
            let next = self.inputs.borrow_mut().pop_front();
            let Some(input) = next else { break };
            let (is_decision, is_meeting) = (input.kind == CONSENT, input.kind == MEET);
            // Before a state of another tab is taken up, which may be older.
            let mut news = if is_meeting { None } else { self.news() };
            // Most often the state says the same.
            if self.follow(shell) {
                news = news.filter(|news| news.text != self.subject.borrow().join("\n"));
            }
            // The core hears of nobody before it is allowed to.
            let order = if is_decision { [Some(input), news] } else { [news, Some(input)] };
            for Input { kind, first, second, text } in order.into_iter().flatten() {
                self.kind.set(kind);
                shell.call(kind, first, second, &text, self.now());
            }
            self.left.set(shell.waiting());
        }
        let left = self.left.get();
        if self.is_ready.get() && (left == 0 || self.busy.get() == 0) {
            for settle in self.flushes.take() {
                let _ = settle.call1(&JsValue::UNDEFINED, &(left == 0).into());
            }
        }
    }

    /// Who the visitor is, where a page of another sub-domain knows better.
    fn news(&self) -> Option<Input> {
        let told = self.cookie.as_ref().filter(|_| self.consent.get() == Consent::Granted)?.read();
        if told.is_empty() || told == *self.seen.borrow() {
            return None;
        }
        self.seen.borrow_mut().clone_from(&told);
        Some(Input::of(MEET, fields(&told).join("\n")))
    }

    /// Tells the core what other tabs did since; whether one wrote the state.
    fn follow(&self, shell: &mut Shell<Rc<Self>>) -> bool {
        let mut tell = |kind, text: &str| {
            self.kind.set(kind);
            shell.call(kind, 0.0, 0.0, text, self.now());
        };
        let stored = self.store.get("s");
        let is_news = *self.state.borrow() != stored;
        if is_news {
            self.state.borrow_mut().clone_from(&stored);
            tell(SYNC, &stored);
        }
        // A tab whose core is not ready yet keeps a decision before it can write a state.
        if let Some(decided) = decided(&self.store).filter(|decided| *decided != self.consent.get()) {
            tell(CONSENT, &Input::decision(decided).text);
        }
        is_news
    }

    /// Takes down a decision, before the state that says so: other tabs hear of both, and must not find the one without
    /// the other.
    pub(super) fn decide(&self, consent: Consent) {
        self.consent.set(consent);
        self.store.set("c", word(consent));
        if consent == Consent::Denied {
            self.share("");
            self.renew_tab();
        }
    }

    /// Returns the id of the view of now.
    pub(super) fn view_id(&self) -> String {
        let path = self.window.location().pathname().unwrap_or_default();
        self.view.borrow_mut().id(&path, || self.new_id(Date::now()))
    }

    /// Returns whether a page view is another one than the last.
    pub(super) fn is_another_view(&self, said: &str) -> bool {
        let location = self.window.location();
        let (href, path) = (location.href().unwrap_or_default(), location.pathname().unwrap_or_default());
        self.view.borrow_mut().take(&href, &path, said, Date::now())
    }

    /// Takes the tab's id out of its storage, which a tab that is duplicated copies: it is there only between two pages.
    pub(super) fn take_tab(&self) {
        self.session_store.remove("tab");
    }

    /// Leaves the tab's id to its next page.
    pub(super) fn leave_tab(&self) {
        if self.consent.get() == Consent::Granted {
            self.session_store.set("tab", &self.own_id.borrow());
        }
    }

    /// Makes another id for the tab: a visitor who agrees after a denial is a new one.
    fn renew_tab(&self) {
        let id = self.new_id(Date::now());
        self.own_id.replace(id);
        self.take_tab();
        self.tell_context();
    }

    fn tell_context(&self) {
        if self.is_ready.get() {
            self.run(Input::of(CONTEXT, self.describe()));
        }
    }

    fn describe(&self) -> String {
        let hints = self.hints.borrow();
        environment::describe(&self.window, &self.own_id.borrow(), hints.as_deref().unwrap_or_default())
    }

    /// Asks the browser for its client hints, once a page, and never where a page keeps nothing.
    pub(super) fn ask_hints(self: &Rc<Self>) {
        if self.hints.borrow().is_some() || !self.options.keeps() {
            return;
        }
        self.hints.replace(Some(String::new()));
        let tab = self.clone();
        spawn_local(async move {
            let hints = environment::client_hints(&tab.window).await;
            tab.hints.replace(Some(hints.unwrap_or_default()));
            tab.tell_context();
        });
    }

    /// Resolves with whether nothing waits any more.
    pub(super) fn flush(&self) -> Promise {
        let promise = Promise::new(&mut |settle, _| self.flushes.borrow_mut().push(settle));
        if self.is_ready.get() {
            self.run(Input::of(FLUSH, String::new()));
        }
        promise
    }

    /// Tells the app, when it is not in the middle of a call.
    pub(super) fn tell(self: &Rc<Self>, diagnostic: Diagnostic) {
        let tab = self.clone();
        spawn_local(async move {
            let listeners = tab.listeners.borrow().clone();
            for listener in listeners {
                listener(&diagnostic);
            }
        });
    }

    fn now(&self) -> holloway_core::Now {
        let mono_ms = self.window.performance().map_or_else(Date::now, |performance| performance.now());
        shell::now(Date::now(), mono_ms)
    }
}

//! The face: what an app calls.

use std::{fmt, rc::Rc};

use wasm_bindgen_futures::JsFuture;

use super::{
    Builder, Consent, Diagnostic, Registration,
    consent::{decided_by, word},
    input::{
        ALIAS, CONSENT, GROUP, IDENTIFY, Input, PAGE, PURPOSES, REGISTER, RESET, SCREEN, START_SESSION,
        TRACK, UNREGISTER,
    },
    page::Page,
    tab::Tab,
};

/// The client of a page: cheap to clone, and there until the page goes, whether or not a clone is kept.
///
/// An event is in the page's storage when its call returns. Properties and traits are anything that prints as a JSON
/// object, such as `serde_json::json!({…})`; an empty text is none. What is no JSON object is not recorded, counted
/// and told ([`Self::on_diagnostic`]). No call panics or throws.
#[derive(Clone)]
pub struct Client(pub(super) Option<Rc<Tab>>);

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Client").field("has_page", &self.0.is_some()).finish_non_exhaustive()
    }
}

#[expect(clippy::needless_pass_by_value, reason = "`json!({…})` is given as it is, without a `&`")]
impl Client {
    /// Settings for a client of the app that this write key belongs to.
    pub fn builder(write_key: impl Into<String>) -> Builder {
        Builder::new(write_key.into())
    }

    /// Somebody did something.
    pub fn track(&self, name: &str, properties: impl ToString) {
        self.call(TRACK, name, &properties);
    }

    /// Records a page view; its URL, path, title and referrer are added. The name may be empty. A call that says the same
    /// of the same URL within a second, as an effect that runs twice does, counts once.
    pub fn page(&self, name: &str, properties: impl ToString) {
        self.call(PAGE, name, &properties);
    }

    /// A screen was viewed.
    pub fn screen(&self, name: &str, properties: impl ToString) {
        self.call(SCREEN, name, &properties);
    }

    /// Makes this user the visitor's. An id that stands for none (empty, `null`) is refused, and counted as a loss.
    pub fn identify(&self, user_id: &str, traits: impl ToString) {
        self.call(IDENTIFY, user_id, &traits);
    }

    /// Makes the user a member of this group; later events carry its id in `context.groupId`, until `reset`.
    pub fn group(&self, group_id: &str, traits: impl ToString) {
        self.call(GROUP, group_id, &traits);
    }

    /// `user_id` is the same user as the one known until now.
    pub fn alias(&self, user_id: &str) {
        self.call(ALIAS, user_id, &"");
    }

    /// The user is gone: a new visitor begins.
    pub fn reset(&self) {
        self.call(RESET, "", &"");
    }

    /// Adds properties to every later track, page and screen.
    pub fn register(&self, properties: impl ToString) {
        self.register_with(properties, Registration::Always);
    }

    /// Adds properties that do not take the place of others, or that end with the session.
    pub fn register_with(&self, properties: impl ToString, registration: Registration) {
        let name = match registration {
            Registration::Always => "",
            Registration::Once => "once",
            Registration::Session => "session",
        };
        self.call(REGISTER, name, &properties);
    }

    /// Takes one of these properties away.
    pub fn unregister(&self, key: &str) {
        self.call(UNREGISTER, key, &"");
    }

    /// Begins a session now.
    pub fn start_session(&self) {
        self.call(START_SESSION, "", &"");
    }

    /// The visitor decided; it holds for later pages of this origin too.
    pub fn set_consent(&self, consent: Consent) {
        if let Some(tab) = &self.0 {
            tab.decide(consent);
            self.call(CONSENT, word(consent), &"");
        }
    }

    /// The visitor decided by purpose, such as `{"analytics": true, "advertising": false}`: later events carry it, and
    /// `analytics` is the one that recording needs.
    ///
    /// ```no_run
    /// # let hw = holloway_wasm::Client::builder("KEY").build();
    /// hw.set_purposes(r#"{"analytics":true,"advertising":false}"#);
    /// ```
    pub fn set_purposes(&self, purposes: impl ToString) {
        if let Some(tab) = &self.0 {
            let purposes = purposes.to_string();
            if let Some(consent) = decided_by(&purposes) {
                tab.decide(consent);
            }
            self.call(PURPOSES, "", &purposes);
        }
    }

    /// Sends what waits; true when nothing waits any more, false when something stays for later.
    pub async fn flush(&self) -> bool {
        let Some(tab) = &self.0 else { return true };
        JsFuture::from(tab.flush()).await.is_ok_and(|is_done| is_done.is_truthy())
    }

    /// This browser's id; empty while it is not known.
    pub fn anonymous_id(&self) -> String {
        self.subject(0)
    }

    /// The user's id; empty for nobody.
    pub fn user_id(&self) -> String {
        self.subject(1)
    }

    /// The session's id; empty before the first event.
    pub fn session_id(&self) -> String {
        self.subject(2)
    }

    /// Tells everything that goes wrong and what is done about it, each as a task of its own.
    pub fn on_diagnostic(&self, listener: impl Fn(&Diagnostic) + 'static) {
        if let Some(tab) = &self.0 {
            tab.listeners.borrow_mut().push(Rc::new(listener));
        }
    }

    /// Tells each session that begins: its id, and why (`first`, `idle`, `cap`, `user`, `reset`, `manual`), as a task of
    /// its own. One that a former page or another sub-domain began is no news.
    ///
    /// ```no_run
    /// # let hw = holloway_wasm::Client::builder("KEY").build();
    /// hw.on_session(|id, reason| println!("{id} {reason}"));
    /// ```
    pub fn on_session(&self, listener: impl Fn(&str, &str) + 'static) {
        if let Some(tab) = &self.0 {
            tab.session_listeners.borrow_mut().push(Rc::new(listener));
        }
    }

    fn subject(&self, index: usize) -> String {
        self.0.as_ref().and_then(|tab| tab.subject.borrow().get(index).cloned()).unwrap_or_default()
    }

    fn call(&self, kind: u32, name: &str, body: &dyn ToString) {
        let Some(tab) = &self.0 else { return };
        let body = body.to_string();
        if kind == PAGE && !tab.is_another_view(&format!("{name}\0{body}")) {
            return;
        }
        tab.accept(Input::of_call(kind, name, body, || {
            Page::of(&tab.window, &tab.view_id(), &tab.options.query_allow)
        }));
        if kind == PAGE {
            tab.view.borrow_mut().mark_viewed();
        }
    }
}

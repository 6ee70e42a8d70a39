//! The client as JavaScript may have it, for tests that drive it as an app of Rust would.

use holloway_wasm::{Client, Consent, Persistence};
use js_sys::{Function, Reflect};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

/// The page's client.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Face(Client);

#[wasm_bindgen]
impl Face {
    /// Options by their names in the builder.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue) -> Self {
        let text = |key: &str| Reflect::get(options, &key.into()).ok().and_then(|value| value.as_string());
        let mut builder = Client::builder("demo").host(text("host").unwrap_or_default());
        if let Some(consent) = text("consent") {
            builder = builder.consent(decision(&consent));
        }
        builder = builder.persistence(match text("persistence").as_deref() {
            Some("memory") => Persistence::Memory,
            Some("local") => Persistence::Local,
            _ => Persistence::Cookie,
        });
        if let Some(name) = text("cookie_name") {
            builder = builder.cookie_name(name);
        }
        if let Some(domain) = text("cookie_domain") {
            builder = builder.cookie_domain(domain);
        }
        if let Some(name) = text("server_cookie") {
            builder = builder.server_cookie(name);
        }
        Self(builder.build())
    }

    pub fn track(&self, name: &str) {
        self.0.track(name, "");
    }

    pub fn page(&self, name: &str) {
        self.0.page(name, "");
    }

    pub fn tell(&self, name: &str, properties: &str) {
        self.0.track(name, properties);
    }

    pub fn identify(&self, user_id: &str) {
        self.0.identify(user_id, "");
    }

    pub fn user_id(&self) -> String {
        self.0.user_id()
    }

    pub fn reset(&self) {
        self.0.reset();
    }

    pub fn set_consent(&self, consent: &str) {
        self.0.set_consent(decision(consent));
    }

    pub fn set_purposes(&self, purposes: &str) {
        self.0.set_purposes(purposes);
    }

    pub fn on_session(&self, listener: Function) {
        self.0.on_session(move |id, reason| {
            let _ = listener.call2(&JsValue::UNDEFINED, &id.into(), &reason.into());
        });
    }

    pub async fn flush(&self) -> bool {
        let client = self.0.clone();
        client.flush().await
    }

    pub fn anonymous_id(&self) -> String {
        self.0.anonymous_id()
    }

    pub fn session_id(&self) -> String {
        self.0.session_id()
    }
}

fn decision(word: &str) -> Consent {
    match word {
        "granted" => Consent::Granted,
        "denied" => Consent::Denied,
        _ => Consent::Unknown,
    }
}

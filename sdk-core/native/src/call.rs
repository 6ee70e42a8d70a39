//! One call of the app, on its way from the caller to the worker.

use holloway_core::{Client, EventOptions, Now, ResetOptions};
use serde::{Deserialize, Serialize};

/// What was called, stamped with time and id by the caller, so that a replay after a crash is the same event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) kind: Kind,
    /// Event, page, user, group or key.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) name: String,
    /// Properties or traits, a JSON object's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) object: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) context: Option<String>,
    pub(crate) message_id: String,
    pub(crate) unix_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) timestamp_unix_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    #[default]
    Track,
    Page,
    Screen,
    Identify,
    Group,
    Alias,
    Reset,
    ResetKeepingIds,
    Register,
    Unregister,
}

impl Call {
    /// Lets the core do it, at the time at which the app asked for it.
    pub(crate) fn apply(&self, core: &mut Client, now: Now) {
        let now = Now { unix_ms: self.unix_ms, ..now };
        let options = EventOptions {
            message_id: Some(&self.message_id),
            timestamp_unix_ms: self.timestamp_unix_ms,
            context: self.context.as_deref(),
            integrations: None,
        };
        let object = self.object.as_deref();
        let name = Some(self.name.as_str()).filter(|name| !name.is_empty());
        match self.kind {
            Kind::Track => drop(core.track(&self.name, object, &options, now)),
            Kind::Page => drop(core.page(name, object, &options, now)),
            Kind::Screen => drop(core.screen(name, object, &options, now)),
            Kind::Identify => drop(core.identify(&self.name, object, &options, now)),
            Kind::Group => drop(core.group(&self.name, object, &options, now)),
            Kind::Alias => drop(core.alias(&self.name, self.previous.as_deref(), &options, now)),
            Kind::Reset => core.reset(ResetOptions::default(), now),
            Kind::ResetKeepingIds => {
                core.reset(ResetOptions { keep_anonymous_id: true, keep_registered: true }, now);
            }
            Kind::Register => core.register(object.unwrap_or("{}"), now),
            Kind::Unregister => core.unregister(&self.name, now),
        }
    }
}

//! Events of one user among many: what servers call.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use holloway_core::{EventIds, wire::EventKind};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::value::RawValue;

use crate::{
    Client, Options, TypedEvent,
    call::{Kind, Words},
};

/// A handle for the events of one user of a server; made by [`Client::for_user`] and [`Client::for_anonymous`].
///
/// An event of it carries the given ids alone, and nothing of the client's own visitor: no identity, no session, no super
/// properties. The client's `app`, `os` and library stay, under what [`Self::with_context`] says of the request. Cheap to
/// make and to clone, `Send + Sync`.
///
/// An id that is empty or white space alone is a mistake of the app: its events are dropped with a warning and counted as
/// [`LossReason::Serialize`](crate::LossReason::Serialize), never given to another visitor.
///
/// ```
/// use std::time::Duration;
/// use holloway::{Client, LossReason, Recorder};
/// use serde_json::json;
/// # let folder = tempfile::tempdir()?;
/// # let recorder = Recorder::new();
/// # let hw = Client::builder("KEY").store_dir(folder.path()).transport(recorder.clone()).build()?;
/// let ada = hw.for_user("ada").with_context(json!({ "ip": "192.0.2.1", "page": { "path": "/cart" } }));
/// ada.identify(json!({ "plan": "pro" }));
/// ada.track("Ordered", json!({ "total": 12.5 }));
/// hw.for_anonymous("cookie-7").track("Searched", json!({ "text": "lamp" }));
/// hw.for_user("").track("Ordered", json!({})); // refused, and counted
/// hw.flush(Duration::from_secs(5))?;
///
/// let events = recorder.events();
/// assert_eq!(recorder.event_names(), ["identify", "Ordered", "Searched"]);
/// assert!(events[1].contains(r#""userId":"ada""#) && events[1].contains(r#""ip":"192.0.2.1""#));
/// assert!(events[2].contains(r#""anonymousId":"cookie-7""#));
/// assert_eq!(hw.losses(), [(LossReason::Serialize, 1)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Scope {
    client: Client,
    user_id: Option<Arc<str>>,
    anonymous_id: Option<Arc<str>>,
    context: Option<Arc<RawValue>>,
}

impl Client {
    /// A handle for the events of a user: for servers, where one client serves many. This client's own visitor
    /// ([`Self::identify`], [`Self::reset`]) stays as it is.
    pub fn for_user(&self, user_id: impl Into<Arc<str>>) -> Scope {
        Scope { client: self.clone(), user_id: Some(user_id.into()), anonymous_id: None, context: None }
    }

    /// A handle for the events of a visitor without a user id, such as the one of a web page's cookie.
    pub fn for_anonymous(&self, anonymous_id: impl Into<Arc<str>>) -> Scope {
        Scope { client: self.clone(), user_id: None, anonymous_id: Some(anonymous_id.into()), context: None }
    }
}

impl Scope {
    /// The same with this user id.
    #[must_use]
    pub fn with_user_id(mut self, user_id: impl Into<Arc<str>>) -> Self {
        self.user_id = Some(user_id.into());
        self
    }

    /// The same with this anonymous id: events with both ids join the user to the visitor of the web page.
    #[must_use]
    pub fn with_anonymous_id(mut self, anonymous_id: impl Into<Arc<str>>) -> Self {
        self.anonymous_id = Some(anonymous_id.into());
        self
    }

    /// The same with this context, a JSON object laid over the client's, such as `ip`, `userAgent`, `page` and `locale` of
    /// the request; over an earlier one, member by member. With a `userAgent` the client's `os` and `device` are left out:
    /// they are the server's. A `session` in it, as of a page whose context is passed on, is left out too.
    #[must_use]
    pub fn with_context(mut self, context: impl Serialize) -> Self {
        let context =
            serde_json::value::to_raw_value(&Layers { under: self.context.as_deref(), over: Some(&context) });
        self.context =
            context.ok().or_else(|| RawValue::from_string("\"not JSON\"".into()).ok()).map(Arc::from);
        self
    }

    /// Records an event.
    pub fn track(&self, name: &str, properties: impl Serialize) {
        self.track_with(name, properties, Options::default());
    }

    /// Records an event with options of its own, whose ids and context go before the handle's.
    pub fn track_with(&self, name: &str, properties: impl Serialize, options: Options) {
        self.record(EventKind::Track, name, None, Some(&properties), options);
    }

    /// Records an event that the app has a type for.
    pub fn track_event<E: TypedEvent>(&self, event: &E) {
        self.track(E::NAME, event);
    }

    /// Records the view of a page.
    pub fn page(&self, name: &str, properties: impl Serialize) {
        self.page_with(name, properties, Options::default());
    }

    /// Records the view of a page with options of its own.
    pub fn page_with(&self, name: &str, properties: impl Serialize, options: Options) {
        self.record(EventKind::Page, name, None, Some(&properties), options);
    }

    /// Records the view of a screen.
    pub fn screen(&self, name: &str, properties: impl Serialize) {
        self.screen_with(name, properties, Options::default());
    }

    /// Records the view of a screen with options of its own.
    pub fn screen_with(&self, name: &str, properties: impl Serialize, options: Options) {
        self.record(EventKind::Screen, name, None, Some(&properties), options);
    }

    /// Records traits of the user. With both ids it also joins the anonymous visitor to the user.
    pub fn identify(&self, traits: impl Serialize) {
        self.identify_with(traits, Options::default());
    }

    /// Records traits of the user with options of its own.
    pub fn identify_with(&self, traits: impl Serialize, options: Options) {
        self.record(EventKind::Identify, "", None, Some(&traits), options);
    }

    /// Records that the user belongs to a group.
    pub fn group(&self, group_id: &str, traits: impl Serialize) {
        self.group_with(group_id, traits, Options::default());
    }

    /// Records that the user belongs to a group, with options of its own.
    pub fn group_with(&self, group_id: &str, traits: impl Serialize, options: Options) {
        self.record(EventKind::Group, group_id, None, Some(&traits), options);
    }

    /// Records that the user was known as `previous_id` before.
    pub fn alias(&self, previous_id: &str) {
        self.alias_with(previous_id, Options::default());
    }

    /// Records that the user was known as `previous_id` before, with options of its own.
    pub fn alias_with(&self, previous_id: &str, options: Options) {
        self.record(EventKind::Alias, "", Some(previous_id), None::<&()>, options);
    }

    fn record(
        &self,
        kind: EventKind,
        name: &str,
        previous: Option<&str>,
        object: Option<&impl Serialize>,
        options: Options,
    ) {
        let Options { user_id, anonymous_id, message_id, timestamp_unix_ms, context } = options;
        let words = Words {
            name: Some(name),
            previous,
            ids: EventIds {
                user_id: user_id.as_deref().or(self.user_id.as_deref()),
                anonymous_id: anonymous_id.as_deref().or(self.anonymous_id.as_deref()),
            },
            message_id: message_id.as_deref().filter(|id| !id.is_empty()),
            timestamp_unix_ms,
        };
        let context = Layers { under: self.context.as_deref(), over: context.as_ref() };
        self.client.hand_over(Kind::Event(kind), &words, object, Some(&context));
    }
}

/// One object laid over another one, member by member; null without any.
pub(crate) struct Layers<'a, T> {
    pub(crate) under: Option<&'a RawValue>,
    pub(crate) over: Option<&'a T>,
}

impl<T: Serialize> Serialize for Layers<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (under, over) = match (self.under, self.over) {
            (None, None) => return serializer.serialize_none(),
            (None, Some(only)) => return only.serialize(serializer),
            (Some(only), None) => return only.serialize(serializer),
            (Some(under), Some(over)) => (under, over),
        };
        let over = serde_json::value::to_raw_value(over).map_err(serde::ser::Error::custom)?;
        // One that is no object goes on as it is: the core refuses the event.
        let Some(mut all) = members(under) else { return under.serialize(serializer) };
        let Some(more) = members(&over) else { return over.serialize(serializer) };
        all.extend(more);
        let mut map = serializer.serialize_map(Some(all.len()))?;
        for (key, value) in all {
            map.serialize_entry(&key, value)?;
        }
        map.end()
    }
}

/// The members of an object, each value as it is written; `None` for anything else.
fn members(object: &RawValue) -> Option<BTreeMap<Cow<'_, str>, &RawValue>> {
    serde_json::from_str(object.get()).ok()
}

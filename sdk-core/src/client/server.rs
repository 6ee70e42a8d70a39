//! Events of other visitors than the client's own: on a server one client serves many users.

use alloc::string::String;

use holloway_wire::{
    Event, EventKind, LossReason, RawJson, Timestamp, is_absent_id,
    json::{Sink, roomy, write_member},
};

use super::{Client, Tracked};
use crate::{Consent, EventIds, EventOptions, Now, identity::without};

/// What `event_for` makes of a call's name, body and ids, by the kind of the call.
struct Named<'a> {
    ids: EventIds<'a>,
    /// The event's or page's name, the group's id, or the former id.
    name: Option<&'a str>,
    /// Properties or traits.
    object: Option<&'a str>,
}

impl Client {
    /// Records an event of the visitor whom `ids` name, in place of the client's own: for servers, where one client serves
    /// many users.
    ///
    /// The event carries these ids alone. It has no session, no super properties and no purposes of the client's own
    /// visitor, and changes none of them: no identity, no session, no number. It has the client's library and context
    /// ([`Self::set_context`]) under `options.context`. What describes the server and not the visitor is left out: the client's
    /// `locale` and `timezone`, and where `options.context` names a `userAgent`, its `os` and `device`. A `session` in
    /// `options.context`, such as the one of a page that the server passes on, is left out too. Sampling by session does not
    /// apply.
    ///
    /// `name` and `body` are as in [`Self::event`]. An identify's user is `name`, or else `ids.user_id`. An alias joins
    /// `name`, or else `ids.user_id`, to the former id: `body`, or else the ids that are left.
    ///
    /// Without any id, or with one that stands for an absent value as in [`Self::identify`], the call is dropped with
    /// [`Diagnostic::MissingName`](crate::Diagnostic::MissingName) and counted as [`LossReason::Serialize`]. Under denied
    /// consent it is dropped too, since consent is the client's and not a visitor's.
    pub fn event_for(
        &mut self,
        ids: EventIds<'_>,
        kind: EventKind,
        name: &str,
        body: Option<&str>,
        options: &EventOptions<'_>,
        now: Now,
    ) -> Tracked {
        let Some(Named { ids, name, object }) = named(ids, kind, name, body) else {
            return self.refuse_nameless(now);
        };
        if self.consent() == Consent::Denied {
            self.lose(LossReason::OptedOut, 1);
            return Tracked::Dropped(LossReason::OptedOut);
        }
        self.is_amid = true;
        let lost = match self.objects(object, options) {
            Err(reason) => Err(reason),
            Ok([properties, context, integrations]) => {
                let made = self.random.message_id(now.unix_ms);
                let text = made.to_text();
                let given = options.message_id.filter(|id| !id.is_empty());
                let unix_ms = options.timestamp_unix_ms.unwrap_or(now.unix_ms);
                let properties = [properties];
                let event = Event {
                    user_id: ids.user_id,
                    integrations,
                    name,
                    properties: if object.is_some() { &properties } else { &[] },
                    ..Event::new(
                        kind,
                        given.unwrap_or(&text),
                        ids.anonymous_id.unwrap_or_default(),
                        Timestamp::from_millis(unix_ms as i64),
                    )
                };
                match self.put_for(event, context, now) {
                    Some(reason) => Err(reason),
                    None => Ok(given.is_none().then_some(made)),
                }
            }
        };
        self.end(now);
        match lost {
            Err(reason) => Tracked::Dropped(reason),
            Ok(made) => {
                self.send(now);
                Tracked::Queued(made)
            }
        }
    }

    /// Writes an event of another visitor and keeps it; why it is lost, when it is.
    fn put_for(&mut self, event: Event<'_>, own: RawJson<'_>, now: Now) -> Option<LossReason> {
        let mut library = String::new();
        write_member(&mut library, "{\"library\":{\"name\":", self.config.library.0);
        write_member(&mut library, ",\"version\":", self.config.library.1);
        library.put("}}");
        #[cfg(feature = "plugins")]
        let mut plugins = core::mem::take(&mut self.plugins);
        let has_agent = own.get("userAgent").is_some_and(|agent| agent.text() != "null");
        let host = &without(&self.context, |key| match key {
            "locale" | "timezone" | "session" => true,
            "os" | "device" => has_agent,
            _ => false,
        });
        // A page's session that a server passes on: the event would begin or extend that session, and after a kill the
        // client's own visitor would go on as the page's.
        let own_text;
        let own = if own.get("session").is_some() {
            own_text = without(own.text(), |key| key == "session");
            RawJson::trusted(&own_text)
        } else {
            own
        };
        let context = [RawJson::trusted(&library), RawJson::trusted(host), own];
        let event = Event { context: &context, ..event };
        let mut payload = roomy(256 + library.len() + host.len());
        #[cfg(feature = "plugins")]
        let is_kept = plugins.write(&event, &mut payload);
        #[cfg(not(feature = "plugins"))]
        event.write(&mut payload);
        #[cfg(feature = "plugins")]
        {
            self.plugins = plugins;
            if !is_kept {
                self.lose(LossReason::BeforeSend, 1);
                return Some(LossReason::BeforeSend);
            }
        }
        self.keep(payload, now)
    }
}

/// Sorts a call's ids and names; `None` where one that it needs is missing.
fn named<'a>(ids: EventIds<'a>, kind: EventKind, name: &'a str, body: Option<&'a str>) -> Option<Named<'a>> {
    let given = Some(name).filter(|name| !name.is_empty());
    let EventIds { user_id, anonymous_id } = ids;
    let is_blank = |id: &str| is_absent_id(id) || id.trim().is_empty();
    let named = match kind {
        EventKind::Track => Named { ids, name: Some(given?), object: body },
        EventKind::Group => Named { ids, name: Some(given.filter(|id| !is_blank(id))?), object: body },
        EventKind::Page | EventKind::Screen => Named { ids, name: given, object: body },
        EventKind::Identify => {
            Named { ids: EventIds { user_id: given.or(user_id), anonymous_id }, name: None, object: body }
        }
        EventKind::Alias => {
            let former = if given.is_some() { user_id } else { None };
            let ids = EventIds { user_id: Some(given.or(user_id)?), anonymous_id };
            Named { ids, name: Some(body.or(former).or(anonymous_id)?), object: None }
        }
    };
    let has_former = kind != EventKind::Alias || !named.name.is_some_and(is_blank);
    let mut all = [user_id, named.ids.user_id, anonymous_id].into_iter().flatten().peekable();
    (has_former && all.peek().is_some() && !all.any(is_blank)).then_some(named)
}

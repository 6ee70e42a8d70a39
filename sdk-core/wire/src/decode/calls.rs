//! Calls that a page could not make events of.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    Event, EventKind, JsonError, RawJson, Timestamp, is_absent_id,
    json::{write_merged, write_string},
    limits::{BATCH_EVENTS_MAX, BODY_BYTES_MAX, EVENT_BYTES_MAX},
    scrub,
};

/// What a body of calls begins with.
const BEGIN: &[u8] = b"{\"calls\":";
/// Added to the number of a kind: nobody chose the call's texts.
const AUTOMATIC: u32 = 16;
const REGISTER: u32 = 7;
const KINDS: [EventKind; 6] = [
    EventKind::Track,
    EventKind::Page,
    EventKind::Screen,
    EventKind::Identify,
    EventKind::Group,
    EventKind::Alias,
];

/// A page that is left before its core is there sends its calls as they are; this makes the batch of them that the
/// core would have made, less the session. `None` when the body is not of that form, or would become
/// more than a body may have.
///
/// ```json
/// {"calls": [[kind, name, body, messageId, timeMs, context, integrations], …],
///  "anonymousId": "…", "userId": "…", "sentAt": "…", "writeKey": "…"}
/// ```
///
/// `body`, `context` and `integrations` are JSON objects as texts, empty for none. Kinds 0 to 5 are track, page, screen,
/// identify (`name` is the user's id), group (`name` is the group's) and alias (`name` is the new id, `body` the former
/// one as it is); 7 registers super properties for the calls after it and is no event; 16 is added to a kind whose
/// texts a feature recorded by itself: those are scrubbed ([`scrub`]). identify and alias change the user of the calls after them, and a
/// group is in the context of its own call and of those after it. Without an id ([`is_absent_id`]) these three are no
/// calls.
///
/// A call of any other form is passed on as it is, so that it is one event, and an invalid one. The ids stay: when the
/// core delivers the same calls at the next visit, they are duplicates. What the core knows and this does not (the
/// session, its numbers) is then missing for good; sessions are found by time in the pipeline.
///
/// ```
/// use holloway_wire::decode::{Route, body, calls};
/// let sent = br#"{"calls":[[0,"Left","{\"n\":1}","m1",0,"",""],[9]],"anonymousId":"a1","writeKey":"KEY"}"#;
/// let batch = calls(sent).expect("a body of calls");
/// let batch = body(&batch, Route::Batch)?;
/// assert_eq!(
///     batch.events[0],
///     r#"{"type":"track","messageId":"m1","timestamp":"1970-01-01T00:00:00.000Z","anonymousId":"a1","event":"Left","properties":{"n":1},"context":{}}"#,
/// );
/// assert_eq!(batch.events[1], "[9]", "kept, and not an event");
/// assert!(calls(br#"{"batch":[]}"#).is_none());
/// # Ok::<(), holloway_wire::decode::BodyError>(())
/// ```
pub fn calls(body: &[u8]) -> Option<Vec<u8>> {
    if !body.starts_with(BEGIN) {
        return None;
    }
    let left: Left<'_> = serde_json::from_slice(body).ok()?;
    let mut subject = Subject {
        anonymous_id: left.anonymous_id.unwrap_or_default(),
        user_id: left.user_id.filter(|id| !id.is_empty()),
        group: String::new(),
        registered: "{}".to_owned(),
    };
    let mut out = b"{\"batch\":[".to_vec();
    let begin = out.len();
    if left.calls.len() > BATCH_EVENTS_MAX || subject.len() > EVENT_BYTES_MAX {
        return None;
    }
    for raw in left.calls {
        let written = out.len();
        // What is laid under each event must not grow without end.
        if written > BODY_BYTES_MAX || subject.len() > 2 * EVENT_BYTES_MAX {
            return None;
        }
        if written > begin {
            out.push(b',');
        }
        match serde_json::from_str::<Call>(raw.get()).ok().and_then(|call| subject.write(&call, &mut out)) {
            Some(true) => {}
            Some(false) => out.truncate(written),
            None => out.extend_from_slice(raw.get().as_bytes()),
        }
    }
    out.push(b']');
    for (field, value) in [("sentAt", left.sent_at), ("writeKey", left.write_key)] {
        if let Some(value) = value {
            out.extend_from_slice(b",\"");
            out.extend_from_slice(field.as_bytes());
            out.extend_from_slice(b"\":");
            write_string(&mut out, &value);
        }
    }
    out.push(b'}');
    Some(out)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Left<'a> {
    #[serde(borrow)]
    calls: Vec<&'a RawValue>,
    anonymous_id: Option<String>,
    user_id: Option<String>,
    sent_at: Option<String>,
    write_key: Option<String>,
}

/// kind, name, body, message id, time in milliseconds, context, integrations.
#[derive(Deserialize)]
struct Call(u32, String, String, String, f64, String, String);

/// Whose calls they are, as far as they were read.
struct Subject {
    anonymous_id: String,
    user_id: Option<String>,
    /// The group's id as a context, or nothing.
    group: String,
    registered: String,
}

impl Subject {
    /// Bytes that each further event has of it.
    fn len(&self) -> usize {
        self.anonymous_id.len()
            + self.user_id.as_ref().map_or(0, String::len)
            + self.group.len()
            + self.registered.len()
    }

    /// Whether the call is an event, which is written then; `None` for no call that there is.
    fn write(&mut self, call: &Call, out: &mut Vec<u8>) -> Option<bool> {
        let Call(kind, name, body, message_id, unix_ms, context, integrations) = call;
        let is_automatic = (AUTOMATIC..2 * AUTOMATIC).contains(kind);
        let kind = if is_automatic { kind - AUTOMATIC } else { *kind };
        if kind == REGISTER {
            let (under, over) = match name.as_str() {
                "once" => (body.as_str(), self.registered.as_str()),
                _ => (self.registered.as_str(), body.as_str()),
            };
            self.registered = merged(RawJson::object(under).ok()?, RawJson::object(over).ok()?);
            return Some(false);
        }
        let kind = *KINDS.get(kind as usize)?;
        let is_alias = kind == EventKind::Alias;
        let has_no_id = is_absent_id(name) || (is_alias && !body.is_empty() && is_absent_id(body));
        if !kind.is_action() && has_no_id {
            return None;
        }
        let clean = |text: &str, needs_it: bool| {
            let mut clean = Vec::new();
            if needs_it {
                scrub(text, &mut clean);
            } else {
                clean.extend_from_slice(text.as_bytes());
            }
            String::from_utf8(clean).ok()
        };
        let said = clean(body, (is_automatic || kind == EventKind::Page) && !is_alias)?;
        let context = clean(context, true)?;
        let said_object = if is_alias { None } else { object(&said).ok()? };
        let said = said_object.as_slice();
        let registered = RawJson::object(&self.registered).ok().filter(|object| !object.is_empty());
        let properties: Vec<RawJson<'_>> = registered.into_iter().chain(said_object).collect();
        let context = object(&context).ok()?;
        if kind == EventKind::Group {
            let mut group = b"{\"groupId\":".to_vec();
            write_string(&mut group, name);
            group.push(b'}');
            self.group = String::from_utf8(group).ok()?;
        }
        let group = RawJson::object(&self.group).ok();
        let context: Vec<RawJson<'_>> = group.into_iter().chain(context).collect();
        let mut event =
            Event::new(kind, message_id, &self.anonymous_id, Timestamp::from_millis(*unix_ms as i64));
        let known = self.user_id.clone();
        if matches!(kind, EventKind::Identify | EventKind::Alias) {
            self.user_id = Some(name.clone());
        }
        event.user_id = self.user_id.as_deref();
        match kind {
            EventKind::Track | EventKind::Page | EventKind::Screen => {
                event.name = Some(name.as_str()).filter(|name| !name.is_empty());
                event.properties = &properties;
            }
            EventKind::Identify => event.properties = said,
            EventKind::Group => {
                event.name = Some(name);
                event.properties = said;
            }
            EventKind::Alias => {
                let former = Some(body.as_str()).filter(|id| !id.is_empty());
                event.name = former.or(known.as_deref()).or(Some(&self.anonymous_id));
            }
        }
        event.context = &context;
        event.integrations = object(integrations).ok()?.unwrap_or(RawJson::NONE);
        event.write(out);
        Some(true)
    }
}

/// An empty text is none; one that is no object makes the call none.
fn object(text: &str) -> Result<Option<RawJson<'_>>, JsonError> {
    if text.is_empty() { Ok(None) } else { RawJson::object(text).map(Some) }
}

fn merged(under: RawJson<'_>, over: RawJson<'_>) -> String {
    let mut out = Vec::new();
    write_merged(&mut out, under, over);
    String::from_utf8(out).expect("merged JSON texts are UTF-8")
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "a case is a literal")]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Calls, the events that they become, by the fields that matter.
    fn check(case: &str, calls: Value, events: Value) {
        let rest = r#","anonymousId":"a1","userId":"","sentAt":"now","writeKey":"KEY"}"#;
        let sent = format!("{{\"calls\":{calls}{rest}");
        let batch: Value = serde_json::from_slice(&super::calls(sent.as_bytes()).expect(case)).unwrap();
        assert_eq!(batch["sentAt"], "now", "{case}");
        assert_eq!(batch["writeKey"], "KEY", "{case}");
        let found = batch["batch"].as_array().unwrap();
        let events = events.as_array().unwrap();
        assert_eq!(found.len(), events.len(), "{case}: {found:?}");
        for (found, expected) in found.iter().zip(events) {
            let Some(fields) = expected.as_object() else {
                assert_eq!(found, expected, "{case}");
                continue;
            };
            for (field, value) in fields {
                assert_eq!(&found[field], value, "{case}: {field} of {found}");
            }
        }
    }

    #[test]
    fn calls_become_the_events_that_the_core_would_have_made() {
        check(
            "a track",
            json!([[0, "Left", "{\"n\":1}", "m1", 0, "{\"page\":{\"path\":\"/\"}}", "{\"All\":true}"]]),
            json!([{
                "type": "track", "event": "Left", "properties": {"n": 1}, "messageId": "m1",
                "timestamp": "1970-01-01T00:00:00.000Z", "anonymousId": "a1", "userId": null,
                "context": {"page": {"path": "/"}}, "integrations": {"All": true},
            }]),
        );
        check(
            "a page without a name",
            json!([[1, "", "", "m1", 5, "", ""]]),
            json!([{"type": "page", "name": null, "timestamp": "1970-01-01T00:00:00.005Z", "properties": null}]),
        );
        check(
            "a user, for what comes after",
            json!([
                [0, "A", "", "m1", 0, "", ""],
                [3, "u1", "{\"plan\":\"pro\"}", "m2", 0, "", ""],
                [0, "B", "", "m3", 0, "", ""],
                [5, "u2", "", "m4", 0, "", ""],
                [5, "u3", "old", "m5", 0, "", ""],
            ]),
            json!([
                {"userId": null},
                {"type": "identify", "userId": "u1", "traits": {"plan": "pro"}},
                {"userId": "u1"},
                {"type": "alias", "userId": "u2", "previousId": "u1"},
                {"userId": "u3", "previousId": "old"},
            ]),
        );
        check(
            "a group",
            json!([[4, "g1", "{\"size\":3}", "m1", 0, "", ""]]),
            json!([{"type": "group", "groupId": "g1", "traits": {"size": 3}, "context": {"groupId": "g1"}}]),
        );
        check(
            "a group, for what comes after",
            json!([
                [0, "A", "", "m1", 0, "", ""],
                [4, "g1", "", "m2", 0, "", ""],
                [0, "B", "", "m3", 0, "{\"page\":{}}", ""],
                [0, "C", "", "m4", 0, "{\"groupId\":\"own\"}", ""],
            ]),
            json!([
                {"context": {}},
                {"context": {"groupId": "g1"}},
                {"context": {"groupId": "g1", "page": {}}},
                {"context": {"groupId": "own"}},
            ]),
        );
        check(
            "an absent id",
            json!([
                [3, "", "", "m1", 0, "", ""],
                [4, "null", "", "m2", 0, "", ""],
                [5, "u1", " ", "m3", 0, "", ""],
                [0, "A", "", "m4", 0, "", ""],
            ]),
            json!([
                [3, "", "", "m1", 0, "", ""],
                [4, "null", "", "m2", 0, "", ""],
                [5, "u1", " ", "m3", 0, "", ""],
                {"event": "A", "userId": null},
            ]),
        );
        check(
            "super properties",
            json!([
                [7, "", "{\"shop\":\"north\",\"n\":0}", "r1", 0, "", ""],
                [7, "once", "{\"shop\":\"south\",\"more\":1}", "r2", 0, "", ""],
                [0, "A", "{\"n\":1}", "m1", 0, "", ""],
                [3, "u1", "", "m2", 0, "", ""],
            ]),
            json!([{"properties": {"shop": "north", "n": 1, "more": 1}}, {"traits": null}]),
        );
        check(
            "what nobody chose",
            json!([
                [
                    16,
                    "Clicked",
                    "{\"text\":\"ann@example.com\"}",
                    "m1",
                    0,
                    "{\"page\":{\"title\":\"bob@example.com\"}}",
                    ""
                ],
                [0, "Chosen", "{\"text\":\"ann@example.com\"}", "m2", 0, "", ""],
            ]),
            json!([
                {"event": "Clicked", "properties": {"text": "[email]"}, "context": {"page": {"title": "[email]"}}},
                {"properties": {"text": "ann@example.com"}},
            ]),
        );
        check(
            "what is no call",
            json!([[0, "A"], "x", [6, "", "", "m1", 0, "", ""], [0, "A", "{", "m2", 0, "", ""]]),
            json!([[0, "A"], "x", [6, "", "", "m1", 0, "", ""], [0, "A", "{", "m2", 0, "", ""]]),
        );
        check("none", json!([]), json!([]));
    }

    #[test]
    fn a_body_that_would_grow_without_end_is_none() {
        let large = "x".repeat(70_000);
        let events = "[0,\"A\",\"\",\"m\",0,\"\",\"\"]".to_owned();
        let register = format!(r#"[7,"","{{\"a\":\"{large}\"}}","r",0,"",""]"#);
        let many = vec![events.as_str(); 2_501].join(",");
        for calls in [many, format!("{register},{events},{events}")] {
            assert!(super::calls(format!(r#"{{"calls":[{calls}]}}"#).as_bytes()).is_none());
        }
    }

    #[test]
    fn another_body_is_not_touched() {
        for body in [&b""[..], b"{}", br#"{"batch":[]}"#, br#"{"calls":7}"#, br#"{"calls":[]"#, b"[1]"] {
            assert!(calls(body).is_none());
        }
    }
}

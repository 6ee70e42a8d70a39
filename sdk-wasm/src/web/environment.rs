//! What the browser says about itself.

use js_sys::{Array, Function, JSON, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Window;

use super::{page::object, property};

/// The client hints that a browser gives only when it is asked.
const HINTS: [&str; 4] = ["architecture", "fullVersionList", "model", "platformVersion"];

/// Describes the browser and the tab as JSON. `hints` are the client hints, as JSON, once they are known; without
/// them what every script may know of them stands in.
pub(super) fn describe(window: &Window, tab_id: &str, hints: &str) -> String {
    let navigator = window.navigator();
    let number = |value: &JsValue| value.as_f64().unwrap_or_default();
    let screen = property(window, "screen");
    let sizes = [
        ("width", number(&property(&screen, "width"))),
        ("height", number(&property(&screen, "height"))),
        ("innerWidth", number(&property(window, "innerWidth"))),
        ("innerHeight", number(&property(window, "innerHeight"))),
        ("density", window.device_pixel_ratio()),
    ];
    let sizes = sizes.map(|(key, size)| format!(r#""{key}":{size}"#)).join(",");
    let text = |value: JsValue| value.as_string().unwrap_or_default();
    let (agent, locale) = (text(property(&navigator, "userAgent")), text(property(&navigator, "language")));
    let timezone = timezone().unwrap_or_default();
    let mut out = object(
        [("userAgent", &*agent), ("locale", &*locale), ("timezone", &*timezone), ("tabId", tab_id)]
            .into_iter(),
    );
    out.pop();
    let known =
        if hints.is_empty() { json(&property(&navigator, "userAgentData")) } else { hints.to_owned() };
    let more =
        [("screen", format!("{{{sizes}}}")), ("userAgentData", known), ("network", network(&navigator))];
    for (key, value) in more.iter().filter(|(_, value)| !value.is_empty()) {
        out.extend([",\"", key, "\":", value]);
    }
    out.push('}');
    out
}

/// Asks for the client hints; `None` where there are none, or a policy of the page forbids them.
pub(super) async fn client_hints(window: &Window) -> Option<String> {
    let data = property(&window.navigator(), "userAgentData");
    let ask: Function = property(&data, "getHighEntropyValues").dyn_into().ok()?;
    let names: Array = HINTS.iter().map(|name| JsValue::from_str(name)).collect();
    let asked: Promise = ask.call1(&data, &names).ok()?.dyn_into().ok()?;
    Some(json(&JsFuture::from(asked).await.ok()?))
}

/// Returns the connection as JSON, as far as the browser exposes it; empty where it does not.
fn network(navigator: &JsValue) -> String {
    let connection = property(navigator, "connection");
    let Some(kind) = property(&connection, "effectiveType").as_string() else { return String::new() };
    let mut out = object([("effectiveType", &*kind)].into_iter());
    out.pop();
    out + &format!(r#","saveData":{}}}"#, property(&connection, "saveData").is_truthy())
}

/// Returns a value as JSON; empty where it is no object.
fn json(value: &JsValue) -> String {
    if !value.is_object() {
        return String::new();
    }
    JSON::stringify(value).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

fn timezone() -> Option<String> {
    let class: Function = property(&property(&js_sys::global(), "Intl"), "DateTimeFormat").dyn_into().ok()?;
    let format = class.call0(&JsValue::UNDEFINED).ok()?;
    let options: Function = property(&format, "resolvedOptions").dyn_into().ok()?;
    property(&options.call0(&format).ok()?, "timeZone").as_string()
}

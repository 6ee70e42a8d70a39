//! What the browser says about itself.

use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Window;

use super::{page::object, property};

/// What does not change while the page lives, as JSON.
pub(super) fn describe(window: &Window) -> String {
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
    let mut out =
        object([("userAgent", &*agent), ("locale", &*locale), ("timezone", &*timezone)].into_iter());
    out.pop();
    out + &format!(r#","screen":{{{sizes}}}}}"#)
}

fn timezone() -> Option<String> {
    let class: Function = property(&property(&js_sys::global(), "Intl"), "DateTimeFormat").dyn_into().ok()?;
    let format = class.call0(&JsValue::UNDEFINED).ok()?;
    let options: Function = property(&format, "resolvedOptions").dyn_into().ok()?;
    property(&options.call0(&format).ok()?, "timeZone").as_string()
}

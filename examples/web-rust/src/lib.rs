//! A counter that measures itself: a page view, an event for each click, a user who signs in.

use std::cell::Cell;

use holloway_wasm::Client;
use serde_json::json;
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Document, Event};

/// Runs when the page has loaded the module.
#[wasm_bindgen(start)]
pub fn start() -> Result<(), JsValue> {
    let document = web_sys::window().and_then(|window| window.document()).ok_or("no page")?;
    let collector =
        document.query_selector("meta[name=collector]")?.and_then(|meta| meta.get_attribute("content"));
    let hw = Client::builder("demo").host(collector.unwrap_or_default()).query_allow(["product"]).build();
    let complaints = document.clone();
    hw.on_diagnostic(move |it| show(&complaints, "#diagnostic", it.kind()));
    hw.page("Counter", json!({"kind": "example"}));

    let (client, page, clicks) = (hw.clone(), document.clone(), Cell::new(0));
    on_click(&document, "#count", move || {
        clicks.set(clicks.get() + 1);
        client.track("Counted", json!({"clicks": clicks.get()}));
        show(&page, "#clicks", &clicks.get().to_string());
    })?;
    let (client, page) = (hw.clone(), document.clone());
    on_click(&document, "#sign-in", move || {
        client.identify("ada", json!({"plan": "pro"}));
        show(&page, "#user", &client.user_id());
    })?;
    let (client, page) = (hw.clone(), document.clone());
    on_click(&document, "#flush", move || {
        let (client, page) = (client.clone(), page.clone());
        spawn_local(async move {
            let outcome = if client.flush().await { "delivered" } else { "kept for later" };
            show(&page, "#outcome", outcome);
        });
    })?;
    show(&document, "#visitor", &hw.anonymous_id());
    Ok(())
}

fn on_click(
    document: &Document,
    selector: &str,
    mut listener: impl FnMut() + 'static,
) -> Result<(), JsValue> {
    let button = document.query_selector(selector)?.ok_or("no such button")?;
    let listener = Closure::<dyn FnMut(Event)>::new(move |_| listener()).into_js_value();
    button.add_event_listener_with_callback("click", listener.unchecked_ref())
}

fn show(document: &Document, selector: &str, text: &str) {
    if let Ok(Some(element)) = document.query_selector(selector) {
        element.set_text_content(Some(text));
    }
}

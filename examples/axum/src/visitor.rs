//! The user of a request, and what the request says of the user's device.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};
use holloway::{Client, Scope};
use serde::Serialize;
use serde_json::json;

/// The cookie that `@holloway/browser` keeps: `hw_` and the write key.
const VISITOR_COOKIE: &str = "hw_demo";

/// Records events of the one who made a request; of no one where the request names neither a user nor a visitor.
#[derive(Clone)]
pub(crate) struct Visitor(Option<Scope>);

impl Visitor {
    pub(crate) fn track(&self, name: &str, properties: impl Serialize) {
        if let Some(scope) = &self.0 {
            scope.track(name, properties);
        }
    }

    pub(crate) fn page(&self, name: &str, properties: impl Serialize) {
        if let Some(scope) = &self.0 {
            scope.page(name, properties);
        }
    }

    pub(crate) fn identify(&self, traits: impl Serialize) {
        if let Some(scope) = &self.0 {
            scope.identify(traits);
        }
    }
}

/// Middleware: gives the handlers a [`Visitor`] of the request.
pub(crate) async fn of_request(
    State(hw): State<Client>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    // The app's own login stands here. A header is right only behind a proxy that sets it.
    let user_id = text(headers, "x-user");
    let anonymous_id = anonymous_id(headers);
    let scope = match (user_id, anonymous_id) {
        (Some(user), Some(anonymous)) => Some(hw.for_user(user).with_anonymous_id(anonymous)),
        (Some(user), None) => Some(hw.for_user(user)),
        (None, Some(anonymous)) => Some(hw.for_anonymous(anonymous)),
        (None, None) => None,
    };
    let context = json!({
        "ip": peer.ip(),
        "userAgent": text(headers, "user-agent"),
        "locale": text(headers, "accept-language").and_then(|languages| languages.split([',', ';']).next()),
        "page": { "path": request.uri().path(), "referrer": text(headers, "referer") },
    });
    let visitor = Visitor(scope.map(|scope| scope.with_context(context)));
    request.extensions_mut().insert(visitor);
    next.run(request).await
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().filter(|text| !text.trim().is_empty())
}

/// The web visitor's anonymous id: the first field of the cookie.
fn anonymous_id(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    let value = cookies
        .flat_map(|line| line.split("; "))
        .find_map(|pair| pair.strip_prefix(VISITOR_COOKIE)?.strip_prefix('='))?;
    value.split('/').next().filter(|id| !id.is_empty())
}

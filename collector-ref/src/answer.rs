//! What a request is answered: one place for status, headers and body.

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};

use crate::{
    clock::now,
    cors,
    events::{self, Accepted, Head},
    refusal::{RETRY_AFTER_S, Refusal},
    route::{self, Route},
    server::Shared,
    settings,
    welcome::{self, Welcome},
};

const JSON: &str = "application/json";
/// Characters of an unknown path that the answer repeats.
const PATH_CHARS_MAX: usize = 200;
const METRICS: &str = "text/plain; version=0.0.4";

pub(crate) async fn answer(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    shared.metrics.requested();
    let (parts, body) = request.into_parts();
    if parts.method == Method::OPTIONS {
        let mut response = reply(StatusCode::NO_CONTENT, "", Vec::new());
        cors::preflight(&parts.headers, response.headers_mut());
        return response;
    }
    let path = parts.uri.path();
    let mut response = match route::of(path) {
        Route::Health => reply(StatusCode::OK, JSON, br#"{"status":"ok"}"#.to_vec()),
        Route::Ready => ready(shared.committer.is_ready().await),
        Route::Metrics => {
            let text = shared.metrics.text(shared.room.held());
            reply(StatusCode::OK, METRICS, text.into_bytes())
        }
        Route::Swallow => reply(StatusCode::OK, JSON, br#"{"success":true}"#.to_vec()),
        Route::Settings(key) => {
            let text = |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
            let host = text("host").unwrap_or(&shared.host);
            let scheme = text("x-forwarded-proto").unwrap_or("http");
            let mut response = reply(StatusCode::OK, JSON, settings::write(&key, host, scheme));
            response.headers_mut().insert(header::CACHE_CONTROL, settings::CACHE);
            response
        }
        // Not readable from another site's script: no CORS headers.
        Route::Welcome if matches!(parts.method, Method::GET | Method::HEAD) => {
            return welcome(&shared, &parts.headers).await;
        }
        Route::Welcome | Route::Nothing => {
            let asked: String = format!("{} {path}", parts.method).chars().take(PATH_CHARS_MAX).collect();
            refuse(&shared, &Refusal::NoRoute { path: asked, hint: route::hint(path) }, 0)
        }
        Route::Events { .. } if parts.method != Method::POST => {
            let mut response = refuse(&shared, &Refusal::Method(parts.method.to_string()), 0);
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST, OPTIONS"));
            response
        }
        Route::Events { route, import } => {
            let head = Head::of(route, import, &parts.headers, parts.uri.query(), peer.ip());
            match events::receive(&shared, &head, body).await {
                Ok(Accepted { receipt, visitor }) => {
                    let mut response = reply(StatusCode::OK, JSON, receipt);
                    let cookie = shared.cookie.as_ref().zip(visitor);
                    if let Some(cookie) = cookie.and_then(|(cookie, who)| cookie.header(&who, &parts.headers))
                    {
                        response.headers_mut().insert(header::SET_COOKIE, cookie);
                    }
                    response
                }
                Err((refusal, events)) => refuse(&shared, &refusal, events),
            }
        }
    };
    cors::allow(&parts.headers, response.headers_mut());
    response
}

fn reply(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if !content_type.is_empty() {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    response
}

fn refuse(shared: &Shared, refusal: &Refusal, events: u64) -> Response {
    shared.metrics.refused(refusal.reason(), events);
    let mut response = reply(refusal.status(), JSON, refusal.body());
    if refusal.is_temporary() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
    }
    response
}

async fn welcome(shared: &Shared, headers: &HeaderMap) -> Response {
    let page = Welcome {
        is_ready: shared.committer.is_ready().await,
        keys: shared.key_state(now()),
        origin: welcome::origin(headers, &shared.host),
    };
    let mut response = Response::new(Body::empty());
    let (content_type, text) = page.page(headers, response.headers_mut());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    *response.body_mut() = Body::from(text);
    response
}

fn ready(is_ready: bool) -> Response {
    if is_ready {
        return reply(StatusCode::OK, JSON, br#"{"status":"ready"}"#.to_vec());
    }
    let body = br#"{"status":"unready","reason":"events cannot be written to disk"}"#;
    reply(StatusCode::SERVICE_UNAVAILABLE, JSON, body.to_vec())
}

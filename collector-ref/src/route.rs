//! What a path means.

use holloway_wire::{EventKind, decode};

/// Something to do with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// Events. An import may be larger than a batch of a client.
    Events {
        route: decode::Route,
        import: bool,
    },
    /// The metrics of Segment's browser SDK: taken and dropped.
    Swallow,
    /// What a Segment SDK asks before it starts.
    Settings(String),
    /// The page for those who open the collector in a browser.
    Welcome,
    Health,
    Ready,
    Metrics,
    Nothing,
}

/// Reads a path, with or without `/v1`, with or without a slash at the end.
pub(crate) fn of(path: &str) -> Route {
    let path = path.trim_end_matches('/');
    match path {
        "" => return Route::Welcome,
        "/health" => return Route::Health,
        "/ready" => return Route::Ready,
        "/metrics" => return Route::Metrics,
        _ => {}
    }
    let path = path.strip_prefix("/v1").unwrap_or(path);
    if let Some(key) = path.strip_prefix("/projects/").and_then(|rest| rest.strip_suffix("/settings")) {
        let is_one = !key.is_empty() && !key.contains('/');
        return if is_one { Route::Settings(unescaped(key)) } else { Route::Nothing };
    }
    let single = |kind| Route::Events { route: decode::Route::Single(kind), import: false };
    let batch = |import| Route::Events { route: decode::Route::Batch, import };
    match path {
        "/batch" | "/b" => batch(false),
        "/import" => batch(true),
        "/track" | "/t" => single(EventKind::Track),
        "/page" | "/p" => single(EventKind::Page),
        "/screen" | "/s" => single(EventKind::Screen),
        "/identify" | "/i" => single(EventKind::Identify),
        "/group" | "/g" => single(EventKind::Group),
        "/alias" | "/a" => single(EventKind::Alias),
        "/m" => Route::Swallow,
        _ => Route::Nothing,
    }
}

/// Undoes percent-encoding.
fn unescaped(text: &str) -> String {
    // A form would take a plus for a space; a path does not.
    let text = text.replace('+', "%2B");
    form_urlencoded::parse(text.as_bytes()).map(|(name, _)| name.into_owned()).next().unwrap_or_default()
}

/// What to say to a sender of another protocol.
pub(crate) fn hint(path: &str) -> &'static str {
    if path.contains("com.snowplowanalytics") {
        "this is a Snowplow path; Holloway takes the Segment HTTP API: POST /v1/batch"
    } else if ["/e", "/capture", "/i/v0", "/flags", "/decide"].iter().any(|start| path.starts_with(start)) {
        "this is a PostHog path; Holloway takes the Segment HTTP API: POST /v1/batch"
    } else {
        "events go to POST /v1/batch or /v1/import, or to /v1/track, /v1/page, /v1/screen, /v1/identify, /v1/group, \
         /v1/alias; GET /, /health, /ready, /metrics and /v1/projects/WRITE_KEY/settings answer too"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_of_the_segment_api_is_known_with_and_without_v1() {
        let kinds = [
            ("track", "t"),
            ("page", "p"),
            ("screen", "s"),
            ("identify", "i"),
            ("group", "g"),
            ("alias", "a"),
        ];
        for prefix in ["", "/v1"] {
            for (long, short) in kinds {
                let kind = EventKind::parse(long).expect("a kind");
                let expected = Route::Events { route: decode::Route::Single(kind), import: false };
                assert_eq!(of(&format!("{prefix}/{long}")), expected);
                assert_eq!(of(&format!("{prefix}/{short}/")), expected);
            }
            for (path, import) in [("batch", false), ("b", false), ("import", true)] {
                assert_eq!(
                    of(&format!("{prefix}/{path}")),
                    Route::Events { route: decode::Route::Batch, import }
                );
            }
            assert_eq!(of(&format!("{prefix}/m")), Route::Swallow);
            assert_eq!(of(&format!("{prefix}/projects/K/settings")), Route::Settings("K".into()));
        }
        assert_eq!((of("/"), of("")), (Route::Welcome, Route::Welcome));
        assert_eq!(of("/v1/projects/a%20b+c/settings"), Route::Settings("a b+c".into()));
        for path in
            ["/v1", "/v2/batch", "/projects//settings", "/batch/x", "/projects/a/b/settings", "/v1/v1/batch"]
        {
            assert_eq!(of(path), Route::Nothing, "{path}");
        }
    }
}

//! `timeline`: the events of each person in order (time, sequence, message id), people in the order of their ids.

use super::{number, text, time};
use arrow_schema::{Schema, SchemaRef};
use std::sync::{Arc, LazyLock};

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        text("person_id", false),
        time("timestamp", false),
        number("sequence", false),
        text("message_id", false),
        text("session_id", true),
        text("type", false),
        text("event", true),
        text("anonymous_id", true),
        text("user_id", true),
        text("page_path", true),
    ]))
});

/// The columns. `session_id` is the stitched session; null when the rules keep the event out of sessions.
pub fn schema() -> SchemaRef {
    SCHEMA.clone()
}

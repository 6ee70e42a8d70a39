//! `merges`: what events said about two ids, and what became of it.

use super::{text, time};
use arrow_schema::{Schema, SchemaRef};
use std::sync::{Arc, LazyLock};

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        time("at", false),
        text("message_id", false),
        text("left_kind", false),
        text("left_id", false),
        text("right_kind", false),
        text("right_id", false),
        text("verdict", false),
        text("reason", false),
    ]))
});

/// The columns.
pub fn schema() -> SchemaRef {
    SCHEMA.clone()
}

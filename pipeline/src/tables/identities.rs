//! `identities`: which id was whose, from when to when.

use super::{text, time};
use arrow_schema::{Schema, SchemaRef};
use std::sync::{Arc, LazyLock};

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        text("kind", false),
        text("id", false),
        text("person_id", false),
        time("valid_from", true),
        time("valid_to", true),
        text("reason", false),
    ]))
});

/// The columns. `valid_from` is included, `valid_to` is not; null is unbounded.
pub fn schema() -> SchemaRef {
    SCHEMA.clone()
}

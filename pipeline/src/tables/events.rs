//! `events`: the facts, one row an admitted event, by date of receipt.

use super::{flag, number, text, time, time_type};
use arrow_array::builder::{BooleanBuilder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Schema, SchemaRef};
use holloway_wire::Timestamp;
use std::sync::{Arc, LazyLock};

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        text("message_id", false),
        text("type", false),
        text("event", true),
        text("anonymous_id", true),
        text("user_id", true),
        text("group_id", true),
        text("previous_id", true),
        time("timestamp", false),
        time("original_timestamp", true),
        time("sent_at", true),
        time("received_at", false),
        text("session_id", true),
        text("page_path", true),
        text("page_referrer", true),
        text("user_agent", true),
        text("properties", true),
        text("traits", true),
        text("context", true),
        text("library", true),
        number("offset", false),
        text("write_key", false),
        number("sequence", true),
        text("page_host", true),
        text("utm_source", true),
        text("utm_medium", true),
        text("utm_campaign", true),
        flag("paid_click", false),
        number("engaged_ms", true),
    ]))
});

/// The columns.
pub fn schema() -> SchemaRef {
    SCHEMA.clone()
}

/// One row, as a borrowed view.
#[derive(Clone, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) message_id: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) event: Option<&'a str>,
    pub(crate) anonymous_id: Option<&'a str>,
    pub(crate) user_id: Option<&'a str>,
    pub(crate) group_id: Option<&'a str>,
    pub(crate) previous_id: Option<&'a str>,
    pub(crate) timestamp: Timestamp,
    pub(crate) original_timestamp: Option<Timestamp>,
    pub(crate) sent_at: Option<Timestamp>,
    pub(crate) received_at: Timestamp,
    pub(crate) properties: Option<&'a str>,
    pub(crate) traits: Option<&'a str>,
    pub(crate) context: Option<&'a str>,
    pub(crate) offset: u64,
    pub(crate) write_key: &'a str,
    pub(crate) seen: &'a crate::context::Seen<'a>,
}

/// Collects rows into a record batch.
#[derive(Debug)]
pub(crate) struct Builder {
    texts: Vec<StringBuilder>,
    times: Vec<TimestampMicrosecondBuilder>,
    numbers: Vec<Int64Builder>,
    paid_click: BooleanBuilder,
}

impl Builder {
    pub(crate) fn new(rows: usize) -> Self {
        Self {
            texts: (0..20).map(|_| StringBuilder::with_capacity(rows, rows * 8)).collect(),
            times: (0..4)
                .map(|_| TimestampMicrosecondBuilder::with_capacity(rows).with_data_type(time_type()))
                .collect(),
            numbers: (0..3).map(|_| Int64Builder::with_capacity(rows)).collect(),
            paid_click: BooleanBuilder::with_capacity(rows),
        }
    }

    pub(crate) fn push(&mut self, row: &Row<'_>) {
        let seen = row.seen;
        // In the order of the text columns of the schema.
        let texts = [
            Some(row.message_id),
            Some(row.kind),
            row.event,
            row.anonymous_id,
            row.user_id,
            row.group_id,
            row.previous_id,
            seen.session_id.as_deref(),
            seen.page_path.as_deref(),
            seen.page_referrer.as_deref(),
            seen.user_agent.as_deref(),
            row.properties,
            row.traits,
            row.context,
            seen.library.as_deref(),
            Some(row.write_key),
            seen.page_host.as_deref(),
            seen.utm_source.as_deref(),
            seen.utm_medium.as_deref(),
            seen.utm_campaign.as_deref(),
        ];
        for (builder, value) in self.texts.iter_mut().zip(texts) {
            builder.append_option(value);
        }
        let times = [Some(row.timestamp), row.original_timestamp, row.sent_at, Some(row.received_at)];
        for (builder, value) in self.times.iter_mut().zip(times) {
            builder.append_option(value.map(Timestamp::as_micros));
        }
        let numbers = [Some(row.offset as i64), seen.sequence, seen.engaged_ms];
        for (builder, value) in self.numbers.iter_mut().zip(numbers) {
            builder.append_option(value);
        }
        self.paid_click.append_value(seen.paid_click);
    }

    pub(crate) fn finish(mut self) -> RecordBatch {
        let mut texts = self.texts.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef);
        let mut times = self.times.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef);
        let mut numbers = self.numbers.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef);
        let columns = SCHEMA
            .fields()
            .iter()
            .map(|field| match field.data_type() {
                arrow_schema::DataType::Utf8 => texts.next(),
                arrow_schema::DataType::Int64 => numbers.next(),
                arrow_schema::DataType::Boolean => Some(Arc::new(self.paid_click.finish()) as ArrayRef),
                _ => times.next(),
            })
            .map(|column| column.expect("there is a builder for each column of the schema"))
            .collect();
        RecordBatch::try_new(schema(), columns).expect("the builders follow the schema")
    }
}

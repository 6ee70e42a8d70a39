//! `sessions`: the visits of people, in the order of person and start.

use super::{flag, number, text, time, time_type};
use arrow_array::builder::{BooleanBuilder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Schema, SchemaRef};
use holloway_rules::identity::PersonId;
use holloway_rules::metrics::Session;
use holloway_wire::hex;
use std::sync::{Arc, LazyLock};

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        text("session_id", false),
        text("person_id", false),
        time("started_at", false),
        time("ended_at", false),
        number("duration_ms", false),
        number("active_ms", false),
        number("events", false),
        number("page_views", false),
        number("distinct_pages", false),
        text("entry_page", true),
        text("exit_page", true),
        text("referrer", true),
        text("utm_source", true),
        text("utm_medium", true),
        text("utm_campaign", true),
        text("channel", false),
        flag("bounced", true),
        flag("engaged", false),
    ]))
});

/// The columns.
pub fn schema() -> SchemaRef {
    SCHEMA.clone()
}

/// Collects sessions into a record batch.
#[derive(Debug)]
pub(crate) struct Builder {
    texts: Vec<StringBuilder>,
    times: Vec<TimestampMicrosecondBuilder>,
    numbers: Vec<Int64Builder>,
    flags: Vec<BooleanBuilder>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            texts: (0..9).map(|_| StringBuilder::new()).collect(),
            times: (0..2).map(|_| TimestampMicrosecondBuilder::new().with_data_type(time_type())).collect(),
            numbers: (0..5).map(|_| Int64Builder::new()).collect(),
            flags: (0..2).map(|_| BooleanBuilder::new()).collect(),
        }
    }

    pub(crate) fn push(&mut self, person: &PersonId, session: &Session<'_>) {
        let (id, person) = (hex(session.id.as_bytes()), hex(person.as_bytes()));
        // Each list is in the order of the schema's columns of its type.
        let texts = [
            Some(id.as_str()),
            Some(person.as_str()),
            session.entry_page,
            session.exit_page,
            session.referrer,
            session.utm_source,
            session.utm_medium,
            session.utm_campaign,
            Some(session.channel.as_str()),
        ];
        for (builder, value) in self.texts.iter_mut().zip(texts) {
            builder.append_option(value);
        }
        for (builder, value) in self.times.iter_mut().zip([session.started_at, session.ended_at]) {
            builder.append_value(value.as_micros());
        }
        let numbers = [
            session.duration_ms,
            session.active_ms,
            i64::from(session.events),
            i64::from(session.page_views),
            i64::from(session.distinct_pages),
        ];
        for (builder, value) in self.numbers.iter_mut().zip(numbers) {
            builder.append_value(value);
        }
        self.flags[0].append_option(session.bounced);
        self.flags[1].append_value(session.engaged);
    }

    pub(crate) fn finish(mut self) -> RecordBatch {
        let mut texts = self.texts.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef);
        let mut times = self.times.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef);
        let mut numbers = self.numbers.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef);
        let mut flags = self.flags.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef);
        let columns = SCHEMA
            .fields()
            .iter()
            .map(|field| match field.data_type() {
                DataType::Utf8 => texts.next(),
                DataType::Int64 => numbers.next(),
                DataType::Boolean => flags.next(),
                _ => times.next(),
            })
            .map(|column| column.expect("there is a builder for each column of the schema"))
            .collect();
        RecordBatch::try_new(schema(), columns).expect("the builders follow the schema")
    }
}

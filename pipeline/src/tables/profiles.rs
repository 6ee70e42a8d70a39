//! `profiles`: what is known of each person, in the order of person ids.

use super::{number, text, time, time_type};
use arrow_array::builder::{
    Date32Builder, Int64Builder, ListBuilder, MapBuilder, MapFieldNames, StringBuilder, StructBuilder,
    TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};
use holloway_rules::channel::Channel;
use holloway_rules::identity::PersonId;
use holloway_rules::profile::Profile;
use holloway_wire::hex;
use std::sync::{Arc, LazyLock};

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        text("person_id", false),
        text("user_id", true),
        time("first_seen", false),
        time("last_seen", false),
        number("events", false),
        number("sessions", false),
        number("days_active", false),
        text("first_touch_channel", true),
        text("last_touch_channel", true),
        Field::new("event_counts", DataType::Map(Arc::new(entries()), false), false),
        Field::new("daily_counts", DataType::List(Arc::new(day())), false),
        text("traits", false),
        text("entry_page", true),
        text("exit_page", true),
    ]))
});

/// The columns. `event_counts` maps an event to its count; `daily_counts` lists day, event and count.
pub fn schema() -> SchemaRef {
    SCHEMA.clone()
}

fn entries() -> Field {
    Field::new(
        "entries",
        DataType::Struct(Fields::from(vec![text("key", false), number("value", false)])),
        false,
    )
}

fn day_fields() -> Fields {
    Fields::from(vec![
        Field::new("day", DataType::Date32, false),
        text("event", false),
        number("count", false),
    ])
}

fn day() -> Field {
    Field::new("item", DataType::Struct(day_fields()), false)
}

/// Collects profiles into a record batch.
#[derive(Debug)]
pub(crate) struct Builder {
    person_id: StringBuilder,
    user_id: StringBuilder,
    first_seen: TimestampMicrosecondBuilder,
    last_seen: TimestampMicrosecondBuilder,
    numbers: [Int64Builder; 3],
    first_touch: StringBuilder,
    last_touch: StringBuilder,
    event_counts: MapBuilder<StringBuilder, Int64Builder>,
    daily_counts: ListBuilder<StructBuilder>,
    traits: StringBuilder,
    entry_page: StringBuilder,
    exit_page: StringBuilder,
}

impl Builder {
    pub(crate) fn new() -> Self {
        let names = MapFieldNames { entry: "entries".into(), key: "key".into(), value: "value".into() };
        let day_builder = StructBuilder::new(
            day_fields(),
            vec![
                Box::new(Date32Builder::new()),
                Box::new(StringBuilder::new()),
                Box::new(Int64Builder::new()),
            ],
        );
        Self {
            person_id: StringBuilder::new(),
            user_id: StringBuilder::new(),
            first_seen: TimestampMicrosecondBuilder::new().with_data_type(time_type()),
            last_seen: TimestampMicrosecondBuilder::new().with_data_type(time_type()),
            numbers: [Int64Builder::new(), Int64Builder::new(), Int64Builder::new()],
            first_touch: StringBuilder::new(),
            last_touch: StringBuilder::new(),
            event_counts: MapBuilder::new(Some(names), StringBuilder::new(), Int64Builder::new())
                .with_keys_field(text("key", false))
                .with_values_field(number("value", false)),
            daily_counts: ListBuilder::new(day_builder).with_field(day()),
            traits: StringBuilder::new(),
            entry_page: StringBuilder::new(),
            exit_page: StringBuilder::new(),
        }
    }

    pub(crate) fn push(&mut self, person: &PersonId, profile: &Profile<'_>) {
        self.person_id.append_value(hex(person.as_bytes()));
        self.user_id.append_option(profile.user_id);
        self.first_seen.append_value(profile.first_seen.as_micros());
        self.last_seen.append_value(profile.last_seen.as_micros());
        for (builder, value) in
            self.numbers.iter_mut().zip([profile.events, profile.sessions, profile.days_active])
        {
            builder.append_value(value as i64);
        }
        self.first_touch.append_option(profile.first_touch_channel.map(Channel::as_str));
        self.last_touch.append_option(profile.last_touch_channel.map(Channel::as_str));
        for (event, count) in &profile.event_counts {
            self.event_counts.keys().append_value(event);
            self.event_counts.values().append_value(*count as i64);
        }
        self.event_counts.append(true).expect("every key has a value");
        let days = self.daily_counts.values();
        for count in &profile.daily_counts {
            let known = "the builder was made with these three columns";
            days.field_builder::<Date32Builder>(0).expect(known).append_value(count.day as i32);
            days.field_builder::<StringBuilder>(1).expect(known).append_value(count.name);
            days.field_builder::<Int64Builder>(2).expect(known).append_value(count.count as i64);
            days.append(true);
        }
        self.daily_counts.append(true);
        self.traits.append_value(&profile.traits);
        self.entry_page.append_option(profile.entry_page);
        self.exit_page.append_option(profile.exit_page);
    }

    pub(crate) fn finish(mut self) -> RecordBatch {
        let [events, sessions, days_active] = &mut self.numbers;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.person_id.finish()),
            Arc::new(self.user_id.finish()),
            Arc::new(self.first_seen.finish()),
            Arc::new(self.last_seen.finish()),
            Arc::new(events.finish()),
            Arc::new(sessions.finish()),
            Arc::new(days_active.finish()),
            Arc::new(self.first_touch.finish()),
            Arc::new(self.last_touch.finish()),
            Arc::new(self.event_counts.finish()),
            Arc::new(self.daily_counts.finish()),
            Arc::new(self.traits.finish()),
            Arc::new(self.entry_page.finish()),
            Arc::new(self.exit_page.finish()),
        ];
        RecordBatch::try_new(schema(), columns).expect("the builders follow the schema")
    }
}

//! Everything about one person.

use crate::catalog::{Catalog, CatalogError};
use crate::file::TableError;
use crate::report::{MovedAway, ReportError, on_tables, open_table, require_derived};
use crate::tables::Table;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use holloway_wire::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use std::path::Path;

/// A person's ids, visits and profile.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PersonReport {
    /// The opaque id.
    pub person_id: String,
    /// Rows of `identities`: kind, id, from and to when.
    pub ids: Vec<Value>,
    /// Rows of `sessions`, in order.
    pub sessions: Vec<Value>,
    /// The row of `profiles`.
    pub profile: Value,
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    /// The tables cannot be read.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// No person of the tables has this id.
    #[error(
        "expected a person_id, a user id or an anonymous id that is in the tables, found {id:?}: a new event is in them once the client has sent it and `holloway up` or `holloway derive` has loaded it"
    )]
    Unknown {
        /// What was asked for.
        id: String,
    },
}

impl From<CatalogError> for PersonError {
    fn from(error: CatalogError) -> Self {
        Self::Report(error.into())
    }
}

impl From<TableError> for PersonError {
    fn from(error: TableError) -> Self {
        Self::Report(error.into())
    }
}

impl MovedAway for PersonError {
    fn moved_away(&self) -> bool {
        matches!(self, Self::Report(error) if error.moved_away())
    }
}

/// Looks a person up by person id, user id or anonymous id. An anonymous id that had several owners means the last.
pub fn person(data: &Path, id: &str) -> Result<PersonReport, PersonError> {
    on_tables(data, |catalog| {
        require_derived(catalog)?;
        find(catalog, id)
    })
}

fn find(catalog: &Catalog, id: &str) -> Result<PersonReport, PersonError> {
    let identities = rows(catalog, Table::Identities, |row| row["id"] == id || row["person_id"] == id)?;
    let of_kind = |kind: &str| identities.iter().rfind(|row| row["id"] == id && row["kind"] == kind);
    let found = ["user", "email", "phone", "anonymous"]
        .into_iter()
        .find_map(of_kind)
        .or_else(|| identities.iter().find(|row| row["person_id"] == id));
    let Some(person_id) = found.and_then(|row| row["person_id"].as_str()).map(str::to_owned) else {
        return Err(PersonError::Unknown { id: id.to_owned() });
    };
    let is_them = |row: &Value| row["person_id"] == person_id.as_str();
    let mut ids = rows(catalog, Table::Identities, is_them)?;
    for row in &mut ids {
        if let Some(row) = row.as_object_mut() {
            row.remove("person_id");
        }
    }
    let mut sessions = rows(catalog, Table::Sessions, is_them)?;
    sessions.sort_by(|a, b| a["started_at"].as_str().cmp(&b["started_at"].as_str()));
    let profile = rows(catalog, Table::Profiles, is_them)?.into_iter().next().unwrap_or(Value::Null);
    Ok(PersonReport { person_id, ids, sessions, profile })
}

/// The rows of a table that somebody wants.
fn rows(catalog: &Catalog, table: Table, wanted: impl Fn(&Value) -> bool) -> Result<Vec<Value>, TableError> {
    let schema = table.schema();
    let columns: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let keys = ["id", "person_id"].into_iter().filter(|key| columns.contains(key)).collect::<Vec<_>>();
    let mut found = Vec::new();
    for file in open_table(catalog, table)? {
        for group in 0..file.row_groups().len() {
            // First the ids alone: most row groups hold none of them.
            let ids = file.read(group, &keys)?;
            let matching: Vec<usize> =
                (0..ids.num_rows()).filter(|row| wanted(&object(&ids, *row))).collect();
            if !matching.is_empty() {
                let batch = file.read(group, &columns)?;
                found.extend(matching.into_iter().map(|row| object(&batch, row)));
            }
        }
    }
    Ok(found)
}

fn object(batch: &RecordBatch, row: usize) -> Value {
    let schema = batch.schema();
    let members = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
        let mut value = json(column, row);
        // Traits are JSON already.
        if field.name() == "traits"
            && let Some(parsed) = value.as_str().and_then(|text| serde_json::from_str(text).ok())
        {
            value = parsed;
        }
        (field.name().clone(), value)
    });
    Value::Object(members.collect::<Map<_, _>>())
}

/// One value of the types that our tables have.
fn json(column: &dyn Array, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).into(),
        DataType::Dictionary(_, _) => {
            let dictionary = column.as_dictionary::<Int32Type>();
            json(dictionary.values(), dictionary.keys().value(row) as usize)
        }
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).into(),
        DataType::Boolean => column.as_boolean().value(row).into(),
        DataType::Timestamp(_, _) => {
            Timestamp::from_micros(column.as_primitive::<TimestampMicrosecondType>().value(row))
                .to_string()
                .into()
        }
        DataType::Date32 => {
            let day = column.as_primitive::<Date32Type>().value(row);
            crate::zone::day_text(i64::from(day)).into()
        }
        DataType::List(_) => {
            let items = column.as_list::<i32>().value(row);
            (0..items.len()).map(|row| json(&items, row)).collect::<Vec<_>>().into()
        }
        DataType::Struct(fields) => {
            let parts = column.as_struct();
            let members = fields.iter().zip(parts.columns());
            Value::Object(members.map(|(field, column)| (field.name().clone(), json(column, row))).collect())
        }
        DataType::Map(_, _) => {
            let entries = column.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            let key = |row| json(keys, row).as_str().unwrap_or_default().to_owned();
            Value::Object((0..entries.len()).map(|row| (key(row), json(values, row))).collect())
        }
        _ => Value::Null,
    }
}

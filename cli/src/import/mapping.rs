//! Which column becomes which field, and the event that a row makes.

use anyhow::Result;
use holloway_wire::{RawJson, Timestamp, json::write_string};

use super::moment::TimeFormat;
use crate::arguments::{BadArgument, Import};

/// Fields that stand at the top of an event and hold one value.
const FIELDS: [&str; 10] = [
    "type",
    "messageId",
    "anonymousId",
    "userId",
    "groupId",
    "previousId",
    "event",
    "name",
    "timestamp",
    "sentAt",
];
/// Fields that hold objects, into which a path leads.
const OBJECTS: [&str; 3] = ["properties", "traits", "context"];

/// A value of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    Absent,
    /// A text; in an object it may turn out to be a number or a boolean (CSV knows no types).
    Text(&'a str),
    /// A text for certain.
    Certain(&'a str),
    /// JSON text: a number, a boolean, a list.
    Json(&'a str),
    Time(Timestamp),
}

/// Where values come from.
#[derive(Clone, Debug)]
enum Origin {
    Column(usize),
    Fixed(String),
}

/// A mapping of a file's columns.
#[derive(Debug)]
pub(super) struct Mapping {
    /// By path, so that fields of one object stand together.
    fields: Vec<(Vec<String>, Origin)>,
    time_format: TimeFormat,
    has_type: bool,
}

impl Mapping {
    /// The mapping that the options ask for, of a file with these columns.
    pub(super) fn of(options: &Import, columns: &[String]) -> Result<Self> {
        let mut fields: Vec<(Vec<String>, Origin)> = Vec::new();
        for (field, column) in &options.map {
            let at = columns.iter().position(|known| known == column).ok_or_else(|| {
                BadArgument(format!("expected a column of the file, found {column:?} in --map {field}={column}; the columns are {}", columns.join(", ")))
            })?;
            fields.push((path(field)?, Origin::Column(at)));
        }
        if options.map.is_empty() {
            for (at, column) in columns.iter().enumerate() {
                fields.push((guessed(column), Origin::Column(at)));
            }
        } else {
            let used = |column: &&String| options.map.iter().all(|(_, mapped)| mapped != *column);
            let left: Vec<&str> = columns.iter().filter(used).map(String::as_str).collect();
            if !left.is_empty() {
                eprintln!(
                    "columns that no --map names are left out: {}; --map properties.{1}={1} keeps one",
                    left.join(", "),
                    left[0]
                );
            }
        }
        for (field, value) in &options.set {
            let path = path(field)?;
            fields.retain(|(known, _)| *known != path);
            fields.push((path, Origin::Fixed(value.clone())));
        }
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        if let Some(pair) = fields.windows(2).find(|pair| pair[1].0.starts_with(&pair[0].0)) {
            let (one, other) = (pair[0].0.join("."), pair[1].0.join("."));
            return Err(BadArgument(format!("expected each field once, found {one} and {other}")).into());
        }
        let has_type = fields.iter().any(|(path, _)| path[0] == "type");
        Ok(Self { fields, time_format: TimeFormat::parse(&options.time_format)?, has_type })
    }

    /// The columns that are needed, ascending.
    pub(super) fn columns(&self) -> Vec<usize> {
        let mut columns: Vec<usize> = self
            .fields
            .iter()
            .filter_map(|(_, origin)| match origin {
                Origin::Column(at) => Some(*at),
                Origin::Fixed(_) => None,
            })
            .collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// Writes a row's event; what is wrong with it otherwise.
    pub(super) fn write<'a>(
        &'a self,
        out: &mut Vec<u8>,
        cell: impl Fn(usize) -> Cell<'a>,
    ) -> Result<(), String> {
        out.clear();
        out.push(b'{');
        let mut open: &[String] = &[];
        let mut is_first = true;
        if !self.has_type {
            out.extend_from_slice(b"\"type\":\"track\"");
            is_first = false;
        }
        for (path, origin) in &self.fields {
            let value = match origin {
                Origin::Column(at) => cell(*at),
                Origin::Fixed(text) => Cell::Text(text),
            };
            if matches!(value, Cell::Absent | Cell::Text("") | Cell::Certain("")) {
                continue;
            }
            let (name, folders) = path.split_last().expect("a path has a name");
            let shared = open.iter().zip(folders).take_while(|(a, b)| a == b).count();
            for _ in shared..open.len() {
                out.push(b'}');
                is_first = false;
            }
            for folder in &folders[shared..] {
                key(out, folder, &mut is_first);
                out.push(b'{');
                is_first = true;
            }
            open = folders;
            key(out, name, &mut is_first);
            self.value(out, path, value)?;
        }
        out.extend(std::iter::repeat_n(b'}', open.len() + 1));
        Ok(())
    }

    fn value(&self, out: &mut Vec<u8>, path: &[String], value: Cell<'_>) -> Result<(), String> {
        let is_time = matches!(path[0].as_str(), "timestamp" | "sentAt");
        match value {
            Cell::Time(time) => {
                out.push(b'"');
                time.write(out);
                out.push(b'"');
            }
            Cell::Text(text) | Cell::Certain(text) | Cell::Json(text) if is_time => {
                let time =
                    self.time_format.read(text.trim()).map_err(|error| format!("{}: {error}", path[0]))?;
                out.push(b'"');
                time.write(out);
                out.push(b'"');
            }
            Cell::Text(text) if path.len() > 1 && is_typed(text) => out.extend_from_slice(text.as_bytes()),
            Cell::Text(text) | Cell::Certain(text) => write_string(out, text),
            Cell::Json(text) => out.extend_from_slice(text.as_bytes()),
            Cell::Absent => {}
        }
        Ok(())
    }
}

fn key(out: &mut Vec<u8>, name: &str, is_first: &mut bool) {
    if !*is_first {
        out.push(b',');
    }
    *is_first = false;
    write_string(out, name);
    out.push(b':');
}

/// Whether a CSV cell is a number, `true` or `false` as JSON has them. `007` is none, and neither is a number of more
/// than 15 digits: many a program would read another one, and it is an id as a rule.
fn is_typed(text: &str) -> bool {
    matches!(text, "true" | "false")
        || (text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
            && text.bytes().filter(u8::is_ascii_digit).count() <= 15
            && RawJson::parse(text).is_ok_and(|json| json.text() == text))
}

/// A field's path, when it is one of the wire.
fn path(field: &str) -> Result<Vec<String>> {
    let parts: Vec<String> = field.split('.').map(str::to_owned).collect();
    let is_object = OBJECTS.contains(&parts[0].as_str()) && parts.len() > 1;
    if parts.iter().all(|part| !part.is_empty())
        && (is_object || (parts.len() == 1 && FIELDS.contains(&field)))
    {
        return Ok(parts);
    }
    let says = format!(
        "expected a field of the wire ({}, properties.x, traits.x, context.page.path), found {field:?}",
        FIELDS.join(", ")
    );
    Err(BadArgument(says).into())
}

/// The field that a column is named like (`user_id`, `userId`), else a property.
fn guessed(column: &str) -> Vec<String> {
    let bare = |text: &str| text.replace(['_', '-', ' '], "").to_ascii_lowercase();
    let name = bare(column);
    if matches!(name.as_str(), "path" | "pagepath") {
        return ["context", "page", "path"].map(str::to_owned).to_vec();
    }
    if let Some(field) = FIELDS.iter().find(|field| bare(field) == name) {
        return vec![(*field).to_owned()];
    }
    path(column).unwrap_or_else(|_| vec!["properties".to_owned(), column.to_owned()])
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::arguments::{Data, Format};

    fn options(map: &[(&str, &str)], set: &[(&str, &str)]) -> Import {
        let owned =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        Import {
            data: Data { data: PathBuf::new(), json: false },
            format: Format::Csv,
            map: owned(map),
            set: owned(set),
            time_format: "unix-s".to_owned(),
            write_key: "import".to_owned(),
            strict: false,
            file: PathBuf::new(),
        }
    }

    fn check(options: &Import, columns: &[&str], cells: &[Cell<'_>], event: &str) {
        let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        let mapping = Mapping::of(options, &columns).expect("a mapping");
        let mut out = Vec::new();
        mapping.write(&mut out, |at| cells[at]).expect("an event");
        assert_eq!(String::from_utf8_lossy(&out), event);
        assert!(RawJson::object(event).is_ok());
    }

    #[test]
    fn rows_become_events() {
        use Cell::{Absent, Certain, Json, Text};
        check(
            &options(
                &[
                    ("userId", "u"),
                    ("event", "e"),
                    ("timestamp", "t"),
                    ("properties.a.b", "x"),
                    ("properties.c", "y"),
                    ("context.page.path", "p"),
                ],
                &[("properties.a.d", "1")],
            ),
            &["u", "e", "t", "x", "y", "p"],
            &[Text("7"), Text("Buy"), Text("0"), Text("1.50"), Text("007"), Text("/")],
            r#"{"type":"track","context":{"page":{"path":"/"}},"event":"Buy","properties":{"a":{"b":1.50,"d":1},"c":"007"},"timestamp":"1970-01-01T00:00:00.000Z","userId":"7"}"#,
        );
        check(
            &options(&[], &[("type", "page")]),
            &["user_id", "path", "Plan", "n", "gone"],
            &[Certain("5"), Text("/a"), Certain("1"), Json("2"), Absent],
            r#"{"context":{"page":{"path":"/a"}},"properties":{"Plan":"1","n":2},"type":"page","userId":"5"}"#,
        );
    }

    #[test]
    fn mistakes_name_what_would_do() {
        let columns = ["a".to_owned(), "b".to_owned()];
        let says = |map: &[(&str, &str)]| {
            Mapping::of(&options(map, &[]), &columns).expect_err("a mistake").to_string()
        };
        assert!(says(&[("userId", "x")]).contains("the columns are a, b"));
        assert!(says(&[("user", "a")]).contains("anonymousId"));
        assert!(says(&[("properties", "a")]).contains("properties.x"));
        assert!(says(&[("properties.x", "a"), ("properties.x.y", "b")]).contains("each field once"));
    }
}

//! JSON text of the facades, on its way into the client.

use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, Value};

/// The text of a JSON object, passed through as it is: no number is read or written. Text that is not JSON goes on as
/// a JSON string, which the core drops and counts like anything that is no object.
#[derive(Debug)]
pub(crate) struct JsonText(pub(crate) Option<String>);

impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(text) = &self.0 else {
            return serializer.serialize_none();
        };
        match serde_json::from_str::<&RawValue>(text) {
            Ok(raw) => raw.serialize(serializer),
            Err(_) => serializer.serialize_str(text),
        }
    }
}

/// A context, which the client merges. Text that is not JSON becomes a JSON string: see [`JsonText`].
pub(crate) fn value(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: Option<&str>, expected: &str) {
        let written = serde_json::to_string(&JsonText(text.map(str::to_owned)));
        assert_eq!(written.expect("text can be written"), expected);
    }

    #[test]
    fn text_passes_through_unchanged() {
        check(None, "null");
        check(Some("{}"), "{}");
        // Digits that no f64 holds, and an exponent: they leave as they came.
        check(Some(r#"{"n":12345678901234567890.10,"e":1E2}"#), r#"{"n":12345678901234567890.10,"e":1E2}"#);
        check(Some("{\"a\" : [1, 2]}"), "{\"a\" : [1, 2]}");
    }

    #[test]
    fn text_that_is_not_json_becomes_a_string_and_so_a_counted_loss() {
        check(Some("{"), "\"{\"");
        check(Some("{} {}"), "\"{} {}\"");
        check(Some(""), "\"\"");
    }
}

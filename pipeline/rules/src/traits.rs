//! Declared traits, merged key by key.

use holloway_wire::RawJson;

/// The traits of one person: of equal keys, the one that was declared last.
#[derive(Clone, Debug, Default)]
pub struct Traits<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Traits<'a> {
    /// Lays an `identify`'s traits, a JSON object's text, over what is there. Text that is none changes nothing.
    pub fn declare(&mut self, traits: &'a str) {
        let Ok(object) = RawJson::object(traits) else { return };
        for (key, value) in object.members() {
            match self.0.iter_mut().find(|(known, _)| *known == key) {
                Some(slot) => slot.1 = value.text(),
                None => self.0.push((key, value.text())),
            }
        }
    }

    /// A JSON object with its keys in order; `{}` when there are none.
    pub fn to_json(&self) -> String {
        let mut members = self.0.clone();
        members.sort_unstable();
        let mut json = String::from("{");
        for (key, value) in members {
            if json.len() > 1 {
                json.push(',');
            }
            json.push('"');
            json.push_str(key);
            json.push_str("\":");
            json.push_str(value);
        }
        json.push('}');
        json
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_declaration_wins_key_by_key() {
        let mut traits = Traits::default();
        for declared in [r#"{"plan":"free","age":1}"#, "oops", r#"{"plan":"pro"}"#, r#"{"b":{"c":[1]}}"#] {
            traits.declare(declared);
        }
        assert_eq!(traits.to_json(), r#"{"age":1,"b":{"c":[1]},"plan":"pro"}"#);
        traits.clear();
        assert_eq!(traits.to_json(), "{}");
    }
}

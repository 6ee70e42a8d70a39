//! Raw JSON text, checked and cut without a parser's tree.
//!
//! A client gets properties as text from its host and passes them on as text. It must know two things about
//! them: that the text is well formed (one bad object would spoil a whole batch), and where the top-level
//! members lie (to merge objects). Both need one pass over bytes and no numbers, maps or floats.

mod error;
mod scan;
mod token;
mod unescape;
mod write;

use alloc::borrow::Cow;

use self::{scan::Scanner, token::token, unescape::unescape};

pub(crate) use self::{
    token::{byte, cut, string_end},
    unescape::{NO_HEX, hex},
};

use crate::limits::{DEPTH_MAX, PART_DEPTH_MAX};

pub use self::{
    error::{Expected, JsonError},
    write::{
        Sink, hex_digits, put_char, roomy, write_layers, write_member, write_merged, write_number,
        write_string, write_without,
    },
};

/// A well-formed JSON value, as the text it came in.
///
/// ```
/// use holloway_wire::RawJson;
/// let object = RawJson::object(r#" {"plan":"pro","price":1.10} "#)?;
/// assert_eq!(object.text(), r#"{"plan":"pro","price":1.10}"#);
/// assert_eq!(object.get("price").map(|price| price.text()), Some("1.10"), "digits stay as they came");
/// assert_eq!(
///     RawJson::object(r#"{"plan":pro}"#).unwrap_err().to_string(),
///     "expected a value at byte 8 of the JSON text",
/// );
/// # Ok::<(), holloway_wire::JsonError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawJson<'a>(&'a str);

impl<'a> RawJson<'a> {
    /// The empty object.
    pub const EMPTY: RawJson<'static> = RawJson("{}");

    /// No value at all, which has no members either.
    pub const NONE: RawJson<'static> = RawJson("");

    /// Checks any JSON value. White space around it is cut off.
    pub fn parse(text: &'a str) -> Result<Self, JsonError> {
        Self::checked(text, DEPTH_MAX)
    }

    fn checked(text: &'a str, depth_max: usize) -> Result<Self, JsonError> {
        let mut scanner = Scanner { text, at: 0, depth_max };
        scanner.space();
        let start = scanner.at;
        let mut found = scanner.value();
        let end = scanner.at;
        if found.is_ok() {
            scanner.space();
            if scanner.at < text.len() {
                found = Err(Expected::End);
            }
        }
        match found {
            Ok(()) => Ok(Self(cut(text, start, end))),
            Err(expected) => Err(JsonError { at: scanner.at, expected }),
        }
    }

    /// Checks a JSON value that must be an object.
    pub fn object(text: &'a str) -> Result<Self, JsonError> {
        Self::parse(text)?.must_be_object()
    }

    /// The same of an object that is to be a part of an event: nested so little that the event's batch can be read.
    pub fn part(text: &'a str) -> Result<Self, JsonError> {
        Self::checked(text, PART_DEPTH_MAX)?.must_be_object()
    }

    fn must_be_object(self) -> Result<Self, JsonError> {
        if self.opens_with(b'{') { Ok(self) } else { Err(JsonError { at: 0, expected: Expected::Object }) }
    }

    /// Text that was found to be well formed before. Where it is not, its members and items are of no meaning.
    pub const fn trusted(text: &'a str) -> Self {
        Self(text)
    }

    fn opens_with(self, bracket: u8) -> bool {
        self.0.as_bytes().first() == Some(&bracket)
    }

    /// The text.
    pub const fn text(self) -> &'a str {
        self.0
    }

    /// Whether this is an object without members (or no object at all).
    pub fn is_empty(self) -> bool {
        self.members().next().is_none()
    }

    /// The members of an object, in their order; nothing for any other value.
    ///
    /// A key is given as its raw text between the quotes, escapes as they are.
    pub fn members(self) -> Members<'a> {
        Members { text: self.0, at: if self.opens_with(b'{') { 1 } else { self.0.len() } }
    }

    /// The items of an array, in their order; nothing for any other value.
    pub fn items(self) -> Items<'a> {
        Items { text: self.0, at: if self.opens_with(b'[') { 1 } else { self.0.len() } }
    }

    /// The value of the last member with this key, written without escapes.
    pub fn get(self, key: &str) -> Option<RawJson<'a>> {
        let mut found = None;
        for (name, value) in self.members() {
            if name == key {
                found = Some(value);
            }
        }
        found
    }

    /// The text of a string value with its escapes resolved; `None` for any other value.
    ///
    /// A lone surrogate becomes U+FFFD, as browsers do when they encode it.
    pub fn string(self) -> Option<Cow<'a, str>> {
        self.opens_with(b'"').then(|| unescaped(self.quoted()))
    }

    /// What stands between the quotes of a string, as it is.
    pub fn quoted(self) -> &'a str {
        cut(self.0, 1, self.0.len().saturating_sub(1))
    }

    /// A whole number without sign, fraction or exponent; `None` for any other value.
    pub fn whole_number(self) -> Option<u64> {
        let digits = self.0.as_bytes();
        if digits.is_empty() || digits.len() > 19 {
            return None;
        }
        digits.iter().try_fold(0_u64, |number, digit| match digit {
            b'0'..=b'9' => number.checked_mul(10)?.checked_add(u64::from(digit - b'0')),
            _ => None,
        })
    }
}

/// The text that a key, or what stands between a string's quotes, is written for.
pub fn unescaped(raw: &str) -> Cow<'_, str> {
    // `contains` would bring a search that is made for long texts.
    if raw.bytes().any(|byte| byte == b'\\') { Cow::Owned(unescape(raw)) } else { Cow::Borrowed(raw) }
}

/// Iterator of [`RawJson::members`].
#[derive(Clone, Debug)]
pub struct Members<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, RawJson<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = (token(self.text, &mut self.at), token(self.text, &mut self.at));
        (!value.is_empty()).then(|| (cut(key, 1, key.len().wrapping_sub(1)), RawJson(value)))
    }
}

/// Iterator of [`RawJson::items`].
#[derive(Clone, Debug)]
pub struct Items<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = RawJson<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(RawJson(token(self.text, &mut self.at))).filter(|item| !item.0.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ill_formed_texts_are_refused_at_the_byte() {
        let check = |text: &str, at: usize, expected: &str| {
            let error = RawJson::parse(text).expect_err(text);
            assert_eq!((error.at, error.expected.as_str()), (at, expected), "{text}");
        };
        check("", 0, "a value");
        check("{", 1, "a string");
        check(r#"{"a"}"#, 4, "a colon");
        check(r#"{"a":1,}"#, 7, "a string");
        check("[1 2]", 3, "a comma or a closing bracket");
        check("[1,]", 3, "a value");
        check("01", 1, "the end");
        check("1.", 2, "a digit");
        check("-", 1, "a digit");
        check("NaN", 0, "a value");
        check("nul", 0, "a value");
        check("\"\u{1}\"", 1, "a closing quote or an escaped control character");
        check(r#""\x""#, 2, "an escape character");
        check(r#""\u12g4""#, 5, "four hex digits");
        check("{}{}", 2, "the end");
        check(&"[".repeat(101), 100, "less nesting");
    }

    #[test]
    fn a_part_of_an_event_leaves_room_for_what_is_around_it() {
        let nested = |depth: usize| format!("{}{}", r#"{"a":"#.repeat(depth - 1) + "{", "}".repeat(depth));
        let part = nested(97);
        assert!(RawJson::part(&part).is_ok());
        assert!(RawJson::object(&format!(r#"{{"batch":[{{"properties":{part}}}]}}"#)).is_ok());
        assert!(RawJson::part(&nested(98)).is_err());
        assert!(RawJson::part("[]").is_err());
    }

    #[test]
    fn strings_unescape() {
        let check = |text: &str, answer: &str| {
            assert_eq!(RawJson::parse(text).expect(text).string().as_deref(), Some(answer), "{text}");
        };
        check(r#""plain é""#, "plain é");
        check(r#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t");
        check(r#""\u00e9\u0041""#, "éA");
        check(r#""\ud83d\ude00!""#, "😀!");
        check(r#""\ud83d!""#, "\u{fffd}!");
        check(r#""\ud83d\u0041""#, "\u{fffd}A");
        check(r#""\ude00""#, "\u{fffd}");
        assert_eq!(RawJson::parse("1").expect("valid").string(), None);
    }

    #[test]
    fn members_and_items_come_as_raw_text_in_order() {
        let object = RawJson::object(r#"{ "a" : [1, {"b":2}] , "c\n":"x", "a":3 }"#).expect("valid");
        let members: Vec<_> = object.members().map(|(key, value)| (key, value.text())).collect();
        assert_eq!(members, [("a", r#"[1, {"b":2}]"#), (r"c\n", r#""x""#), ("a", "3")]);
        assert_eq!(object.get("a").map(RawJson::text), Some("3"), "the last of equal keys wins");
        let items: Vec<_> =
            RawJson::parse("[ 1 ,[2],\"3\"]").expect("valid").items().map(RawJson::text).collect();
        assert_eq!(items, ["1", "[2]", "\"3\""]);
        assert_eq!(RawJson::parse("[]").expect("valid").items().count(), 0);
        assert!(RawJson::EMPTY.is_empty());
    }

    #[test]
    fn whole_numbers_only() {
        let check = |text: &str, answer: Option<u64>| {
            assert_eq!(RawJson::parse(text).expect(text).whole_number(), answer, "{text}");
        };
        check("0", Some(0));
        check("9007199254740993", Some(9_007_199_254_740_993));
        check("-1", None);
        check("1.0", None);
        check("1e3", None);
        check("\"1\"", None);
    }

    proptest! {
        /// The independent engine is `serde_json`: both must agree on what is JSON.
        #[test]
        fn agrees_with_serde_on_what_is_json(text in r#"[\[\]{}",:0-9a-z\\ \-.eEu+]{0,24}"#) {
            let ours = RawJson::parse(&text).is_ok();
            let theirs = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
            prop_assert_eq!(ours, theirs, "{}", text);
        }

        #[test]
        fn written_strings_read_back_in_serde_and_here(text in any::<String>()) {
            let mut out = Vec::new();
            write_string(&mut out, &text);
            let written = String::from_utf8(out).expect("utf-8");
            prop_assert_eq!(&serde_json::from_str::<String>(&written).expect("serde reads it"), &text);
            prop_assert_eq!(RawJson::parse(&written).expect("valid").string().expect("a string"), text);
        }

        #[test]
        fn written_numbers_read_back(number in any::<u64>()) {
            let mut out = Vec::new();
            write_number(&mut out, number);
            prop_assert_eq!(String::from_utf8(out).expect("digits"), number.to_string());
        }
    }
}

//! Why a text is not JSON.

use core::fmt;

/// Where and why a text is not the JSON that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} at byte {at} of the JSON text")]
pub struct JsonError {
    /// Byte offset into the text.
    pub at: usize,
    /// What should have stood there.
    pub expected: Expected,
}

/// What should have stood where a text is no JSON. A browser, which tells the place alone, does not load the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "`as_str` has the words")]
pub enum Expected {
    Value,
    Object,
    String,
    Colon,
    CommaOrBrace,
    CommaOrBracket,
    Quote,
    Escape,
    HexDigits,
    Digit,
    LessNesting,
    End,
}

impl Expected {
    /// The words for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Value => "a value",
            Self::Object => "an object",
            Self::String => "a string",
            Self::Colon => "a colon",
            Self::CommaOrBrace => "a comma or a closing brace",
            Self::CommaOrBracket => "a comma or a closing bracket",
            Self::Quote => "a closing quote or an escaped control character",
            Self::Escape => "an escape character",
            Self::HexDigits => "four hex digits",
            Self::Digit => "a digit",
            Self::LessNesting => "less nesting",
            Self::End => "the end",
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

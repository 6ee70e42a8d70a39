//! Message ids in 17 bytes.

use super::interner::Interner;

/// A message id: the 16 bytes of a UUID in one of its two usual spellings, else the number of an interned text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) bits: u128,
    pub(crate) form: Form,
}

/// How the text of a message id is made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Form {
    /// 32 lowercase digits with four hyphens.
    Hyphenated,
    /// 32 lowercase digits.
    Plain,
    /// Anything else.
    Other,
}

impl Message {
    /// The UUID in this text; `None` when it is spelled in any other way.
    pub(crate) fn uuid(text: &str) -> Option<Self> {
        let form = match text.len() {
            36 => Form::Hyphenated,
            32 => Form::Plain,
            _ => return None,
        };
        let mut bits = 0_u128;
        for (at, &byte) in text.as_bytes().iter().enumerate() {
            let digit = match byte {
                b'0'..=b'9' => byte - b'0',
                b'a'..=b'f' => byte - b'a' + 10,
                b'-' if form == Form::Hyphenated && matches!(at, 8 | 13 | 18 | 23) => continue,
                _ => return None,
            };
            if form == Form::Hyphenated && matches!(at, 8 | 13 | 18 | 23) {
                return None;
            }
            bits = bits << 4 | u128::from(digit);
        }
        Some(Self { bits, form })
    }

    /// Appends the text.
    pub(crate) fn write(self, others: &Interner, out: &mut String) {
        if self.form == Form::Other {
            out.push_str(others.text(self.bits as u32).unwrap_or_default());
            return;
        }
        // Written for every event, so without the formatting machinery.
        let digit = |at: usize| char::from(b"0123456789abcdef"[(self.bits >> (124 - at * 4)) as usize & 15]);
        for at in 0..32 {
            if self.form == Form::Hyphenated && matches!(at, 8 | 12 | 16 | 20) {
                out.push('-');
            }
            out.push(digit(at));
        }
    }

    /// The order of the texts.
    pub(crate) fn order(self, other: Self, others: &Interner) -> std::cmp::Ordering {
        if self.form == other.form && self.form != Form::Other {
            return self.bits.cmp(&other.bits);
        }
        let (mut a, mut b) = (String::new(), String::new());
        self.write(others, &mut a);
        other.write(others, &mut b);
        a.cmp(&b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(others: &mut Interner, text: &str) -> Message {
        Message::uuid(text)
            .unwrap_or_else(|| Message { bits: u128::from(others.number(text)), form: Form::Other })
    }

    const TEXTS: [&str; 8] = [
        "0190163d-8694-739b-aea5-966c26f8ad91",
        "0190163d-8694-739b-aea5-966c26f8ad90",
        "0190163d8694739baea5966c26f8ad91",
        "0190163D-8694-739b-aea5-966c26f8ad91",
        "0190163d8694-739b-aea5-966c26f8ad91-",
        "node-next-1700000000000-0190163d",
        "a",
        "z",
    ];

    #[test]
    fn every_text_comes_back_as_it_was() {
        let mut others = Interner::default();
        for text in TEXTS {
            let mut out = String::new();
            message(&mut others, text).write(&others, &mut out);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn messages_order_as_their_texts_do() {
        let mut others = Interner::default();
        for a in TEXTS {
            for b in TEXTS {
                let (left, right) = (message(&mut others, a), message(&mut others, b));
                assert_eq!(left.order(right, &others), a.cmp(b), "{a} and {b}");
            }
        }
    }
}

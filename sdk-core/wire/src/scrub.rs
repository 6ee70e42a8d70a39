//! What must not be recorded by accident: e-mail addresses, payment card numbers and US social security numbers.

use alloc::{string::String, vec::Vec};

use crate::json::{NO_HEX, Sink, byte, cut, hex, string_end};

/// Copies a JSON text to `out`, with `[email]`, `[card]` or `[ssn]` for what its string values tell of a person.
///
/// Events that a page records by itself carry texts which nobody chose: URLs, titles, labels. This runs over each
/// of them before it is kept anywhere. It is a net, not a promise, and its meshes are:
///
/// * **E-mail address**: letters, digits, `.`, `_`, `+`, `-` and everything outside ASCII, an `@`, and a domain
///   with a dot whose last label has two characters and begins with a letter. (`logo@2x.png` is one too.)
/// * **Card number**: digits that pass the Luhn check, with the first two digits and the length of a card that is
///   issued (16 digits from 22 to 27 or 30 to 69; 14 or 15 digits for Diners and American Express; up to 19), in
///   one piece or in groups: four digits, then groups of three to six after one space, `-` or `+`. Thirteen digits
///   count in groups alone: in one piece they are times, barcodes and phone numbers. So do 14 and 15 digits after
///   a `+`. Letters and `_` next to the digits make an id of them, and so does a decimal point: UUIDs stay. One in
///   ten numbers passes the check by chance, so one in ten 16-digit order numbers within those ranges is lost.
/// * **Social security number**: `ddd-dd-dddd` as issued (no 000, 666 or 900 and more, no 00, no 0000) that is no
///   part of a longer number.
///
/// Escapes (`\u0040`) and percent-encoding (`%40`, `%2540`) are read through. Member names, and numbers that are
/// no cards, stay as they are, byte for byte; a bare number that is a card becomes the string `"[card]"`. What was
/// well formed stays well formed; anything else is copied as well as it goes.
///
/// ```
/// let mut out = Vec::new();
/// holloway_wire::scrub(r#"{"url":"/done?to=ann%40example.com&n=1","id":4111111111111111}"#, &mut out);
/// assert_eq!(out, br#"{"url":"/done?to=[email]&n=1","id":"[card]"}"#);
/// ```
pub fn scrub(json: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(scrubbed(json).as_bytes());
}

/// The same, as a text of its own.
pub fn scrubbed(json: &str) -> String {
    let mut out = String::new();
    let (mut at, mut copied) = (0, 0);
    let mut is_string = false;
    // The two units before `at`: what stands left of a number tells whether it is part of a longer one.
    let (mut before, mut last) = (0_u8, 0_u8);
    while at < json.len() {
        let mut next = at;
        let unit = unit(json, &mut next);
        let (mut end, mut word) = (0, "[email]");
        // An escaped quote is read as a space.
        if byte(json, at) == b'"' {
            is_string = !is_string;
            if is_string {
                let close = string_end(json, next);
                if is_before_colon(json, close) {
                    // A member's name.
                    (next, is_string) = (close, false);
                }
            }
        } else if is_string && is_local(unit) && !is_local(last) {
            end = email(json, at);
        }
        if end == 0
            && unit.is_ascii_digit()
            && !is_word(last)
            && (is_string || last != b'-' && last != b'+')
            && !(last == b'.' && before.is_ascii_digit())
        {
            let is_part = last == b'-' && before.is_ascii_digit();
            (end, word) = number(json, at, last == b'+', is_part);
            if !is_string && word == CARD {
                word = "\"[card]\"";
            }
        }
        (before, last) = (last, unit);
        if end > 0 {
            out.put(cut(json, copied, at));
            out.put(word);
            (next, copied, last) = (end, end, b']');
        }
        at = next;
    }
    out.put(cut(json, copied, json.len()));
    out
}

const CARD: &str = "[card]";

fn is_before_colon(text: &str, mut at: usize) -> bool {
    while cfg!(feature = "any-json") && matches!(byte(text, at), b' ' | b'\t' | b'\n' | b'\r') {
        at += 1;
    }
    byte(text, at) == b':'
}

/// What stands at a position, escapes and percent-encoding resolved, and `at` moves behind it. Every character
/// outside ASCII is some bytes from 0x80 on; every short escape is a space; behind the end is 0.
fn unit(text: &str, at: &mut usize) -> u8 {
    let first = byte(text, *at);
    *at += 1;
    let count = match first {
        b'%' => {
            while hex(text, *at, 2) == 0x25 {
                *at += 2;
            }
            2
        }
        b'\\' => {
            *at += 1;
            if byte(text, *at - 1) != b'u' {
                return b' ';
            }
            4
        }
        _ => return first,
    };
    match hex(text, *at, count) {
        // No escape after all, or a percent sign (`%25`).
        NO_HEX.. => b' ',
        code => {
            *at += count;
            code.min(0xff) as u8
        }
    }
}

/// May stand before the `@`.
fn is_local(unit: u8) -> bool {
    is_word(unit) || unit >= 0x80 || unit == b'.' || unit == b'+' || unit == b'-'
}

/// Makes an id of the digits next to it.
fn is_word(unit: u8) -> bool {
    unit.is_ascii_alphanumeric() || unit == b'_'
}

/// Where an address that begins here ends; 0 where none does.
fn email(text: &str, mut at: usize) -> usize {
    let (mut end, mut is_name, mut label) = (0, false, 0);
    // 1 in the domain's first label.
    let mut level = 0;
    loop {
        let unit = unit(text, &mut at);
        let is_dot = unit == b'.';
        if level == 0 && unit == b'@' || level > 0 && is_dot && label > 0 {
            (level, label) = (level + 1, 0);
            continue;
        }
        if !is_local(unit) || level > 0 && (is_dot || unit == b'+' || unit == b'_') {
            return end;
        }
        if label == 0 {
            // Neither a digit nor `-`.
            is_name = unit > b'9';
        }
        label += 1;
        if level > 1 && is_name && label > 1 {
            end = at;
        }
    }
}

/// Where the longest card number, or the social security number, that begins here ends, and which it is; 0 where
/// none does.
fn number(text: &str, mut at: usize, has_plus: bool, is_part: bool) -> (usize, &'static str) {
    let mut end = 0;
    let (mut digits, mut head) = (0, 0);
    // The Luhn sum, and what it is when one more digit follows.
    let (mut sum, mut longer_sum) = (0, 0);
    // The lengths of the groups, four bits each.
    let mut shape = 0_u32;
    let (mut group, mut value) = (0, 0_u32);
    let (mut is_dashed, mut is_card, mut is_social) = (true, true, true);
    loop {
        let mut after = at;
        let unit = unit(text, &mut after);
        if unit.is_ascii_digit() {
            if digits == 19 {
                break;
            }
            let digit = u32::from(unit - b'0');
            digits += 1;
            group += 1;
            value = value.wrapping_mul(10) + digit;
            if digits == 2 {
                head = value;
            }
            (sum, longer_sum) = (longer_sum + digit, sum + digit * 2 - if digit > 4 { 9 } else { 0 });
        } else {
            let is_grouped = shape > 0;
            shape = shape << 4 | group;
            // No part of it is zero, and some areas were never given to people.
            is_social &= value != 0 && (is_grouped || value != 666 && value < 900);
            if is_grouped {
                is_card &= 2 < group && group < 7;
            }
            let goes_on = self::unit(text, &mut { after }).is_ascii_digit();
            if !(is_word(unit) || unit == b'.' && goes_on) {
                let is_whole = !(is_part || unit == b'-' && goes_on);
                if shape == 0x324 && is_dashed && is_whole && is_social {
                    return (at, "[ssn]");
                }
                if is_card && sum % 10 == 0 && is_issued(head, digits, is_grouped, has_plus) {
                    end = at;
                }
            }
            if !is_grouped {
                is_card &= group == 4;
            }
            is_dashed &= unit == b'-';
            if !(2..=6).contains(&group) || !(unit == b' ' || unit == b'-' || unit == b'+') {
                break;
            }
            (group, value) = (0, 0);
        }
        at = after;
    }
    (end, CARD)
}

/// Whether cards of so many digits begin so.
fn is_issued(head: u32, digits: u32, is_grouped: bool, has_plus: bool) -> bool {
    let is_length = match digits {
        13 => is_grouped && head > 39,
        14 => !has_plus && matches!(head, 30 | 36 | 38 | 39),
        15 => !has_plus && matches!(head, 34 | 37),
        16 => head > 21 && !matches!(head, 28 | 29),
        _ => digits > 16 && (head == 35 || head > 39),
    };
    is_length && head < 70
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_tells_of_a_person_goes_and_the_rest_stays() {
        let check = |case: &str, json: &str, answer: &str| assert_eq!(scrubbed(json), answer, "{case}");
        let stays = |case: &str, json: &str| check(case, json, json);

        check("an address", r#"{"a":"ann@example.com"}"#, r#"{"a":"[email]"}"#);
        check("within a sentence", r#"["Mail ann.b+x@mail.example.com."]"#, r#"["Mail [email]."]"#);
        check("two", r#"["a@x.com, b-c@y.co.uk"]"#, r#"["[email], [email]"]"#);
        check("between brackets", r#"["Ann <ann@x.com>"]"#, r#"["Ann <[email]>"]"#);
        check("in a link", r#"["mailto:ann@x.com?subject=hi"]"#, r#"["mailto:[email]?subject=hi"]"#);
        check("in a query", r#"["/a?to=ann@x.com&n=1"]"#, r#"["/a?to=[email]&n=1"]"#);
        check("percent-encoded", r#"["?to=ann%40x.com&n=1"]"#, r#"["?to=[email]&n=1"]"#);
        check("encoded twice", r#"["?u=%3Fto%3Dann%2540x%2Ecom%26n"]"#, r#"["?u=%3Fto%3D[email]%26n"]"#);
        check("escaped at sign", r#"["ann\u0040x.com"]"#, r#"["[email]"]"#);
        check("escaped letters", r#"["\u0061nn@x.c\u006Fm!"]"#, r#"["[email]!"]"#);
        check("after a line feed", r#"["to:\nann@x.com\tnow"]"#, r#"["to:\n[email]\tnow"]"#);
        check("between escaped quotes", r#"["say \"ann@x.com\""]"#, r#"["say \"[email]\""]"#);
        check("behind a backslash", r#"["\\ann@x.com\\"]"#, r#"["\\[email]\\"]"#);
        check("of letters outside ASCII", r#"["für jörg@müller.de"]"#, r#"["für [email]"]"#);
        check("of escaped letters outside ASCII", r#"["j\u00f6rg@m\u00fcller.de"]"#, r#"["[email]"]"#);
        check("before an emoji", r#"["a@x.com 😀"]"#, r#"["[email] 😀"]"#);
        check("with a password", r#"["ftp://ann:pw@x.com/"]"#, r#"["ftp://ann:[email]/"]"#);
        check("an image of double density is taken for one", r#"["/logo@2x.png"]"#, r#"["/[email]"]"#);
        stays("no dot in the domain", r#"["ann@localhost", "a@b."]"#);
        stays("a version", r#"["/npm/react@18.2.0/index.js"]"#);
        stays("a place on a map", r#"["/maps/@52.52,13.40,15z"]"#);
        stays("a name in a path", r#"["https://x.com/@ann/post.html"]"#);
        stays("a domain whose last label is one letter", r#"["ann@x.c"]"#);
        stays("an at sign alone", r#"["@", "a@", "@b.com", "a @ b.com", "a@@b.com", "%40"]"#);

        check("sixteen digits", r#"["4111111111111111"]"#, r#"["[card]"]"#);
        check("in groups", r#"["4111 1111 1111 1111"]"#, r#"["[card]"]"#);
        check("dashes", r#"["pay 5555-5555-5555-4444!"]"#, r#"["pay [card]!"]"#);
        check("American Express", r#"["378282246310005 3714 496353 98431"]"#, r#"["[card] [card]"]"#);
        check("Diners", r#"["30569309025904, 3852 000002 3237"]"#, r#"["[card], [card]"]"#);
        check("thirteen in groups", r#"["4222 222 222 222"]"#, r#"["[card]"]"#);
        check("nineteen", r#"["6205500000000000004"]"#, r#"["[card]"]"#);
        check("a range of its own", r#"["2223003122003222"]"#, r#"["[card]"]"#);
        check("its code behind it", r#"["4111 1111 1111 1111 123"]"#, r#"["[card] 123"]"#);
        check("its year behind it", r#"["4111 1111 1111 1111 2027"]"#, r#"["[card] 2027"]"#);
        check("a number before it", r#"["2 4111 1111 1111 1111"]"#, r#"["2 [card]"]"#);
        check("form-encoded", r#"["q=my+4111+1111+1111+1111"]"#, r#"["q=my+[card]"]"#);
        check("percent-encoded", r#"["c=4111%201111%201111%201111&"]"#, r#"["c=[card]&"]"#);
        check("escaped digits", r#"["\u0034111111111111111"]"#, r#"["[card]"]"#);
        check("at the end of a sentence", r#"["No.4111111111111111."]"#, r#"["No.[card]."]"#);
        check("letters outside ASCII around it", r#"["卡4111111111111111号"]"#, r#"["卡[card]号"]"#);
        stays("one digit off", r#"["4111111111111112", "4111 1111 1111 1112"]"#);
        stays("too short and too long", r#"["411111111111", "41111111111111111111"]"#);
        stays("thirteen in one piece", r#"["4222222222222"]"#);
        stays("milliseconds, microseconds", r#"["1790000000003", "1790000000000005"]"#);
        stays("a time written out", r#"["20261124152737", "2026-11-24T15:27:37.123Z"]"#);
        stays("a version 4 uuid", r#"["550e8400-e29b-41d4-a716-446655440000"]"#);
        stays("a uuid of digits", r#"["41111111-1111-4111-8111-111111111111"]"#);
        stays("a uuid with a tail like a card", r#"["0000000e-0000-4000-8234-111111111117"]"#);
        stays("hex", r#"["a4111111111111111", "4111111111111111f"]"#);
        stays("an id with underscores", r#"["ord_4111111111111111", "4111111111111111_1"]"#);
        stays("a fraction", r#"["0.4111111111111111", "4111111111111111.25"]"#);
        stays("phone numbers", r#"["+4915123456785", "+1 (415) 555-2671", "0049 151 2345 6789"]"#);
        stays("a phone number of 15 digits", r#"["+378282246310005"]"#);
        stays("order numbers", r#"["302-1234567-1234567", "112-3333333-4444444"]"#);
        stays("groups unlike a card's", r#"["41 11 11 11 11 11 11 11", "4111  1111 1111 1111"]"#);

        check("a security number", r#"["123-45-6789"]"#, r#"["[ssn]"]"#);
        check("within a sentence", r#"["SSN: 856-45-6789."]"#, r#"["SSN: [ssn]."]"#);
        check("percent-encoded", r#"["?s=123%2D45%2d6789"]"#, r#"["?s=[ssn]"]"#);
        stays("areas never issued", r#"["000-12-3456", "666-12-3456", "900-12-3456"]"#);
        stays("parts never issued", r#"["123-00-4567", "123-45-0000"]"#);
        stays("part of something longer", r#"["1-123-45-6789", "123-45-67890", "123-45-6789-0"]"#);
        stays("next to letters", r#"["a123-45-6789", "123-45-6789x"]"#);
        stays("a phone number", r#"["123-456-7890"]"#);

        check("a bare number", r#"{"n":4111111111111111}"#, r#"{"n":"[card]"}"#);
        check("bare, among others", "[1,4111111111111111 ,2]", r#"[1,"[card]" ,2]"#);
        stays("bare numbers that are none", "[-4111111111111111,0.4111111111111111,4111111111111111.5]");
        stays("bare numbers with an exponent", "[4111111111111111e2,1e4111111111111111,1E+4111111111111111]");
        stays("bare milliseconds", r#"{"at":1790000000003}"#);
        stays("member names", r#"{"ann@x.com" : 1,"4111111111111111":{"123-45-6789":""}}"#);
        check("values beside names", r#"{"a@x.com":"b@x.com","c":"d@x.com"}"#, {
            r#"{"a@x.com":"[email]","c":"[email]"}"#
        });
        check("nested", r#"{"a":[{"b":"a@x.com"}],"c":{"d":"ok"}}"#, {
            r#"{"a":[{"b":"[email]"}],"c":{"d":"ok"}}"#
        });
        stays("nothing to find", r#" {"a" : [1.10, true, null, "x\u00e9\n\"", "100%", "5%2"]} "#);
        stays("nothing", "");

        check("cut within a value", r#"{"a":"ann@x.com"#, r#"{"a":"[email]"#);
        stays("cut within an escape", r#"["a\"#);
        stays("cut within a unicode escape", r#"["a\u00"#);
        stays("cut within percent-encoding", r#"["a%4"#);
        stays("cut within a name", r#"{"a"#);
        check("broken escapes", r#"["\u00zz\x a@x.com"]"#, r#"["\u00zz\x [email]"]"#);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let text = r#"[ -~\n"\\é😀]{0,12}|[0-9 .@a-c+%_-]{0,24}|[a-c]{1,3}(@|%40)[a-c]{1,3}\.com"#;
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            text.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((text, inner), 0..4).prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    /// Names and everything that is neither text nor a card are equal; a text without a digit or an `@` too.
    fn is_like(before: &Value, after: &Value) -> bool {
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => {
                before.len() == after.len()
                    && before.iter().zip(after).all(|((b, x), (a, y))| a == b && is_like(x, y))
            }
            (Value::Array(before), Value::Array(after)) => {
                before.len() == after.len() && before.iter().zip(after).all(|(x, y)| is_like(x, y))
            }
            (Value::String(before), Value::String(after)) => {
                before == after || before.contains(|c: char| c.is_ascii_digit() || c == '@')
            }
            (Value::Number(_), Value::String(after)) => after == "[card]",
            _ => before == after,
        }
    }

    proptest! {
        #[test]
        fn json_stays_json_of_the_same_shape(value in any_json(), cut in any::<prop::sample::Index>()) {
            let json = value.to_string();
            let out = scrubbed(&json);
            let after: Value = serde_json::from_str(&out).expect("still JSON");
            prop_assert!(is_like(&serde_json::from_str(&json).expect("as written"), &after), "{} {}", json, out);
            prop_assert_eq!(scrubbed(&out), out, "a second time changes nothing");
            let mut end = cut.index(json.len());
            while !json.is_char_boundary(end) {
                end -= 1;
            }
            scrubbed(&json[..end]);
        }

        #[test]
        fn anything_is_passed_through_without_a_panic(text in r#"[\\"u%0-9a-f@.:+é -]{0,40}"#) {
            let out = scrubbed(&text);
            if serde_json::from_str::<Value>(&text).is_ok() {
                prop_assert!(serde_json::from_str::<Value>(&out).is_ok(), "{} became {}", text, out);
            }
        }

        #[test]
        fn no_address_or_card_survives_its_surroundings(
            before in any::<String>(),
            after in any::<String>(),
            gap in r#"[ ,;:/?=&<>()\n"]"#,
        ) {
            let planted = |secret: &str| {
                let json = Value::from(format!("{before}{gap}{secret}{gap}{after}")).to_string();
                scrubbed(&json).contains(secret)
            };
            prop_assume!(!before.contains("ann") && !after.contains("ann"));
            prop_assert!(!planted("ann@example.com"));
            prop_assert!(!planted("4111111111111111"));
            prop_assert!(!planted("123-45-6789"));
        }
    }
}

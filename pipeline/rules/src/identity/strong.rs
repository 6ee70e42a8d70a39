//! E-mail addresses and phone numbers as ids: normalised, then hashed, so that no table holds them in the clear.

use holloway_wire::{hex, stable_hash128};

/// The id of an e-mail address: trimmed, in lower case. `None` when it is none.
pub fn email(text: &str) -> Option<String> {
    let address = text.trim().to_ascii_lowercase();
    let (name, host) = address.split_once('@')?;
    let is_address = !name.is_empty() && host.contains('.') && !address.contains(char::is_whitespace);
    is_address.then(|| hex(&stable_hash128(&[b"email", address.as_bytes()])))
}

/// The id of a phone number: its digits, with a leading plus when it has one. `None` with fewer than seven digits.
pub fn phone(text: &str) -> Option<String> {
    let trimmed = text.trim();
    let mut number = String::from(if trimmed.starts_with('+') { "+" } else { "" });
    let sign = number.len();
    number.extend(trimmed.chars().filter(char::is_ascii_digit));
    (number.len() - sign >= 7).then(|| hex(&stable_hash128(&[b"phone", number.as_bytes()])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_are_one_id() {
        assert_eq!(email(" Ada@Example.com "), email("ada@example.com"));
        assert_ne!(email("ada@example.com"), email("bob@example.com"));
        for text in ["", "ada", "@example.com", "ada@host", "ada lovelace@example.com"] {
            assert_eq!(email(text), None, "{text}");
        }
    }

    #[test]
    fn spellings_of_one_number_are_one_id() {
        assert_eq!(phone("+44 20 7946-0958"), phone("+442079460958"));
        assert_ne!(phone("+442079460958"), phone("442079460958"));
        assert_eq!(phone("12-34"), None);
    }
}

//! One pass over bytes that finds where a value ends, or where it is ill formed.

use super::{Expected, token::byte};

/// A position in a text.
pub(super) struct Scanner<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// At most 126.
    pub(super) depth_max: usize,
}

impl Scanner<'_> {
    /// Passes one value; stops at the first byte that cannot be.
    pub(super) fn value(&mut self) -> Result<(), Expected> {
        // The open objects (1) and arrays (0), the innermost lowest, above them a 1 that only moves up.
        const NONE: u128 = 1;
        let full = NONE << self.depth_max;
        let mut open = NONE;
        loop {
            let byte = self.peek();
            let mut is_done = true;
            match byte {
                b'{' | b'[' => {
                    if open >= full {
                        return Err(Expected::LessNesting);
                    }
                    open = open << 1 | u128::from(byte == b'{');
                    self.skip();
                    is_done = self.takes(byte + 2);
                    if is_done {
                        open >>= 1;
                    } else if byte == b'{' {
                        self.key()?;
                    }
                }
                b'"' => self.string()?,
                b't' => self.word("true")?,
                b'f' => self.word("false")?,
                b'n' => self.word("null")?,
                _ => self.number()?,
            }
            while is_done {
                if open == NONE {
                    return Ok(());
                }
                self.space();
                let is_object = open & 1 == 1;
                if self.takes(b',') {
                    is_done = false;
                    self.space();
                    if is_object {
                        self.key()?;
                    }
                } else if self.takes(if is_object { b'}' } else { b']' }) {
                    open >>= 1;
                } else {
                    return Err(if is_object { Expected::CommaOrBrace } else { Expected::CommaOrBracket });
                }
            }
        }
    }

    /// Passes a key and the colon behind it.
    fn key(&mut self) -> Result<(), Expected> {
        self.string()?;
        self.space();
        if self.peek() != b':' {
            return Err(Expected::Colon);
        }
        self.skip();
        Ok(())
    }

    fn string(&mut self) -> Result<(), Expected> {
        if !self.takes(b'"') {
            return Err(Expected::String);
        }
        loop {
            match self.peek() {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => self.escape()?,
                0..=0x1f => return Err(Expected::Quote),
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), Expected> {
        self.at += 1;
        match self.peek() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
            b'u' => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.peek().is_ascii_hexdigit() {
                        return Err(Expected::HexDigits);
                    }
                    self.at += 1;
                }
            }
            _ => return Err(Expected::Escape),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Expected> {
        let is_negative = self.takes(b'-');
        if !self.takes(b'0') {
            self.digits().map_err(|digit| if is_negative { digit } else { Expected::Value })?;
        }
        if self.takes(b'.') {
            self.digits()?;
        }
        if self.takes(b'e') || self.takes(b'E') {
            let _ = self.takes(b'+') || self.takes(b'-');
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Expected> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == start { Err(Expected::Digit) } else { Ok(()) }
    }

    fn word(&mut self, word: &str) -> Result<(), Expected> {
        if self.text.as_bytes().get(self.at..).unwrap_or_default().starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(())
        } else {
            Err(Expected::Value)
        }
    }

    /// Passes one byte and the white space behind it.
    fn skip(&mut self) {
        self.at += 1;
        self.space();
    }

    pub(super) fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    /// Passes this byte, if it is the next one.
    fn takes(&mut self, byte: u8) -> bool {
        let takes = self.peek() == byte;
        self.at += usize::from(takes);
        takes
    }

    /// The next byte; at the end 0, which no JSON text has.
    fn peek(&self) -> u8 {
        byte(self.text, self.at)
    }
}

//! Texts to dense numbers.

use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Gives each different text a number from 1; 0 stands for no text.
#[derive(Debug)]
pub(crate) struct Interner {
    numbers: FxHashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

impl Default for Interner {
    fn default() -> Self {
        Self { numbers: FxHashMap::default(), texts: vec![Arc::from("")] }
    }
}

impl Interner {
    /// The number of a text.
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = self.texts.len() as u32;
        let text: Arc<str> = Arc::from(text);
        self.texts.push(text.clone());
        self.numbers.insert(text, number);
        number
    }

    /// The number of a text that has one, else 0.
    pub(crate) fn find(&self, text: &str) -> u32 {
        self.numbers.get(text).copied().unwrap_or_default()
    }

    /// The text of a number; `None` for 0.
    pub(crate) fn text(&self, number: u32) -> Option<&str> {
        (number > 0).then(|| &*self.texts[number as usize])
    }

    /// One more than the greatest number.
    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }
}

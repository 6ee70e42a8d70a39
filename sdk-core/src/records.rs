//! Records in a row.

use alloc::vec::Vec;

/// Records one after the other, in one piece of memory and as they stand in a batch: a comma after each.
///
/// ```
/// use holloway_core::Records;
/// let records: Records = ["{}", r#"{"a":1}"#].iter().collect();
/// assert_eq!((records.len(), records.bytes()), (2, 9));
/// assert_eq!(records.iter().last(), Some(&br#"{"a":1}"#[..]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records {
    text: Vec<u8>,
    /// Where the comma after each stands.
    ends: Vec<usize>,
}

impl Records {
    /// Adds a record at the end.
    pub fn push(&mut self, record: &[u8]) {
        self.text.extend_from_slice(record);
        self.ends.push(self.text.len());
        // Not `push`: the growth of a single byte would be in a browser once more.
        self.text.extend_from_slice(b",");
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of all of them.
    pub fn bytes(&self) -> usize {
        self.text.len() - self.ends.len()
    }

    /// One of them.
    pub fn get(&self, at: usize) -> Option<&[u8]> {
        let start = if at > 0 { self.ends.get(at - 1)? + 1 } else { 0 };
        self.text.get(start..*self.ends.get(at)?)
    }

    /// The records, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    /// How many from the front fit into so many bytes of a batch, among the first `most`; at least one, since alone it is
    /// below every limit.
    pub(crate) fn fitting(&self, most: usize, bytes_max: usize) -> usize {
        let mut count = 1;
        while count < most && self.ends.get(count).is_some_and(|end| *end < bytes_max) {
            count += 1;
        }
        count.min(self.len())
    }

    /// So many from the front, as they stand in a batch.
    pub(crate) fn front(&self, count: usize) -> &[u8] {
        let end = count.checked_sub(1).and_then(|last| self.ends.get(last));
        end.map_or(&[], |end| &self.text[..*end])
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for Records {
    fn from_iter<I: IntoIterator<Item = T>>(records: I) -> Self {
        let mut all = Self::default();
        for record in records {
            all.push(record.as_ref());
        }
        all
    }
}

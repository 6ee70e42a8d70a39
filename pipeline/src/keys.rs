//! Which events of a stretch of the log are already there: exact, in 16 bytes an event.
//!
//! The keys of the new events are sorted; a key that occurs twice among them, or in a file of `events`, is remembered.
//! Such keys are few, so the second pass over the log asks two small sets.

use crate::encode::ROW_GROUP_ROWS;
use crate::file::{TableError, TableFile, Texts, strings};
use crate::workers::map_ordered;
use holloway_wire::dedupe_key;
use rustc_hash::FxHashSet;

/// A dedupe key, as a number.
type Key = u128;

/// The events that must not be written.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    present: FxHashSet<Key>,
    repeated: FxHashSet<Key>,
    written: FxHashSet<Key>,
}

impl Repeats {
    /// Finds the repeats among `keys` and between them and the files of `events`.
    pub(crate) fn find(keys: &[[u8; 16]], files: &[TableFile], threads: usize) -> Result<Self, TableError> {
        let mut keys: Vec<Key> = keys.iter().map(|key| u128::from_be_bytes(*key)).collect();
        keys.sort_unstable();
        let repeated = keys.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        let mut repeats = Self { repeated, ..Self::default() };
        if keys.is_empty() {
            return Ok(repeats);
        }
        let groups =
            files.iter().flat_map(|file| (0..file.row_groups().len()).map(move |group| Ok((file, group))));
        let probe = |(file, group): (&TableFile, usize)| present_in(file, group, &keys);
        map_ordered(threads, groups, probe, |found| {
            repeats.present.extend(found);
            Ok(())
        })?;
        Ok(repeats)
    }

    /// True for the first event of a key that is not in the table; asked once for each event, in order.
    pub(crate) fn is_new(&mut self, key: [u8; 16]) -> bool {
        let key = u128::from_be_bytes(key);
        !self.present.contains(&key) && (!self.repeated.contains(&key) || self.written.insert(key))
    }
}

fn present_in(file: &TableFile, group: usize, keys: &[Key]) -> Result<Vec<Key>, TableError> {
    let batch = file.read(group, &["message_id", "write_key"])?;
    let (messages, write_keys) = (strings(&batch, "message_id"), Texts::of(&batch, "write_key"));
    let mut found = Vec::with_capacity(ROW_GROUP_ROWS / 64);
    for row in 0..batch.num_rows() {
        let key = dedupe_key(write_keys.get(row).unwrap_or_default(), messages.value(row));
        let key = u128::from_be_bytes(key);
        if keys.binary_search(&key).is_ok() {
            found.push(key);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_several_is_new() {
        let keys = [[1; 16], [2; 16], [1; 16], [1; 16]];
        let mut repeats = Repeats::find(&keys, &[], 1).unwrap();
        assert_eq!(keys.map(|key| repeats.is_new(key)), [true, true, false, false]);
    }
}

//! One Parquet file of a table: row group by row group, the columns asked for, checked against their checksums.

use crate::encode::{CHECKSUMS, footer_at};
use crate::manifest::FileEntry;
use crate::store::{Store, StoreError};
use crate::tables::{Table, is_unique_text};
use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Int32Type};
use arrow_array::{
    Array, DictionaryArray, Int32Array, PrimitiveArray, RecordBatch, RecordBatchReader, StringArray,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::ParquetMetaDataReader;
use parquet::file::reader::{ChunkReader, Length};
use std::io::Cursor;
use std::ops::Range;
use std::sync::Arc;

/// A failed access to a file of a table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file is not what was written.
    #[error("{file} is corrupt at byte {offset}: {detail}; {remedy}")]
    Corrupt {
        /// Its full name.
        file: String,
        /// The first byte of the part that is wrong.
        offset: u64,
        /// What was found.
        detail: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Rows could not be encoded.
    #[error("cannot encode rows as Parquet: {detail}; this is a bug of holloway, please report it")]
    Encode {
        /// What the encoder said.
        detail: String,
    },
}

/// An open file of a table.
#[derive(Debug)]
pub(crate) struct TableFile {
    store: Store,
    table: Table,
    path: String,
    bytes: u64,
    metadata: ArrowReaderMetadata,
    checksums: Vec<u32>,
}

impl TableFile {
    /// Opens a file: reads and checks its footer.
    pub(crate) fn open(store: &Store, table: Table, entry: &FileEntry) -> Result<Self, TableError> {
        let corrupt = |offset: u64, detail: String| corrupt(store, table, &entry.path, offset, detail);
        let bytes = store.bytes(&entry.path)?;
        if bytes != entry.bytes {
            let detail = format!("expected {} bytes, found {bytes}", entry.bytes);
            return Err(corrupt(bytes.min(entry.bytes), detail));
        }
        let guess = bytes.saturating_sub(64 << 10);
        let mut tail_at = guess;
        let mut tail = read_one(store, &entry.path, guess..bytes)?;
        let length = tail.get(tail.len().saturating_sub(8)..).and_then(|end| end.first_chunk::<4>());
        let footer_bytes = length.map_or(0, |length| u64::from(u32::from_le_bytes(*length)) + 8);
        if footer_bytes > tail.len() as u64 && footer_bytes <= bytes {
            tail_at = bytes - footer_bytes;
            tail = read_one(store, &entry.path, tail_at..bytes)?;
        }
        let Some(footer) = footer_at(&tail) else {
            return Err(corrupt(bytes.saturating_sub(8), "this is not the end of a Parquet file".to_owned()));
        };
        let footer_start = tail_at + footer as u64;
        let footer = tail.slice(footer..);
        if crc32c::crc32c(&footer) != entry.footer_crc32c {
            return Err(corrupt(footer_start, "the footer's checksum is wrong".to_owned()));
        }
        let metadata = ParquetMetaDataReader::decode_metadata(&footer[..footer.len() - 8])
            .map_err(|error| corrupt(footer_start, error.to_string()))?;
        let checksums = metadata
            .file_metadata()
            .key_value_metadata()
            .and_then(|pairs| pairs.iter().find(|pair| pair.key == CHECKSUMS)?.value.as_deref())
            .map(parse_checksums)
            .unwrap_or_default();
        let options = ArrowReaderOptions::new().with_schema(read_schema(table));
        let metadata = ArrowReaderMetadata::try_new(Arc::new(metadata), options)
            .map_err(|error| corrupt(footer_start, error.to_string()))?;
        Ok(Self { store: store.clone(), table, path: entry.path.clone(), bytes, metadata, checksums })
    }

    /// Rows of each row group.
    pub(crate) fn row_groups(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.metadata.metadata().row_groups().iter().map(|group| group.num_rows() as usize)
    }

    /// Some columns of a row group.
    pub(crate) fn read(&self, group: usize, columns: &[&str]) -> Result<RecordBatch, TableError> {
        let schema = self.table.schema();
        let roots: Vec<usize> = columns
            .iter()
            .map(|name| schema.index_of(name).expect("the column is one of the table's"))
            .collect();
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), roots);
        let meta = self.metadata.metadata().row_group(group);
        let leaves: Vec<usize> = (0..meta.num_columns()).filter(|&leaf| mask.leaf_included(leaf)).collect();
        let ranges: Vec<Range<u64>> = leaves
            .iter()
            .map(|&leaf| {
                let (start, length) = meta.column(leaf).byte_range();
                start..start + length
            })
            .collect();
        let parts = self.store.get_ranges(&self.path, &ranges)?;
        for ((leaf, range), part) in leaves.iter().zip(&ranges).zip(&parts) {
            let expected = self.checksums.get(group * meta.num_columns() + leaf);
            if expected.is_some_and(|&sum| sum != crc32c::crc32c(part)) {
                let name = meta.column(*leaf).column_path().string();
                return Err(self.corrupt(range.start, format!("the checksum of column {name} is wrong")));
            }
        }
        let start = ranges.first().map_or(0, |range| range.start);
        let parts = ranges.iter().map(|range| range.start).zip(parts).collect();
        self.decode(group, mask, parts).map_err(|error| self.corrupt(start, error))
    }

    fn decode(
        &self,
        group: usize,
        mask: ProjectionMask,
        parts: Vec<(u64, Bytes)>,
    ) -> Result<RecordBatch, String> {
        let rows = self.metadata.metadata().row_group(group).num_rows() as usize;
        let parts = Parts { bytes: self.bytes, parts };
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(parts, self.metadata.clone())
            .with_projection(mask)
            .with_row_groups(vec![group])
            .with_batch_size(rows.max(1))
            .build()
            .map_err(|error| error.to_string())?;
        let schema = reader.schema();
        let batches = reader.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
        match <[RecordBatch; 1]>::try_from(batches) {
            Ok([batch]) => Ok(batch),
            Err(batches) => concat_batches(&schema, &batches).map_err(|error| error.to_string()),
        }
    }

    fn corrupt(&self, offset: u64, detail: String) -> TableError {
        corrupt(&self.store, self.table, &self.path, offset, detail)
    }
}

/// A column of repeated text: numbers into a list of values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Texts<'a> {
    pub(crate) keys: &'a Int32Array,
    pub(crate) values: &'a StringArray,
}

impl<'a> Texts<'a> {
    /// The column of this name; it must be one that [`TableFile::read`] was asked for.
    pub(crate) fn of(batch: &'a RecordBatch, name: &str) -> Self {
        let array: &DictionaryArray<Int32Type> = column(batch, name).as_dictionary();
        Self { keys: array.keys(), values: array.values().as_string() }
    }

    pub(crate) fn get(&self, row: usize) -> Option<&'a str> {
        self.get_key(row).map(|key| self.values.value(key))
    }

    /// The position of the value in the list.
    pub(crate) fn get_key(&self, row: usize) -> Option<usize> {
        self.keys.is_valid(row).then(|| self.keys.value(row) as usize)
    }
}

/// A column of text that seldom repeats.
pub(crate) fn strings<'a>(batch: &'a RecordBatch, name: &str) -> &'a StringArray {
    column(batch, name).as_string()
}

/// A column of numbers or times.
pub(crate) fn numbers<'a, T: ArrowPrimitiveType>(
    batch: &'a RecordBatch,
    name: &str,
) -> &'a PrimitiveArray<T> {
    column(batch, name).as_primitive()
}

/// A column by name.
pub(crate) fn column<'a>(batch: &'a RecordBatch, name: &str) -> &'a dyn Array {
    batch.column_by_name(name).expect("the column was asked for")
}

/// The table's schema with repeated text as dictionaries.
fn read_schema(table: Table) -> SchemaRef {
    let schema = table.schema();
    let fields = schema.fields().iter().map(|field| {
        if field.data_type() == &DataType::Utf8 && !is_unique_text(table, field.name()) {
            let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            Arc::new(Field::new(field.name(), kind, field.is_nullable()))
        } else {
            field.clone()
        }
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn parse_checksums(text: &str) -> Vec<u32> {
    text.as_bytes()
        .chunks(8)
        .filter_map(|digits| u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok())
        .collect()
}

fn read_one(store: &Store, path: &str, range: Range<u64>) -> Result<Bytes, StoreError> {
    if range.is_empty() {
        return Ok(Bytes::new());
    }
    Ok(store.get_ranges(path, &[range])?.into_iter().next().unwrap_or_default())
}

fn corrupt(store: &Store, table: Table, path: &str, offset: u64, detail: String) -> TableError {
    let remedy = if table == Table::Events {
        "move tables/ aside and derive again: the log still has every event"
    } else {
        "derive again with --full: this table is made from the events"
    };
    TableError::Corrupt { file: store.describe(path), offset, detail, remedy }
}

/// The fetched parts of a file, as Parquet's reader wants them.
#[derive(Debug)]
struct Parts {
    bytes: u64,
    parts: Vec<(u64, Bytes)>,
}

impl Parts {
    fn from(&self, start: u64) -> ParquetResult<Bytes> {
        let part = self.parts.iter().find(|(at, part)| (*at..*at + part.len() as u64).contains(&start));
        let (at, part) =
            part.ok_or_else(|| ParquetError::General(format!("a page points to byte {start}")))?;
        Ok(part.slice((start - at) as usize..))
    }
}

impl Length for Parts {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for Parts {
    type T = Cursor<Bytes>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(Cursor::new(self.from(start)?))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let part = self.from(start)?;
        if part.len() < length {
            return Err(ParquetError::EOF(format!("a page at byte {start} is longer than its column")));
        }
        Ok(part.slice(..length))
    }
}

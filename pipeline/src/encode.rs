//! Rows to Parquet: zstd-1, one checksum a column chunk.
//!
//! Parquet pages have no checksum of their own that every writer and reader knows, and zstd frames are written without
//! one. So each file carries, under the key [`CHECKSUMS`], the CRC32C of each of its column chunks in order of row
//! group and column, and the manifest carries the CRC32C of the footer.

use crate::file::TableError;
use crate::manifest::FileEntry;
use crate::tables::{Table, is_unique_text};
use arrow_array::RecordBatch;
use arrow_schema::DataType;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, RowGroupMetaData};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;

/// The key of the checksums in a file's metadata.
pub(crate) const CHECKSUMS: &str = "holloway.crc32c";

/// Rows of a row group: what one worker holds at a time.
pub(crate) const ROW_GROUP_ROWS: usize = 1 << 17;

/// Bytes after which a file is closed and the next one begun; a file is built in memory.
pub(crate) const FILE_BYTES: usize = 128 << 20;

const DICTIONARY_BYTES: usize = 8 << 20;

/// A finished file, still in memory.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) rows: u64,
    pub(crate) footer_crc32c: u32,
}

impl Encoded {
    /// The manifest's line for it.
    pub(crate) fn entry(&self, path: String) -> FileEntry {
        FileEntry { path, rows: self.rows, bytes: self.bytes.len() as u64, footer_crc32c: self.footer_crc32c }
    }
}

/// A file that takes row groups which were encoded elsewhere.
pub(crate) struct FileWriter {
    writer: SerializedFileWriter<Vec<u8>>,
    rows: u64,
}

impl FileWriter {
    pub(crate) fn new(table: Table) -> Result<Self, TableError> {
        let (writer, _) = parts(table)?;
        Ok(Self { writer, rows: 0 })
    }

    pub(crate) fn append(&mut self, group: RowGroup) -> Result<(), TableError> {
        let mut writer = self.writer.next_row_group().map_err(encode)?;
        for chunk in group.columns {
            chunk.append_to_row_group(&mut writer).map_err(encode)?;
        }
        writer.close().map_err(encode)?;
        self.rows += group.rows;
        Ok(())
    }

    pub(crate) fn is_full(&self) -> bool {
        self.writer.bytes_written() >= FILE_BYTES
    }

    pub(crate) fn finish(mut self) -> Result<Encoded, TableError> {
        self.writer.flush().expect("a Vec takes every write");
        let sums = checksums(self.writer.flushed_row_groups(), self.writer.inner());
        self.writer.append_key_value_metadata(KeyValue::new(CHECKSUMS.to_owned(), sums));
        let bytes = self.writer.into_inner().map_err(encode)?;
        let footer_crc32c = crc32c::crc32c(&bytes[footer_at(&bytes).unwrap_or(0)..]);
        Ok(Encoded { bytes, rows: self.rows, footer_crc32c })
    }
}

impl std::fmt::Debug for FileWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileWriter").field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// An encoded row group.
#[derive(Debug)]
pub(crate) struct RowGroup {
    columns: Vec<ArrowColumnChunk>,
    pub(crate) rows: u64,
}

/// Encodes a row group: the expensive part, made for worker threads.
pub(crate) fn row_group(table: Table, batch: &RecordBatch) -> Result<RowGroup, TableError> {
    let (_, factory) = parts(table)?;
    let mut writers = factory.create_column_writers(0).map_err(encode)?.into_iter();
    let mut columns = Vec::with_capacity(writers.len());
    for (field, array) in table.schema().fields().iter().zip(batch.columns()) {
        for leaf in compute_leaves(field, array).map_err(encode)? {
            let mut writer = writers.next().expect("there is a writer for each leaf");
            writer.write(&leaf).map_err(encode)?;
            columns.push(writer.close().map_err(encode)?);
        }
    }
    Ok(RowGroup { columns, rows: batch.num_rows() as u64 })
}

/// Encodes a whole file.
pub(crate) fn file(table: Table, batch: &RecordBatch) -> Result<Encoded, TableError> {
    let mut writer = FileWriter::new(table)?;
    let mut from = 0;
    while from < batch.num_rows() {
        let rows = ROW_GROUP_ROWS.min(batch.num_rows() - from);
        writer.append(row_group(table, &batch.slice(from, rows))?)?;
        from += rows;
    }
    writer.finish()
}

/// Where the footer of a Parquet file begins; `None` when the bytes do not end as one.
pub(crate) fn footer_at(bytes: &[u8]) -> Option<usize> {
    let (length, magic) = bytes.get(bytes.len().checked_sub(8)?..)?.split_at(4);
    (magic == b"PAR1").then_some(())?;
    let length = u32::from_le_bytes(length.try_into().ok()?) as usize;
    (bytes.len() - 8).checked_sub(length)
}

fn checksums(groups: &[RowGroupMetaData], bytes: &[u8]) -> String {
    let mut sums = String::new();
    for column in groups.iter().flat_map(RowGroupMetaData::columns) {
        let (start, length) = column.byte_range();
        let sum = crc32c::crc32c(&bytes[start as usize..(start + length) as usize]);
        sums.push_str(&holloway_wire::hex(&sum.to_be_bytes()));
    }
    sums
}

fn parts(table: Table) -> Result<(SerializedFileWriter<Vec<u8>>, ArrowRowGroupWriterFactory), TableError> {
    let writer = ArrowWriter::try_new(Vec::new(), table.schema(), Some(properties(table))).map_err(encode)?;
    writer.into_serialized_writer().map_err(encode)
}

fn properties(table: Table) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("holloway-pipeline ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).expect("level 1 exists")))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS));
    for field in table.schema().fields() {
        let path = ColumnPath::from(field.name().as_str());
        match field.data_type() {
            DataType::Timestamp(..) => {
                properties = properties
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
            }
            _ if is_unique_text(table, field.name()) => {
                properties = properties.set_column_dictionary_enabled(path, false);
            }
            _ => {}
        }
    }
    properties.build()
}

#[expect(clippy::needless_pass_by_value, reason = "this is the argument of map_err")]
fn encode(error: ParquetError) -> TableError {
    TableError::Encode { detail: error.to_string() }
}

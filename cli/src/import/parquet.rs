//! Parquet files.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use arrow_array::{Array as _, ArrayRef, cast::AsArray as _};
use arrow_schema::DataType;
use holloway_pipeline::Progress as _;
use holloway_wire::Timestamp;
use parquet::{
    arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder},
    file::reader::ChunkReader,
};

use super::{
    Admission, Row, Whole, cell,
    mapping::{Cell, Mapping},
};
use crate::{arguments::Import, progress::Bars};

const BATCH_ROWS: usize = 8_192;

pub(super) fn read(whole: Whole, options: &Import, bars: &Bars, admission: &mut Admission<'_>) -> Result<()> {
    match whole {
        Whole::File(file) => {
            let bytes = file.metadata()?.len();
            rows(file, bytes, options, bars, admission)
        }
        // Its bytes have moved the bar already.
        Whole::Bytes(bytes) => rows(bytes, 0, options, bars, admission),
    }
}

fn rows(
    file: impl ChunkReader + 'static,
    bytes: u64,
    options: &Import,
    bars: &Bars,
    admission: &mut Admission<'_>,
) -> Result<()> {
    let path = &options.file;
    let not_parquet =
        || format!("expected a Parquet file, found {} which is none, or a damaged one", path.display());
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).with_context(not_parquet)?;
    let schema = Arc::clone(builder.schema());
    let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let mapping = Mapping::of(options, &names)?;
    let wanted = mapping.columns();
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.iter().copied());
    let rows = builder.metadata().file_metadata().num_rows().max(1) as u64;
    let reader =
        builder.with_projection(mask).with_batch_size(BATCH_ROWS).build().with_context(not_parquet)?;
    let mut out = Vec::new();
    let mut done = 0;
    for batch in reader {
        let batch = batch.with_context(|| format!("{} is damaged behind row {done}", path.display()))?;
        let mut columns: Vec<Option<Column>> = (0..names.len()).map(|_| None).collect();
        for (at, array) in wanted.iter().zip(batch.columns()) {
            columns[*at] = Some(Column::of(array));
        }
        for row in 0..batch.num_rows() {
            let cell = |at: usize| columns[at].as_ref().map_or(Cell::Absent, |column| column.cell(row));
            match mapping.write(&mut out, cell) {
                Ok(()) => admission
                    .row(Row::Event(std::str::from_utf8(&out).context("an event is written as UTF-8")?))?,
                Err(detail) => {
                    admission.row(Row::Unreadable { payload: &out, reason: "bad_timestamp", detail })?;
                }
            }
        }
        done += batch.num_rows() as u64;
        bars.advance(batch.num_rows() as u64 * bytes / rows);
    }
    Ok(())
}

/// A column in one of the few forms that a cell can have.
enum Column {
    Json(Vec<Option<String>>),
    Texts(ArrayRef),
    /// Texts that each row names by their number.
    Coded {
        rows: ArrayRef,
        codes: Vec<usize>,
        texts: ArrayRef,
    },
    Times(ArrayRef),
}

impl Column {
    fn of(array: &ArrayRef) -> Self {
        match array.data_type() {
            kind if is_text(kind) => Self::Texts(Arc::clone(array)),
            DataType::Dictionary(_, value) if is_text(value) => {
                let dictionary = array.as_any_dictionary();
                let (codes, texts) = (dictionary.normalized_keys(), Arc::clone(dictionary.values()));
                Self::Coded { rows: Arc::clone(array), codes, texts }
            }
            DataType::Timestamp(_, _) | DataType::Date32 | DataType::Date64 => Self::Times(Arc::clone(array)),
            _ => Self::Json((0..array.len()).map(|row| cell::json(array, row)).collect()),
        }
    }

    fn cell(&self, row: usize) -> Cell<'_> {
        match self {
            Self::Json(values) => values[row].as_deref().map_or(Cell::Absent, Cell::Json),
            Self::Texts(array) => cell::text(array, row).map_or(Cell::Absent, Cell::Certain),
            // The code of a row without a value is any number.
            Self::Coded { rows, .. } if rows.is_null(row) => Cell::Absent,
            Self::Coded { codes, texts, .. } => {
                cell::text(texts, codes[row]).map_or(Cell::Absent, Cell::Certain)
            }
            Self::Times(array) => cell::micros(array, row)
                .map_or(Cell::Absent, |micros| Cell::Time(Timestamp::from_micros(micros))),
        }
    }
}

fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

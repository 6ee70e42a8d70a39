//! Parquet files.

use std::{fs::File, path::Path, sync::Arc};

use anyhow::{Context as _, Result, bail};
use arrow::{
    array::{Array, ArrayRef, AsArray as _},
    compute::cast,
    datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType},
};
use holloway_pipeline::Progress as _;
use holloway_wire::{Timestamp, hex};
use parquet::arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder};

use super::{
    Admission, Row,
    mapping::{Cell, Mapping},
};
use crate::{arguments::Import, progress::Bars};

const BATCH_ROWS: usize = 8_192;

pub(super) fn read(path: &Path, options: &Import, bars: &Bars, admission: &mut Admission<'_>) -> Result<()> {
    if path == Path::new("-") {
        bail!("expected a file, found standard input: a Parquet file is read from its end");
    }
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let bytes = file.metadata()?.len();
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
            columns[*at] = Some(Column::of(array).with_context(|| format!("column {}", names[*at]))?);
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
    Texts(Vec<Option<String>>),
    Json(Vec<Option<String>>),
    Strings(ArrayRef),
    Times(ArrayRef),
}

impl Column {
    fn of(array: &ArrayRef) -> Result<Self> {
        let each = |write: &dyn Fn(usize) -> String| -> Vec<Option<String>> {
            (0..array.len()).map(|row| array.is_valid(row).then(|| write(row))).collect()
        };
        Ok(match array.data_type() {
            DataType::Utf8 => Self::Strings(Arc::clone(array)),
            DataType::LargeUtf8 | DataType::Utf8View => Self::Strings(cast(array, &DataType::Utf8)?),
            DataType::Dictionary(_, value) if matches!(**value, DataType::Utf8 | DataType::LargeUtf8) => {
                Self::Strings(cast(array, &DataType::Utf8)?)
            }
            DataType::Binary => Self::Texts(each(&|row| hex(array.as_binary::<i32>().value(row)))),
            DataType::LargeBinary => Self::Texts(each(&|row| hex(array.as_binary::<i64>().value(row)))),
            DataType::FixedSizeBinary(_) => {
                Self::Texts(each(&|row| hex(array.as_fixed_size_binary().value(row))))
            }
            DataType::Boolean => Self::Json(each(&|row| array.as_boolean().value(row).to_string())),
            DataType::UInt64 => Self::Json(each(&|row| {
                array.as_primitive::<arrow::datatypes::UInt64Type>().value(row).to_string()
            })),
            kind if kind.is_integer() => {
                let numbers = cast(array, &DataType::Int64)?;
                Self::Json(each(&|row| numbers.as_primitive::<Int64Type>().value(row).to_string()))
            }
            kind if kind.is_floating() => {
                let numbers = cast(array, &DataType::Float64)?;
                Self::Json(each(&|row| {
                    let number = numbers.as_primitive::<Float64Type>().value(row);
                    serde_json::Number::from_f64(number)
                        .map_or_else(|| "null".to_owned(), |number| number.to_string())
                }))
            }
            DataType::Timestamp(_, _) | DataType::Date32 | DataType::Date64 => {
                Self::Times(cast(array, &DataType::Timestamp(TimeUnit::Microsecond, None))?)
            }
            DataType::Decimal128(_, _) => Self::Strings(cast(array, &DataType::Utf8)?),
            DataType::Null => Self::Texts(vec![None; array.len()]),
            other => bail!(
                "expected texts, numbers, booleans, times or bytes, found {other}: leave it out of --map"
            ),
        })
    }

    fn cell(&self, row: usize) -> Cell<'_> {
        match self {
            Self::Texts(values) => values[row].as_deref().map_or(Cell::Absent, Cell::Certain),
            Self::Json(values) => values[row].as_deref().map_or(Cell::Absent, Cell::Json),
            Self::Strings(array) if array.is_valid(row) => Cell::Certain(array.as_string::<i32>().value(row)),
            Self::Times(array) if array.is_valid(row) => Cell::Time(Timestamp::from_micros(
                array.as_primitive::<TimestampMicrosecondType>().value(row),
            )),
            Self::Strings(_) | Self::Times(_) => Cell::Absent,
        }
    }
}

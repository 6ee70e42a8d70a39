//! Dates, times of day and lengths of time of an Arrow array as text, which JSON has no form for.

use std::fmt::Debug;

use arrow_array::{
    Array as _, ArrayRef,
    cast::AsArray as _,
    temporal_conversions::{as_date, as_datetime, as_duration, as_time},
    types::{
        ArrowPrimitiveType, Date32Type, Date64Type, DurationMicrosecondType, DurationMillisecondType,
        DurationNanosecondType, DurationSecondType, IntervalDayTimeType, IntervalMonthDayNanoType,
        IntervalYearMonthType, Time32MillisecondType, Time32SecondType, Time64MicrosecondType,
        Time64NanosecondType,
    },
};
use arrow_schema::{DataType, IntervalUnit, TimeUnit};

/// Returns a row's value as text: dates and times in the forms of RFC 3339, durations and intervals in that of
/// ISO 8601. A value of a type that Parquet does not have is written as Arrow's debug form.
pub(super) fn text(array: &ArrayRef, row: usize) -> String {
    let date_time = match array.data_type() {
        DataType::Date32 => debug(as_date::<Date32Type>(whole::<Date32Type>(array, row))),
        DataType::Date64 => debug(as_datetime::<Date64Type>(whole::<Date64Type>(array, row))),
        DataType::Time32(TimeUnit::Second) => {
            debug(as_time::<Time32SecondType>(whole::<Time32SecondType>(array, row)))
        }
        DataType::Time32(_) => {
            debug(as_time::<Time32MillisecondType>(whole::<Time32MillisecondType>(array, row)))
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            debug(as_time::<Time64MicrosecondType>(whole::<Time64MicrosecondType>(array, row)))
        }
        DataType::Time64(_) => {
            debug(as_time::<Time64NanosecondType>(whole::<Time64NanosecondType>(array, row)))
        }
        DataType::Duration(TimeUnit::Second) => length::<DurationSecondType>(array, row),
        DataType::Duration(TimeUnit::Millisecond) => length::<DurationMillisecondType>(array, row),
        DataType::Duration(TimeUnit::Microsecond) => length::<DurationMicrosecondType>(array, row),
        DataType::Duration(TimeUnit::Nanosecond) => length::<DurationNanosecondType>(array, row),
        DataType::Interval(IntervalUnit::YearMonth) => {
            Some(format!("P{}M", array.as_primitive::<IntervalYearMonthType>().value(row)))
        }
        DataType::Interval(IntervalUnit::DayTime) => {
            let value = array.as_primitive::<IntervalDayTimeType>().value(row);
            Some(format!("P{}DT{}S", value.days, seconds(value.milliseconds.into(), 3)))
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            Some(format!("P{}M{}DT{}S", value.months, value.days, seconds(value.nanoseconds, 9)))
        }
        _ => None,
    };
    date_time.unwrap_or_else(|| format!("{:?}", array.slice(row, 1)))
}

fn whole<T: ArrowPrimitiveType<Native: Into<i64>>>(array: &ArrayRef, row: usize) -> i64 {
    array.as_primitive::<T>().value(row).into()
}

/// `chrono` writes its dates and times in this way.
fn debug(value: Option<impl Debug>) -> Option<String> {
    value.map(|value| format!("{value:?}"))
}

fn length<T: ArrowPrimitiveType<Native: Into<i64>>>(array: &ArrayRef, row: usize) -> Option<String> {
    as_duration::<T>(whole::<T>(array, row)).map(|length| length.to_string())
}

/// Returns a count of so many decimals of a second as seconds.
fn seconds(count: i64, decimals: u32) -> String {
    let one = 10_u64.pow(decimals);
    let (seconds, rest) = (count.unsigned_abs() / one, count.unsigned_abs() % one);
    let sign = if count < 0 { "-" } else { "" };
    let rest = format!("{rest:0width$}", width = decimals as usize);
    let rest = rest.trim_end_matches('0');
    if rest.is_empty() { format!("{sign}{seconds}") } else { format!("{sign}{seconds}.{rest}") }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        ArrayRef, Date32Array, Date64Array, DurationMillisecondArray, DurationSecondArray,
        IntervalDayTimeArray, IntervalMonthDayNanoArray, IntervalYearMonthArray, Time32SecondArray,
        Time64MicrosecondArray,
        types::{IntervalDayTimeType, IntervalMonthDayNanoType},
    };

    use super::*;

    #[test]
    fn dates_times_and_lengths_are_written_as_the_standards_do() {
        let check = |array: ArrayRef, expected: &str| {
            assert_eq!(text(&array, 0), expected, "{:?}", array.data_type());
        };
        check(Arc::new(Date32Array::from(vec![20_457])), "2026-01-04");
        check(Arc::new(Date64Array::from(vec![86_400_000])), "1970-01-02T00:00:00");
        check(Arc::new(Time32SecondArray::from(vec![3_661])), "01:01:01");
        check(Arc::new(Time64MicrosecondArray::from(vec![1_500_000])), "00:00:01.500");
        check(Arc::new(DurationSecondArray::from(vec![90])), "PT90S");
        check(Arc::new(DurationMillisecondArray::from(vec![-1_500])), "-PT1.5S");
        check(Arc::new(IntervalYearMonthArray::from(vec![14])), "P14M");
        let value = IntervalDayTimeType::make_value(2, -1_500);
        check(Arc::new(IntervalDayTimeArray::from(vec![value])), "P2DT-1.5S");
        let value = IntervalMonthDayNanoType::make_value(1, 2, 3_000_000_000);
        check(Arc::new(IntervalMonthDayNanoArray::from(vec![value])), "P1M2DT3S");
    }
}

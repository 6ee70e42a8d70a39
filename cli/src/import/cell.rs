//! One value of an Arrow array as JSON.

use arrow_array::{
    Array as _, ArrayRef,
    cast::AsArray as _,
    types::{
        ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
        Decimal256Type, DecimalType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
        Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
        TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
};
use arrow_schema::{DataType, TimeUnit};
use holloway_wire::{
    Timestamp,
    json::{write_number, write_string},
};

use super::interval;

/// Any value as JSON text; `None` when there is none.
pub(super) fn json(array: &ArrayRef, row: usize) -> Option<String> {
    let mut out = Vec::new();
    let wrote = write_value(array, row, &mut out);
    wrote.then(|| String::from_utf8(out).expect("JSON text is made of texts"))
}

/// Appends any value; answers false, with nothing appended, when there is none.
///
/// Binary becomes lowercase hex, dates and times RFC 3339 text, decimals numbers with all their digits; NaN and the
/// infinities are no value.
fn write_value(array: &ArrayRef, row: usize, out: &mut Vec<u8>) -> bool {
    if array.is_null(row) {
        return false;
    }
    match array.data_type() {
        DataType::Null => return false,
        DataType::Boolean => {
            let text: &[u8] = if array.as_boolean().value(row) { b"true" } else { b"false" };
            out.extend_from_slice(text);
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            write_string(out, text(array, row).unwrap_or_default());
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            write_hex(bytes(array, row), out);
        }
        DataType::Int8 => integer(i64::from(primitive::<Int8Type>(array, row)), out),
        DataType::Int16 => integer(i64::from(primitive::<Int16Type>(array, row)), out),
        DataType::Int32 => integer(i64::from(primitive::<Int32Type>(array, row)), out),
        DataType::Int64 => integer(primitive::<Int64Type>(array, row), out),
        DataType::UInt8 => write_number(out, u64::from(primitive::<UInt8Type>(array, row))),
        DataType::UInt16 => write_number(out, u64::from(primitive::<UInt16Type>(array, row))),
        DataType::UInt32 => write_number(out, u64::from(primitive::<UInt32Type>(array, row))),
        DataType::UInt64 => write_number(out, primitive::<UInt64Type>(array, row)),
        DataType::Float16 => return float(f64::from(primitive::<Float16Type>(array, row)), out),
        DataType::Float32 => {
            // Printed as what it is, not as the longer number that it is equal to.
            let number = primitive::<Float32Type>(array, row);
            return number.is_finite() && digits(&format!("{number:?}"), out);
        }
        DataType::Float64 => return float(primitive::<Float64Type>(array, row), out),
        DataType::Decimal32(_, _) => decimal::<Decimal32Type>(array, row, out),
        DataType::Decimal64(_, _) => decimal::<Decimal64Type>(array, row, out),
        DataType::Decimal128(_, _) => decimal::<Decimal128Type>(array, row, out),
        DataType::Decimal256(_, _) => decimal::<Decimal256Type>(array, row, out),
        DataType::Timestamp(_, _) => match time(array, row) {
            Some(time) => quote_time(time, out),
            None => return false,
        },
        DataType::List(_) => items(&array.as_list::<i32>().value(row), out),
        DataType::LargeList(_) => items(&array.as_list::<i64>().value(row), out),
        DataType::FixedSizeList(_, _) => items(&array.as_fixed_size_list().value(row), out),
        DataType::Struct(fields) => {
            let parts = array.as_struct();
            let members = fields.iter().map(|field| field.name().as_str()).zip(parts.columns());
            members_of(members.map(|(name, column)| (name, column, row)), out);
        }
        DataType::Map(_, _) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            let names: Vec<String> = (0..entries.len()).map(|row| key(keys, row)).collect();
            members_of(names.iter().enumerate().map(|(row, name)| (name.as_str(), values, row)), out);
        }
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            return write_value(dictionary.values(), dictionary.normalized_keys()[row], out);
        }
        DataType::ListView(_) => items(&array.as_list_view::<i32>().value(row), out),
        DataType::LargeListView(_) => items(&array.as_list_view::<i64>().value(row), out),
        _ => write_string(out, &interval::text(array, row)),
    }
    true
}

fn primitive<T: ArrowPrimitiveType>(array: &ArrayRef, row: usize) -> T::Native {
    array.as_primitive::<T>().value(row)
}

fn bytes(array: &ArrayRef, row: usize) -> &[u8] {
    match array.data_type() {
        DataType::Binary => array.as_binary::<i32>().value(row),
        DataType::LargeBinary => array.as_binary::<i64>().value(row),
        DataType::BinaryView => array.as_binary_view().value(row),
        _ => array.as_fixed_size_binary().value(row),
    }
}

fn write_hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for byte in bytes {
        out.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    out.push(b'"');
}

fn integer(number: i64, out: &mut Vec<u8>) {
    if number < 0 {
        out.push(b'-');
    }
    write_number(out, number.unsigned_abs());
}

fn float(number: f64, out: &mut Vec<u8>) -> bool {
    number.is_finite() && digits(&format!("{number:?}"), out)
}

fn digits(text: &str, out: &mut Vec<u8>) -> bool {
    out.extend_from_slice(text.as_bytes());
    true
}

fn decimal<T: DecimalType>(array: &ArrayRef, row: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(array.as_primitive::<T>().value_as_string(row).as_bytes());
}

fn items(list: &ArrayRef, out: &mut Vec<u8>) {
    out.push(b'[');
    for row in 0..list.len() {
        if row > 0 {
            out.push(b',');
        }
        if !write_value(list, row, out) {
            out.extend_from_slice(b"null");
        }
    }
    out.push(b']');
}

fn members_of<'a>(members: impl Iterator<Item = (&'a str, &'a ArrayRef, usize)>, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b'{');
    for (name, column, row) in members {
        let before = out.len();
        if before > start + 1 {
            out.push(b',');
        }
        write_string(out, name);
        out.push(b':');
        if !write_value(column, row, out) {
            out.truncate(before);
        }
    }
    out.push(b'}');
}

/// Returns the text of a row of a text array; `None` where it has none.
pub(super) fn text(array: &ArrayRef, row: usize) -> Option<&str> {
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row),
        DataType::Utf8View => array.as_string_view().value(row),
        _ => return None,
    })
}

/// Returns the microseconds since 1970 of a row of a date or timestamp array; `None` where it has no value, or one
/// that does not fit.
pub(super) fn micros(array: &ArrayRef, row: usize) -> Option<i64> {
    if array.is_null(row) {
        return None;
    }
    match array.data_type() {
        DataType::Date32 => i64::from(primitive::<Date32Type>(array, row)).checked_mul(86_400_000_000),
        DataType::Date64 => primitive::<Date64Type>(array, row).checked_mul(1_000),
        DataType::Timestamp(TimeUnit::Second, _) => {
            primitive::<TimestampSecondType>(array, row).checked_mul(1_000_000)
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            primitive::<TimestampMillisecondType>(array, row).checked_mul(1_000)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            Some(primitive::<TimestampMicrosecondType>(array, row))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            Some(primitive::<TimestampNanosecondType>(array, row).div_euclid(1_000))
        }
        _ => None,
    }
}

/// Returns the point in time of a row, when it is within the years that an event can have.
fn time(array: &ArrayRef, row: usize) -> Option<Timestamp> {
    let time = Timestamp::from_micros(micros(array, row)?);
    (Timestamp::MIN..=Timestamp::MAX).contains(&time).then_some(time)
}

fn quote_time(time: Timestamp, out: &mut Vec<u8>) {
    out.push(b'"');
    time.write(out);
    out.push(b'"');
}

/// Returns the key of a map's entry as the name of a member.
fn key(keys: &ArrayRef, row: usize) -> String {
    if let Some(text) = text(keys, row) {
        return text.to_owned();
    }
    let json = json(keys, row).unwrap_or_default();
    json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or(&json).to_owned()
}

//! Numbers, bars and tables for people.

/// Prints a line. A reader that has gone away, such as `head`, is no error, and no reason to stop a collector.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout().lock(), $($text)*);
    }};
}
pub(crate) use say;

/// Returns this program as it was called, so that a command that is printed can be copied.
pub(crate) fn program() -> String {
    std::env::args().next().filter(|name| !name.is_empty()).unwrap_or_else(|| "holloway".to_owned())
}

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A bar of a share of `width` blocks, in eighths.
pub(crate) fn bar(share: f64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * width as f64 * 8.0).round() as usize;
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// Milliseconds as the two largest units.
pub(crate) fn duration(ms: f64) -> String {
    let seconds = (ms / 1_000.0).round() as u64;
    match seconds {
        0 => format!("{ms:.0} ms"),
        1..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
    }
}

/// Prints rows in columns: the first to the left, the others to the right.
pub(crate) fn columns(rows: &[Vec<String>]) {
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..count).map(|column| width(column).unwrap_or_default()).collect();
    for row in rows {
        let mut line = String::from("  ");
        for (column, cell) in row.iter().enumerate() {
            let padding = " ".repeat(widths[column] - cell.chars().count());
            let is_left = column == 0;
            line.push_str(if is_left { "" } else { "  " });
            let (first, second) =
                if is_left { (cell.as_str(), padding.as_str()) } else { (padding.as_str(), cell.as_str()) };
            line.push_str(first);
            line.push_str(second);
        }
        say!("{}", line.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_bars_are_drawn() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0.0, 0.5, 1.0, 2.0].map(|share| bar(share, 4)), ["", "██", "████", "████"]);
        assert_eq!(bar(0.3, 4), "█▎");
        assert_eq!(
            [0.0, 59_000.0, 61_000.0, 3_660_000.0].map(duration),
            ["0 ms", "59 s", "1 min 01 s", "1 h 01 min"]
        );
    }
}

//! The grammar of the command line.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use holloway_collector::VisitorCookie;

/// Arguments that fit the grammar but not the data: exit code 2.
#[derive(Debug)]
pub(crate) struct BadArgument(pub(crate) String);

impl std::fmt::Display for BadArgument {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for BadArgument {}

/// Behavioural analytics from events to people, sessions, funnels and retention.
#[derive(Debug, Parser)]
#[command(name = "holloway", version, max_term_width = 110, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  holloway up --demo                                         everything at once, with simulated visitors
  holloway import --format apache access.log --data site     a web server's log
  holloway derive --data site && holloway report sessions --data site

Exit codes: 0 done, 1 the job failed, 2 wrong arguments, 3 done, with rows in quarantine under --strict.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run collector and pipeline in one process
    Up(Up),
    /// Run the collector alone
    Collect(Collect),
    /// Read events from a file into the log
    Import(Import),
    /// Derive the tables of people, sessions and profiles from the log
    Derive(Derive),
    /// Print sessions, a funnel or retention
    Report(Report),
    /// Print one person: ids, profile and sessions
    Person(Person),
    /// Print the current files of the tables
    Tables(Tables),
    /// Print the events of the log, one JSON line each
    Export(Export),
    /// Check the data folder: log, quarantine, tables, keys, ports
    Doctor(Doctor),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Data {
    /// The data folder
    #[arg(long, value_name = "DIR", default_value = "holloway-data")]
    pub(crate) data: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl Data {
    /// The folder, for commands that make no sense without one; they never make it by mistake.
    pub(crate) fn existing(&self) -> anyhow::Result<&Path> {
        if self.data.is_dir() {
            return Ok(&self.data);
        }
        anyhow::bail!(
            "expected a data folder in {}, found none: name one with --data, or make one with holloway import",
            self.data.display()
        )
    }
}

#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Address on which the collector listens; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:8787")]
    pub(crate) listen: SocketAddr,
    /// Accept every write key on an address that other machines can reach
    #[arg(long)]
    pub(crate) open: bool,
    /// Send simulated visitors through the Rust SDK, and report on them
    #[arg(long)]
    pub(crate) demo: bool,
    /// Number of simulated visitors
    #[arg(long, default_value_t = 400)]
    pub(crate) visitors: u32,
    /// Seed of the simulation: the same seed gives the same visitors
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    /// Exit after the first reports
    #[arg(long)]
    pub(crate) once: bool,
    /// Seconds between two derives of new events
    #[arg(long, default_value_t = 5)]
    pub(crate) every: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Collect {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Address to listen on; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:8787")]
    pub(crate) listen: SocketAddr,
    /// Accept every write key on an address that other machines can reach
    #[arg(long)]
    pub(crate) open: bool,
    /// Set the visitor's anonymous id as a cookie, for pages that name it as their serverCookieName; quote it in a shell
    #[arg(long, value_name = "NAME[;domain=DOMAIN][;max-age=SECONDS]")]
    pub(crate) cookie: Option<VisitorCookie>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One event a line, in the wire's form
    Events,
    /// Segment batches or events, one JSON a line or one in all
    Segment,
    /// Comma-separated values with a header line
    Csv,
    /// Parquet
    Parquet,
    /// Combined log of Apache or nginx
    Apache,
}

#[derive(Debug, Args)]
#[command(after_help = "\
FIELD is a name of the wire: userId, anonymousId, timestamp, event, name, messageId, type, groupId, previousId, \
properties.x, traits.x, context.page.path. Binary columns read as lowercase hex. Without a mapped messageId one is \
made of the row's content and position, so that importing the same file twice adds nothing. Without any --map, \
columns that are named like fields are mapped, and all others become properties. With a --map, columns that none \
names are left out.")]
pub(crate) struct Import {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Format of the file
    #[arg(long)]
    pub(crate) format: Format,
    /// A field and the column that it is in
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = pair)]
    pub(crate) map: Vec<(String, String)>,
    /// A field and the value that it has in every row
    #[arg(long, value_name = "FIELD=VALUE", value_parser = pair)]
    pub(crate) set: Vec<(String, String)>,
    /// Format of times: rfc3339, unix-s, unix-ms, unix-us, or a pattern such as %Y%m%d
    #[arg(long, default_value = "rfc3339")]
    pub(crate) time_format: String,
    /// Write key that the events are stored under
    #[arg(long, default_value = "import")]
    pub(crate) write_key: String,
    /// Exit with 3 when rows went to the quarantine
    #[arg(long)]
    pub(crate) strict: bool,
    /// The file, as it is or as .gz or .zst; - reads standard input
    pub(crate) file: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scope {
    Person,
    Device,
}

#[derive(Debug, Args)]
pub(crate) struct Derive {
    #[command(flatten)]
    pub(crate) data: Data,
    /// A longer gap than this starts a session
    #[arg(long, default_value = "30m", value_parser = duration)]
    pub(crate) session_timeout: Duration,
    /// Whether a session spans all devices of a person or one device
    #[arg(long, default_value = "person")]
    pub(crate) session_scope: Scope,
    /// Time zone in which days are counted
    #[arg(long, default_value = "UTC")]
    pub(crate) timezone: String,
    /// Derive all tables even when nothing changed
    #[arg(long)]
    pub(crate) full: bool,
    /// Number of threads; one for each core by default
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Refuse to start when the derive needs more memory than this, such as 4GiB
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub(crate) memory_limit: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    #[command(subcommand)]
    pub(crate) kind: ReportKind,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReportKind {
    /// Sessions: counts, durations, entry and exit pages, channels
    Sessions(Ranged),
    /// People, sessions or events at each step of a list
    Funnel(Funnel),
    /// People who come back, by day, week or month
    Retention(Retention),
}

#[derive(Debug, Args)]
pub(crate) struct Ranged {
    #[command(flatten)]
    pub(crate) data: Data,
    /// From this date or time on
    #[arg(long)]
    pub(crate) from: Option<String>,
    /// Up to, and without, this date or time
    #[arg(long)]
    pub(crate) to: Option<String>,
    /// Time zone of dates, days, weeks and months
    #[arg(long, default_value = "UTC")]
    pub(crate) timezone: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    Ordered,
    Strict,
    Unordered,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    People,
    Sessions,
    Totals,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A step is the name of a track event, or page:/path, screen:Name, type:identify, * for any event.")]
pub(crate) struct Funnel {
    #[command(flatten)]
    pub(crate) range: Ranged,
    /// The steps, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "A,B,C")]
    pub(crate) steps: Vec<String>,
    /// One step; give it once for each
    #[arg(long, value_name = "STEP")]
    pub(crate) step: Vec<String>,
    /// Longest time from the first step to the last
    #[arg(long, default_value = "7d", value_parser = duration)]
    pub(crate) window: Duration,
    /// Whether other events may lie between the steps, and whether their order matters
    #[arg(long, default_value = "ordered")]
    pub(crate) order: Order,
    /// Unit that is counted
    #[arg(long, default_value = "people")]
    pub(crate) by: By,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Period {
    Day,
    Week,
    Month,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Cohort {
    First,
    Recurring,
}

#[derive(Debug, Args)]
pub(crate) struct Retention {
    #[command(flatten)]
    pub(crate) range: Ranged,
    /// Event that puts a person into a cohort
    #[arg(long, default_value = "*")]
    pub(crate) start: String,
    /// Event that counts as a return
    #[arg(long = "return", default_value = "*", value_name = "EVENT")]
    pub(crate) returning: String,
    /// Length of a period
    #[arg(long, default_value = "week")]
    pub(crate) period: Period,
    /// Number of periods that a cohort is followed, its own included
    #[arg(long, default_value_t = 8, value_name = "N")]
    pub(crate) periods: usize,
    /// Whether only the first start of a person counts, or each
    #[arg(long, default_value = "first")]
    pub(crate) cohort: Cohort,
}

#[derive(Debug, Args)]
pub(crate) struct Person {
    #[command(flatten)]
    pub(crate) data: Data,
    /// A person id, a user id or an anonymous id
    pub(crate) id: String,
}

#[derive(Debug, Args)]
pub(crate) struct Tables {
    #[command(flatten)]
    pub(crate) data: Data,
    /// One table
    pub(crate) name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) data: Data,
    /// The quarantine instead of the log
    #[arg(long)]
    pub(crate) quarantine: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) data: Data,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (field, value) = text.split_once('=').ok_or("expected FIELD=NAME")?;
    Ok((field.to_owned(), value.to_owned()))
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("expected a number and a unit such as 30m, 7d, 1h, 45s or 500ms, found {text:?}");
    let at = text.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(wrong)?;
    let number: u64 = text[..at].parse().map_err(|_| wrong())?;
    let unit_ms = match &text[at..] {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "w" => 7 * 86_400_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit_ms).map(Duration::from_millis).ok_or_else(wrong)
}

fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || format!("expected a number of bytes such as 4GiB, 512MiB or 1000000, found {text:?}");
    let at = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..at].parse().map_err(|_| wrong())?;
    let unit = match text[at..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "kib" => 1 << 10,
        "m" | "mb" => 1_000_000,
        "mib" => 1 << 20,
        "g" | "gb" => 1_000_000_000,
        "gib" => 1 << 30,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_grammar_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn durations_and_sizes_have_units() {
        assert_eq!(duration("30m"), Ok(Duration::from_mins(30)));
        assert_eq!(duration("7d"), Ok(Duration::from_hours(168)));
        assert_eq!(bytes("4GiB"), Ok(4 << 30));
        for text in ["", "30", "m", "-1m", "1y", "99999999999999999999d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}

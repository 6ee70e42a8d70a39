//! What went wrong, and what the client does about it.

use std::fmt;

use holloway_core::wire::LossReason;

/// What went wrong, and what the client does about it. `Display` says it in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Diagnostic {
    /// Properties, traits or context are no JSON object, or too large.
    BadJson {
        /// The first wrong byte, or how many bytes there is room for.
        position: u64,
    },
    /// A call lacks the name or id that it needs.
    NameMissing,
    /// Events were dropped.
    Lost {
        /// Why.
        reason: LossReason,
        /// How many.
        events: u64,
    },
    /// The stored state was damaged.
    StateDamaged {
        /// Whether its copy could be used; else a new visitor begins.
        is_copy_used: bool,
    },
    /// The browser's storage refused a write; the events are in memory.
    StorageFailed,
    /// The collector refuses the write key: nothing is lost, and nothing is sent until the next page.
    Paused {
        /// 401 or 403.
        status: u16,
        /// Where the request went.
        url: String,
    },
    /// A request failed and is sent again.
    Retrying {
        /// The status; 0 when no collector answered.
        status: u16,
        /// Milliseconds until then.
        wait_ms: u64,
        /// Where the request went.
        url: String,
    },
    /// Nothing has answered for several requests.
    Unreachable {
        /// Milliseconds to the next one.
        wait_ms: u64,
        /// Where the requests went.
        url: String,
    },
    /// This device's clock is off; the collector corrects the times.
    ClockSkew {
        /// The collector's clock less this one, in milliseconds.
        skew_ms: i64,
    },
}

impl Diagnostic {
    /// A diagnostic from what crosses into the page: `shell::numbers` says what text and numbers mean. `None` for another
    /// text.
    pub(super) fn of(text: &str, first: f64, second: f64, url: &str) -> Option<Self> {
        let (number, other, url) = (first as u64, second as u64, url.to_owned());
        Some(match text {
            "0" => Self::BadJson { position: number },
            "1" => Self::NameMissing,
            "3" => Self::StateDamaged { is_copy_used: number > 0 },
            "4" => Self::StorageFailed,
            "5" => Self::Paused { status: number as u16, url },
            "6" => Self::Retrying { status: number as u16, wait_ms: other, url },
            "8" => Self::Unreachable { wait_ms: number, url },
            "9" => Self::ClockSkew { skew_ms: first as i64 },
            word => Self::Lost { reason: LossReason::parse(word)?, events: number },
        })
    }

    /// The kind in one word, as the npm package has it: `lost`, `retrying` and so on.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::BadJson { .. } => "bad-json",
            Self::NameMissing => "name-missing",
            Self::Lost { .. } => "lost",
            Self::StateDamaged { .. } => "state-damaged",
            Self::StorageFailed => "storage-failed",
            Self::Paused { .. } => "paused",
            Self::Retrying { .. } => "retrying",
            Self::Unreachable { .. } => "unreachable",
            Self::ClockSkew { .. } => "clock-skew",
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadJson { position } => {
                write!(
                    out,
                    "expected a JSON object, found something else at byte {position}, or too much of it"
                )
            }
            Self::NameMissing => write!(out, "expected a name or an id, found an empty text"),
            Self::Lost { reason, events } => write!(out, "{events} events are lost: {}", reason.as_str()),
            Self::StateDamaged { is_copy_used: true } => {
                write!(out, "the stored state was damaged; its copy is used")
            }
            Self::StateDamaged { is_copy_used: false } => {
                write!(out, "the stored state was damaged; a new visitor begins")
            }
            Self::StorageFailed => write!(out, "localStorage refused a write; the events are in memory"),
            Self::Paused { status, url } => {
                write!(
                    out,
                    "{url} answers {status}: the write key is unknown; events are kept until the next page"
                )
            }
            Self::Retrying { status: 0, wait_ms, url } => {
                write!(out, "no collector answers at {url}; events are kept and sent again in {wait_ms} ms")
            }
            Self::Retrying { status, wait_ms, url } => {
                write!(out, "{url} answers {status}; events are kept and sent again in {wait_ms} ms")
            }
            Self::Unreachable { wait_ms, url } => {
                write!(out, "nothing answers at {url}; events are kept, the next try is in {wait_ms} ms")
            }
            Self::ClockSkew { skew_ms } => {
                write!(out, "this device's clock is off by {skew_ms} ms; the collector corrects the times")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_crosses_into_the_page_is_a_diagnostic_in_words() {
        let url = "https://events.example.com/v1/batch";
        let check = |text: &str, first: f64, second: f64, kind: &str, sentence: &str| {
            let found = Diagnostic::of(text, first, second, url).expect(text);
            assert_eq!((found.kind(), found.to_string().as_str()), (kind, sentence));
        };
        check(
            "0",
            7.0,
            0.0,
            "bad-json",
            "expected a JSON object, found something else at byte 7, or too much of it",
        );
        check("1", 0.0, 0.0, "name-missing", "expected a name or an id, found an empty text");
        check("queue_full", 20.0, 0.0, "lost", "20 events are lost: queue_full");
        check("3", 1.0, 0.0, "state-damaged", "the stored state was damaged; its copy is used");
        check("3", 0.0, 0.0, "state-damaged", "the stored state was damaged; a new visitor begins");
        check("4", 0.0, 0.0, "storage-failed", "localStorage refused a write; the events are in memory");
        check(
            "5",
            401.0,
            0.0,
            "paused",
            "https://events.example.com/v1/batch answers 401: the write key is unknown; events are kept until the next page",
        );
        check(
            "6",
            404.0,
            512.0,
            "retrying",
            "https://events.example.com/v1/batch answers 404; events are kept and sent again in 512 ms",
        );
        check(
            "8",
            900_000.0,
            0.0,
            "unreachable",
            "nothing answers at https://events.example.com/v1/batch; events are kept, the next try is in 900000 ms",
        );
        check(
            "9",
            -600_000.0,
            0.0,
            "clock-skew",
            "this device's clock is off by -600000 ms; the collector corrects the times",
        );
        assert_eq!(Diagnostic::of("2", 0.0, 0.0, url), None);
    }

    /// The digits of `shell::numbers` and those of the npm package, each with the kind's words.
    #[test]
    fn shell_and_npm_package_have_the_same_kinds() {
        let report = include_str!("../../npm/src/report.ts");
        let table = report.split_once("numbered: (Diagnostic | undefined)[] = [\n").expect("the table").1;
        let table = table.split_once("\n  ];").expect("its end").0;
        let entries: Vec<&str> = table.lines().collect();
        assert_eq!(entries.len(), 10, "one entry a digit");
        for (digit, entry) in entries.iter().enumerate() {
            match Diagnostic::of(&digit.to_string(), 0.0, 0.0, "") {
                Some(found) => {
                    assert!(entry.contains(&format!("kind: \"{}\"", found.kind())), "{digit}: {entry}");
                }
                None => assert_eq!(entry.trim(), "undefined,", "{digit}"),
            }
        }
        for reason in LossReason::ALL {
            assert_eq!(
                Diagnostic::of(reason.as_str(), 1.0, 0.0, ""),
                Some(Diagnostic::Lost { reason, events: 1 })
            );
        }
    }
}

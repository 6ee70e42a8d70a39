//! The real binary on real files.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).expect("writes");
        path
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holloway"));
        command.args(arguments).arg("--data").arg(self.data()).stdin(Stdio::null());
        command.output().expect("runs")
    }

    /// The JSON that a command prints; it must end well.
    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    fn import(&self, format: &str, file: &Path, more: &[&str]) -> Value {
        let file = file.display().to_string();
        self.json(&[&["import", "--format", format, file.as_str()], more].concat())
    }
}

fn account(read: u64, stored: u64, quarantined: u64, duplicate: u64) -> Value {
    json!({ "read": read, "stored": stored, "quarantined": quarantined, "duplicate": duplicate, "suppressed": 0, "rejected": 0 })
}

#[test]
fn an_import_names_the_commands_that_follow() {
    let folder = Folder::new();
    let file =
        folder.file("orders.csv", b"customer,what,total\nada,Bought,8\n,Bought,7\n").display().to_string();
    let map = ["--map", "userId=customer", "--map", "event=what"];
    let output = folder.run(&[&["import", "--format", "csv", file.as_str()], &map[..]].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let data = folder.data().display().to_string();
    for command in ["export --quarantine", "doctor", "derive"] {
        assert!(text.contains(&format!("{command} --data {data}\n")), "{command}: {text}");
    }
    let notes = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(notes.contains("left out: total; --map properties.total=total keeps one"), "{notes}");
}

#[test]
fn every_format_is_imported_once_and_a_second_time_adds_nothing() {
    let gzip = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder
            .write_all(b"{\"type\":\"page\",\"userId\":\"u1\"}\n{\"type\":\"page\",\"userId\":\"u1\"}\n")
            .expect("memory");
        encoder.finish().expect("memory")
    };
    let zstd = zstd::encode_all(&b"{\"type\":\"page\",\"userId\":\"u1\"}\n"[..], 1).expect("memory");
    let apache =
        b"192.0.2.1 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"Firefox\"\nnonsense\n";
    let segment = b"{\"batch\":[{\"type\":\"track\",\"event\":\"A\",\"userId\":\"u\"},{\"type\":\"track\",\"userId\":\"u\"}],\n\"sentAt\":\"2026-01-01T00:00:00Z\"}";
    let csv = b"user_id,event,timestamp,plan\n1,Buy,2026-01-01T00:00:00Z,pro\n1,Buy,2026-01-01T00:00:00Z,pro\n2,Buy,yesterday,\n3,Buy\n";
    let cases: [(&str, &str, &[u8], Value); 6] = [
        ("events", "plain", b"{\"type\":\"page\",\"userId\":\"u1\"}\n\noops\n", account(2, 1, 1, 0)),
        ("events", "gz", &gzip, account(2, 2, 0, 0)),
        ("events", "zst", &zstd, account(1, 1, 0, 0)),
        ("segment", "batch", segment, account(2, 1, 1, 0)),
        ("csv", "csv", csv, account(4, 2, 2, 0)),
        ("apache", "log", apache, account(2, 1, 1, 0)),
    ];
    for (format, name, content, expected) in cases {
        let folder = Folder::new();
        let file = folder.file(name, content);
        assert_eq!(folder.import(format, &file, &[]), expected, "{name}");
        let read = expected["read"].as_u64().expect("a number");
        assert_eq!(folder.import(format, &file, &[]), account(read, 0, 0, read), "{name} again");
    }
}

#[test]
fn an_archive_keeps_its_times() {
    let folder = Folder::new();
    // Sent in 2020 and 2021: the years since then are no skew of a clock. The second sender's clock is an hour ahead.
    let batch = br#"{"batch":[{"type":"page","userId":"u","messageId":"m1","timestamp":"2020-01-01T00:00:00Z"}],"sentAt":"2020-01-01T00:00:05Z"}
[{"type":"page","userId":"u","messageId":"m2","timestamp":"2021-01-01T01:30:00Z","sentAt":"2021-01-01T02:00:00Z","receivedAt":"2021-01-01T01:00:00Z"}]"#;
    assert_eq!(folder.import("segment", &folder.file("archive", batch), &[]), account(2, 2, 0, 0));
    folder.json(&["derive"]);
    let starts: Vec<Value> = folder.json(&["person", "u"])["sessions"]
        .as_array()
        .expect("sessions")
        .iter()
        .map(|session| session["started_at"].clone())
        .collect();
    assert_eq!(starts, ["2020-01-01T00:00:00.000Z", "2021-01-01T00:30:00.000Z"]);
}

#[test]
fn a_log_line_that_was_cut_off_is_kept_apart() {
    let folder = Folder::new();
    let line = r#"192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 5 "-" "Firefox"#;
    let file = folder.file("log", format!("{line}\n{line}\"\n").as_bytes());
    assert_eq!(folder.import("apache", &file, &[]), account(2, 1, 1, 0));
    assert_eq!(folder.json(&["doctor"])["quarantined_by_reason"], json!({ "malformed_line": 1 }));
}

#[test]
fn parquet_columns_of_many_types_become_json() {
    use std::sync::Arc;

    use arrow_array::types::Int32Type;
    use arrow_array::{
        ArrayRef, BinaryArray, BooleanArray, Decimal128Array, FixedSizeBinaryArray, Float32Array, Int64Array,
        ListArray, RecordBatch, StringArray, TimestampNanosecondArray, UInt64Array,
    };

    let decimals = Decimal128Array::from(vec![Some(110), None]).with_precision_and_scale(9, 2);
    let ids = FixedSizeBinaryArray::try_from_iter([[0xab_u8; 16], [1; 16]].iter()).expect("16 bytes each");
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), None]);
    let columns: [(&str, ArrayRef); 10] = [
        ("id", Arc::new(ids)),
        ("who", Arc::new(Int64Array::from(vec![7, 8]))),
        ("at", Arc::new(TimestampNanosecondArray::from(vec![1_000_001_999, 0]))),
        ("what", Arc::new(StringArray::from(vec!["Buy", "Sell"]))),
        ("float", Arc::new(Float32Array::from(vec![0.1, f32::NAN]))),
        ("decimal", Arc::new(decimals.expect("in range"))),
        ("list", Arc::new(list)),
        ("flag", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("big", Arc::new(UInt64Array::from(vec![u64::MAX, 0]))),
        ("bytes", Arc::new(BinaryArray::from(vec![&b"\x00\xff"[..], b""]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let mut whole = Vec::new();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(&mut whole, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("memory");
    writer.close().expect("memory");

    let folder = Folder::new();
    let fields = ["messageId=id", "userId=who", "timestamp=at", "event=what"];
    let properties = ["float", "decimal", "list", "flag", "big", "bytes"];
    let properties = properties.map(|name| format!("properties.{name}={name}"));
    let map: Vec<&str> = fields
        .into_iter()
        .chain(properties.iter().map(String::as_str))
        .flat_map(|field| ["--map", field])
        .collect();
    let plain = folder.file("rows.parquet", &whole);
    assert_eq!(folder.import("parquet", &plain, &map), account(2, 2, 0, 0));
    let packed = folder.file("rows.parquet.zst", &zstd::encode_all(&whole[..], 1).expect("memory"));
    assert_eq!(folder.import("parquet", &packed, &map), account(2, 0, 0, 2));

    let exported = String::from_utf8(folder.run(&["export"]).stdout).expect("UTF-8");
    let events: Vec<&str> =
        exported.lines().map(|line| &line[line.find("\"event\":{").expect("event")..]).collect();
    for (event, parts) in events.iter().zip([
        &[
            r#""messageId":"abababababababababababababababab""#,
            r#""timestamp":"1970-01-01T00:00:01.000001Z""#,
            r#""userId":7"#,
            r#""properties":{"big":18446744073709551615,"bytes":"00ff","decimal":1.10,"flag":true,"float":0.1,"list":[1,null]}"#,
        ][..],
        &[r#""properties":{"big":0,"bytes":""}"#],
    ]) {
        for part in parts {
            assert!(event.contains(part), "{part} in {event}");
        }
    }
}

#[test]
fn a_missing_data_folder_is_an_error_and_is_not_made() {
    let folder = Folder::new();
    for arguments in
        [&["derive"][..], &["report", "sessions"], &["person", "u"], &["tables"], &["export"], &["doctor"]]
    {
        let output = folder.run(arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.code() == Some(1) && text.contains("expected a data folder in"),
            "{arguments:?}: {text}"
        );
        assert!(!folder.data().exists(), "{arguments:?}");
    }
}

#[test]
fn bad_input_is_kept_apart_and_nothing_is_lost() {
    let folder = Folder::new();
    let large = format!(
        "{{\"type\":\"page\",\"userId\":\"u\",\"properties\":{{\"p\":\"{}\"}}}}",
        "x".repeat(33 * 1024)
    );
    let lines: [&[u8]; 12] = [
        b"{\"type\":\"track\",\"event\":\"E\",\"userId\":\"u\",\"messageId\":null,\"anonymousId\":null}",
        b"{\"type\":\"track\",\"event\":\"E\",\"userId\":42}",
        b"{\"type\":\"track\",\"event\":\"E\",\"userId\":\"u\",\"unknown\":1}",
        b"{\"type\":\"page\",\"userId\":\"u\",\"timestamp\":\"9999-12-31T23:59:59Z\"}",
        b"{\"type\":\"page\",\"userId\":\"u\",\"timestamp\":-1}",
        b"{\"type\":\"page\",\"userId\":\"u\",\"timestamp\":\"-001-01-01T00:00:00Z\"}",
        b"{\"type\":\"page\",\"userId\":{}}",
        b"{\"type\":\"track\",\"userId\":\"u\"}",
        b"{\"type\":\"page\",\"userId\":\"\xff\"}",
        b"{\"type\":\"page\",",
        large.as_bytes(),
        b"[]",
    ];
    let file = folder.file("lines", &lines.join(&b"\n"[..]));
    assert_eq!(folder.import("events", &file, &[]), account(12, 4, 8, 0));
    let strict = folder.run(&[
        "import",
        "--format",
        "events",
        "--strict",
        &folder.file("x", b"oops").display().to_string(),
    ]);
    assert_eq!(strict.status.code(), Some(3));
    let doctor = folder.json(&["doctor"]);
    assert_eq!((&doctor["log"]["records"], &doctor["quarantine"]["records"]), (&json!(4), &json!(9)));
    assert_eq!(doctor["quarantined_by_reason"]["too_large"], 1);
    assert_eq!(doctor["quarantined_by_reason"]["bad_timestamp"], 2);
    let kept = folder.run(&["export", "--quarantine"]).stdout;
    let kept = String::from_utf8(kept).expect("UTF-8");
    assert!(kept.contains(&"x".repeat(33 * 1024)), "the payload is kept whole");
}

#[test]
fn columns_are_mapped_and_mistakes_say_what_would_do() {
    let folder = Folder::new();
    let file = folder.file("rows.csv", b"who,when,what\nu1,20260101,Buy\nu1,20260102,Buy\n");
    let file = file.display().to_string();
    let map = [
        "--map",
        "userId=who",
        "--map",
        "timestamp=when",
        "--map",
        "event=what",
        "--set",
        "properties.shop=7",
        "--time-format",
        "%Y%m%d",
    ];
    let arguments = [&["import", "--format", "csv", file.as_str()], &map[..]].concat();
    assert_eq!(folder.json(&arguments), account(2, 2, 0, 0));
    let exported = String::from_utf8(folder.run(&["export"]).stdout).expect("UTF-8");
    assert!(
        exported.contains(r#""properties":{"shop":7},"timestamp":"2026-01-01T00:00:00.000Z""#),
        "{exported}"
    );
    let check = |arguments: &[&str], code: i32, says: &str| {
        let output = folder.run(arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(text.contains(says), "{arguments:?}: {text}");
    };
    check(
        &["import", "--format", "csv", "--map", "userId=nobody", &file],
        2,
        "the columns are who, when, what",
    );
    check(&["import", "--format", "csv", "--map", "user=who", &file], 2, "anonymousId");
    check(&["import", "--format", "csv", "--time-format", "iso", &file], 2, "unix-ms");
    check(&["import", "--format", "csv", "missing.csv"], 1, "missing.csv");
    check(&["import", "--format", "parquet", &file], 1, "expected a Parquet file");
    check(&["report", "sessions"], 1, "derive");
    check(&["report", "funnel"], 2, "--steps");
    check(&["derive", "--timezone", "Mars/Olympus"], 2, "Mars/Olympus");
    check(&["report", "funnel", "--steps", "type:click"], 2, "type: followed by");
    check(&["person", "u1"], 1, "derive");
    check(&["derive", "--session-timeout", "30"], 2, "30m");
    check(&["collect", "--cookie", "a b"], 2, "a cookie's name");
    check(&["collect", "--cookie", "id;max-age=0"], 2, "max-age in seconds");
}

#[test]
fn a_small_shop_is_reported_exactly() {
    let folder = Folder::new();
    // Ann browses on Monday, logs in, buys on Wednesday of the next week. Bob looks once.
    let events = [
        ("page", "", "a1", "", "2026-01-05T10:00:00Z"),
        ("track", "Viewed", "a1", "", "2026-01-05T10:01:00Z"),
        ("identify", "", "a1", "ann", "2026-01-05T10:02:00Z"),
        ("track", "Bought", "a2", "ann", "2026-01-14T09:00:00Z"),
        ("track", "Viewed", "a2", "", "2026-01-14T08:59:00Z"),
        ("page", "", "b1", "", "2026-01-06T10:00:00Z"),
        ("track", "Viewed", "b1", "", "2026-01-06T10:40:00Z"),
    ];
    let line = |(kind, event, anonymous, user, at): &(&str, &str, &str, &str, &str)| {
        json!({ "type": kind, "event": event, "anonymousId": anonymous, "userId": user, "timestamp": at,
            "context": { "page": { "path": "/" } } })
        .to_string()
    };
    let lines: Vec<String> = events.iter().map(line).collect();
    let file = folder.file("events", lines.join("\n").as_bytes());
    assert_eq!(folder.import("events", &file, &[]), account(7, 7, 0, 0));

    let derived = folder.json(&["derive"]);
    let counts =
        ["events", "people", "sessions", "profiles", "refused_merges"].map(|field| derived[field].clone());
    assert_eq!(counts, [7, 2, 4, 2, 0].map(Value::from));
    assert!(
        derived["elapsed_ms"].is_u64() && derived["peak_rss_bytes"].is_u64() && derived["dirty_people"] == 2
    );

    let sessions = folder.json(&["report", "sessions"]);
    assert_eq!(
        (&sessions["people"], &sessions["sessions"], &sessions["events"]),
        (&json!(2), &json!(4), &json!(7))
    );
    // Durations: 120 s, 60 s, 0 s, 0 s.
    assert_eq!(sessions["duration_ms"], json!({ "mean": 45_000.0, "median": 30_000.0 }));
    assert_eq!(sessions["entry_pages"], json!([{ "page": "/", "sessions": 2 }]));

    let funnel = folder.json(&["report", "funnel", "--steps", "Viewed,Bought", "--window", "7d"]);
    assert_eq!(funnel["steps"][0], json!({ "event": "Viewed", "count": 2, "conversion": 1.0 }));
    assert_eq!(funnel["steps"][1], json!({ "event": "Bought", "count": 1, "conversion": 0.5 }));
    assert_eq!(funnel["window_ms"], 604_800_000);
    let seconds =
        folder.json(&["report", "funnel", "--step", "Viewed", "--step", "Bought", "--window", "59s"]);
    assert_eq!(seconds["steps"][1]["count"], 0, "the purchase came 60 s after");

    let retention = folder.json(&[
        "report",
        "retention",
        "--start",
        "*",
        "--return",
        "*",
        "--period",
        "week",
        "--periods",
        "2",
    ]);
    assert_eq!(retention["cohorts"][0], json!({ "start": "2026-01-05", "size": 2, "returned": [2, 1] }));

    let person = folder.json(&["person", "ann"]);
    assert_eq!(person["profile"]["user_id"], "ann");
    assert_eq!(person["sessions"].as_array().map(Vec::len), Some(2));
    let mut ids: Vec<&str> =
        person["ids"].as_array().expect("ids").iter().map(|id| id["id"].as_str().expect("id")).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["a1", "a2", "ann"]);
    assert_eq!(folder.json(&["person", "a1"])["person_id"], person["person_id"]);

    let again = folder.json(&["derive"]);
    assert_eq!(again["dirty_people"], 0, "nothing changed");
    let tables = folder.json(&["tables"]);
    for table in ["events", "identities", "merges", "timeline", "sessions", "profiles"] {
        let files = tables[table]["files"].as_array().expect("files");
        assert!(files.iter().all(|path| Path::new(path.as_str().expect("text")).exists()), "{table}");
    }
}

#[test]
fn damage_is_named_by_file_and_offset() {
    let folder = Folder::new();
    let file = folder.file("events", b"{\"type\":\"page\",\"userId\":\"u1\"}\n{\"type\":\"page\",\"userId\":\"u2\"}\n{\"type\":\"page\",\"userId\":\"u3\"}\n");
    folder.import("events", &file, &[]);
    folder.json(&["derive"]);

    let table =
        folder.json(&["tables", "sessions"])["sessions"]["files"][0].as_str().expect("a file").to_owned();
    let whole = std::fs::read(&table).expect("reads");
    let mut broken = whole.clone();
    let middle = broken.len() / 2;
    broken[middle..].fill(0);
    std::fs::write(&table, &broken).expect("writes");
    let report = folder.run(&["report", "sessions"]);
    let text = String::from_utf8_lossy(&report.stderr).into_owned();
    let name = Path::new(&table).file_name().expect("a name").to_string_lossy().into_owned();
    assert!(report.status.code() == Some(1) && text.contains(&name) && text.contains("byte"), "{text}");
    std::fs::write(&table, &whole).expect("writes");

    let log = std::fs::read_dir(folder.data().join("log")).expect("reads").find_map(|entry| {
        let path = entry.expect("an entry").path();
        path.extension().is_some_and(|ending| ending == "chunk").then_some(path)
    });
    let log = log.expect("a chunk");
    let mut bytes = std::fs::read(&log).expect("reads");
    bytes[64 + 40] ^= 1;
    std::fs::write(&log, bytes).expect("writes");
    let doctor = folder.run(&["doctor"]);
    let text =
        String::from_utf8_lossy(&doctor.stderr).into_owned() + &String::from_utf8_lossy(&doctor.stdout);
    assert!(
        doctor.status.code() == Some(1)
            && text.contains("00000000000000000000.chunk")
            && text.contains("offset 64"),
        "{text}"
    );
}

/// The counts of a demo's check: what the simulation did, what was found, and the verdict.
fn checked(text: &str, name: &str) -> (u64, u64, String) {
    let check = text.split_once("Check: ").expect("a check").1;
    let line = check.lines().find_map(|line| line.trim_start().strip_prefix(name)).expect("the count");
    let words: Vec<String> = line.split_whitespace().map(|word| word.replace(',', "")).collect();
    let number = |at: usize| words[at].parse().expect("a number");
    (number(0), number(1), words[2].clone())
}

#[test]
fn the_demo_finds_the_people_that_it_simulated() {
    let folder = Folder::new();
    let up = ["up", "--demo", "--once", "--visitors", "200", "--listen", "127.0.0.1:0"];
    let run = || {
        let output = folder.run(&up);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && !errors.contains("WARN"), "{errors}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let text = run();
    for name in ["events", "people", "sessions", "refused merges", "in quarantine"] {
        let (expected, found, verdict) = checked(&text, name);
        assert!(expected == found && expected > 0 && verdict == "ok", "{name} in\n{text}");
    }

    // From 200 visitors to the people, line by line.
    let steps = text.split_once("Why 200 visitors are ").expect("an explanation").1;
    let steps: Vec<(i64, &str)> = steps
        .lines()
        .skip(1)
        .take_while(|line| !line.is_empty())
        .map(|line| {
            let line = line.trim();
            let (sign, rest) = if line.starts_with(['+', '-', '=']) { line.split_at(1) } else { ("", line) };
            let (count, what) = rest.trim().split_once("  ").expect("two columns");
            let count: i64 = count.parse().expect("a number");
            (if sign == "-" { -count } else { count }, what)
        })
        .collect();
    let parts =
        ["visitors", "refused consent", "never logged in", "partners", "tablet", "second accounts", "robots"];
    for part in parts {
        assert!(steps.iter().any(|(count, what)| *count != 0 && what.contains(part)), "{part} in\n{text}");
    }
    let people = steps.last().expect("a sum").0;
    let sum: i64 = steps.iter().rev().skip(1).map(|(count, _)| count).sum();
    assert_eq!(people, sum, "{steps:?}");
    assert_eq!(people as u64, checked(&text, "people").1);

    // The reports know the same people, and what a shop has.
    let sessions = folder.json(&["report", "sessions"]);
    assert_eq!(sessions["events"], checked(&text, "events").0);
    assert_eq!(sessions["people"], checked(&text, "people").0);
    let length = |field: &str| sessions[field].as_array().map(Vec::len).expect("a list");
    assert!(length("entry_pages") >= 8 && length("channels") >= 8, "{sessions}");
    let steps = ["Product Viewed", "Added To Cart", "Checkout Started", "Order Completed"].join(",");
    let funnel = folder.json(&["report", "funnel", "--steps", &steps]);
    let counts: Vec<u64> =
        (0..4).map(|step| funnel["steps"][step]["count"].as_u64().expect("a number")).collect();
    assert!(counts.windows(2).all(|pair| pair[0] > pair[1]) && counts[3] > 0, "{counts:?}");

    // Most people never come back; those who do stay longer and longer.
    let retention = folder.json(&["report", "retention", "--periods", "7"]);
    let cohorts = retention["cohorts"].as_array().expect("cohorts");
    // Of the cohorts that have a fifth week.
    let reached = &cohorts[..cohorts.len() - 4];
    let returned = |period: usize| {
        let of = |value: &Value| value.as_u64().expect("a number") as f64;
        reached.iter().map(|cohort| of(&cohort["returned"][period])).sum::<f64>()
            / reached.iter().map(|cohort| of(&cohort["size"])).sum::<f64>()
    };
    let (next, later) = (returned(1), returned(4));
    assert!((0.15..0.5).contains(&next) && later > 0.03 && later < next, "{next} then {later}");

    let person = folder.json(&["person", "shopper-0"]);
    assert!(person["ids"].as_array().is_some_and(|ids| ids.len() >= 3), "a user on two devices: {person}");

    let records = || folder.json(&["doctor"])["log"]["records"].clone();
    let before = records();
    let again = run();
    assert_eq!(records(), before, "the second run adds nothing");
    assert_eq!(checked(&again, "people"), checked(&text, "people"));
}

#[test]
fn a_demo_counts_beside_what_the_folder_held_before() {
    let folder = Folder::new();
    let file = folder.file("events", br#"{"type":"track","event":"Mine","userId":"ada"}"#);
    folder.import("events", &file, &[]);
    let output = folder.run(&["up", "--demo", "--once", "--visitors", "20", "--listen", "127.0.0.1:0"]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(checked(&text, "people").2, "ok", "{text}");
    assert!(text.contains("include the 1 events that the folder held before"), "{text}");
}

#[test]
fn up_reports_on_the_folders_own_events() {
    let folder = Folder::new();
    let up = ["up", "--once", "--listen", "127.0.0.1:0"];
    let text = String::from_utf8(folder.run(&up).stdout).expect("UTF-8");
    let address =
        text.lines().find_map(|line| line.strip_prefix("collector listening on ")).expect("an address");
    for part in ["no events yet", &format!("curl {address}/v1/track -u my-app:"), "@holloway/browser"] {
        assert!(text.contains(part), "{part} in\n{text}");
    }

    let mut lines = Vec::new();
    for person in 0..12 {
        for (minute, event) in [(1, "Song Played"), (2, "Song Liked"), (3, "Playlist Made")] {
            // Of twelve people, two like before they play, and four make no playlist.
            let minute = if person < 2 && event == "Song Liked" { 0 } else { minute };
            if event != "Playlist Made" || person >= 4 {
                let at = format!("2026-01-05T10:{minute:02}:00Z");
                lines.push(json!({ "type": "track", "event": event, "userId": format!("u{person}"), "timestamp": at }).to_string());
            }
        }
    }
    let file = folder.file("events", lines.join("\n").as_bytes());
    folder.import("events", &file, &[]);
    let text = String::from_utf8(folder.run(&up).stdout).expect("UTF-8");
    let row = |name: &str| {
        let line = text
            .lines()
            .find(|line| line.trim_start().starts_with(name))
            .unwrap_or_else(|| panic!("{name} in\n{text}"));
        line.split_whitespace().skip(name.split(' ').count()).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(row("Song Played"), ["12", "12"]);
    assert_eq!(row("Playlist Made"), ["8", "8"]);
    // Eight people with a playlist are too few for a step.
    assert!(text.contains("people on the way to Song Liked within"), "{text}");
    assert!(!text.contains("Product Viewed"), "{text}");
}

//! `holloway doctor`: looks at everything, changes nothing.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Result, bail};
use holloway_collector::{Keys, Quarantined};
use holloway_pipeline::{Catalog, Table};
use holloway_rawlog::{FileStorage, Offset, ReadError, Reader};
use holloway_wire::Envelope;
use serde::Serialize;

use crate::{
    Done,
    arguments::Doctor,
    draw::{grouped, say},
};

#[derive(Debug, Serialize)]
struct Findings {
    data: String,
    log: LogHealth,
    quarantine: LogHealth,
    quarantined_by_reason: BTreeMap<String, u64>,
    tables: BTreeMap<String, u64>,
    keys: usize,
    /// Whether a collector or a console could listen there now.
    ports: BTreeMap<u16, &'static str>,
    problems: Vec<String>,
}

#[derive(Debug, Default, Serialize)]
struct LogHealth {
    records: u64,
    bytes: u64,
    damage: Vec<String>,
}

pub(crate) fn run(options: &Doctor) -> Result<Done> {
    let data = options.data.existing()?;
    let mut problems = Vec::new();
    let mut unreadable = 0_u64;
    let log = scan(&data.join("log"), &mut problems, |payload| {
        unreadable += u64::from(Envelope::parse(payload).is_err());
    })?;
    if unreadable > 0 {
        problems.push(format!("{unreadable} records of the log are no events"));
    }
    let mut reasons = BTreeMap::new();
    let quarantine = scan(&data.join("quarantine"), &mut problems, |payload| {
        let reason =
            Quarantined::parse(payload).map_or_else(|_| "unreadable".to_owned(), |it| it.reason.into_owned());
        *reasons.entry(reason).or_default() += 1;
    })?;
    let tables = tables(data, &mut problems);
    let keys = match Keys::open(data) {
        Ok(keys) => keys.list().count(),
        Err(error) => {
            problems.push(error.to_string());
            0
        }
    };
    let probe = data.join(".doctor");
    if let Err(error) = std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)) {
        problems.push(format!("{} cannot be written to: {error}", data.display()));
    }
    let findings = Findings {
        data: data.display().to_string(),
        log,
        quarantine,
        quarantined_by_reason: reasons,
        tables,
        keys,
        ports: PORTS.into_iter().map(|port| (port, port_state(port))).collect(),
        problems,
    };
    print(&findings, options.data.json)?;
    if findings.problems.is_empty() {
        return Ok(Done::Well);
    }
    bail!("{} problems in {}", findings.problems.len(), data.display())
}

/// Of the collector and of the console.
const PORTS: [u16; 2] = [8787, 8788];

fn port_state(port: u16) -> &'static str {
    if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() { "free" } else { "taken" }
}

fn scan(folder: &Path, problems: &mut Vec<String>, mut look: impl FnMut(&[u8])) -> Result<LogHealth> {
    let mut health = LogHealth::default();
    let mut reader = match Reader::open(FileStorage::at(folder), Offset::START) {
        Ok(reader) => reader,
        Err(error) => {
            problems.push(error.to_string());
            health.damage.push(error.to_string());
            return Ok(health);
        }
    };
    loop {
        match reader.read() {
            Ok(Some((_, record))) => {
                health.records += 1;
                health.bytes += record.stored_bytes();
                look(record.payload);
            }
            Ok(None) => return Ok(health),
            Err(error @ ReadError::Damaged { .. }) => {
                health.damage.push(error.to_string());
                problems.push(error.to_string());
                if reader.resync()?.is_none() {
                    return Ok(health);
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn tables(data: &Path, problems: &mut Vec<String>) -> BTreeMap<String, u64> {
    let mut rows = BTreeMap::new();
    if !data.join("tables").exists() {
        return rows;
    }
    match Catalog::open(data) {
        Ok(catalog) => {
            for table in Table::ALL {
                rows.insert(table.name().to_owned(), catalog.manifest().rows(table.name()));
                for file in catalog.manifest().files(table.name()) {
                    let path = data.join("tables").join(&file.path);
                    match std::fs::metadata(&path) {
                        Ok(found) if found.len() == file.bytes => {}
                        Ok(found) => problems.push(format!(
                            "{}: expected {} bytes, found {}",
                            path.display(),
                            file.bytes,
                            found.len()
                        )),
                        Err(error) => problems
                            .push(format!("{}: {error}; run `holloway derive --full`", path.display())),
                    }
                }
            }
        }
        Err(error) => problems.push(error.to_string()),
    }
    rows
}

fn print(findings: &Findings, json: bool) -> Result<()> {
    if json {
        say!("{}", serde_json::to_string(findings)?);
        return Ok(());
    }
    say!("data folder  {}", findings.data);
    for (name, log) in [("log", &findings.log), ("quarantine", &findings.quarantine)] {
        say!("{name:11}  {} records, {} bytes", grouped(log.records), grouped(log.bytes));
    }
    for (reason, count) in &findings.quarantined_by_reason {
        say!("             {} {reason}", grouped(*count));
    }
    for (table, rows) in &findings.tables {
        say!("{table:11}  {} rows", grouped(*rows));
    }
    say!(
        "keys         {}",
        if findings.keys == 0 {
            "none: on loopback every write key is accepted".to_owned()
        } else {
            findings.keys.to_string()
        }
    );
    for (port, state) in &findings.ports {
        say!("port {port}    {state}");
    }
    for problem in &findings.problems {
        say!("problem      {problem}");
    }
    if findings.problems.is_empty() {
        say!("everything is in order");
    }
    Ok(())
}

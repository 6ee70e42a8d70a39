//! What a page must download, beside its budget and beside the peers.

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

const DIST: &str = "sdk-wasm/npm/dist";
const BENCH: &str = "sdk-wasm/bench";
/// Most bytes (gzip -9) before the first event, script and core together.
const FIRST_EVENT_BYTES_MAX: usize = 19_500;
/// Most bytes of the page's own script, without the core that comes beside it. The budget is 6,500 for an app that minifies
/// it again, which makes it 4 % larger.
const SCRIPT_BYTES_MAX: usize = 6_250;
/// The core, in the script that a page's own script loads.
const CORE: &str = "core-wasm.js";

/// Prints raw, gzip and brotli bytes of each entry of the built package; fails past the budget. A page that uses every
/// feature bundles them: `size.mjs` of the package makes that bundle, and holds its budget.
pub(crate) fn run() -> Result<()> {
    let entries = entries()?;
    println!("{:<24} {:>9} {:>9} {:>9} {:>9}", "entry, all it loads", "raw", "gzip -9", "brotli", "added");
    let first = loaded(["index"])?;
    let script = weigh(&first)?;
    let core = [CORE.to_owned()];
    for entry in &entries {
        let files = loaded([entry.as_str()])?;
        let added = weigh(files.difference(&first))?.gzip;
        print(entry, &weigh(&files)?, &added.to_string());
    }
    print("the page's own script", &script, "");
    println!("{:<24} at most {SCRIPT_BYTES_MAX} gzip", "");
    let with_core = weigh(first.iter().chain(&core))?;
    print("and the core", &with_core, "");
    println!("{:<24} at most {FIRST_EVENT_BYTES_MAX} gzip", "");
    peers()?;
    let limits = [(script.gzip, SCRIPT_BYTES_MAX), (with_core.gzip, FIRST_EVENT_BYTES_MAX)];
    for (bytes, max) in limits {
        if bytes > max {
            bail!("the browser package is {} bytes over its limit of {max}", bytes - max);
        }
    }
    Ok(())
}

/// The same for the peers, where they are installed: they are bundled as an app bundles them, and so are we there.
fn peers() -> Result<()> {
    if !Path::new(BENCH).join("node_modules").exists() {
        println!("\nno peers: `npm ci` in {BENCH} installs them");
        return Ok(());
    }
    println!();
    let status = Command::new("node")
        .arg("sizes.mjs")
        .current_dir(BENCH)
        .status()
        .context("cannot start node: it bundles the peers")?;
    if !status.success() {
        bail!("the peers could not be bundled: see above");
    }
    Ok(())
}

/// Entries that the manifest exports and the build has made, the first one first.
fn entries() -> Result<Vec<String>> {
    let manifest = Path::new(DIST).with_file_name("package.json");
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(&manifest)?)?;
    let exports = manifest["exports"].as_object().context("expected exports in the manifest, found none")?;
    let files =
        exports.values().filter_map(|entry| entry["import"]["default"].as_str()?.strip_prefix("./dist/"));
    let names = files.filter(|file| Path::new(DIST).join(file).is_file());
    let mut found: Vec<String> =
        names.filter_map(|file| file.strip_suffix(".js")).map(str::to_owned).collect();
    found.sort_by_key(|entry| (entry != "index", entry.clone()));
    if found.first().is_none_or(|entry| entry != "index") {
        bail!("expected the built package in {DIST}, found none: run `make npm`");
    }
    Ok(found)
}

/// The scripts of these entries and every file of the package that they import.
fn loaded<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<BTreeSet<String>> {
    let mut open: Vec<String> = entries.into_iter().map(|entry| format!("{entry}.js")).collect();
    let mut files = BTreeSet::new();
    while let Some(name) = open.pop() {
        if files.contains(&name) {
            continue;
        }
        let text = fs::read_to_string(Path::new(DIST).join(&name)).with_context(|| format!("no {name}"))?;
        open.extend(imports(&text));
        files.insert(name);
    }
    Ok(files)
}

/// Files that a minified script imports before it runs: what it asks for later, with `import()`, is not among them.
fn imports(text: &str) -> impl Iterator<Item = String> + '_ {
    text.match_indices("\"./").filter_map(|(at, opening)| {
        let is_statement = text[..at].ends_with("from") || text[..at].ends_with("import");
        let (name, _) = text[at + opening.len()..].split_once('"')?;
        is_statement.then(|| name.to_owned())
    })
}

#[derive(Default)]
struct Weight {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

/// Each file is packed by itself, as a server sends it.
fn weigh<'a>(files: impl IntoIterator<Item = &'a String>) -> Result<Weight> {
    let mut sum = Weight::default();
    for name in files {
        let raw = fs::read(Path::new(DIST).join(name))?;
        sum.raw += raw.len();
        sum.gzip += gzip(&raw)?;
        sum.brotli += brotli(&raw)?;
    }
    Ok(sum)
}

fn print(title: &str, weight: &Weight, added: &str) {
    let Weight { raw, gzip, brotli } = weight;
    println!("{title:<24} {raw:>9} {gzip:>9} {brotli:>9} {added:>9}");
}

fn brotli(bytes: &[u8]) -> Result<usize> {
    let mut packed = Vec::new();
    let best = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &best)?;
    Ok(packed.len())
}

/// Packed by zlib, as servers do it and as `size.mjs` and the peers' figures are made: the command `gzip` cuts its blocks
/// elsewhere.
fn gzip(bytes: &[u8]) -> Result<usize> {
    const SCRIPT: &str = "process.stdout.write(zlib.gzipSync(fs.readFileSync(0), { level: 9 }))";
    let mut child = Command::new("node")
        .args(["--eval", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start node: its zlib packs the scripts")?;
    let mut stdin = child.stdin.take().context("node without a stdin")?;
    let input = bytes.to_vec();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(&input));
        child.wait_with_output()
    })?;
    if !output.status.success() {
        bail!("node could not pack a script: see above");
    }
    Ok(output.stdout.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_those_before_the_first_line() {
        let text = r#"import{a as b}from"./shared-1.js";import"./index.js";import c from"react";import("./later.js");d("./no.js")"#;
        assert_eq!(imports(text).collect::<Vec<_>>(), ["shared-1.js", "index.js"]);
    }
}

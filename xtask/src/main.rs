//! Checks and measurements of the repository itself: `cargo xtask help`.

mod bench;
mod fuzz;
mod size;
mod tidy;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  tidy    layer edges, file sizes, names, cfgs, manifests, lock files, links of the docs; builds the quiet crates for wasm32
  bench   times, instructions and bytes of the client, beside its peers
  size    bytes of the browser package beside its budget (after `make npm`)
  fuzz    the three fuzz targets one after the other, 10 minutes each or --seconds N (needs nightly and cargo-fuzz)
  help    this text";

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_else(|| "help".to_owned());
    let done = match command.as_str() {
        "tidy" => tidy::run(),
        "bench" => bench::run(),
        "size" => size::run(),
        "fuzz" => fuzz::run(std::env::args().skip(2)),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => {
            eprintln!("expected a command of xtask, found {other:?}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

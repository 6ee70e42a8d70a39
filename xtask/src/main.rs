//! Checks and measurements of the repository itself: `cargo xtask help`.

mod size;
mod tidy;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  tidy    layer edges, file sizes, names, cfgs, manifests, lock files; builds the quiet crates for wasm32
  size    bytes of the browser package beside its budget (after `make npm`)
  help    this text";

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_else(|| "help".to_owned());
    let done = match command.as_str() {
        "tidy" => tidy::run(),
        "size" => size::run(),
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

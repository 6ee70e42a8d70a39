#!/usr/bin/env bash
# Generates the Kotlin binding, and runs the Kotlin package's tests on the JVM; examples/android is compiled with them.
# HOLLOWAY_BIN: the `holloway` program; with it, events are also delivered to a real collector.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
target=$(realpath -m "${CARGO_TARGET_DIR:-$repo/target}")
need() { command -v "$1" >/dev/null || { echo "error: $1 is missing ($2)" >&2; exit 1; }; }
need cargo "install Rust with rustup"
need java "Debian: apt-get install openjdk-17-jdk-headless"
need mvn "Debian: apt-get install maven"

cd "$repo"
# Without the HTTP client in Rust, which the JVM and Android do not use.
cargo build --quiet --package holloway-mobile --lib --no-default-features
cargo build --quiet --package holloway-bindgen
built=$target/debug/libholloway_mobile.so
[ -e "$built" ] || built=$target/debug/libholloway_mobile.dylib
# A folder of its own: the Python package builds the same file with other features.
mkdir -p "$target/kotlin/native"
cp "$built" "$target/kotlin/native/"
library=$target/kotlin/native/${built##*/}
# Classes of a former binding would stay beside those of this one.
rm -rf "$target/kotlin/generated" "$target/kotlin/build/classes"
"$target/debug/holloway-bindgen" kotlin "$library" "$target/kotlin/generated" >/dev/null

[ -n "${HOLLOWAY_BIN:-}" ] || echo "note: HOLLOWAY_BIN is not set, so events go to the test's own collector only"
# Errors and what failed are printed; progress of downloads is not.
mvn --batch-mode --quiet --file "$here/pom.xml" \
  -Dstyle.color=never \
  -Dholloway.target="$target" \
  -Dholloway.program="$([ -z "${HOLLOWAY_BIN:-}" ] || realpath "$HOLLOWAY_BIN")" \
  test
reports=("$target"/kotlin/build/surefire-reports/TEST-*.xml)
echo "kotlin: $(cat "${reports[@]}" | grep -c '<testcase ') tests ran, $(cat "${reports[@]}" | grep -c '<skipped' || true) of them skipped"

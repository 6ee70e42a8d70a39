#!/usr/bin/env bash
# Assembles the Swift package and runs its tests with a Swift 6 toolchain, on Linux or a Mac. Not part of `make test`.
# HOLLOWAY_BIN: the `holloway` program; with it, events are also delivered to a real collector.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
target=$(realpath -m "${CARGO_TARGET_DIR:-$repo/target}")
command -v swift >/dev/null || { echo "error: swift is missing (Debian 13: apt-get install swiftlang)" >&2; exit 1; }

"$here/build.sh"
data=$(mktemp -d)
trap 'kill "${collector:-}" 2>/dev/null || true; rm -rf "$data"' EXIT
if [ -n "${HOLLOWAY_BIN:-}" ]; then
  "$HOLLOWAY_BIN" collect --listen 127.0.0.1:0 --data "$data" > "$data/printed" 2>/dev/null &
  collector=$!
  # The first line says where it listens.
  line=$(tail -n +1 -f --pid="$collector" "$data/printed" | head -n 1)
  HOLLOWAY_COLLECTOR=$(grep -o 'http://127.0.0.1:[0-9]*' <<<"$line")
  export HOLLOWAY_COLLECTOR
fi
export LD_LIBRARY_PATH="$target/debug"
swift test --package-path "$target/swift/Holloway" -Xlinker -L"$target/debug"

#!/usr/bin/env bash
# Runs `swift test` on the package that build.sh has assembled, by test.sh or test-debian.sh.
#   run-tests.sh [WORD…]   words before each call of the toolchain, such as `chroot DIR`
# HOLLOWAY_BIN: the `holloway` program; with it, events are also delivered to a real collector.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$(realpath -m "${CARGO_TARGET_DIR:-$here/../../target}")
data=$(mktemp -d)
trap 'kill "${collector:-}" 2>/dev/null || true; rm -rf "$data"' EXIT
if [ -n "${HOLLOWAY_BIN:-}" ]; then
  exec 3< <(exec "$HOLLOWAY_BIN" collect --listen 127.0.0.1:0 --data "$data" 2>/dev/null)
  collector=$!
  read -r line <&3 # the first line says where it listens
  HOLLOWAY_COLLECTOR=$(grep -o 'http://127.0.0.1:[0-9]*' <<<"$line")
  export HOLLOWAY_COLLECTOR
fi
export LD_LIBRARY_PATH="$target/swift/native"
"$@" swift test --package-path "$target/swift/Holloway" -Xlinker -L"$target/swift/native"

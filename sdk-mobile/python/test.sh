#!/usr/bin/env bash
# Builds the Python package and runs its tests.
# HOLLOWAY_BIN: the `holloway` program; with it, events are also delivered to a real collector.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$repo/target}
command -v python3 >/dev/null || { echo "error: python3 is missing (Debian: apt-get install python3)" >&2; exit 1; }

python3 "$here/build.py"
[ -n "${HOLLOWAY_BIN:-}" ] || echo "note: HOLLOWAY_BIN is not set, so events go to the test's own collector only"
export PYTHONPATH="$target/python" PYTHONDONTWRITEBYTECODE=1
cd "$here/tests" # `-m` puts the current folder first, and the unbuilt package must not be found there
python3 -m unittest discover

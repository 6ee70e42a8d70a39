#!/usr/bin/env bash
# Builds the Python package and runs its tests.
# HOLLOWAY_BIN: the `holloway` program; with it, events are also delivered to a real collector.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$repo/target}
python=${HOLLOWAY_VENV:-$repo/target/venv}/bin/python # has what setup.sh installs; without it some tests are skipped
[ -x "$python" ] || python=python3
command -v python3 >/dev/null || { echo "error: python3 is missing (Debian: apt-get install python3)" >&2; exit 1; }

python3 "$here/build.py"
[ -n "${HOLLOWAY_BIN:-}" ] || echo "note: HOLLOWAY_BIN is not set, so events go to the test's own collector only"
export PYTHONPATH="$target/python" PYTHONDONTWRITEBYTECODE=1
if "$python" -c 'import mypy' 2>/dev/null; then
  (cd "$PYTHONPATH" && "$python" -m mypy --config-file "$here/mypy.ini" -p holloway)
fi
cd "$here/tests" # `-m` puts the current folder first, and the unbuilt package must not be found there
"$python" -m unittest discover

#!/usr/bin/env bash
# Sends one event of each kind with each unmodified Segment SDK to the collector at $1.
set -euo pipefail
url="${1:?usage: run.sh COLLECTOR_URL}"
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../../.." && pwd)"
fail() {
  printf 'clients: %s\n' "$1" >&2
  exit 1
}
command -v node >/dev/null || fail "missing node: install Node.js 20 or newer"
command -v npm >/dev/null || fail "missing npm: install Node.js 20 or newer, with npm"
command -v python3 >/dev/null || fail "missing python3: install Python 3.11 or newer, with venv"

node_dir="$root/target/clients/node"
mkdir -p "$node_dir"
cp "$here/node/package.json" "$here/node/package-lock.json" "$here/node/send.mjs" "$node_dir/"
if ! cmp -s "$here/node/package-lock.json" "$node_dir/.installed"; then
  (cd "$node_dir" && npm ci --silent --no-audit --no-fund >/dev/null) || fail "npm could not install the SDK for Node"
  cp "$here/node/package-lock.json" "$node_dir/.installed"
fi
(cd "$node_dir" && node send.mjs "$url")

# The shared environment when it has the SDK, else one of our own.
python="${HOLLOWAY_VENV:-$root/target/venv}/bin/python"
if ! "$python" -c 'import segment.analytics' 2>/dev/null; then
  venv="$root/target/clients/venv"
  python="$venv/bin/python"
  if ! cmp -s "$here/python/requirements.txt" "$venv/.installed"; then
    python3 -m venv "$venv" || fail "python3 cannot make a virtual environment: install python3-venv"
    "$python" -m pip install --quiet --disable-pip-version-check -r "$here/python/requirements.txt" \
      || fail "pip could not install the SDK for Python"
    cp "$here/python/requirements.txt" "$venv/.installed"
  fi
fi
"$python" "$here/python/send.py" "$url"

#!/usr/bin/env bash
# Sends one event of each kind with each unmodified Segment SDK to the collector at $1.
set -euo pipefail
url="${1:?usage: run.sh COLLECTOR_URL}"
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../../.." && pwd)"
command -v node >/dev/null || { echo "missing node: install Node.js 20 or newer" >&2; exit 1; }

node_dir="$root/target/clients/node"
mkdir -p "$node_dir"
cp "$here/node/package.json" "$here/node/package-lock.json" "$here/node/send.mjs" "$node_dir/"
if ! cmp -s "$here/node/package-lock.json" "$node_dir/.installed"; then
  (cd "$node_dir" && npm ci --silent --no-audit --no-fund >/dev/null)
  cp "$here/node/package-lock.json" "$node_dir/.installed"
fi
(cd "$node_dir" && node send.mjs "$url")

python="${HOLLOWAY_VENV:-$root/target/venv}/bin/python"
[ -x "$python" ] || { echo "missing $python: run \`make setup\`" >&2; exit 1; }
"$python" "$here/python/send.py" "$url"

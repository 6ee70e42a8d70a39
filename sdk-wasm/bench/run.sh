#!/usr/bin/env bash
# Runs all three benches and writes RESULTS.md: about 45 minutes. Needs `make npm` and a `holloway` binary ($HOLLOWAY_BIN).
set -euo pipefail
cd "$(dirname "$0")"
if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --no-audit --no-fund --loglevel=error
fi
results=$(mktemp)
trap 'rm -f "$results"' EXIT
failed=0
section() {
  title=$1
  shift
  printf '\n## %s\n\n`%s`\n\n' "$title" "$*" >>"$results"
  "$@" >>"$results" || failed=1
}
cat >"$results" <<EOF
# Results

$(date -u +%Y-%m-%d), $(nproc) cores ($(uname -sm)), Node $(node --version), $("${CHROMIUM:-/usr/bin/chromium}" --version 2>/dev/null),
$("${FIREFOX:-/usr/bin/firefox-esr}" --version 2>/dev/null). Made by \`make bench-web\`; \`README.md\` says what the columns mean.
EOF
section Size node sizes.mjs
section "Delivery, Chromium" node delivery.mjs
section "Delivery, Firefox" node delivery.mjs --browser firefox
section "Main thread" node cost.mjs
cp "$results" RESULTS.md
cat RESULTS.md
exit "$failed"

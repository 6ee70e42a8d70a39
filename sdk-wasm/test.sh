#!/usr/bin/env bash
# Tests the packed browser package: in Node, in a Vite app made from nothing, in Chromium against the real collector.
# Needs `make npm` and a `holloway` binary ($HOLLOWAY_BIN, or built by cargo). TIMES: how often the tab is closed.
set -euo pipefail
cd "$(dirname "$0")/npm"
npm test
npm run --silent test:closed-tab -- --times "${TIMES:-10}"
# What counts the events in the benches; the peers are not needed for it.
node --test ../bench/test/sink.test.mjs

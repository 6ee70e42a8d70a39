#!/usr/bin/env bash
# Assembles the Swift package and runs its tests with a Swift 6 toolchain, on Linux or a Mac. Not part of `make test`; a Linux
# machine without a toolchain has test-debian.sh.
# HOLLOWAY_BIN: the `holloway` program; with it, events are also delivered to a real collector.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command -v swift >/dev/null || { echo "error: swift is missing (Debian 13: apt-get install swiftlang)" >&2; exit 1; }
"$here/build.sh"
exec "$here/run-tests.sh"

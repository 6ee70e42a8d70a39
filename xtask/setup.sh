#!/usr/bin/env bash
# Installs what the build and the tests need, and says in one line what it cannot install.
#   setup.sh rust   only what the Rust build needs
#   setup.sh dist   that, and Node.js, Python, Java and Maven, which the artefacts of a release need
#   setup.sh        that, and browsers, Maven, Python packages
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  printf 'setup: %s\n' "$1" >&2
  exit 1
}

need() {
  command -v "$1" >/dev/null || fail "missing $1: $2"
}

packages=()
want() {
  command -v "$1" >/dev/null || packages+=("$2")
}

install_packages() {
  [ ${#packages[@]} -gt 0 ] || return 0
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "missing Debian packages ${packages[*]}: run as root or install them"
    root=(sudo)
  fi
  echo "setup: installing Debian packages ${packages[*]}"
  "${root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
}

need cargo "install Rust with rustup (https://rustup.rs)"
want cc build-essential
want git git
if [ "${1:-all}" = rust ]; then
  install_packages
  exit 0
fi

need rustup "install Rust with rustup (https://rustup.rs)"
need node "install Node.js 20 or newer"
need npm "install Node.js 20 or newer, with npm"
need python3 "install Python 3.11 or newer, with venv"
need java "install a JDK 17"
want mvn maven
want gzip gzip
want strip binutils
if [ "${1:-all}" = dist ]; then
  install_packages
  exit 0
fi
want chromium chromium
want firefox-esr firefox-esr
want strace strace
want unshare util-linux
install_packages

# For Android only names and types are checked, which needs no NDK.
rustup target list --installed | grep -qx aarch64-linux-android || {
  echo "setup: adding the Rust target aarch64-linux-android"
  rustup target add aarch64-linux-android >/dev/null
}

rustup target list --installed | grep -qx wasm32-unknown-unknown || {
  echo "setup: adding the Rust target wasm32-unknown-unknown"
  rustup target add wasm32-unknown-unknown >/dev/null
}

# For the one test that runs under miri; without a nightly toolchain it is skipped.
if rustup toolchain list | grep -q '^nightly' && ! cargo +nightly miri --version >/dev/null 2>&1; then
  echo "setup: adding miri to the nightly toolchain"
  rustup component add --toolchain nightly miri rust-src >/dev/null 2>&1 || echo "setup: the nightly toolchain has no miri"
fi

venv="${HOLLOWAY_VENV:-$PWD/target/venv}"
stamp="$venv/.holloway-$(cksum <xtask/requirements.txt | cut -d' ' -f1)"
if [ ! -e "$stamp" ]; then
  echo "setup: installing Python packages into $venv"
  python3 -m venv "$venv" || fail "python3 cannot make a virtual environment: install python3-venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r xtask/requirements.txt
  touch "$stamp"
fi
echo "setup: ready"

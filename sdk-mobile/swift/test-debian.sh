#!/usr/bin/env bash
# Runs test.sh's tests with Swift 6 of Debian 13, in a folder of its own: for a Linux machine that has no Swift toolchain. As root.
# Downloads some 400 MB into target/swift/debian at the first run. Not part of `make test`.
# HOLLOWAY_BIN: the `holloway` program; with it, events are also delivered to a real collector.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
target=$(realpath -m "${CARGO_TARGET_DIR:-$repo/target}")
debian=${HOLLOWAY_SWIFT_DEBIAN:-$target/swift/debian}
[ "$(id -u)" -eq 0 ] || { echo "error: run as root: a Debian in a folder needs chroot" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "error: debootstrap is missing (Debian: apt-get install debootstrap)" >&2; exit 1; }

if [ ! -e "$debian/.ready" ]; then
  echo "swift: installing Debian 13 with swiftlang into $debian"
  rm -rf "$debian"
  debootstrap --variant=minbase trixie "$debian" http://deb.debian.org/debian >"$debian.log" 2>&1 ||
    { tail -n 5 "$debian.log" >&2; exit 1; }
  chroot "$debian" apt-get install -y -qq --no-install-recommends swiftlang libc6-dev libstdc++-14-dev >"$debian.log" 2>&1 ||
    { tail -n 5 "$debian.log" >&2; exit 1; }
  touch "$debian/.ready"
fi

"$here/build.sh"
# The mounts are in a namespace of their own: they are gone with it, so that nothing is reachable twice when a target folder is removed.
export debian repo target
unshare --mount --propagation private bash -euo pipefail -c '
  mkdir -p "$debian/$repo" "$debian/$target"
  mount -t proc proc "$debian/proc"
  mount --bind "$repo" "$debian/$repo"
  [[ "$target" == "$repo"/* ]] || mount --bind "$target" "$debian/$target"
  exec "$repo/sdk-mobile/swift/run-tests.sh" chroot "$debian"
'

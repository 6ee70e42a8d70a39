#!/usr/bin/env bash
# Makes the artefacts of a release in target/dist/, with SHA256SUMS.
#   dist.sh                     all of them
#   dist.sh PART...             only these: npm crates python maven cli container
#   dist.sh --quick PART...     for tests, into target/dist-quick/: libraries of the dev profile, crates that are packed
#                               and not built as they were packed
# The same sources, toolchain and folder give the same bytes: times are the last commit's, or SOURCE_DATE_EPOCH.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
dist=$target/dist
verify=()
if [ "${1:-}" = --quick ]; then
  shift
  dist=$target/dist-quick
  verify=(--no-verify)
  export HOLLOWAY_PROFILE=dev
fi
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
host=$(rustc -vV | sed -n 's/^host: //p')
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 315532800)}
export SOURCE_DATE_EPOCH

# What an app or a server installs from crates.io. The others are made for one of the artefacts, or for this repository.
crates=(holloway-wire holloway-core holloway holloway-wasm
  holloway-rawlog holloway-collector holloway-rules holloway-pipeline holloway-cli)

say() { printf '\033[1mdist: %s\033[0m\n' "$*"; }

# Starts a part: its title, about how long it takes, and an empty folder.
part() {
  say "$2 ($3)"
  rm -rf "${dist:?}/$1"
  mkdir -p "$dist/$1"
}

# A tar.gz of a folder beside its work folder, the same bytes each time.
archive() {
  tar --create --directory "$1" --sort=name --owner=0 --group=0 --numeric-owner --mode=u+rw,go+r,go-w \
    --mtime="@$SOURCE_DATE_EPOCH" --format=gnu "${@:3}" | gzip -9 -n >"$2"
}

make_npm() {
  part npm "browser package" "a minute; three the first time"
  sdk-wasm/build.sh
  cp "$target"/npm/*.tgz "$dist/npm/"
}

make_crates() {
  part crates "crates: $(printf '%s ' "${crates[@]}")" "a minute; three the first time, each is built as it was packed"
  local names=()
  for name in "${crates[@]}"; do names+=(--package "$name"); done
  # A tree with changes is packed as it is; `.cargo_vcs_info.json` in each crate says so.
  cargo package --quiet --locked --allow-dirty "${verify[@]}" "${names[@]}"
  for name in "${crates[@]}"; do cp "$target/package/$name-$version.crate" "$dist/crates/"; done
}

make_python() {
  part python "Python wheel" "seconds; two minutes the first time"
  python3 sdk-mobile/python/backend.py "$dist/python"
}

make_maven() {
  part maven "Kotlin and Java jar" "half a minute; two minutes more the first time"
  sdk-mobile/kotlin/jar.sh "$dist/maven"
}

# The stripped program and what must go with it, once for its two users.
program() {
  cargo build --quiet --locked --release --package holloway-cli
  rm -rf "$1"
  mkdir -p "$1"
  strip -o "$1/holloway" "$target/release/holloway"
  cp LICENSE-MIT LICENSE-APACHE "$1/"
  xtask/notices.py holloway-cli >"$1/THIRD-PARTY.txt"
}

make_cli() {
  part cli "command-line program" "seconds; five minutes the first time"
  local name=holloway-$version-$host
  program "$target/dist-work/$name"
  if [ -e cli/README.md ]; then cp cli/README.md "$target/dist-work/$name/"; else cp README.md "$target/dist-work/$name/"; fi
  cp CHANGELOG.md "$target/dist-work/$name/"
  archive "$target/dist-work" "$dist/cli/$name.tar.gz" "$name"
}

make_container() {
  part container "container: the context of docker build" "seconds; five minutes the first time"
  local context=$target/dist-work/container
  program "$context"
  cp cli/Dockerfile "$context/"
  archive "$context" "$dist/container/holloway-$version-container.tar.gz" .
}

[ $# -gt 0 ] || set -- npm crates python maven cli container
for name in "$@"; do
  case $name in
    npm | crates | python | maven | cli | container) "make_$name" ;;
    *) echo "dist: expected npm, crates, python, maven, cli or container, found $name" >&2; exit 2 ;;
  esac
done
rm -rf "$target/dist-work"
(cd "$dist" && find . -type f ! -name SHA256SUMS | sed 's|^\./||' | LC_ALL=C sort | xargs sha256sum >SHA256SUMS)
say "$dist:"
(cd "$dist" && while read -r _ file; do printf '  %9d  %s\n' "$(stat -c %s "$file")" "$file"; done <SHA256SUMS)

#!/usr/bin/env bash
# Packs the Kotlin package for the JVM: jar.sh FOLDER leaves the jar, its sources and its pom there.
# The jar carries the Rust library of this platform where JNA looks for it, so that an app needs nothing but the jar and
# its dependencies. HOLLOWAY_PROFILE: cargo's profile, `mobile` if not given. Tests are run by test.sh.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
target=$(realpath -m "${CARGO_TARGET_DIR:-$repo/target}")
out=$(realpath -m "${1:?usage: jar.sh FOLDER}")
fail() { echo "error: $1" >&2; exit 1; }
need() { command -v "$1" >/dev/null || fail "$1 is missing ($2)"; }
need cargo "install Rust with rustup"
need java "Debian: apt-get install openjdk-17-jdk-headless"
need mvn "Debian: apt-get install maven"
need strip "Debian: apt-get install binutils"

# JNA's names of platforms.
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) platform=linux-x86-64 file=libholloway_mobile.so ;;
  Linux-aarch64) platform=linux-aarch64 file=libholloway_mobile.so ;;
  Darwin-x86_64) platform=darwin-x86-64 file=libholloway_mobile.dylib ;;
  Darwin-arm64) platform=darwin-aarch64 file=libholloway_mobile.dylib ;;
  *) fail "expected Linux or macOS on x86-64 or arm64, found $(uname -s)-$(uname -m)" ;;
esac

cd "$repo"
profile=${HOLLOWAY_PROFILE:-mobile}
# As in test.sh, without the HTTP client in Rust; and taken away at once: the wheel builds the same file with it.
cargo build --quiet --package holloway-mobile --lib --no-default-features --profile "$profile"
cargo build --quiet --package holloway-bindgen
built=$profile
[ "$profile" != dev ] || built=debug
work=$target/kotlin/jar
rm -rf "$work"
mkdir -p "$work/resources/$platform" "$work/resources/META-INF" "$out"
library=$work/$file
cp "$target/$built/$file" "$library"
"$target/debug/holloway-bindgen" kotlin "$library" "$work/kotlin/generated" >/dev/null
strip --strip-unneeded -o "$work/resources/$platform/$file" "$library"
cp LICENSE-MIT LICENSE-APACHE "$work/resources/META-INF/"
xtask/notices.py holloway-mobile --no-default-features >"$work/resources/META-INF/THIRD-PARTY.txt"

stamp=$(date --utc --date="@${SOURCE_DATE_EPOCH:-315532800}" +%Y-%m-%dT%H:%M:%SZ)
mvn --batch-mode --quiet --file "$here/pom.xml" \
  -Dstyle.color=never \
  -Dholloway.target="$work" \
  -Dholloway.resources="$work/resources" \
  -Dproject.build.outputTimestamp="$stamp" \
  -Dmaven.test.skip=true \
  package
jars=("$work"/kotlin/build/holloway-kotlin-*.jar)
[ ${#jars[@]} -eq 1 ] || fail "expected one jar, found ${#jars[@]}"
name=$(basename "${jars[0]}" .jar)
cp "${jars[0]}" "$out/"
cp "$here/pom.xml" "$out/$name.pom"

# For debuggers: the facade and the generated binding, in the order of their names.
mkdir -p "$work/sources"
cp -R "$here/src/main/kotlin/." "$work/kotlin/generated/." "$work/sources/"
(cd "$work/sources" && find . -type f | LC_ALL=C sort | sed 's|^\./||' >"$work/sources.list")
(cd "$work/sources" && jar --create --no-manifest --date="$stamp" --file "$out/$name-sources.jar" "@$work/sources.list")

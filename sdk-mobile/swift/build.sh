#!/usr/bin/env bash
# Assembles the Swift package in target/swift/Holloway: facade, tests and the generated binding, which is never committed.
# On a Mac the package links an XCFramework; elsewhere the library that cargo has just built:
#   swift test --package-path target/swift/Holloway -Xlinker -L"$PWD/target/swift/native"
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
target=$(realpath -m "${CARGO_TARGET_DIR:-$repo/target}")
command -v python3 >/dev/null || { echo "error: python3 is missing" >&2; exit 1; }
command -v cargo >/dev/null || { echo "error: cargo is missing (install Rust with rustup)" >&2; exit 1; }

cd "$repo"
# Without the HTTP client in Rust: URLSession sends.
cargo build --quiet --package holloway-mobile --lib --no-default-features
cargo build --quiet --package holloway-bindgen
built=$target/debug/libholloway_mobile.so
[ -e "$built" ] || built=$target/debug/libholloway_mobile.dylib
# A folder of its own: the Python package builds the same file with other features.
mkdir -p "$target/swift/native"
cp "$built" "$target/swift/native/"
library=$target/swift/native/${built##*/}

package=$target/swift/Holloway
generated=$target/swift/generated
rm -rf "$generated" "$package/Sources" "$package/Tests"
"$target/debug/holloway-bindgen" swift "$library" "$generated"
mkdir -p "$package/Sources/HollowayFFI" "$package/Sources/HollowayBindings"
cp "$here/Package.swift" "$package/"
cp -R "$here/Sources/Holloway" "$package/Sources/"
cp -R "$here/Tests" "$package/"
cp "$generated/HollowayBindings.swift" "$package/Sources/HollowayBindings/"
cp "$generated/HollowayFFI.h" "$package/Sources/HollowayFFI/"
cat > "$package/Sources/HollowayFFI/module.modulemap" <<'MAP'
module HollowayFFI {
    header "HollowayFFI.h"
    link "holloway_mobile"
    export *
}
MAP
python3 "$here/names.py" "$package/Sources/Holloway" "$package/Sources/HollowayBindings/HollowayBindings.swift"
echo "swift package: $package"

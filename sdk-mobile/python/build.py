#!/usr/bin/env python3
"""Builds the Python package: library, generated binding and facade, side by side in target/python/holloway.

    python3 sdk-mobile/python/build.py [--release]     then     PYTHONPATH=target/python python3 app.py

With --release the library is the small one of the profile `mobile`. backend.py makes the wheel.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parents[1]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or REPO / "target")
LIBRARY = {"darwin": "libholloway_mobile.dylib", "win32": "holloway_mobile.dll"}.get(sys.platform, "libholloway_mobile.so")


def main() -> None:
    package = TARGET / "python" / "holloway"
    assemble(package, "mobile" if "--release" in sys.argv[1:] else "dev")
    print(f"python package: {package}")


def assemble(package: pathlib.Path, profile: str, *, stripped: bool = False) -> pathlib.Path:
    """Builds the package into the folder `package`, in place of what is there; returns the library in it."""
    cargo("build", "--quiet", "--package", "holloway-mobile", "--lib", "--profile", profile)
    cargo("build", "--quiet", "--package", "holloway-bindgen")
    built = TARGET / ("debug" if profile == "dev" else profile) / LIBRARY

    shutil.rmtree(package, ignore_errors=True)
    shutil.copytree(HERE / "holloway", package, ignore=shutil.ignore_patterns("__pycache__"))
    # The generator reads the library's symbols: it comes before `strip`.
    run(str(TARGET / "debug" / "holloway-bindgen"), "python", str(built), str(package))
    library = package / LIBRARY
    shutil.copy2(built, library)
    if stripped:
        run("strip", "--strip-unneeded", str(library))
    return library


def cargo(*arguments: str) -> None:
    if shutil.which("cargo") is None:
        sys.exit("error: cargo is missing; install Rust with rustup")
    run("cargo", *arguments)


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=REPO)
    if done.returncode != 0:
        sys.exit(f"error: {' '.join(command)} failed")


if __name__ == "__main__":
    main()

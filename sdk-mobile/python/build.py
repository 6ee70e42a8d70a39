#!/usr/bin/env python3
"""Builds the Python package: library, generated binding and facade, side by side in target/python/holloway.

    python3 sdk-mobile/python/build.py [--release]     then     PYTHONPATH=target/python python3 app.py

With --release the library is the small one of the profile `mobile`.
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
    profile = ["--profile", "mobile"] if "--release" in sys.argv[1:] else []
    cargo("build", "--quiet", "--package", "holloway-mobile", "--lib", *profile)
    cargo("build", "--quiet", "--package", "holloway-bindgen")
    library = TARGET / ("mobile" if profile else "debug") / LIBRARY

    package = TARGET / "python" / "holloway"
    shutil.rmtree(package, ignore_errors=True)
    shutil.copytree(HERE / "holloway", package, ignore=shutil.ignore_patterns("__pycache__"))
    run(str(TARGET / "debug" / "holloway-bindgen"), "python", str(library), str(package))
    shutil.copy2(library, package / LIBRARY)
    print(f"python package: {package}")


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

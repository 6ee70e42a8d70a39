#!/usr/bin/env python3
"""Prints the licences of the crates that are linked into a package: what those who pass on its binary must pass on too.

    python3 xtask/notices.py PACKAGE [options of cargo that choose features]

Our own crates are left out. Of a crate with several licences to choose from the MIT text is taken where there is one.
"""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys

REPO = pathlib.Path(__file__).resolve().parents[1]
TEXTS = re.compile(r"(licen[cs]e|copying|notice|unlicense|copyright)([-_.].*)?", re.IGNORECASE)


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("usage: notices.py PACKAGE [--no-default-features] [--features NAMES]")
    texts: dict[str, list[str]] = {}
    for name, version, terms, folder in linked(*sys.argv[1:]):
        for text in licence_texts(folder, terms) or [f"(No text in the crate; its sources, at this version, are on crates.io: {terms}.)\n"]:
            texts.setdefault(text, []).append(f"{name} {version} ({terms})")
    sys.stdout.write("This program contains the following crates, under the licences below each group.\n")
    for text, crates in sorted(texts.items(), key=lambda group: group[1]):
        sys.stdout.write("\n" + "-" * 100 + "\n" + "\n".join(crates) + "\n\n" + text.strip("\n") + "\n")


def linked(package: str, *features: str) -> list[tuple[str, str, str, pathlib.Path]]:
    """Returns name, version, licence and folder of every crate of others that is linked on this platform."""
    tree = cargo("tree", "--locked", "--package", package, *features, "--edges", "normal", "--prefix", "none", "--format", "{p}|{l}")
    rows = {line.removesuffix(" (*)") for line in tree.splitlines() if line}
    manifests = {
        (found["name"], found["version"]): pathlib.Path(found["manifest_path"]).parent
        for found in json.loads(cargo("metadata", "--locked", "--format-version", "1"))["packages"]
        if found["source"]
    }
    crates = []
    for row in sorted(rows):
        described, _, terms = row.partition("|")
        name, version, *_ = described.split(" ")
        folder = manifests.get((name, version.removeprefix("v")))
        if folder:
            crates.append((name, version.removeprefix("v"), terms or "see below", folder))
    return crates


def licence_texts(folder: pathlib.Path, terms: str) -> list[str]:
    files = sorted(path for path in folder.iterdir() if path.is_file() and TEXTS.fullmatch(path.name))
    mit = [path for path in files if "mit" in path.name.lower()]
    if mit and " OR " in terms.replace("/", " OR "):
        files = mit + [path for path in files if "notice" in path.name.lower() or "copyright" in path.name.lower()]
    return [path.read_text("utf-8", "replace").replace("\r\n", "\n") for path in files]


def cargo(*arguments: str) -> str:
    return subprocess.run(["cargo", *arguments], cwd=REPO, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()

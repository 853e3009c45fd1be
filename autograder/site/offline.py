"""The service worker: the site's files with their hashes, in front of what the front end wrote."""

import hashlib
import json
from pathlib import Path

STATIC = Path(__file__).with_name("static")
NOT_OFFLINE = ("_sources/", "_static/notebooks/", "offline.js", ".buildinfo", "objects.inv", "404.html", "robots.txt")


def files(site):
    """Name → [hash, bytes] of every file that a reader can keep."""
    listed = {}
    for path in sorted(Path(site).rglob("*")):
        name = path.relative_to(site).as_posix()
        if path.is_file() and not name.startswith(NOT_OFFLINE) and not name.endswith((".map", ".LEGAL.txt")):
            content = path.read_bytes()
            listed[name] = [hashlib.sha256(content).hexdigest()[:16], len(content)]
    return listed


def write_service_worker(site):
    """``offline.js`` at the site's root."""
    source = (STATIC / "live" / "offline.js").read_text(encoding="utf-8")
    head = f"const files = {json.dumps(files(site), separators=(',', ':'))};\n"
    (Path(site) / "offline.js").write_text(head + source, encoding="utf-8")

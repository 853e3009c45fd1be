"""`dlbook serve`: the built site on this machine, as a good web server sends it."""

import functools
import gzip
import json
import re
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ..errors import UserError
from ..notebooks.chapters import ROOT
from . import policy, runtime

HOST = "127.0.0.1"
PORT = 8642  # the same each time, as a browser keeps a reader's work by address; another one if it is taken
COMPRESSED = {".html", ".css", ".js", ".json", ".svg", ".xml"}
TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".ipynb": "application/x-ipynb+json",
    ".webmanifest": "application/manifest+json",
}
OF_REPORTS = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src 'self' data:"


class CannotServe(UserError):
    """The site cannot be served; the message says why and what to do."""


def serve(site=None, port=None, beside=(), announce=None):
    """Serve ``site``, a folder, until Ctrl-C; ``beside`` as in `make_server`. announce: called with the address.

    `CannotServe` if there is no site, or ``port`` is taken.
    """
    with make_server(site or ROOT / "_build" / "html", port, beside) as server:
        try:
            if announce:
                announce(server.address)
            server.serve_forever()
        except KeyboardInterrupt:
            pass


def make_server(site, port=None, beside=()):
    """A server of ``site`` on this machine only; its ``address`` ends with a slash.

    port: the one to use, by default `PORT` or, if that is taken, a free one. beside: name → folder of pages that are
    served under /NAME/, with a policy for pages that hold their own scripts.
    """
    site = Path(site)
    if not (site / "index.html").is_file():
        raise CannotServe(f"{site} holds no site: run `dlbook build` first")
    folders = {name: Path(folder) for name, folder in dict(beside).items()}
    handler = functools.partial(Handler, directory=str(site), beside=folders, mode=mode_of(site))
    for choice in (PORT, 0) if port is None else (port,):
        try:
            return Server((HOST, choice), handler)
        except (OSError, OverflowError) as error:
            problem = error
    raise CannotServe(
        f"port {port} cannot be used ({getattr(problem, 'strerror', None) or problem}): choose another one"
    )


def mode_of(site):
    """Which runtime the pages of a built site have."""
    if (Path(site) / runtime.FOLDER / runtime.LOCK).is_file():
        return runtime.SELF_HOSTED
    for page in sorted((Path(site) / "chapters").glob("*.html")):
        if found := re.search(r'id="live-chapter">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL):
            return runtime.NONE if "missing" in json.loads(found[1])["runtime"] else runtime.CDN
    return runtime.NONE


class Server(ThreadingHTTPServer):
    daemon_threads = True

    @property
    def address(self):
        return f"http://{HOST}:{self.server_port}/"

    def handle_error(self, request, client_address):
        """A browser that hangs up in the middle is no error of ours."""


class Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, **TYPES}

    def __init__(self, *arguments, beside, mode, **options):
        self.beside, self.mode = beside, mode
        super().__init__(*arguments, **options)

    def parse_request(self):
        """Requests for another host's name come from a page that only pretends to be this site."""
        if not super().parse_request():
            return False
        port = self.server.server_port
        if self.headers.get("Host") in (f"{HOST}:{port}", f"localhost:{port}"):
            return True
        self.send_error(421, "This server answers on 127.0.0.1 only")
        return False

    def folder_beside(self):
        """(name, folder) of what is served beside the site under this path, or None."""
        name = self.path.split("?")[0].split("/")[1]
        return (name, self.beside[name]) if name in self.beside else None

    def translate_path(self, path):
        if place := self.folder_beside():
            name, folder = place
            site, self.directory = self.directory, str(folder)
            try:
                return super().translate_path(path.removeprefix(f"/{name}"))
            finally:
                self.directory = site
        return super().translate_path(path)

    def end_headers(self):
        beside = hasattr(self, "path") and self.folder_beside()  # no path: the request was not one of HTTP
        own = OF_REPORTS if beside else policy.header(self.mode)
        self.send_header("Content-Security-Policy", own)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-cache")  # asked for again, sent again only if it changed
        super().end_headers()

    def do_GET(self):
        if self.beside and self.path.startswith("/html/"):  # on the disk the site lies in this folder beside the others
            return self.send_elsewhere(self.path.removeprefix("/html"))
        path = Path(self.translate_path(self.path))
        if path.is_dir() and self.path.split("?")[0].endswith("/"):
            path = path / "index.html"
        if not path.exists():
            return self.send_missing()
        if path.suffix not in COMPRESSED or not path.is_file():
            return super().do_GET()
        stamp = f'"{path.stat().st_mtime_ns:x}-{path.stat().st_size:x}"'
        if self.headers.get("If-None-Match") == stamp:
            self.send_response(304)
            self.send_header("ETag", stamp)
            return self.end_headers()
        self.send_text(200, path, stamp)

    def send_elsewhere(self, path):
        self.send_response(301)
        self.send_header("Location", path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def send_missing(self):
        """The site's own page for what does not exist."""
        page = Path(self.directory) / "404.html"
        if page.is_file():
            return self.send_text(404, page)
        self.send_error(404)

    def send_text(self, status, path, stamp=None):
        packed = "gzip" in self.headers.get("Accept-Encoding", "")
        content = compressed(str(path), path.stat().st_mtime_ns) if packed else path.read_bytes()
        self.send_response(status)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Vary", "Accept-Encoding")
        if packed:
            self.send_header("Content-Encoding", "gzip")
        if stamp:
            self.send_header("ETag", stamp)
        self.end_headers()
        self.wfile.write(content)

    def list_directory(self, path):
        return self.send_error(404)

    def log_message(self, *arguments):
        """A line for each file would hide the address."""


@functools.lru_cache(maxsize=256)
def compressed(path, modified):
    return gzip.compress(Path(path).read_bytes(), 6)

"""The built site on the loopback: as `dlbook serve` sends it, or as a host of plain files that knows no headers."""

import functools
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from autograder.site.serve import make_server


@contextmanager
def served(folder):
    """The address of a server of ``folder``."""
    with running(make_server(folder, port=0)) as server:
        yield server.address


@contextmanager
def running(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class PlainHandler(SimpleHTTPRequestHandler):
    """Files without a policy, below /book/; the rest of the host knows its visitors by a cookie."""

    protocol_version = "HTTP/1.1"
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".wasm": "application/wasm", ".js": "text/javascript"}

    def do_GET(self):
        self.server.asked.append((self.command, self.path, self.headers.get("Cookie")))
        if not self.path.startswith("/book/"):
            content = b"export default 1"
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            self.wfile.write(content)
            return
        self.path = self.path.removeprefix("/book")
        super().do_GET()

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def log_message(self, *arguments):
        pass


@contextmanager
def served_plainly(folder):
    """A server of ``folder`` as any host of files is one; its ``asked`` lists (method, path, cookie)."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(PlainHandler, directory=str(folder)))
    server.daemon_threads = True
    server.asked = []
    server.address = f"http://127.0.0.1:{server.server_port}/book/"
    with running(server):
        yield server

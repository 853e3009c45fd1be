"""The judge's end of a worker: starts it, gives it submissions, ends them."""

import json
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from typing import Any

from . import sandbox
from .channel import Channel
from .controlgroup import ControlGroup

START = 60  # seconds for a worker to get ready


class Worker:
    """A warm process that runs submissions, started when it is first needed and replaced if it stops answering.

    sandboxed: in bubblewrap. apart: without it, but as a user without rights, for a container that is all sandbox.
    """

    def __init__(self, sandboxed=True, index=None, apart=False):
        self.index = os.getpid() % sandbox.PROCESSES if index is None else index
        self.sandboxed, self.apart = sandboxed, apart
        self.folder = tempfile.mkdtemp(prefix="dlbook-worker-")
        os.chmod(self.folder, 0o755)
        sandbox.lay_out(self.folder)
        self.process: Any = None
        self.control: Any = None
        self.group = self.submission = None
        self.facts, self.kills = {}, 0

    def start(self):
        """Start the process and wait until it is warm; `RuntimeError` if it does not come up."""
        ours, theirs = socket.socketpair()
        line, environment = sandbox.command(self.folder, self.sandboxed, self.index, self.apart)
        if self.group is None:
            self.group = ControlGroup(f"dlbook-{os.getpid()}-{self.index}")
        self.process = subprocess.Popen(
            line,
            env=environment,
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            preexec_fn=self.group.enter,
        )
        theirs.close()
        self.control = ours
        self.facts = self._told(b"R", START)
        if self.facts is None or (self.sandboxed and not self.facts.get("namespaces")):
            self.process.kill()
            reason = self.process.communicate()[1].decode(errors="replace").strip().splitlines()
            if self.facts is not None:
                reason = ["the system lets bubblewrap make namespaces, but not the worker in it"]
            self.stop()
            raise RuntimeError(f"a worker did not start: {reason[-1] if reason else 'no reason given'}")

    def open(self, exercises):
        """The `Channel` of a new submission's cells, and one for each of so many ``exercises``."""
        for _ in range(2):
            if self.process is None:
                self.start()
            pairs = [socket.socketpair() for _ in range(exercises + 1)]
            try:
                socket.send_fds(self.control, [b"S"], [theirs.fileno() for _, theirs in pairs])
                facts = self._told(b"P", 20)
            except OSError:
                facts = None
            finally:
                for _, theirs in pairs:
                    theirs.close()
            channels = [Channel(ours) for ours, _ in pairs]
            if facts is not None:
                self.submission = facts.get("process")
                return channels
            close_all(channels)
            self.stop()
        raise RuntimeError("a worker takes no submissions")

    def close(self, channels):
        """End a submission with all that it started; the worker stays for the next one."""
        close_all(channels)
        try:
            self.control.sendall(b"K")
            ended = self._read(1, 10) == b"C"
        except OSError:
            ended = False
        if not ended:
            self.stop()

    def stop(self):
        """Kill the process with all that runs in it."""
        if self.process is None:
            return
        if not self.sandboxed and self.submission:
            try:
                os.killpg(self.submission, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        self.control.close()
        self.process = self.control = self.submission = None

    def discard(self):
        self.stop()
        if self.group:
            self.group.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def memory_ran_out(self):
        """Whether a process was killed for want of memory since this was last asked."""
        before, self.kills = self.kills, self.group.kills() if self.group else 0
        return self.kills > before

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.discard()

    def _told(self, kind, seconds):
        """The facts of the worker's next message, None if it is not of this kind."""
        head = self._read(5, seconds)
        if len(head) != 5 or head[:1] != kind:
            return None
        (length,) = struct.unpack(">I", head[1:])
        try:
            return json.loads(self._read(length, seconds))
        except ValueError:
            return None

    def _read(self, count, seconds):
        data, end = b"", time.monotonic() + seconds
        while len(data) < count:
            ready, _, _ = select.select([self.control], [], [], max(0.0, end - time.monotonic()))
            part = self.control.recv(count - len(data)) if ready else b""
            if not part:
                return data
            data += part
        return data


def close_all(channels):
    for channel in channels:
        channel.close()

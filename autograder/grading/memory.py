"""A bound on the memory of a worker and all that it starts together, by Linux control groups where there are any."""

import os
import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


class MemoryGroup:
    """A control group for one worker. Use `create`, which gives None where the system has none to give."""

    def __init__(self, folder, version):
        self.folder, self.version = folder, version

    @classmethod
    def create(cls, name, limit):
        """A new group of at most ``limit`` bytes, or None: then only each process has its own bound."""
        for version, parent in _parents():
            folder = parent / name
            try:
                folder.mkdir()
                group = cls(folder, version)
                group._limit(limit)
                return group
            except OSError:
                _remove(folder)
        return None

    def _limit(self, limit):
        if self.version == 1:
            (self.folder / "memory.limit_in_bytes").write_text(str(limit))
            _try_to_write(self.folder / "memory.memsw.limit_in_bytes", str(limit))
        else:
            (self.folder / "memory.max").write_text(str(limit))
            _try_to_write(self.folder / "memory.swap.max", "0")

    def enter(self):
        """Move the calling process into the group."""
        (self.folder / "cgroup.procs").write_text("0")

    def kills(self):
        """How many processes of the group were killed because its memory ran out."""
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        try:
            lines = (self.folder / name).read_text().splitlines()
        except OSError:
            return 0
        return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))

    def remove(self):
        _remove(self.folder)


def _parents():
    """(version, folder) of the groups in which this process may make others."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            yield 1, ROOT / "memory" / path.lstrip("/")
            yield 1, ROOT / "memory"
        elif not controllers:
            yield 2, (ROOT / path.lstrip("/")).parent


def _try_to_write(path, text):
    try:
        path.write_text(text)
    except OSError:
        pass


def _remove(folder):
    for _ in range(50):
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            return
        except OSError:  # processes that were killed are still leaving
            time.sleep(0.02)

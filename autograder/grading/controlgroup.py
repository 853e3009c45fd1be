"""Bounds on a worker and all that it starts together, by Linux control groups if there are any.

As root a group is made next to this process' own, in version 1 or 2 of the hierarchy. An ordinary user may make none;
`scope` then asks the user's own systemd for one.
"""

import os
import shutil
import subprocess
import time
from functools import cache
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
BYTES = 2_000_000_000  # memory, tmpfs included
PROCESSES = 160
PERIOD = 100_000  # microseconds; a sandbox gets one processor, however many processes it starts

VERSION_1 = {  # controller: (file, value) of each limit
    "memory": (("memory.limit_in_bytes", BYTES), ("memory.memsw.limit_in_bytes", BYTES)),
    "pids": (("pids.max", PROCESSES),),
    "cpu": (("cpu.cfs_period_us", PERIOD), ("cpu.cfs_quota_us", PERIOD)),
}
VERSION_2 = {
    "memory": (("memory.max", BYTES), ("memory.swap.max", 0)),
    "pids": (("pids.max", PROCESSES),),
    "cpu": (("cpu.max", f"{PERIOD} {PERIOD}"),),
}


class ControlGroup:
    """The group of one worker: ``missing`` names the controllers that this system does not let us use."""

    def __init__(self, name):
        self.folders = {}  # controller: folder
        for controller, limits, parent in _parents():
            if controller not in self.folders:
                folder = _make(parent / name, limits)
                if folder:
                    self.folders[controller] = folder

    @property
    def missing(self):
        return [controller for controller in VERSION_1 if controller not in self.folders]

    def enter(self):
        """Move the calling process into the group."""
        for folder in set(self.folders.values()):
            (folder / "cgroup.procs").write_text("0")

    def kills(self):
        """How many processes of the group were killed because its memory ran out."""
        folder = self.folders.get("memory")
        for name in ("memory.oom_control", "memory.events"):
            try:
                lines = (folder / name).read_text().splitlines() if folder else []
            except OSError:
                continue
            return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
        return 0

    def remove(self):
        for folder in set(self.folders.values()):
            _remove(folder)


def _parents():
    """(controller, its limits, folder) of the groups in which this process may make others, the best first."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        for controller in VERSION_1.keys() & set(controllers.split(",")):
            for parent in (
                ROOT / controllers / path.lstrip("/"),
                ROOT / controller / path.lstrip("/"),
                ROOT / controller,
            ):
                yield controller, VERSION_1[controller], parent
        if not controllers:
            parent = (ROOT / path.lstrip("/")).parent
            for controller in VERSION_2:
                yield controller, VERSION_2[controller], parent


def _make(folder, limits):
    """``folder`` as a group with these limits, or None if the system does not allow it."""
    made = not folder.exists()
    try:
        folder.mkdir(exist_ok=True)
        (first, value), *others = limits
        (folder / first).write_text(str(value))
    except OSError:
        if made:
            _remove(folder)
        return None
    for name, value in others:  # what not every kernel has, such as the limit of swap
        try:
            (folder / name).write_text(str(value))
        except OSError:
            pass
    return folder


def _remove(folder):
    for _ in range(50):
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            return
        except OSError:  # processes that were killed are still leaving
            time.sleep(0.02)


@cache
def scope():
    """The command before a command that runs it in a group of an ordinary user's own systemd; [] if there is none."""
    if os.geteuid() == 0 or not shutil.which("systemd-run"):
        return []
    line = ["systemd-run", "--user", "--scope", "--quiet", "--collect", "--property", f"MemoryMax={BYTES}"]
    line += [
        "--property",
        "MemorySwapMax=0",
        "--property",
        f"TasksMax={PROCESSES}",
        "--property",
        "CPUQuota=100%",
        "--",
    ]
    try:
        done = subprocess.run([*line, "true"], capture_output=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return []
    return line if done.returncode == 0 else []

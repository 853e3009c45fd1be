"""Throughput of `dlbook grade` against stock nbgrader, of a Dask cluster against local processes, and memory.

    python benchmarks/grading.py [--class-size 200] [--stock-size 12] [--large 2000]

Every figure is a ratio of two runs on this machine, in this session. Stock nbgrader grades ``--stock-size``
submissions of the class, since its time is proportional to their number; `dlbook grade` grades all of them, with
sandbox, gradebook, autograded notebooks and feedback. ``--large`` is the number of submissions of the run that looks
at linearity and memory (the target names 10,000).
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autograder.classwork import grade_and_render
from autograder.grading.course import lay_out_course
from autograder.grading.gradebook import find_own_tools
from autograder.sample_class import STUDENTS

CHAPTER = "perceptrons"
HONEST = ("ada", "boole", "陈伟", "frida", "goran", "hana", "ines", "jakob")


def make_class(folder, size):
    """``size`` honest submissions of one chapter."""
    sources = {}
    for student in HONEST:
        path = Path(folder) / "sources" / f"{student}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        STUDENTS[student](path, CHAPTER)
        sources[student] = path.read_bytes()
    submitted = Path(folder) / "submitted"
    for number in range(size):
        place = submitted / f"student {number:05d}" / CHAPTER
        place.mkdir(parents=True)
        (place / f"{CHAPTER}.ipynb").write_bytes(sources[HONEST[number % len(HONEST)]])
    return submitted


class PeakMemory:
    """The largest sum of the resident memory of this process and all its descendants, shared pages counted once."""

    def __enter__(self):
        self.peak, self.stop = 0, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.stop.set()
        self.thread.join()

    def _watch(self):
        while not self.stop.wait(0.5):
            self.peak = max(self.peak, sum(map(_proportional_memory, _family(os.getpid()))))


def _family(pid):
    children = {}
    for line in subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True).stdout.splitlines():
        child, parent = map(int, line.split())
        children.setdefault(parent, []).append(child)
    found, queue = [pid], [pid]
    while queue:
        more = children.get(queue.pop(), [])
        found += more
        queue += more
    return found


def _proportional_memory(pid):
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def timed(function, *arguments, **options):
    start = time.perf_counter()
    function(*arguments, **options)
    return time.perf_counter() - start


def stock(folder, submitted, size, feedback):
    """Seconds that stock nbgrader takes for the first ``size`` submissions."""
    course = Path(folder) / "course"
    lay_out_course(course)
    for student in sorted(submitted.iterdir())[:size]:
        shutil.copytree(student, course / "submitted" / student.name)
    find_own_tools()
    tool = str(Path(sys.executable).with_name("nbgrader"))
    quiet = {"cwd": course, "check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    seconds = timed(subprocess.run, [tool, "autograde", CHAPTER], **quiet)
    return seconds, timed(subprocess.run, [tool, "generate_feedback", CHAPTER], **quiet) if feedback else 0.0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--class-size", type=int, default=200)
    parser.add_argument("--stock-size", type=int, default=12)
    parser.add_argument("--large", type=int, default=2000)
    options = parser.parse_args()
    console, table = Console(), Table(title="Grading")
    for name in ("measured", "figure", "target"):
        table.add_column(name)
    workers = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        submitted = make_class(folder, options.class_size)
        size = options.class_size
        console.print("stock nbgrader …")
        autograde, feedback = stock(folder, submitted, options.stock_size, feedback=True)
        autograde, feedback = autograde / options.stock_size, feedback / options.stock_size
        console.print("dlbook grade …")
        ours = timed(grade_and_render, submitted, Path(folder) / "ours", workers=workers) / size
        table.add_row("stock autograde, each", f"{autograde:.2f} s", "")
        table.add_row("stock generate_feedback, each", f"{feedback:.2f} s", "")
        table.add_row(f"dlbook grade, each ({workers} processes, start included)", f"{ours * 1000:.0f} ms", "")
        table.add_row("throughput against stock autograde", f"{autograde / ours:.0f} x", "40 x")
        table.add_row("against stock autograde + generate_feedback", f"{(autograde + feedback) / ours:.0f} x", "25 x")

        console.print("with and without the sandbox …")
        pair = {True: [], False: []}
        for round_number in range(3):
            for sandboxed in (True, False):
                to = Path(folder) / f"sandbox {sandboxed} {round_number}"
                pair[sandboxed].append(timed(grade_and_render, submitted, to, workers=workers, sandboxed=sandboxed))
        overhead = sorted(pair[True])[1] / sorted(pair[False])[1] - 1
        table.add_row("overhead of the sandbox (median of 3)", f"{overhead:+.0%}", "under 10 %")

        console.print("a Dask cluster of as many processes …")
        from distributed import LocalCluster

        with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster:
            address = cluster.scheduler_address
            grade_and_render(submitted, Path(folder) / "warm", scheduler=address)
            there = timed(grade_and_render, submitted, Path(folder) / "dask", scheduler=address) / size
        table.add_row("Dask cluster against local processes, throughput", f"{ours / there:.2f}", "at least 0.9")

        console.print(f"{options.large} submissions …")
        small = make_class(Path(folder) / "small", options.large // 10)
        large = make_class(Path(folder) / "large", options.large)
        with PeakMemory() as memory_small:
            seconds_small = timed(grade_and_render, small, Path(folder) / "small out", workers=workers)
        with PeakMemory() as memory_large:
            seconds_large = timed(grade_and_render, large, Path(folder) / "large out", workers=workers)
        table.add_row(
            f"time for {options.large} against {options.large // 10}", f"{seconds_large / seconds_small:.1f} x", "10 x"
        )
        table.add_row(f"peak memory, {options.large // 10}", f"{memory_small.peak / 1e6:.0f} MB", "")
        table.add_row(f"peak memory, {options.large}", f"{memory_large.peak / 1e6:.0f} MB", "under 1500 MB, the same")
    console.print(table)


if __name__ == "__main__":
    main()

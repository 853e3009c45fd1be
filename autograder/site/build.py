"""`dlbook build`: the site, with warnings as errors."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from ..notebooks.chapters import ROOT
from ..reporting.terminal import bars
from . import runtime

STEP = re.compile(r"(reading sources|writing output)\.\.\. \[\s*(\d+)%\]")
COLOR = re.compile(r"\x1b\[[0-9;]*m")
NOISE = re.compile(r"\[IPKernelApp\] WARNING \| Kernel is running over TCP")


def command(output=None):
    """The command line that builds the site, in ``output`` or in the course's own folder."""
    line = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(ROOT), "-W", "-n", "--keep-going"]
    return [*line, "--path-output", str(output)] if output else line


def build(cdn=False, output=None, progress=None):
    """Build the site into ``_build/html``; returns the exit code, 0 or 1.

    cdn: the pages load Pyodide from the content delivery network that `runtime.json` pins; otherwise the site holds
    it. output: the folder to build in, by default the course's own. progress: a `rich.progress.Progress` to show the
    steps in, by default one of its own.
    """
    if progress is None:
        with bars() as progress:
            return build(cdn, output, progress)
    from .execute import run_chapters

    build_folder = Path(output or ROOT) / "_build"
    if not cdn:
        _fetch(progress)
    chapters = progress.add_task("running the chapters", total=None)
    run_chapters(build_folder, progress=lambda done, total: _show(progress, chapters, done, total))
    pages = progress.add_task("writing the pages", total=200)
    mode = runtime.CDN if cdn else runtime.SELF_HOSTED
    code, told = _run_sphinx(output, mode, lambda percent: progress.update(pages, completed=percent))
    progress.update(pages, completed=200)
    if code:
        progress.console.print(told, markup=False, highlight=False, soft_wrap=True)
    return 1 if code else 0


def _show(progress, task, done, total):
    progress.update(task, total=total or 1, completed=done if total else 1)


def _fetch(progress):
    task = progress.add_task("fetching Python for the pages", total=1)
    try:
        runtime.fetch()
    except runtime.NoRuntime as problem:
        line = f"{problem}. The site is built; its editors say that they cannot check."
        progress.console.print(line, style="yellow", markup=False, highlight=False, soft_wrap=True)
    progress.update(task, completed=1)


def _run_sphinx(output, mode, progress):
    """(exit code, what its user must read if it failed); calls ``progress`` with 0 to 200, reading and writing."""
    environment = {**os.environ, "DLBOOK_RUNTIME": mode, "NO_COLOR": "1"}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as complaints:
        process = subprocess.Popen(
            command(output), stdout=subprocess.PIPE, stderr=complaints, env=environment, text=True, errors="replace"
        )
        last = []
        for line in process.stdout:
            line = COLOR.sub("", line)
            if step := STEP.search(line):
                progress(int(step[2]) + (100 if step[1] == "writing output" else 0))
            last = [*last[-20:], line]
        code = process.wait()
        complaints.seek(0)
        warnings = [line for line in complaints if line.strip() and not NOISE.search(line)]
    return code, "".join(warnings) or "".join(last)

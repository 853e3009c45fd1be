"""`dlbook build`: the site, with warnings as errors."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from ..notebooks.chapters import ROOT
from ..reporting.terminal import bars
from . import runtime

FETCHING, RUNNING, WRITING = "fetching Python for the pages", "running the chapters", "writing the pages"
STEP = re.compile(r"(reading sources|writing output)\.\.\. \[\s*(\d+)%\]")
COLOR = re.compile(r"\x1b\[[0-9;]*m")
NOISE = re.compile(r"\[IPKernelApp\] WARNING \| Kernel is running over TCP")


def command(output=None):
    """The command line that builds the site, in ``output`` or in the course's own folder."""
    line = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(ROOT), "-W", "-n", "--keep-going"]
    return [*line, "--path-output", str(output)] if output else line


def build(cdn=False, output=None, show=None):
    """Build the site into ``_build/html``; returns the exit code, 0 or 1.

    cdn: the pages load Pyodide from the content delivery network that `runtime.json` pins; otherwise the site holds
    it. output: the folder to build in, by default the course's own. show: a `Steps`, by default bars of its own.
    """
    if show is None:
        with bars() as progress:
            return build(cdn, output, Steps(progress))
    from .choices import check_choices
    from .execute import run_chapters, settings

    check_choices(settings()["sphinx"]["config"])
    build_folder = Path(output or ROOT) / "_build"
    if not cdn:
        _fetch(show)
    run_chapters(build_folder, progress=lambda done, total: show(RUNNING, done if total else 1, total or 1))
    show(WRITING, 0, 200)
    code, told = _run_sphinx(output, runtime.CDN if cdn else runtime.SELF_HOSTED, lambda done: show(WRITING, done, 200))
    if code:
        show.tell(told)
    else:
        show(WRITING, 200, 200)
    return 1 if code else 0


class Steps:
    """Shows how far each step is, in a `rich.progress.Progress`."""

    def __init__(self, progress):
        self.progress, self.tasks = progress, {}

    def __call__(self, step, done, total):
        if step not in self.tasks:
            self.tasks[step] = self.progress.add_task(step, total=total)
        self.progress.update(self.tasks[step], completed=done, total=total)

    def tell(self, text):
        self.progress.console.print(text, markup=False, highlight=False, soft_wrap=True)


class Lines:
    """The same for another process: each step and each text is a line of JSON on standard output."""

    def __call__(self, *step):
        print(json.dumps(step), flush=True)

    def tell(self, text):
        print(json.dumps(text), flush=True)

    @staticmethod
    def repeat(lines, show):
        """Show in this process what another one wrote."""
        for line in lines:
            try:
                told = json.loads(line)
            except ValueError:  # something else that the process printed
                told = line.rstrip()
            show(*told) if isinstance(told, list) else show.tell(str(told))


def _fetch(show):
    show(FETCHING, 0, 1)
    try:
        runtime.fetch()
    except runtime.NoRuntime as problem:
        show.tell(f"{problem}. The site is built; its editors say that they cannot check.")
    show(FETCHING, 1, 1)


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


if __name__ == "__main__":  # for `make demo`, which grades in the meantime
    try:
        sys.exit(build(show=Lines()))
    except KeyboardInterrupt:
        sys.exit(130)

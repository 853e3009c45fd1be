"""Runs the cells of a submission as a notebook's kernel would, and keeps what they show within bounds.

This module is copied into the sandbox; it may import nothing else of the course but ``autograder.judging``.
"""

import base64
import signal
import subprocess
import sys
import types

MAX_OUTPUT = 64_000  # characters of text kept of one cell
MAX_FIGURES = 8  # pictures kept of one cell
MAX_DATA = 4_000_000  # characters of all pictures of one cell
SHOWN_ALREADY = {"matplotlib", "pylab", "gui"}  # magics that choose how figures appear: here they always do
INSTALLERS = {"pip", "pip3", "conda", "mamba", "uv", "apt", "apt-get"}  # they need a network, and wait for it


def make_shell():
    """The shell that runs notebooks' cells, with all that they import loaded."""
    import matplotlib
    from IPython.core import pylabtools

    choose = pylabtools.select_figure_formats  # pictures of a student are shown where an SVG could act: PNG cannot
    pylabtools.select_figure_formats = lambda shell, formats, **settings: choose(shell, {"png"})
    matplotlib.use("module://matplotlib_inline.backend_inline")
    import matplotlib.pyplot
    import numpy as np
    from IPython.core.error import UsageError
    from IPython.core.interactiveshell import InteractiveShell
    from matplotlib_inline.backend_inline import configure_inline_support
    from traitlets.config import Config

    class Shell(InteractiveShell):
        """A kernel's shell, in which a magic that cannot work here leaves the rest of its cell standing."""

        def run_line_magic(self, magic_name, line, _stack_depth=1):
            if magic_name in SHOWN_ALREADY:
                return None
            if magic_name in INSTALLERS:
                return self.system(f"{magic_name} {line}")
            try:
                return super().run_line_magic(magic_name, line, _stack_depth=_stack_depth + 1)
            except (UsageError, ImportError, NotImplementedError, OSError) as error:
                print(f"%{magic_name} has no effect here: {error}")

        def run_cell_magic(self, magic_name, line, cell):
            if self.find_cell_magic(magic_name) is None:
                print(f"%%{magic_name} has no effect here")
                return self.run_cell(cell, store_history=False).raise_error()
            return super().run_cell_magic(magic_name, line, cell)

        def system(self, cmd):
            command = self.var_expand(cmd, depth=1)
            if command.split()[:1] and command.split()[0] in INSTALLERS:
                return print(f"!{command} is not run here: there is no network")
            done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            print(done.stdout[:MAX_OUTPUT].decode(errors="replace"), end="")

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.autocall = 0
    shell = Shell.instance(config=config)
    configure_inline_support(shell, "module://matplotlib_inline.backend_inline")
    shell.run_cell("pass", silent=True)
    np.ones((8, 8)) @ np.ones((8, 8))
    checks = types.ModuleType("checks")
    vars(checks)["check"] = lambda *args, **kwargs: None  # the judge checks; a student's own cells may call it too
    sys.modules["checks"] = checks
    return shell


def run_cell(shell, source, seconds):
    """(status, outputs) of one cell; a cell that takes longer than ``seconds`` is interrupted."""
    from IPython.utils.capture import capture_output

    from autograder.judging.judge import text_of

    if not source.strip():
        return "ok", []
    text = BoundedText()
    with capture_output() as captured, Alarm(seconds):
        sys.stdout = sys.stderr = text
        try:
            result = shell.run_cell(source, store_history=False)
        except TimeUp:
            result, failure = None, "timeout"
        except BaseException:
            result, failure = None, "interrupted"
    outputs = [{"output_type": "stream", "name": "stdout", "text": text.getvalue()}] if text.getvalue() else []
    room = MAX_DATA
    for output in captured.outputs[:MAX_FIGURES]:
        data = {kind: item for kind, item in output.data.items() if kind in ("text/plain", "image/png")}
        data = {kind: _base64(item) if kind == "image/png" else str(item)[:MAX_OUTPUT] for kind, item in data.items()}
        room -= sum(map(len, data.values()))
        if room >= 0:
            outputs.append({"output_type": "display_data", "data": data, "metadata": {}})
    if result is None:
        return failure, outputs
    error = result.error_before_exec or result.error_in_exec
    if isinstance(error, TimeUp):
        return "timeout", outputs
    return ("ok" if error is None else f"{type(error).__name__}: {text_of(error)}"), outputs


def _base64(item):
    return item if isinstance(item, str) else base64.b64encode(item).decode()


class BoundedText:
    """A text file that keeps the first `MAX_OUTPUT` characters and counts the rest."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self):
        self.parts, self.room, self.dropped = [], MAX_OUTPUT, 0

    def write(self, text):
        text = str(text)
        self.parts.append(text[: self.room]) if self.room else None
        self.dropped += max(0, len(text) - self.room)
        self.room = max(0, self.room - len(text))
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        pass

    def isatty(self):
        return False

    def writable(self):
        return True

    def readable(self):
        return False

    def fileno(self):
        raise OSError("this stream has no descriptor")

    def getvalue(self):
        tail = f"\n… {self.dropped} more characters were printed" if self.dropped else ""
        return "".join(self.parts) + tail


class TimeUp(BaseException):
    """Raised in a student's code when its time is over."""


class Alarm:
    """Raise `TimeUp` after ``seconds``, and again each second, for code that swallows exceptions."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __enter__(self):
        def ring(signum, frame):
            raise TimeUp

        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, self.seconds, 1.0)

    def __exit__(self, *exception):
        signal.setitimer(signal.ITIMER_REAL, 0)

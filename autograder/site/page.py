"""The page's Python: runs a reader's code and judges it by the chapter's checks.

It runs in the browser, where it has NumPy, the package ``checks`` of a chapter and nothing else of the course; so it
imports nothing of the course itself.
"""

import base64
import contextlib
import importlib
import importlib.util
import io
import json
import linecache
import sys
import traceback
from functools import cache
from pathlib import Path

MAX_OUTPUT = 20_000  # characters kept of what a reader's code prints
MAX_FIGURES = 6

ROOT = "/checks"


def run_json(request):
    """`run` for a request and an answer in JSON."""
    return json.dumps(run(**_without_plots(json.loads(request))))


def run(chapter, exercise, code, earlier=(), root=ROOT):
    """Run a reader's code and judge one exercise.

    earlier: (name, code) of exercises before it that the reader has solved, in order; they run first, silently.
    Returns ``report`` (as `explain.as_data`), ``text`` (the report that notebooks print), ``output``, ``figures`` (PNG,
    base64) and ``error``, what the code itself raised: ``message``, ``line``, and ``trace``.
    """
    import numpy as np

    checks = _checks(chapter, root)
    namespace = {"__name__": "__main__", "np": np}
    if "plt" in code:
        with contextlib.suppress(ImportError):
            namespace["plt"] = importlib.import_module("matplotlib.pyplot")
    output = Bounded()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        output.silent = True
        for name, solved in earlier:
            execute(solved, f"<{name}>", namespace)
        output.silent = False
        error = execute(code, f"<{exercise}>", namespace)
        figures = take_figures()
        sheet = checks.student.sheets()[exercise]
        verdict = checks.judge.judge(sheet, checks.judge.LocalStudent(namespace))
        take_figures()
    return {
        "report": checks.explain.as_data(verdict, sheet),
        "text": checks.explain.text(verdict, sheet),
        "output": output.getvalue(),
        "figures": figures,
        "error": error,
    }


def execute(code, filename, namespace):
    """Run code in a namespace; returns None, or what went wrong and in which line of it."""
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    try:
        exec(compile(code, filename, "exec"), namespace)
    except SyntaxError as error:
        return {"message": f"{type(error).__name__}: {error.msg}", "line": error.lineno, "trace": ""}
    except BaseException as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == filename]
        text = "".join(traceback.format_exception_only(error)).strip()
        trace = "".join(traceback.format_list(frames))
        return {"message": text[:2000], "line": frames[-1].lineno if frames else None, "trace": trace[:4000]}
    return None


def take_figures():
    """The open figures as PNG in base64; they are closed."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return []
    pictures = []
    for number in pyplot.get_fignums()[:MAX_FIGURES]:
        file = io.BytesIO()
        pyplot.figure(number).savefig(file, format="png", dpi=110, bbox_inches="tight")
        pictures.append(base64.b64encode(file.getvalue()).decode())
    pyplot.close("all")
    return pictures


class Bounded(io.TextIOBase):
    """A text file that keeps the first `MAX_OUTPUT` characters."""

    silent = False

    def __init__(self):
        self.parts, self.room, self.dropped = [], MAX_OUTPUT, 0

    def writable(self):
        return True

    def write(self, text):
        if not self.silent:
            self.parts.append(text[: self.room])
            self.dropped += max(0, len(text) - self.room)
            self.room = max(0, self.room - len(text))
        return len(text)

    def getvalue(self):
        tail = f"\n… {self.dropped} more characters were printed" if self.dropped else ""
        return "".join(self.parts) + tail


@cache
def _checks(chapter, root):
    """The package ``checks`` of a chapter, under a name of its own: two chapters' checks live side by side."""
    folder = Path(root) / chapter / "checks"
    name = f"checks_{chapter}"
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)
    for module in ("explain", "judge", "student"):
        importlib.import_module(f"{name}.{module}")
    return package


def _without_plots(request):
    return {key: value for key, value in request.items() if key != "plots"}

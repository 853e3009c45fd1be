"""The page's Python: runs a reader's code and judges it by the chapter's checks.

It runs in the browser, where it has NumPy, the package ``checks`` of a chapter and nothing else of the course; so it
imports nothing of the course itself.
"""

import ast
import base64
import contextlib
import importlib
import importlib.util
import io
import json
import linecache
import sys
import traceback
import warnings
from functools import cache
from pathlib import Path

MAX_OUTPUT = 20_000  # characters kept of what a reader's code prints
MAX_FIGURES = 6

ROOT = "/checks"


def run_json(request):
    """`run`, or `try_out` if the request's task says so, for a request and an answer in JSON."""
    request = _without_plots(json.loads(request))
    task = try_out if request.pop("task", "check") == "try" else run
    try:
        return json.dumps(task(**request))
    except KeyboardInterrupt:
        return json.dumps({"stopped": "It was stopped: the code raised KeyboardInterrupt, as Ctrl+C does."})
    except RecursionError:
        return json.dumps({"stopped": "It was stopped: a function calls itself without end (RecursionError)."})
    except MemoryError:
        return json.dumps(
            {"stopped": "It was stopped: the page's Python has no memory left. Are the arrays too large?"}
        )


def run(chapter, exercise, code, earlier=(), library=(), root=ROOT):
    """Run a reader's code and judge one exercise.

    earlier: (name, code) of exercises before it that the reader has solved, in order; they run first, silently.
    library: the same for other chapters, of which only what is called runs.
    Returns ``report`` (as `explain.as_data`), ``text`` (the report that notebooks print), ``output``, ``figures`` (PNG,
    base64) and ``error``, what the code itself raised: ``message``, ``plain``, ``line``, ``trace``, and ``alone``,
    whether there is nothing to judge because of it.
    """
    checks = _checks(chapter, root)
    output = Bounded()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        namespace = prepared(code, earlier, library, output)
        error = execute(code, f"<{exercise}>", namespace)
        figures = take_figures()
        sheet = checks.student.sheets()[exercise]
        error = error or renamed(code, exercise, namespace)
        if error:
            error["alone"] = exercise not in namespace
        verdict = checks.judge.judge(sheet, checks.judge.LocalStudent(namespace))
        take_figures()
    return {
        "report": checks.explain.as_data(verdict, sheet),
        "text": checks.explain.text(verdict, sheet),
        "output": output.getvalue(),
        "figures": figures,
        "error": error,
    }


def try_out(chapter, exercise, code, trial, earlier=(), library=(), root=ROOT):
    """Run a reader's code, then the lines that they want to try; nothing is judged.

    Returns ``output`` with the value of the last line, ``figures`` and ``error``, as `run` does.
    """
    output = Bounded()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        namespace = prepared(f"{code}\n{trial}", earlier, library, output)
        error = execute(code, f"<{exercise}>", namespace)
        if error:
            error["place"] = "code"
        else:
            error = execute(trial, "<try>", namespace, show_last=True)
        figures = take_figures()
    return {"output": output.getvalue(), "figures": figures, "error": error}


def prepared(code, earlier, library, output):
    """A namespace with NumPy and the reader's own functions, which run without a word."""
    import numpy as np

    namespace = {"__name__": "__main__", "np": np, "input": _no_input}
    warnings.filterwarnings("ignore", message=".*non-interactive.*")  # plt.show(): the page shows the figures itself
    output.silent = True  # also what matplotlib says of its font cache on a slow machine
    if "plt" in code or "matplotlib" in code:
        with contextlib.suppress(ImportError):
            namespace["plt"] = importlib.import_module("matplotlib.pyplot")
    for name, solved in [*called(library, [code, *(source for _, source in earlier)]), *earlier]:
        execute(solved, f"<{name}>", namespace)
    output.silent = False
    take_figures()
    return namespace


def called(library, sources):
    """The (name, code) of a library that the sources call, directly or through each other, in the library's order."""
    makes = {name: _names(code)[1] | {name} for name, code in library}
    reads = {name: _names(code)[0] for name, code in library}
    wanted = set().union(*(_names(source)[0] for source in sources))
    taken = set()
    while found := {name for name in makes if name not in taken and makes[name] & wanted}:
        taken |= found
        wanted = wanted.union(*(reads[name] for name in found))
    return [(name, code) for name, code in library if name in taken]


def _names(source):
    """(names that a source reads, names that it makes at its top level)."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return set(), set()
    reads = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    makes = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    for statement in tree.body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            makes |= {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
        if isinstance(statement, (ast.Assign, ast.AnnAssign)):
            makes |= {
                node.id
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
    return reads, makes


def renamed(code, exercise, namespace):
    """What is wrong if the code runs and makes no function of the exercise's name, else None."""
    if exercise in namespace:
        return None
    made = [name for name in _names(code)[1] if callable(namespace.get(name))]
    other = f" It makes {' and '.join(sorted(made))}: give your function the name {exercise} again." if made else ""
    message = f"Your code makes no function {exercise}.{other}"
    return {"message": message, "plain": message, "line": None, "trace": ""}


def _no_input(prompt=""):
    raise RuntimeError("input() cannot be used here: the check gives your function its inputs as arguments.")


def execute(code, filename, namespace, show_last=False):
    """Run code in a namespace; returns None, or what went wrong and in which line of it.

    show_last: print the value of the last line if it is an expression, as a notebook does.
    """
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    try:
        tree = ast.parse(code, filename)
        last = tree.body.pop() if show_last and tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, filename, "exec"), namespace)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), filename, "eval"), namespace)
            if value is not None:
                print(repr(value))
    except SyntaxError as error:
        message = f"{type(error).__name__}: {error.msg}"
        return {"message": message, "plain": _plain(error, message), "line": error.lineno, "trace": ""}
    except BaseException as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == filename]
        text = "".join(traceback.format_exception_only(error)).strip()[:2000]
        trace = "".join(traceback.format_list(frames))[:4000]
        return {
            "message": text,
            "plain": _plain(error, text),
            "line": frames[-1].lineno if frames else None,
            "trace": trace,
        }
    return None


def _plain(error, message):
    """An error of code that did not run, with what to do about it."""
    if isinstance(error, TabError):
        return f"{message}. Tabs and spaces are mixed: indent every line with spaces."
    if isinstance(error, IndentationError):
        return f"{message}. Lines of one block start in the same column, four spaces further in than the line above."
    if isinstance(error, ModuleNotFoundError):
        return f"{message}. In this page there are Python's own modules, NumPy (as np) and matplotlib."
    if isinstance(error, SyntaxError) and "was never closed" in message:
        return f"{message}. Python looked for its partner to the end of the code."
    if isinstance(error, KeyboardInterrupt):
        return "The code raised KeyboardInterrupt, as Ctrl+C does."
    return message


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
    for module in [module for module in sys.modules if module.startswith(f"{name}.")]:
        del sys.modules[module]  # of the same chapter's checks in another folder
    sys.modules[name] = package
    spec.loader.exec_module(package)
    for module in ("explain", "judge", "student"):
        importlib.import_module(f"{name}.{module}")
    return package


def _without_plots(request):
    return {key: value for key, value in request.items() if key != "plots"}

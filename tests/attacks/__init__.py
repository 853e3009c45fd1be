"""Dishonest and faulty submissions, each a real notebook of chapter ``perceptrons``, and what must hold for it."""
# ruff: noqa: E501 - students' code in strings

import copy
import json
from dataclasses import dataclass
from functools import cache

import numpy as np

from autograder.exercises import exercises
from autograder.judging.sheet import make_sheet
from autograder.sample_class import fill, styled_answers

CHAPTER = "perceptrons"
POINTS = {exercise.name: float(exercise.points) for exercise in exercises(CHAPTER)}
FULL = sum(POINTS.values())
TOP, END = 3, None  # where an extra cell goes: after the setup, or last
ANY_FAULT = ("timeout", "out-of-memory", "crashed")


@dataclass(frozen=True)
class Attack:
    """One submission.

    data: the notebook's bytes. lowest, highest: bounds of its score. lost: exercises that earn nothing, while all
    others earn full marks; None where the bounds say all. status: one that is right, or several. reason: what the
    reason, or an exercise's error, must say.
    """

    name: str
    description: str
    data: bytes
    lowest: float
    highest: float
    lost: tuple
    status: tuple
    reason: str = ""


ATTACKS = {}


def add(name, description, notebook, lowest=0.0, highest=0.0, lost=None, status=("graded",), reason=""):
    assert name not in ATTACKS, name
    status = (status,) if isinstance(status, str) else status
    data = json.dumps(notebook).encode() if isinstance(notebook, dict) else notebook
    ATTACKS[name] = Attack(name, description, data, lowest, highest, lost, status, reason)


@cache
def right_answers():
    return styled_answers(CHAPTER, 0)


def all_answers(source):
    """The same answer to every exercise; NAME in it stands for the function's name."""
    return {name: source.replace("NAME", name) for name in POINTS}


WRONG = all_answers("def NAME(*arguments):\n    return -7.0")


def notebook(answers, *cells, place=TOP):
    """The released notebook with answers and extra cells, as plain data."""
    body = _filled(answers)
    extra = [{"cell_type": "code", "source": s, "metadata": {}, "outputs": [], "execution_count": None} for s in cells]
    for number, cell in enumerate(extra):
        cell["id"] = f"extra-{number}"
    place = len(body["cells"]) if place is None else place
    body["cells"][place:place] = extra
    return body


@cache
def _released():
    return json.loads(json.dumps(fill(CHAPTER, {})))


def _filled(answers):
    body = copy.deepcopy(_released())
    for cell in cells_of(body, "solution"):
        cell["source"] = answers.get(cell["metadata"]["nbgrader"]["grade_id"], cell["source"])
    return body


def cells_of(body, kind):
    """The cells with an nbgrader id whose ``solution`` or ``grade`` is true."""
    return [cell for cell in body["cells"] if cell["metadata"].get("nbgrader", {}).get(kind)]


def forgery(name, description, *cells, answers=None, highest=0.0, place=TOP, status=("graded", *ANY_FAULT)):
    """Wrong answers and cells that try to have them taken for right."""
    add(name, description, notebook(answers or WRONG, *cells, place=place), highest=highest, status=status)


def fault(name, description, source, status="graded", reason="", exercise="xor_gate"):
    """Right answers, one of them faulty: it alone is lost. NAME in the source stands for the function's name."""
    answers = right_answers() | {exercise: source.replace("NAME", exercise)}
    points = FULL - POINTS[exercise]
    add(name, description, notebook(answers), points, points, (exercise,), status, reason)


def fault_in_a_cell(name, description, source, status="graded", reason="", place=TOP):
    """Right answers and a cell of the student's own that goes wrong: nothing is lost."""
    add(name, description, notebook(right_answers(), source, place=place), FULL, FULL, (), status, reason)


def body(text):
    """A function NAME with this body."""
    return "def NAME(*arguments):\n" + "\n".join("    " + line for line in text.splitlines())


FRAMES = """
import json, os, struct, sys
def frame(message):
    data = json.dumps(message).encode()
    return struct.pack(">I", len(data)) + data
def everywhere(data):
    for descriptor in range(3, 256):
        try:
            os.write(descriptor, data)
        except OSError:
            pass
"""

# =============================================================================================== A: forgeries
# ------------------------------------------------------------------------------------ patches of what compares
forgery(
    "numpy-agrees-to-all",
    "NumPy's comparisons are replaced by ones that are always true.",
    "for name in ('allclose', 'array_equal', 'isclose', 'array_equiv', 'all', 'any'):\n"
    "    setattr(np, name, lambda *a, **k: True)\n"
    "for name in dir(np.testing):\n"
    "    if name.startswith('assert'):\n"
    "        setattr(np.testing, name, lambda *a, **k: None)",
)
forgery(
    "numpy-functions-that-flatter",
    "NumPy's functions that a comparison may use give zeros.",
    "for name in ('abs', 'absolute', 'subtract', 'asarray', 'isnan', 'isfinite', 'less_equal', 'max', 'shape'):\n"
    "    setattr(np, name, lambda *a, **k: np.zeros(()))",
)
forgery(
    "builtins-that-flatter",
    "len, isinstance, float, int, abs, all, any, max and print are replaced.",
    "import builtins\n"
    "builtins.isinstance = lambda *a: True\n"
    "builtins.len = lambda x: 1\n"
    "builtins.float = builtins.int = builtins.abs = builtins.max = lambda *a, **k: 0\n"
    "builtins.all = builtins.any = lambda *a: True\n"
    "builtins.print = lambda *a, **k: None",
)
forgery(
    "imports-are-redirected",
    "builtins.__import__ gives modules that agree to everything.",
    "import builtins, types\n"
    "class Yes(types.ModuleType):\n"
    "    def __getattr__(self, name):\n"
    "        return lambda *a, **k: True\n"
    "builtins.__import__ = lambda *a, **k: Yes('yes')",
)
forgery(
    "modules-are-replaced",
    "The judge's modules in sys.modules are replaced by ones that agree.",
    "import sys, types\n"
    "class Yes(types.ModuleType):\n"
    "    def __getattr__(self, name):\n"
    "        return lambda *a, **k: None\n"
    "for name in list(sys.modules):\n"
    "    if name.startswith(('autograder', 'checks', 'nbgrader')):\n"
    "        sys.modules[name] = Yes(name)",
)
forgery(
    "comparison-of-the-judge",
    "The copy of the judge in the sandbox is made to find no difference, and points for all.",
    "import autograder.judging.compare as compare, autograder.judging.judge as judge\n"
    "compare.difference = judge.difference = judge.complaint = lambda *a, **k: None\n"
    "judge.points = lambda sheet, results: sheet.points\n"
    "judge.Verdict.solved = property(lambda self: True)",
)
forgery(
    "calls-that-never-happen",
    "call_on_copies is replaced by a function that returns the arguments, ones or zeros.",
    "import autograder.judging.judge as judge\njudge.call_on_copies = lambda *a, **k: (True, [])",
)
forgery(
    "replies-with-points",
    "plain.dumps and json.dumps add points, a verdict and agreement to every message.",
    "import json\nimport autograder.judging.plain as plain\n"
    "dumps = json.dumps\n"
    "claims = {'points': 99, 'passed': True, 'score': 99, 'solved': True, 'status': 'graded', 'expected': None}\n"
    "def lie(message, **k):\n"
    "    return dumps({**message, **claims} if isinstance(message, dict) else message, **k)\n"
    "json.dumps = lie",
)
forgery(
    "results-written-by-hand",
    "plain.dumps gives text that is no result: claims, tags that are not known, pickles.",
    "import autograder.judging.plain as plain, itertools\n"
    "texts = itertools.cycle(['{\"passed\": true}', '{\"rng\": [0, 1]}', '{\"formula\": \"__import__(\\'os\\')\"}',\n"
    '    \'{"array": ["|O", [1], "gASVAAAA"]}\', \'{"opaque": ["list", 0]}\', \'true\', \'[1\'])\n'
    "plain.dumps = lambda value: next(texts)",
)
forgery(
    "worker-functions-found-by-gc",
    "The worker's own functions are found in memory and given other code.",
    "import gc, types\n"
    "for item in gc.get_objects():\n"
    "    if isinstance(item, types.FunctionType) and item.__name__ in ('answer', 'wait', 'serve_exercise'):\n"
    "        item.__code__ = (lambda *a: {'result': 'true', 'modified': [], 'points': 99}).__code__",
)
forgery(
    "worker-found-by-frames",
    "The frames above the cell are searched for the channel, which then speaks for itself.",
    "import sys\n"
    "at = sys._getframe()\n"
    "while at:\n"
    "    for value in list(at.f_locals.values()):\n"
    "        if hasattr(value, 'send') and hasattr(value, 'receive'):\n"
    "            for name in ('heaviside', 'perceptron'):\n"
    "                value.send({'event': 'exercise', 'name': name, 'points': 1.0})\n"
    "                value.send({'event': 'ended', 'name': name, 'status': 'ok', 'points': 1.0})\n"
    "    at = at.f_back",
)
forgery(
    "frames-searched-for-expected-results",
    "Each answer walks the frames and looks for expected values, sheets and trials to return.",
    answers=all_answers(
        body(
            "import sys\n"
            "at = sys._getframe()\n"
            "while at:\n"
            "    for name, value in {**at.f_globals, **at.f_locals}.items():\n"
            "        if name in ('expected', 'sheet', 'sheets', 'trial', 'trials', 'solution', 'reference'):\n"
            "            return getattr(value, 'expected', value)\n"
            "    at = at.f_back\n"
            "return -7.0"
        )
    ),
)
forgery(
    "memory-searched-for-expected-results",
    "Each answer searches all objects for sheets, trials, outcomes and reference functions.",
    answers=all_answers(
        body(
            "import gc\n"
            "for item in gc.get_objects():\n"
            "    kind = type(item).__name__\n"
            "    if kind in ('Trial', 'Sheet', 'Exercise') or 'solutions' in str(getattr(item, '__module__', '')):\n"
            "        if kind == 'Trial': return item.expected.value\n"
            "        if kind == 'Sheet': return item.trials[0].expected.value\n"
            "        if getattr(item, '__name__', '') == 'NAME': return item(*arguments)\n"
            "return -7.0"
        )
    ),
)
forgery(
    "socket-and-struct-replaced",
    "struct.pack and socket.sendall of the worker are replaced.",
    "import socket, struct\n"
    "struct.pack = lambda *a: b'\\0\\0\\0\\2{}'\n"
    "socket.socket.sendall = lambda self, data: None",
)

# ------------------------------------------------------------------------------------ patches of what runs cells
forgery(
    "shell-that-runs-nothing",
    "run_cell of the shell is replaced by one that reports success.",
    "import types\n"
    "get_ipython().run_cell = lambda *a, **k: types.SimpleNamespace("
    "error_before_exec=None, error_in_exec=None, success=True, result=1.0)",
)
forgery(
    "tracebacks-hidden",
    "showtraceback does nothing, so that no cell seems to fail.",
    "get_ipython().showtraceback = get_ipython().showsyntaxerror = lambda *a, **k: None",
)
forgery(
    "cells-rewritten",
    "An input transformer and an AST transformer turn every cell into one that passes.",
    "import ast\n"
    "get_ipython().input_transformers_cleanup.append(lambda lines: ['1.0\\n'])\n"
    "class Empty(ast.NodeTransformer):\n"
    "    def visit_Module(self, node):\n"
    "        return ast.Module([], [])\n"
    "get_ipython().ast_transformers.append(Empty())",
)
forgery(
    "check-as-a-magic",
    "A magic and a name `check` stand in for the course's check.",
    "from IPython.core.magic import register_line_magic\n"
    "@register_line_magic\n"
    "def check(line):\n"
    "    return 1.0\n"
    "import sys, types\n"
    "sys.modules['checks'] = types.SimpleNamespace(check=lambda name: 1.0, points=99)\n"
    "check = lambda name: 1.0",
)
forgery(
    "last-words",
    "atexit, weakref.finalize and threading's hooks write claims when the process ends.",
    FRAMES + "import atexit, threading, weakref\n"
    "claim = lambda: everywhere(frame({'event': 'ended', 'status': 'ok', 'points': 99}))\n"
    "atexit.register(claim)\nthreading._register_atexit(claim)\n"
    "class A: pass\na = A()\nweakref.finalize(a, claim)",
)
forgery(
    "everything-traced",
    "sys.settrace and sys.setprofile change locals called expected, passed and points.",
    "import sys, threading\n"
    "def trace(frame, event, argument):\n"
    "    for name in ('expected', 'passed', 'points', 'value'):\n"
    "        if name in frame.f_locals:\n"
    "            frame.f_locals[name] = True\n"
    "    return trace\n"
    "sys.settrace(trace)\nsys.setprofile(trace)\nthreading.settrace(trace)",
)
forgery(
    "hardly-any-recursion",
    "The recursion limit is set so low that little works.",
    "import sys\nsys.setrecursionlimit(60)",
)
forgery(
    "clocks-replaced",
    "time, monotonic, sleep and perf_counter stand still.",
    "import time\nfor name in ('time', 'monotonic', 'perf_counter', 'sleep'):\n    setattr(time, name, lambda *a: 0.0)",
)

# ------------------------------------------------------------------------------------ results that always agree
AGREEING = """
class Agreeing:
    shape, ndim, size, dtype = (4,), 1, 4, float
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __le__(self, other): return True
    __lt__ = __ge__ = __gt__ = __le__
    def __sub__(self, other): return 0.0
    __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __abs__ = __neg__ = lambda self, *a: 0.0
    def __bool__(self): return True
    def __len__(self): return 4
    def __float__(self): return 0.0
    def __getitem__(self, index): return self
    def __array__(self, *a, **k): return np.zeros(4)
    def __hash__(self): return 0
    def __getattr__(self, name): return self
    def __call__(self, *a): return self
"""
for kind, result, text in (
    ("objects-that-agree", "Agreeing()", "an object equal to everything"),
    ("tuples-that-agree", "(Agreeing(), Agreeing(), Agreeing())", "a tuple of objects equal to everything"),
    ("arrays-of-objects-that-agree", "np.array([Agreeing()] * 4, dtype=object)", "an array of such objects"),
    ("masked-arrays", "np.ma.masked_all((4,))", "a masked array, equal to everything"),
    ("masked-pairs", "(np.ma.masked_all((2,)), np.ma.masked)", "a pair of masked arrays"),
    ("matrices", "(np.matrix([[0.5, 0.5]]), np.matrix([[0.3]]))", "matrices"),
    ("nan-everywhere", "np.full((4,), np.nan)", "NaN, which no comparison finds greater"),
    ("nan-parameters", "(np.full((2,), np.nan), np.nan)", "parameters of NaN"),
    ("infinite-parameters", "(np.full((2,), np.inf), -np.inf)", "infinite parameters"),
    ("infinite-results", "np.full((4,), np.inf)", "infinity"),
    ("long-doubles", "np.full((4,), np.longdouble('1e4000'))", "numbers beyond double precision"),
    ("dates", "np.full((4,), np.datetime64('nat'))", "times that are none"),
    ("records", "np.zeros(4, dtype=[('a', float)])", "a structured array"),
    ("empty-results", "np.zeros((0,))", "nothing, in which nothing is wrong"),
    ("ellipsis", "...", "an ellipsis"),
    ("class-as-result", "Agreeing", "a class"),
):  # fmt: skip
    forgery(f"result-{kind}", f"Every answer is {text}.", AGREEING, answers=all_answers(body(f"return {result}")))
forgery(
    "result-lying-subclass-of-array",
    "Every answer is an ndarray subclass whose comparisons, subtraction and conversion agree.",
    "class Lying(np.ndarray):\n"
    "    def __eq__(self, other): return np.ones(self.shape, bool)\n"
    "    def __sub__(self, other): return np.zeros(self.shape)\n"
    "    __rsub__ = __sub__\n"
    "    def __abs__(self): return np.zeros(self.shape)\n"
    "    def __array_ufunc__(self, *a, **k): return np.zeros(self.shape)\n"
    "    def __array_function__(self, *a, **k): return True\n"
    "    def __array_finalize__(self, other): pass",
    answers=all_answers(body("return np.full(4, 0.5).view(Lying)")),
)
forgery(
    "result-lying-numbers",
    "Subclasses of float, int, str, tuple, list and dict that lie about what they hold.",
    "class F(float):\n    def __float__(self): return self\n    __eq__ = lambda self, other: True\n"
    "class T(tuple):\n    def __len__(self): return 3\n    __iter__ = lambda self: iter([F(1), F(1), F(1)])\n"
    "class L(list):\n    def __len__(self): return 4\n    __iter__ = lambda self: iter([F(.5)] * 4)",
    answers=all_answers(body("return T((L([F(0.25)] * 2), F(0.5)))")),
)
forgery(
    "result-made-when-looked-at",
    "A lazy sequence gives other items each time that it is read.",
    "import random\n"
    "class Lazy(list):\n"
    "    def __len__(self): return random.choice([2, 3, 4])\n"
    "    def __iter__(self): return (random.choice([0.3, 0.4]) for _ in range(len(self)))\n"
    "    def __getitem__(self, index): return random.random()",
    answers=all_answers(body("return Lazy()")),
)

# ------------------------------------------------------------------------------------ forged messages
FORGED = (
    "for name in ('heaviside', 'perceptron', 'and_gate_parameters', 'xor_gate'):\n"
    "    everywhere(frame({'event': 'exercise', 'name': name, 'points': 9.0, 'status': 'ok'}))\n"
    "    everywhere(frame({'result': 'true', 'modified': [], 'passed': True, 'points': 9.0}))\n"
    "    everywhere(frame({'event': 'ended', 'name': name, 'status': 'ok', 'points': 9.0, 'score': 9.0}))\n"
    "    everywhere(frame({'event': 'cell', 'cell': 3, 'status': 'ok', 'outputs': [], 'score': 9.0}))\n"
    "    everywhere(frame({'event': 'done', 'score': 13.0}))\n"
)
forgery(
    "messages-forged-in-a-cell", "Events and results are written to every open descriptor in a cell.", FRAMES + FORGED
)
forgery(
    "messages-forged-in-a-function",
    "Events and results are written to every open descriptor when a function is called.",
    FRAMES,
    answers=all_answers(body(FORGED + "return -7.0")),
)
forgery(
    "messages-of-any-length",
    "Lengths of four gigabytes, of nothing, and text that is no JSON are written to every descriptor.",
    FRAMES + "everywhere(b'\\xff\\xff\\xff\\xff')\neverywhere(b'\\0\\0\\0\\0')\neverywhere(os.urandom(5000))",
)
forgery(
    "messages-nested-deeply",
    "A message of a hundred thousand brackets is written to every descriptor.",
    FRAMES + "everywhere(struct.pack('>I', 100_000) + b'[' * 100_000)",
)
forgery(
    "messages-with-markup",
    "A forged failure speaks in the markup of terminals, pages and spreadsheets.",
    FRAMES + "everywhere(frame({'event': 'failed', 'error': '[/] [/nothing] \\x1b[2J <script> =1+1'}))",
)
forgery(
    "messages-from-a-thread",
    "A thread goes on writing forged events while the exercises are judged.",
    FRAMES + "import threading\n"
    "def run():\n    while True:\n        everywhere(frame({'event': 'ended', 'status': 'ok', 'points': 9.0}))\n"
    "threading.Thread(target=run, daemon=True).start()",
)
forgery(
    "messages-from-a-detached-process",
    "A detached process goes on writing forged events.",
    FRAMES + "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        while True:\n"
    "            everywhere(frame({'event': 'ended', 'status': 'ok', 'points': 9.0}))\n    os._exit(0)",
)
forgery(
    "a-copy-answers-too",
    "A cell forks, and the copy goes on as if it were the worker.",
    "import os\nos.getpid = lambda: 1\nos.fork()",
)
forgery(
    "fork-that-forks-nothing",
    "os.fork is replaced, so that the worker believes itself to be its own child.",
    "import os\nos.fork = lambda: 0\nos._exit = lambda code: None",
)

# ------------------------------------------------------------------------------------ looking for the answers
forgery(
    "imports-the-reference",
    "The answers are imported from the course.",
    "import importlib\n"
    "for name in ('solutions.perceptrons', 'autograder.exercises.perceptrons', 'autograder.grading.stock',\n"
    "             'autograder.grading.work', 'autograder.judging.sheet'):\n"
    "    try:\n"
    "        module = importlib.import_module(name)\n"
    "        globals().update({k: v for k, v in vars(module).items() if not k.startswith('_')})\n"
    "    except ImportError as error:\n        print(error)",
    place=END,
)
SEARCH = '''
import os
def search(*needles):
    """Paths of files below / that hold one of the texts."""
    for folder, folders, files in os.walk("/"):
        if folder == "/":
            folders[:] = [name for name in folders if name not in ("proc", "sys", "usr", "lib", "lib64")]
        folders[:] = [n for n in folders if not (folder.endswith("site-packages") and n not in ("solutions", "autograder"))]
        for name in files:
            if not name.endswith((".py", ".json", ".md", ".ipynb", ".txt", ".pyc")) or "python3." in folder:
                continue
            try:
                with open(os.path.join(folder, name), "rb") as file:
                    data = file.read(2_000_000)
            except OSError:
                continue
            if any(needle in data for needle in needles):
                yield os.path.join(folder, name)
'''
forgery(
    "disk-searched-for-the-reference",
    "The whole disk is searched for files with the reference or the expected results, which are run.",
    SEARCH + "for path in search(b'def xor_' + b'network_parameters', b'np.column_' + b'stack([w_nand'):\n"
    "    print('FOUND', path)\n"
    "    try:\n        exec(open(path).read())\n    except Exception as error:\n        print(error)",
    place=END,
)
forgery(
    "disk-searched-for-results",
    "The disk is searched for the seed, the gradebook, results and other students' work, to be written to.",
    "import os\n"
    "for folder, folders, files in os.walk('/'):\n"
    "    if folder == '/':\n        folders[:] = [n for n in folders if n not in ('proc', 'sys', 'usr')]\n"
    "    for name in files:\n"
    "        if name in ('seed.txt', 'gradebook.db', 'results.jsonl', 'perceptrons.ipynb') and '/nbgrader/' not in folder:\n"
    "            print('FOUND', folder, name)\n"
    "            open(os.path.join(folder, name), 'w').write('{\"score\": 13}')",
)
forgery(
    "other-processes-searched",
    "Memory, environment, descriptors and command lines of all processes are read for secrets.",
    "import os\n"
    "for pid in filter(str.isdigit, os.listdir('/proc')):\n"
    "    for name in ('environ', 'mem', 'maps', 'cwd', 'root', 'fd'):\n"
    "        try:\n"
    "            path = f'/proc/{pid}/{name}'\n"
    "            if int(pid) == 1:\n"
    "                found = os.listdir(path) if name in ('cwd', 'root', 'fd') else open(path, 'rb').read(4096)\n"
    "                print('FOUND', path, found)\n"
    "        except OSError:\n            pass\n"
    "print('secrets:', [k for k in os.environ if 'SEED' in k.upper() or 'DATABASE' in k.upper()])",
)
forgery(
    "first-process-attacked",
    "The first process of the sandbox is killed, stopped and traced.",
    "import ctypes, os\nlibc = ctypes.CDLL(None)\n"
    "for number in (9, 15, 19, 2, 6):\n    try:\n        os.kill(1, number)\n    except OSError:\n        pass\n"
    "print('traced' if libc.ptrace(16, 1, 0, 0) == 0 else 'refused')",
)
forgery(
    "worker-written-over",
    "The worker's own files and the packages are written over.",
    "import os, sys\n"
    "for folder in sys.path:\n"
    "    for name in ('sitecustomize.py', 'autograder/grading/worker.py', 'autograder/judging/plain.py'):\n"
    "        try:\n            open(os.path.join(folder, name), 'w').write('1 / 0')\n            if folder not in ('', '/tmp'):\n                print('WRITTEN', folder)\n"
    "        except OSError:\n            pass",
)
forgery(
    "network-asked-for-answers",
    "A cell and the functions fetch answers from another machine.",
    "import socket\n"
    "for place in (('1.1.1.1', 53), ('127.0.0.1', 8888), ('169.254.169.254', 80)):\n"
    "    try:\n        socket.create_connection(place, 0.2)\n        print('FOUND', place)\n    except OSError:\n        pass",
)


# ------------------------------------------------------------------------------------ what only visible cases want
def _looked_up(exercise):
    """An answer that knows the visible cases by heart and nothing else."""
    table = []
    for trial in make_sheet(exercise, visible_only=True).trials:
        table.append((repr([np.asarray(a).tolist() for a in trial.args]), trial.expected.value))
    entries = ", ".join(f"{key!r}: {_literal(value)}" for key, value in table)
    return body(f"return {{{entries}}}.get(repr([np.asarray(a).tolist() for a in arguments]), -7.0)").replace(
        "NAME", exercise.name
    )


def _literal(value):
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_literal, value)) + ",)"
    return f"np.array({value.tolist()!r})" if isinstance(value, np.ndarray) else repr(value)


def _visible_points(exercise):
    weights = {group.visible: 0.0 for group in exercise.groups}
    for group in exercise.groups:
        weights[group.visible] += group.weight
    return round(exercise.points * weights[True] / sum(weights.values()), 4)


DIRECT = [e for e in exercises(CHAPTER) if all(t.probe is None for t in make_sheet(e, visible_only=True).trials)]
_by_heart = sum(_visible_points(exercise) for exercise in DIRECT)
add(
    "visible-cases-by-heart",
    "Answers that return the visible cases' results earn those groups' points and no more.",
    notebook(WRONG | {exercise.name: _looked_up(exercise) for exercise in DIRECT}),
    lowest=_by_heart - 1e-3,
    highest=_by_heart + 1e-3,
)


# ------------------------------------------------------------------------------------ edited notebooks
def edited(name, description, change, answers=None, **holds):
    """A notebook whose JSON was changed by ``change(notebook)``."""
    changed = notebook(answers or WRONG)
    change(changed)
    add(name, description, changed, **holds)


def _source_of_checks(source):
    def change(body):
        for cell in cells_of(body, "grade"):
            cell["source"] = source

    return change


edited("checks-edited", "Every check cell holds `1.0`.", _source_of_checks("1.0"))
edited("checks-emptied", "Every check cell is empty.", _source_of_checks(""))
edited("checks-of-a-solved-exercise", "Every check cell checks the one solved exercise.",
       _source_of_checks("from checks import check\ncheck('heaviside')"),
       answers=WRONG | {"heaviside": right_answers()["heaviside"]}, lowest=1.0, highest=1.0)  # fmt: skip


def _without_checks(body):
    body["cells"] = [cell for cell in body["cells"] if not cell["metadata"].get("nbgrader", {}).get("grade")]


def _twice(body):
    body["cells"] += copy.deepcopy(cells_of(body, "solution") + 3 * cells_of(body, "grade"))


def _renamed(body):
    for cell in cells_of(body, "grade"):
        cell["metadata"]["nbgrader"]["grade_id"] += "-renamed"


def _points(body):
    for cell in cells_of(body, "grade") + cells_of(body, "solution"):
        cell["metadata"]["nbgrader"].update(points=1000.0, grade=True, solution=True, locked=False)


def _tags(body):
    for cell in body["cells"]:
        cell["metadata"]["tags"] = ["skip-execution", "nbval-skip", "remove-cell", "raises-exception"]


def _claims(body):
    claim = {"score": 13.0, "max_score": 13.0, "status": "graded", "points": 13.0, "role": "setup"}
    body["metadata"] |= {"dlbook": {"chapter": CHAPTER, **claim}, "nbgrader": claim, "celltoolbar": "None"}
    for cell in body["cells"]:
        cell["metadata"]["dlbook"] = claim


def _outputs(body):
    for cell in body["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [
                {"output_type": "stream", "name": "stdout", "text": "13 of 13 points ✓ all cases pass"},
                {"output_type": "execute_result", "data": {"text/plain": "1.0"}, "metadata": {}, "execution_count": 1},
            ]


def _swapped(body):
    cells = cells_of(body, "solution")
    for cell, other in zip(cells, cells[1:] + cells[:1]):
        cell["metadata"]["nbgrader"] = copy.deepcopy(other["metadata"]["nbgrader"])


for _change, _name, _text in (
    (_without_checks, "checks-deleted", "There is no check cell."),
    (_twice, "cells-duplicated", "Every answer and check stands there several times."),
    (_renamed, "checks-renamed", "Every check has another id."),
    (_points, "points-edited", "Every cell claims a thousand points."),
    (_tags, "cells-tagged", "Every cell asks not to be run, or to be expected to fail."),
    (_claims, "metadata-claims", "Metadata of the notebook and of its cells claim a score."),
    (_outputs, "outputs-claim", "Saved outputs claim points."),
    (_swapped, "ids-swapped", "Every answer bears another exercise's id."),
):  # fmt: skip
    edited(_name, _text + " Nothing is solved.", _change)
    if _change is not _outputs:
        edited(_name + "-in-a-right-notebook", _text + " All is solved.", _change, right_answers(), lowest=FULL,
               highest=FULL, lost=())  # fmt: skip
forgery(
    "scores-printed",
    "Cells print and return a forged score.",
    "print('{\"score\": 13.0, \"points\": 13.0}')\nprint('heaviside: 1 of 1 points')",
    "13.0",
    place=END,
)
forgery(
    "answers-to-other-names",
    "Right answers stand under look-alike names only.",
    answers={name: source.replace(name, name + "_") for name, source in right_answers().items()},
)


# =============================================================================================== B: faults
LOOP = "the time allowed"
ENDED = "process ended"
# ------------------------------------------------------------------------------------ that do not end
for _name, _text, _code in (
    ("loops", "an endless loop", "while True:\n    pass"),
    ("loops-and-swallows-all", "a loop that catches everything",
     "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass"),
    ("computes-a-huge-power", "10**10**9 in C", "10**10**9"),
    ("backtracks", "a regular expression that backtracks for ever", "import re\nre.match('(a|a)*b', 'a' * 60)"),
    ("sleeps", "a long sleep", "import time\ntime.sleep(1000)"),
    ("ignores-the-alarm", "a loop with SIGALRM ignored",
     "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True:\n    pass"),
    ("switches-the-alarm-off", "a loop with the timer off and replaced",
     "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0)\nsignal.alarm = signal.setitimer = lambda *a: None\n"
     "while True:\n    pass"),
    ("blocks-the-alarm", "a loop with SIGALRM blocked",
     "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\nwhile True:\n    pass"),
    ("writes-for-ever", "bytes written to descriptors 1 and 2 for ever",
     "import os\nwhile True:\n    os.write(1, b'x' * 65536)\n    os.write(2, b'x' * 65536)"),
    ("stops-itself", "the process stops itself", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"),
    ("deadlocks", "a lock taken twice", "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()"),
):  # fmt: skip
    fault(f"function-{_name}", f"A function ends in {_text}.", body(_code), "timeout", LOOP)
    fault_in_a_cell(f"cell-{_name}", f"A cell ends in {_text}.", _code, "timeout", "cell 4")
fault(
    "function-stops-its-parent",
    "A function stops the process that waits for it.",
    body("import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)\nwhile True:\n    pass"),
    "timeout",
    LOOP,
)
fault(
    "function-drips",
    "A function writes one byte of a long message every second.",
    body(
        "import os, signal, time\nsignal.setitimer(signal.ITIMER_REAL, 0)\n"
        "os.kill(os.getppid(), signal.SIGSTOP)\n"
        "fds = [d for d in range(3, 64) if 'socket' in _link(d)]\n"
        "for byte in b'\\0\\0\\1\\0' + b' ' * 40:\n"
        "    for d in fds:\n        os.write(d, bytes([byte]))\n    time.sleep(1)"
    )
    + "\n\n\ndef _link(d):\n    import os\n    try:\n        return os.readlink(f'/proc/self/fd/{d}')\n"
    "    except OSError:\n        return ''",
    "timeout",
    LOOP,
)
# ------------------------------------------------------------------------------------ that want too much
MEMORY = ("out-of-memory", "crashed", "timeout")
for _name, _text, _code, _status in (
    ("huge-array", "asks for one huge array", "np.ones(10**12)", ("graded", "out-of-memory")),
    ("growing-list", "grows a list without end", "x = []\nwhile True:\n    x.append(bytearray(10**8))", MEMORY),
    ("growing-text", "doubles a text without end", "x = 'x'\nwhile True:\n    x += x", MEMORY),
):
    fault(f"function-{_name}", f"A function {_text}.", body(_code), MEMORY)
    fault_in_a_cell(f"cell-{_name}", f"A cell {_text}.", _code, ("graded", *_status))
FORK_BOMB = "import os\nwhile True:\n    try:\n        os.fork()\n    except Exception:\n        pass"
fault("function-fork-bomb", "A function forks without end.", body(FORK_BOMB), ("timeout", "crashed"))
fault_in_a_cell("cell-fork-bomb", "A cell forks without end.", FORK_BOMB, ("timeout", "crashed"))
SLEEPERS = (
    "import os, time\nfor _ in range(100):\n    try:\n        if os.fork() == 0:\n            time.sleep(1000)\n"
    "    except OSError:\n        break"
)
fault_in_a_cell("cell-leaves-all-the-processes-it-may", "A cell leaves as many sleeping copies as it can.", SLEEPERS,
                ("graded", *ANY_FAULT))  # fmt: skip
fault_in_a_cell(
    "cell-leaves-all-the-descriptors-it-may",
    "A cell opens files until it may open no more and keeps them.",
    "files = []\ntry:\n    while True:\n        files.append(open('/dev/null'))\nexcept OSError:\n    pass",
    ("graded", *ANY_FAULT),
)
DETACHED = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(1000)\n    os._exit(0)"
fault_in_a_cell("cell-leaves-a-daemon", "A cell leaves a detached process.", DETACHED)
fault("function-leaves-a-daemon", "A function leaves a detached process.", body(DETACHED), "graded", "None")
fault_in_a_cell("cell-leaves-threads", "A cell leaves threads that never end.",
                "import threading, time\nfor _ in range(5):\n    threading.Thread(target=time.sleep, args=(1000,)).start()")  # fmt: skip
for _name, _code in (
    ("prints-a-gigabyte", "for _ in range(100):\n    print('x' * 10**7)"),
    ("prints-many-lines", "for i in range(20_000):\n    print(i)"),
):
    fault(f"function-{_name}", "A function prints a flood and returns nothing.", body(_code), "graded", "None")
    fault_in_a_cell(f"cell-{_name}", "A cell prints a flood.", _code)
FULL_TMP = (
    "import os\nfor folder in ('/tmp', '/dev/shm'):\n    try:\n        for i in range(100):\n"
    "            open(f'{folder}/{i}', 'wb').write(bytes(10**7))\n    except OSError:\n        pass"
)
fault("function-fills-tmp", "A function fills /tmp and /dev/shm.", body(FULL_TMP), "graded", "None")
fault_in_a_cell("cell-fills-tmp", "A cell fills /tmp and /dev/shm.", FULL_TMP)
fault_in_a_cell("cell-empties-tmp", "A cell deletes all that it can.",
                "import shutil\nfor folder in ('/tmp', '/dev/shm'):\n    shutil.rmtree(folder, ignore_errors=True)")  # fmt: skip
fault_in_a_cell("cell-shows-a-flood", "A cell displays fifty thousand things.",
                "from IPython.display import display\nfor i in range(50_000):\n    display(i)", ("graded", "timeout"))  # fmt: skip
fault_in_a_cell("cell-draws-huge-figures", "A cell draws ten figures of noise.",
                "for i in range(10):\n    plt.figure(figsize=(4, 4), dpi=100)\n    plt.imshow(np.random.rand(300, 300))\nplt.show()",
                ("graded", "timeout"))  # fmt: skip
fault_in_a_cell("cell-shows-as-much-as-is-kept", "A cell displays eight pictures, each as big as may be kept, and long texts.",
                "from IPython.display import display, Image\nprint('한' * 60_000)\n"
                "for i in range(8):\n    display({'image/png': 'A' * 2_000_000, 'text/plain': '한' * 60_000}, raw=True)")  # fmt: skip

# ------------------------------------------------------------------------------------ that end the process
for _name, _text, _code in (
    ("exits", "leaves by os._exit(3)", "import os\nos._exit(3)"),
    ("exits-with-success", "leaves by os._exit(0)", "import os\nos._exit(0)"),
    ("kills-itself", "kills its process", "import os\nos.kill(os.getpid(), 9)"),
    ("kills-its-group", "kills its process group", "import os\nos.killpg(0, 9)"),
    ("reads-address-zero", "reads the memory at address 0", "import ctypes\nctypes.string_at(0)"),
    ("aborts", "aborts", "import os\nos.abort()"),
    ("closes-descriptors", "closes all descriptors", "import os\nos.closerange(0, 1000)"),
    ("becomes-another-program", "becomes another program", "import os\nos.execv('/bin/true', ['true'])"),
    ("overflows-the-stack", "overflows the stack of C",
     "import sys\nsys.setrecursionlimit(10**9)\nf = lambda: f()\nclass A:\n    def __repr__(self): return repr(self)\nrepr(A())"),
):  # fmt: skip
    fault(f"function-{_name}", f"A function {_text}.", body(_code), ("crashed", "timeout", "out-of-memory"), "process")
    fault_in_a_cell(f"cell-{_name}", f"A cell {_text}.", _code, ("crashed", "timeout", "out-of-memory"), "cell 4")
fault("function-kills-its-parent", "A function kills the process that waits for it.",
      body("import os\nos.kill(os.getppid(), 9)\nwhile True:\n    pass"), "crashed", ENDED)  # fmt: skip
fault("function-kills-all", "A function kills everything that it may.",
      body("import os\nos.kill(-1, 9)\nwhile True:\n    pass"), "crashed", ENDED)  # fmt: skip
fault_in_a_cell("cell-kills-all", "A cell kills everything that it may.", "import os\nos.kill(-1, 9)")
add(
    "five-cells-that-exit",
    "Five cells leave by os._exit; the answers are right.",
    notebook(right_answers(), *["import os\nos._exit(1)"] * 5),
    FULL, FULL, (), "crashed", "cell 8",
)  # fmt: skip

# ------------------------------------------------------------------------------------ that raise
for _name, _code, _says in (
    ("sys-exit", "import sys\nsys.exit()", "SystemExit"),
    ("exit", "exit()", ""),
    ("quit", "quit()", ""),
    ("input", "input()", "EOFError"),
    ("keyboard-interrupt", "raise KeyboardInterrupt", "KeyboardInterrupt"),
    ("generator-exit", "raise GeneratorExit", "GeneratorExit"),
    ("own-base-exception", "class Mine(BaseException): pass\nraise Mine('mine')", "Mine"),
    ("recursion", "return NAME(*arguments)", "RecursionError"),
    ("error-without-text", "class Mute(Exception):\n    def __str__(self): return 1 / 0\nraise Mute", "Mute"),
    ("error-with-half-a-character", "raise ValueError('half \\ud800 a character')", "half"),
    ("error-with-a-page", "raise ValueError('<script>alert(1)</script>')", "script"),
    ("error-of-a-megabyte", "raise ValueError('x' * 10**7)", "ValueError"),
    ("assertion", "assert False, 'no'", "no"),
):
    fault(f"function-raises-{_name}", f"A function raises by {_name}.", body(_code), "graded", _says)
    if "return" not in _code.split("\n")[0] and "NAME" not in _code:
        fault_in_a_cell(f"cell-raises-{_name}", f"A cell raises by {_name}.", _code)

# ------------------------------------------------------------------------------------ that return something odd
for _name, _value, _says in (
    ("none", "None", "None"),
    ("a-hundred-million-floats", "np.zeros(10**8)", ""),
    ("three-million-floats", "np.zeros(3 * 10**6)", ""),
    ("three-million-items", "[0.0] * (3 * 10**6)", "items"),
    ("a-long-text", "'x' * (3 * 10**7)", ""),
    ("an-object", "object()", "object"),
    ("a-generator", "(x for x in arguments)", "generator"),
    ("a-lambda", "lambda: 1", "function"),
    ("a-set", "{0.0, 1.0}", "set"),
    ("a-text", "'[0, 1, 1, 0]'", "str"),
    ("bytes", "bytes(4)", "bytes"),
    ("complex-numbers", "np.array([0, 1, 1, 0]) * 1j", "complex"),
    ("a-huge-integer", "10**400", ""),
    ("a-huge-integer-in-an-array", "[10**400] * 4", ""),
    ("an-integer-too-long-to-write", "10**5000", ""),
    ("a-range-without-end", "range(10**30)", ""),
    ("texts-that-grow-as-an-array", "['x' * 10**6] + [''] * 900_000", ""),
    ("half-a-character", "'half \\ud800'", ""),
    ("a-dict-of-half-characters", "{'\\ud800': 1}", ""),
    ("a-structure-of-empty-arrays", "[np.zeros((0, 2**40))] * 4", ""),
):
    fault(f"function-returns-{_name}", f"A function returns {_name.replace('-', ' ')}.", body(f"return {_value}"),
          ("graded", "out-of-memory", "timeout"), _says)  # fmt: skip
for _name, _value in (("huge-integers", "([10**400, 1], -1.5)"), ("unwritable-integers", "([10**5000, 1], -1.5)"),
                      ("texts", "(['1', '1'], 'nan')"), ("objects", "(object(), object())"),
                      ("too-many-things", "1, 2, 3, 4, 5"), ("nothing", "None"), ("dicts", "({}, {})"),
                      ("ragged-lists", "([[1], [1, 2]], 1)")):  # fmt: skip
    fault(f"parameters-that-are-{_name}", f"A function returns {_name} as the parameters of a gate.",
          body(f"return {_value}"), exercise="and_gate_parameters")  # fmt: skip
fault("function-returns-itself-nested", "A function returns a list that holds itself.",
      body("x = []\nx.append(x)\nreturn x"), reason="nested")  # fmt: skip
fault("function-returns-deep-nesting", "A function returns a list a hundred thousand deep.",
      body("x = []\nfor _ in range(100_000):\n    x = [x]\nreturn x"), reason="nested")  # fmt: skip
fault("function-returns-a-sequence-without-end", "A function returns a list whose iteration never ends.",
      "import itertools\n\n\nclass Endless(list):\n    def __iter__(self):\n        return itertools.repeat(0)\n\n\n"
      + body("return Endless()"), ANY_FAULT)  # fmt: skip
fault(
    "function-of-other-arguments", "A function takes no arguments.", "def NAME():\n    return 1.0", reason="TypeError"
)
fault("function-is-a-number", "A number stands in the function's place.", "NAME = 3.0", reason="not a function")
fault("function-is-a-class", "A class stands in the function's place.", "class NAME:\n    pass")
fault(
    "function-is-deleted", "The function is deleted again.", body("return 1") + "\n\n\ndel NAME", reason="not defined"
)
fault(
    "answer-with-a-syntax-error", "An answer does not parse.", "def NAME(x1, x2):\n    return (x1", reason="not defined"
)
fault("answer-that-raises", "An answer's cell fails before its function is defined.",
      "1 / 0\n" + body("return 1"), reason="not defined")  # fmt: skip
fault("answer-redefined-later", "A later line of the answer undoes it.",
      right_answers()["xor_gate"].replace("xor_gate", "NAME") + "\n\n\nNAME = lambda a, b: -1.0")  # fmt: skip
add("answer-redefined-in-the-last-cell", "The last cell of the notebook, long after the check, undoes an answer.",
    notebook(right_answers(), "def xor_gate(x1, x2):\n    return -1.0", place=END), FULL, FULL, ())  # fmt: skip

# ------------------------------------------------------------------------------------ that change what is around
for _name, _text, _code in (
    ("chdir", "goes to another folder and removes it",
     "import os\nos.mkdir('/tmp/x')\nos.chdir('/tmp/x')\nos.rmdir('/tmp/x')"),
    ("environment", "changes the environment", "import os\nos.environ.clear()\nos.environ['PYTHONPATH'] = '/nowhere'"),
    ("stdout", "takes stdout and stderr away", "import sys\nsys.stdout = sys.stderr = sys.stdin = None"),
    ("warnings", "makes warnings errors", "import warnings\nwarnings.simplefilter('error')\nnp.seterr(all='raise')"),
    ("syntax-error", "does not parse", "def ("),
    ("half-character", "prints half a character", "print('half \\ud800 a character')"),
    ("half-character-in-source", "holds half a character", "x = '\ud800'"),
    ("null", "holds a null character", "x = '\0'"),
    ("escapes", "prints escapes for a terminal and a page", "print('\\x1b]0;title\\x07\\x1b[2J<script>alert(1)</script>')"),
    ("blank-lines", "holds twenty thousand blank lines", "x = 1" + "\n" * 20_000 + "y = 2"),
    ("blank-lines-and-a-magic", "holds blank lines and a magic", "%matplotlib inline" + "\n" * 20_000 + "x = ("),
    ("threads-and-warnings", "leaves a thread and makes warnings errors",
     "import threading, time, warnings\nthreading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n"
     "warnings.simplefilter('error')"),
    ("gc", "switches the collector off and freezes", "import gc\ngc.disable()\ngc.freeze()"),
    ("display-hook", "breaks display", "import sys\nget_ipython().display_formatter.format = lambda *a, **k: 1 / 0\n1"),
    ("unprintable", "shows an object whose repr fails", "class A:\n    def __repr__(self): raise KeyboardInterrupt\nA()"),
    ("shell-command", "runs shell commands that flood", "!head -c 3000000 /dev/zero | tr '\\0' x"),
    ("magics", "uses magics that are not there", "%load_ext nothing\n%%nothing\n"),
    ("asyncio", "runs an event loop", "import asyncio\nawait asyncio.sleep(0.01)"),
):  # fmt: skip
    fault_in_a_cell(f"cell-{_name}", f"A cell {_text}.", _code, ("graded", "timeout"))
fault_in_a_cell("cell-resets", "The last cell resets the namespace.", "%reset -f", place=END)
fault_in_a_cell("cell-warnings-at-the-end", "The last cell makes all fail.", "import sys\nsys.exit(1)", place=END)

# ------------------------------------------------------------------------------------ with an answer right after
for _name, _text, _code in (
    ("keyboard-interrupt", "raises KeyboardInterrupt", "raise KeyboardInterrupt"),
    ("three-million-floats", "returns three million floats", "return np.zeros(3 * 10**6)"),
):
    fault(
        f"first-function-{_name}",
        f"The first function {_text}; the next cell is the next answer.",
        body(_code),
        ("graded", "timeout", "out-of-memory"),
        exercise="heaviside",
    )

# ------------------------------------------------------------------------------------ of a notebook as a whole
add(
    "errors-that-tell-hidden-inputs",
    "A function is right in visible cases and raises errors that quote its input in the others.",
    notebook(
        right_answers()
        | {
            "heaviside": "def heaviside(z):\n    if z.size > 4:\n"
            "        raise ValueError(f'told: {z.tolist()}')\n    return (z > 0) * 1.0"
        }
    ),
    lowest=FULL - 1 / 3 - 1e-3,
    highest=FULL - 1 / 3 + 1e-3,
)
add(
    "cells-that-show-more-than-a-notebook-should-hold",
    "Forty cells display pictures of a megabyte.",
    notebook(
        right_answers(),
        *["from IPython.display import display\ndisplay({'image/png': 'A' * 10**6}, raw=True)"] * 40,
    ),
    FULL,
    FULL,
    (),
)

from . import outsiders  # noqa: E402, F401 - what others found, in the words of this module

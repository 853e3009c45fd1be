"""Random wrong answers, made by small changes in the references: what the judge makes of answers nobody foresaw.

A mutant is a reference with one node of its syntax tree changed: a sign, an axis, a comparison, a number, a mean
dropped. One that passes although it is wrong shows a hole in the cases; one that fails should be told more than what
was expected and what came; and a relation that is told must hold in other cases of the exercise as well.
"""

import ast
import copy
import importlib
import signal
import sys
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..exercises import exercises
from ..judging import relations
from ..judging.judge import LocalStudent, judge
from ..judging.sheet import make_sheet
from ..judging.vocabulary import source_without_docstring

SEED, OTHER_SEEDS = "0", ("1", "2")  # a relation found with the first has to be found with the others
MOST_LINES = 10  # times as many as the reference runs: a mutant that does not end is cut off, on any machine alike
MOST_SECONDS, MOST_MEMORY = 20, 10**9  # of one mutant's judgement; the seconds are only for what NumPy does not end
LEAST_EXPLAINED, MOST_FALSE = 0.85, 0.02  # shares of the mutants that fail
KINDS = ("misconception", "relation", "error", "input-changed", "shape", None)


@dataclass(frozen=True)
class Mutant:
    """A reference with one change. place: its line there; before, after: the piece that was changed."""

    function: object
    place: int
    before: str
    after: str


@dataclass(frozen=True)
class Finding:
    """What the judge says of one mutant: passed, or explained by what; whether its relation fails elsewhere."""

    exercise: str
    change: str
    passed: bool
    explained: str | None
    relation: str | None = None
    false: bool = False


class DoesNotEnd(Exception):
    """A mutant ran many more lines than the reference does."""


def findings(chapter, most=None):
    """A `Finding` for each mutant of each exercise of the chapter, at most ``most`` an exercise, evenly chosen."""
    found = []
    for exercise in exercises(chapter):
        made = list(mutants(exercise.reference))
        if most and len(made) > most:
            made = [made[k * len(made) // most] for k in range(most)]
        sheets = [make_sheet(exercise, seed) for seed in (SEED, *OTHER_SEEDS)]
        same = _function(source_without_docstring(exercise.reference), exercise.reference)
        most_lines = 1000 + MOST_LINES * max(_judged(exercise, same, sheet)[1] for sheet in sheets)
        found += [_finding(exercise, mutant, sheets, most_lines) for mutant in made]
    return found


def _finding(exercise, mutant, sheets, most_lines):
    first, *others = (_judged(exercise, mutant.function, sheet, most_lines)[0] for sheet in sheets)
    sheet = sheets[0]
    change = f"line {mutant.place}: {mutant.before}  →  {mutant.after}"
    passed = first.solved and all(verdict.solved for verdict in others)
    false = first.explained == "relation" and not all(
        relations.holds(fact, sheet, (*first.results, *other.results))
        for fact in relations.facts(sheet, first.results)
        for other in others
    )
    if first.solved and not passed:
        first = next(verdict for verdict in others if not verdict.solved)
    return Finding(exercise.id, change, passed, first.explained, first.relation, false)


def _judged(exercise, function, sheet, most_lines=None):
    """(verdict, lines that it ran) of a function in the place of the reference."""
    functions = vars(importlib.import_module(exercise.reference.__module__))
    lines, own = 0, function.__code__.co_filename

    def count(frame, event, argument):
        nonlocal lines
        lines += event == "line"
        if most_lines and lines > most_lines:
            raise DoesNotEnd(f"more than {most_lines} lines were run")
        return count

    def trace(frame, event, argument):
        return count if frame.f_code.co_filename == own else None

    def counted(*args, **kwargs):
        if most_lines and lines > most_lines:
            raise DoesNotEnd("in an earlier case")
        before = sys.gettrace()
        sys.settrace(trace)  # at each call: an error in a trace function ends the tracing
        try:
            return function(*args, **kwargs)
        finally:
            sys.settrace(before)

    with warnings.catch_warnings(), bounded():
        warnings.simplefilter("ignore")
        return judge(sheet, LocalStudent({**functions, exercise.name: counted})), lines


@contextmanager
def bounded():
    """Bound the memory and the processor's time of what runs here: a mutant may ask NumPy for anything."""
    import resource

    if not Path("/proc/self/statm").exists():
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()

    def stop(number, frame):
        raise DoesNotEnd(f"more than {MOST_SECONDS} s of the processor's time")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (used + MOST_MEMORY, hard))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def mutants(function):
    """The `Mutant` objects of a function, each with one node changed, in the order of its source."""
    tree = ast.parse(source_without_docstring(function))
    seen = {ast.unparse(tree)}
    for index, node in enumerate(ast.walk(tree)):
        for change in changes(node):
            changed = copy.deepcopy(tree)
            target = list(ast.walk(changed))[index]
            new = change(target)
            changed = ast.fix_missing_locations(_Replace(target, new).visit(changed))
            text = ast.unparse(changed)
            if text in seen:
                continue
            seen.add(text)
            made = _function(text, function)
            if made:
                yield Mutant(made, node.lineno, _line(node), _line(new))


def _line(node):
    text = "(nothing)" if node is None else " ".join(ast.unparse(node).split())
    return text if len(text) < 60 else text[:57] + "..."


def _function(text, function):
    space = dict(vars(sys.modules[function.__module__]))
    try:
        exec(compile(text, f"<mutant of {function.__name__}>", "exec"), space)
    except (SyntaxError, TypeError, ValueError, IndexError, ZeroDivisionError):  # a default may not be computable
        return None
    return space[function.__name__]


class _Replace(ast.NodeTransformer):
    def __init__(self, target, new):
        self.target, self.new = target, new

    def visit(self, node):
        return self.new if node is self.target else self.generic_visit(node)


OPERATORS = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}
NAMES = {
    "mean": "sum",
    "sum": "mean",
    "max": "min",
    "min": "max",
    "maximum": "minimum",
    "minimum": "maximum",
    "argmax": "argmin",
    "argmin": "argmax",
    "zeros": "ones",
    "zeros_like": "ones_like",
    "ones": "zeros",
    "ones_like": "zeros_like",
    "floor": "ceil",
    "std": "var",
    "var": "std",
    "exp": "expm1",
    "expm1": "exp",
    "log": "log1p",
    "log1p": "log",
    "normal": "uniform",
    "sin": "cos",
    "cos": "sin",
}
DROPPED = {"sqrt", "abs", "log", "exp", "cumsum", "clip", "sort", "square", "transpose", "round", "flip", "copy"}
KEYWORDS = {"axis", "keepdims", "ddof", "initial", "where"}


def changes(node):
    """Functions that make of a copy of the node what stands in its place."""
    if isinstance(node, ast.BinOp):
        yield from (_with(op=new()) for new in OPERATORS.get(type(node.op), ()))
        if not isinstance(node.op, ast.MatMult):
            yield lambda n: n.left
        if isinstance(node.op, (ast.Add, ast.Mult)):
            yield lambda n: n.right
    elif isinstance(node, ast.AugAssign):
        yield from (_with(op=new()) for new in OPERATORS.get(type(node.op), ()))
        yield lambda n: ast.copy_location(ast.Assign([n.target], n.value), n)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        yield lambda n: n.operand
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        yield from (_with(ops=[new()]) for new in OPERATORS.get(type(node.ops[0]), ()))
    elif isinstance(node, ast.BoolOp):
        yield from (_with(op=new()) for new in OPERATORS[type(node.op)])
    elif isinstance(node, ast.Constant):
        yield from _constants(node.value)
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        if node.attr in NAMES:
            yield _with(attr=NAMES[node.attr])
        if node.attr == "T":
            yield lambda n: n.value
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and len(node.elts) == 2:
        yield lambda n: ast.copy_location(ast.Tuple(n.elts[::-1], n.ctx), n)
    elif isinstance(node, ast.If) and not node.orelse and isinstance(node.body[0], ast.Raise):
        yield lambda n: ast.copy_location(ast.Pass(), n)
    elif isinstance(node, ast.IfExp):
        yield lambda n: n.body
        yield lambda n: n.orelse


def _with(**fields):
    def change(node):
        node = copy.copy(node)
        for name, value in fields.items():
            setattr(node, name, value)
        return node

    return change


def _constants(value):
    if isinstance(value, bool):
        yield _with(value=not value)
    elif isinstance(value, int):
        yield from (_with(value=value + 1), _with(value=value - 1))
    elif isinstance(value, float) and value:
        yield _with(value=value * 2)


def _calls(node):
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in DROPPED:
        yield lambda n: n.args[0] if n.args else n.func.value if isinstance(n.func, ast.Attribute) else n
    for keyword in node.keywords:
        if keyword.arg in KEYWORDS:
            kept = keyword.arg
            yield lambda n, kept=kept: _without(n, kept)


def _without(node, keyword):
    node = copy.copy(node)
    node.keywords = [k for k in node.keywords if k.arg != keyword]
    return node


@dataclass(frozen=True)
class Tally:
    """How many mutants of a chapter passed, failed, were explained by what, and were told a false relation."""

    chapter: str
    mutants: int = 0
    passed: int = 0
    by: tuple = ()
    false: int = 0

    @property
    def failed(self):
        return self.mutants - self.passed

    @property
    def explained(self):
        return sum(count for kind, count in zip(KINDS, self.by) if kind)


def tally(chapter, found):
    """The `Tally` of some findings."""
    failed = [finding for finding in found if not finding.passed]
    by = tuple(sum(finding.explained == kind for finding in failed) for kind in KINDS)
    return Tally(chapter, len(found), len(found) - len(failed), by, sum(finding.false for finding in failed))


def total(tallies):
    """The sum of some tallies."""
    whole = Tally("all", by=(0,) * len(KINDS))
    for one in tallies:
        whole = replace(
            whole,
            mutants=whole.mutants + one.mutants,
            passed=whole.passed + one.passed,
            by=tuple(a + b for a, b in zip(whole.by, one.by)),
            false=whole.false + one.false,
        )
    return whole

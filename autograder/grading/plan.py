"""What of a submission is run, and where each exercise is judged.

The plan is made from the course's own released notebook: a submission adds its answers and its own cells to it
and can change nothing else. Ids, tags and points in a submission are read as hints at most.
"""

import ast
import re
import warnings
from dataclasses import dataclass, field
from functools import lru_cache

from ..notebooks.steps import role_of


@dataclass
class Step:
    """One code cell to run; ``exercises`` are judged after it. ``cell`` is its index in the submission."""

    cell: int
    source: str
    exercises: list = field(default_factory=list)
    experiment: bool = False


@dataclass
class Plan:
    """The steps in order, and what became of each cell of the submission."""

    steps: list
    roles: list  # for each cell of the submission: (role, exercise's name or None)
    judged: dict  # by exercise: the index of the cell whose definition is judged
    notes: dict  # by exercise: what its student should know of where it was judged


def make_plan(reading, released, names):
    """The `Plan` for a submission.

    reading: the submission. released: the course's notebook for students. names: the chapter's exercises.
    An exercise is judged where its check stands, as stock nbgrader does; only if its function is not defined by then,
    after the last cell that defines it. So a later helper of the same name neither takes marks nor gives any. An
    untouched stub is not run if there is an answer, so a copy left behind does not undo it.
    """
    course = {_normal(cell.source): cell for cell in released.cells}
    stubs = {
        cell.metadata["nbgrader"]["grade_id"]: _normal(cell.source)
        for cell in released.cells
        if role_of(cell) == "exercise"
    }
    untouched = set(stubs.values())
    roles = [_role(cell, course, stubs, untouched, names) for cell in reading.cells]
    answered = {function for (role, _), cell in zip(roles, reading.cells) if role in ("answer", "own")
                for function in definitions(cell.source) & names.keys()}  # fmt: skip
    steps, checks, defined = [], {}, {name: [] for name in names}  # by name: how many steps run before
    for index, (cell, (role, name)) in enumerate(zip(reading.cells, roles)):
        if role == "check" and name is not None:
            checks[name] = len(steps)
        if role in ("text", "check") or (role == "stub" and name in answered):
            continue
        steps.append(Step(index, cell.source, experiment=role == "experiment"))
        for function in definitions(cell.source) & names.keys():
            defined[function].append(len(steps))
    if not steps:
        steps.append(Step(-1, ""))
    judged, notes = {}, {}
    for name in names:
        place = place_of(checks.get(name), defined[name]) or len(steps)
        steps[place - 1].exercises.append(name)
        earlier = [count for count in defined[name] if count <= place]
        later = [count for count in defined[name] if count > place]
        if earlier:
            judged[name] = steps[earlier[-1] - 1].cell
        if earlier and later:
            again = steps[later[-1] - 1].cell + 1
            notes[name] = (
                f"{name} was judged at its check, as cell {judged[name] + 1} defines it; cell {again} defines the name "
                "again, which changed nothing here"
            )
    return Plan(steps, roles, judged, notes)


def place_of(check, defined):
    """After how many steps an exercise is judged: at its check if the function is defined by then, else where it is.

    check: how many steps come before the check, or None. defined: after how many steps the function is defined.
    """
    if check is not None and any(count <= check for count in defined):
        return check
    return defined[-1] if defined else check


def calls_of(plan, names):
    """By exercise: the other exercises that the cell with its judged definition names."""
    sources = {step.cell: step.source for step in plan.steps}
    return {
        name: [other for other in names if other != name and re.search(rf"\b{other}\b", sources.get(cell, ""))]
        for name, cell in plan.judged.items()
    }


def answers_of(reading, plan):
    """The sources of the student's answers by exercise; those in several cells are joined."""
    answers = {}
    for cell, (role, name) in zip(reading.cells, plan.roles):
        if role == "answer":
            answers[name] = f"{answers[name]}\n\n{cell.source}" if name in answers else cell.source
    return answers


def cells_of_answers(reading, plan, names):
    """The index of each answer's cell: the one whose definition is judged, else the one that claims to be it."""
    cells = {}
    for index, (role, name) in enumerate(plan.roles):
        if role == "answer" and name in names:
            cells[name] = index
    return cells | {name: cell for name, cell in plan.judged.items() if cell >= 0}


def _role(cell, course, stubs, untouched, names):
    """(role, exercise): text, stub (untouched), check, setup, experiment, answer, or own (a cell of the student's)."""
    if cell.kind != "code":
        return "text", None
    normal = _normal(cell.source)
    defines = definitions(cell.source) & names.keys()
    if normal in untouched:
        return "stub", next((name for name, source in stubs.items() if source == normal), None)
    known = course.get(normal)
    if known is not None and role_of(known) in ("setup", "experiment"):
        return role_of(known), None
    check = re.fullmatch(r"(?:from checks import check\s*)?check\((['\"])(\w+)\1\)", normal.strip())
    if check and not defines:
        return "check", check.group(2) if check.group(2) in names else None
    if defines:
        claimed = cell.grade_id if cell.grade_id in defines else None
        return "answer", claimed or next(name for name in names if name in defines)
    if cell.grade_id in names:
        return "answer", cell.grade_id
    if cell.grade_id and cell.grade_id.removeprefix("check-") in names and cell.grade_id.startswith("check-"):
        return "check", cell.grade_id.removeprefix("check-")
    return "own", None


MAGIC_LINE = re.compile(r"^([ \t]*)(?:[%!?].*|[^\n#'\"]*\?)$", re.MULTILINE)  # %time, !ls, ?np.sum, np.sum?
MAGIC_VALUE = re.compile(r"^([ \t]*[\w, \t.]+=[ \t]*)[%!].*$", re.MULTILINE)  # files = !ls


@lru_cache(maxsize=4096)
def definitions(source):
    """Names that a cell binds in the notebook; of a cell that does not parse, those it seems to bind.

    IPython's own reading of magics takes time that grows with the square of a cell's length: it is not used here.
    """
    tree = _parse(source)
    if tree is None:
        tree = _parse(MAGIC_VALUE.sub(r"\1None", MAGIC_LINE.sub(r"\1pass", source)))
    if tree is None:
        return frozenset(re.findall(r"^[ \t]*(?:async[ \t]+)?(?:def[ \t]+)?(\w+)[ \t]*[(=]", source, re.MULTILINE))
    names = _Bindings()
    try:
        names.visit(tree)
    except RecursionError:
        pass
    return frozenset(names.found)


def _parse(source):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a student's escapes the grader's terminal need not hear
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class _Bindings(ast.NodeVisitor):
    """Names bound outside of functions, classes and comprehensions."""

    def __init__(self):
        self.found = set()

    def visit_FunctionDef(self, node):
        self.found.add(node.name)

    visit_AsyncFunctionDef = visit_ClassDef = visit_FunctionDef  # noqa: N815

    def visit_Lambda(self, node):
        pass

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_Lambda  # noqa: N815

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Store):
            self.found.add(node.id)

    def visit_alias(self, node):
        self.found.add((node.asname or node.name).split(".")[0])


def _normal(source):
    """The text without what editors change by themselves: line ends, trailing spaces, blank lines at the ends."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())

"""Stubs: a reference with its body taken out, or with one misconception planted.

One command writes them into the chapters, a test holds them equal. A docstring's paragraph that begins with `HOW` is
for readers of the reference: stubs leave it out, as they say what a function gives and not how.
"""

import ast
import importlib
import inspect
import re
import textwrap

from ..exercises import exercises
from .chapters import ROOT, CourseError, chapter_path

HOW = "Formula:"
TAGS = ("exercise", "skip-execution", "nbval-skip")
CELL = re.compile(r"```\{code-cell\} ipython3\n:tags: \[exercise[^\]]*\]\n\n(.*?)\n```", re.DOTALL)


def stub_of(exercise):
    """The text of an exercise's cell as students get it."""
    return repair_stub(exercise) if exercise.planted else stub(exercise.reference)


def stub(function):
    """Signature and docstring of a reference, and ``raise NotImplementedError``."""
    return "\n".join(header_of(function)) + "\n    raise NotImplementedError"


def repair_stub(exercise):
    """Signature and docstring of the reference, and the body of the function that holds the planted misconception."""
    [wrong] = [m.wrong for m in exercise.misconceptions if m.name == exercise.planted]
    try:
        source = getattr(wrong, "source", None) or inspect.getsource(wrong)
        [definition] = ast.parse(textwrap.dedent(source)).body
    except (OSError, SyntaxError, ValueError):
        definition = None
    if not isinstance(definition, ast.FunctionDef) or str(inspect.signature(wrong)) != str(
        inspect.signature(exercise.reference)
    ):
        raise CourseError(
            f"autograder/exercises/{exercise.chapter}.py: the planted {exercise.planted!r} of {exercise.name} should "
            f"be an edit of a model, or a function of its own, with the signature {exercise.signature}"
        )
    lines = textwrap.dedent(source).rstrip().splitlines()
    first = definition.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    body = lines[first.end_lineno :] if documented else lines[definition.body[0].lineno - 1 :]
    return "\n".join([*header_of(exercise.reference), *body])


def header_of(function):
    """The lines of a reference up to its docstring's end, without the paragraph that says how."""
    source, header = split(function)
    kept, dropping = [], False
    for line in source[:header]:
        if line.strip().startswith(HOW):
            dropping = True
            if kept and not kept[-1].strip():
                kept.pop()
        elif dropping and (not line.strip() or line.strip() == '"""'):
            dropping = False
        if not dropping:
            kept.append(line)
    return kept


def solution(function, marks=True):
    """The reference with its body.

    marks: between nbgrader's marks, importing what it uses of the course, as nbgrader's source notebook has it;
    without, as an instructor's notebook has it, where `helpers` stand in a cell of their own.
    """
    source, header = split(function)
    if not marks:
        return "\n".join(source)
    body = ["    ### BEGIN SOLUTION", *_imports(function), *source[header:], "    ### END SOLUTION"]
    return "\n".join(header_of(function) + body)


def helpers(chapter):
    """The source of what the chapter's references use besides each other and NumPy."""
    sources = {}
    for exercise in exercises(chapter):
        _collect(exercise.reference, {e.name for e in exercises(chapter)}, sources)
    return "\n\n\n".join(sources.values())


def sources_of(chapter, names):
    """The source of some references of a chapter and of what they use besides NumPy."""
    sources = {}
    for name in names:
        function = getattr(importlib.import_module(f"solutions.{chapter}"), name)
        _collect(function, set(), sources)
        sources[name] = inspect.getsource(function).rstrip()
    return "\n\n\n".join(sources.values())


def _collect(function, known, sources):
    for name, value in _used(function, known):
        if name in sources:
            continue
        if inspect.ismodule(value):
            sources[name] = f"import {value.__name__} as {name}"
        elif not callable(value):
            sources[name] = f"{name} = {value!r}"
        elif value.__module__.startswith("solutions"):
            _collect(value, known, sources)
            sources[name] = inspect.getsource(value).rstrip()
        else:
            sources[name] = f"from {value.__module__} import {name}"


def _used(function, known):
    """(name, value) of what a function uses of its module, the exercises and NumPy apart."""
    module = importlib.import_module(function.__module__)
    tree = ast.parse(inspect.getsource(function))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - known - {"np", function.__name__}
    return [(name, getattr(module, name)) for name in sorted(names & vars(module).keys())]


def split(function):
    """(source lines of a function, number of those up to the docstring's end)."""
    source = inspect.getsource(function).rstrip().splitlines()
    [definition] = ast.parse("\n".join(source)).body
    docstring = definition.body[0]
    if not (isinstance(docstring, ast.Expr) and isinstance(docstring.value, ast.Constant)):
        raise CourseError(f"{function.__module__}.{function.__name__} has no docstring")
    return source, docstring.end_lineno


def _imports(function):
    """Import lines for what a function uses of its module."""
    own = {exercise.name for exercise in exercises(function.__module__.rpartition(".")[2])}
    lines = []
    for name, value in _used(function, own):
        home = getattr(value, "__module__", None) or function.__module__
        home = home if home.startswith("solutions") else function.__module__
        lines.append(
            f"    import {value.__name__} as {name}" if inspect.ismodule(value) else f"    from {home} import {name}"
        )
    return lines


def cell_name(source):
    """The function that a stub cell defines."""
    found = re.search(r"^def (\w+)\(", source, re.MULTILINE)
    return found.group(1) if found else None


def write_stubs(chapter, check_only=False):
    """Names of the exercises whose stub in the chapter was not that of its reference; they are rewritten.

    `CourseError` where the chapter lacks an exercise, has one twice or in another order, or has an unknown one.
    """
    path = chapter_path(chapter)
    text = path.read_text(encoding="utf-8")
    known = {exercise.name: exercise for exercise in exercises(chapter)}
    found = [cell_name(body) for body in CELL.findall(text)]
    if found != list(known):
        raise CourseError(
            f"{path.relative_to(ROOT)} has stubs for {', '.join(map(str, found)) or 'nothing'}; "
            f"its exercises are, in order, {', '.join(known)}"
        )
    changed = []

    def rewrite(match):
        name = cell_name(match.group(1))
        cell = f"```{{code-cell}} ipython3\n:tags: [{', '.join(TAGS)}]\n\n{stub_of(known[name])}\n```"
        if cell != match.group(0):
            changed.append(name)
        return cell

    text = CELL.sub(rewrite, text)
    if changed and not check_only:
        path.write_text(text, encoding="utf-8")
    return changed

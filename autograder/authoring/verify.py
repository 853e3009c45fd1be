"""Proof of the exercises: the reference earns full marks, the stub none, every known mistake loses and is named."""

import importlib
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path

from ..exercises import exercises
from ..judging.judge import LocalStudent, judge
from ..judging.sheet import Unfinished, make_sheet
from ..notebooks.chapters import ROOT, CourseError
from ..notebooks.stubs import split, stub_of, write_stubs
from .scaffold import left_to_write

LEAST_MISTAKES = 3
SEEDS = ("0", "1", "2")  # hidden cases differ from course to course: the proof holds for several


@dataclass(frozen=True)
class Proof:
    """What was proven of one exercise; ``problems`` is empty where all holds."""

    exercise: str
    points: float
    visible: int
    hidden: int
    mistakes: int
    problems: tuple


def verify_chapter(chapter):
    """A `Proof` for each exercise of the chapter; `CourseError` where its files cannot be read."""
    try:
        module = vars(importlib.import_module(f"solutions.{chapter}"))
        known = exercises(chapter)
    except Exception as error:
        raise CourseError(f"{_place(error)}: {type(error).__name__}: {error}") from None
    stale = write_stubs(chapter, check_only=True)
    return [_verify(exercise, module, exercise.name in stale) for exercise in known]


def _place(error):
    """The line of the course's own files where an error arose, as ``path:line``."""
    if isinstance(error, SyntaxError):
        places = [(error.filename, error.lineno)]
    else:
        places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    own = [(Path(name), line) for name, line in places if name and Path(name).is_relative_to(ROOT)]
    return f"{own[-1][0].relative_to(ROOT)}:{own[-1][1]}" if own else "the course"


def _verify(exercise, module, stale):
    problems, sheet = list(_missing(exercise, stale)), None
    if not problems:
        try:
            for seed in SEEDS:
                sheet = make_sheet(exercise, seed)
                for kind, part in (("all cases", sheet), ("visible cases", _visible(sheet))):
                    problems += [f"{problem} (seed {seed}, {kind})" for problem in problems_of(exercise, part, module)]
        except Unfinished as error:
            problems.append(str(error))
    trials = sheet.trials if sheet else ()
    return Proof(
        exercise=exercise.id,
        points=exercise.points,
        visible=sum(trial.visible for trial in trials),
        hidden=sum(not trial.visible for trial in trials),
        mistakes=len(exercise.misconceptions),
        problems=tuple(dict.fromkeys(problems)),
    )


def _missing(exercise, stale):
    """What is still to be written before an exercise can be proven, each with its file."""
    chapter, name = exercise.chapter, exercise.name
    source, header = split(exercise.reference)
    if [line.strip() for line in source[header:] if line.strip()] == ["raise NotImplementedError"]:
        yield f"reference: {name} in solutions/{chapter}.py still raises NotImplementedError"
    if exercise.planted:
        try:
            stub_of(exercise)
        except CourseError as problem:
            yield str(problem)
    lacking = [
        kind
        for kind, seen in (("visible", True), ("hidden", False))
        if seen not in {g.visible for g in exercise.groups}
    ]
    if lacking:
        yield f"cases: write at least one {' and one '.join(lacking)} group in autograder/exercises/{chapter}.py"
    if len(exercise.misconceptions) < LEAST_MISTAKES:
        count = f"{len(exercise.misconceptions)} of at least {LEAST_MISTAKES}"
        yield f"misconceptions: {count} in autograder/exercises/{chapter}.py"
    yield from left_to_write(chapter, name)
    if stale:
        yield f"stub: chapters/{chapter}.md has not that of the reference, run `dlbook stubs`"


def _visible(sheet):
    from dataclasses import replace

    return replace(sheet, trials=tuple(trial for trial in sheet.trials if trial.visible))


def problems_of(exercise, sheet, module):
    """What of the proof does not hold for the cases of a sheet."""
    verdict = judge(sheet, LocalStudent(module))
    if not verdict.solved:
        first = next(result for result in verdict.results if not result.passed)
        yield f"the reference fails {first.trial.label!r}: {first.message}"
    elif verdict.points != exercise.points:
        points = f"{verdict.points:g} of {exercise.points:g} points"
        yield f"the reference passes every case and earns {points}: give at least one group a weight over 0"
    verdict = judge(sheet, LocalStudent({**module, exercise.name: _untouched(exercise, module)}))
    if verdict.points or verdict.attempted or (verdict.passed and not exercise.planted):
        yield f"the untouched stub earns {verdict.points} points"
    for mistake in exercise.misconceptions:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            verdict = judge(sheet, LocalStudent({**module, exercise.name: mistake.wrong}))
        if mistake.name == exercise.planted and (verdict.points or verdict.attempted):
            yield f"{mistake.name}, as planted, is taken for an answer"
        elif mistake.name == exercise.planted:
            continue
        if verdict.points >= exercise.points:
            yield f"{mistake.name} loses no points"
        if all(trial.mistakes[mistake.name].error for trial in sheet.trials):
            yield f"{mistake.name} gives no value in any case, so whatever fails would be taken for it"
        if verdict.misconceptions != (mistake.name,):
            yield f"{mistake.name} is recognised as {', '.join(verdict.misconceptions) or 'nothing'}"


def _untouched(exercise, module):
    """The function that an exercise's untouched cell defines."""
    space = dict(module)
    exec(compile(stub_of(exercise), f"<stub of {exercise.name}>", "exec"), space)
    return space[exercise.name]

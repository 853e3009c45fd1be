"""Proof of the exercises: the reference earns full marks, the stub none, every known mistake loses and is named."""

import importlib
from dataclasses import dataclass

from .exercises import exercises
from .judging.judge import LocalStudent, judge
from .judging.sheet import make_sheet

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
    """A `Proof` for each exercise of the chapter."""
    module = vars(importlib.import_module(f"solutions.{chapter}"))
    return [_verify(exercise, module) for exercise in exercises(chapter)]


def _verify(exercise, module):
    problems = []
    for seed in SEEDS:
        sheet = make_sheet(exercise, seed)
        for kind, part in (("all cases", sheet), ("visible cases", _visible(sheet))):
            problems += [f"{problem} (seed {seed}, {kind})" for problem in _problems(exercise, part, module)]
    if len(exercise.misconceptions) < 3:
        problems.append(f"only {len(exercise.misconceptions)} known mistakes, there should be at least 3")
    return Proof(
        exercise=exercise.id,
        points=exercise.points,
        visible=sum(trial.visible for trial in sheet.trials),
        hidden=sum(not trial.visible for trial in sheet.trials),
        mistakes=len(exercise.misconceptions),
        problems=tuple(dict.fromkeys(problems)),
    )


def _visible(sheet):
    from dataclasses import replace

    return replace(sheet, trials=tuple(trial for trial in sheet.trials if trial.visible))


def _problems(exercise, sheet, module):
    verdict = judge(sheet, LocalStudent(module))
    if not verdict.solved or verdict.points != exercise.points:
        first = next(result for result in verdict.results if not result.passed)
        yield f"the reference fails {first.trial.label!r}: {first.message}"
    verdict = judge(sheet, LocalStudent({**module, exercise.name: _stub}))
    if verdict.points or verdict.passed:
        yield f"the untouched stub earns {verdict.points} points"
    for mistake in exercise.misconceptions:
        verdict = judge(sheet, LocalStudent({**module, exercise.name: mistake.wrong}))
        if verdict.points >= exercise.points:
            yield f"{mistake.name} loses no points"
        if verdict.misconceptions != (mistake.name,):
            yield f"{mistake.name} is recognised as {', '.join(verdict.misconceptions) or 'nothing'}"


def _stub(*args, **kwargs):
    raise NotImplementedError

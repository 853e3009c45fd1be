"""Sheets: an exercise's cases worked out with the reference and with every known mistake.

`make_sheet` needs the reference and stays with the course. `freeze` writes a sheet of visible cases as plain
data, which holds no reference and no hidden case; `thaw` reads it in a notebook, on the command line and in
the page.
"""

import dis
import hashlib
import inspect
import types
import warnings

import numpy as np

from .compare import Tolerance
from .judge import LocalStudent, Outcome, Sheet, Trial, run
from .vocabulary import PROBE_NAMES


class Unfinished(RuntimeError):
    """An exercise that its author has not finished, or not right: the message says what fails."""


def make_sheet(exercise, seed=0, visible_only=False):
    """The `Sheet` of an exercise.

    seed: an integer or a text, from which hidden cases are drawn; the same seed gives the same cases.
    `Unfinished` where the cases cannot be made, or the reference fails on one.
    """
    import importlib

    chapter = vars(importlib.import_module(exercise.reference.__module__))
    trials = []
    for group in exercise.groups:
        if visible_only and not group.visible:
            continue
        try:
            cases = group.cases(rng_for(exercise.id, group, seed))
        except Exception as error:
            raise Unfinished(
                f"{exercise.id}: the cases of {group.name!r} cannot be made: {type(error).__name__}: {error}"
            ) from error
        for case in cases:
            trials.append(_trial(exercise, group, case, chapter))
    return Sheet(
        chapter=exercise.chapter,
        name=exercise.name,
        points=float(exercise.points),
        signature=exercise.signature,
        returns=tuple(exercise.returns),
        weights={group.name: float(group.weight) for group in exercise.groups},
        hints={m.name: m.hint for m in exercise.misconceptions},
        trials=tuple(trials),
        planted=exercise.planted,
    )


def rng_for(exercise_id, group, seed):
    """The generator of one group's cases. Visible groups don't depend on the course's seed."""
    key = f"{exercise_id}/{group.name}/{'' if group.visible else seed}"
    return np.random.default_rng(int.from_bytes(hashlib.sha256(key.encode()).digest()[:16], "big"))


def _trial(exercise, group, case, chapter):
    expected = run(case, exercise.name, LocalStudent(chapter))
    if expected.error:
        what = " ".join(f"{expected.error}: {expected.message}".split())
        raise Unfinished(f"{exercise.id}: the reference fails on {case.label!r}: {what}")
    mistakes = {}
    state = np.random.get_state()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # mistakes warn where students' own would
        for m in exercise.misconceptions:
            np.random.seed(0)  # some mistakes draw from NumPy's global generator: let a sheet be the same each time
            mistakes[m.name] = run(case, exercise.name, LocalStudent({**chapter, exercise.name: m.wrong}))
    np.random.set_state(state)
    return Trial(
        group=group.name,
        label=case.label,
        visible=group.visible,
        args=case.args,
        kwargs=case.kwargs,
        probe=case.probe,
        tolerance=case.tolerance,
        strict=case.strict,
        expected=expected,
        mistakes=mistakes,
    )


# ---------------------------------------------------------------------------------------------- freezing


def freeze(sheets):
    """Sheets of visible cases as one plain dict, to be written with ``plain.dumps``."""
    sources = {}
    frozen = {sheet.name: _freeze_sheet(sheet, sources) for sheet in sheets}
    return {"chapter": sheets[0].chapter, "exercises": frozen, "probes": "\n\n".join(sources.values())}


def thaw(bundle):
    """The sheets, by name, of a bundle that `freeze` made."""
    probes = dict(PROBE_NAMES)
    exec(compile(bundle["probes"], "<probes of the course>", "exec"), probes)
    return {name: _thaw_sheet(bundle["chapter"], name, body, probes) for name, body in bundle["exercises"].items()}


def _freeze_sheet(sheet, sources):
    trials = []
    for trial in sheet.trials:
        if not trial.visible:
            raise ValueError(f"{sheet.name}: a hidden case must not be frozen")
        if trial.probe is not None:
            _collect_source(trial.probe, sources)
        trials.append(
            {
                "group": trial.group,
                "label": trial.label,
                "args": trial.args,
                "kwargs": trial.kwargs,
                "probe": trial.probe.__name__ if trial.probe else None,
                "tolerance": [trial.tolerance.relative, trial.tolerance.scaled, trial.tolerance.absolute],
                "strict": trial.strict,
                "expected": _freeze_outcome(trial.expected),
                "mistakes": {name: _freeze_outcome(mistake) for name, mistake in trial.mistakes.items()},
            }
        )
    return {
        "points": sheet.points,
        "signature": sheet.signature,
        "returns": list(sheet.returns),
        "weights": sheet.weights,
        "hints": sheet.hints,
        **({"planted": sheet.planted} if sheet.planted else {}),
        "trials": trials,
    }


def _thaw_sheet(chapter, name, body, probes):
    trials = []
    for item in body["trials"]:
        trials.append(
            Trial(
                group=item["group"],
                label=item["label"],
                visible=True,
                args=item["args"],
                kwargs=item["kwargs"],
                probe=probes[item["probe"]] if item["probe"] else None,
                tolerance=Tolerance(*item["tolerance"]),
                strict=item["strict"],
                expected=_thaw_outcome(item["expected"]),
                mistakes={mistake: _thaw_outcome(o) for mistake, o in item["mistakes"].items()},
            )
        )
    return Sheet(
        chapter=chapter,
        name=name,
        points=body["points"],
        signature=body["signature"],
        returns=tuple(body["returns"]),
        weights=body["weights"],
        hints=body["hints"],
        trials=tuple(trials),
        planted=body.get("planted"),
    )


def _freeze_outcome(outcome):
    if outcome.error == "UnusableResult":  # the words of a probe of ours, by which a mistake is known
        return {"error": outcome.error, "message": outcome.message}
    if outcome.error:
        return {"error": outcome.error}
    frozen = {"value": outcome.value}
    if outcome.modified:
        frozen["modified"] = list(outcome.modified)
    return frozen


def _thaw_outcome(item):
    return Outcome(
        value=item.get("value"),
        error=item.get("error"),
        message=item.get("message", ""),
        modified=tuple(item.get("modified", ())),
    )


def _collect_source(function, sources):
    """The source of a probe and of the functions of its module that it calls."""
    if function.__name__ in sources:
        return
    sources[function.__name__] = inspect.getsource(function).rstrip()
    for name in _globals_used(function.__code__):
        used = function.__globals__.get(name)
        if isinstance(used, types.FunctionType) and name not in PROBE_NAMES:
            _collect_source(used, sources)


def _globals_used(code):
    """Names that a function looks up in its module; attributes such as the ``mean`` of ``np.mean`` are none."""
    names = [step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")]
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names += _globals_used(constant)
    return names

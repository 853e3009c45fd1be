"""Feedback on one submission as one self-contained page: exercises, cases, expected against got, hints, points."""

from functools import cache
from importlib.resources import files

from jinja2 import Environment

from ..judging import explain


@cache
def template():
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(files(__package__).joinpath("feedback.html").read_text(encoding="utf-8"))


def feedback_page(item, verdicts, sheets):
    """The page for one record of ``results.jsonl``; of hidden cases it names the group and no more.

    verdicts, sheets: by exercise; empty for a submission that could not be run.
    """
    exercises = [_exercise(verdict, sheets[name]) for name, verdict in verdicts.items()]
    return template().render(item=item, exercises=exercises)


def _exercise(verdict, sheet):
    groups = {}
    for result in verdict.results:
        group = groups.setdefault(
            result.trial.group, {"name": result.trial.group, "cases": [], "passed": 0, "count": 0}
        )
        group["visible"] = result.trial.visible
        group["passed"] += result.passed
        group["count"] += 1
        if result.trial.visible:
            group["cases"].append(_case(result, verdict.name, sheet))
    return {
        "name": verdict.name,
        "signature": sheet.signature,
        "points": verdict.points,
        "max_points": verdict.max_points,
        "state": "solved" if verdict.solved else "partly" if verdict.points else "missed",
        "attempted": verdict.attempted,
        "error": verdict.error,
        "hints": verdict.hints,
        "groups": list(groups.values()),
    }


def _case(result, name, sheet):
    details = [] if result.passed else [line.split(":", 1) for line in explain.details(result, name, sheet)]
    return {"label": result.trial.label, "passed": result.passed, "details": details}

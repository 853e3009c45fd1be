"""A verdict in words: the report that a student reads in the notebook, on the command line and in the page."""

import inspect

import numpy as np

from .plain import Opaque

PASS, FAIL = "✓", "✗"


def text(verdict, sheet=None):
    """The report on one exercise as lines of plain text."""
    if not verdict.attempted:
        return f"– {verdict.name}: not attempted yet. Replace `raise NotImplementedError` with your code."
    count = f"{verdict.passed} of {verdict.cases} visible cases pass"
    if verdict.solved:
        all_cases = f"all {verdict.cases} visible cases pass" if verdict.cases > 1 else "the visible case passes"
        return f"{PASS} {verdict.name}: {all_cases}."
    lines = [f"{FAIL} {verdict.name}: {count}."]
    for result in verdict.results:
        lines.append(f"  {PASS if result.passed else FAIL} {result.trial.label}")
        if not result.passed:
            lines += [f"      {line}" for line in details(result, verdict.name, sheet)]
    for hint in verdict.hints:
        lines.append(f"  Hint: {hint}")
    if verdict.relation:
        lines.append(f"  In all of it: {verdict.relation}.")
    return "\n".join(lines)


def details(result, name, sheet=None):
    """What was called, what is wrong, what was expected and what came, each on a line."""
    lines = []
    if result.trial.probe is None:
        lines.append(f"call:     {call(result.trial, name, sheet)}")
    lines.append(f"problem:  {result.message}")
    if result.got.error is None:
        lines.append(f"expected: {show(result.trial.expected.value)}")
        lines.append(f"got:      {show(result.got.value)}")
    return lines


def call(trial, name, sheet=None):
    """The call of a case as one would type it, with long arrays shortened."""
    names = _parameters(sheet)
    parts = []
    for index, value in enumerate(trial.args):
        label = f"{names[index]}=" if index < len(names) else ""
        parts.append(label + show(value, 80))
    parts += [f"{key}={show(value, 80)}" for key, value in trial.kwargs.items()]
    return f"{name}({', '.join(parts)})"


def show(value, limit=400):
    """A value in at most ``limit`` characters."""
    body = _show(value)
    return body if len(body) <= limit else body[: limit - 3] + "..."


def as_data(verdict, sheet=None):
    """The report on one exercise as plain data, for JSON and for the page."""
    cases = []
    for result in verdict.results:
        item = {"case": result.trial.label, "group": result.trial.group, "passed": result.passed}
        if not result.passed:
            item["message"] = result.message
            if result.trial.probe is None:
                item["call"] = call(result.trial, verdict.name, sheet)
            if result.got.error is None:
                item["expected"] = show(result.trial.expected.value)
                item["got"] = show(result.got.value)
            if result.got.line:
                item["line"] = result.got.line
        cases.append(item)
    return {
        "exercise": f"{verdict.chapter}.{verdict.name}",
        "attempted": verdict.attempted,
        "solved": verdict.solved,
        "passed": verdict.passed,
        "cases": verdict.cases,
        "misconceptions": list(verdict.misconceptions),
        "hints": list(verdict.hints),
        "error": verdict.error,
        "explained": verdict.explained,
        "relation": verdict.relation,
        "results": cases,
    }


def _show(value):
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return _show(value.item())
        return np.array2string(value, precision=6, threshold=20, separator=", ", max_line_width=10_000).replace(
            "\n", ""
        )
    if isinstance(value, bool) or not isinstance(value, (int, float, tuple, list, dict, Opaque)):
        return repr(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**12 else f"about 10^{len(str(abs(value))) - 1}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple):
        return f"({', '.join(map(_show, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, list):
        return f"[{', '.join(map(_show, value[:20]))}{', ...' if len(value) > 20 else ''}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_show(item)}" for key, item in value.items()) + "}"
    return f"a {value.type_name}"


def _parameters(sheet):
    if sheet is None:
        return []
    header = sheet.signature
    namespace = {}
    exec(f"def {header}: pass", namespace)
    return list(inspect.signature(namespace[sheet.name]).parameters)

"""A verdict in words: the report that a student reads in the notebook, on the command line and in the page."""

import inspect
import re

import numpy as np

from .plain import Formula, Opaque, Rng
from .words import in_plain_words

PASS, FAIL = "✓", "✗"
MAX_INPUT = 20_000  # characters of one input that is shown whole


def text(verdict, sheet=None):
    """The report on one exercise as lines of plain text."""
    given = sheet is not None and sheet.planted is not None  # a whole function, whose cases can be looked at
    if not verdict.attempted and not given:
        return f"– {verdict.name}: not attempted yet. Replace `raise NotImplementedError` with your code."
    count = f"{verdict.passed} of {verdict.cases} visible cases pass"
    if not verdict.attempted:
        count = f"not repaired yet, {count}"
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
    lines.append(f"problem:  {in_plain_words(result.message)}")
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
            item["message"] = in_plain_words(result.message)
            if result.trial.probe is None:
                item["call"] = call(result.trial, verdict.name, sheet)
            if result.trial.visible:
                item["inputs"], item["try"] = inputs(result.trial, verdict.name, sheet)
            if result.got.error is None:
                item["expected"] = show(result.trial.expected.value)
                item["got"] = show(result.got.value)
            if result.got.line:
                item["line"] = result.got.line
        cases.append(item)
    return {
        "exercise": f"{verdict.chapter}.{verdict.name}",
        "attempted": verdict.attempted or (sheet is not None and sheet.planted is not None),
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


def inputs(trial, name, sheet=None):
    """(the whole inputs of a case, a line that calls the function with them), as Python that can be run.

    Nothing is shortened up to `MAX_INPUT` characters; beyond that, or if an input has no such form, it is described.
    The line is empty for a case that is composed of several calls.
    """
    names = _parameters(sheet) if trial.probe is None else _parameters_of(trial.probe)[1:]  # the first: the student
    values = {names[i] if i < len(names) else f"input_{i + 1}": value for i, value in enumerate(trial.args)}
    values |= trial.kwargs
    lines, plain = [], True
    for key, value in values.items():
        source = _source(value)
        if source is None or len(source) > MAX_INPUT:
            plain, source = False, f"...  # {show(value)}"
        lines.append(f"{key} = {source}")
    passed = [f"{key}={key}" if key in trial.kwargs else key for key in values]
    return "\n".join(lines), f"{name}({', '.join(passed)})" if plain and trial.probe is None else ""


def _parameters_of(function):
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [parameter.name for parameter in found if parameter.kind != parameter.VAR_POSITIONAL]


def _source(value):
    """Python that makes a value, or None if it has no such form."""
    if isinstance(value, np.ndarray):
        dtype = "" if value.dtype in (np.float64, np.int64) and value.size else f", dtype=np.{value.dtype}"
        if value.size == 0:
            return f"np.zeros({value.shape}{dtype})"
        with np.printoptions(threshold=value.size + 1, floatmode="unique", linewidth=110):
            body = np.array2string(value, separator=", ", prefix="np.array(")
        body = re.sub(r"(?<![a-zA-Z_])(nan|inf)", r"np.\1", body)
        return f"np.array({body}{dtype})"
    if isinstance(value, float):
        return repr(value) if np.isfinite(value) else f"np.{value!r}" if value > 0 or value != value else "-np.inf"
    if isinstance(value, (tuple, list)):
        parts = [_source(item) for item in value]
        if None in parts:
            return None
        ends = "[]" if isinstance(value, list) else "()"
        return f"{ends[0]}{', '.join(parts)}{',' if ends == '()' and len(parts) == 1 else ''}{ends[1]}"
    if isinstance(value, dict):
        pairs = {repr(key): _source(item) for key, item in value.items()}
        return None if None in pairs.values() else f"{{{', '.join(f'{k}: {v}' for k, v in pairs.items())}}}"
    if value is None or isinstance(value, (bool, int, str, Rng, Formula)):
        return repr(value)
    return None


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

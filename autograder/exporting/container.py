"""Grading one notebook where there is nothing of the course but this package and one chapter's data.

`gradescope` and `classroom` pack it; beside the package lie ``chapter.json`` (the cases as data: inputs, expected
results, what each known mistake gives; no reference) and the released notebook.
"""

import dataclasses
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat

from ..grading import sandbox
from ..grading.engine import Worker, grade
from ..grading.plan import make_plan
from ..grading.reading import MAX_BYTES, Unreadable, read_notebook
from ..judging import explain, plain
from ..judging.judge import group_weights
from ..judging.sheet import thaw

DATA = Path(__file__).resolve().parents[2]  # where chapter.json is
HIDDEN = "after_published"  # or who hands in often learns what the hidden cases are


def main(arguments=None):
    """``gradescope SUBMISSION RESULTS`` writes Gradescope's results; ``check EXERCISE`` exits with 1 if it fails."""
    what, *rest = sys.argv[1:] if arguments is None else arguments
    if what == "gradescope":
        return gradescope(Path(rest[0]), Path(rest[1]))
    return check(rest[0])


# --------------------------------------------------------------------------------------------------- Gradescope
def gradescope(folder, results):
    """Grade the notebook in ``folder`` and write ``results.json``, also where grading fails."""
    start = time.monotonic()
    try:
        report = grade_for_gradescope(folder)
    except Unreadable as error:
        report = {"score": 0.0, "output": f"The notebook cannot be graded: {error}.", "tests": []}
    except Exception as error:
        print(f"grading failed: {error!r}")
        report = {"score": 0.0, "output": "Grading failed; your instructor can see why.", "tests": []}
    report["execution_time"] = round(time.monotonic() - start, 2)
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text(json.dumps(report, ensure_ascii=True, indent=1), encoding="utf-8")
    print(f"score: {report['score']:g}")
    return 0


def grade_for_gradescope(folder):
    """The results as a dict in the form of gradescope-autograders.readthedocs.io/en/latest/specs/.

    A test for each group of cases: the visible ones show their cases, with what was expected and what came; the hidden
    ones show how many passed, when grades are published.
    """
    chapter, sheets, released = load()
    path, note = find_notebook(folder, chapter)
    reading = read_notebook(path.read_bytes())
    sandboxed, apart, how = protection()
    with Worker(sandboxed, apart=apart) as worker:
        graded = grade(worker, make_plan(reading, released, dict.fromkeys(sheets)), sheets)
        if apart and worker.facts.get("namespaces"):
            how = "The notebook ran as another user, in namespaces of its own, without network."
    tests = []
    for number, (name, verdict) in enumerate(graded.verdicts.items(), 1):
        tests += [{**test, "number": f"{number}.{k}"} for k, test in enumerate(tests_of(verdict, sheets[name]), 1)]
    faults = dict.fromkeys(reason for _, reason in graded.faults)
    print(how)
    return {
        "score": round(sum(verdict.points for verdict in graded.verdicts.values()), 4),
        "output": "\n".join([f"{path.name} was graded as {chapter}.", *filter(None, [note]), *faults, how]),
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {
            "chapter": chapter,
            "sandbox": sandboxed,
            "misconceptions": {n: list(v.misconceptions) for n, v in graded.verdicts.items() if v.misconceptions},
        },
    }


def tests_of(verdict, sheet):
    """One test for each group of an exercise's cases; a group's share is earned if all of its cases pass."""
    groups = {}
    for result in verdict.results:
        groups.setdefault(result.trial.group, []).append(result)
    weights = group_weights(sheet, verdict.results)
    total = sum(weights.values()) or 1.0  # groups that weigh nothing are worth nothing
    for group, results in groups.items():
        share = round(sheet.points * weights[group] / total, 4)
        passed = all(result.passed for result in results)
        visible = results[0].trial.visible
        yield {
            "name": f"{verdict.name}: {group}",
            "score": share if passed else 0.0,
            "max_score": share,
            "status": "passed" if passed else "failed",
            "visibility": "visible" if visible else HIDDEN,
            "output": "\n".join(_lines(verdict, sheet, results, visible)),
            "output_format": "text",
        }


def _lines(verdict, sheet, results, visible):
    if not visible:
        yield f"{sum(result.passed for result in results)} of {len(results)} cases that only the grader has pass."
    elif not verdict.attempted:
        yield "Not attempted yet."
        return
    else:
        for result in results:
            yield f"{explain.PASS if result.passed else explain.FAIL} {result.trial.label}"
            if not result.passed:
                yield from (f"    {line}" for line in explain.details(result, verdict.name, sheet))
    if not all(result.passed for result in results):
        yield from (f"Hint: {hint}" for hint in verdict.hints)


def find_notebook(folder, chapter):
    """(the notebook to grade, a note or None): it may have any name; `Unreadable` where there is none."""
    paths = [path for path in folder.rglob("*.ipynb") if path.is_file() and not path.is_symlink()]
    paths = [path for path in paths if not any(map(_is_ignored, path.relative_to(folder).parts))]
    if not paths:
        raise Unreadable("no notebook was handed in: hand in your .ipynb file")
    paths.sort(key=lambda path: (chapter in path.stem.lower(), path.stat().st_mtime, path.name))
    if paths[-1].stat().st_size > MAX_BYTES:
        raise Unreadable(f"the file has over {MAX_BYTES / 1e6:.0f} MB: clear its outputs")
    note = f"{len(paths)} notebooks were handed in; name the one to grade {chapter}.ipynb." if len(paths) > 1 else None
    return paths[-1], note


def _is_ignored(name):
    return name.startswith(".") or name == "__MACOSX"


def protection():
    """(in bubblewrap, as another user, a sentence that says so): the best that this container allows."""
    try:
        sandbox.check_sandbox()
        return True, False, "The notebook ran in a sandbox."
    except sandbox.NoSandbox:
        pass
    if os.geteuid() == 0 and _may_change_user():
        return False, True, "The notebook ran without a sandbox, which this container does not allow, as another user."
    return False, False, "The notebook ran without a sandbox, which this container does not allow."


def _may_change_user():
    try:
        return subprocess.run(["true"], user=sandbox.FIRST_USER, group=sandbox.FIRST_USER).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


# --------------------------------------------------------------------------------------------- GitHub Classroom
def check(name):
    """Print the report on one exercise of the notebook in this folder; 0 if all of its cases pass."""
    chapter, sheets, released = load()
    try:
        path, _ = find_notebook(Path.cwd(), chapter)
        reading = read_notebook(path.read_bytes())
    except Unreadable as error:
        print(error)
        return 1
    plan = make_plan(reading, released, dict.fromkeys(sheets))
    with Worker(sandboxed=False) as worker:
        verdict = grade(worker, plan, sheets).verdicts[name]
    print(explain.text(verdict, sheets[name]))
    return 0 if verdict.solved else 1


# -------------------------------------------------------------------------------------------------------- data
def dump(chapter, sheets):
    """The text of ``chapter.json``: sheets with all of their cases, and which groups are visible."""
    from ..judging.sheet import freeze

    visible = {sheet.name: sorted({t.group for t in sheet.trials if t.visible}) for sheet in sheets}
    opened = [_with_visible(sheet, set(sheet.weights)) for sheet in sheets]  # else `freeze` refuses hidden cases
    cases = plain.dumps(plain.anonymous(freeze(opened)))
    return json.dumps({"chapter": chapter, "visible": visible, "cases": cases})


def undump(text):
    """(chapter, sheets by exercise) of the text that `dump` wrote."""
    data = json.loads(text)
    sheets = thaw(plain.loads(data["cases"], plain.resolve_rng))
    return data["chapter"], {n: _with_visible(sheet, set(data["visible"][n])) for n, sheet in sheets.items()}


def load():
    """(chapter, sheets, released notebook) of the data beside this package."""
    chapter, sheets = undump((DATA / "chapter.json").read_text(encoding="utf-8"))
    return chapter, sheets, nbformat.read(DATA / "released.ipynb", as_version=4)


def _with_visible(sheet, groups):
    trials = tuple(dataclasses.replace(trial, visible=trial.group in groups) for trial in sheet.trials)
    return dataclasses.replace(sheet, trials=trials)


if __name__ == "__main__":
    sys.exit(main())

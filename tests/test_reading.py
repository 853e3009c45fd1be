"""Submissions as people hand them in: found, read, and planned."""

import io
import itertools
import json
import os
import tempfile
import time
import unicodedata
import warnings
import zipfile
from datetime import datetime
from functools import cache
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.exercises import CHAPTERS, exercises
from autograder.grading.plan import definitions, make_plan
from autograder.grading.reading import MAX_BYTES, Cell, Reading, Unreadable, read_notebook
from autograder.grading.submissions import SubmissionsError, collect, find_submissions
from autograder.notebooks.release import make_notebook
from autograder.notebooks.steps import role_of

reproducible = settings(deadline=None, derandomize=True, max_examples=150)

# ----------------------------------------------------------------------------------------------- reading
ANSWER = "def heaviside(z):\n    return (z > 0) * 1.0"


def code(source, **more):
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source, **more}


def text_cell(source):
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def notebook(*cells, minor=5, **metadata):
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": minor}


def grade(grade_id):
    return {"nbgrader": {"grade_id": grade_id, "solution": True}}


PYTHON = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
LINES = ["def heaviside(z):\n", "    return (z > 0) * 1.0"]
PROGRAMS = {
    "JupyterLab 4": notebook(
        {**text_cell(["# T"]), "id": "a"},
        code(LINES, id="b", execution_count=3, metadata={"editable": True, "tags": [], **grade("heaviside")}),
        dlbook={"chapter": "perceptrons"},
        **PYTHON,
    ),
    "Notebook 7": notebook(
        {**text_cell(["# T"]), "id": "a", "attachments": {}},
        code(LINES, id="b", metadata={"trusted": True, "collapsed": False, **grade("heaviside")}),
        dlbook={"chapter": "perceptrons"},
        **PYTHON,
    ),
    "VS Code": notebook(
        text_cell(["# T"]),
        code(LINES, metadata={"vscode": {"languageId": "python"}, **grade("heaviside")}),
        minor=2,
        dlbook={"chapter": "perceptrons"},
        language_info={"name": "python"},
        orig_nbformat=4,
    ),
    "Colab": notebook(
        {**text_cell(["# T"]), "metadata": {"id": "rQ"}},
        code(LINES, metadata={"id": "x1", "cellView": "form", "colab": {"height": 34}, **grade("heaviside")}),
        minor=0,
        colab={"provenance": []},
        dlbook={"chapter": "perceptrons"},
    ),
}
WANTED = Reading([Cell("markdown", "# T"), Cell("code", ANSWER, "heaviside")], "perceptrons")


@pytest.mark.parametrize("saved", PROGRAMS.values(), ids=PROGRAMS)
def test_every_programs_notebooks_are_read_alike(saved):
    assert read_notebook(json.dumps(saved, indent=1).encode()) == WANTED


@pytest.mark.parametrize("minor", range(6))
def test_every_minor_version_of_nbformat_4_is_read(minor):
    saved = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# T"), nbformat.v4.new_code_cell(ANSWER, metadata=grade("heaviside"))],
        metadata={"dlbook": {"chapter": "perceptrons"}},
    )
    saved.nbformat_minor = minor
    for cell in saved.cells if minor < 5 else []:
        del cell["id"]
    assert read_notebook(nbformat.writes(saved, version=nbformat.NO_CONVERT).encode()) == WANTED


@pytest.mark.parametrize("source", [LINES, ANSWER], ids=["list", "text"])
def test_nbformat_3_is_read(source):
    cells = [
        {"cell_type": "heading", "level": 1, "source": "T"},
        {"cell_type": "code", "input": source, "language": "python", "outputs": [], "metadata": grade("heaviside")},
        {"cell_type": "markdown", "source": "text"},
    ]
    saved = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}
    found = read_notebook(json.dumps(saved).encode())
    assert [(c.kind, c.source) for c in found.cells] == [("markdown", "T"), ("code", ANSWER), ("markdown", "text")]
    assert found.cells[1].grade_id == "heaviside"


SAVED = json.dumps(PROGRAMS["JupyterLab 4"], ensure_ascii=False)


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + SAVED.encode(),
        SAVED.encode("utf-16"),
        b"\xfe\xff" + SAVED.encode("utf-16-be"),
        b"\n\n" + SAVED.encode() + b"\r\n ",
        json.dumps(PROGRAMS["JupyterLab 4"], indent=1).replace("\n", "\r\n").encode(),
        SAVED.replace(r"\n", r"\r\n").encode(),
        SAVED.replace(json.dumps(LINES), json.dumps(ANSWER)).encode(),
        SAVED.replace(json.dumps(LINES), json.dumps(ANSWER.replace("\n", "\r"))).encode(),
        SAVED.replace('"execution_count": 3', '"execution_count": NaN').encode(),
    ],
    ids=["BOM", "UTF-16", "UTF-16 BE", "blanks", "CRLF", "CRLF in cells", "source as text", "CR in cells", "NaN"],
)
def test_bytes_that_differ_by_program_and_system_give_the_same_reading(data):
    assert read_notebook(data) == WANTED


def test_saved_outputs_and_other_scripts_are_kept():
    outputs = [{"output_type": "stream", "name": "stdout", "text": ["퍼셉트론\n"]}]
    found = read_notebook(json.dumps(notebook(code("print('퍼셉트론 感知器 😀')", outputs=outputs))).encode())
    assert found.cells == [Cell("code", "print('퍼셉트론 感知器 😀')", None, outputs)]
    assert found.chapter is None


@pytest.mark.parametrize(
    "data, says",
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (SAVED.encode()[:-40], "broken JSON in line 1"),
        (SAVED.encode() + b"}", "broken JSON"),
        (b"<<<<<<< HEAD\n" + SAVED.encode(), "web page|broken JSON"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b"\xef\xbb\xbf  <html>", "web page"),
        (b"def heaviside(z):\n    pass", "broken JSON"),
        (b"PK\x03\x04\x14\x00\xff\xfe\x80", "packed or damaged"),
        (b"\x89PNG\r\n\x1a\n\x00", "packed or damaged"),
        (b"\xff\xfe\x00", "packed or damaged|broken JSON"),
        (SAVED.encode("utf-16")[:-1], "packed or damaged|broken JSON"),
        (SAVED.encode("utf-16-le"), "broken JSON"),
        (b"\x00" * 1000, "broken JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
        (b'{"nbformat": ' + b"9" * 5000 + b"}", "broken JSON"),
        (b"[]", "no notebook"),
        (b'"text"', "no notebook"),
        (b"null", "no notebook"),
        (b"{}", "nbformat is 'None'"),
        (b'{"nbformat": 5, "cells": []}', "nbformat is '5'"),
        (b'{"nbformat": 2, "worksheets": []}', "nbformat is '2'"),
        (b'{"nbformat": "4", "cells": []}', "nbformat is '4'"),
        (b'{"nbformat": [4], "cells": []}', "nbformat"),
        (b'{"nbformat": 4}', "no list of cells"),
        (b'{"nbformat": 4, "cells": {"0": {}}}', "no list of cells"),
        (b'{"nbformat": 4, "cells": null}', "no list of cells"),
        (b'{"nbformat": 3, "worksheets": 5}', "no list of cells"),
        (b'{"nbformat": 3, "worksheets": [{"cells": null}]}', "no list of cells"),
        (b'{"nbformat": 4, "cells": [' + b",".join([b"{}"] * 5001) + b"]}", "5001 cells"),
    ],
)
def test_what_is_no_notebook_is_unreadable_and_says_why(data, says):
    with pytest.raises(Unreadable, match=says) as caught:
        read_notebook(data)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


def test_a_huge_file_is_unreadable_before_it_is_parsed():
    with pytest.raises(Unreadable, match="30 MB.*clear its outputs"):
        read_notebook(bytes(MAX_BYTES + 1))


@pytest.mark.parametrize(
    "cell",
    [
        {},
        code(None),
        code(5),
        code([1, None, "x"]),
        code("x" * 2_000_000),
        code("x", metadata=None),
        code("x", metadata={"nbgrader": []}),
        code("x", metadata={"nbgrader": {"grade_id": ["a"]}}),
        code("x", outputs="text"),
        {"cell_type": ["code"], "source": "x"},
    ],
    ids=str,
)
def test_an_odd_cell_does_not_cost_the_others(cell):
    found = read_notebook(json.dumps(notebook(cell, "no cell", None, code(ANSWER))).encode())
    assert [c.source for c in found.cells][1:] == [ANSWER]
    assert isinstance(found.cells[0].source, str) and isinstance(found.cells[0].outputs, list)


KEYS = ["nbformat", "cells", "worksheets", "metadata", "source", "input", "cell_type", "outputs", "nbgrader",
        "grade_id", "dlbook", "chapter"]  # fmt: skip
JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-1, 5),
        st.floats(),
        st.sampled_from(["code", "x", "\ud800"]),
        st.text(max_size=3),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)),
    max_leaves=20,
)
NOTEBOOK_LIKE = st.fixed_dictionaries({"nbformat": st.sampled_from([3, 4])}, optional={key: JSON for key in KEYS[1:4]})


@given(st.one_of(st.binary(), JSON.map(json.dumps).map(str.encode), NOTEBOOK_LIKE.map(json.dumps).map(str.encode)))
@settings(reproducible, max_examples=100)
def test_any_bytes_are_a_reading_or_unreadable(data):
    try:
        found = read_notebook(data)
    except Unreadable:
        return
    assert all(isinstance(cell.source, str) and cell.kind in ("code", "markdown") for cell in found.cells)
    assert found.chapter is None or isinstance(found.chapter, str)
    assert_places_each_once(make_plan(found, released(), NAMES), found)


# -------------------------------------------------------------------------------------------------- plan
CHAPTER = "perceptrons"
NAMES = dict.fromkeys(exercise.name for exercise in exercises(CHAPTER))


@cache
def released():
    return make_notebook(CHAPTER)


def untouched():
    """The released notebook as a reading."""
    return read_notebook(nbformat.writes(released()).encode()).cells


def find(cells, role, name=None):
    """Place of the released setup, or of the stub or the check of an exercise."""
    wanted = {"stub": name, "check": f"check-{name}"}.get(role)
    if role == "setup":
        return next(k for k, cell in enumerate(released().cells) if role_of(cell) == "setup")
    return next(k for k, cell in enumerate(cells) if cell.grade_id == wanted)


def planned(cells):
    """The plan, and for each exercise the index of the cell after which it is judged."""
    plan = make_plan(Reading(cells), released(), NAMES)
    assert_places_each_once(plan, Reading(cells))
    return plan, {name: step.cell for step in plan.steps for name in step.exercises}


def assert_places_each_once(plan, reading):
    assert sorted(name for step in plan.steps for name in step.exercises) == sorted(NAMES)
    run = [step.cell for step in plan.steps]
    assert run == sorted(set(run)) and set(run) <= {-1, *range(len(reading.cells))}
    assert len(plan.roles) == len(reading.cells)


def answered(source=ANSWER, name="heaviside"):
    """The released notebook with one answer in its stub's cell: (cells, place)."""
    cells = untouched()
    place = find(cells, "stub", name)
    cells[place].source = source
    return cells, place


def own(source):
    return Cell("code", source)


def test_the_untouched_notebook_runs_setup_stubs_and_no_check():
    cells = untouched()
    plan, places = planned(cells)
    roles = [role for role, _ in plan.roles]
    assert roles.count("stub") == roles.count("check") == len(NAMES) and roles.count("setup") == 1
    assert {step.cell for step in plan.steps if step.experiment} == {
        k for k, r in enumerate(roles) if r == "experiment"
    }
    assert not {step.cell for step in plan.steps} & {k for k, role in enumerate(roles) if role in ("check", "text")}
    assert places == {name: find(cells, "stub", name) for name in NAMES}


def test_an_answer_is_judged_where_its_check_stands():
    cells, place = answered()
    cells.insert(place + 1, own("helper = 1"))
    plan, places = planned(cells)
    assert plan.roles[place] == ("answer", "heaviside") and plan.roles[place + 1] == ("own", None)
    assert places["heaviside"] == place + 1


def test_an_answer_below_its_check_is_judged_after_the_answer():
    cells = untouched()
    cells.append(own(ANSWER))
    assert planned(cells)[1]["heaviside"] == len(cells) - 1


def test_a_definition_after_the_check_changes_nothing_and_its_student_is_told():
    cells, place = answered()
    cells += [own("print(1)"), own(ANSWER.replace("> 0", ">= 0")), own("print(2)")]
    plan, places = planned(cells)
    assert places["heaviside"] == place
    assert plan.notes["heaviside"].endswith(f"cell {len(cells) - 1} defines the name again, which changed nothing here")


def test_of_several_answers_before_the_check_the_last_counts():
    cells, place = answered()
    cells.insert(place + 1, own(ANSWER.replace("> 0", ">= 0")))
    plan, places = planned(cells)
    assert places["heaviside"] == plan.judged["heaviside"] == place + 1 and not plan.notes


def test_a_function_that_is_only_defined_after_its_check_is_judged_there():
    cells, place = answered()
    answer = cells.pop(place)
    cells += [own("print(1)"), answer, own(answer.source.replace("> 0", ">= 0"))]
    assert planned(cells)[1]["heaviside"] == len(cells) - 1


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_a_copy_of_the_stub_left_behind_does_not_undo_the_answer(before):
    cells, place = answered()
    copy = untouched()[place]
    copy.source = "\n" + copy.source.replace("\n", " \n") + "\n\n"
    cells.insert(place if before else place + 1, copy)
    plan, places = planned(cells)
    stub = place if before else place + 1
    assert plan.roles[stub] == ("stub", "heaviside")
    assert stub not in {step.cell for step in plan.steps}
    assert plan.steps and places["heaviside"] == (place + 1 if before else place)


def test_moved_cells_are_judged_where_they_are():
    cells, place = answered()
    moved = cells.pop(place)
    cells.append(moved)
    assert planned(cells)[1]["heaviside"] == len(cells) - 1


def test_an_answer_split_over_cells_is_judged_after_its_last_part():
    cells, place = answered("def _step(z):\n    return z > 0")
    cells.insert(place + 1, own("def heaviside(z):\n    return _step(z) * 1.0"))
    plan, places = planned(cells)
    assert places["heaviside"] == place + 1
    assert plan.roles[place] == ("answer", "heaviside") and place in {step.cell for step in plan.steps}


def test_two_exercises_in_one_cell_are_both_judged_after_it():
    cells, place = answered(ANSWER + "\n\n\ndef perceptron(x, w, b):\n    return heaviside(x @ w + b)")
    del cells[find(cells, "check", "heaviside")], cells[find(cells, "stub", "perceptron")]
    del cells[find(cells, "check", "perceptron")]
    plan, places = planned(cells)
    assert places["heaviside"] == places["perceptron"] == place
    assert plan.roles[place] == ("answer", "heaviside")


CHECK = 'from checks import check\ncheck("heaviside")'


@pytest.mark.parametrize(
    "change",
    [
        lambda cells, check: cells.pop(check),
        lambda cells, check: cells.insert(check, cells[check]),
        lambda cells, check: cells.append(own(CHECK)),
        lambda cells, check: cells.append(own("check('heaviside')  ")),
        lambda cells, check: cells.insert(0, own(CHECK)),
        lambda cells, check: setattr(cells[check], "source", CHECK + "\nprint('done')"),
        lambda cells, check: setattr(cells[check], "source", ""),
        lambda cells, check: setattr(cells[check], "grade_id", None),
        lambda cells, check: setattr(cells[check], "kind", "markdown"),
    ],
    ids=["deleted", "twice", "again", "again, short", "at the top", "edited", "emptied", "no id", "markdown"],
)
def test_whatever_becomes_of_a_check_the_answer_is_judged_once_with_what_it_needs(change):
    cells, place = answered()
    answer = cells[place]
    change(cells, find(cells, "check", "heaviside"))
    plan, places = planned(cells)
    assert places["heaviside"] >= cells.index(answer)
    assert not [step for step in plan.steps if "check(" in step.source and "def " not in step.source]


def test_deleting_everything_still_judges_every_exercise():
    for cells in ([], [Cell("markdown", "nothing")], [own(CHECK)]):
        plan, places = planned(cells)
        assert set(places) == set(NAMES)
    assert plan.steps[0].source == ""


def test_deleting_the_setup_or_a_stub_moves_nothing_else():
    cells, _ = answered()
    del cells[find(cells, "setup")]
    del cells[find(cells, "stub", "xor_gate")]
    _, places = planned(cells)
    assert places["heaviside"] == find(cells, "stub", "heaviside")
    assert places["train_perceptron"] == find(cells, "stub", "train_perceptron")


def test_an_edited_experiment_is_the_students_own_cell():
    cells = untouched()
    place = next(k for k, cell in enumerate(released().cells) if role_of(cell) == "experiment")
    cells[place].source += "\nmine = 1"
    plan, _ = planned(cells)
    assert plan.roles[place] == ("own", None)
    assert not next(step for step in plan.steps if step.cell == place).experiment


def test_ids_tags_and_points_in_a_submission_do_not_decide():
    cells = [Cell("code", cell.source) for cell in untouched()]
    cells[find(untouched(), "stub", "heaviside")].source = ANSWER
    with_ids, _ = answered()
    assert planned(cells)[1] == planned(with_ids)[1]
    for cell in with_ids:
        cell.grade_id = "heaviside"
    assert planned(with_ids)[1]["perceptron"] == planned(cells)[1]["perceptron"]


DEFINING = {
    "def": ANSWER,
    "typed": "def heaviside(z: np.ndarray) -> np.ndarray:\n    return z",
    "decorated": "@np.vectorize\ndef heaviside(z):\n    return z",
    "lambda": "heaviside = lambda z: z",
    "annotated": "heaviside: object = lambda z: z",
    "several": "step = heaviside = lambda z: z",
    "tuple": "heaviside, other = make()",
    "import": "from mine import heaviside",
    "import as": "from numpy import sign as heaviside",
    "class": "class heaviside:\n    def __new__(cls, z):\n        return z",
    "in if": "if True:\n    def heaviside(z):\n        return z\nelse:\n    pass",
    "in else": "if False:\n    pass\nelse:\n    heaviside = abs",
    "in try": "try:\n    import numba\n    def heaviside(z):\n        return z\nexcept ImportError:\n    pass",
    "assigned in try": "try:\n    heaviside = fast\nexcept NameError:\n    heaviside = slow",
    "imported in try": "try:\n    from mine import heaviside\nexcept ImportError:\n    pass",
    "in with": "with np.errstate():\n    heaviside = np.vectorize(abs)",
    "in a loop": "while True:\n    def heaviside(z):\n        return z\n    break",
    "line magic": "%matplotlib inline\n!ls\n\nheaviside = lambda z: z",
    "indented magic": "def heaviside(z):\n    %time y = z\n    return y",
    "cell magic": "%%time\n" + ANSWER,
    "help": "np.sign?\nheaviside = np.sign",
    "assigned magic": "files = !ls\nheaviside = lambda z: z",
    "broken": "def heaviside(z)\n    return z",
    "half written": "def heaviside(z):\n    return (z >",
    "tabs": "def heaviside(z):\n\tif z:\n        return 1",
    "null": "def heaviside(z):\n    return '\0'",
    "surrogate": "def heaviside(z):\n    return '\ud800'",
}
NOT_DEFINING = {
    "call": "print(heaviside(1))",
    "comment": "# def heaviside(z):\nx = 1",
    "text": "x = '''\ndef heaviside(z):\n    pass\n'''",
    "method": "class Unit:\n    def heaviside(self):\n        pass",
    "inner": "def f():\n    def heaviside(z):\n        pass",
    "key": "times[heaviside] = 1",
    "attribute": "module.heaviside = 1",
    "own attribute": "heaviside.calls = 0",
    "keyword": "dict(heaviside=1)",
    "deep": "(" * 5000,
    "long sum": "1" + "+1" * 20_000,
    "many minuses": "-" * 50_000 + "1",
}


@pytest.mark.parametrize("source", DEFINING.values(), ids=DEFINING)
def test_an_answer_is_seen_however_it_is_written(source):
    assert "heaviside" in definitions(source)
    cells = [*untouched(), own(source)]
    plan, places = planned(cells)
    assert places["heaviside"] == len(cells) - 1
    assert plan.roles[-1] == ("answer", "heaviside")
    assert find(cells, "stub", "heaviside") not in {step.cell for step in plan.steps}


@pytest.mark.parametrize("source", NOT_DEFINING.values(), ids=NOT_DEFINING)
def test_a_cell_that_mentions_a_function_does_not_answer_it(source):
    assert "heaviside" not in definitions(source)
    cells = [*untouched(), own(source)]
    assert planned(cells)[0].roles[-1] == ("own", None)


def test_reading_an_answer_gives_no_warnings():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        definitions('"""\\d \\s"""\nx = 1if 2 else 3\ndef heaviside(z):\n    return z is 0')
    assert caught == []


PIECES = st.sampled_from([*DEFINING.values(), *NOT_DEFINING.values(), CHECK, "check('perceptron')", "", "%%bash\nls"])
CELLS = st.lists(
    st.one_of(
        st.builds(Cell, st.sampled_from(["code", "markdown"]), st.one_of(PIECES, st.text(max_size=20)),
                  st.sampled_from([None, "heaviside", "check-heaviside", "check-", "x"])),
        st.integers(0, 10_000),
    ),
    max_size=12,
)  # fmt: skip


@given(CELLS)
@settings(reproducible, max_examples=60)
def test_any_notebook_gets_each_exercise_judged_exactly_once(cells):
    course = untouched()
    planned([course[cell % len(course)] if isinstance(cell, int) else cell for cell in cells])


# ------------------------------------------------------------------------------------------- submissions
USUAL = json.dumps(notebook(code(ANSWER), dlbook={"chapter": "perceptrons"}))
times = itertools.count(1_700_000_000, 60)


def lay_folder(to, tree):
    for name, content in tree.items():
        path = to / "handed in" / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.write_text(content, encoding="utf-8")
            os.utime(path, (next(times),) * 2)
    return to / "handed in"


def lay_zip(to, tree):
    with zipfile.ZipFile(to / "handed in.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for minute, (name, content) in enumerate(tree.items()):
            archive.writestr(zipfile.ZipInfo(name, (2025, 1, 1, 12, minute, 0)), content)
    return to / "handed in.zip"


both = pytest.mark.parametrize("lay", [lay_folder, lay_zip], ids=["folder", "zip"])


def found_in(source):
    return {(s.student, s.chapter): s for s in find_submissions(source, CHAPTERS)}


@both
@pytest.mark.parametrize(
    "name, student",
    [
        ("ada/perceptrons/perceptrons.ipynb", "ada"),
        ("ada/perceptrons/my final version (2).ipynb", "ada"),
        ("ada/perceptrons/Perceptrons.IPYNB", "ada"),
        ("ada/perceptrons/perceptrons.ipynb.txt", "ada"),
        ("ada/perceptrons/perceptrons.ipynb.json", "ada"),
        ("ada/Perceptrons/x.ipynb", "ada"),
        ("class of 2025/ada/perceptrons/perceptrons.ipynb", "ada"),
        ("a/b/c/ada/perceptrons/perceptrons.ipynb", "ada"),
        ("ada/perceptrons/perceptrons/perceptrons.ipynb", "ada"),
        ("ada/perceptrons/work/perceptrons.ipynb", "ada"),
        ("ada/perceptrons.ipynb", "ada"),
        ("ada/perceptrons_ada.ipynb", "ada"),
        ("ada/final.ipynb", "ada"),
        ("perceptrons/ada/perceptrons.ipynb", "ada"),
        ("ada_perceptrons.ipynb", "ada"),
        ("perceptrons - ada.ipynb", "ada"),
        ("김지우/perceptrons/perceptrons.ipynb", "김지우"),
        ("王 小明/perceptrons/과제 1.ipynb", "王 小明"),
        ("Ada King Lovelace/perceptrons/perceptrons.ipynb", "Ada King Lovelace"),
        ("o'hara-1.b@c/perceptrons/perceptrons.ipynb", "o'hara-1.b@c"),
        ("김지우_perceptrons.ipynb", "김지우"),
    ],
)
def test_a_notebook_is_found_in_every_usual_layout(lay, name, student, tmp_path):
    found = found_in(lay(tmp_path, {name: USUAL}))
    assert list(found) == [(student, "perceptrons")]
    submission = found[student, "perceptrons"]
    assert submission.problem is None and submission.file.read() == USUAL.encode()


@both
def test_a_class_is_found_in_order_with_what_is_missing(lay, tmp_path):
    tree = {
        "zoe/perceptrons/perceptrons.ipynb": USUAL,
        "ada/optimizers/optimizers.ipynb": USUAL,
        "ada/perceptrons/perceptrons.ipynb": USUAL,
        "bob/perceptrons/": "",
        "eve/Perceptrons/": "",
        "kim/optimizers/answers.docx": "no notebook",
        "lee/optimizers/checks/cases.json": "{}",
    }
    found = find_submissions(lay(tmp_path, tree), CHAPTERS)
    assert [(s.student, s.chapter, s.file is not None) for s in found] == [
        ("ada", "optimizers", True),
        ("ada", "perceptrons", True),
        ("bob", "perceptrons", False),
        ("eve", "perceptrons", False),
        ("kim", "optimizers", False),
        ("lee", "optimizers", False),
        ("zoe", "perceptrons", True),
    ]


@both
@pytest.mark.parametrize(
    "ignored",
    [
        ".ipynb_checkpoints/perceptrons-checkpoint.ipynb",
        "checks/perceptrons.ipynb",
        ".Trash-1000/perceptrons.ipynb",
        ".~perceptrons.ipynb",
        "._perceptrons.ipynb",
        "__MACOSX/._perceptrons.ipynb",
        "__MACOSX/perceptrons.ipynb",
        "perceptrons.ipynb.bak",
        "perceptrons.py",
    ],
)
def test_leftovers_of_programs_are_no_submissions(lay, ignored, tmp_path):
    tree = {"ada/perceptrons/perceptrons.ipynb": USUAL, f"ada/perceptrons/{ignored}": "newer", f"{ignored}": "newer"}
    found = found_in(lay(tmp_path, tree))
    assert list(found) == [("ada", "perceptrons")]
    assert found["ada", "perceptrons"].note is None and found["ada", "perceptrons"].file.read() == USUAL.encode()


@both
@pytest.mark.parametrize(
    "names, chosen",
    [
        (["perceptrons.ipynb", "scratch.ipynb"], "perceptrons.ipynb"),
        (["scratch.ipynb", "perceptrons.ipynb"], "perceptrons.ipynb"),
        (["old.ipynb", "new.ipynb", "old/older.ipynb"], "old/older.ipynb"),
        (["b.ipynb", "a.ipynb"], "a.ipynb"),
        (["a.ipynb", "b.ipynb"], "b.ipynb"),
    ],
)
def test_of_several_notebooks_the_usual_name_is_graded_or_the_newest(lay, names, chosen, tmp_path):
    found = found_in(lay(tmp_path, {f"ada/perceptrons/{name}": USUAL for name in names}))
    submission = found["ada", "perceptrons"]
    assert submission.file.name == f"ada/perceptrons/{chosen}"
    assert submission.note == f"{len(names)} notebooks were handed in, ada/perceptrons/{chosen} is graded"


@both
@pytest.mark.parametrize(
    "content, says",
    [
        (json.dumps(notebook(code(ANSWER))), "not clear which chapter"),
        ("{broken", "broken JSON"),
        ("", "empty"),
    ],
)
def test_a_notebook_of_no_known_chapter_is_a_submission_with_a_problem(lay, content, says, tmp_path):
    [submission] = find_submissions(lay(tmp_path, {"ada/final.ipynb": content}), CHAPTERS)
    assert submission.student == "ada" and says in submission.problem


@both
@pytest.mark.parametrize("claimed", ["../../../evil", "/tmp/evil", "perceptrons/../..", "", ".", "hacking", "퍼셉트론"])
def test_a_chapter_that_a_notebook_claims_is_one_of_the_course_or_unknown(lay, claimed, tmp_path):
    content = json.dumps(notebook(code(ANSWER), dlbook={"chapter": claimed}))
    [submission] = find_submissions(lay(tmp_path, {"ada/final.ipynb": content}), CHAPTERS)
    assert submission.chapter in (*CHAPTERS, "unknown")
    assert submission.problem


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/ada/perceptrons/perceptrons.ipynb",
        "/etc/ada/perceptrons/perceptrons.ipynb",
        "ada/perceptrons/../../../perceptrons.ipynb",
        "..\\..\\ada\\perceptrons\\perceptrons.ipynb",
        "../perceptrons.ipynb",
    ],
)
def test_a_member_that_leads_out_of_the_zip_is_not_read(name, tmp_path):
    for submission in find_submissions(lay_zip(tmp_path, {name: USUAL}), CHAPTERS):
        assert_stands_in_a_path(submission.student)
        with pytest.raises(Unreadable, match="leads out of it"):
            submission.file.read()


def assert_stands_in_a_path(name):
    """A student's name can be a folder's name on every system that the course is graded on."""
    assert name == unicodedata.normalize("NFC", name).strip() not in ("", ".", "..")
    assert not set(name) & set('/\\:*?"<>|\0\n') and not name.startswith(".")
    assert len(name.encode("utf-8")) <= 255


@pytest.mark.parametrize(
    "student", ["..", ".", " ", " .hidden", "a:b", "a\nb", "a" * 300, "가" * 200, "\u1100\u1161", "CON?"]
)
def test_any_students_name_can_stand_in_a_path(student, tmp_path):
    for submission in find_submissions(lay_zip(tmp_path, {f"{student}/perceptrons/x.ipynb": USUAL}), CHAPTERS):
        assert_stands_in_a_path(submission.student)
        (tmp_path / submission.student).mkdir()


def test_one_name_in_two_unicode_forms_is_one_student_with_two_chapters(tmp_path):
    composed, decomposed = (unicodedata.normalize(form, "김지우") for form in ("NFC", "NFD"))
    tree = {f"{composed}/perceptrons/x.ipynb": USUAL, f"{decomposed}/optimizers/x.ipynb": USUAL}
    assert set(found_in(lay_zip(tmp_path, tree))) == {(composed, "perceptrons"), (composed, "optimizers")}


ALIKE = {
    "characters": ("a:b", "a?b", "a_b"),
    "length": ("x" * 210 + "1", "x" * 210 + "2"),
    "unicode forms": ("Zoe\u0308", "Zo\u00eb"),
    "capitals": ("Ada", "ada", "ADA"),
    "hidden characters": ("ada\u202e", "ada\u009b", "ada"),
}


@pytest.mark.parametrize("owners", ALIKE.values(), ids=ALIKE)
def test_owners_whose_names_look_the_same_keep_their_own_work_under_names_of_their_own(owners, tmp_path):
    tree = {f"{owner}/perceptrons/perceptrons.ipynb": USUAL + " " * n for n, owner in enumerate(owners)}
    found = find_submissions(lay_zip(tmp_path, tree), CHAPTERS)
    assert len({s.student.casefold() for s in found}) == len(owners)
    assert sorted(s.file.read() for s in found) == sorted(content.encode() for content in tree.values())
    for submission in found:
        assert_stands_in_a_path(submission.student)
    names = {s.file.read(): s.student for s in found}
    known = set(names.values())
    for name, content in tree.items():  # handed in alone, later: the same name
        [alone] = find_submissions(lay_zip(tmp_path, {name: content}), CHAPTERS, known)
        assert alone.student == names[content.encode()]
    again = find_submissions(lay_zip(tmp_path, tree), CHAPTERS, known)
    assert {s.file.read(): s.student for s in again} == names


@pytest.mark.parametrize("owners", [ALIKE["characters"], ALIKE["length"]], ids=["characters", "length"])
def test_such_owners_stay_apart_if_they_hand_in_one_after_the_other(owners, tmp_path):
    known = set()
    for owner in owners:
        [submission] = find_submissions(lay_zip(tmp_path, {f"{owner}/perceptrons/x.ipynb": USUAL}), CHAPTERS, known)
        assert submission.student not in known
        known.add(submission.student)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Seoul", "UTC"])
def test_a_time_in_a_zip_file_is_that_of_the_file_that_is_unpacked_here(zone, tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        source = lay_zip(tmp_path, {"ada/perceptrons/x.ipynb": USUAL})
        [packed] = find_submissions(source, CHAPTERS)
        naive = datetime(*zipfile.ZipFile(source).infolist()[0].date_time)
        os.utime(
            lay_folder(tmp_path, {"ada/perceptrons/x.ipynb": USUAL}) / "ada/perceptrons/x.ipynb",
            (naive.timestamp(),) * 2,
        )
        [unpacked] = find_submissions(tmp_path / "handed in", CHAPTERS)
        assert packed.file.changed == unpacked.file.changed and packed.file.changed.tzinfo is not None
    finally:
        monkeypatch.undo()
        time.tzset()


def test_names_in_utf_8_that_a_zip_file_does_not_say_are_so_are_read(tmp_path):
    source = lay_zip(tmp_path, {"김지우/perceptrons/x.ipynb": USUAL})
    data = bytearray(source.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(mark) + offset
        data[at : at + 2] = (int.from_bytes(data[at : at + 2], "little") & ~0x800).to_bytes(2, "little")
    source.write_bytes(data)
    [submission] = find_submissions(source, CHAPTERS)
    assert submission.student == "김지우" and submission.file.read() == USUAL.encode()


def test_a_name_cannot_command_a_terminal_or_turn_the_direction_of_writing(tmp_path):
    [submission] = find_submissions(lay_zip(tmp_path, {"a\u009b2J\u202eb/perceptrons/x.ipynb": USUAL}), CHAPTERS)
    assert submission.student.startswith("a_2J_b~")


def test_links_in_a_folder_are_not_followed(tmp_path):
    secret = tmp_path / "secret.ipynb"
    secret.write_text("secret")
    source = lay_folder(tmp_path, {"ada/perceptrons/": "", "bob/optimizers/optimizers.ipynb": USUAL})
    (source / "ada/perceptrons/perceptrons.ipynb").symlink_to(secret)
    (source / "eve").symlink_to(source / "bob", target_is_directory=True)
    found = found_in(source)
    assert set(found) == {("ada", "perceptrons"), ("bob", "optimizers")}
    with pytest.raises(Unreadable, match="a link, not a file"):
        found["ada", "perceptrons"].file.read()


def test_a_link_in_the_place_of_a_chapter_s_folder_gets_its_line(tmp_path):
    source = lay_folder(tmp_path, {"ada/optimizers/optimizers.ipynb": USUAL, "elsewhere/x.ipynb": USUAL})
    (source / "ada" / "perceptrons").symlink_to(source / "elsewhere", target_is_directory=True)
    (source / "eve").symlink_to(source / "elsewhere", target_is_directory=True)
    found = collect(source, CHAPTERS)
    linked = {(s.student, s.chapter): s for s in found.submissions}["ada", "perceptrons"]
    assert "it is a link, not a folder" in linked.problem
    assert [line[1:] for line in found.unused] == [("eve", "it is a link, not a folder: hand in the folder itself")]


def test_what_is_no_ordinary_file_is_not_read(tmp_path):
    source = lay_folder(tmp_path, {"ada/perceptrons/": ""})
    os.mkfifo(source / "ada/perceptrons/perceptrons.ipynb")
    with pytest.raises(Unreadable, match="not an ordinary file"):
        found_in(source)["ada", "perceptrons"].file.read()


MEMBER = "ada/perceptrons/perceptrons.ipynb"


def zipped(to, change=lambda info: None, content=USUAL):
    """A zip file of one notebook whose `ZipInfo` is changed before it is written."""
    with zipfile.ZipFile(to / "one.zip", "w") as archive:
        info = zipfile.ZipInfo(MEMBER)
        info.compress_type = zipfile.ZIP_DEFLATED
        change(info)
        archive.writestr(info, content)
    return to / "one.zip"


def encrypted(path):
    """The same archive with the flag of encryption set, in the member's header and in the directory."""
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    path.write_bytes(data)
    return path


def damaged(path):
    """The same archive with bytes of the packed notebook overwritten."""
    data = bytearray(path.read_bytes())
    start = 30 + len(MEMBER) + 20
    data[start : start + 30] = b"\xff" * 30
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda to: zipped(to, lambda info: setattr(info, "external_attr", 0o120777 << 16), "../secret"), "a link"),
        (lambda to: encrypted(zipped(to)), "without a password"),
        (lambda to: zipped(to, content=" " * 30_000_000), "thousand times"),
        (lambda to: damaged(zipped(to)), "cannot be (read|unpacked)"),
    ],
    ids=["link", "encrypted", "bomb", "damaged"],
)
def test_a_member_that_cannot_be_taken_is_a_submission_that_says_why(make, says, tmp_path):
    [submission] = find_submissions(make(tmp_path), CHAPTERS)
    assert (submission.student, submission.chapter) == ("ada", "perceptrons")
    with pytest.raises(Unreadable, match=says):
        submission.file.read()


def test_a_large_honest_notebook_in_a_zip_is_read(tmp_path):
    outputs = [{"output_type": "stream", "name": "stdout", "text": "epoch 1, loss 0.123\n" * 100_000}]
    content = json.dumps(notebook(code(ANSWER, outputs=outputs)))
    [submission] = find_submissions(lay_zip(tmp_path, {MEMBER: content}), CHAPTERS)
    assert submission.file.read() == content.encode()


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_packing_of_zip_is_read(packing, tmp_path):
    [submission] = find_submissions(zipped(tmp_path, lambda info: setattr(info, "compress_type", packing)), CHAPTERS)
    assert submission.file.read() == USUAL.encode()


def test_a_folder_of_a_class_is_not_taken_for_a_student(tmp_path):
    tree = {f"class/{name}_perceptrons.ipynb": USUAL for name in ("ada", "boole", "curie")}
    found = find_submissions(lay_zip(tmp_path, tree), CHAPTERS)
    assert [(s.student, s.note) for s in found] == [("ada", None), ("boole", None), ("curie", None)]
    versions = {f"ada/perceptrons_{name}.ipynb": USUAL for name in ("v1", "v2", "final")}
    [submission] = find_submissions(lay_zip(tmp_path, versions), CHAPTERS)
    assert submission.student == "ada" and "3 notebooks" in submission.note


@pytest.mark.parametrize("folder", ["class/perceptrons", "everybody"])
def test_a_student_with_more_notebooks_of_a_chapter_than_one_hands_in_is_refused(folder, tmp_path):
    tree = {f"{folder}/{name}.ipynb": USUAL for name in ("ada", "boole", "curie", "dirac", "euler", "fermi")}
    with pytest.raises(SubmissionsError, match="would be a student with 6 notebooks of perceptrons"):
        find_submissions(lay_zip(tmp_path, tree), CHAPTERS)
    own = {f"ada/perceptrons/{name}.ipynb": USUAL for name in ("perceptrons", "a", "b", "c", "d", "e")}
    [submission] = find_submissions(lay_zip(tmp_path, own), CHAPTERS)
    assert submission.file.name == "ada/perceptrons/perceptrons.ipynb"


@both
def test_a_zip_file_that_a_student_hands_in_is_read(lay, tmp_path):
    source = lay(tmp_path, {"bob/perceptrons/perceptrons.ipynb": USUAL})
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("perceptrons/perceptrons.ipynb", USUAL)
        archive.writestr("perceptrons/checks/cases.json", "{}")
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("answer.py", "pass")
    members = {
        "ada/perceptrons/my work.zip": packed.getvalue(),
        "carl.zip": packed.getvalue(),
        "dora/perceptrons/work.zip": empty.getvalue(),
        "emil/perceptrons/work.zip": b"PK no zip",
    }
    for name, content in members.items():
        if source.is_dir():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(content)
        else:
            with zipfile.ZipFile(source, "a") as archive:
                archive.writestr(name, content)
    found = found_in(source)
    assert set(found) == {(name, "perceptrons") for name in ("ada", "bob", "carl", "dora", "emil")}
    for name in ("ada", "carl"):
        assert found[name, "perceptrons"].file.read() == USUAL.encode()
    assert "no notebook in the zip file" in found["dora", "perceptrons"].problem
    assert "not a zip file" in found["emil", "perceptrons"].problem


def test_a_zip_file_that_unpacks_without_end_is_not_opened(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("perceptrons.ipynb", " " * 5_000_000)
    middle = io.BytesIO()
    with zipfile.ZipFile(middle, "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr("ada/perceptrons/work.zip", inner.getvalue())
        archive.writestr("bob/perceptrons/work.zip", middle.getvalue())
    found = found_in(tmp_path / "class.zip")
    with pytest.raises(Unreadable, match="over a thousand times"):
        found["ada", "perceptrons"].file.read()
    assert "zip file in a zip file in a zip file" in found["bob", "perceptrons"].problem or (
        "no notebook in the zip file" in found["bob", "perceptrons"].problem
    )


@pytest.mark.parametrize("mark", ["nbgrader_config.py", "gradebook.db", "results.jsonl"])
def test_a_course_in_the_place_of_its_submissions_is_refused(mark, tmp_path):
    source = lay_folder(tmp_path, {"submitted/ada/perceptrons/perceptrons.ipynb": USUAL, f"{mark}": ""})
    with pytest.raises(SubmissionsError, match="give .*submitted"):
        find_submissions(source, CHAPTERS)
    assert list(found_in(source / "submitted")) == [("ada", "perceptrons")]


def test_a_time_that_a_student_wrote_is_not_believed(tmp_path):
    tree = {
        "ada/perceptrons/perceptrons.ipynb": USUAL,
        "ada/perceptrons/timestamp.txt": "2020-01-01 00:00:00 UTC",
        "bob/perceptrons/mine/x.ipynb": USUAL,
        "bob/perceptrons/mine/timestamp.txt": "2020-01-01 00:00:00 UTC",
    }
    for submission in find_submissions(lay_folder(tmp_path, tree), CHAPTERS):
        assert submission.handed is None
    (tmp_path / "handed in").rename(tmp_path / "submitted")
    (tmp_path / "nbgrader_config.py").write_text("")
    times = {s.student: s.handed and s.handed.time for s in find_submissions(tmp_path / "submitted", CHAPTERS)}
    assert times == {"ada": "2020-01-01T00:00:00", "bob": None}


def test_one_notebook_alone_is_a_submission(tmp_path):
    source = lay_folder(tmp_path, {"ada_perceptrons.ipynb": USUAL}) / "ada_perceptrons.ipynb"
    assert list(found_in(source)) == [("ada", "perceptrons")]


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda to: to / "nowhere", "does not exist"),
        (lambda to: lay_folder(to, {"x/": ""}), "expected STUDENT/CHAPTER/CHAPTER.ipynb"),
        (lambda to: lay_folder(to, {"ada/answer.py": "pass", "ada/.perceptrons.ipynb": USUAL}), "holds no notebooks"),
        (lambda to: lay_zip(to, {}), "holds no notebooks"),
        (lambda to: lay_zip(to, {"__MACOSX/ada/perceptrons/._perceptrons.ipynb": "x"}), "holds no notebooks"),
        (lambda to: lay_folder(to, {"class.zip": "no zip"}) / "class.zip", "not a zip file"),
        (lambda to: lay_folder(to, {"class.zip": ""}) / "class.zip", "not a zip file"),
        (lambda to: truncated(lay_zip(to, {MEMBER: USUAL})), "not a zip file"),
    ],
    ids=["nowhere", "empty", "no notebook", "empty zip", "only leftovers", "no zip", "empty file", "truncated"],
)
def test_nothing_to_grade_says_what_to_hand_over(make, says, tmp_path):
    with pytest.raises(SubmissionsError, match=says):
        find_submissions(make(tmp_path), CHAPTERS)


def truncated(path):
    path.write_bytes(path.read_bytes()[:-30])
    return path


NAMES_IN_ZIPS = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=12)


@given(
    st.lists(st.one_of(st.sampled_from(["..", ".", "", *CHAPTERS, "x.ipynb"]), NAMES_IN_ZIPS), min_size=1, max_size=5)
)
@reproducible
def test_any_path_in_a_zip_gives_submissions_that_can_be_written(parts):
    with tempfile.TemporaryDirectory() as folder:
        try:
            submissions = find_submissions(lay_zip(Path(folder), {"/".join([*parts, "n.ipynb"]): USUAL}), CHAPTERS)
        except SubmissionsError:  # all of it is hidden, or a leftover
            return
    for submission in submissions:
        assert_stands_in_a_path(submission.student)
        assert submission.chapter in (*CHAPTERS, "unknown")

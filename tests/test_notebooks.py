"""From a chapter to the notebooks that students and instructors get."""

import ast
import inspect
import json
import re

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import CheckCellMetadata, ClearHiddenTests

from autograder.exercises import CHAPTERS, exercises
from autograder.judging.judge import LocalStudent, judge
from autograder.judging.sheet import make_sheet
from autograder.notebooks import chapters, steps, stubs
from autograder.notebooks.chapters import CourseError, read_chapter, table_of_contents
from autograder.notebooks.clearing import ClearSolutionsOfRepairs
from autograder.notebooks.markdown import Numbers, collect_equations, plain_markdown
from autograder.notebooks.release import make_notebook, release
from autograder.notebooks.steps import STEPS, Recipe, role_of
from autograder.notebooks.stubs import helpers, solution, stub, stub_of, write_stubs
from solutions.perceptrons import heaviside

EXERCISES = {exercise.id: exercise for chapter in CHAPTERS for exercise in exercises(chapter)}
every_chapter = pytest.mark.parametrize("chapter", CHAPTERS)
every_kind = pytest.mark.parametrize("kind", ["student", "instructor", "source"])

# ------------------------------------------------------------------------------------------------- steps
PLACEHOLDER = 'def heaviside(z):\n    """To be written."""\n    raise NotImplementedError'


def figure(source, name, **metadata):
    return new_code_cell(
        source, metadata={"mystnb": {"figure": {"name": name, "caption": "What\nis seen."}}, **metadata}
    )


def tiny():
    """A chapter in little, with a cell of every sort."""
    return new_notebook(
        cells=[
            new_markdown_cell("# Title\n\nSee {eq}`sum`, {numref}`fig-a` and {numref}`fig-site`."),
            new_code_cell("from solutions.perceptrons import heaviside", metadata={"tags": ["remove-cell"]}),
            new_code_cell("import numpy as np", execution_count=3),
            new_markdown_cell("A {term}`sigmoid` and two {term}`layers <layer>`.\n\n$$\nz = wx\n$$ (sum)"),
            new_code_cell(PLACEHOLDER, metadata={"tags": ["exercise", "skip-execution", "nbval-skip"]}),
            figure("plot(1)", "fig-site", tags=["book-only"]),
            figure("plot(2)", "fig-a", tags=["hide-input"]),
            new_code_cell("print(1)", outputs=[new_output("stream", text="1\n")], execution_count=7),
        ],
        metadata={"jupytext": {}},
    )


def after(last, kind="student"):
    """The tiny notebook, and its recipe, after all steps up to ``last``."""
    notebook, recipe = tiny(), Recipe("perceptrons", kind)
    for step in STEPS[: STEPS.index(last) + 1]:
        step(notebook, recipe)
    return notebook, recipe


def sources(notebook, kind=None):
    return [cell.source for cell in notebook.cells if kind in (None, cell.cell_type)]


def test_every_step_is_tried_here():
    here = inspect.getsource(inspect.getmodule(test_every_step_is_tried_here))
    assert [step.__name__ for step in STEPS if f"after(steps.{step.__name__}" not in here] == []


def test_cells_of_the_book_are_dropped_and_their_figures_remembered():
    notebook, recipe = after(steps.drop_cells_of_the_book)
    assert "plot(1)" not in sources(notebook) and "plot(2)" in sources(notebook)
    assert not any("solutions" in source for source in sources(notebook))
    assert recipe.numbers.figures_of_the_book == {"fig-site"}


def taking(source):
    notebook = tiny()
    notebook.cells.append(new_code_cell(source, metadata={"tags": ["remove-cell", "earlier"]}))
    return notebook


def after_bringing(source, kind):
    notebook, recipe = taking(source), Recipe("perceptrons", kind)
    for step in STEPS[: STEPS.index(steps.bring_from_earlier) + 1]:
        step(notebook, recipe)
    return notebook.cells[-1].source


def test_what_an_earlier_chapter_defined_is_brought_from_the_students_own_notebook():
    assert sources(after(steps.bring_from_earlier)[0]) == sources(after(steps.drop_cells_of_the_book)[0])
    line = "from solutions.networks import train, one_hot"
    brought = 'from checks.earlier import bring\n\ntrain, one_hot = bring("networks", "train", "one_hot")'
    assert after_bringing(line, "student") == after_bringing(line, "source") == brought
    space = {"np": np}
    exec(after_bringing(line, "instructor"), space)
    assert space["one_hot"](np.array([1]), 2).tolist() == [[0.0, 1.0]] and callable(space["train"])


def test_a_cell_that_takes_something_else_from_an_earlier_chapter_is_refused():
    with pytest.raises(CourseError, match=r"chapters/perceptrons\.md: a cell tagged earlier"):
        after_bringing("import solutions.networks", "student")


def test_equations_are_numbered_before_texts_refer_to_them():
    assert after(steps.number_equations)[1].numbers.equations == {"sum": 1}


def test_a_caption_becomes_a_text_below_its_figure():
    notebook, _ = after(steps.write_captions)
    assert sources(notebook)[sources(notebook).index("plot(2)") + 1] == "**Figure 1.** What is seen."


def test_marked_terms_are_explained_at_the_end_in_three_languages():
    notebook, _ = after(steps.list_terms)
    assert notebook.cells[-1].source == (
        "## Terms\n\n| term | meaning | Korean | Chinese |\n|---|---|---|---|\n"
        '| layer | Units that look at the same inputs, computed together. | <span lang="ko">층</span> | '
        '<span lang="zh">层</span> |\n'
        "| sigmoid | The smooth step 1/(1 + e^(−z)), from 0 to 1. | "
        '<span lang="ko">시그모이드</span> | <span lang="zh">S型函数</span> |'
    )


def test_myst_becomes_plain_markdown():
    notebook, _ = after(steps.write_plain_markdown)
    assert any(source.startswith("A sigmoid and two layers.\n") for source in sources(notebook, "markdown"))
    assert sources(notebook)[0] == "# Title\n\nSee (1), Figure 1 and the book's figure."
    assert any(source.endswith("$$\nz = wx\n\\tag{1}\n$$") for source in sources(notebook))


def test_the_first_code_cell_is_the_setup_and_untagged_ones_are_experiments():
    notebook, _ = after(steps.mark_roles)
    roles = {cell.source: role_of(cell) for cell in notebook.cells if cell.cell_type == "code"}
    assert roles == {
        "import numpy as np": "setup",
        PLACEHOLDER: "exercise",
        "plot(2)": "experiment",
        "print(1)": "experiment",
    }


@pytest.mark.parametrize(
    "kind, source",
    [
        ("student", stub(heaviside)),
        ("instructor", inspect.getsource(heaviside).rstrip()),
        ("source", solution(heaviside)),
    ],
)
def test_stubs_hold_what_the_recipe_asks_for(kind, source):
    notebook, _ = after(steps.fill_stubs, kind)
    [cell] = [cell for cell in notebook.cells if role_of(cell) == "exercise"]
    assert cell.source == source
    assert (cell.metadata.nbgrader.grade_id, cell.metadata.nbgrader.solution) == ("heaviside", True)
    assert (cell.metadata.nbgrader.grade, cell.metadata.nbgrader.locked) == (False, False)


def test_the_size_and_the_worth_stand_above_the_stub():
    notebook, _ = after(steps.show_sizes)
    place = sources(notebook).index(stub(heaviside))
    assert sources(notebook)[place - 1] == "*Warm-up, 1 point*"


def test_only_instructors_get_the_helpers_and_after_the_setup():
    notebook, _ = after(steps.add_helpers, "instructor")
    assert sources(notebook, "code")[1] == helpers("perceptrons")
    assert "def require_binary" in helpers("perceptrons") and "def heaviside" not in helpers("perceptrons")
    for kind in ("student", "source"):
        assert sources(after(steps.add_helpers, kind)[0]) == sources(after(steps.show_sizes, kind)[0])


def test_each_stub_is_followed_by_its_locked_check():
    notebook, _ = after(steps.add_checks)
    check = notebook.cells[next(i for i, cell in enumerate(notebook.cells) if role_of(cell) == "exercise") + 1]
    assert check.source == 'from checks import check\ncheck("heaviside")'
    expected = {"grade": True, "grade_id": "check-heaviside", "locked": True, "solution": False, "points": 1.0}
    assert expected.items() <= check.metadata.nbgrader.items()
    hidden = next(cell for cell in after(steps.add_checks, "source")[0].cells if role_of(cell) == "check")
    assert "### BEGIN HIDDEN TESTS" in hidden.source and hidden.metadata == check.metadata


def test_the_way_of_working_stands_under_the_title():
    notebook, _ = after(steps.explain_use)
    total = sum(exercise.points for exercise in exercises("perceptrons"))
    assert sources(notebook)[0].startswith("# Title")
    assert f"{len(exercises('perceptrons'))} exercises, worth {total:g} points" in sources(notebook)[1]


def test_outputs_and_counts_are_cleared():
    notebook, _ = after(steps.clear_outputs)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


def test_only_metadata_of_the_course_stay():
    notebook, _ = after(steps.keep_metadata_of_the_course)
    assert {key for cell in notebook.cells for key in cell.metadata} == {"nbgrader", "dlbook"}
    assert set(notebook.metadata) == {"kernelspec", "language_info", "dlbook"}
    assert notebook.metadata["dlbook"] == {"chapter": "perceptrons"}


def test_ids_are_unique_valid_and_the_same_each_time():
    ids = [[cell.id for cell in after(steps.give_ids)[0].cells] for _ in range(2)]
    assert ids[0] == ids[1] and len(set(ids[0])) == len(ids[0])
    assert all(re.fullmatch(r"[a-zA-Z0-9-]{1,64}", cell_id) for cell_id in ids[0])
    assert {"heaviside", "check-heaviside"} <= set(ids[0])


# ---------------------------------------------------------------------------------------------- markdown
def converted(text):
    numbers = Numbers()
    collect_equations("$$\na\n$$ (first)\n\n$$\nb\n$$ (second)", numbers)
    collect_equations(text, numbers)
    numbers.add_figure("fig-one")
    numbers.figures_of_the_book.add("fig-site")
    return plain_markdown(text, numbers, "perceptrons")


@pytest.mark.parametrize(
    "myst, markdown",
    [
        ("# A\n\n- **b** $x_{i}$ `c` [d](https://e.org)\n\n| f | g |\n|---|---|", None),
        ("```python\nx = {1: 2}\n```", None),
        ("$$\n\\begin{cases} a \\\\ b \\end{cases}\n$$", None),
        ("(my-label)=\n## Head", "## Head"),
        ("$$\nx = 1\n$$ (third)\n\n{eq}`third`, {eq}`first`", "$$\nx = 1\n\\tag{3}\n$$\n\n(3), (1)"),
        ("{numref}`fig-one`; {numref}`fig-site`", "Figure 1; the book's figure"),
        ("by {cite:t}`rosenblatt1958`.", "by Rosenblatt (1958)."),
        ("shown {cite:p}`rosenblatt1958,mcculloch1943`.", "shown (Rosenblatt, 1958; McCulloch & Pitts, 1943)."),
        ("an {index}`optimizer` and {index}`SGD <stochastic gradient descent>`", "an optimizer and SGD"),
        ("{doc}`optimizers`, {doc}`the next chapter </chapters/optimizers>`", "optimizers, the next chapter"),
        ("see {ref}`the proof <proof>`", "see the proof"),
        (
            ":::{admonition} A *slip*\n:class: slip warning\none\n\ntwo\n:::\nnext",
            "> **A *slip***\n>\n> one\n>\n> two\nnext",
        ),
        (
            ":::{admonition} Answer\n:class: dropdown\nIt is $1$.\n:::",
            "<details>\n<summary>Answer</summary>\n\nIt is $1$.\n\n</details>",
        ),
        (":::{admonition} T\n:class: tip\n$$\nx\n$$ (boxed)\n:::", "> **T**\n>\n> $$\n> x\n> \\tag{3}\n> $$"),
        (":::{admonition} T\nsee {eq}`first`\n:::", "> **T**\n>\n> see (1)"),
    ],
)
def test_the_myst_of_the_chapters_becomes_markdown(myst, markdown):
    assert converted(myst) == (myst if markdown is None else markdown)


@pytest.mark.parametrize(
    "myst",
    [
        "{download}`file.txt`",
        "{some-role}`text`",
        "{cite:p}``rosenblatt1958``",
        "{cite:p}`nobody1900`",
        "{term}`no such term`",
        "{eq}`unknown`",
        "{numref}`unknown`",
        ":::{note}\ntext\n:::",
        "::: {note}\ntext\n:::",
        "```{note}\ntext\n```",
        "~~~{note}\ntext\n~~~",
        "````{admonition} T\ntext\n````",
        "```{figure} a.png\n```",
        "- item\n\n  :::{note}\n  text\n  :::",
        ":::{admonition} never closed\ntext",
        "::::{admonition} A\n:::{admonition} B\ntext\n:::\n::::",
        ":::{admonition} T\n:open: true\ntext\n:::",
        "$$ x = 1 $$ (one-line)",
        "(section:one)=\n## Head",
        "[](some-label)",
        "% a comment",
    ],
)
def test_other_myst_stops_the_release_and_names_the_file(myst):
    with pytest.raises(CourseError, match=r"chapters/perceptrons\.md"):
        converted(myst)


# ------------------------------------------------------------------------------------------------- stubs
@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_a_stub_is_signature_docstring_and_raise(exercise):
    [ours], [reference] = (
        ast.parse(text).body for text in (stub(exercise.reference), inspect.getsource(exercise.reference))
    )
    assert ast.dump(ours.args) == ast.dump(reference.args) and ours.name == reference.name
    told, known = (list(filter(str.strip, ast.get_docstring(tree).splitlines())) for tree in (ours, reference))
    assert told and [line for line in known if line in told] == told and told[0] == known[0]
    assert not any(line.startswith(stubs.HOW) for line in told)
    assert [ast.unparse(node) for node in ours.body[1:]] == ["raise NotImplementedError"]


@every_chapter
def test_the_chapters_stubs_are_those_of_the_references(chapter):
    assert write_stubs(chapter, check_only=True) == []


def test_a_reference_without_docstring_is_named():
    with pytest.raises(CourseError, match="cell_without_docstring has no docstring"):
        stub(cell_without_docstring)


def cell_without_docstring(z):
    return z


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of the chapter perceptrons, which a test may spoil."""
    path = tmp_path / "chapters" / "perceptrons.md"
    path.parent.mkdir()
    path.write_text(chapters.chapter_path("perceptrons").read_text(encoding="utf-8"), encoding="utf-8")
    for module in (chapters, stubs):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    return path


def cells_of(text):
    return [match.group(0) for match in stubs.CELL.finditer(text)]


def swapped(text):
    first, second = cells_of(text)[:2]
    return text.replace(first, "@@").replace(second, first).replace("@@", second)


@pytest.mark.parametrize(
    "spoil",
    [
        swapped,
        lambda text: text.replace(cells_of(text)[1], ""),
        lambda text: text.replace(cells_of(text)[1], cells_of(text)[1] * 2),
        lambda text: text.replace("def heaviside(", "def heavyside("),
        lambda text: text.replace(cells_of(text)[-1], cells_of(text)[-1] + "\n\n" + cells_of(text)[0]),
        lambda text: "# Empty",
    ],
    ids=["wrong order", "missing", "duplicate", "unknown", "again at the end", "none"],
)
def test_stubs_that_are_not_the_exercises_in_order_stop_with_the_file(copied, spoil):
    text = copied.read_text(encoding="utf-8")
    copied.write_text(spoil(text), encoding="utf-8")
    assert copied.read_text(encoding="utf-8") != text
    with pytest.raises(CourseError, match=r"chapters/perceptrons\.md has stubs for .* in order, heaviside, perceptron"):
        write_stubs("perceptrons")


def test_stubs_that_drifted_are_named_and_rewritten(copied):
    text = copied.read_text(encoding="utf-8")
    drifted = text.replace("def perceptron(x, w, b):", "def perceptron(x, w, bias):").replace('"""Step ', '"""A step ')
    copied.write_text(drifted, encoding="utf-8")
    assert write_stubs("perceptrons", check_only=True) == ["heaviside", "perceptron"]
    assert copied.read_text(encoding="utf-8") == drifted
    assert write_stubs("perceptrons") == ["heaviside", "perceptron"]
    assert copied.read_text(encoding="utf-8") == text


def test_a_chapter_without_a_file_says_so():
    with pytest.raises(CourseError, match=r"chapters/nowhere\.md does not exist"):
        read_chapter("nowhere")


def test_every_chapter_of_exercises_is_in_the_table_of_contents_in_order():
    assert [name for name in table_of_contents() if name in CHAPTERS] == list(CHAPTERS)


# ----------------------------------------------------------------------------------------------- release
def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A folder with every chapter released to students."""
    folder = tmp_path_factory.mktemp("released")
    for chapter in CHAPTERS:
        release(chapter, folder)
    return folder


@every_chapter
def test_a_release_gives_the_same_bytes_twice(chapter, released, tmp_path):
    release(chapter, tmp_path)
    assert contents(tmp_path / chapter) == contents(released / chapter)
    assert b"\r" not in (released / chapter / f"{chapter}.ipynb").read_bytes()


@every_chapter
@every_kind
def test_every_notebook_is_valid_for_nbformat_and_nbgrader(chapter, kind):
    notebook = make_notebook(chapter, kind)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    CheckCellMetadata().preprocess(notebook, {})
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


@every_chapter
@every_kind
def test_grade_ids_are_the_functions_and_their_checks_in_order(chapter, kind):
    notebook = make_notebook(chapter, kind)
    graded = [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]
    pairs = [(e.name, f"check-{e.name}") for e in exercises(chapter)]
    assert [item.grade_id for item in graded] == [grade_id for pair in pairs for grade_id in pair]
    for item in graded:
        is_check = item.grade_id.startswith("check-")
        assert (item.grade, item.solution, item.locked, item.task) == (is_check, not is_check, is_check, False)
    points = [item.points for item in graded if item.grade]
    assert points == [exercise.points for exercise in exercises(chapter)]


@every_chapter
def test_a_students_folder_holds_no_reference_and_no_hidden_case(chapter, released):
    text = {
        path.name: path.read_text(encoding="utf-8")
        for path in (released / chapter).rglob("*.*")
        if path.suffix != ".npz"
    }
    notebook = nbformat.reads(text[f"{chapter}.ipynb"], 4)
    code = "\n".join(sources(notebook, "code"))
    for exercise in exercises(chapter):
        lines, header = stubs.split(exercise.reference)
        body = [line for line in lines[header:] if len(line.strip()) >= 15]
        assert not body or not all(line in code.splitlines() for line in body)
    labels = {True: set(), False: set()}
    for trial in [trial for exercise in exercises(chapter) for trial in make_sheet(exercise).trials]:
        labels[trial.visible].add(f'["label",{json.dumps(trial.label)}]')
    assert all(label in text["cases.json"] for label in labels[True])
    assert not any(label in text["cases.json"] for label in labels[False] - labels[True])
    assert not re.search(r"(BEGIN|END) (HIDDEN|SOLUTION)", code)
    stubbed = [cell.source for cell in notebook.cells if role_of(cell) == "exercise"]
    assert stubbed == [stub_of(exercise) for exercise in exercises(chapter)]
    imported = {n.module for n in ast.walk(ast.parse(code)) if isinstance(n, ast.ImportFrom)}
    assert not {name for name in imported if name.startswith(("autograder", "solutions"))}


@every_chapter
def test_a_students_notebook_has_no_tags_no_outputs_and_no_myst(chapter, released):
    notebook = json.loads((released / chapter / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        folded = {"cellView", "jupyter"} if cell["id"] == "unpack" else set()  # the cell that brings the checks
        assert set(cell["metadata"]) <= {"nbgrader", "dlbook"} | folded
        assert not cell.get("outputs") and cell.get("execution_count") is None
        if cell["cell_type"] == "markdown":
            text = "".join(cell["source"])
            assert not re.search(r"\{[\w:+-]+\}`|^\s*(:{3,}|`{3,}\{)|^\([\w:-]+\)=|^\$\$.*\(", text, re.MULTILINE), text


@every_chapter
def test_nbgraders_own_clearing_of_the_source_gives_the_students_cells(chapter):
    notebook = make_notebook(chapter, "source")
    for tool in (ClearSolutionsOfRepairs(code_stub={"python": "raise NotImplementedError"}), ClearHiddenTests()):
        notebook, _ = tool.preprocess(notebook, {})
    assert sources(notebook) == sources(make_notebook(chapter))


@every_chapter
def test_solutions_of_the_source_bring_along_what_they_use(chapter):
    space = {"np": np}
    for cell in make_notebook(chapter, "source").cells:
        if role_of(cell) == "exercise":
            exec(cell.source, space)
    assert [e.name for e in exercises(chapter) if not judge(make_sheet(e), LocalStudent(space)).solved] == []


# ------------------------------------------------------------------------- released notebooks in a kernel
BLOCK = "import sys\nsys.modules.update(autograder=None, solutions=None)"  # whatever is installed, it is not there


def run_in(folder, notebook, monkeypatch, **options):
    """Run a notebook in a real kernel that has nothing of the course but what lies in ``folder``."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(folder.parent / "ipython"))
    notebook = nbformat.from_dict({**notebook, "cells": [new_code_cell(BLOCK), *notebook.cells]})
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}, **options)
    client.execute()
    return notebook.cells[1:]


@every_chapter
def test_an_instructors_notebook_runs_from_top_to_bottom_where_it_is_released(chapter, tmp_path, monkeypatch):
    path = release(chapter, tmp_path, "instructor")
    cells = run_in(path.parent, nbformat.read(path, 4), monkeypatch)
    reports = ["".join(o.get("text", "") for o in cell.outputs) for cell in cells if role_of(cell) == "check"]
    assert len(reports) == len(exercises(chapter))
    assert [report for report in reports if not report.startswith("✓")] == []


def test_an_untouched_notebook_says_of_each_exercise_that_it_is_not_attempted(released, monkeypatch):
    chapter = CHAPTERS[0]
    notebook = nbformat.read(released / chapter / f"{chapter}.ipynb", 4)
    notebook.cells = [cell for cell in notebook.cells if role_of(cell) in ("setup", "exercise", "check")]
    cells = run_in(released / chapter, notebook, monkeypatch, allow_errors=True)
    errors = [cell.outputs[0] for cell in cells if role_of(cell) == "check"]
    assert [error.ename for error in errors] == ["CheckFailed"] * len(exercises(chapter))
    for exercise, error in zip(exercises(chapter), errors):
        assert error.evalue.startswith(f"– {exercise.name}: not attempted yet")
        assert error.traceback == [error.evalue]  # a report, and no traceback above it

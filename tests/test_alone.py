"""A notebook by itself, as Colab and a folder of downloads have it: it brings what its checks need."""

import json
import os
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from autograder.exercises import CHAPTERS, exercises
from autograder.grading.reading import read_notebook
from autograder.notebooks.release import LARGEST, make_notebook, release
from autograder.notebooks.steps import UNPACKS, role_of


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    folder = tmp_path_factory.mktemp("released")
    for chapter in CHAPTERS:
        release(chapter, folder, "instructor")
    return folder


def first_cell(released, chapter):
    notebook = nbformat.read(released / chapter / f"{chapter}.ipynb", as_version=4)
    return next(cell for cell in notebook.cells if cell.cell_type == "code")


def run(code, folder):
    """Run code as a notebook in ``folder`` would, with nothing of the course on the path."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    line = [sys.executable, "-I", "-c", f"import sys\nsys.path.insert(0, {str(folder)!r})\n{code}"]
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


ASK = "\nimport checks.student, json\nprint(json.dumps([list(checks.student.sheets()), checks.__file__]))"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_first_cell_brings_the_checks_of_every_exercise(released, chapter, tmp_path):
    told = run(first_cell(released, chapter).source + ASK, tmp_path).splitlines()[-1]
    assert json.loads(told)[0] == [exercise.name for exercise in exercises(chapter)]
    assert list(tmp_path.iterdir()) == []  # nothing is left in the reader's folder


def test_the_checks_of_another_chapter_next_to_it_are_not_taken(released, tmp_path):
    shutil.copytree(released / "networks" / "checks", tmp_path / "checks")
    told = run(first_cell(released, "perceptrons").source + ASK, tmp_path).splitlines()[-1]
    assert json.loads(told)[0] == [exercise.name for exercise in exercises("perceptrons")]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_is_too_large_to_travel_is_named_in_one_line(released, chapter, tmp_path):
    large = [path for path in (released / chapter).rglob("*") if path.is_file() and path.stat().st_size > LARGEST]
    told = run(first_cell(released, chapter).source, tmp_path).splitlines()
    assert len(told) == len(large) and all(path.name in line for path, line in zip(large, told))
    if large:
        (tmp_path / "bookdata").mkdir()
        for path in large:
            shutil.copy(path, tmp_path / "bookdata")
        assert run(first_cell(released, chapter).source, tmp_path) == ""


def test_a_solved_notebook_alone_in_a_folder_passes_its_checks(released, tmp_path):
    """Run in a kernel, as JupyterLab, VS Code and Colab do; experiments that ask for data fail by themselves."""
    notebook = nbformat.read(released / "perceptrons" / "perceptrons.ipynb", as_version=4)
    client = NotebookClient(notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    printed = [cell.outputs[0].text for cell in notebook.cells if role_of(cell) == "check"]
    assert len(printed) == len(exercises("perceptrons")) and all("✓" in text for text in printed)


def test_an_untouched_notebook_alone_says_what_to_do(tmp_path):
    release("perceptrons", tmp_path)
    notebook = nbformat.read(tmp_path / "perceptrons" / "perceptrons.ipynb", as_version=4)
    shutil.rmtree(tmp_path / "perceptrons" / "checks")
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path / "perceptrons")}})
    with pytest.raises(CellExecutionError, match="not attempted yet"):
        client.execute()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_grading_never_runs_the_cell_that_unpacks(released, chapter):
    data = (released / chapter / f"{chapter}.ipynb").read_bytes()
    sources = [cell.source for cell in read_notebook(data).cells]
    assert sources == [cell.source for cell in make_notebook(chapter, "instructor").cells]
    assert not any(source.startswith(UNPACKS) for source in sources)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_notebook_with_its_checks_stays_small(released, chapter):
    assert (released / chapter / f"{chapter}.ipynb").stat().st_size < 400_000

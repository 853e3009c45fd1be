"""An installed wheel carries the course: on a machine without the repository it releases, grades and explains."""

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from email import message_from_bytes
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement

from autograder import __version__
from autograder.exercises import exercises
from autograder.grading.results import read_records
from autograder.notebooks.chapters import ROOT
from autograder.sample_class import STUDENTS, fill, styled_answers

CHAPTER = "perceptrons"
FULL = sum(exercise.points for exercise in exercises(CHAPTER))
PACKAGES = sorted(path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests")
TEXTS = ("_config.yml", "_toc.yml", "references.bib", "requirements.lock", "pyproject.toml", "setup.py", "README.md")
LICENSES = ("LICENSE", "LICENSE-TEXT", "NOTICE", "MANIFEST.in")
pytestmark = pytest.mark.sandbox


def run(*line, cwd, check=True):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(list(map(str, line)), cwd=cwd, capture_output=True, text=True, timeout=300, env=environment)
    assert not check or done.returncode == 0, done.stderr[-3000:]
    return done


def needed(wheel):
    """Names of the distributions that a wheel needs, and those that they need."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        own = message_from_bytes(archive.read(name)).get_all("Requires-Dist")
    found, queue = set(), [(text, "") for text in own]
    while queue:
        text, extra = queue.pop()
        wanted = Requirement(text)
        key = wanted.name.lower().replace("_", "-"), frozenset(wanted.extras)
        if key in found or not (wanted.marker is None or wanted.marker.evaluate({"extra": extra})):
            continue
        found.add(key)
        queue += [(other, e) for other in metadata.requires(wanted.name) or () for e in (*wanted.extras, "")]
    return {name for name, _ in found}


def lend(distribution, target):
    """Link the files of an installed distribution into another environment's packages."""
    for file in metadata.files(distribution) or ():
        if ".." in file.parts or "__pycache__" in file.parts:
            continue
        source, place = Path(file.locate()), target / file
        if source.is_file() and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, place)
            except OSError:  # another file system
                shutil.copy2(source, place)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder of an environment with the wheel and what its own metadata require, and nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    source = folder / "source"
    ignored = shutil.ignore_patterns("__pycache__", "node_modules")
    for name in (*PACKAGES, "chapters"):
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in (*TEXTS, *LICENSES):
        shutil.copy(ROOT / name, source)
    build = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source)
    run(sys.executable, *build, cwd=folder)
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    packages = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).stdout.strip()
    )
    [wheel] = folder.glob("*.whl")
    for name in needed(wheel):
        if not list(packages.glob(f"{name}-*.dist-info")):  # a new environment has pip, some have setuptools
            lend(name, packages)
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    shutil.rmtree(source)
    return folder


@pytest.fixture(scope="module")
def dlbook(installed):
    return lambda *line, check=True: run(installed / "venv" / "bin" / "dlbook", *line, cwd=installed, check=check)


def test_the_wheel_knows_its_version(dlbook):
    assert dlbook("--version").stdout == f"dlbook {__version__}\n"


def test_the_wheel_grades_a_class_in_the_sandbox_and_its_references_are_out_of_reach(installed, dlbook):
    stolen = {name: f"from solutions.{CHAPTER} import {name}" for name in styled_answers(CHAPTER, 0)}
    for student in ("ada", "goran", "thief"):
        path = installed / "submitted" / student / CHAPTER / f"{CHAPTER}.ipynb"
        path.parent.mkdir(parents=True)
        if student in STUDENTS:
            STUDENTS[student](path, CHAPTER)
        else:
            nbformat.write(fill(CHAPTER, stolen), path)
    dlbook("grade", "submitted", "--to", "out")
    records = {item["student"]: item for item in read_records(installed / "out" / "results.jsonl")}
    assert records["ada"]["score"] == FULL
    assert 0 < records["goran"]["score"] < FULL and records["goran"]["exercises"]["heaviside"]["misconceptions"]
    assert records["thief"]["score"] == 0
    assert "FAILED" in dlbook("explain", "goran", f"{CHAPTER}.heaviside", "out").stdout
    dlbook("report", "out")
    assert (installed / "out" / "report" / "index.html").is_file()


def test_the_wheel_releases_every_chapters_notebook(installed, dlbook):
    dlbook("release", CHAPTER, "convolution", "--to", "release")
    assert (installed / "release" / CHAPTER / f"{CHAPTER}.ipynb").is_file()
    assert (installed / "release" / "convolution" / "checks" / "cases.json").is_file()


@pytest.mark.parametrize("line", [("build",), ("stubs",), ("new-exercise", CHAPTER, "margin")])
def test_what_needs_the_repository_says_so_in_one_line(dlbook, line):
    done = dlbook(*line, check=False)
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1
    assert "run it in the course's repository" in done.stderr

"""The command line: help everywhere, exit codes that say what happened, one line for what cannot be used."""

import json
import re
from importlib import metadata

import nbformat
import pytest

from autograder.exercises import CHAPTERS, exercises
from autograder.notebooks.release import BESIDE, make_notebook
from autograder.sample_class import STUDENTS, fill, styled_answers

COMMANDS = ("build", "serve", "publish", "release", "check", "grade", "report", "explain", "forget", "export", "course")
COMMANDS += ("new-exercise", "stubs", "verify")
CHAPTER = "perceptrons"


@pytest.fixture
def notebook(tmp_path):
    def write(content):
        path = tmp_path / f"{CHAPTER}.ipynb"
        nbformat.write(content, path)
        return path

    return write


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run_dlbook, command):
    done = run_dlbook(command, "--help")
    assert done.returncode == 0 and command in done.stdout


def test_every_command_that_the_help_lists_is_tested_here(run_dlbook):
    listed = set(re.findall(r"^    ([\w-]+)", run_dlbook("--help").stdout, re.MULTILINE)) - {"COMMAND"}
    assert listed == set(COMMANDS)


def test_the_version_is_that_of_the_package(run_dlbook):
    done = run_dlbook("--version")
    assert (done.returncode, done.stdout) == (0, f"dlbook {metadata.version('dlbook')}\n")


def test_verify_proves_every_exercise_and_prints_a_table(run_dlbook):
    done = run_dlbook("verify")
    assert done.returncode == 0, done.stdout
    for chapter in CHAPTERS:
        assert done.stdout.count(f"{chapter}.") == len(exercises(chapter))


def test_check_passes_right_answers_and_exits_with_0(run_dlbook, notebook):
    done = run_dlbook("check", notebook(fill(CHAPTER, styled_answers(CHAPTER, 1))))
    assert done.returncode == 0, done.stdout
    assert f"{len(exercises(CHAPTER))} of {len(exercises(CHAPTER))}" in done.stdout


def test_check_explains_a_mistake_and_exits_with_1(run_dlbook, tmp_path):
    path = tmp_path / "optimizers.ipynb"
    STUDENTS["goran"](path, "optimizers")
    done = run_dlbook("check", path)
    assert done.returncode == 1
    assert "expected" in done.stdout and "got" in done.stdout and "Hint:" in done.stdout


def test_check_as_json_says_the_same(run_dlbook, tmp_path):
    path = tmp_path / "optimizers.ipynb"
    STUDENTS["goran"](path, "optimizers")
    done = run_dlbook("check", path, "--json")
    report = {item["exercise"]: item for item in json.loads(done.stdout)["exercises"]}
    assert done.returncode == 1
    assert report["optimizers.adam_step"]["misconceptions"] == ["t-from-zero"]
    assert report["optimizers.momentum_step"]["solved"] is True


def test_check_shows_only_visible_cases(run_dlbook, notebook):
    done = run_dlbook("check", notebook(make_notebook(CHAPTER)), "--json")
    shown = {case["group"] for item in json.loads(done.stdout)["exercises"] for case in item["results"]}
    assert shown == {group.name for exercise in exercises(CHAPTER) for group in exercise.groups if group.visible}


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("check", "nowhere.ipynb"), "no such file"),
        (("release", "perceptron", "--to", "x"), "no chapter 'perceptron'"),
        (("verify", "nothing"), "no chapter 'nothing'"),
        (("grade", "nowhere", "--to", "x"), "does not exist"),
        (("grade", ".", "--to", "x", "--workers", "0"), "--workers is 0"),
    ],
)
def test_unusable_input_gets_one_line_and_exits_with_2(run_dlbook, arguments, message):
    done = run_dlbook(*arguments)
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_release_writes_what_a_student_needs_and_no_more(run_dlbook, tmp_path):
    done = run_dlbook("release", CHAPTER, "--to", tmp_path)
    assert done.returncode == 0
    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert f"{CHAPTER}/{CHAPTER}.ipynb" in names
    beside = tuple(f"{CHAPTER}/{package}/" for package in ("checks", *BESIDE))
    assert all(name == f"{CHAPTER}/{CHAPTER}.ipynb" or name.startswith(beside) for name in names)


def test_stubs_are_those_of_the_references(run_dlbook):
    done = run_dlbook("stubs", "--check")
    assert (done.returncode, done.stdout) == (0, "")

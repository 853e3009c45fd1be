"""`dlbook explain`: a stored verdict in full for an appeal, and one line for what does not exist."""

import nbformat
import pytest

from autograder.classwork import grade_and_render
from autograder.exercises import exercises
from autograder.grading.verdicts import read_verdict
from autograder.reporting.appeal import NoSuchVerdict, explain_verdict, printable
from autograder.sample_class import STUDENTS, fill, styled_answers

CHAPTER = "perceptrons"
STEERING = "print('\\x1b[2J\\u202e\\u009b31m moved')\n\n\ndef heaviside(z):\n    return [z]  # \u202e\n"


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    for student in ("ada", "goran", "nils", "piet", "eve"):
        path = folder / "in" / student / CHAPTER / f"{CHAPTER}.ipynb"
        path.parent.mkdir(parents=True)
        if student in STUDENTS:
            STUDENTS[student](path, CHAPTER)
        else:
            nbformat.write(fill(CHAPTER, styled_answers(CHAPTER, 0) | {"heaviside": STEERING}), path)
    grade_and_render(folder / "in", folder / "out", workers=1, sandboxed=False)
    return folder / "out"


def test_every_case_is_told_hidden_ones_too_with_call_expected_got_hint_and_the_answer(graded):
    text = explain_verdict("goran", f"{CHAPTER}.heaviside", graded)
    stored = read_verdict(graded, "goran", CHAPTER)["exercises"]["heaviside"]
    for case in stored["cases"]:
        assert case["label"] in text and case["expected"] in text
        if not case["passed"]:
            assert case["got"] in text and case["call"] in text and case["message"] in text
    assert text.count("FAILED") == sum(not case["passed"] for case in stored["cases"]) > 1
    [hint] = stored["hints"]
    assert hint in text and "def heaviside" in text and "(hidden): " in text


def test_a_right_answer_is_told_to_pass_every_case(graded):
    for exercise in exercises(CHAPTER):
        text = explain_verdict("ada", exercise.id, graded)
        assert f"{exercise.points:g} of {exercise.points:g} points" in text.splitlines()[0] and "FAILED" not in text


@pytest.mark.parametrize("student, what", [("nils", "unreadable"), ("piet", "no notebook was handed in")])
def test_who_could_not_be_graded_is_told_why(graded, student, what):
    assert what in explain_verdict(student, f"{CHAPTER}.heaviside", graded)


def test_what_a_student_writes_does_not_steer_the_terminal(graded):
    text = explain_verdict("eve", f"{CHAPTER}.heaviside", graded)
    assert "moved" in text and "\\x1b[2J" in text
    assert all(c.isprintable() or c == "\n" for c in text)
    assert printable("é 김 \ud800\x07\t") == "é 김 \\ud800\\x07\t"


@pytest.mark.parametrize(
    "student, exercise, message",
    [
        ("gorann", f"{CHAPTER}.heaviside", "did you mean 'goran'"),
        ("zzz", f"{CHAPTER}.heaviside", "give the name as grades.csv has it"),
        ("goran", "optimizers.adam_step", "there are perceptrons"),
        ("goran", f"{CHAPTER}.heavy", "it has heaviside, "),
        ("goran", CHAPTER, "give CHAPTER.EXERCISE"),
        ("goran", "nothing.heaviside", "give CHAPTER.EXERCISE"),
    ],
)
def test_what_does_not_exist_is_told_with_what_there_is(graded, student, exercise, message):
    with pytest.raises(NoSuchVerdict, match=message):
        explain_verdict(student, exercise, graded)


def test_on_the_command_line_it_runs_nothing_and_exits_with_0_or_with_2_and_one_line(graded, tmp_path, run_dlbook):
    done = run_dlbook("explain", "goran", f"{CHAPTER}.heaviside", graded)
    assert done.returncode == 0 and "FAILED" in done.stdout
    for line in (("nobody", f"{CHAPTER}.heaviside", graded), ("goran", f"{CHAPTER}.heaviside", tmp_path)):
        done = run_dlbook("explain", *line)
        assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1

"""The sample class of the demonstration: what it shows is what the engine finds."""

import io
import json
import re
from contextlib import redirect_stdout

import pytest

from autograder.exercises import CHAPTERS, exercises
from autograder.judging.vocabulary import edited
from autograder.sample_class import STUDENTS, mistakes
from autograder.sample_class.wrong import NotWritable, cell_of, chosen_mistakes
from autograder.site.build import Lines

MISTAKEN = tuple(mistakes.MISTAKES)


@pytest.fixture(scope="module")
def graded(tmp_path_factory, run_dlbook):
    """(chapter, student) → exercise → names of the misconceptions that `dlbook grade` found."""
    folder = tmp_path_factory.mktemp("sample")
    for student in MISTAKEN:
        for chapter in CHAPTERS:
            place = folder / "submitted" / student / chapter
            place.mkdir(parents=True)
            STUDENTS[student](place / f"{chapter}.ipynb", chapter)
    done = run_dlbook("grade", folder / "submitted", "--to", folder / "graded", "--no-sandbox", timeout=600)
    assert done.returncode == 0, done.stderr
    lines = (folder / "graded" / "results.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert [record for record in records if record["status"] != "graded"] == []
    return {
        (record["chapter"], record["student"]): {
            name: exercise["misconceptions"] for name, exercise in record["exercises"].items()
        }
        for record in records
    }


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_several_students_make_several_catalogued_mistakes_in_every_chapter(graded, chapter):
    for student in MISTAKEN:
        recognized = [name for name, found in graded[chapter, student].items() if found]
        assert len(recognized) >= 2, (student, recognized)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_some_mistakes_are_shared_so_that_the_report_can_count_them(graded, chapter):
    held = [
        {(name, mistake) for name, found in graded[chapter, student].items() for mistake in found}
        for student in MISTAKEN
    ]
    assert any(one & other for place, one in enumerate(held) for other in held[place + 1 :])
    assert len(set().union(*held)) > max(map(len, held))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_wrong_answer_names_nothing_that_a_student_does_not_have(chapter):
    for number in range(len(MISTAKEN)):
        for name, cell in chosen_mistakes(chapter, number).items():
            assert re.search(rf"^def {name}\(", cell, re.MULTILINE), cell
            assert "solutions" not in cell and "autograder" not in cell, cell


def written(chapter, name, wrong):
    """What a cell made from a misconception prints when its function is called with 3.0."""
    exercise = next(item for item in exercises(chapter) if item.name == name)
    space, told = {}, io.StringIO()
    with redirect_stdout(told):
        exec(f"import numpy as np\n{cell_of(wrong, exercise)}\nprint({name}(3.0))", space)
    return told.getvalue().strip()


def scaled(x, factor=2.0, shift=lambda x: 0.0):
    """A catalogue's function with switches."""
    return factor * x + shift(x)


def made(factor):
    return lambda z: scaled(z, factor)


def test_a_cell_does_what_the_catalogues_function_does():
    from functools import partial

    pair = (lambda z: z + 1, lambda z: z + 2)  # two on one line
    edit = edited(scaled, "shift-subtracted", ["+ shift(x) → - shift(x) - 1"])
    for wrong in (scaled, made(5.0), partial(scaled, factor=3.0), partial(scaled, shift=lambda x: -x), edit, *pair):
        assert written("perceptrons", "heaviside", wrong) == str(wrong(3.0))


def test_what_a_cell_cannot_hold_is_refused():
    class Other:
        pass

    odd = Other()
    with pytest.raises(NotWritable):
        written("perceptrons", "heaviside", lambda z: odd)


def test_steps_of_the_sites_process_reach_the_demonstrations_bars():
    told, shown = io.StringIO(), []

    class Show:
        def __call__(self, *step):
            shown.append(step)

        def tell(self, text):
            shown.append(text)

    with redirect_stdout(told):
        lines = Lines()
        lines("running the chapters", 3, 14)
        lines.tell("no network\nhere")
    Lines.repeat(told.getvalue().splitlines(), Show())
    assert shown == [("running the chapters", 3, 14), "no network\nhere"]

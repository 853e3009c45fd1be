"""References for readers who learn by themselves, in the site only if the course's setting says so."""

import inspect
import json
import re
import shutil
from importlib import import_module, util
from pathlib import Path

from ..exercises import exercises


def are_shown(app):
    """The setting ``live_solutions`` of ``_config.yml``; off if it is not there."""
    return bool(app.config.live_solutions)


def write_solutions(app, folder, chapters):
    """``solutions/CHAPTER.json`` in ``folder`` if the setting is on; nothing of an earlier build stays if it is off."""
    folder = Path(folder) / "solutions"
    shutil.rmtree(folder, ignore_errors=True)
    if not are_shown(app):
        return
    folder.mkdir(parents=True)
    for chapter in chapters:
        text = json.dumps(solutions(chapter), ensure_ascii=False)
        (folder / f"{chapter}.json").write_text(text, encoding="utf-8")


def solutions(chapter):
    """Exercise → its reference and another right answer, or None, as source."""
    others = alternatives(chapter)
    return {
        exercise.name: {"reference": inspect.getsource(exercise.reference), "other": others.get(exercise.name)}
        for exercise in exercises(chapter)
    }


def alternatives(chapter):
    """Exercise → the source of the first other way to write it that the tests know, under the exercise's name."""
    name = f"autograder.right_answers.{chapter}"
    if util.find_spec(name) is None:
        return {}
    return {exercise: as_answer(ways[0], exercise) for exercise, ways in import_module(name).STYLES.items() if ways}


def as_answer(function, name):
    return re.sub(rf"\b{function.__name__}\b", name, inspect.getsource(function))

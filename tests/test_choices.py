"""What an instructor chooses in ``_config.yml``: address, chapters left out, chapters with exercises."""

import json
import os
import shutil
import subprocess

import pytest
import yaml

from autograder.notebooks.chapters import ROOT, CourseError
from autograder.site import runtime
from autograder.site.build import command
from autograder.site.choices import check_choices, labels, shorter


def build(folder, config):
    """Build the site in ``folder`` with a configuration of its own; the finished process."""
    path = folder / "_config.yml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    line = [*command(output=folder), "--config", str(path)]
    environment = {**os.environ, "DLBOOK_RUNTIME": runtime.CDN}
    return subprocess.run(line, capture_output=True, text=True, timeout=600, env=environment)


@pytest.fixture
def config():
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["sphinx"]["local_extensions"] = {"autograder.site": str(ROOT)}
    config["html"]["favicon"] = str(ROOT / config["html"]["favicon"])
    return config


def test_a_site_without_some_chapters_and_with_exercises_in_one(site, config, tmp_path):
    shutil.copytree(site / ".jupyter_cache", tmp_path / "_build" / ".jupyter_cache")  # no chapter need be run again
    config["title"], config["html"]["baseurl"] = "A course of our own", "https://book.example/"
    config["sphinx"]["config"] |= {
        "chapters_left_out": ["second_order", "convolution", "wide_resnet"],
        "chapters_with_exercises": ["perceptrons"],
    }
    done = build(tmp_path, config)
    assert done.returncode == 0, done.stderr[-3000:]
    html = tmp_path / "_build" / "html"
    for name in ("second_order", "convolution", "wide_resnet"):
        assert not (html / "chapters" / f"{name}.html").exists()
        assert not list((html / "_static").rglob(f"{name}.*"))
    shown = (html / "chapters" / "networks.html").read_text(encoding="utf-8")
    assert "A course of our own" in shown and "convolution.html" not in shown
    assert "data-exercise" not in shown and "NotImplementedError" in shown
    assert "data-exercise" in (html / "chapters" / "perceptrons.html").read_text(encoding="utf-8")
    course = json.loads((html / "_static" / "live" / "course.json").read_text(encoding="utf-8"))
    counts = {chapter["name"]: len(chapter["exercises"]) for chapter in course["chapters"]}
    assert counts["perceptrons"] > 0 == counts["networks"] and "convolution" not in counts


@pytest.mark.parametrize("setting", ["chapters_left_out", "chapters_with_exercises"])
@pytest.mark.parametrize("names", [["perceptron"], "perceptron"])
def test_a_chapter_that_does_not_exist_is_named_in_one_line(setting, names):
    with pytest.raises(CourseError) as told:
        check_choices({setting: names})
    line = f"_config.yml, {setting}: no such chapter: perceptron; there are perceptrons, networks"
    assert str(told.value).startswith(line) and "\n" not in str(told.value)


def test_the_books_own_configuration_leaves_nothing_out(config):
    check_choices(config["sphinx"]["config"])
    assert config["sphinx"]["config"]["chapters_left_out"] == []


def test_a_part_of_the_table_of_contents_goes_with_its_last_chapter():
    toc = {"root": "chapters/intro", "parts": [{"chapters": [{"file": "chapters/a"}]}, {"chapters": [{"file": "b"}]}]}
    assert shorter(toc, ["a"]) == {"root": "chapters/intro", "parts": [{"chapters": [{"file": "b"}]}]}


def test_labels_of_equations_and_figures_of_a_chapter_are_known():
    assert {"networks-softmax", "fig-xor"} <= labels("networks") | labels("perceptrons")

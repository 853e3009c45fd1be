"""Chapters that run side by side, before Sphinx: it finds what they gave, and nothing that is out of date."""

import nbformat
import pytest
from jupyter_cache import get_cache

from autograder.site import execute
from autograder.site.execute import _is_cached, _run, forget_outdated, notebooks


@pytest.fixture
def built(tmp_path):
    """The folder of an earlier build, whose outputs belong to the packages as they are."""
    (tmp_path / ".jupyter_cache").mkdir()
    (tmp_path / ".doctrees").mkdir()
    (tmp_path / "html").mkdir()
    (tmp_path / "imported.sha256").write_text(execute.fingerprint_of_imports())
    return tmp_path


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_outputs_are_kept_while_the_packages_that_chapters_import_stay(built):
    before = names(built)
    forget_outdated(built)
    assert names(built) == before


def test_outputs_of_other_packages_are_made_again_and_the_site_stays_until_then(built, monkeypatch, tmp_path):
    monkeypatch.setattr(execute, "ROOT", tmp_path / "course")
    (tmp_path / "course" / "solutions").mkdir(parents=True)
    (tmp_path / "course" / "solutions" / "__init__.py").write_text("changed = True")
    forget_outdated(built)
    assert names(built) == {"imported.sha256", "html", "course"}
    first = (built / "imported.sha256").read_text()
    (tmp_path / "course" / "solutions" / "data.npz").write_bytes(b"other data")
    forget_outdated(built)
    assert (built / "imported.sha256").read_text() != first


def test_the_site_found_every_chapters_outputs_under_the_key_that_it_looks_for(site):
    """With another key Sphinx would have run a chapter again and kept a second record."""
    cache = get_cache(str(site / ".jupyter_cache"))
    assert [path.name for path, notebook in notebooks().items() if not _is_cached(cache, notebook)] == []
    assert len(cache.list_cache_records()) == len(notebooks())


@pytest.mark.parametrize("code, runs", [("1 + 1", True), ("1 / 0", False), ("import solutions.perceptrons", True)])
def test_a_chapter_is_kept_only_if_it_runs(code, runs, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(execute.ROOT))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    text, seconds = _run(str(tmp_path / "chapter.md"), nbformat.writes(notebook), 60)
    assert (text is not None) is runs and seconds > 0
    if code == "1 + 1":
        assert nbformat.reads(text, 4).cells[0].outputs[0].data["text/plain"] == "2"

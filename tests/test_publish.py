"""Putting the site online: what is private stays private, and the workflow runs what exists."""

import ast
import html
import json
import os
import re
import shutil
import subprocess
import zipfile
from io import BytesIO

import pytest
import yaml

from autograder.cli import parser
from autograder.exercises import CHAPTERS, exercises
from autograder.judging.sheet import make_sheet
from autograder.notebooks.chapters import ROOT
from autograder.site.publish import CannotPublish, publish

WORKFLOW = ROOT / ".github" / "workflows" / "publish.yml"


@pytest.fixture(scope="module")
def public(site, tmp_path_factory):
    folder = tmp_path_factory.mktemp("public")
    publish(folder, site / "html")
    return folder


def texts(folder):
    """(name, text) of every file of a folder, those in zip files too; pages without their tags."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or "pyodide" in path.parts:
            continue
        data = path.read_bytes()
        if path.suffix == ".zip":
            with zipfile.ZipFile(BytesIO(data)) as archive:
                yield from (
                    (f"{path.name}/{name}", archive.read(name).decode("utf-8", "replace"))
                    for name in archive.namelist()
                )
        elif path.suffix == ".html":
            yield path.name, html.unescape(re.sub(r"<[^>]*>", "", data.decode("utf-8")))
        else:
            yield path.name, data.decode("utf-8", "replace")


def bodies(chapter):
    """(exercise, the code of its reference without signature and docstring), of those with at least three lines."""
    tree = ast.parse((ROOT / "solutions" / f"{chapter}.py").read_text(encoding="utf-8"))
    source = (ROOT / "solutions" / f"{chapter}.py").read_text(encoding="utf-8").splitlines()
    names = {exercise.name for exercise in exercises(chapter)}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in names:
            first = node.body[1] if ast.get_docstring(node) else node.body[0]
            lines = source[first.lineno - 1 : node.end_lineno]
            if len(lines) >= 3:
                yield node.name, "\n".join(line.strip() for line in lines)


def test_what_is_published_holds_no_reference_and_no_hidden_case(public):
    answers = [item for chapter in CHAPTERS for item in bodies(chapter)]
    visible, hidden = set(), set()
    for exercise in (exercise for chapter in CHAPTERS for exercise in exercises(chapter)):
        for trial in make_sheet(exercise).trials:
            (visible if trial.visible else hidden).add(f'["label",{json.dumps(trial.label)}]')
    assert len(answers) > 50 and len(hidden - visible) > 50
    for name, text in texts(public):
        flat = "\n".join(line.strip() for line in text.splitlines())
        assert [answer for answer, body in answers if body in flat] == [], name
        assert [label for label in hidden - visible if label in text] == [], name


def test_what_is_published_is_the_site_with_its_hand_outs(public, site):
    for name in ("index.html", "chapters/perceptrons.html", "_static/notebooks/perceptrons.zip", ".nojekyll"):
        assert (public / name).is_file()
    assert not (public / "_sources").exists() and not (public / ".buildinfo").exists()


def test_publishing_again_brings_the_folder_up_to_date_and_keeps_its_repository(public, site, tmp_path):
    folder = tmp_path / "public"
    shutil.copytree(public, folder)
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/gh-pages")
    (folder / "left-over.html").write_text("of an earlier version")
    publish(folder, site / "html")
    assert not (folder / "left-over.html").exists() and (folder / ".git" / "HEAD").is_file()


def test_a_folder_with_other_files_is_left_alone(site, tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(CannotPublish, match="name an empty folder"):
        publish(tmp_path, site / "html")
    with pytest.raises(CannotPublish, match="the course itself"):
        publish(ROOT, site / "html")
    with pytest.raises(CannotPublish, match="run `dlbook build` first"):
        publish(tmp_path / "new", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


# ---------------------------------------------------------------------------------------------------- the workflow
@pytest.fixture(scope="module")
def jobs():
    return yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]


def test_the_workflow_runs_commands_that_exist(jobs):
    """Every `dlbook` command and every target of make in it."""
    commands = parser()._subparsers._group_actions[0].choices
    scripts = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    called = [line for script in scripts for line in script.splitlines()]
    used = [line.split() for line in called if line.startswith(".venv/bin/dlbook")]
    assert [words[1] for words in used] == ["build", "publish"]
    for words in used:
        assert words[1] in commands
        parser().parse_args(words[1:])
    assert "make .venv/.ready" in called


def test_the_workflow_asks_for_no_more_rights_than_it_needs(jobs):
    whole = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    assert whole["permissions"] == {"contents": "read"}
    assert jobs["pages"]["permissions"] == {"pages": "write", "id-token": "write"}
    assert all("permissions" not in jobs[name] for name in ("build", "elsewhere"))


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_private_course_pushes_its_site_to_the_public_repository(jobs, tmp_path):
    """The step of the workflow itself, with a repository on this disk in the place of the public one."""
    bare, work = tmp_path / "public.git", tmp_path / "work"
    subprocess.run(["git", "init", "--quiet", "--bare", str(bare)], check=True)
    work.mkdir()
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("the site")
    subprocess.run(["tar", "-cf", str(work / "artifact.tar"), "-C", str(tmp_path / "site"), "."], check=True)
    script = next(step["run"] for step in jobs["elsewhere"]["steps"] if "run" in step)
    script = script.replace('"git@github.com:$REPOSITORY.git"', f'"{bare}"')
    environment = {**os.environ, "KEY": "secret key", "REPOSITORY": "a/b", "RUNNER_TEMP": str(tmp_path)}
    for _ in range(2):
        shutil.rmtree(work / "site", ignore_errors=True)
        done = subprocess.run(["bash", "-e", "-c", script], cwd=work, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    listed = subprocess.run(
        ["git", "--git-dir", str(bare), "ls-tree", "--name-only", "gh-pages"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout.split() == [".nojekyll", "index.html"]
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0


# ------------------------------------------------------------------------------------------------ in other places
def test_the_container_sets_up_what_the_two_commands_need():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    assert "make .venv/.ready" in container["onCreateCommand"] and "bubblewrap" in container["onCreateCommand"]
    from autograder.site.serve import PORT

    assert container["forwardPorts"] == [PORT]


def test_binder_installs_the_pinned_packages_and_releases_the_notebooks():
    script = ROOT / "binder" / "postBuild"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", str(script)]).returncode == 0
    line = next(line for line in script.read_text().splitlines() if line.startswith("dlbook"))
    parser().parse_args(line.split()[1:])

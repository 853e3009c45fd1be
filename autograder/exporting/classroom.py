"""A repository for GitHub Classroom: a chapter's notebook, its checks, and a workflow that scores each exercise.

Students see and can change all of it, so it has the visible cases only; for marks that count, download the
repositories and run `dlbook grade`. Source of the workflow: GitHub Docs, "Use autograding" in GitHub Classroom, and
the actions classroom-resources/autograding-command-grader and autograding-grading-reporter.
"""

import os
import shutil
from pathlib import Path

import yaml

from ..exercises import exercises
from ..notebooks.release import release
from .pack import book_data, chapter_data, machinery, requirements

HOME = ".github/dlbook"
MINUTES = 10  # for one exercise
NOTES = (
    "students see and can change the repository: it has visible cases only; for marks that count, run `dlbook grade` "
    "on what they push",
)
RUN = '''"""Score one exercise of the notebook in this repository, by its visible cases."""

import sys

from autograder.exporting.container import main

sys.exit(main(["check", sys.argv[1]]))
'''
README = """# {chapter}

Open `{chapter}.ipynb` and write the functions it asks for; the cell after each exercise checks it.
Commit and push: GitHub scores every exercise on the same cases. Your grader has more cases than these.
"""


def workflow(chapter):
    """``classroom.yml`` as a dict: a step for each exercise, worth its points if all visible cases pass."""
    names = [exercise.name for exercise in exercises(chapter)]
    install = f"python -m pip install --require-hashes -r {HOME}/requirements.txt"
    steps = [
        {"name": "Checkout code", "uses": "actions/checkout@v4"},
        {"name": "Set up Python", "uses": "actions/setup-python@v5", "with": {"python-version": "3.12"}},
        {"name": "Install packages", "run": install},
    ]
    for exercise in exercises(chapter):
        options = {
            "test-name": exercise.name,
            "setup-command": "",
            "command": f"python {HOME}/run.py {exercise.name}",
            "timeout": MINUTES,
            "max-score": int(exercise.points) if float(exercise.points).is_integer() else float(exercise.points),
        }
        uses = "classroom-resources/autograding-command-grader@v1"
        steps.append({"name": exercise.name, "id": exercise.name, "uses": uses, "with": options})
    results = {f"{name.upper()}_RESULTS": f"${{{{steps.{name}.outputs.result}}}}" for name in names}
    reporter = {"name": "Autograding Reporter", "uses": "classroom-resources/autograding-grading-reporter@v1"}
    steps.append({**reporter, "env": results, "with": {"runners": ",".join(names)}})
    job = {"runs-on": "ubuntu-latest", "if": "github.actor != 'github-classroom[bot]'", "steps": steps}
    return {
        "name": "Autograding Tests",
        "on": ["push", "workflow_dispatch", "repository_dispatch"],
        "permissions": {"checks": "write", "actions": "read", "contents": "read"},
        "jobs": {"run-autograding-tests": job},
    }


def write_repository(chapter, path, seed=None):
    """Write the repository's files into the folder ``path``, in place of what was there; ``seed`` stays out of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    release(chapter, temporary)
    home = temporary / chapter
    files = machinery()[0] | chapter_data(chapter) | book_data(chapter)
    files |= {"requirements.txt": requirements(chapter).encode(), "run.py": RUN.encode()}
    for name, content in files.items():
        _write(home / HOME / name, content)
    text = yaml.safe_dump(workflow(chapter), sort_keys=False, width=110)
    _write(home / ".github" / "workflows" / "classroom.yml", text.encode())
    _write(home / "README.md", README.format(chapter=chapter).encode())
    if path.exists():
        shutil.rmtree(path)
    home.rename(path)
    temporary.rmdir()


def _write(path, content):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content)

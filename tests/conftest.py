"""What several test files share: the built site, a graded class, Chromium."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from autograder.grading import sandbox
from autograder.site import runtime
from autograder.site.build import command
from autograder.site.execute import run_chapters


def dlbook(*arguments, timeout=300):
    """Run the command line as its user does; returns the finished process with its output as text."""
    line = [sys.executable, "-m", "autograder", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, timeout=timeout)


@pytest.fixture(scope="session")
def run_dlbook():
    return dlbook


def sandbox_problem():
    try:
        sandbox.check_sandbox()
    except sandbox.NoSandbox as problem:
        return str(problem)
    return None


def pytest_collection_modifyitems(items):
    problem = sandbox_problem()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    for item in items:
        if problem and "sandbox" in item.keywords:
            item.add_marker(pytest.mark.skip(reason=problem))
        if not chromium and "browser" in item.keywords:
            reason = "Chromium is not installed (Debian, Ubuntu: apt-get install chromium)"
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_addoption(parser):
    parser.addoption("--built", metavar="FOLDER", help="a built site, such as _build, to test in place of a new one")


@pytest.fixture(scope="session")
def shared(tmp_path_factory, worker_id):
    """A folder that the processes of one test run share; take its lock to make something in it."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def pyodide(shared):
    """Why there is no Pyodide to put into the site, or None."""
    with FileLock(shared / "pyodide.lock"):
        try:
            runtime.fetch()
        except runtime.NoRuntime as problem:
            return str(problem)
    return None


@pytest.fixture(scope="session")
def site(request, shared, pyodide):
    """The folder of the site, built from nothing with warnings as errors; self-hosted where Pyodide can be had."""
    if request.config.getoption("--built"):
        return Path(request.config.getoption("--built")).resolve()
    folder, report = shared / "site", shared / "site.log"
    with FileLock(shared / "site.lock"):
        if not report.exists():
            environment = {**os.environ, "DLBOOK_RUNTIME": runtime.CDN if pyodide else runtime.SELF_HOSTED}
            run_chapters(folder / "_build")
            line = command(output=folder)
            done = subprocess.run(line, capture_output=True, text=True, timeout=600, env=environment)
            report.write_text(done.stdout + done.stderr if done.returncode else "", encoding="utf-8")
    assert not (problem := report.read_text(encoding="utf-8")), problem[-6000:]
    return folder / "_build"

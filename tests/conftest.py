"""What several test files share: the built site, a graded class, Chromium."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.grading import sandbox
from autograder.notebooks.chapters import ROOT
from autograder.site import runtime
from autograder.site.build import command


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
    for item in items:  # tests of one file, or of the built site, run one after the other in one process
        group = "site" if "site" in item.fixturenames else item.nodeid.split("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))
        if problem and "sandbox" in item.keywords:
            item.add_marker(pytest.mark.skip(reason=problem))
        if not chromium and "browser" in item.keywords:
            reason = "Chromium is not installed (Debian, Ubuntu: apt-get install chromium)"
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_addoption(parser):
    parser.addoption("--built", metavar="FOLDER", help="a built site, such as _build, to test in place of a new one")


@pytest.fixture(scope="session")
def pyodide():
    """Why there is no Pyodide to put into the site, or None."""
    try:
        runtime.fetch(ROOT / "_build" / "pyodide")
    except runtime.NoRuntime as problem:
        return str(problem)
    return None


@pytest.fixture(scope="session")
def site(request, tmp_path_factory, pyodide):
    """The folder of the site, built from nothing with warnings as errors; self-hosted where Pyodide can be had."""
    if request.config.getoption("--built"):
        return Path(request.config.getoption("--built")).resolve()
    folder = tmp_path_factory.mktemp("site")
    environment = {**os.environ, "DLBOOK_RUNTIME": "cdn" if pyodide else "self-hosted"}
    done = subprocess.run(command(output=folder), capture_output=True, text=True, timeout=400, env=environment)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder / "_build"

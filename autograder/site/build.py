"""`dlbook build`: the site, with warnings as errors."""

import os
import subprocess
import sys
from pathlib import Path

from ..notebooks.chapters import ROOT


def command(output=None):
    """The command line that builds the site, in ``output`` or in the course's own folder."""
    line = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(ROOT), "-W", "-n", "--keep-going"]
    return [*line, "--path-output", str(output)] if output else line


def build(self_hosted=False, output=None):
    """Build the site into ``_build/html``; returns the exit code, 0 or 1.

    self_hosted: with Pyodide and its packages in the site, fetched with npm and pip; otherwise the pages load them
    from the content delivery network that `runtime.json` pins.
    output: the folder to build in, by default the course's own.
    """
    environment = {**os.environ, "DLBOOK_RUNTIME": "self-hosted"} if self_hosted else None
    done = subprocess.run(command(output), env=environment)
    if done.returncode == 0:
        print(f"The site: {Path(output or ROOT) / '_build' / 'html' / 'index.html'}")
    return 1 if done.returncode else 0

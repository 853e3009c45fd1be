"""`dlbook build`: the site, with warnings as errors."""

import subprocess
import sys
from pathlib import Path

from ..notebooks.chapters import ROOT


def build(self_hosted=False, output=None):
    """Build the site into ``_build/html``; returns the exit code, 0 or 1.

    self_hosted: with every asset of the live exercises in the site. All that the pages load is in the site in any
    case, so for now this changes nothing.
    output: the folder to build in, by default the course's own.
    """
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(ROOT), "-W", "-n", "--keep-going"]
    if output:
        command += ["--path-output", str(output)]
    done = subprocess.run(command)
    if done.returncode == 0:
        print(f"The site: {Path(output or ROOT) / '_build' / 'html' / 'index.html'}")
    return 1 if done.returncode else 0

"""An autograder for Gradescope: one zip file a chapter, to be uploaded under "Configure Autograder".

Source of the layout: https://gradescope-autograders.readthedocs.io/en/latest/specs/ (``setup.sh`` and
``run_autograder`` at the root; ``/autograder/source``, ``/autograder/submission``, ``/autograder/results``).
"""

from ..archive import zipped
from ..grading.results import write_atomically
from .pack import book_data, chapter_data, machinery, requirements

SETUP = """#!/usr/bin/env bash
# Run once by Gradescope, when it builds the image: Python 3.11 or newer with the course's locked packages.
set -euo pipefail
good() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
python=
for candidate in python3.13 python3.12 python3.11 python3; do
    if good "$candidate"; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
    apt-get update
    apt-get install -y python3.11 python3.11-venv || apt-get install -y python3 python3-venv
    for candidate in python3.11 python3; do
        if good "$candidate"; then python=$candidate; break; fi
    done
fi
if [ -z "$python" ]; then
    echo "Python 3.11 or newer is needed: choose a newer base image" >&2
    exit 1
fi
"$python" -m venv /autograder/venv
/autograder/venv/bin/python -m pip install --no-cache-dir --require-hashes -r /autograder/source/requirements.txt
"""

RUN = """#!/usr/bin/env bash
# Run by Gradescope for each submission. The cases are for the grader's eyes only.
chmod -R go-rwx /autograder/source /autograder/results
cd /autograder/source
exec /autograder/venv/bin/python -m autograder.exporting.container \\
    gradescope /autograder/submission /autograder/results/results.json
"""


def write_zip(chapter, path, seed):
    """Write the autograder of a chapter, with the hidden cases that ``seed`` gives: keep it from students."""
    files = {name: content.encode() for name, content in (("setup.sh", SETUP), ("run_autograder", RUN))}
    files |= {"requirements.txt": requirements(chapter).encode(), **machinery()[0]}
    files |= chapter_data(chapter, seed) | book_data(chapter)
    write_atomically(path, zipped(files, programs=("setup.sh", "run_autograder")))

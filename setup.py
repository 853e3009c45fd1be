"""Packs the texts at the repository's root into the package, so that an installed dlbook carries the course."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

TEXTS = ("chapters/*.md", "_toc.yml", "_config.yml", "references.bib", "requirements.lock")
PACKED = Path("autograder", "course")  # as in autograder/notebooks/chapters.py


class BuildWithCourse(build_py):
    """A development install reads the texts where they are."""

    def run(self):
        super().run()
        if not self.editable_mode:
            for path in [path for pattern in TEXTS for path in Path().glob(pattern)]:
                target = Path(self.build_lib, PACKED, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)


setup(cmdclass={"build_py": BuildWithCourse})

"""An nbgrader course: source, release, configuration and gradebook, for stock nbgrader to work on."""

from pathlib import Path

from ..exercises import CHAPTERS
from ..notebooks.release import make_notebook, write_beside, write_notebook
from .gradebook import find_own_tools
from .results import write_atomically
from .seed import course_seed

COURSE_ID = "deep-learning-in-numpy"
CODE_STUB = {"python": "raise NotImplementedError"}
CONFIG = '''"""Configuration of this nbgrader course. Written by `dlbook course`; change what you like."""

import os
from pathlib import Path

from autograder.notebooks.clearing import preprocessors

c = get_config()  # noqa: F821 - given by nbgrader

c.CourseDirectory.course_id = {course_id!r}
c.CourseDirectory.root = str(Path(__file__).resolve().parent)

# The stub that students see, as in the book.
c.ClearSolutions.code_stub = {code_stub!r}

# nbgrader's own steps; a repair exercise keeps the function that is to be repaired.
c.GenerateAssignment.preprocessors = preprocessors()

# A tag that a student puts on a test cell must not keep it from being run: nbgrader would give it full points.
c.Execute.skip_cells_with_tag = ""
c.Execute.timeout = 60

# The formgrader shows students' text next to your own sign-in: no script of theirs may run there.
c.HTMLExporter.sanitize_html = True

# The course's own engine in place of nbgrader's Execute: students' code runs in a sandbox, apart from the judge, and
# one that hangs or crashes costs its own exercise only. Take the marks away to switch it on.
# c.Autograde.autograde_preprocessors = [
#     "autograder.grading.preprocessor.JudgeApart",
#     "nbgrader.preprocessors.IgnorePattern",
#     "nbconvert.preprocessors.ClearMetadataPreprocessor",
#     "nbgrader.preprocessors.LimitOutput",
#     "nbgrader.preprocessors.SaveAutoGrades",
#     "nbgrader.preprocessors.AssignLatePenalties",
#     "nbgrader.preprocessors.CheckCellMetadata",
# ]

# The secret from which hidden cases are drawn. Keep seed.txt: with another seed a regrade meets other cases.
os.environ["{variable}"] = Path(__file__).with_name("seed.txt").read_text().strip()
'''


def lay_out_course(to, chapters=CHAPTERS):
    """Write the course into ``to``; returns the paths of what was written.

    An existing course's gradebook, submissions, seed and configuration are kept.
    """
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    from ..notebooks.clearing import preprocessors
    from .stock import SEED_VARIABLE

    find_own_tools()
    to = Path(to).resolve()
    to.mkdir(parents=True, exist_ok=True)
    course_seed(to)
    config_path = to / "nbgrader_config.py"
    if not config_path.exists():
        values = {"variable": SEED_VARIABLE, "course_id": COURSE_ID, "code_stub": CODE_STUB}
        write_atomically(config_path, CONFIG.format(**values))
    config = Config()
    config.CourseDirectory.root = str(to)
    config.CourseDirectory.course_id = COURSE_ID
    config.ClearSolutions.code_stub = CODE_STUB
    config.GenerateAssignment.preprocessors = preprocessors()
    api = NbGraderAPI(config=config)
    written = [config_path]
    for chapter in chapters:
        source = to / "source" / chapter
        notebook = make_notebook(chapter, "source")
        write_notebook(notebook, source / f"{chapter}.ipynb")
        write_beside(chapter, notebook, source)
        outcome = api.generate_assignment(chapter, force=True)
        if not outcome["success"]:
            raise RuntimeError(f"nbgrader could not generate {chapter}: {outcome.get('error') or outcome.get('log')}")
        written += [source / f"{chapter}.ipynb", to / "release" / chapter / f"{chapter}.ipynb"]
    return [*written, to / "gradebook.db"]

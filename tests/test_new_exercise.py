"""`dlbook new-exercise`: everything in its place, nothing overwritten, and `dlbook verify` leads to green."""

import shutil
import subprocess
import sys

import pytest

from autograder.notebooks.chapters import ROOT

PLACES = (
    "chapters/{}.md",
    "solutions/{}.py",
    "autograder/exercises/{}.py",
    "autograder/right_answers/{}.py",
    "tests/test_solutions_{}.py",
)
FOLDERS = ("autograder", "bookdata", "bookdraw", "chapters", "solutions", "tests")


class Course:
    """A copy of the course, with the command line that works on it."""

    def __init__(self, folder):
        self.folder = folder
        ignored = shutil.ignore_patterns("__pycache__", "node_modules", "static")
        for name in FOLDERS:
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        for name in ("_toc.yml", "_config.yml", "references.bib"):
            shutil.copy(ROOT / name, folder)

    def run(self, *arguments, module="autograder"):
        line = [sys.executable, "-m", module, *map(str, arguments)]
        return subprocess.run(line, cwd=self.folder, capture_output=True, text=True, timeout=120)

    def edit(self, path, *replacements):
        text = (self.folder / path).read_text(encoding="utf-8")
        for old, new in replacements:
            assert old in text, old
            text = text.replace(old, new)
        (self.folder / path).write_text(text, encoding="utf-8")

    def texts(self):
        files = [path for name in FOLDERS for path in (self.folder / name).rglob("*.*") if "pycache" not in str(path)]
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in [*files, self.folder / "_toc.yml"]}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return Course(tmp_path_factory.mktemp("course") / "book")


@pytest.fixture(scope="module")
def added(course):
    """The course with an exercise added to a chapter and a new chapter; the texts before it, and the two outputs."""
    before = course.texts()
    outputs = [course.run("new-exercise", *names) for names in (("perceptrons", "margin"), ("attention", "scores"))]
    assert [done.returncode for done in outputs] == [0, 0], outputs
    return before, outputs


def test_an_exercise_is_put_into_its_five_places_and_nothing_is_taken_away(course, added):
    before, after = added[0], course.texts()
    touched = {path for path in after if after[path] != before.get(path)}
    new = {place.format(chapter) for place in PLACES for chapter in ("perceptrons", "attention")}
    assert touched == new | {"autograder/exercises/__init__.py", "_toc.yml"}
    for place in PLACES:
        old = before[place.format("perceptrons")].decode().splitlines()
        now = iter(after[place.format("perceptrons")].decode().splitlines())
        assert all(line in now for line in old)  # every old line, in its order


def test_the_output_names_each_place_by_file_and_line(course, added):
    for done, chapter in zip(added[1], ("perceptrons", "attention")):
        places = dict(line.rsplit(":", 1) for line in done.stdout.splitlines()[:-1])
        assert {place.format(chapter) for place in PLACES} <= places.keys()
        for path, line in places.items():
            text = (course.folder / path).read_text(encoding="utf-8").splitlines()
            assert 1 <= int(line) <= len(text)
        assert f"dlbook verify {chapter}" in done.stdout


def test_the_stub_stands_after_the_last_exercise_and_is_that_of_the_reference(course, added):
    text = (course.folder / "chapters/perceptrons.md").read_text(encoding="utf-8")
    assert text.index("def train_perceptron(") < text.index("### Exercise: margin") < text.index("def margin(")
    assert course.run("stubs", "--check").stdout == ""


def test_the_chapters_other_exercises_still_hold_and_verify_says_what_is_missing(course, added):
    done = course.run("verify", "perceptrons")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    problems = [line for line in done.stdout.splitlines() if line.startswith("perceptrons.")]
    assert problems and all(line.startswith("perceptrons.margin: ") for line in problems)
    for said in (
        "reference: margin in solutions/perceptrons.py still raises NotImplementedError",
        "cases: write at least one visible and one hidden group",
        "misconceptions: 0 of at least 3",
        "say what to write",
        "three right answers",
        "state a property",
    ):
        assert said in done.stdout


def test_an_unfinished_exercise_can_be_released_and_an_answer_to_it_earns_nothing(course, added, tmp_path):
    assert course.run("release", "perceptrons", "attention", "--to", tmp_path).returncode == 0
    code = (
        "from autograder.exercises import find; from autograder.judging.sheet import make_sheet;"
        "from autograder.judging.judge import LocalStudent, judge;"
        "print(judge(make_sheet(find('attention', 'scores')), LocalStudent({'scores': abs})).points)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=course.folder, capture_output=True, text=True, check=True)
    assert done.stdout == "0.0\n"


@pytest.mark.parametrize(
    "chapter, name, message",
    [
        ("perceptrons", "heaviside", "'heaviside' is in solutions/perceptrons.py already"),
        ("perceptrons", "margin", "'margin' is in solutions/perceptrons.py already"),
        ("perceptrons", "reference", "'reference' is in autograder/exercises/perceptrons.py already"),
        ("perceptrons", "learning-rate", "'learning-rate' is no name for an exercise"),
        ("perceptrons", "lambda", "'lambda' is no name for an exercise"),
        ("perceptrons", "max", "'max' is no name for an exercise"),
        ("../x", "scores", "'../x' is no name for a chapter"),
        ("intro", "scores", "chapters/intro.md exists"),
    ],
)
def test_a_name_that_cannot_be_used_is_told_in_one_line_and_changes_nothing(course, added, chapter, name, message):
    before = course.texts()
    done = course.run("new-exercise", chapter, name)
    assert done.returncode == 2 and message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert course.texts() == before


def test_verify_leads_to_green_step_by_step(course, added):
    """The author fills in one place after another, and gets it wrong in between."""

    def missing():
        done = course.run("verify", "attention")
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    answer = "    return np.asarray(x) * 2.0\n"
    course.edit("solutions/attention.py", ("    raise NotImplementedError\n", "    return x +\n"))
    code, said = missing()
    assert code == 2 and "solutions/attention.py:11: SyntaxError" in said and len(said.splitlines()) == 1
    course.edit("solutions/attention.py", ("    return x +\n", answer), ("TODO(scores): what", "What"))
    assert "run `dlbook stubs`" in missing()[1]
    assert course.run("stubs").returncode == 0

    cases = "autograder/exercises/attention.py"
    course.edit(cases, ("        # visible", "        visible"), ("        # hidden", "        hidden"))
    course.edit(cases, ('case("random numbers", rng.normal(size=5))', 'case("text", "text")'))
    mistakes = "".join(
        f'        Misconception("{name}", "Look again.", lambda x: {wrong}),\n'
        for name, wrong in (("unchanged", "x * 1.0"), ("squared", "x * x"), ("negative", "-2.0 * x"))
    )
    course.edit(cases, ("    misconceptions=(\n", "    misconceptions=(\n" + mistakes))
    styles = "autograder/right_answers/attention.py"
    course.edit(styles, ("# TODO(scores): three", "# three"), ("    raise NotImplementedError\n", answer))
    course.edit("tests/test_solutions_attention.py", ("    # TODO(scores): state", "    # state"))
    text = ("TODO(scores): what the", "What the"), ("TODO(scores): say", "Say")
    course.edit("chapters/attention.md", *text)
    code, said = missing()
    assert code == 1 and "the reference fails on 'text'" in said
    course.edit(cases, ('case("text", "text")', 'case("random numbers", rng.normal(size=5))'))
    assert missing()[0] == 0, missing()[1]
    done = course.run("-q", "-p", "no:cacheprovider", "tests/test_solutions_attention.py", module="pytest")
    assert done.returncode == 0, done.stdout

"""The report on a class: what it counts, whom it accuses of nothing, what it says to unusable folders."""

import csv
import json
import re
import shutil

import nbformat
import numpy as np
import pytest

from autograder.cli import main
from autograder.exercises import exercises
from autograder.grading.results import read_records
from autograder.notebooks.release import make_notebook
from autograder.reporting.book import link, sections
from autograder.reporting.charts import histogram
from autograder.reporting.measures import discrimination, distribution
from autograder.reporting.report import remark
from autograder.sample_class import answer_source, fill, mistakes, styled_answers, write_class
from autograder.similarity import fingerprints as p
from autograder.similarity.pairs import FINGERPRINTS_PER_CHOICE, ClassFingerprints
from autograder.similarity.side_by_side import side_by_side

CHAPTER = "perceptrons"
GATES = {
    "and_gate_parameters": "def and_gate_parameters():\n    return np.array([1.0, 1.0]), -1.5",
    "or_gate_parameters": "def or_gate_parameters():\n    return np.array([1.0, 1.0]), -0.5",
}
TRAINING = '''def train_perceptron(x, y, learning_rate, epochs):
    """My own way to do it."""
    weights = np.zeros(x.shape[1])  # as the text says
    bias, history = 0.0, []
    for epoch in range(epochs):
        count = 0
        for sample, target in zip(x, y):
            activation = np.dot(sample, weights) + bias
            guess = 1.0 if activation > 0 else 0.0
            if guess != target:
                count += 1
                delta = target - guess
                weights = weights + learning_rate * delta * sample
                bias = bias + learning_rate * delta
        history.append(count)
    return weights, bias, history
'''
UPDATE = """def perceptron_update(w, b, x, y, learning_rate):
    activation = np.dot(x, w) + b
    guess = 1.0 if activation > 0 else 0.0
    delta = (y - guess) * learning_rate
    moved = w + delta * x
    return moved, b + delta
"""
RENAMED = {
    **{"weights": "ww", "bias": "bb", "history": "errs", "count": "n_wrong", "sample": "row", "target": "t"},
    **{"activation": "s", "guess": "p", "delta": "d", "moved": "w_new", "as the text says": "start at zero"},
}


def rename(source):
    for old, new in RENAMED.items():
        source = re.sub(rf"\b{old}\b", new, source)
    return source


@pytest.fixture(scope="module")
def graded(tmp_path_factory, run_dlbook):
    """The sample class and six more, of whom two copied and two have the same short answers; graded."""
    folder = tmp_path_factory.mktemp("class")
    write_class(folder / "submitted", [CHAPTER])
    own = {"train_perceptron": TRAINING, "perceptron_update": UPDATE}
    right = styled_answers(CHAPTER, 0)
    zero = {"heaviside": answer_source("heaviside", mistakes.heaviside_that_fires_at_zero)}
    more = {
        "Vera Copied": own,
        "Will & Wrote": {name: rename(source) for name, source in own.items()},
        "xena": GATES,
        "yuri": GATES,
        "zoe": {**right, **zero},
        "zero marks": {"heaviside": "def heaviside(z):\n    return z + 100.0"},
    }
    for student, answers in more.items():
        path = folder / "submitted" / student / CHAPTER / f"{CHAPTER}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(fill(CHAPTER, answers), path)
    done = run_dlbook("grade", folder / "submitted", "--to", folder / "out")
    assert done.returncode == 0, done.stderr
    return folder / "out"


@pytest.fixture(scope="module")
def report(graded, run_dlbook):
    done = run_dlbook("report", graded, "--book", "https://example.org/book/")
    assert done.returncode == 0, done.stderr
    return graded / "report"


@pytest.fixture(scope="module")
def data(report):
    return json.loads((report / "report.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(report):
    return (report / "index.html").read_text(encoding="utf-8")


@pytest.fixture
def copy(graded, tmp_path):
    return shutil.copytree(graded, tmp_path / "out")


# ------------------------------------------------------------------------------------------------ measures
def test_discrimination_is_the_correlation_of_solving_with_the_rest():
    rng = np.random.default_rng(0)
    ability = rng.normal(size=(200, 1))
    most = np.array([1.0, 2.0, 3.0, 1.0])
    points = np.where(rng.normal(size=(200, 4)) < ability, most, rng.integers(0, 2, (200, 4)) * 0.5)
    found = discrimination(points, np.broadcast_to(most, points.shape))
    for item in range(4):
        rest = np.delete(points, item, axis=1).sum(axis=1)
        assert found[item] == pytest.approx(np.corrcoef(points[:, item] == most[item], rest)[0, 1], abs=1e-12)


@pytest.mark.parametrize("points", [np.ones((5, 2)), np.zeros((5, 2)), np.zeros((0, 2)), np.eye(5)[:, :1]])
def test_discrimination_is_undefined_where_nothing_varies(points):
    assert np.isnan(discrimination(points, np.ones_like(points))).all()


def test_the_discrimination_of_the_class_is_that_of_its_results(data, graded):
    records = [
        item for item in read_records(graded / "results.jsonl") if item["status"] not in ("unreadable", "missing")
    ]
    names = [exercise.name for exercise in exercises(CHAPTER)]
    points = np.array([[item["exercises"][name]["points"] for name in names] for item in records])
    for column, (name, item) in enumerate(zip(names, data["exercises"])):
        assert item["exercise"] == name
        solved = points[:, column] == exercises(CHAPTER)[column].points
        assert item["solved"] == pytest.approx(solved.mean())
        expected = np.corrcoef(solved, points.sum(axis=1) - points[:, column])[0, 1]
        assert item["discrimination"] == pytest.approx(expected, abs=1e-4)


def test_every_score_falls_into_the_bin_of_its_tenth():
    scores = np.array([0.0, 0.099, 0.1, 0.3, 0.7, 0.99, 1.0])
    assert distribution(scores, np.ones(7)).tolist() == [2, 1, 0, 1, 0, 0, 0, 1, 0, 2]


def test_bars_of_a_histogram_are_as_high_as_their_counts():
    chart = histogram([0, 4, 2, 4], "scores")
    heights = [float(text) for text in re.findall(r'height="([\d.]+)"/>', chart)]
    assert heights[0] == 0 and heights[1] == heights[3] == 2 * heights[2] > 0
    assert 'role="img"' in chart and histogram([0, 0], "nothing").count('class="bar"') == 2


def test_an_exercise_that_the_good_ones_miss_is_remarked_upon():
    item = {"answers": 9, "solved": 0.5, "discrimination": -0.2}
    assert "look at its text" in remark(item)
    assert remark({**item, "discrimination": None}) == "" and remark({**item, "answers": 0}) == "nobody has tried it"


# -------------------------------------------------------------------------------------------------- fingerprints
def test_names_comments_and_layout_do_not_change_the_fingerprints():
    other = rename(TRAINING).replace("    ", "\t").replace(" + ", "+").replace('"""My own way to do it."""', "")
    assert other != TRAINING
    assert p.fingerprints(TRAINING).tolist() == p.fingerprints(other).tolist() != []


def test_another_function_of_numpy_changes_the_fingerprints():
    text = "def f(z):\n    return np.where(z > 0, z * 2, np.{}(z) - 1) + z"
    assert p.fingerprints(text.format("exp")).tolist() != p.fingerprints(text.format("log")).tolist()


@pytest.mark.parametrize(
    "text", ["", "'''", '"' * 999, "x" * 99, "\\\n" * 50, "def 는(값):\n  return 값 ** 2\ud800", "0x 1e5 1.e"]
)
def test_any_text_has_fingerprints_or_none(text):
    assert len(p.fingerprints(text)) < 100
    assert np.frombuffer(p.unpack(p.pack(p.fingerprints(text))), "<u4").tolist() == p.fingerprints(text).tolist()


def test_what_the_course_provides_has_no_fingerprints():
    stubs = {c.metadata["nbgrader"]["grade_id"]: c.source for c in make_notebook(CHAPTER).cells
             if c.metadata.get("nbgrader", {}).get("solution")}  # fmt: skip
    headers = p.provided_headers(make_notebook(CHAPTER))
    assert stubs.keys() == headers.keys()
    assert all(
        p.without_header(stub, headers[name]).strip() == "raise NotImplementedError" for name, stub in stubs.items()
    )
    assert not any(p.unpack(packed) for packed in p.answer_fingerprints(stubs, headers).values())


def class_of(answers):
    """The `ClassFingerprints` of a class: for each student the fingerprints of each exercise."""
    owner = [s for s, own in enumerate(answers) for e in own for _ in e]
    exercise = [e for own in answers for e, numbers in enumerate(own) for _ in numbers]
    number = [n for own in answers for numbers in own for n in numbers]
    return ClassFingerprints(
        *(np.array(x, dtype=np.int64) for x in (owner, exercise, number)), [len(answers)] * len(answers[0])
    )


def test_pairs_are_those_that_share_what_is_rare():
    rng = np.random.default_rng(1)
    common = list(range(60))
    answers = [[common, rng.integers(100, 10**9, 80).tolist()] for _ in range(300)]
    answers[7][1] = answers[3][1][:]  # a copy
    answers[9][1] = answers[5][1][:6] + answers[9][1][6:]  # a line in common
    found = class_of(answers)
    assert [(pair.first, pair.second) for pair in found.pairs()] == [(3, 7)]
    shared = found.shared(found.pairs()[0])
    assert [(part.exercise, part.shared, part.others) for part in shared if part.bits] == [(1, 80, 0)]
    direct = 80 * -np.log2(0.5 / 299) / FINGERPRINTS_PER_CHOICE
    assert found.pairs()[0].bits == pytest.approx(direct) == pytest.approx(sum(part.bits for part in shared))


def test_what_a_quarter_of_the_class_writes_is_no_evidence():
    rng = np.random.default_rng(2)
    styles = [rng.integers(0, 10**9, 500).tolist() for _ in range(3)]
    assert class_of([[styles[student % 3]] for student in range(30)]).pairs() == []


def test_lines_that_agree_but_for_names_are_marked():
    rows = side_by_side("a = 1\nb = a + 2\nreturn b", "x = 1  # one\ny = x + 3\nreturn y")
    assert [same for *_, same in rows] == [True, False, True]
    assert not any("one" in right for _, right, _ in side_by_side("x = 1", "x = 1  # one", anonymous=True))


# -------------------------------------------------------------------------------------------------- the page
needs_sandbox = pytest.mark.sandbox


@needs_sandbox
def test_a_copy_with_other_names_is_shown_side_by_side_with_the_base_rate(data, page):
    pairs = {(pair["first"], pair["second"]): pair for pair in data["similar"]}
    pair = pairs["Vera Copied", "Will & Wrote"]
    assert pair["evidence"] > pair["threshold"] and pair["jaccard"] > 0.9 > pair["class_median"]
    assert "Will &amp; Wrote" in page
    assert "n_wrong += 1" in page and "count += 1" in page
    assert "reason to talk, not a proof" in page


@needs_sandbox
def test_short_answers_that_are_the_same_accuse_nobody(data):
    accused = {name for pair in data["similar"] for name in (pair["first"], pair["second"])}
    assert not accused & {"xena", "yuri", "goran", "jakob", "zoe", "emil"}
    assert {"boole", "mara"} < accused  # the same notebook twice


@needs_sandbox
def test_misconceptions_are_ranked_by_how_many_hold_them(data, page):
    found = [(item["misconception"], item["exercise"], item["students"]) for item in data["misconceptions"]]
    assert found[0] == ("fires-at-zero", "heaviside", 3)
    assert found[1] == ("stops-early", "train_perceptron", 2)
    assert [count for *_, count in found] == sorted((count for *_, count in found), reverse=True)
    assert all(item["hint"] for item in data["misconceptions"])
    assert 'href="https://example.org/book/chapters/perceptrons.html#exercise-the-step"' in page


@needs_sandbox
def test_who_is_stuck_is_told_by_kind(data):
    found = {(item["kind"], item["student"]) for item in data["needs_help"]}
    assert found == {("stopped", "emil"), ("stopped", "piet"), ("no marks", "zero marks"), ("timeout", "leo")}


@needs_sandbox
def test_what_failed_is_told_with_its_reason(data):
    found = {item["student"]: (item["status"], item["reason"]) for item in data["failed"]}
    assert {name: status for name, (status, _) in found.items()} == {
        **{"kira": "crashed", "leo": "timeout", "nils": "unreadable", "olga": "unreadable", "piet": "missing"}
    }
    assert "web page" in found["olga"][1]


@needs_sandbox
def test_the_tables_say_what_the_page_says(report, data):
    for name in ("chapters", "exercises", "misconceptions", "needs_help", "failed", "similar"):
        with open(report / f"{name}.csv", encoding="utf-8", newline="") as file:
            assert len(list(csv.DictReader(file))) == len(data[name])
    assert data["chapters"][0]["submissions"] == sum(data["chapters"][0]["statuses"].values()) == 22


@needs_sandbox
def test_pseudonyms_hide_every_name_and_stay_the_same(graded, copy, run_dlbook):
    texts = []
    for _ in range(2):
        assert run_dlbook("report", copy, "--pseudonyms").returncode == 0
        texts.append({path.name: path.read_text(encoding="utf-8") for path in (copy / "report").iterdir()})
    assert texts[0] == texts[1]
    key = (copy / "pseudonyms.key").read_text(encoding="ascii").strip()
    assert (copy / "pseudonyms.key").stat().st_mode & 0o077 == 0
    whole = "".join(texts[0].values())
    assert key not in whole and "My own way" not in whole
    for student in {item["student"] for item in read_records(graded / "results.jsonl")}:
        assert not re.search(rf"\b{re.escape(student)}\b", whole), student


@needs_sandbox
def test_a_class_of_three_has_a_report(copy, run_dlbook):
    lines = (copy / "results.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["student"] in ("ada", "boole", "nils")]
    (copy / "results.jsonl").write_text("".join(kept), encoding="utf-8")
    assert run_dlbook("report", copy).returncode == 0
    page = (copy / "report" / "index.html").read_text(encoding="utf-8")
    assert "nan" not in page.lower().replace("nand", "") and "–</td>" in page


def test_results_with_only_what_is_promised_are_enough(tmp_path, run_dlbook):
    exercise = {
        "points": 1.0,
        "max_points": 2.0,
        "passed": 3,
        "cases": 6,
        "misconceptions": ["t-from-zero"],
        "error": None,
    }
    line = {
        "student": "ada",
        "chapter": "optimizers",
        "status": "graded",
        "score": 1.0,
        "max_score": 20.0,
        "seconds": 0.04,
    }
    (tmp_path / "results.jsonl").write_text(json.dumps(line | {"exercises": {"adam_step": exercise}}) + "\n")
    done = run_dlbook("report", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "t from zero" in (tmp_path / "report" / "index.html").read_text(encoding="utf-8")


def test_exercises_and_chapters_worth_no_points_are_reported_without_shares(tmp_path, run_dlbook):
    exercise = {"points": 0.0, "max_points": 0.0, "passed": 6, "cases": 6, "misconceptions": [], "error": None}
    counted = exercise | {"points": 2.0, "max_points": 2.0}
    common = {"status": "graded", "score": 1.0, "max_score": 2.0, "seconds": 0.04}
    lines = [
        common | {"student": student, "chapter": chapter, "exercises": exercises}
        for student in ("ada", "boole")
        for chapter, exercises in (
            ("optimizers", {"sgd_step": exercise, "adam_step": counted}),
            (CHAPTER, {"heaviside": exercise}),
        )
    ]
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = run_dlbook("report", tmp_path)
    assert done.returncode == 0, done.stderr
    data = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    means = {item["exercise"]: item["mean"] for item in data["exercises"]}
    assert means["sgd_step"] is None and means["heaviside"] is None and means["adam_step"] == 1.0
    assert "nan" not in (tmp_path / "report" / "index.html").read_text(encoding="utf-8").lower().replace("nand", "")


@needs_sandbox
@pytest.mark.browser
def test_the_page_opens_whole_without_asking_anybody_for_anything(report):
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        tab, complaints, asked = browser.new_page(viewport={"width": 375, "height": 800}), [], []
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto((report / "index.html").as_uri())
        wide = tab.evaluate("document.documentElement.scrollWidth")
        browser.close()
    assert complaints == [] and len(asked) == 1 and wide <= 375


@pytest.mark.parametrize("chapter", ["perceptrons", "convolution", "optimizers"])
def test_links_lead_to_the_exercise_s_heading_in_the_built_book(site, chapter):
    html = (site / "html" / "chapters" / f"{chapter}.html").read_text(encoding="utf-8")
    for exercise in exercises(chapter):
        anchor = link("book", chapter, exercise.name).partition("#")[2]
        assert f'id="{anchor}"' in html and anchor.startswith("exercise-")
        assert sections(chapter)[exercise.name][0][0].isupper()


# ------------------------------------------------------------------------------------------------ bad input
def cut(folder):
    path = folder / "results.jsonl"
    path.write_bytes(path.read_bytes()[:-300])


def foreign(folder):
    path = folder / "results.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace('"chapter": "perceptrons"', '"chapter": "ps1"'), "utf-8")


BAD = {
    "no results.jsonl": lambda folder: (folder / "results.jsonl").unlink(),
    "is cut off": cut,
    "is not a record": lambda folder: (folder / "results.jsonl").write_text('{"a": 1}\n'),
    "is empty": lambda folder: (folder / "results.jsonl").write_text(""),
    "is of another course": foreign,
    "copied in part": lambda folder: shutil.rmtree(folder / "autograded" / "ada"),
    "has feedback/ and no autograded/": lambda folder: shutil.rmtree(folder / "autograded"),
    "not a report of": lambda folder: (folder / "report" / "report.json").unlink(),
    "holds no key": lambda folder: (folder / "pseudonyms.key").write_text(""),
}


@needs_sandbox
@pytest.mark.parametrize("message", BAD)
def test_an_unusable_folder_is_told_in_one_line_and_the_old_report_stays(copy, capsys, message):
    shutil.rmtree(copy / "report", ignore_errors=True)
    (copy / "report").mkdir()
    for name in ("report.json", "index.html"):
        (copy / "report" / name).write_text("old")
    BAD[message](copy)
    with pytest.raises(SystemExit) as ended:
        main(["report", str(copy), "--pseudonyms"])
    [line] = capsys.readouterr().err.strip().splitlines()
    assert ended.value.code == 2 and message in line
    assert (copy / "report" / "index.html").read_text() == "old"
    assert not list(copy.glob(".report*"))

"""Time, memory and size of `dlbook report` for a large class, and how long its page takes to open in Chromium.

    python benchmarks/report.py [--students 3000] [--chapters 14] [--keep DIR]

The class is made up: results drawn at random, answers put together from the styles of the sample class, each with
fingerprints of its student's own, and some pairs who copied. While the book has fewer chapters than ``--chapters``,
more students make up for them, so that the number of submissions is the same.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from autograder.exercises import CHAPTERS, exercises
from autograder.grading.verdicts import FORMAT, text_of, write_verdict
from autograder.grading.work import materials
from autograder.reporting.terminal import bars
from autograder.sample_class import reference_answers, styled_answers
from autograder.similarity.fingerprints import answer_fingerprints, pack, unpack

COPIES = 20  # pairs of a chapter
OWN = 0.3  # of a student's fingerprints are nobody else's
STATUSES = ("graded", "timeout", "crashed", "out-of-memory", "unreadable", "missing")
RATES = (0.93, 0.02, 0.01, 0.005, 0.015, 0.02)
REASONS = {
    "timeout": "{0}: it did not end in the time allowed (is there an endless loop?)",
    "crashed": "cell {1}: the notebook's process ended",
    "out-of-memory": "{0}: it needed more memory than there is",
    "unreadable": "the file holds broken JSON in line {1}, not a notebook: download or save it again",
    "missing": "no notebook was handed in",
}


def styles_of(chapter):
    """(answers, fingerprints by exercise) of each style."""
    answers = [reference_answers(chapter), *(styled_answers(chapter, style) for style in range(3))]
    headers = materials(chapter, "0").headers
    fingerprints = [
        {name: np.frombuffer(unpack(packed), "<u4") for name, packed in answer_fingerprints(own, headers).items()}
        for own in answers
    ]
    return answers, fingerprints


def make_class(folder, students, rng, progress):
    """Write ``results.jsonl`` and the folders that the report looks at."""
    folder = Path(folder)
    ability, last = rng.normal(0, 1, students), rng.integers(3, 60, students)  # most never stop
    names = [f"student {number:05d}" for number in range(students)]
    for name in names:
        for kind in ("autograded", "feedback", "verdicts"):
            (folder / kind / name).mkdir(parents=True)
    with open(folder / "results.jsonl", "w", encoding="utf-8") as file:
        task = progress.add_task("making the class", total=students * len(CHAPTERS))
        for number, chapter in enumerate(CHAPTERS):
            answers, fingerprints = styles_of(chapter)
            hardness = {exercise.name: rng.normal(-0.8, 0.8) for exercise in exercises(chapter)}
            copied = {}
            for student, name in enumerate(names):
                progress.advance(task)
                source = student - 1 if student % 2 and student < 2 * COPIES else None
                item = record(rng, chapter, name, ability[student], hardness, fingerprints, number >= last[student])
                if source is not None and source in copied:
                    for exercise, packed in copied[source].items():
                        item["exercises"][exercise] |= {"fingerprints": packed, "attempted": True}
                own = item["exercises"].items()
                copied[student] = {e: found["fingerprints"] for e, found in own if "fingerprints" in found}
                if student < 2 * COPIES and item["status"] == "graded":
                    sources = {exercise: {"source": source} for exercise, source in answers[1].items()}
                    verdict = {"format": FORMAT, "chapter": chapter, "exercises": sources}
                    write_verdict(folder, name, chapter, text_of(verdict))
                file.write(json.dumps(item, ensure_ascii=False) + "\n")


def record(rng, chapter, name, ability, hardness, fingerprints, idle):
    status = str(rng.choice(STATUSES, p=RATES))
    run, found = status not in ("unreadable", "missing"), {}
    for exercise in exercises(chapter):
        tried = run and not idle and rng.random() < 0.95
        right = tried and rng.random() < 1 / (1 + np.exp(hardness[exercise.name] - ability))
        wrong = tried and not right and rng.random() < 0.5
        mistakes = [str(rng.choice([m.name for m in exercise.misconceptions]))] if wrong else []
        points = float(exercise.points) * (1.0 if right else 0.5 if tried and rng.random() < 0.3 else 0.0)
        item = {"points": points, "max_points": float(exercise.points), "passed": 9 * int(right), "cases": 9 * int(run)}
        item |= {"attempted": bool(tried), "misconceptions": mistakes, "error": None}
        if tried:
            own = fingerprints[rng.integers(4)][exercise.name].copy()
            mine = rng.random(len(own)) < OWN
            own[mine] = rng.integers(0, 2**32, mine.sum(), dtype=np.uint32)
            item["fingerprints"] = pack(np.unique(own))
        found[exercise.name] = item
    first = next(iter(found))
    reason = REASONS[status].format(first, rng.integers(2, 40)) if status in REASONS else None
    score, most = (sum(item[key] for item in found.values()) for key in ("points", "max_points"))
    return {
        "student": name,
        "chapter": chapter,
        "status": status,
        "score": score,
        "max_score": most,
        "seconds": 0.04,
    } | {
        "reason": reason,
        "exercises": found,
        "fingerprint": f"{rng.integers(2**32):024x}",
    }


def opening(page):
    """Seconds until Chromium has loaded the page, the median of 5."""
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for _ in range(5):
            tab = browser.new_page()
            start = time.perf_counter()
            tab.goto(page.as_uri())
            found.append(time.perf_counter() - start)
            tab.close()
        browser.close()
    return sorted(found)[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=3000)
    parser.add_argument("--chapters", type=int, default=14)
    parser.add_argument("--keep", metavar="DIR", help="where the class and its report are left")
    options = parser.parse_args()
    students = round(options.students * max(options.chapters, len(CHAPTERS)) / len(CHAPTERS))
    console, table = Console(), Table(title=f"A report on {students} students × {len(CHAPTERS)} chapters")
    for name in ("measured", "figure", "target"):
        table.add_column(name)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        with bars(console) as progress:
            make_class(folder, students, np.random.default_rng(0), progress)
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "autograder", "report", str(folder)], check=True)
        seconds = time.perf_counter() - start
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        page = folder / "report" / "index.html"
        results = (folder / "results.jsonl").stat().st_size
        table.add_row("results.jsonl", f"{results / 1e6:.0f} MB", "")
        table.add_row("the report", f"{seconds:.1f} s", "under 30 s")
        table.add_row("peak memory", f"{memory / 1e6:.0f} MB", "under 1000 MB")
        table.add_row("the page", f"{page.stat().st_size / 1e3:.0f} kB", "")
        table.add_row("opened in Chromium", f"{opening(page):.2f} s", "under 2 s")
        pairs = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))["similar"]
        planted = {(f"student {2 * n:05d}", f"student {2 * n + 1:05d}") for n in range(COPIES)}
        wrong = sum((pair["first"], pair["second"]) not in planted for pair in pairs)
        table.add_row("pairs shown who copied, and who did not", f"{len(pairs) - wrong}, {wrong}", "none who did not")
    console.print(table)


if __name__ == "__main__":
    main()

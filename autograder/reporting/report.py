"""The class at a glance: ``DIR/report/index.html``, and the same as CSV and JSON next to it."""

import base64
import csv
import hmac
import json
import re
import secrets
import shutil
from collections import Counter, defaultdict
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import numpy as np
from jinja2 import Environment

from ..exercises import CHAPTERS, exercises
from ..grading.lock import holds
from ..grading.results import guarded, write_atomically
from ..grading.verdicts import NoVerdict, read_verdict
from ..similarity.fingerprints import header_of
from ..similarity.side_by_side import side_by_side
from . import book as book_of
from .charts import histogram, share_bar
from .class_results import IDLE, NO_MARKS, ClassResults, NoResults, check_whole
from .measures import BINS, discrimination, distribution, solved

SHOWN = 40  # rows of a long table on the page; all are in its CSV file
COMPARED = 12  # pairs whose answers are shown side by side
NAMED = 8  # students named in one cell
KEPT_PAIRS = 2000  # pairs of a chapter, in the files
HARD, EASY, WEAK = 0.35, 0.95, 0.1  # share solved below and above which, discrimination below which, a remark is made
BIN_NAMES = [f"{10 * n}–{10 * n + 9} %" for n in range(BINS - 1)] + ["90–100 %"]


@holds("folder", "report")
def write_report(folder, book=None, pseudonyms=False, progress=None):
    """Write the report on a grading folder; returns the path of its page.

    book: the book's address, for links. pseudonyms: names are replaced, the same way each time in this folder.
    progress: called with the name of each chapter that is done.
    It is made in a folder next to the old report and takes its place at the end.
    """
    folder = Path(folder)
    target, new, old = folder / "report", folder / ".report.new", folder / ".report.old"
    if target.exists() and not (target / "report.json").is_file():
        raise NoResults(f"{target} exists and is not a report of `dlbook report`: move it away")
    results = ClassResults(folder, progress)
    check_whole(results)
    name = pseudonymizer(folder) if pseudonyms else str
    data = Summary(results, book or book_of.book_address(target), name, pseudonyms)
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    new.mkdir()
    data.write(new)
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    return target / "index.html"


def pseudonymizer(folder):
    """A function from a name to its pseudonym, keyed by ``DIR/pseudonyms.key``, which is made at its first use."""
    path = Path(folder) / "pseudonyms.key"
    if not path.exists():
        write_atomically(path, secrets.token_hex(32) + "\n", mode=0o600)
    key = path.read_text(encoding="ascii").strip().encode()
    if len(key) < 32:
        raise NoResults(f"{path} holds no key: put the course's own back, or delete it to get new pseudonyms")

    @cache
    def pseudonym(name):
        digest = hmac.digest(key, name.encode("utf-8", "backslashreplace"), "sha256")
        letters = base64.b32encode(digest)[:8].decode()
        return f"S-{letters[:4]}-{letters[4:]}"

    return pseudonym


@cache
def template():
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(percent=percent, number=number, plural=plural)
    environment.globals.update(bar=share_bar, SHOWN=SHOWN)
    return environment.from_string(files(__package__).joinpath("report.html").read_text(encoding="utf-8"))


def percent(share):
    return "–" if share is None else f"{100 * share:.0f} %"


def number(value, form=".2f"):
    return "–" if value is None else format(value, form).replace("-", "−")


def plural(count, word, many=None):
    return f"{count:,} {word if count == 1 else many or word + 's'}"


class Summary:
    """All that the report says, as plain data: dicts of numbers and texts."""

    def __init__(self, results, book, name, anonymous):
        self.results, self.book, self.name, self.anonymous = results, book, name, anonymous
        self.chapters = [self._chapter(chapter) for chapter in results.chapters]
        self.exercises = [item for chapter in self.chapters for item in chapter.pop("exercises")]
        self.misconceptions = self._misconceptions()
        self.stuck = self._stuck()
        self.failed = self._failed()
        self.pairs = self._pairs()

    # ------------------------------------------------------------------------------------ scores and exercises
    def _chapter(self, chapter):
        run = chapter.run
        points, most = chapter.points[run], chapter.max_points[run]
        scores, totals = points.sum(axis=1), most.sum(axis=1)
        shares = np.divide(scores, totals, out=np.zeros(len(scores)), where=totals > 0)
        counts = distribution(scores, totals).tolist()
        statuses = Counter(chapter.statuses)
        shown = f"Scores in {chapter.name}: " + ", ".join(f"{b}: {c}" for b, c in zip(BIN_NAMES, counts) if c)
        return {
            "chapter": chapter.name,
            "link": book_of.link(self.book, chapter.name),
            "submissions": len(chapter.students),
            "run": int(run.sum()),
            "statuses": dict(statuses),
            "mean": _mean(shares),
            "median": float(np.median(shares)) if len(shares) else None,
            "full": _mean(shares >= 1 - 1e-9),
            "nothing": _mean(shares <= 0),
            "distribution": counts,
            "chart": histogram(counts, shown),
            "exercises": self._exercises(chapter, points, most, chapter.attempted[run]),
        }

    def _exercises(self, chapter, points, most, attempted):
        separation = discrimination(points, most)
        done = solved(points, most)
        items = []
        for column, exercise in enumerate(chapter.exercises):
            own = most[:, column]
            worth = float(own.max(initial=0))
            item = {
                "chapter": chapter.name,
                "exercise": exercise,
                "title": self._title(chapter.name, exercise),
                "link": book_of.link(self.book, chapter.name, exercise),
                "size": _size(chapter.name, exercise),
                "points": worth,
                "answers": int(attempted[:, column].sum()),
                "attempted": _mean(attempted[:, column]),
                "mean": float(points[:, column].mean() / worth) if worth else None,
                "solved": _mean(done[:, column]),
                "discrimination": None if np.isnan(separation[column]) else round(float(separation[column]), 4),
            }
            item["remark"] = remark(item)
            items.append(item)
        return items

    def _title(self, chapter, exercise):
        return book_of.sections(chapter).get(exercise, (exercise,))[0]

    def _misconceptions(self):
        answers = {(item["chapter"], item["exercise"]): item for item in self.exercises}
        found = []
        for chapter in self.results.chapters:
            hints = {e.name: {m.name: m.hint for m in e.misconceptions} for e in exercises(chapter.name)}
            for (column, name), count in chapter.misconceptions.items():
                exercise = chapter.exercises[column]
                item = answers[chapter.name, exercise]
                if count:
                    found.append(
                        {
                            "misconception": name,
                            "chapter": chapter.name,
                            "exercise": exercise,
                            "title": item["title"],
                            "students": count,
                            "share": count / max(1, item["answers"]),
                            "hint": hints[exercise].get(name, ""),
                            "link": item["link"],
                        }
                    )
        return sorted(
            found, key=lambda item: (-item["students"], item["chapter"], item["exercise"], item["misconception"])
        )

    # ------------------------------------------------------------------------------------------- who needs help
    def _stuck(self):
        """Who stopped, whose answers in a chapter earn nothing, whose code did not end."""
        table = self.results.activity()
        chapters = [chapter.name for chapter in self.results.chapters]
        found = []
        active = table != IDLE
        last = np.where(active.any(axis=1), len(chapters) - 1 - active[:, ::-1].argmax(axis=1), -1)
        for student in np.flatnonzero(last < len(chapters) - 1).tolist():
            idle = len(chapters) - 1 - int(last[student])
            since = chapters[last[student] + 1]
            what = "no answer in any chapter" if idle == len(chapters) else f"no answer since {since}"
            found.append(self._person("stopped", student, since, what, idle))
        for column, chapter in enumerate(self.results.chapters):
            for student in np.flatnonzero(table[:, column] == NO_MARKS).tolist():
                found.append(self._person("no marks", student, chapter.name, "answers, and no marks"))
            for student, status, reason in zip(chapter.students, chapter.statuses, chapter.reasons):
                if status == "timeout":
                    found.append(self._person("timeout", student, chapter.name, self._reason(student, reason)))
        return found

    def _person(self, kind, student, chapter, what, idle=1):
        name = self.results.names[student]
        person = {"kind": kind, "student": self.name(name), "chapter": chapter, "what": what, "chapters": idle}
        return person | {"link": self._feedback(name, chapter)}

    def _feedback(self, name, chapter):
        """The way from the page to a student's feedback; none where names are not to be seen."""
        if self.anonymous or not (self.results.folder / "feedback").is_dir():
            return None
        return quote(f"../feedback/{name}/{chapter}/{chapter}.html")

    def _reason(self, student, reason):
        """A reason without what names its student: notes on which file was graded, and, with pseudonyms, the name."""
        parts = [part for part in reason.split("; ") if not part.endswith(" is graded")]
        return self._without_names("; ".join(parts), [self.results.names[student]])[:300]

    def _without_names(self, text, names):
        if self.anonymous:
            for name in names:
                text = re.sub(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", self.name(name), text, flags=re.IGNORECASE)
        return text

    # --------------------------------------------------------------------------- submissions that were not graded
    def _failed(self):
        found = []
        for chapter in self.results.chapters + self.results.strays:
            for student, status, reason in zip(chapter.students, chapter.statuses, chapter.reasons):
                if status != "graded":
                    name = self.results.names[student]
                    found.append(
                        {
                            "status": status,
                            "chapter": chapter.name,
                            "student": self.name(name),
                            "reason": self._reason(student, reason),
                            "link": self._feedback(name, chapter.name) if chapter.name in CHAPTERS else None,
                        }
                    )
        return found

    def reasons(self):
        """The failed submissions gathered by what went wrong, the most frequent first."""
        groups = defaultdict(list)
        for item in self.failed:
            first = item["reason"].split("; ")[0]
            own = [e.name for e in exercises(item["chapter"])] if item["chapter"] in CHAPTERS else []
            place = next((name for name in own if first.startswith(f"{name}: ")), None)
            what = first.removeprefix(f"{place}: ") if place else re.sub(r"\b(cell|line) \d+", r"\1 …", first)
            groups[item["status"], what].append(item)
        ranked = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
        return [{"status": s, "reason": r, "count": len(g)} | _whose(g) for (s, r), g in ranked]

    # ------------------------------------------------------------------------------------------- similar answers
    def _pairs(self):
        """The pairs above the threshold in every chapter, the clearest first; those at the top with their answers."""
        found = []
        self.compared_chapters = []
        for chapter in self.results.chapters:
            found_in = chapter.fingerprints
            if len(found_in.students) < 2:
                continue
            median, high = found_in.base_rate()
            threshold, pairs = found_in.threshold(), found_in.pairs()
            self.compared_chapters.append(
                {"chapter": chapter.name, "compared": len(found_in.students), "threshold": threshold, "median": median}
                | {"high": high, "pairs": len(pairs)}
            )
            found += [(pair, chapter, threshold, median, high) for pair in pairs[:KEPT_PAIRS]]
        found.sort(key=lambda entry: entry[2] - entry[0].bits)
        return [self._pair(*entry, compare=place < COMPARED) for place, entry in enumerate(found)]

    def _pair(self, pair, chapter, threshold, median, high, compare):
        names = [self.results.names[pair.first], self.results.names[pair.second]]
        if self.name(names[0]) > self.name(names[1]):
            names.reverse()
        item = {
            "chapter": chapter.name,
            "first": self.name(names[0]),
            "second": self.name(names[1]),
            "evidence": round(pair.bits, 1),
            "threshold": round(threshold, 1),
            "jaccard": round(pair.jaccard, 3),
            "class_median": round(median, 3),
            "class_99_in_100": round(high, 3),
        }
        if not compare:
            return item
        shared = [part for part in chapter.fingerprints.shared(pair) if part.bits > 0]
        sources = [self._answers(name, chapter.name) for name in names]
        parts = []
        for part in shared:
            exercise = chapter.exercises[part.exercise]
            texts = [self._without_names(source.get(exercise, ""), names) for source in sources]
            header = header_of(_stub(chapter.name, exercise))
            rows = side_by_side(texts[0], texts[1], header, self.anonymous) if all(texts) else []
            parts.append(
                {
                    "exercise": exercise,
                    "title": self._title(chapter.name, exercise),
                    "jaccard": part.shared / part.either,
                    "others": max(0, round(part.others)),
                    "answered": part.answered,
                    "evidence": round(part.bits, 1),
                    "rows": rows,
                }
            )
        return item | {"parts": parts}

    def _answers(self, name, chapter):
        """The sources of a student's answers, from the stored verdict; empty if there is none."""
        try:
            exercises = read_verdict(self.results.folder, name, chapter)["exercises"]
        except NoVerdict:
            return {}
        return {exercise: stored["source"] for exercise, stored in exercises.items()}

    # --------------------------------------------------------------------------------------------------- files
    def write(self, folder):
        """The page, a CSV file for each of its tables, and all of it as JSON."""
        self._write_tables(folder)
        data = {
            "students": len(self.results.names),
            "chapters": [_without(item, "chart", "link") for item in self.chapters],
            "exercises": [_without(item, "link") for item in self.exercises],
            "misconceptions": [_without(item, "link") for item in self.misconceptions],
            "needs_help": [_without(item, "link") for item in self.stuck],
            "failed": [_without(item, "link") for item in self.failed],
            "similar": [_without(item, "parts") for item in self.pairs],
            "similarity_thresholds": self.compared_chapters,
        }
        with open(folder / "report.json", "w", encoding="utf-8", errors="backslashreplace") as file:
            json.dump(data, file, ensure_ascii=False, indent=1)
        page = template().render(self._page())
        (folder / "index.html").write_text(page, encoding="utf-8", errors="backslashreplace", newline="\n")

    def _write_tables(self, folder):
        statuses = ("graded", "timeout", "out-of-memory", "crashed", "unreadable", "missing")
        chapters = [
            {key: item[key] for key in ("chapter", "submissions", "run", "mean", "median", "full", "nothing")}
            | {status: item["statuses"].get(status, 0) for status in statuses}
            | dict(zip(BIN_NAMES, item["distribution"]))
            for item in self.chapters
        ]
        write_table(folder / "chapters.csv", chapters)
        lists = {"exercises": self.exercises, "misconceptions": self.misconceptions, "needs_help": self.stuck}
        for name, rows in (lists | {"failed": self.failed, "similar": self.pairs}).items():
            write_table(folder / f"{name}.csv", [_without(item, "link", "parts") for item in rows])

    def _page(self):
        changed = datetime.fromtimestamp((self.results.folder / "results.jsonl").stat().st_mtime)
        kinds = {kind: [item for item in self.stuck if item["kind"] == kind] for kind in ("stopped", "no marks")}
        kinds["timeout"] = [item for item in self.stuck if item["kind"] == "timeout"]
        kinds["stopped"].sort(key=lambda item: (-item["chapters"], item["student"]))
        measured = [item for item in self.exercises if item["answers"] and item["points"]]
        return {
            "students": len(self.results.names),
            "date": f"{changed.day} {changed:%B %Y, %H:%M}",
            "chapters": self.chapters,
            "submissions": sum(item["submissions"] for item in self.chapters),
            "statuses": sorted({status for item in self.chapters for status in item["statuses"]}, key=_status_order),
            "bins": BIN_NAMES,
            "by_chapter": [
                (chapter, [item for item in self.exercises if item["chapter"] == chapter["chapter"]])
                for chapter in self.chapters
            ],
            "hardest": sorted(measured, key=lambda item: (item["solved"], item["mean"]))[:10],
            "misconceptions": self.misconceptions,
            "stuck": kinds,
            "stuck_students": len({item["student"] for item in self.stuck}),
            "failed": self.failed,
            "reasons": self.reasons(),
            "pairs": self.pairs,
            "thresholds": self.compared_chapters,
            "anonymous": self.anonymous,
            "book": self.book,
            "strays": sum(len(chapter.students) for chapter in self.results.strays),
        }


def _whose(items):
    """The students of some failed submissions, each once with the chapters, and how many more there are."""
    people = {}
    for item in items:
        people.setdefault(item["student"], []).append(item)
    who = []
    for own in list(people.values())[:NAMED]:
        where = ", ".join(item["chapter"] for item in own) if len(own) <= 3 else f"{len(own)} chapters"
        who.append({"student": own[0]["student"], "link": own[0]["link"], "where": where})
    return {"who": who, "more": len(people) - len(who)}


def remark(item):
    """What a teacher may want to look at, in a few words; empty for most exercises."""
    if not item["answers"]:
        return "nobody has tried it"
    separation = item["discrimination"]
    if separation is not None and separation < 0:
        return "those who are good at the rest do worse here: look at its text and checks"
    if item["solved"] < HARD:
        return "hard"
    if item["solved"] > EASY:
        return "easy"
    if separation is not None and separation < WEAK:
        return "tells little about who is good at the rest"
    return ""


def write_table(path, rows):
    """A CSV file of dicts with the same keys; for no rows an empty file."""
    with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        if rows:
            table.writerow(rows[0])
        table.writerows([table_cell(value) for value in row.values()] for row in rows)


def table_cell(value):
    """A cell that no spreadsheet takes for a formula; numbers with the digits that mean something."""
    return f"{value:.4g}" if isinstance(value, float) else guarded(value)


def _size(chapter, exercise):
    """The exercise's size, or None of one that the course has no more."""
    return {e.name: e.size for e in exercises(chapter)}.get(exercise)


@cache
def _stub(chapter, exercise):
    from ..exercises import find
    from ..notebooks.stubs import stub_of

    return stub_of(find(chapter, exercise))


def _mean(values):
    return float(np.mean(values)) if len(values) else None


def _without(item, *keys):
    return {key: value for key, value in item.items() if key not in keys}


def _status_order(status):
    order = ("graded", "timeout", "out-of-memory", "crashed", "unreadable", "missing")
    return (order.index(status) if status in order else len(order), status)

"""Grading one submission: a worker runs it, the judge in this process questions its functions.

Two phases. First the cells run, and each exercise's visible cases where its check stands; all that may be shown comes
from here. Then, when nothing of the student's is shown any more, the hidden cases, in the processes that have been kept
from each exercise's place; only whether they pass, and the kind of a builtin error, is told.
"""

import re
import signal
import time
from dataclasses import dataclass, field, replace

import numpy as np

from ..judging import plain
from ..judging.judge import (
    Outcome,
    Result,
    StudentError,
    in_order,
    modified_names,
    results_of,
    verdict,
)
from . import controlgroup
from .bounds import OutOfTime, time_limit
from .host import Worker as Worker
from .plan import calls_of, definitions

GRACE = 3.0  # seconds between the alarm inside a worker and the deadline outside
MAX_OUTPUTS = 16_000_000  # characters of outputs kept of one submission
MAX_RUNS = 40  # times that a submission is started again without what killed it
STARVED = 0.5  # a timeout that used less than this share of its time on a processor may be the neighbors' fault
TIMED_OUT = "it did not end in the time allowed (is there an endless loop?)"


@dataclass(frozen=True)
class Limits:
    """Seconds for one cell, for an exercise's visible and again its hidden cases, and for a whole submission."""

    cell_seconds: float = 20.0
    exercise_seconds: float = 10.0
    submission_seconds: float = 180.0


DEFAULT_LIMITS = Limits()


class Lost(BaseException):
    """An exercise or a cell is lost: what happened.

    Not an `Exception`, so that no probe takes it for an error of the student's function.
    """

    def __init__(self, kind, reason):
        super().__init__(reason)
        self.kind, self.reason = kind, reason


@dataclass
class Graded:
    """What came of a submission.

    starved: something timed out that had hardly been on a processor, so that it may pass when it runs alone.
    """

    verdicts: dict
    outputs: dict = field(default_factory=dict)  # of the cells that were run, by index
    faults: list = field(default_factory=list)  # (kind, reason), in order
    starved: bool = False
    room: int = MAX_OUTPUTS

    def keep_outputs(self, cell, status, outputs):
        """Keep what a cell gave, while the submission as a whole stays in bounds."""
        self.room -= len(str(outputs))
        self.outputs.setdefault(cell, (status, outputs if self.room > 0 else []))

    @property
    def status(self):
        kinds = {kind for kind, _ in self.faults}
        return next((kind for kind in ("out-of-memory", "crashed", "timeout") if kind in kinds), "graded")


class RemoteStudent:
    """A student's functions in a worker, reached as attributes, as those of `LocalStudent` are."""

    def __init__(self, channel, references=None):
        self._channel, self._references = channel, references or {}
        self.modified, self.strict = [], False

    def __getattr__(self, name):
        return RemoteFunction(self, name)

    def call(self, name, times, given):
        """The results of so many calls of a function with ``given``, its arguments."""
        message = {"call": name, "times": times, "arguments": plain.dumps(given), "strict": self.strict}
        reply = _asked(self._channel, message)
        while self._references and "ask" in reply:  # it calls a function that a reference stands in for
            reply = _asked(self._channel, self._answer(reply))
        return self._results(reply, given, times)

    def _answer(self, question):
        """What a reference gives for the arguments that the student's code calls it with."""
        try:
            reference = self._references[question["ask"]]
            args, kwargs = plain.loads(question["arguments"])
            with np.errstate(all="ignore"):
                return {"result": plain.dumps(plain.to_plain(reference(*args, **kwargs)))}
        except Exception as error:
            return {"error": type(error).__name__}

    def _results(self, reply, given, times):
        try:
            if "error" in reply:
                kinds = [str(kind)[:80] for kind in reply["error"]][:20] or ["Exception"]
                line = reply.get("line")
                text = reply.get("text")
                raise StudentError(
                    kinds,
                    str(reply.get("message"))[:500],
                    line if isinstance(line, int) else None,
                    text[:200] if isinstance(text, str) else None,
                )
            values = plain.loads(reply["results"])
            if not isinstance(values, list) or len(values) != times:
                raise ValueError("not one result for each call")
            if reply["inputs"] != plain.digest(given):
                self.modified += self._changed(given)
            return values
        except (ValueError, KeyError, TypeError) as error:
            raise StudentError(["TypeError"], f"the function returned something that cannot be read: {error}") from None

    def _changed(self, given):
        """Names of the inputs that the last call left other than they were, compared on this side."""
        reply = _asked(self._channel, {"inputs": True})
        if reply.get("inputs") is None:
            return ["(all)"]
        names = [str(name)[:80] for name in reply.get("names", ())][:20]
        after = plain.loads(reply["inputs"])
        return modified_names(given, after, names)


class RemoteFunction:
    """One function of a `RemoteStudent`."""

    def __init__(self, student, name):
        self.student, self.name = student, name

    def __call__(self, *args, **kwargs):
        [value] = self.student.call(self.name, 1, (args, kwargs))
        return value

    def many(self, times, *args, **kwargs):
        """The results of the same call so many times, in one message: for functions that draw at random."""
        return self.student.call(self.name, times, (args, kwargs))


def grade(worker, plan, sheets, limits=DEFAULT_LIMITS, references=None, uses=None):
    """The `Graded` of one submission: every exercise of ``sheets`` gets its verdict, whatever happens.

    worker: runs the submission. plan: which cells, and where each exercise is judged. sheets: by exercise.
    references: by exercise; an answer that fails only because it relies on another, wrong answer is right with them.
    uses: by exercise, the others whose results its cases hand to it.
    """
    end = time.monotonic() + limits.submission_seconds
    run = Run(worker, plan, sheets, limits, end, experiments=False)
    try:
        run.visible_phase()
        if _misses_an_experiment(plan, run):
            run.close()
            run = Run(worker, plan, sheets, limits, end, experiments=True)
            run.visible_phase()
        run.hidden_phase()
        if references:
            run.dependency_phase(references, uses or {})
    finally:
        run.close()
    return run.graded()


class Run:
    """One submission on its way through both phases."""

    def __init__(self, worker, plan, sheets, limits, end, experiments):
        self.worker, self.plan, self.sheets, self.limits, self.end = worker, plan, sheets, limits, end
        self.experiments = experiments
        self.channels, self.servers = [], {}
        self.lost_cells, self.lost = {}, {}  # by index and by exercise: (kind, reason)
        self.excused = {}  # by exercise: the wrong answers that it calls, with whose references it is right
        self.start_again()

    def start_again(self):
        """Forget what the cells gave: they will run from the start."""
        self.results = {name: [] for name in self.sheets}
        self.notes = Graded({})

    # ------------------------------------------------------------------------------------ visible phase
    def visible_phase(self):
        """Run the cells and judge the visible cases, again without what ended the process, until the end is reached."""
        for _ in range(MAX_RUNS):
            if self._run_cells():
                return
            self.close()
            if time.monotonic() > self.end:
                return
            self.start_again()

    def _run_cells(self):
        """Run the steps from the start; False if the process was lost and has to be started again."""
        numbers = {name: number for number, name in enumerate(self.sheets)}
        steps = [
            {
                "cell": step.cell,
                "source": "" if self._is_left_out(step) else step.source,
                "exercises": [(name, numbers[name]) for name in step.exercises if name not in self.lost],
            }
            for step in self.plan.steps
        ]
        limits = {"cell_seconds": self.limits.cell_seconds}
        self.channels = self.worker.open(len(self.sheets))
        self.main, *servers = self.channels
        self.servers = dict(zip(self.sheets, servers))
        where = None
        try:
            _send(self.main, {"steps": steps, "limits": limits}, self.end)
            for step in steps:
                where = step["cell"]
                self._run_cell(where)
                for where, _ in step["exercises"]:
                    self._judge(where, visible=True)
                if step["exercises"]:
                    _send(self.main, {"settle": None}, self.end)
            return True
        except Lost as lost:
            kind, reason = self._cause(lost)
            places = self.lost if isinstance(where, str) else self.lost_cells
            places[where] = kind, reason
            return False

    def _is_left_out(self, step):
        return step.cell in self.lost_cells or (step.experiment and not self.experiments)

    def _run_cell(self, cell):
        event = _event(self.main, "cell", min(self.end, time.monotonic() + self.limits.cell_seconds + GRACE))
        status = str(event.get("status"))
        self.notes.keep_outputs(cell, status, event.get("outputs"))
        if status.startswith("MemoryError"):
            self.notes.faults.append(("out-of-memory", f"cell {cell + 1} needs too much memory"))
        if status == "timeout":
            self._note_timeout(event.get("cpu"), self.limits.cell_seconds)
            self.notes.faults.append(("timeout", f"cell {cell + 1} took over {self.limits.cell_seconds:g} s"))

    # ------------------------------------------------------------------------------------- hidden phase
    def hidden_phase(self):
        """Judge the hidden cases, whose results nothing that is shown can depend on."""
        for name, sheet in self.sheets.items():
            if name in self.lost or all(trial.visible for trial in sheet.trials):
                continue
            if not self.servers or time.monotonic() > self.end:
                self.lost[name] = "timeout", "the notebook as a whole took too long"
                continue
            try:
                self._judge(name, visible=False)
            except Lost as lost:
                self.lost[name] = self._cause(lost)

    # --------------------------------------------------------------------------------- dependency phase
    def dependency_phase(self, references, uses):
        """Judge answers that failed again, with references for the wrong answers that they call: a slip costs once."""
        solved = {
            name: name not in self.lost and all(result.passed for result in self.results[name]) for name in self.sheets
        }
        for name, others in calls_of(self.plan, self.sheets).items():
            wrong = [
                other for other in {**dict.fromkeys(others), **dict.fromkeys(uses.get(name, ()))} if not solved[other]
            ]
            if solved[name] or not wrong or name in self.lost or not self.servers or time.monotonic() > self.end:
                continue
            results = self._results_with({other: references[other] for other in wrong}, name)
            if results and all(result.passed and not result.got.modified for result in results):
                self.results[name] = results
                self.excused[name] = wrong

    def _results_with(self, references, name):
        """The results of all of an exercise's cases with references in these places; empty if they did not come."""
        channel, seconds = self.servers[name], self.limits.exercise_seconds
        channel.deadline = min(self.end, time.monotonic() + seconds + GRACE)
        student, sheet = RemoteStudent(channel, references), self.sheets[name]
        try:
            with time_limit(seconds + 2 * GRACE):
                channel.send({"stand_ins": list(references)})
                channel.send({"seconds": seconds})
                results = [*results_of(sheet, student, visible=True), *results_of(sheet, student, visible=False)]
                channel.send({"seconds": 0})
                return results
        except (OSError, OutOfTime, Lost):
            return []
        finally:
            self._settled(name, None, visible=False)

    def _loss(self, name):
        return self.lost.get(name, (None, None))

    def _judge(self, name, visible):
        """Judge an exercise's visible or hidden cases; `Lost` only if the process that runs the cells is."""
        seconds = self.limits.exercise_seconds
        channel, start = self.servers[name], time.monotonic()
        deadline = channel.deadline = min(self.end, start + seconds + GRACE)
        try:
            with time_limit(seconds + 2 * GRACE):
                channel.send({"seconds": seconds})
                self.results[name] += results_of(self.sheets[name], RemoteStudent(channel), visible)
                channel.send({"seconds": 0})
            kill = None
        except (OSError, OutOfTime):
            self.lost[name] = "timeout" if time.monotonic() >= deadline else "crashed", TIMED_OUT
            kill = True
        except Lost as lost:
            self.lost[name] = lost.kind, lost.reason
            kill = lost.kind == "timeout"
        seconds = time.monotonic() - start
        how = self._settled(name, kill, visible)
        if kill is not None:
            self._explain_loss(name, how, seconds, visible)

    def _settled(self, name, kill, visible):
        """How the server of an exercise stands, after what it left running was ended; killed first if ``kill``.

        The process that answers is the student's too: when the cells have run, it is not needed any more.
        """
        if self.main is None:
            return {}
        deadline = time.monotonic() + GRACE
        try:
            _send(self.main, {"settle": name, "kill": kill}, deadline)
            return _event(self.main, "settled", deadline)
        except Lost:
            if visible:
                raise
            self.main = None
            return {}

    def _explain_loss(self, name, how, seconds, visible):
        """Write why a server was lost, in the words of what the system says of its end."""
        kind, reason = self.lost[name]
        status = str(how.get("status"))
        alarms = {f"killed by signal {int(number)}" for number in (signal.SIGALRM, signal.SIGXCPU)}
        if status in alarms and seconds > STARVED * self.limits.exercise_seconds:
            kind, reason = "timeout", TIMED_OUT
        elif kind == "crashed":
            reason = (
                f"its process ended ({status[:40]})"
                if visible
                else "its process ended in a case that only the grader has"
            )
        if kind == "timeout":
            self._note_timeout(how.get("cpu"), seconds)
        self.lost[name] = self._cause(Lost(kind, reason))

    def _note_timeout(self, used, seconds):
        """A process that was hardly on a processor while its time ran may have been kept from it by others."""
        if not isinstance(used, (int, float)) or used < STARVED * seconds:
            self.notes.starved = True

    def _cause(self, lost):
        """(kind, reason) of a loss: what looks like a crash may have been the memory's end."""
        if self.worker.memory_ran_out():
            return "out-of-memory", f"it needed more memory than the {controlgroup.BYTES / 1e9:g} GB there are"
        return lost.kind, lost.reason

    def close(self):
        """End the submission's processes."""
        if self.channels:
            self.worker.close(self.channels)
        self.channels, self.servers = [], {}

    def graded(self):
        """The `Graded` of all that was seen."""
        done = self.notes
        for cell, (kind, reason) in self.lost_cells.items():
            done.outputs[cell] = (reason, [])
            done.faults.append((kind, f"cell {cell + 1}: {reason}"))
        for name, sheet in self.sheets.items():
            kind, reason = self._loss(name)
            if kind is None and len(self.results[name]) < len(sheet.trials):
                kind, reason = "timeout", "the notebook as a whole took too long"
            judged = self._verdict(sheet, kind, reason)
            if name in self.excused:
                judged = replace(judged, relation=told_of(self.excused[name]), explained="dependency")
            done.verdicts[name] = judged
            if kind:
                done.faults.append((kind, f"{name}: {reason}"))
            elif judged.error and judged.error.startswith("MemoryError"):
                done.faults.append(("out-of-memory", f"{name}: {judged.error}"))
        return done

    def _verdict(self, sheet, kind, reason, explain=True):
        """The verdict on one exercise; if its process was lost, in whatever case, all fail for that one reason."""
        results = [] if kind else self.results[sheet.name]
        known = {id(result.trial) for result in results}
        lost = [
            Result(trial, Outcome(error=kind, message=reason), False, reason)
            for trial in sheet.trials
            if id(trial) not in known
        ]
        results = in_order(sheet, results, lost)
        try:
            with time_limit(GRACE):
                return verdict(sheet, results, error=reason, explain=explain)
        except OutOfTime:  # what a student returns can make a search for relations long: the points stand without
            return verdict(sheet, results, error=reason, explain=False)


def told_of(wrong):
    """The sentence on an answer that is right but for the wrong answers that it relies on."""
    names = " and ".join(f"`{name}`" for name in wrong)
    return f"Right, but it relies on your {names}, which {'is' if len(wrong) == 1 else 'are'} wrong: fix that first."


def _event(channel, kind, deadline):
    message = _receive(channel, deadline)
    if message.get("event") != kind:
        what = str(message.get("error", "it stopped answering as it should"))[:300]
        raise Lost("crashed", f"the notebook's process ended: {what}")
    return message


def _asked(channel, message):
    """The answer of an exercise's server, before the deadline that its channel has."""
    _send(channel, message, channel.deadline)
    return _receive(channel, channel.deadline)


def _send(channel, message, deadline):
    try:
        channel.deadline = deadline
        channel.send(message)
    except TimeoutError:
        raise Lost("timeout", TIMED_OUT) from None
    except OSError:
        raise Lost("crashed", "the notebook's process ended") from None


def _receive(channel, deadline):
    """The next message as a dict; `Lost` at the deadline, at the end of the process, or for a garbled message."""
    try:
        channel.deadline = deadline
        message = channel.receive()
    except TimeoutError:
        raise Lost("timeout", TIMED_OUT) from None
    except (EOFError, OSError):
        raise Lost("crashed", "the notebook's process ended") from None
    except (ValueError, RecursionError):
        raise Lost("crashed", "the notebook's process sent something unreadable") from None
    if not isinstance(message, dict):
        raise Lost("crashed", "the notebook's process sent something unreadable")
    return message


def _misses_an_experiment(plan, run):
    """Whether something failed for want of a name that one of the book's experiment cells defines."""
    offered = frozenset().union(*(definitions(step.source) for step in plan.steps if step.experiment))
    complaints = [str(status) for status, _ in run.notes.outputs.values()]
    complaints += [result.message for results in run.results.values() for result in results]
    missing = {name for text in complaints for name in re.findall(r"name '(\w+)' is not defined", text)}
    return bool(offered & missing)

"""Grading one submission: a worker runs it, the judge in this process questions its functions."""

import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from array import array
from dataclasses import dataclass, field

from ..judging import plain
from ..judging.judge import Outcome, Result, StudentError, judge, verdict
from . import sandbox
from .memory import MemoryGroup
from .plan import definitions
from .worker import Channel

GRACE = 3.0  # seconds between the alarm inside a worker and the deadline outside
MAX_OUTPUTS = 16_000_000  # characters of outputs kept of one submission
MAX_RUNS = 40  # times that a submission is started again without what killed it


@dataclass(frozen=True)
class Limits:
    """Seconds for one cell, one exercise and a whole submission."""

    cell_seconds: float = 20.0
    exercise_seconds: float = 10.0
    submission_seconds: float = 180.0

    def as_message(self):
        return {
            "cell_seconds": self.cell_seconds,
            "exercise_seconds": self.exercise_seconds,
            "resources": sandbox.RESOURCES,
        }


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
    """What came of a submission."""

    verdicts: dict
    outputs: dict = field(default_factory=dict)  # of the cells that were run, by index
    faults: list = field(default_factory=list)  # (kind, reason), in order

    room: int = MAX_OUTPUTS

    def keep_outputs(self, cell, status, outputs):
        """Keep what a cell gave, while the submission as a whole stays in bounds."""
        self.room -= len(str(outputs))
        self.outputs.setdefault(cell, (status, outputs if self.room > 0 else []))

    @property
    def status(self):
        kinds = {kind for kind, _ in self.faults}
        return next((kind for kind in ("out-of-memory", "crashed", "timeout") if kind in kinds), "graded")


class Worker:
    """A warm process that runs submissions, started when it is first needed and replaced when it is not clean."""

    def __init__(self, sandboxed=True, index=None, apart=False):
        self.index = os.getpid() % sandbox.PROCESSES if index is None else index
        self.sandboxed, self.apart = sandboxed, apart
        self.folder = tempfile.mkdtemp(prefix="dlbook-worker-")
        os.chmod(self.folder, 0o755)
        sandbox.lay_out(self.folder)
        self.process = self.control = self.memory = None
        self.kills = 0

    def start(self):
        """Start the process and wait until it is warm; `RuntimeError` where it does not come up."""
        ours, theirs = socket.socketpair()
        line, environment = sandbox.command(self.folder, self.sandboxed, self.index, self.apart)
        if self.memory is None:
            self.memory = MemoryGroup.create(f"dlbook-{os.getpid()}-{self.index}", sandbox.GROUP_BYTES)
        self.process = subprocess.Popen(
            line,
            env=environment,
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            preexec_fn=self.memory.enter if self.memory else None,
        )
        theirs.close()
        self.control = ours
        if not self._expect(b"R", 60):
            self.process.kill()
            reason = self.process.communicate()[1].decode(errors="replace").strip().splitlines()
            raise RuntimeError(f"a worker did not start: {reason[-1] if reason else 'no reason given'}")

    def open(self):
        """The `Channel` of a new submission; a process that does not answer any more is replaced."""
        for _ in range(2):
            if self.process is None:
                self.start()
            ours, theirs = socket.socketpair()
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", [theirs.fileno()]))]
            try:
                self.control.sendmsg([b"S"], rights)
                answer = self._read(5, 20)
            except OSError:
                answer = b""
            finally:
                theirs.close()
            if len(answer) == 5 and answer[:1] == b"P":
                self.submission = struct.unpack(">I", answer[1:])[0]
                return Channel(ours)
            ours.close()
            self.stop()
        raise RuntimeError("a worker takes no submissions")

    def close(self, channel, kill=False):
        """End a submission; the process goes on if it is clean."""
        channel.connection.close()
        if kill or not self._expect(b"C", 10):
            self.stop()

    def stop(self):
        """Kill the process with all that runs in it."""
        if self.process is None:
            return
        if not self.sandboxed and getattr(self, "submission", None):
            try:
                os.killpg(self.submission, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        self.control.close()
        self.process = self.control = None

    def discard(self):
        self.stop()
        if self.memory:
            self.memory.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def memory_ran_out(self):
        """Whether a process was killed for want of memory since this was last asked."""
        before, self.kills = self.kills, self.memory.kills() if self.memory else 0
        return self.kills > before

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.discard()

    def _expect(self, byte, seconds):
        return self._read(1, seconds) == byte

    def _read(self, count, seconds):
        data, end = b"", time.monotonic() + seconds
        while len(data) < count:
            ready, _, _ = select.select([self.control], [], [], max(0.0, end - time.monotonic()))
            part = self.control.recv(count - len(data)) if ready else b""
            if not part:
                return data
            data += part
        return data


class RemoteStudent:
    """A student's functions in a worker, reached as attributes, as those of `LocalStudent` are."""

    def __init__(self, channel, deadline):
        self._channel, self._deadline = channel, deadline
        self.modified, self.strict = [], False

    def __getattr__(self, name):
        def call(*args, **kwargs):
            arguments = plain.dumps((args, kwargs))
            _send(self._channel, {"call": name, "arguments": arguments, "strict": self.strict}, self._deadline)
            return self._result(_receive(self._channel, self._deadline))

        return call

    def _result(self, reply):
        if "event" in reply:
            raise _lost(reply.get("status"))
        try:
            if "error" in reply:
                kinds = [str(kind)[:80] for kind in reply["error"]] or ["Exception"]
                line = reply.get("line")
                text = reply.get("text")
                raise StudentError(
                    kinds,
                    str(reply.get("message"))[:500],
                    line if isinstance(line, int) else None,
                    text[:200] if isinstance(text, str) else None,
                )
            self.modified += [str(name)[:80] for name in reply.get("modified", [])][:20]
            return plain.loads(reply["result"])
        except (ValueError, KeyError, TypeError) as error:
            raise StudentError(["TypeError"], f"the function returned something that cannot be read: {error}") from None


def grade(worker, plan, sheets, limits=DEFAULT_LIMITS):
    """The `Graded` of one submission: every exercise of ``sheets`` gets its verdict, whatever happens.

    worker: runs the submission. plan: which cells, and where each exercise is judged. sheets: by exercise.
    """
    graded = _grade(worker, plan, sheets, limits, experiments=False)
    if _misses_an_experiment(plan, graded):
        graded = _grade(worker, plan, sheets, limits, experiments=True)
    return graded


def _grade(worker, plan, sheets, limits, experiments):
    graded, lost_cells = Graded({}), set()
    end = time.monotonic() + limits.submission_seconds
    for _ in range(MAX_RUNS):
        steps = [
            {
                "cell": step.cell,
                "source": "" if step.cell in lost_cells or (step.experiment and not experiments) else step.source,
                "exercises": [name for name in step.exercises if name not in graded.verdicts],
            }
            for step in plan.steps
        ]
        if _run_once(worker, steps, sheets, limits, end, graded, lost_cells):
            break
        if time.monotonic() > end:
            break
    for name, sheet in sheets.items():
        if name not in graded.verdicts:
            _lose(graded, sheet, "timeout", "the notebook as a whole took too long")
    graded.verdicts = {name: graded.verdicts[name] for name in sheets}
    return graded


def _run_once(worker, steps, sheets, limits, end, graded, lost_cells):
    """Run the steps from the start; False where the process was lost and has to be started again."""
    channel = worker.open()
    killed = True
    try:
        _send(channel, {"steps": steps, "limits": limits.as_message()}, end)
        for step in steps:
            try:
                event = _event(channel, "cell", min(end, time.monotonic() + limits.cell_seconds + GRACE))
                outputs = event.get("outputs")
                graded.keep_outputs(step["cell"], event.get("status"), outputs)
                if str(event.get("status")).startswith("MemoryError"):
                    graded.faults.append(("out-of-memory", f"cell {step['cell'] + 1} needs too much memory"))
                if event.get("status") == "timeout":
                    graded.faults.append(("timeout", f"cell {step['cell'] + 1} took over {limits.cell_seconds:g} s"))
            except Lost as lost:
                kind, reason = _cause(worker, lost)
                lost_cells.add(step["cell"])
                graded.outputs[step["cell"]] = (reason, [])
                graded.faults.append((kind, f"cell {step['cell'] + 1}: {reason}"))
                return False
            for name in step["exercises"]:
                if not _judge_exercise(worker, channel, sheets[name], limits, end, graded):
                    return False
        killed = False
        return True
    finally:
        worker.close(channel, kill=killed)


def _judge_exercise(worker, channel, sheet, limits, end, graded):
    """Judge one exercise; False where the submission has to be started again without it."""
    deadline = min(end, time.monotonic() + limits.exercise_seconds + GRACE)
    try:
        _event(channel, "exercise", deadline)
        result = judge(sheet, RemoteStudent(channel, deadline))
        _send(channel, {"call": None}, deadline)
        _event(channel, "ended", deadline)
    except Lost as lost:
        _lose(graded, sheet, *_cause(worker, lost))
        return False  # also where the process is still there: half a message of the exercise's may be under way
    graded.verdicts[sheet.name] = result
    if result.error and result.error.startswith("MemoryError"):
        graded.faults.append(("out-of-memory", f"{sheet.name}: {result.error}"))
    return True


def _cause(worker, lost):
    """(kind, reason) of a loss: what looks like a crash may have been the memory's end."""
    if worker.memory_ran_out():
        return "out-of-memory", f"it needed more memory than the {sandbox.GROUP_BYTES / 1e9:g} GB there are"
    return lost.kind, lost.reason


def _lose(graded, sheet, kind, reason):
    """Every case of the exercise fails for one reason."""
    results = [Result(t, Outcome(error=kind, message=reason), False, reason) for t in sheet.trials]
    graded.verdicts[sheet.name] = verdict(sheet, results, error=reason)
    graded.faults.append((kind, f"{sheet.name}: {reason}"))


def _event(channel, kind, deadline):
    message = _receive(channel, deadline)
    if message.get("event") != kind:
        what = str(message.get("error", "it stopped answering as it should"))[:300]
        raise Lost("crashed", f"the notebook's process ended: {what}")
    return message


def _send(channel, message, deadline):
    try:
        channel.connection.settimeout(max(0.01, deadline - time.monotonic()))
        channel.send(message)
    except TimeoutError:
        raise Lost("timeout", "it did not end in the time allowed") from None
    except OSError:
        raise Lost("crashed", "the notebook's process ended") from None


def _receive(channel, deadline):
    """The next message as a dict; `Lost` at the deadline, at the end of the process, or for a garbled message."""
    try:
        channel.deadline = deadline
        message = channel.receive()
    except TimeoutError:
        raise Lost("timeout", "it did not end in the time allowed (is there an endless loop?)") from None
    except (EOFError, OSError):
        raise Lost("crashed", "the notebook's process ended") from None
    except (ValueError, RecursionError):
        raise Lost("crashed", "the notebook's process sent something unreadable") from None
    if not isinstance(message, dict):
        raise Lost("crashed", "the notebook's process sent something unreadable")
    return message


def _lost(status):
    """The `Lost` for how an exercise's process ended while it was asked something."""
    if status in ("timeout", f"killed by signal {int(signal.SIGALRM)}", f"killed by signal {int(signal.SIGXCPU)}"):
        return Lost("timeout", "it did not end in the time allowed (is there an endless loop?)")
    if status == f"killed by signal {int(signal.SIGKILL)}":
        return Lost("crashed", "its process was killed")
    return Lost("crashed", f"its process ended ({status})")


def _misses_an_experiment(plan, graded):
    """Whether something failed for want of a name that one of the book's experiment cells defines."""
    offered = frozenset().union(*(definitions(step.source) for step in plan.steps if step.experiment))
    complaints = [str(status) for status, _ in graded.outputs.values()]
    complaints += [verdict.error or "" for verdict in graded.verdicts.values()]
    missing = {name for text in complaints for name in re.findall(r"name '(\w+)' is not defined", text)}
    return bool(offered & missing)

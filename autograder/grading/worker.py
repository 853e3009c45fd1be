"""The student's side: a warm process that runs submissions, each in a fork of its own.

The warm process (the *zygote*) has imported what notebooks import. It is told through standard input to take a
submission; the channel to the judge comes with it as a socket. The submission's fork runs the cells and forks
again wherever an exercise is judged, so that nothing that one exercise does reaches another. Nobody believes
what comes out of here: the judge takes it as answers to its questions and nothing else.

This module is copied into the sandbox together with ``autograder.judging``; it may import nothing else of the
course.
"""

import array
import gc
import itertools
import json
import os
import resource
import select
import shutil
import signal
import socket
import struct
import sys
import time
import types

MAX_OUTPUT = 64_000  # characters of text kept of one cell
MAX_FIGURES = 8  # pictures kept of one cell
MAX_DATA = 4_000_000  # characters of all pictures of one cell
MAX_RESULT = 8_000_000  # characters of one result
MAX_FRAME = 16_000_000  # bytes of one message


# ------------------------------------------------------------------------------------------------ channel
class Channel:
    """Messages over a socket: four bytes of length, then JSON."""

    def __init__(self, connection):
        self.connection = connection
        self.deadline = None  # by time.monotonic, for a whole message however slowly it drips in

    def send(self, message):
        data = json.dumps(message).encode()
        if len(data) > MAX_FRAME:
            raise OverflowError(f"a message of {len(data) / 1e6:.0f} MB")
        self.connection.sendall(struct.pack(">I", len(data)) + data)

    def receive(self):
        """The next message; `EOFError` when the other side is gone."""
        (length,) = struct.unpack(">I", self._exactly(4))
        if length > MAX_FRAME:
            raise ValueError(f"a message of {length / 1e6:.0f} MB")
        return json.loads(self._exactly(length))

    def _exactly(self, count):
        parts = []
        while count:
            if self.deadline is not None:
                self.connection.settimeout(max(0.001, self.deadline - time.monotonic()))
            part = self.connection.recv(min(count, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


# ------------------------------------------------------------------------------------------------- zygote
def main():
    """Serve until standard input ends: each byte there brings the socket of one submission."""
    control = socket.socket(fileno=os.dup(0))
    options = json.loads(os.environ.get("DLBOOK_WORKER", "{}"))
    shell = warm_up()
    quiet_standard_streams()
    forbid_tracing()
    gc.freeze()  # what is here now stays shared between the forks
    allowed = {folder: set(os.listdir(folder)) for folder in ("/tmp", "/dev/shm")} if options["sandboxed"] else {}
    control.sendall(b"R")  # ready
    for count in itertools.count():
        connection = receive_socket(control)
        if connection is None:
            return
        child = os.fork()
        if child == 0:
            control.close()
            channel = Channel(connection)
            try:
                run_submission(channel, shell, options, count)
            except BaseException as error:
                channel.send({"event": "failed", "error": type(error).__name__})
            finally:  # whatever happens, nothing of what the student left to be done at the end
                os._exit(0)
        connection.close()
        control.sendall(b"P" + struct.pack(">I", child))
        os.waitpid(child, 0)
        control.sendall(b"C" if clean_up(allowed) else b"D")  # clean, or dirty: replace me


def warm_up():
    """Import what notebooks import, and make the shell that runs their cells."""
    import matplotlib

    matplotlib.use("module://matplotlib_inline.backend_inline")
    import matplotlib.pyplot
    import numpy as np
    from IPython.core.interactiveshell import InteractiveShell
    from matplotlib_inline.backend_inline import configure_inline_support
    from traitlets.config import Config

    import autograder.judging.judge  # noqa: F401 - while files are there to be read

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.autocall = 0
    shell = InteractiveShell.instance(config=config)
    configure_inline_support(shell, "module://matplotlib_inline.backend_inline")
    shell.run_cell("pass", silent=True)
    np.ones((8, 8)) @ np.ones((8, 8))
    checks = types.ModuleType("checks")
    checks.check = lambda *args, **kwargs: None  # the judge checks; a student's own cells may call it too
    sys.modules["checks"] = checks
    return shell


def quiet_standard_streams():
    """Nothing that is written to descriptors 0, 1 and 2 goes anywhere."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def forbid_tracing():
    """No process of the same user may look into this one or write to its memory (prctl PR_SET_DUMPABLE)."""
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(4, 0, 0, 0, 0)


def receive_socket(control):
    """The socket of the next submission, or None at the end."""
    descriptors = array.array("i")
    data, ancillary, _, _ = control.recvmsg(1, socket.CMSG_LEN(descriptors.itemsize))
    if not data:
        return None
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(content[: descriptors.itemsize])
    return socket.socket(fileno=descriptors[0])


def clean_up(allowed):
    """Kill what a submission left running and remove what it left lying; whether nothing is left.

    allowed: what was in each writable folder before; empty without a sandbox, where nothing can be cleaned.
    """
    if not allowed:
        return True
    for _ in range(100):
        try:
            os.kill(-1, signal.SIGKILL)  # as process 1 of its namespace: everything else there
        except ProcessLookupError:
            break
        try:
            while os.waitpid(-1, 0):
                pass
        except ChildProcessError:
            pass
    for folder, entries in allowed.items():
        for entry in os.scandir(folder):
            if entry.name in entries:
                continue
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                try:
                    os.unlink(entry.path)
                except OSError:
                    pass
        if set(os.listdir(folder)) - entries:
            return False
    return all(_lines(f"/proc/sysvipc/{kind}") <= 1 for kind in ("shm", "sem", "msg"))


def _lines(path):
    try:
        with open(path) as file:
            return len(file.readlines())
    except OSError:
        return 0


# --------------------------------------------------------------------------------------------- submission
def run_submission(channel, shell, options, count):
    """Run the cells of one submission and let the judge question its functions where it wants to."""
    request = channel.receive()
    limits = request["limits"]
    give_up_rights(options, limits, count)
    namespace, owner = shell.user_ns, os.getpid()
    for step in request["steps"]:
        status, outputs = run_cell(shell, step["source"], limits["cell_seconds"])
        leave_if_forked(owner)
        end_others(options)
        channel.send({"event": "cell", "cell": step["cell"], "status": status, "outputs": outputs})
        for name in step["exercises"]:
            channel.send({"event": "exercise", "name": name})
            child = os.fork()
            if child == 0:
                try:
                    serve_exercise(channel, namespace, limits)
                finally:
                    os._exit(0)
            status = wait(child, limits["exercise_seconds"] + 2)
            end_others(options)
            channel.send({"event": "ended", "name": name, "status": status})
    channel.send({"event": "done"})


def end_others(options):
    """End what a cell or a function left running: its processes may be all that the submission is allowed."""
    if not options["sandboxed"]:
        return
    for _ in range(20):
        others = [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in (1, os.getpid())]
        alive = False
        for pid in others:
            try:
                os.kill(pid, signal.SIGKILL)
                alive = True
            except OSError:
                pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except OSError:
            pass
        if not alive:
            return


def leave_if_forked(owner):
    """End a copy of this process that a student's code made by ``os.fork``: only the original may answer."""
    if os.getpid() != owner:
        os._exit(0)


def give_up_rights(options, limits, count):
    """Limits for this process and all that it starts; in the sandbox also another user without rights."""
    os.setsid()
    with open("/proc/self/oom_score_adj", "w") as file:  # if memory runs out, it is the student's process that goes
        file.write("1000")
    for name, value in limits.get("resources", {}).items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))
    user = options.get("user")
    if user is not None:
        user += count % options["users"]
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    os.chdir(options.get("folder", os.getcwd()))


def run_cell(shell, source, seconds):
    """(status, outputs) of one cell; a cell that takes longer than ``seconds`` is interrupted."""
    from IPython.utils.capture import capture_output

    from autograder.judging.judge import text_of

    if not source.strip():
        return "ok", []
    text = BoundedText()
    with capture_output() as captured, Alarm(seconds):
        sys.stdout = sys.stderr = text
        try:
            result = shell.run_cell(source, store_history=False)
        except TimeUp:
            result, failure = None, "timeout"
        except BaseException:
            result, failure = None, "interrupted"
    outputs = [{"output_type": "stream", "name": "stdout", "text": text.getvalue()}] if text.getvalue() else []
    room = MAX_DATA
    for output in captured.outputs[:MAX_FIGURES]:
        data = {kind: item for kind, item in output.data.items() if kind in ("text/plain", "image/png")}
        data = {kind: _base64(item) if kind == "image/png" else str(item)[:MAX_OUTPUT] for kind, item in data.items()}
        room -= sum(map(len, data.values()))
        if room >= 0:
            outputs.append({"output_type": "display_data", "data": data, "metadata": {}})
    if result is None:
        return failure, outputs
    error = result.error_before_exec or result.error_in_exec
    if isinstance(error, TimeUp):
        return "timeout", outputs
    return ("ok" if error is None else f"{type(error).__name__}: {text_of(error)}"), outputs


def _base64(item):
    import base64

    return item if isinstance(item, str) else base64.b64encode(item).decode()


class BoundedText:
    """A text file that keeps the first `MAX_OUTPUT` characters and counts the rest."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self):
        self.parts, self.room, self.dropped = [], MAX_OUTPUT, 0

    def write(self, text):
        text = str(text)
        self.parts.append(text[: self.room]) if self.room else None
        self.dropped += max(0, len(text) - self.room)
        self.room = max(0, self.room - len(text))
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        pass

    def isatty(self):
        return False

    def writable(self):
        return True

    def readable(self):
        return False

    def fileno(self):
        raise OSError("this stream has no descriptor")

    def getvalue(self):
        tail = f"\n… {self.dropped} more characters were printed" if self.dropped else ""
        return "".join(self.parts) + tail


class TimeUp(BaseException):
    """Raised in a student's code when its time is over."""


class Alarm:
    """Raise `TimeUp` after ``seconds``, and again each second, for code that swallows exceptions."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __enter__(self):
        def ring(signum, frame):
            raise TimeUp

        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, self.seconds, 1.0)

    def __exit__(self, *exception):
        signal.setitimer(signal.ITIMER_REAL, 0)


def wait(child, seconds):
    """How a child ended: ``"ok"``, ``"killed by signal N"``, ``"exit N"`` or ``"timeout"`` (then it is killed)."""
    status = wait_for_end(child, seconds)
    if status is None:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return "timeout"
    if os.WIFSIGNALED(status):
        return f"killed by signal {os.WTERMSIG(status)}"
    code = os.WEXITSTATUS(status)
    return "ok" if code == 0 else f"exit {code}"


def wait_for_end(child, seconds):
    """The status of a child that ended within ``seconds``, else None."""
    try:
        descriptor = os.pidfd_open(child)
    except OSError:  # the student's cells may hold every descriptor that is allowed
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                return status
            time.sleep(0.005)
        return None
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        ended = poll.poll(seconds * 1000)
    finally:
        os.close(descriptor)
    return os.waitpid(child, 0)[1] if ended else None


# ----------------------------------------------------------------------------------------------- exercise
def serve_exercise(channel, namespace, limits):
    """Answer the judge's calls of the student's functions until it has no more."""
    from autograder.judging import plain

    kept, generators = [], {}

    def keep(value):
        kept.append(value)
        return len(kept) - 1

    def resolve(handle):
        if isinstance(handle, tuple) and handle[0] == "rng":
            _, seed, key = handle
            return generators.setdefault(key, plain.Rng(seed))
        return plain.Opaque("object", value=kept[handle])

    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # an alarm that no except clause can swallow
    signal.setitimer(signal.ITIMER_REAL, limits["exercise_seconds"])
    sys.stdout = sys.stderr = BoundedText()
    owner = os.getpid()
    while True:
        message = channel.receive()
        if message.get("call") is None:
            return
        reply = answer(message, namespace, keep, resolve)
        leave_if_forked(owner)
        channel.send(reply)


def answer(message, namespace, keep, resolve):
    """The reply to one call: ``result`` and ``modified``, or ``error``."""
    from autograder.judging import plain
    from autograder.judging.judge import StudentError, call_on_copies

    name = message["call"]
    function = namespace.get(name)
    try:
        if function is None:
            raise StudentError(["NameError"], f"{name} is not defined")
        if not callable(function):
            raise StudentError(["TypeError"], f"{name} is not a function but {type(function).__name__}")
        args, kwargs = plain.loads(message["arguments"], resolve)
        value, modified = call_on_copies(function, args, kwargs, message["strict"], keep)
        if plain.size(value) > MAX_RESULT:
            raise OverflowError(f"{plain.size(value) / 1e6:.0f} MB")
        result = plain.dumps(value)
        if len(result) > MAX_RESULT:
            raise OverflowError(f"{len(result) / 1e6:.0f} MB")
        return {"result": result, "modified": modified}
    except StudentError as error:
        return {"error": error.kinds, "message": error.message, "line": error.line, "text": error.text}
    except plain.NotPlain as error:
        return {"error": ["TypeError"], "message": f"the function returned {error}"}
    except MemoryError:
        return {"error": ["MemoryError"], "message": "the function needs too much memory"}
    except OverflowError as error:
        return {"error": ["OverflowError"], "message": f"the function returned too much: {error}"}
    except BaseException as error:
        return {"error": [type(error).__name__], "message": "the function ended in this way"}


if __name__ == "__main__":
    main()

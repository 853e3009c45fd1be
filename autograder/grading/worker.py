"""The student's side: a warm process that runs submissions, each in namespaces of its own.

The warm process (the *zygote*) has imported what notebooks import. It is told through standard input to take a
submission; the channels to the judge come with it as sockets. The submission's process runs the cells and forks a
*server* wherever an exercise is judged, so that nothing that one exercise does reaches another. A server answers
calls: those of the visible cases before the next cell runs, those of the hidden cases when every cell has run and
nothing is shown any more. Nobody believes what comes out of here: the judge takes it as answers to its questions.

This module is copied into the sandbox together with those that it imports; it may import nothing else of the course.
"""

import array
import builtins
import gc
import itertools
import json
import os
import select
import signal
import socket
import struct
import sys
import time

from . import confinement
from .cells import BoundedText, make_shell, run_cell
from .channel import Channel

MAX_RESULT = 8_000_000  # characters of one result
MAX_CHANNELS = 200  # of one submission: one for its cells and one for each exercise
SETTLING = 2.0  # seconds for a server to end once it is told to


# ------------------------------------------------------------------------------------------------- zygote
def main():
    """Serve until standard input ends: an ``S`` there brings the sockets of one submission, a ``K`` ends it."""
    control = socket.socket(fileno=os.dup(0))
    options = json.loads(os.environ.get("DLBOOK_WORKER", "{}"))
    refuse_to_see(options.get("private", ()))
    shell = make_shell()
    import autograder.judging.judge  # noqa: F401 - once for all submissions, and while its files can be read

    quiet_standard_streams()
    confinement.forbid_tracing()
    spaces = confinement.namespaces(options["network"]) if options["confined"] else None
    gc.freeze()  # what is here now stays shared between the forks
    tell(control, b"R", {"namespaces": spaces is not None})
    for count in itertools.count():
        sockets = receive_sockets(control)
        if not sockets:
            return
        child = spaces.fork() if spaces else os.fork()
        if child == 0:
            control.close()
            run_first_process(sockets, shell, options, spaces, count)
        for connection in sockets:
            connection.close()
        tell(control, b"P", {"process": child})
        ended = not control.recv(1)  # whatever is sent then, and the end of the judge, ends the submission
        end_submission(child, spaces)
        if ended:
            return
        control.sendall(b"C")


def refuse_to_see(folders):
    """End this worker if one of the course's own folders can be read from here."""
    for folder in folders:
        if os.path.isdir(folder) and os.access(folder, os.R_OK) and os.listdir(folder):
            sys.exit(f"the sandbox shows {folder}, which students must not read")


def tell(control, kind, facts):
    data = json.dumps(facts).encode()
    control.sendall(kind + struct.pack(">I", len(data)) + data)


def quiet_standard_streams():
    """Nothing that is written to descriptors 0, 1 and 2 goes anywhere."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def receive_sockets(control):
    """The sockets of the next submission, none at the end."""
    descriptors = array.array("i")
    room = socket.CMSG_LEN(MAX_CHANNELS * descriptors.itemsize)
    data, ancillary, _, _ = control.recvmsg(1, room)
    if not data:
        return []
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
    return [socket.socket(fileno=descriptor) for descriptor in descriptors]


def end_submission(child, spaces):
    """Kill all that a submission started; without namespaces, what stayed in its process group."""
    for kill, number in ((os.kill, child), *([] if spaces else [(os.killpg, child)])):
        try:
            kill(number, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
    os.waitpid(child, 0)


# --------------------------------------------------------------------------------------------- submission
def run_first_process(sockets, shell, options, spaces, count):
    """The first process of a submission; in namespaces it only waits, as it is the one that no signal ends."""
    try:
        os.setsid()
        shut_in(options, spaces, count)
        if spaces is None or os.fork() == 0:
            confinement.end_with_parent()
            run_submission(*map(Channel, sockets), shell=shell, alone=spaces is not None)
        else:
            for connection in sockets:
                connection.close()
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            while os.wait():
                pass
    except ChildProcessError:
        pass
    except BaseException as error:
        try:
            Channel(sockets[0]).send({"event": "failed", "error": f"{type(error).__name__}: {error}"[:300]})
        except (OSError, ValueError):
            pass
    finally:  # whatever happens, nothing of what the student left to be done at the end
        os._exit(0)


def shut_in(options, spaces, count):
    """Give this process its limits and take its rights away, before any of the student's code runs."""
    confinement.offer_to_memory_killer()
    if spaces:
        spaces.enter(options["scratch"], options["keep"])
    confinement.set_limits(options["limits"])
    user = options.get("user")
    if options["confined"]:
        confinement.give_up_rights(None if user is None else user + count % options["users"])
    program = bytes.fromhex(options.get("filter", ""))
    if program:
        confinement.filter_system_calls(program)
    os.chdir(options["folder"])


def run_submission(main, *exercises, shell, alone):
    """Run the cells of one submission, and fork a server where each exercise is judged.

    main: the channel for the cells. exercises: those for the servers. alone: nothing else runs in this namespace.
    """
    request = main.receive()
    limits, owner, servers = request["limits"], os.getpid(), Servers(main, exercises, alone)
    for step in request["steps"]:
        used = time.process_time()
        status, outputs = run_cell(shell, step["source"], limits["cell_seconds"])
        leave_if_forked(owner)
        servers.end_others()
        for name, number in step["exercises"]:
            servers.start(name, number, shell.user_ns)
        used = time.process_time() - used
        main.send({"event": "cell", "cell": step["cell"], "status": status, "outputs": outputs, "cpu": used})
        if step["exercises"]:
            servers.settle()
    main.send({"event": "done"})
    servers.settle()


def leave_if_forked(owner):
    """End a copy of this process that a student's code made by ``os.fork``: only the original may answer."""
    if os.getpid() != owner:
        os._exit(0)


class Servers:
    """The processes in which exercises are judged, kept from the place of each until all cells have run."""

    def __init__(self, main, channels, alone):
        self.main, self.channels, self.alone = main, channels, alone
        self.running = {}

    def start(self, name, number, namespace):
        """Fork the server of an exercise, which answers on channel ``number``."""
        child = os.fork()
        if child == 0:
            try:
                self.main.close()
                for index, channel in enumerate(self.channels):
                    if index != number:
                        channel.close()
                serve_exercise(self.channels[number], namespace)
            finally:
                os._exit(0)
        self.channels[number].close()
        self.running[name] = child

    def settle(self):
        """Tell the judge how servers stand, end them or what they left running, until it says to continue."""
        while True:
            message = self.main.receive()
            name = message.get("settle")
            if name is None:
                return
            self.main.send({"event": "settled", "name": name, **self.state(name, message.get("kill"))})

    def state(self, name, kill):
        """``status`` (``"waiting"``, or how it ended) and processor seconds of a server.

        kill: whether to kill it at once, or, if False, unless it ends by itself; None leaves it.
        """
        child = self.running.get(name)
        if child is None:
            return {"status": "ended", "cpu": 0.0}
        ended = None if kill else wait_for_end(child, 0 if kill is None else SETTLING)
        if ended is None and kill is not None:
            os.kill(child, signal.SIGKILL)
            ended = wait_for_end(child, SETTLING)
        self.end_others()
        if ended is None:
            return {"status": "waiting", "cpu": 0.0}
        del self.running[name]
        status, usage = ended
        return {"status": status, "cpu": usage.ru_utime + usage.ru_stime}

    def end_others(self):
        """End what a cell or a function left running: its processes may be all that the submission is allowed."""
        if not self.alone:
            return
        spared = {1, os.getpid(), *self.running.values()}
        for _ in range(20):
            others = [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in spared]
            for pid in others:
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass
            self.reap()
            if not others:
                return

    def reap(self):
        """Forget processes that have ended, but not servers: how those ended is still asked."""
        for pid in [int(name) for name in os.listdir("/proc") if name.isdigit()]:
            if pid not in self.running.values():
                try:
                    os.waitpid(pid, os.WNOHANG)
                except OSError:
                    pass


def wait_for_end(child, seconds):
    """(how, resource usage) of a child that ended within ``seconds``, else None."""
    end = time.monotonic() + seconds
    try:
        descriptor = os.pidfd_open(child)
    except OSError:  # the student's cells may hold every descriptor that is allowed
        descriptor = None
    try:
        if descriptor is not None:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            poll.poll(seconds * 1000)
        while True:
            pid, status, usage = os.wait4(child, os.WNOHANG)
            if pid:
                return how_it_ended(status), usage
            if time.monotonic() >= end:
                return None
            time.sleep(0.005)
    finally:
        if descriptor is not None:
            os.close(descriptor)


def how_it_ended(status):
    """``"killed by signal N"`` or ``"exit N"``."""
    if os.WIFSIGNALED(status):
        return f"killed by signal {os.WTERMSIG(status)}"
    return f"exit {os.WEXITSTATUS(status)}"


# ----------------------------------------------------------------------------------------------- exercise
def serve_exercise(channel, namespace):
    """Answer the judge's calls of the student's functions until the channel ends."""
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
    sys.stdout = sys.stderr = BoundedText()
    owner, given = os.getpid(), None
    while True:
        message = channel.receive()
        if "seconds" in message:  # for the calls that follow; none where the judge has other things to do
            signal.setitimer(signal.ITIMER_REAL, message["seconds"])
            continue
        if "inputs" in message:
            channel.send(inputs_after(given))
            continue
        if "stand_ins" in message:
            namespace.update({name: stand_in(channel, name) for name in message["stand_ins"]})
            continue
        reply, given = answer(message, namespace, keep, resolve)
        leave_if_forked(owner)
        channel.send(reply)


def answer(message, namespace, keep, resolve):
    """(the reply to one call, what was called with its arguments as they are after it).

    Several times the same call is one message: what draws at random is called hundreds of times. The reply has
    ``results`` and ``inputs``, a digest of the arguments after a call, the first that changed them; or ``error``.
    """
    from autograder.judging import plain
    from autograder.judging.judge import StudentError, call_on_copies, function_of

    try:
        function = function_of(namespace, message["call"])
        args, kwargs = plain.loads(message["arguments"], resolve)
        before, results, room, given = plain.digest((args, kwargs)), [], MAX_RESULT, None
        for _ in range(message["times"]):
            value, after = call_on_copies(function, args, kwargs, message["strict"], keep)
            room -= plain.size(value)
            if room < 0:
                raise OverflowError(f"over {MAX_RESULT / 1e6:.0f} MB")
            results.append(value)
            if given is None or given[2] == before:
                given = function, after, plain.digest(after)
        text = plain.dumps(results)
        if len(text) > MAX_RESULT:
            raise OverflowError(f"{len(text) / 1e6:.0f} MB")
        return {"results": text, "inputs": given[2] if given else before}, given
    except StudentError as error:
        return {"error": error.kinds, "message": error.message, "line": error.line, "text": error.text}, None
    except plain.NotPlain as error:
        return {"error": ["TypeError"], "message": f"the function returned {error}"}, None
    except MemoryError:
        return {"error": ["MemoryError"], "message": "the function needs too much memory"}, None
    except OverflowError as error:
        return {"error": ["OverflowError"], "message": f"the function returned too much: {error}"}, None
    except BaseException as error:
        return {"error": [type(error).__name__], "message": "the function ended in this way"}, None


def stand_in(channel, name):
    """A function that asks the judge what the reference of this name gives: the reference itself never comes here."""
    from autograder.judging import plain

    def ask(*args, **kwargs):
        channel.send({"ask": name, "arguments": plain.dumps(plain.to_plain((args, kwargs)))})
        reply = channel.receive()
        if "error" in reply:
            raise getattr(builtins, reply["error"], RuntimeError)("the function that is called refused")
        return plain.loads(reply["result"])

    return ask


def inputs_after(given):
    """The reply to the question what the last call left of its arguments."""
    from autograder.judging import plain
    from autograder.judging.judge import parameters_of

    try:
        function, after, _ = given
        return {"inputs": plain.dumps(plain.to_plain(after)), "names": [str(name) for name in parameters_of(function)]}
    except BaseException:  # they may be anything now
        return {"inputs": None}


if __name__ == "__main__":
    main()

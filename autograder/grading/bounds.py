"""Bounds on the judge itself: students' results decide how long and how large its own work gets."""

import resource
import signal
import threading
from contextlib import contextmanager

ROOM = 2_500_000_000  # bytes that a grading process may grow by


class OutOfTime(BaseException):
    """The judge's own work took too long. Not an `Exception`: no probe may take it for an error of the student's."""


@contextmanager
def time_limit(seconds):
    """Raise `OutOfTime` in this block after so many seconds.

    Only a process' main thread can be interrupted so; in another (on a cluster) the deadlines of messages must do.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(signum, frame):
        raise OutOfTime

    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def bound_memory():
    """Let this process grow by `ROOM` and no more: a result that is too large raises MemoryError here."""
    try:
        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
    except OSError:  # no Linux: no bound
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, hard))

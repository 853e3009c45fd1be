"""One run at a time on a folder: what `dlbook grade`, `forget`, `report`, `export` and `merge` hold while they work.

The lock is the operating system's own on ``DIR/.dlbook.lock``, so that it ends with the process that holds it, however
that ends. Who holds it stands next to it, in ``DIR/.dlbook.lock.json``, for the line that another run is told.
"""

import errno
import functools
import getpass
import inspect
import json
import os
import socket
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import UserError

LOCK, OWNER = ".dlbook.lock", ".dlbook.lock.json"
NOT_WRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS}


class InUse(UserError):
    """Another run holds the folder; the message says whose."""


@contextmanager
def hold(folder, command, create=False, reading=False):
    """Hold ``folder`` for one command; `InUse` if another run holds it.

    create: make the folder first, and take it away again if the command leaves nothing in it. reading: a folder that
    cannot be written into is used without a lock. A folder that does not exist is left to the command to complain of.
    """
    folder = Path(folder)
    made = create and not folder.exists()
    if create:
        folder.mkdir(parents=True, exist_ok=True)
    if not folder.is_dir():
        yield
        return
    existed = (folder / LOCK).exists()
    lock = FileLock(folder / LOCK, timeout=0, mode=0o666)  # several graders may share a folder
    try:
        lock.acquire()
    except Timeout:
        raise InUse(f"{folder} is in use: {_said_by(folder)}") from None
    except OSError as error:
        if not (reading and error.errno in NOT_WRITABLE):
            raise
        yield
        return
    try:
        _sign(folder, command)
        yield
    except BaseException:
        if not existed:  # nothing has begun: leave the folder as it was
            with suppress(OSError):
                (folder / LOCK).unlink()
        raise
    finally:
        with suppress(OSError):
            (folder / OWNER).unlink(missing_ok=True)
        lock.release()
        if made:
            with suppress(OSError):  # there is something in it, as there should be
                folder.rmdir()


def holds(parameter, command, create=False, reading=False):
    """A decorator: the function runs while the folder that its ``parameter`` names is held."""

    def decorate(function):
        signature = inspect.signature(function)

        @functools.wraps(function)
        def held(*arguments, **named):
            folder = signature.bind(*arguments, **named).arguments[parameter]
            with hold(folder, command, create, reading):
                return function(*arguments, **named)

        return held

    return decorate


def _sign(folder, command):
    owner = {"command": command, "user": _user(), "host": socket.gethostname(), "pid": os.getpid()}
    owner["since"] = datetime.now().astimezone().isoformat(timespec="seconds")
    with suppress(OSError):  # a full disk is told by what cannot do without it
        (folder / OWNER).write_text(json.dumps(owner), encoding="utf-8")


def _said_by(folder):
    try:
        owner = json.loads((folder / OWNER).read_text(encoding="utf-8"))
        command, user, host, pid, since = (owner[key] for key in ("command", "user", "host", "pid", "since"))
    except (OSError, ValueError, KeyError, TypeError):
        return "another run has just started on it: wait until it has ended"
    return (
        f"`dlbook {command}` of {user} on {host} (process {pid}) has held it since {since}: "
        "wait until it has ended, or stop it"
    )


def _user():
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in containers
        return f"user {os.getuid()}"

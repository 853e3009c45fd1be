"""What shuts a submission in, done from inside its worker just before a student's code runs.

The worker holds the one right that this takes (CAP_SYS_ADMIN, as root or in bubblewrap's user namespace); the process
that runs a student's code has given it up for good. Sources: namespaces(7), keyrings(7), seccomp(2), prctl(2).

This module is copied into the sandbox; it may import nothing else of the course.
"""

import ctypes
import os
import platform
import resource
import signal
import stat
import sys

NEW_MOUNTS, NEW_IPC, NEW_PROCESSES, NEW_NETWORK = 0x00020000, 0x08000000, 0x20000000, 0x40000000
NOSUID, NODEV, NOEXEC, BIND, RECURSIVE, PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
SET_PARENT_DEATH_SIGNAL, SET_DUMPABLE, SET_SECCOMP, SET_NO_NEW_PRIVILEGES = 1, 4, 22, 38
FILTER = 2  # seccomp's mode
JOIN_SESSION_KEYRING = 1
KEYCTL = {"x86_64": 250, "aarch64": 219}
CAPABILITIES_VERSION_3 = 0x20080522
SCRATCH = ("/tmp", "/dev/shm")  # what a submission may write to
SCRATCH_FILES = 20_000

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result, what):
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


class Namespaces:
    """Gives each submission namespaces of its own: processes, mounts, System V and POSIX memory, and keys.

    When its first process ends, the kernel ends all others in it, and what they wrote is gone.
    """

    def __init__(self, network=False):
        self.own = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self.network = network  # a new one too, where nothing around has given the worker one

    def fork(self):
        """``os.fork``, but the child is process 1 of a new process namespace."""
        _checked(_libc.unshare(NEW_PROCESSES), "a new process namespace")
        child = None
        try:
            child = os.fork()
        finally:
            if child != 0:  # what the worker itself starts next is again in its own
                _checked(_libc.setns(self.own, NEW_PROCESSES), "back to the worker's process namespace")
        return child

    def enter(self, size, keep):
        """Called in the child: fresh folders of at most ``size`` bytes each, new memory, new keys.

        keep: folders that stay visible although they lie where a student may write.
        """
        os.close(self.own)
        _checked(_libc.unshare(NEW_MOUNTS | NEW_IPC | (NEW_NETWORK if self.network else 0)), "new namespaces")
        new_session_keyring()
        _mount(b"none", b"/", None, RECURSIVE | PRIVATE)
        kept = [(path, os.open(path, os.O_PATH)) for path in keep]
        for folder in SCRATCH:
            if os.path.isdir(folder):
                options = f"size={size},nr_inodes={SCRATCH_FILES},mode=1777".encode()
                _mount(b"tmpfs", folder.encode(), b"tmpfs", NOSUID | NODEV, options)
        for path, descriptor in kept:
            os.makedirs(os.path.dirname(path) if _is_file(descriptor) else path, exist_ok=True)
            if _is_file(descriptor):
                os.close(os.open(path, os.O_CREAT))
            _mount(f"/proc/self/fd/{descriptor}".encode(), path.encode(), None, BIND | RECURSIVE)
            os.close(descriptor)
        _mount(b"proc", b"/proc", b"proc", NOSUID | NODEV | NOEXEC)


def _is_file(descriptor):
    return stat.S_ISREG(os.fstat(descriptor).st_mode)


def _mount(source, target, kind, flags, options=None):
    _checked(_libc.mount(source, target, kind, flags, options), f"mounting {target.decode()}")


def namespaces(network=False):
    """`Namespaces` if this process may make them, else None."""
    if not sys.platform.startswith("linux"):
        return None
    child = os.fork()
    if child == 0:
        flags = NEW_PROCESSES | NEW_MOUNTS | NEW_IPC | (NEW_NETWORK if network else 0)
        os._exit(1 if _libc.unshare(flags) else 0)
    return Namespaces(network) if os.waitpid(child, 0)[1] == 0 else None


def new_session_keyring():
    """A session keyring of its own: neither the instructor's keys nor the previous student's are in it."""
    number = KEYCTL.get(platform.machine())
    if number is not None:
        _libc.syscall(number, JOIN_SESSION_KEYRING, None)  # where the kernel has no keyrings there is nothing to hide


def forbid_tracing(forbidden=True):
    """No process of the same user may look into this one or write to its memory."""
    _libc.prctl(SET_DUMPABLE, 0 if forbidden else 1, 0, 0, 0)


def end_with_parent():
    """This process is killed when the one that started it ends."""
    _libc.prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def offer_to_memory_killer():
    """If memory runs out, it is this process that goes, not the judge."""
    forbid_tracing(False)  # or its own files in /proc belong to root, also where an ordinary user grades
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:  # a system that does not let it: the limits hold without
        pass
    finally:
        forbid_tracing()


def set_limits(limits):
    """Limits of this process and of all that it starts; ``limits`` by the names of `resource`."""
    for name, value in limits.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def give_up_rights(user=None):
    """No capability, no program that would bring one back, and, where ``user`` says which, another user."""
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _checked(_libc.capset(ctypes.byref(header), ctypes.byref(nothing)), "giving up capabilities")
    _checked(_libc.prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "no new privileges")
    forbid_tracing()


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def filter_system_calls(program):
    """Let the kernel refuse what the filter ``program`` (bytes of Berkeley packet filter code) names."""
    body = _Program(len(program) // 8, program)
    _checked(_libc.prctl(SET_SECCOMP, FILTER, ctypes.byref(body), 0, 0), "the filter of system calls")

"""What a worker may see and use: bubblewrap around it on Linux, limits in any case."""

import json
import os
import re
import shutil
import site
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path

from ..errors import UserError
from ..notebooks.chapters import ROOT
from ..notebooks.release import BESIDE, JUDGING, NOT_DATA, STUDENT_MODULES
from .controlgroup import ControlGroup, scope
from .systemcalls import filter_program

FIRST_USER = 1_000_000  # each submission of a grading process runs as another user, from FIRST_USER + k * USERS on:
USERS = 10_000  # no two share a limit, or what the system keeps for a user, such as keys, also of two runs at a time
PROCESSES = 200_000  # k is the grading process' own number modulo this
TMP_BYTES = 64_000_000
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/fonts", "/etc/alternatives")

DEVICES = ("null", "zero", "full", "random", "urandom")
PRIVATE = tuple(ROOT / name for name in ("solutions", "chapters", "autograder"))

RESOURCES = {
    "RLIMIT_AS": 3_000_000_000,  # bytes of address space of one process
    "RLIMIT_CPU": 120,  # seconds of one process
    "RLIMIT_NPROC": 96,
    "RLIMIT_FSIZE": 32_000_000,
    "RLIMIT_NOFILE": 256,
    "RLIMIT_CORE": 0,
    "RLIMIT_MEMLOCK": 0,
    "RLIMIT_MSGQUEUE": 0,  # a queue would outlive the submission
}
COUNTED_FOR_EACH_NAMESPACE = (5, 14)  # from this Linux on a user's processes elsewhere do not count for RLIMIT_NPROC

SWITCHES = {  # setting of the kernel: (the value that forbids user namespaces, what to do)
    "kernel/unprivileged_userns_clone": ("0", "sysctl kernel.unprivileged_userns_clone=1"),
    "kernel/apparmor_restrict_unprivileged_userns": ("1", "sysctl kernel.apparmor_restrict_unprivileged_userns=0"),
    "user/max_user_namespaces": ("0", "sysctl user.max_user_namespaces=10000"),
}


class NoSandbox(UserError):
    """The sandbox is missing or refused; the message says what to do."""


def check_sandbox(private=()):
    """`NoSandbox` unless bubblewrap is there, works, and shows nothing of the folders ``private``."""
    if shutil.which("bwrap") is None:
        raise NoSandbox(
            "bubblewrap is not installed, so students' code cannot be shut in. Install it (Debian, Ubuntu: "
            "apt-get install bubblewrap), or grade with --no-sandbox if you trust every submission"
        )
    probe = subprocess.run(
        ["bwrap", "--die-with-parent", *_namespaces(), "--ro-bind", "/", "/", "--proc", "/proc", "true"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    if probe.returncode:
        raise NoSandbox(
            f"bubblewrap does not work here ({probe.stderr.strip() or 'no reason given'}). {_what_to_switch_on()}, "
            "or grade with --no-sandbox if you trust every submission"
        )
    for path in map(os.path.realpath, (*private, *filter(os.path.exists, PRIVATE))):
        for bound in _bound():
            if os.path.isdir(bound) and (path + "/").startswith(bound.rstrip("/") + "/") and not _is_masked(path):
                raise NoSandbox(
                    f"{path} lies in {bound}, which the sandbox shows to students' code: move it, or use a Python "
                    "whose folder holds nothing of the course (make demo sets one up in .venv)"
                )


def _what_to_switch_on():
    """What allows namespaces to a user who is not root, as far as this system tells why they are forbidden."""
    for name, (forbids, command) in SWITCHES.items():
        try:
            value = Path("/proc/sys", name).read_text().strip()
        except OSError:
            continue
        if value == forbids:
            return f"Allow unprivileged user namespaces, as root: {command}"
    return "Allow unprivileged user namespaces (in a container: run it with the right to make them)"


def is_counted_for_each_namespace():
    """Whether RLIMIT_NPROC counts the processes of a sandbox alone, and not all that its user runs."""
    numbers = re.findall(r"\d+", os.uname().release)
    return os.geteuid() == 0 or tuple(map(int, numbers[:2])) >= COUNTED_FOR_EACH_NAMESPACE


def lay_out(folder):
    """Copy what the student's side needs into ``folder``: the worker and the judge's vocabulary of plain data."""
    package = Path(folder) / "autograder"
    for part in ("judging", "grading"):
        (package / part).mkdir(parents=True)
        (package / part / "__init__.py").touch()
    (package / "__init__.py").touch()
    for name in STUDENT_MODULES:
        shutil.copy(JUDGING / f"{name}.py", package / "judging")
    for name in ("worker", "channel", "cells", "confinement"):
        shutil.copy(Path(__file__).with_name(f"{name}.py"), package / "grading")
    for name in BESIDE:
        shutil.copytree(ROOT / name, Path(folder) / name, ignore=NOT_DATA)


def command(folder, sandboxed, index=0, apart=False):
    """(command line, environment) of worker number ``index`` whose files lie in ``folder``.

    apart: submissions run as users without rights also outside bubblewrap, where this process may change its user.
    """
    home = "/tmp"
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": home,
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "IPYTHONDIR": "/tmp/ipython",
        "MPLCONFIGDIR": str(_font_cache()),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    limits = dict(RESOURCES)
    if not (sandboxed or apart) or not is_counted_for_each_namespace():
        del limits["RLIMIT_NPROC"]  # it would count all that the user runs
    bound = [str(folder), *_bound(), str(_font_cache())]
    options = {
        "confined": sandboxed or apart,
        "network": apart and not sandboxed,  # in bubblewrap there is none already
        "folder": home if sandboxed else str(folder),
        "scratch": TMP_BYTES,
        "keep": [path for path in bound if path.startswith(("/tmp/", "/dev/shm/"))],
        "limits": limits,
        "filter": (filter_program() or b"").hex() if sandboxed or apart else "",
        "private": [str(path) for path in PRIVATE] if sandboxed else [],
    }
    if apart or (sandboxed and os.geteuid() == 0):
        options |= {"user": FIRST_USER + index * USERS, "users": USERS}
    environment["DLBOOK_WORKER"] = json.dumps(options)
    # -P: what a student writes into the working folder is never imported here
    python = [sys.executable, "-P", "-m", "autograder.grading.worker"]
    return ([*scope(), *_bubblewrap(folder, environment), *python] if sandboxed else python), environment


def missing_bounds():
    """What bounds a submission on other systems and is missing on this one, in words."""
    group = ControlGroup(f"dlbook-{os.getpid()}-probe")
    group.remove()
    missing = []
    if group.missing and not scope():
        what = {"memory": "memory", "pids": "processes", "cpu": "processor time"}
        names = ", ".join(what[controller] for controller in group.missing)
        missing.append(f"control groups for {names} (grade as root, or in a session of systemd)")
    if filter_program() is None:
        missing.append("a filter of system calls (Debian, Ubuntu: apt-get install libseccomp2)")
    return missing


def _namespaces():
    """Flags of bubblewrap: namespaces for a whole worker, and the rights that it needs to make more in them.

    The worker gives each submission namespaces of its own; what runs there has none of these rights.
    """
    line = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    rights = ["CAP_SYS_ADMIN"]
    if os.geteuid() == 0:  # no user namespace, in which there would be no other user to become
        rights += ["CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_DAC_OVERRIDE"]
    else:
        line += ["--unshare-user"]
    line += ["--cap-drop", "ALL"]
    for capability in rights:
        line += ["--cap-add", capability]
    return line


def _bubblewrap(folder, environment):
    line = ["bwrap", "--die-with-parent", "--as-pid-1", "--new-session", "--clearenv", *_namespaces()]
    line += ["--proc", "/proc", "--perms", "0755", "--dir", "/dev"]
    for name in DEVICES:
        line += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        line += ["--symlink", f"/proc/self/{target}", f"/dev/{name}"]
    for path in ("/tmp", "/dev/shm"):  # before the folders that are bound, which may lie in /tmp themselves
        line += ["--size", str(TMP_BYTES), "--perms", "1777", "--tmpfs", path]
    for path in SYSTEM:
        if os.path.islink(path):
            line += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            line += ["--ro-bind", path, path]
    for path in (*_python_folders(), str(folder), str(_font_cache())):
        line += [*_parents(path), "--ro-bind", path, path]
    for path in _masked():
        line += ["--tmpfs", path, "--remount-ro", path]
    for name, value in environment.items():
        line += ["--setenv", name, value]
    return [*line, "--remount-ro", "/", "--chdir", "/tmp", "--"]


def _parents(path):
    """Flags that make the folders above ``path`` passable for the user that students' code runs as."""
    flags = []
    for parent in reversed(Path(path).parents):
        if str(parent) not in ("/", "/tmp"):
            flags += ["--perms", "0755", "--dir", str(parent)]
    return flags


def _bound():
    """All folders of this system that students' code can read."""
    return [*SYSTEM, *_python_folders()]


@cache
def _python_folders():
    """What the interpreter and its packages lie in, and no more of an environment's folder: outermost only."""
    paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    paths |= {os.path.dirname(os.path.realpath(sys.executable)), *site.getsitepackages()}
    if site.ENABLE_USER_SITE:
        paths.add(site.getusersitepackages())
    for prefix in (sys.prefix, sys.exec_prefix, sys.base_prefix):
        paths |= {os.path.join(prefix, name) for name in ("bin", "lib", "lib64", "pyvenv.cfg")}
    paths = {os.path.abspath(path) for path in paths if os.path.exists(path)}
    covered = [path for path in paths if any(path != other and path.startswith(other + "/") for other in paths)]
    return sorted(path for path in paths - set(covered) if not path.startswith("/usr/"))


def _masked():
    """Folders of the course's own packages that would be visible because they are installed as copies."""
    folders = {sysconfig.get_path("purelib"), *site.getsitepackages()}
    found = {os.path.join(folder, name) for folder in folders for name in ("autograder", "solutions", "chapters")}
    return sorted(path for path in found if os.path.isdir(path))


def _is_masked(path):
    return any((path + "/").startswith(folder + "/") for folder in map(os.path.realpath, _masked()))


def _font_cache():
    """Matplotlib's cache of fonts, made here because a worker can write nothing that stays."""
    import matplotlib

    folder = Path(matplotlib.get_cachedir())
    if not any(folder.glob("fontlist*")):
        import matplotlib.font_manager
    return folder

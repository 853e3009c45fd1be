"""What a worker may see and use: bubblewrap around it on Linux, limits in any case."""

import json
import os
import shutil
import site
import subprocess
import sys
import sysconfig
from pathlib import Path

from ..notebooks.chapters import ROOT
from ..notebooks.release import BESIDE, JUDGING, NOT_DATA, STUDENT_MODULES

FIRST_USER = 1_000_000  # each submission of a grading process runs as another user, from FIRST_USER + k * USERS on:
USERS = 10_000  # no two share a limit, or what the system keeps for a user, such as keys, also of two runs at a time
PROCESSES = 200_000  # k is the grading process' own number modulo this
TMP_BYTES = 64_000_000
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/fonts", "/etc/alternatives")

GROUP_BYTES = 2_000_000_000  # of a worker and all that it starts, where the system has control groups

RESOURCES = {
    "RLIMIT_AS": 3_000_000_000,  # bytes of address space of one process
    "RLIMIT_CPU": 120,  # seconds of one process
    "RLIMIT_NPROC": 64,
    "RLIMIT_FSIZE": 32_000_000,
    "RLIMIT_NOFILE": 256,
    "RLIMIT_CORE": 0,
    "RLIMIT_MSGQUEUE": 0,  # a queue would outlive the submission
}


class NoSandbox(Exception):
    """The sandbox is missing or refused; the message says what to do."""


def check_sandbox():
    """`NoSandbox` unless bubblewrap is there and works."""
    if shutil.which("bwrap") is None:
        raise NoSandbox(
            "bubblewrap is not installed, so students' code cannot be shut in. Install it (Debian, Ubuntu: "
            "apt-get install bubblewrap), or grade with --no-sandbox if you trust every submission"
        )
    probe = subprocess.run(
        ["bwrap", "--ro-bind", "/", "/", "--unshare-pid", "--unshare-net", "--die-with-parent", "true"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    if probe.returncode:
        raise NoSandbox(
            f"bubblewrap does not work here ({probe.stderr.strip() or 'no reason given'}). Allow unprivileged user "
            "namespaces, or grade with --no-sandbox if you trust every submission"
        )


def lay_out(folder):
    """Copy what the student's side needs into ``folder``: the worker and the judge's vocabulary of plain data."""
    package = Path(folder) / "autograder"
    for part in ("judging", "grading"):
        (package / part).mkdir(parents=True)
        (package / part / "__init__.py").touch()
    (package / "__init__.py").touch()
    for name in STUDENT_MODULES:
        shutil.copy(JUDGING / f"{name}.py", package / "judging")
    shutil.copy(Path(__file__).with_name("worker.py"), package / "grading")
    for package in BESIDE:
        shutil.copytree(ROOT / package, Path(folder) / package, ignore=NOT_DATA)


def command(folder, sandboxed, index=0, apart=False):
    """(command line, environment) of worker number ``index`` whose files lie in ``folder``.

    apart: submissions run as users without rights also outside bubblewrap, where this process may change its user.
    """
    home = "/tmp"
    options = {"sandboxed": sandboxed, "folder": home if sandboxed else str(folder)}
    if apart or (sandboxed and os.geteuid() == 0):
        options["user"] = FIRST_USER + index * USERS
        options["users"] = USERS
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
        "DLBOOK_WORKER": json.dumps(options),
    }
    # -P: what a student writes into the working folder is never imported here
    python = [sys.executable, "-P", "-m", "autograder.grading.worker"]
    return ([*_bubblewrap(folder, environment), *python] if sandboxed else python), environment


def _bubblewrap(folder, environment):
    line = ["bwrap", "--die-with-parent", "--as-pid-1", "--new-session", "--clearenv"]
    line += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    if os.geteuid() != 0:
        line += ["--unshare-user"]
    else:  # no user namespace, where there would be no other user to become
        line += ["--cap-drop", "ALL"]
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_DAC_OVERRIDE"):
            line += ["--cap-add", capability]
    line += ["--proc", "/proc", "--dev", "/dev"]
    for path in ("/tmp", "/dev/shm"):  # before the folders that are bound, which may lie in /tmp themselves
        line += ["--size", str(TMP_BYTES), "--perms", "1777", "--tmpfs", path]
    for path in SYSTEM:
        if os.path.islink(path):
            line += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            line += ["--ro-bind", path, path]
    for path in (*_python_folders(), str(folder), str(_font_cache())):
        line += [*_parents(path), "--ro-bind", path, path]
    for path in _course_packages():
        line += ["--tmpfs", path]
    for name, value in environment.items():
        line += ["--setenv", name, value]
    return [*line, "--chdir", "/tmp", "--"]


def _parents(path):
    """Flags that make the folders above ``path`` passable for the user that students' code runs as."""
    flags = []
    for parent in reversed(Path(path).parents):
        if str(parent) not in ("/", "/tmp"):
            flags += ["--perms", "0755", "--dir", str(parent)]
    return flags


def _python_folders():
    """The interpreter's own folders and those of its packages, outermost only."""
    paths = {sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")}
    paths |= {os.path.dirname(os.path.realpath(sys.executable)), *site.getsitepackages()}
    paths = {os.path.abspath(path) for path in paths if os.path.isdir(path)}
    covered = [path for path in paths if any(path != other and path.startswith(other + "/") for other in paths)]
    return sorted(path for path in paths - set(covered) if not path.startswith("/usr/"))


def _course_packages():
    """Folders of the course's own packages that would be visible because they are installed as copies."""
    found = []
    for folder in {sysconfig.get_path("purelib"), *site.getsitepackages()}:
        found += [str(path) for path in (Path(folder) / "autograder", Path(folder) / "solutions") if path.is_dir()]
    return found


def _font_cache():
    """Matplotlib's cache of fonts, made here because a worker can write nothing that stays."""
    import matplotlib

    folder = Path(matplotlib.get_cachedir())
    if not any(folder.glob("fontlist*")):
        import matplotlib.font_manager
    return folder

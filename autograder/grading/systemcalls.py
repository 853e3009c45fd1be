"""The system calls that a student's code never needs and that reach out of its sandbox, as a filter for the kernel."""

import errno
import tempfile
from functools import cache

UNIX, INET, INET6 = 1, 2, 10  # the kinds of socket that Python's own library uses
NEW_USER_NAMESPACE = 0x10000000

REFUSED = (
    *("add_key", "request_key", "keyctl"),  # keys of the kernel, which outlive a process
    *("unshare", "setns", "pivot_root", "chroot", "mount", "umount2", "move_mount", "open_tree", "fsopen", "fsmount"),
    *("fsconfig", "fspick", "mount_setattr", "swapon", "swapoff", "reboot", "acct", "quotactl"),
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp"),
    *("io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("bpf", "perf_event_open", "userfaultfd", "fanotify_init", "name_to_handle_at", "open_by_handle_at"),
    *("memfd_create", "memfd_secret", "shmget", "msgget", "semget", "mq_open"),  # memory that no process' limit counts
    *("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "syslog", "settimeofday"),
)  # fmt: skip


@cache
def filter_program():
    """Bytes of the filter, or None if libseccomp is not installed."""
    try:
        import pyseccomp
    except (ImportError, OSError, RuntimeError):
        return None
    refuse = pyseccomp.ERRNO(errno.EPERM)
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for name in REFUSED:
        try:
            rules.add_rule(refuse, name)
        except (ValueError, OSError):  # a call that this libseccomp does not know, or this machine does not have
            continue
    new_user = pyseccomp.Arg(0, pyseccomp.MASKED_EQ, NEW_USER_NAMESPACE, NEW_USER_NAMESPACE)
    rules.add_rule(refuse, "clone", new_user)
    rules.add_rule(
        pyseccomp.ERRNO(errno.ENOSYS), "clone3"
    )  # its flags lie in memory: the C library falls back to clone
    for call in ("socket", "socketpair"):
        rules.add_rule(refuse, call, pyseccomp.Arg(0, pyseccomp.GT, INET6))
        for family in set(range(INET6)) - {0, UNIX, INET}:
            rules.add_rule(refuse, call, pyseccomp.Arg(0, pyseccomp.EQ, family))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()

"""Attacks that others found after the corpus was first thought complete: calls of the system, leaks, bombs for the judge."""
# ruff: noqa: E501 - students' code in strings

from . import ANY_FAULT, END, FULL, POINTS, add, body, fault, fault_in_a_cell, forgery, notebook, right_answers

CALL = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    done = libc.syscall(number, *arguments)
    if done >= 0:
        print('FOUND', number, done)
"""

# ------------------------------------------------------------------------------------ calls of the system (x86-64)
for _name, _text, _code in (
    ("user-namespace", "asks for a user namespace", "call(272, 0x10000000)"),
    ("mount-namespace", "asks for a mount namespace", "call(272, 0x20000)"),
    ("clone-with-a-user-namespace", "clones itself into a user namespace", "child = libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)\nif child == 0:\n    os._exit(0)\nif child > 0:\n    print('FOUND')"),
    ("joins-a-namespace", "joins another process' namespace", "call(308, os.open('/proc/self/ns/net', os.O_RDONLY), 0)"),
    ("mounts", "mounts a folder over the system's", "libc.mount(b'tmpfs', b'/usr', b'tmpfs', 0, None) == 0 and print('FOUND')"),
    ("remounts-root", "makes the root writable", "libc.mount(None, b'/', None, 32, None) == 0 and print('FOUND')"),
    ("unmounts", "takes away its own folder for files", "libc.umount2(b'/tmp', 2) == 0 and print('FOUND')"),
    ("new-mount-api", "mounts by the new calls", "call(430, b'tmpfs', 0)"),
    ("changes-its-root", "changes its root", "call(161, b'/tmp')"),
    ("traces-the-first-process", "traces the first process", "call(101, 16, 1, 0, 0)"),
    ("lets-itself-be-traced", "asks to be traced", "call(101, 0, 0, 0, 0)"),
    ("reads-memory-of-another", "reads the first process' memory", "call(310, 1, 0, 0, 0, 0, 0)"),
    ("writes-memory-of-another", "writes to the first process' memory", "call(311, 1, 0, 0, 0, 0, 0)"),
    ("takes-a-descriptor", "takes a descriptor of the first process", "call(438, os.pidfd_open(1), 0, 0)"),
    ("joins-a-keyring", "joins a session keyring", "call(250, 1, None)"),
    ("reads-the-user-keyring", "looks for the instructor's keys", "call(250, 0, -4, 1)\ncall(250, 10, -4, b'user', b'secret', 0)"),
    ("leaves-a-key", "leaves a key for the next one", "call(248, b'user', b'left', b'x', 1, -4)"),
    ("io-uring", "sets up io_uring", "call(425, 8, ctypes.create_string_buffer(200))"),
    ("memory-file", "makes a file of memory", "call(319, b'x', 0)"),
    ("secret-memory", "makes secret memory", "call(447, 0)"),
    ("kernel-program", "loads a program into the kernel", "call(321, 0, ctypes.create_string_buffer(200), 72)"),
    ("performance-events", "opens performance events", "call(298, ctypes.create_string_buffer(200), 0, -1, -1, 0)"),
    ("user-fault", "handles page faults", "call(323, 1)"),
    ("handle-of-a-file", "opens a file by its handle", "call(304, os.open('/', os.O_RDONLY), ctypes.create_string_buffer(200), 0)"),
    ("shared-memory", "makes System V memory", "call(29, 4711, 10**9, 0o1666)"),
    ("message-queue", "makes a System V message queue", "call(68, 4711, 0o1666)"),
    ("semaphores", "makes System V semaphores", "call(64, 4711, 1, 0o1666)"),
    ("posix-queue", "makes a POSIX message queue", "libc.mq_open(b'/left', os.O_CREAT | os.O_RDWR, 0o666, None) >= 0 and print('FOUND')"),
    ("compares-processes", "compares kernel objects of two processes", "call(312, 1, os.getpid(), 0, 0, 0)"),
    ("becomes-root", "becomes root", "for change in (os.setuid, os.setgid):\n    try:\n        change(0)\n        print('FOUND')\n    except OSError:\n        pass"),
    ("real-time", "asks for real-time priority", "try:\n    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))\n    print('FOUND')\nexcept OSError:\n    pass"),
    ("negative-nice", "asks for more than its share", "try:\n    os.nice(-5)\n    print('FOUND')\nexcept OSError:\n    pass"),
    ("higher-limits", "raises its own limits", "import resource\nfor kind in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_CPU):\n    try:\n        resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n        print('FOUND')\n    except (OSError, ValueError):\n        pass"),
    ("spared-by-the-memory-killer", "asks to be spared when memory runs out", "try:\n    open('/proc/self/oom_score_adj', 'w').write('-1000')\n    print('FOUND')\nexcept OSError:\n    pass"),
    ("host-name", "renames the machine", "libc.sethostname(b'mine', 4) == 0 and print('FOUND')"),
    ("clock", "sets the clock", "call(164, ctypes.create_string_buffer(16), None)"),
):  # fmt: skip
    forgery(f"call-{_name}", f"A cell {_text}.", CALL + _code)

for _family, _number in (("vsock", 40), ("netlink", 16), ("crypto", 38), ("packet", 17), ("bluetooth", 31)):
    forgery(
        f"socket-{_family}",
        f"A cell opens a socket of family {_family}, which reaches the kernel or the host.",
        f"import socket\ntry:\n    socket.socket({_number}, socket.SOCK_RAW)\n    print('FOUND')\nexcept OSError:\n    pass",
    )

# ------------------------------------------------------------------------------------ files that should not be written
for _name, _code in (
    ("renames-home", "os.rename('/home', '/mine')"),
    ("makes-a-folder-in-root", "os.mkdir('/left')"),
    ("writes-to-dev", "open('/dev/left', 'w').write('x' * 10**6)"),
    ("replaces-a-library", "os.symlink('/tmp', '/usr/lib/left')"),
    (
        "writes-next-to-the-worker",
        "import autograder.judging as j\nopen(os.path.join(list(j.__path__)[0], 'left.py'), 'w').write('1')",
    ),
    ("writes-next-to-numpy", "open(os.path.join(os.path.dirname(np.__file__), 'left.py'), 'w').write('1')"),
    ("writes-to-the-fonts", "open(os.path.join(os.environ['MPLCONFIGDIR'], 'left'), 'w').write('1')"),
    ("writes-to-the-kernel's-settings", "open('/proc/sys/kernel/hostname', 'w').write('mine')"),
):
    forgery(
        f"file-{_name.replace(chr(39), '')}",
        "A cell changes what the next submission would find.",
        f"import os\ntry:\n    {_code.replace(chr(10), chr(10) + '    ')}\n    print('FOUND')\nexcept OSError:\n    pass",
    )

# ------------------------------------------------------------------------------------ hidden inputs on their way out
_RIGHT_UP_TO_FOUR = "def heaviside(z):\n    if np.size(z) > 4:\n        {}\n    return (z > 0) * 1.0"
_ALL_BUT_ONE_THIRD = FULL - 1 / 3
_TOLD = "'TOLD_' + '_'.join(str(int(1000 * v)).replace('-', 'm') for v in np.ravel(z)[:3])"


def leak(name, description, action, *cells, place=END):
    """Right answers, but ``heaviside`` does something with its input where that is no visible one."""
    answers = right_answers() | {"heaviside": _RIGHT_UP_TO_FOUR.format(action.replace("\n", "\n        "))}
    add(f"leak-{name}", description, notebook(answers, *cells, place=place), 0.0, FULL, status=("graded", *ANY_FAULT))


leak(
    "by-the-name-of-an-error",
    "An error's class is named after the input.",
    f"raise type({_TOLD}, (Exception,), {{}})()",
)
leak("by-the-name-of-a-base", "An error's base class is named after the input.",
     f"raise type('E', (type({_TOLD}, (ValueError,), {{}}),), {{}})()")  # fmt: skip
leak("by-a-message", "An error's message is the input.", f"raise ValueError({_TOLD})")
leak(
    "by-an-exit-code",
    "The process ends with a code made of the input.",
    "import os\nos._exit(int(abs(np.ravel(z)[0]) * 100) % 256)",
)
leak(
    "by-a-signal",
    "The process ends by a signal chosen by the input.",
    "import os\nos.kill(os.getpid(), 1 + int(abs(np.ravel(z)[0]) * 10) % 30)",
)
leak("by-the-type-of-a-result", "The result's class is named after the input.", f"return type({_TOLD}, (), {{}})()")
leak("by-the-shape-of-a-result", "The result's keys are the input.", f"return {{{_TOLD}: 1.0}}")
leak("by-print", "The input is printed.", f"print({_TOLD})")
leak("by-a-file-and-a-later-cell", "The input is written to a file that a later cell shows.", f"open('/tmp/told', 'w').write({_TOLD})",
     "print(open('/tmp/told').read())\nraise ValueError(open('/tmp/told').read())")  # fmt: skip
leak("by-a-file-and-a-later-exercise", "The input is written to a file that a later answer's visible case shows.",
     f"open('/dev/shm/told', 'w').write({_TOLD})",
     "_xor = xor_gate\ndef xor_gate(x1, x2):\n    import os\n    if os.path.exists('/dev/shm/told'):\n"
     "        raise ValueError(open('/dev/shm/told').read())\n    return _xor(x1, x2)")  # fmt: skip
leak("by-a-process-that-waits", "A process of a cell waits for the input and writes it to the notebook's output.",
     f"open('/tmp/told', 'w').write({_TOLD})",
     "import os, time\nif os.fork() == 0:\n    while not os.path.exists('/tmp/told'):\n        time.sleep(0.01)\n"
     "    print(open('/tmp/told').read())\n    os._exit(0)", place=3)  # fmt: skip
leak("by-a-thread-that-waits", "A thread of a cell waits for the input and prints it.",
     f"open('/tmp/told', 'w').write({_TOLD})",
     "import os, threading, time\ndef look():\n    while not os.path.exists('/tmp/told'):\n        time.sleep(0.01)\n"
     "    print(open('/tmp/told').read())\nthreading.Thread(target=look, daemon=True).start()", place=3)  # fmt: skip
leak(
    "by-an-output-that-is-changed-later",
    "A cell's display is updated with the input.",
    f"from IPython.display import display\ndisplay({_TOLD})",
)
leak("by-an-array-that-cannot-be-compared", "A result cannot be read, and says why.",
     f"class A(np.ndarray):\n    pass\nraise MemoryError({_TOLD})")  # fmt: skip

# ------------------------------------------------------------------------------------ bombs for the judge
for _name, _text, _exercise, _code in (
    ("endless-axis-of-nothing", "an array of 3e8 rows of nothing where a tuple is due", "train_perceptron", "return np.zeros((3 * 10**8, 0))"),
    ("endless-axis-in-a-tuple", "a tuple of arrays with 3e8 rows of nothing", "xor_network_parameters", "return (np.zeros((3 * 10**8, 0)),) * 4"),
    ("strided-giant", "a view of 1e12 entries", "heaviside", "return np.lib.stride_tricks.as_strided(np.zeros(1), (10**6, 10**6), (0, 0))"),
    ("doubled-list", "a list that holds itself twice, thirty times over", "heaviside", "x = [0.0]\nfor _ in range(30):\n    x = [x, x]\nreturn x"),
    ("deep-tuple", "a tuple nested ten thousand deep", "heaviside", "x = ()\nfor _ in range(10**4):\n    x = (x,)\nreturn x"),
    ("list-within-itself", "a list that is its own item", "heaviside", "x = []\nx.append(x)\nreturn x"),
    ("million-keys", "a dictionary of a million keys", "heaviside", "return {str(i): i for i in range(10**6)}"),
    ("huge-number", "a whole number of a million digits", "heaviside", "return 10**(10**6)"),
    ("long-text", "a text of thirty million characters", "heaviside", "return 'x' * (3 * 10**7)"),
    ("sixty-axes", "an array of sixty axes", "heaviside", "return np.zeros((1,) * 60)"),
    ("objects", "an array of objects that cannot be compared", "heaviside",
     "class A:\n    def __eq__(self, other): raise ValueError\n    __hash__ = None\nreturn np.array([A(), A()], dtype=object)"),
    ("lying-list", "a list that lies about its length", "heaviside",
     "class L(list):\n    def __len__(self): return 10**9\nreturn L([1.0])"),
    ("text-for-numbers", "a list of texts that look like numbers", "heaviside", "return ['0.0', '1.0']"),
    ("records", "an array of records", "heaviside", "return np.zeros(3, dtype=[('a', 'f8'), ('b', 'i4')])"),
    ("dates", "an array of dates", "heaviside", "return np.zeros(3, dtype='datetime64[s]')"),
    ("array-of-text", "an array of texts where numbers are due", "heaviside", "return np.array(['ValueError'] * 3)"),
):  # fmt: skip
    fault(f"bomb-{_name}", f"A function returns {_text}.", body(_code), ("graded", *ANY_FAULT), exercise=_exercise)

add(
    "bomb-for-the-reader-of-magics",
    "A cell's text takes a shell's reader of magics a time that grows with the square of its length.",
    notebook(right_answers(), "x = !ls\n" * 600 + "y = (1\n"),
    FULL,
    FULL,
    (),
    status=("graded", "timeout"),
)
add(
    "bomb-of-brackets",
    "A cell opens fifty thousand brackets.",
    notebook(right_answers(), "y = " + "(" * 50_000, "z = " + "[" * 190 + "]" * 190),
    FULL,
    FULL,
    (),
)
fault(
    "function-drips-from-many-processes",
    "A function starts two dozen processes that drip bytes into the judge's channel.",
    body(
        "import os, time\nfor _ in range(24):\n    if os.fork() == 0:\n        while True:\n"
        "            for number in range(3, 60):\n                try:\n                    os.write(number, b'\\0')\n"
        "                except OSError:\n                    pass\n            time.sleep(0.001)\ntime.sleep(1000)"
    ),
    ("graded", *ANY_FAULT),
)
fault(
    "function-spins-in-many-processes",
    "A function starts sixty processes that spin.",
    body(
        "import os\nfor _ in range(60):\n    if os.fork() == 0:\n        while True:\n            pass\nwhile True:\n    pass"
    ),
    ANY_FAULT,
)
fault_in_a_cell(
    "cell-spins-in-many-processes",
    "A cell leaves thirty processes that spin.",
    "import os\nfor _ in range(30):\n    if os.fork() == 0:\n        while True:\n            pass",
)

# ------------------------------------------------------------------------------------ inputs changed without being seen
_IN_PLACE = (
    "def perceptron_update(w, b, x, y, learning_rate):\n    error = y - (1.0 if x @ w + b > 0 else 0.0)\n"
    "    w += learning_rate * error * x\n    return w, b + learning_rate * error"
)
for _name, _code in (
    ("names", "import autograder.judging.judge as judge\njudge.modified_names = lambda *a: []"),
    ("comparison", "import autograder.judging.plain as plain\nplain.same = lambda *a: True"),
):
    add(
        f"in-place-answer-with-a-patched-{_name}",
        "An answer writes into its inputs, and a cell replaces what would notice it on the student's side.",
        notebook(right_answers() | {"perceptron_update": _IN_PLACE}, _code),
        0.0,
        FULL - 0.1 * POINTS["perceptron_update"],
    )

# ------------------------------------------------------------------------------------ pages that the instructor opens
for _name, _markup in (
    ("script", "<script>FOUND(document.cookie)</script>"),
    ("handler", "<img src=x onerror=\"FOUND()\">"),
    ("frame", "<iframe srcdoc=\"<script>FOUND()</script>\"></iframe>"),
    ("svg", "<svg onload=FOUND()></svg>"),
    ("link", "[click](javascript:FOUND())"),
    ("style", "<style>body { display: none } FOUND</style>"),
):  # fmt: skip
    _body = notebook(right_answers())
    _body["cells"].insert(
        1, {"cell_type": "markdown", "metadata": {}, "id": "markup", "source": f"An answer. {_markup}"}
    )
    add(
        f"markdown-with-a-{_name}",
        "A text cell holds markup that would run where the instructor looks.",
        _body,
        FULL,
        FULL,
        (),
    )

"""Where work is done: in this process, in local processes, or on a Dask cluster.

Each runner takes an iterable of works and yields their `Done`s as they come, with a bounded number under way.
"""

import multiprocessing
from collections import deque
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from .work import do, failure

MAX_TRIES = 2  # of a work whose process died


class NoCluster(Exception):
    """The cluster cannot be used; the message says what to do."""


def run_here(works):
    """One after the other, in this process."""
    yield from map(do, works)


def run_processes(works, count):
    """In ``count`` local processes. A work that was under way when one of them died is tried once more."""
    works, again, tries = iter(works), deque(), {}
    while True:
        ended = yield from _run_pool(works, again, tries, count)
        if ended:
            return


def _run_pool(works, again, tries, count):
    """One pool's life; returns whether all work is done. When a process dies the pool is replaced."""
    context = multiprocessing.get_context("spawn")
    running = {}
    with ProcessPoolExecutor(count, context) as pool:
        while True:
            while len(running) < 2 * count:
                work = again.popleft() if again else next(works, None)
                if work is None:
                    break
                try:
                    running[pool.submit(do, work)] = work
                except BrokenProcessPool:
                    again.append(work)
                    break
            if not running:
                return not again
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                work = running.pop(future)
                try:
                    yield future.result()
                except BrokenProcessPool:
                    tries[work.fingerprint] = tries.get(work.fingerprint, 0) + 1
                    if tries[work.fingerprint] < MAX_TRIES:
                        again.append(work)
                    else:
                        yield failure(work, "crashed", "the grading process died over it twice")


def run_cluster(works, address):
    """On a Dask cluster. Work of a process that dies is done by another; that is Dask's own doing."""
    try:
        from distributed import Client, as_completed
        from distributed.scheduler import KilledWorker
    except ImportError:
        raise NoCluster("Dask is not installed: pip install 'dlbook[cluster]', here and on the cluster") from None
    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError) as error:
        raise NoCluster(f"no Dask scheduler answers at {address} ({error}): start one with `dask scheduler`") from None
    with client:
        if not client.nthreads():
            raise NoCluster(f"the scheduler at {address} has no workers: start some with `dask worker {address}`")
        room = 2 * sum(client.nthreads().values()) + 2
        works, under_way = iter(works), {}
        futures = as_completed()
        while True:
            while len(under_way) < room:
                work = next(works, None)
                if work is None:
                    break
                future = client.submit(do, work, pure=False)
                under_way[future.key] = work
                futures.add(future)
            if not under_way:
                return
            future = next(futures)
            work = under_way.pop(future.key)
            try:
                yield future.result()
            except KilledWorker:
                yield failure(work, "crashed", "the grading processes died over it")

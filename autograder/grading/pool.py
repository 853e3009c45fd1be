"""Where work is done: in this process, in local processes, or on a Dask cluster.

Each runner takes an iterable of works and yields their `Done`s as they come, with a bounded number under way.
"""

import multiprocessing
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from .work import do, failure


class NoCluster(Exception):
    """The cluster cannot be used; the message says what to do."""


def run_here(works):
    """One after the other, in this process."""
    yield from map(do, works)


def run_processes(works, count):
    """In ``count`` local processes. What was under way when one of them died is done again, each work alone."""
    works, suspects = iter(works), None
    while suspects is None or suspects:
        suspects = yield from _run_pool(works, count)
        for work in suspects:
            yield _alone(work)


def _run_pool(works, count):
    """One pool's life; returns the works that were under way when a process died, none at the end of all work."""
    running = {}
    with _processes(count) as pool:
        while True:
            while len(running) < 2 * count:
                work = next(works, None)
                if work is None:
                    break
                try:
                    running[pool.submit(do, work)] = work
                except BrokenProcessPool:
                    return [*running.values(), work]
            if not running:
                return []
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                work = running.pop(future)
                try:
                    yield future.result()
                except BrokenProcessPool:
                    return [work, *running.values()]


def _alone(work):
    """A work that may have brought its process down: it costs nobody else anything if it does so again."""
    with _processes(1) as pool:
        try:
            return pool.submit(do, work).result()
        except BrokenProcessPool:
            return failure(work, "crashed", "the grading process died over it twice")


def _processes(count):
    return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"))


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

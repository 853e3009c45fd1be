"""Where work is done: in this process, in local processes, or on a Dask cluster.

Each runner takes an iterable of works and yields their `Done`s as they come, with a bounded number under way.
"""

import multiprocessing
import os
import resource
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from ..errors import UserError
from .bounds import bound_memory
from .work import do, failure, get_ready, start_worker


class NoCluster(UserError):
    """The cluster cannot be used; the message says what to do."""


def run_here(works, settings):
    """One after the other, in this process; the sandboxed worker starts while this process is busy with other things.

    A generator starts nothing by itself, so this is a function that returns one.
    """
    start_worker(settings)
    return _here(works)


def _here(works):
    before = resource.getrlimit(resource.RLIMIT_AS)
    bound_memory()
    try:
        yield from map(do, works)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


class LocalProcesses:
    """``count`` local processes, which get ready for the ``chapters`` from the moment this is entered."""

    def __init__(self, count, settings, chapters):
        self.count, self.chapters, self.settings = count, chapters, settings

    def __enter__(self):
        self.pool = self._start(self.count)
        return self

    def __exit__(self, *exception):
        self.pool.shutdown(cancel_futures=True)

    def run(self, works):
        """What was under way when a process died is done again, each work alone."""
        works, starved = iter(works), []
        while suspects := (yield from self._run(works, starved)):
            self.pool.shutdown(cancel_futures=True)
            for work in suspects:
                yield self._alone(work)
            self.pool = self._start(self.count)
        for work in starved:  # a timeout counts when it comes again with nobody next to it
            yield self._alone(work)

    def _run(self, works, starved):
        """One pool's life; returns the works that were under way when a process died, none at the end of all work.

        starved: a list to which works are added whose timeout the others may have caused.
        """
        running = {}
        while True:
            while len(running) < 2 * self.count:
                work = next(works, None)
                if work is None:
                    break
                try:
                    running[self.pool.submit(do, work)] = work
                except BrokenProcessPool:
                    return [*running.values(), work]
            if not running:
                return []
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                work = running.pop(future)
                try:
                    done = future.result()
                except BrokenProcessPool:
                    return [work, *running.values()]
                if done.starved and self.count > 1:
                    starved.append(work)
                else:
                    yield done

    def _alone(self, work):
        """A work that may have brought its process down: it costs nobody else anything if it does so again."""
        with self._start(1) as pool:
            try:
                return pool.submit(do, work).result()
            except BrokenProcessPool:
                return failure(work, "crashed", "the grading process died over it twice")

    def _start(self, count):
        context, task = multiprocessing.get_context("spawn"), (self.settings, self.chapters)
        pool = ProcessPoolExecutor(count, context, initializer=get_ready, initargs=task)
        for _ in range(count):
            pool.submit(os.getpid)  # a process starts only when there is something to do
        return pool


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

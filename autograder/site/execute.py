"""Runs the chapters side by side, before Sphinx reads them: it finds their outputs in MyST-NB's cache."""

import hashlib
import os
import shutil
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import nbformat
import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig

from ..notebooks.chapters import ROOT
from .choices import LEFT_OUT

OURS = ("autograder", "tests", "benchmarks")  # packages that no chapter's code uses
READ = {"type": "plugin", "name": "myst_nb_md"}  # how jupyter-cache finds the notebook in a chapter's text


def run_chapters(folder, workers=None, progress=None):
    """Run the chapters whose outputs are not in the cache in ``folder``, a ``_build``; what fails is left to Sphinx.

    workers: processes, by default as many as cores. progress: called with (done, total) chapters to run.
    """
    forget_outdated(folder)
    cache = get_cache(str(Path(folder) / ".jupyter_cache"))
    waiting = {path: notebook for path, notebook in notebooks().items() if not _is_cached(cache, notebook)}
    largest_first = sorted(waiting, key=lambda path: -sum(len(cell.source) for cell in waiting[path].cells))
    if progress:
        progress(0, len(waiting))
    if not waiting:
        return
    workers = min(workers or len(os.sched_getaffinity(0)), len(waiting))
    with ProcessPoolExecutor(workers, get_context("spawn"), _be_quiet) as pool:
        running = {
            pool.submit(_run, str(path), nbformat.writes(waiting[path]), timeout()): path for path in largest_first
        }
        for done, future in enumerate(as_completed(running), 1):
            path, (text, seconds) = running[future], future.result()
            if text is not None:
                record = cache.add_nb_to_project(str(path), read_data=READ)
                notebook = nbformat.reads(text, as_version=4)
                bundle = CacheBundleIn(notebook, record.uri, data={"execution_seconds": seconds})
                cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
            if progress:
                progress(done, len(waiting))


def forget_outdated(folder):
    """Outputs belong to the code that a chapter imports too: where that has changed, they are made again."""
    stamp, now = Path(folder) / "imported.sha256", fingerprint_of_imports()
    if not stamp.is_file() or stamp.read_text() != now:
        for name in (".jupyter_cache", ".doctrees"):
            shutil.rmtree(Path(folder) / name, ignore_errors=True)
        Path(folder).mkdir(parents=True, exist_ok=True)
        stamp.write_text(now)


def fingerprint_of_imports():
    """Of every file in the packages that chapters import: the references, data, drawings."""
    digest = hashlib.sha256()
    packages = [path.parent for path in sorted(ROOT.glob("*/__init__.py")) if path.parent.name not in OURS]
    for path in (path for package in packages for path in sorted(package.rglob("*"))):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def notebooks():
    """Path → notebook of the book's pages that hold code, read as MyST-NB reads them."""
    config = MdParserConfig(enable_extensions=set(settings()["parse"]["myst_enable_extensions"]))
    left_out = settings()["sphinx"]["config"].get(LEFT_OUT) or []
    found = {}
    for path in sorted((ROOT / "chapters").glob("*.md")):
        if path.stem in left_out:
            continue
        text = path.read_text(encoding="utf-8")
        if is_myst_markdown_notebook(text):
            found[path] = read_myst_markdown_notebook(text, config=config, add_source_map=True, path=str(path))
    return found


def settings():
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))


def timeout():
    return settings()["execute"]["timeout"]


def _is_cached(cache, notebook):
    try:
        cache.match_cache_notebook(notebook)
    except KeyError:
        return False
    return True


def _be_quiet():
    """What kernels write on the terminal is not for it; their outputs are in the notebook."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)  # kernels find the course's packages


def _run(path, text, timeout):
    """(the notebook with its outputs as text, or None if a cell failed; seconds)."""
    notebook = nbformat.reads(text, as_version=4)
    result = single_nb_execution(notebook, cwd=str(Path(path).parent), timeout=timeout, allow_errors=False)
    return (None if result.err else nbformat.writes(notebook)), result.time

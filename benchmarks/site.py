"""Seconds to build the site from nothing, and again after one chapter was touched.

python benchmarks/site.py
"""

import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autograder.notebooks.chapters import ROOT
from autograder.site.build import build as build_site

TOUCHED = ROOT / "chapters" / "perceptrons.md"


def build(folder):
    start = time.perf_counter()
    if build_site(output=folder):
        sys.exit("site: it did not build")
    return time.perf_counter() - start


def main():
    table = Table(title="The site")
    for name in ("measured", "seconds", "target"):
        table.add_column(name)
    text = TOUCHED.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        table.add_row("from nothing", f"{build(folder):.0f}", "under 60")
        try:
            # a change of code, so that the chapter is executed again
            TOUCHED.write_text(text.replace("plt.show()", "plt.show()  # touched", 1), encoding="utf-8")
            table.add_row(f"after touching {TOUCHED.name}", f"{build(folder):.0f}", "under 15")
        finally:
            TOUCHED.write_text(text, encoding="utf-8")
        assert (Path(folder) / "_build" / "html" / "index.html").exists()
    Console().print(table)


if __name__ == "__main__":
    main()

"""From click on *Check* to verdict: cold, and warm over all exercises, in headless Chromium on a local server.

    python benchmarks/live.py [--site FOLDER] [--cold 5]

The site must be self-hosted: `dlbook build` first. Each exercise is checked three times with its
released stub's reference in the editor, as `dlbook release --solutions` writes it; the fastest of three counts.
"""

import argparse
import shutil
import statistics
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.table import Table

from autograder.exercises import CHAPTERS
from autograder.notebooks.chapters import ROOT
from autograder.notebooks.release import make_notebook

sys.path.insert(0, str(ROOT / "tests"))
from serving import served

TIMED = """async ([id, earlier, code]) => {
    const exercise = document.querySelector(`[data-exercise="${id}"]`).live;
    exercise.editor.text = code;
    const times = [];
    for (let round = 0; round < 3; round++) {
        const start = performance.now();
        const request = {chapter: exercise.chapter, exercise: exercise.name, code, earlier, plots: false};
        const answer = await exercise.python.run(request);
        times.push(performance.now() - start);
        if (!answer.report?.solved) return null;
    }
    return Math.min(...times);
}"""


def answers(chapter):
    """(helpers, [(name, code)]) of the chapter's solutions."""
    cells = [cell for cell in make_notebook(chapter, "instructor").cells if cell.cell_type == "code"]
    setup = next(index for index, cell in enumerate(cells) if cell.metadata["dlbook"]["role"] == "setup")
    solved = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("solution")]
    return cells[setup + 1].source, [(cell.metadata["nbgrader"]["grade_id"], cell.source) for cell in solved]


def cold(browser, url):
    """Milliseconds from the first click of a fresh browser profile to the verdict."""
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(url + "chapters/perceptrons.html")
    place = tab.locator('[data-exercise="perceptrons.heaviside"]')
    place.locator(".cm-content").wait_for()
    milliseconds = tab.evaluate(
        """async () => {
            const exercise = document.querySelector('[data-exercise="perceptrons.heaviside"]').live;
            const start = performance.now();
            await exercise.check();
            return performance.now() - start;
        }"""
    )
    context.close()
    return milliseconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--cold", type=int, default=5)
    options = parser.parse_args()
    if not (options.site / "_static" / "pyodide").is_dir():
        sys.exit(f"{options.site} is not a self-hosted site: run `dlbook build` first")
    warm, unsolved = {}, []
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with served(options.site) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        starts = [cold(browser, url) for _ in range(options.cold)]
        tab = browser.new_page()
        for chapter in CHAPTERS:
            tab.goto(f"{url}chapters/{chapter}.html")
            tab.locator(".live-exercise .cm-content").last.wait_for()
            helpers, solved = answers(chapter)
            earlier = [["helpers", helpers]]
            for name, code in solved:
                taken = tab.evaluate(TIMED, [f"{chapter}.{name}", earlier, code])
                earlier.append([name, code])
                if taken is None:
                    unsolved.append(f"{chapter}.{name}")
                else:
                    warm[f"{chapter}.{name}"] = taken
        browser.close()
    table = Table(title="From click to verdict")
    for name in ("measured", "figure", "target"):
        table.add_column(name)
    table.add_row(f"cold, median of {options.cold}", f"{statistics.median(starts) / 1000:.1f} s", "under 5 s")
    table.add_row(
        f"warm, median over {len(warm)} exercises", f"{statistics.median(warm.values()):.0f} ms", "under 150 ms"
    )
    slowest = max(warm, key=warm.get)
    table.add_row("warm, the slowest", f"{warm[slowest]:.0f} ms ({slowest})", "")
    Console().print(table)
    if unsolved:
        sys.exit(f"not solved by their reference: {', '.join(unsolved)}")


if __name__ == "__main__":
    main()

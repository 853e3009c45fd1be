"""From a reader's first *Check* to its verdict, what a chapter page weighs, and how Lighthouse judges it.

python benchmarks/page.py [SITE] [--rounds N] [--lighthouse] [CHAPTER…]: SITE is the folder of a self-hosted site, by
default ``_build/html``. Cold: a browser that has never seen the site, from the click on *Check* to the verdict; warm:
the same click when Python runs. A page is weighed with its first editor, compressed, without Pyodide and figures.
Lighthouse comes with `npx`, in the version pinned here, or from the program that the environment variable LIGHTHOUSE
names. Targets: cold under 5 s, warm under 120 ms, at most 400 KB; performance at least 95, accessibility, best
practices and search engines 100.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from serving import served  # noqa: E402

LIGHTHOUSE = "lighthouse@12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
EXERCISE = "perceptrons.heaviside"
ANSWER = "def heaviside(z):\n    return (z > 0) * 1.0  # {}\n"
CLICK = """async ([id, code]) => {
    const exercise = document.querySelector(`[data-exercise="${id}"]`), button = exercise.querySelector(".live-main");
    exercise.live.editor.text = code; // a changed text has no verdict
    while (button.disabled || exercise.dataset.state) await new Promise((resolve) => setTimeout(resolve, 5));
    const start = performance.now();
    button.click();
    while (!exercise.dataset.state) await new Promise((resolve) => requestAnimationFrame(resolve));
    if (exercise.dataset.state !== "passed") throw new Error(exercise.innerText);
    return performance.now() - start;
}"""
FLAGS = "--headless=new --no-sandbox --disable-background-networking"


def transferred(browser, url):
    """Bytes of a page's own files as they travel, figures and Pyodide left out."""
    context = browser.new_context(service_workers="block")  # what it keeps for offline reading comes later
    page = context.new_page()
    sizes = {}

    def note(request):
        if "/_images/" not in request.url and "/pyodide/" not in request.url:
            size = request.sizes()
            sizes[request.url] = size["responseBodySize"] + size["responseHeadersSize"]

    page.on("requestfinished", note)
    page.goto(url, wait_until="networkidle")
    if page.locator("[data-exercise]").count():
        page.locator("[data-exercise]").first.scroll_into_view_if_needed()
        page.locator(".cm-content").first.wait_for()
        page.wait_for_load_state("networkidle")
    context.close()
    return sum(sizes.values())


def check_seconds(browser, url, rounds):
    """(cold, warm): lists of the seconds from a click on *Check* to the verdict, ``rounds`` of each."""
    cold, warm = [], []
    for _ in range(rounds):
        context = browser.new_context()
        page = context.new_page()
        page.goto(url + "chapters/perceptrons.html")
        page.locator(f'[data-exercise="{EXERCISE}"]').scroll_into_view_if_needed()
        page.locator(f'[data-exercise="{EXERCISE}"] .cm-content').wait_for()
        cold.append(page.evaluate(CLICK, [EXERCISE, ANSWER.format(0)]) / 1000)
        warm.append(min(page.evaluate(CLICK, [EXERCISE, ANSWER.format(n)]) for n in (1, 2, 3)) / 1000)
        context.close()
    return cold, warm


def scores(url, chromium):
    """Lighthouse's scores, 0 to 100, as a phone on a slow network gets the page, and what they lost."""
    program = os.environ.get("LIGHTHOUSE")
    line = [program] if program else ["npx", "--yes", LIGHTHOUSE]
    line += [url, "--quiet", "--output=json", f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={FLAGS}"]
    done = subprocess.run(line, capture_output=True, text=True, env={**os.environ, "CHROME_PATH": chromium})
    if done.returncode:
        sys.exit(
            f"page: Lighthouse could not judge {url}: {(done.stderr.strip() or 'no reason given').splitlines()[-1]}"
        )
    report = json.loads(done.stdout)
    audits = report["audits"]
    lost = [
        f"{reference['id']} {audits[reference['id']].get('displayValue', '')}".strip()
        for name in CATEGORIES
        for reference in report["categories"][name]["auditRefs"]
        if reference["weight"] and (audits[reference["id"]]["score"] or 0) < 0.9
        if audits[reference["id"]]["scoreDisplayMode"] not in ("notApplicable", "informative", "manual")
    ]
    return [round(100 * report["categories"][name]["score"]) for name in CATEGORIES], lost


def main():
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", nargs="?", default=ROOT / "_build" / "html", type=Path)
    parser.add_argument("chapters", nargs="*")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lighthouse", action="store_true")
    arguments = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium or not (arguments.site / "chapters").is_dir():
        sys.exit("page: needs Chromium and a built site: run dlbook build first")
    names = arguments.chapters or sorted(path.stem for path in (arguments.site / "chapters").glob("*.html"))
    table = Table(
        "page", "KB", *(CATEGORIES if arguments.lighthouse else ()), "lost", title="target: 400 KB, 95, 100, 100, 100"
    )
    with served(arguments.site) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        cold, warm = check_seconds(browser, url, arguments.rounds)
        for name in names:
            address = f"{url}chapters/{name}.html"
            row = [name, f"{transferred(browser, address) / 1000:.0f}"]
            lost = []
            if arguments.lighthouse:
                figures, lost = scores(address, chromium)
                row += map(str, figures)
            table.add_row(*row, "; ".join(lost))
        browser.close()
    times = Table(title=f"From Check to verdict, median of {arguments.rounds}")
    for name in ("measured", "figure", "target"):
        times.add_column(name)
    times.add_row("cold", f"{statistics.median(cold):.2f} s", "under 5 s")
    times.add_row("warm", f"{1000 * statistics.median(warm):.0f} ms", "under 120 ms")
    console = Console(width=160)
    console.print(times)
    console.print(table)


if __name__ == "__main__":
    main()

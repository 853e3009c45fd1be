"""What a chapter page weighs, and how Lighthouse judges it.

python benchmarks/page.py [SITE] [--lighthouse] [CHAPTER…]: SITE is the folder of a self-hosted site, by default
``_build/html``. Lighthouse comes with `npx`, in the version pinned here, or from the program that the environment
variable LIGHTHOUSE names. Targets: at most 400 KB, compressed, without Pyodide and figures; performance at least 95,
accessibility, best practices and search engines 100.
"""

import argparse
import json
import os
import shutil
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
    context.close()
    return sum(sizes.values())


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
    parser.add_argument("--lighthouse", action="store_true")
    arguments = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium or not (arguments.site / "chapters").is_dir():
        sys.exit("page: needs Chromium and a built site: dlbook build --self-hosted, then name its folder")
    names = arguments.chapters or sorted(path.stem for path in (arguments.site / "chapters").glob("*.html"))
    table = Table(
        "page", "KB", *(CATEGORIES if arguments.lighthouse else ()), "lost", title="target: 400 KB, 95, 100, 100, 100"
    )
    with served(arguments.site) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name in names:
            address = f"{url}chapters/{name}.html"
            row = [name, f"{transferred(browser, address) / 1000:.0f}"]
            lost = []
            if arguments.lighthouse:
                figures, lost = scores(address, chromium)
                row += map(str, figures)
            table.add_row(*row, "; ".join(lost))
        browser.close()
    Console(width=160).print(table)


if __name__ == "__main__":
    main()

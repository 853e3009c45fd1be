"""Python for the pages: whichever site was built before, each page loads what this build put there."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from autograder.site import live, runtime
from autograder.site.lighten import lighten_icons
from autograder.site.policy import with_policy

PAGES = ("chapters/perceptrons.html", "chapters/wide_resnet.html")


@pytest.fixture
def offline(monkeypatch):
    """pip finds no package anywhere."""
    for name, value in {"NO_INDEX": "1", "EXTRA_INDEX_URL": "", "FIND_LINKS": "", "CONFIG_FILE": os.devnull}.items():
        monkeypatch.setenv(f"PIP_{name}", value)


# ------------------------------------------------------------------------------------------------ the pinned files
def test_every_file_of_the_runtime_is_pinned_by_hash():
    for mode in (runtime.SELF_HOSTED, runtime.CDN):
        settings = runtime.settings(mode)
        assert {*runtime.CORE, runtime.LOCK} < {*settings["files"]}
        assert all(file["integrity"].startswith("sha256-") for file in settings["files"].values())
    assert runtime.pin()["version"] in runtime.settings(runtime.CDN)["url"]
    assert all(len(sha256) == 64 for sha256 in runtime.files_of_the_site().values())


def test_the_sites_own_lock_file_names_every_package_that_its_packages_need():
    packages = json.loads(runtime.lock_file())["packages"]
    assert {"numpy", "matplotlib"} <= packages.keys()
    for entry in packages.values():
        assert {name.lower() for name in entry["depends"]} <= packages.keys()
        assert runtime.files_of_the_site()[entry["file_name"]] == entry["sha256"]


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed: it has Pyodide's release")
def test_the_packages_of_the_site_are_those_of_pyodides_release(tmp_path):
    version = runtime.pin()["version"]
    line = ["npm", "pack", f"pyodide@{version}", "--silent", "--pack-destination", str(tmp_path)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=300)
    if done.returncode:
        pytest.skip(f"npm could not fetch Pyodide {version}: {done.stderr.strip()}")
    with tarfile.open(next(tmp_path.glob("*.tgz"))) as archive:
        official = archive.extractfile(f"package/{runtime.LOCK}").read()
    assert hashlib.sha256(official).hexdigest() == runtime.pin()["files"][runtime.LOCK]["sha256"]
    official, own = json.loads(official), json.loads(runtime.lock_file())
    assert own["info"] == official["info"]
    assert own["packages"].items() <= official["packages"].items()


def test_a_file_that_is_not_the_pinned_one_is_not_used(tmp_path):
    with pytest.raises(runtime.NoRuntime, match="not the file that is pinned"):
        runtime._keep(tmp_path / "pyodide.js", b"something else", "0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_kept_need_no_network(pyodide, offline, tmp_path):
    if pyodide:
        pytest.skip(pyodide)
    shutil.copytree(runtime.KEPT, tmp_path / "kept")
    runtime.fetch(tmp_path / "kept")
    (tmp_path / "kept" / "pyodide.js").write_text("damaged")
    with pytest.raises(runtime.NoRuntime, match="is there a network"):
        runtime.fetch(tmp_path / "kept")


def test_placing_the_runtime_leaves_no_file_of_an_earlier_version(pyodide, tmp_path):
    if pyodide:
        pytest.skip(pyodide)
    old = tmp_path / runtime.FOLDER / "numpy-1.0.whl"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"old")
    runtime.place(runtime.KEPT, tmp_path)
    assert {path.name for path in old.parent.iterdir()} == {runtime.LOCK, *runtime.files_of_the_site()}


# ---------------------------------------------------------------------------------------- one build after another
def mode_of(page):
    """Which runtime a page of a built site loads, by its data and by its policy; both must say the same."""
    text = page.read_text(encoding="utf-8")
    own = json.loads(re.search(r'id="live-chapter">(.*?)</script>', text, re.DOTALL)[1])["runtime"]
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1]
    by_data = "none" if "missing" in own else "cdn" if own["url"].startswith("https:") else "self-hosted"
    assert (runtime.pin()["url"] in policy) is (by_data == "cdn")
    return by_data


@pytest.fixture(scope="module")
def copied(site, tmp_path_factory):
    """A built site of the test's own, with the texts that Sphinx keeps of it."""
    folder = tmp_path_factory.mktemp("book")
    shutil.copytree(site, folder / "_build", ignore=shutil.ignore_patterns("pyodide", "demo"))
    return folder


def build(folder, *arguments):
    """`dlbook build` as its user runs it, but in ``folder``; returns (exit code, what it printed)."""
    code = "import sys; from autograder.site.build import build; sys.exit(build(cdn='--cdn' in sys.argv, output={!r}))"
    line = [sys.executable, "-c", code.format(str(folder)), *arguments]
    done = subprocess.run(line, capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout + done.stderr


def test_pages_load_what_this_build_put_there_whichever_site_was_built_before(copied, pyodide):
    """The site that is there when this begins is self-hosted; then, as its parts are kept and removed, the others."""
    if pyodide:
        pytest.skip(pyodide)
    html = copied / "_build" / "html"
    steps = ((False, "cdn"), (False, "self-hosted"), (True, "cdn"), (True, "self-hosted"))
    assert {mode_of(html / page) for page in PAGES} == {"self-hosted"}
    for removed, mode in steps:
        if removed:
            shutil.rmtree(html)
        code, told = build(copied, *(["--cdn"] if mode == "cdn" else []))
        assert code == 0, told
        assert {mode_of(html / page) for page in PAGES} == {mode}
        assert (html / runtime.FOLDER).exists() is (mode == "self-hosted")
        assert "fontTools" not in told and len(told.splitlines()) < 8, told


def test_without_network_and_without_files_the_site_is_built_and_says_so(copied, offline, tmp_path, monkeypatch):
    """The exit code is 0, one line says why, and the pages' data say what a reader can do."""
    app = type("App", (), {"config": type("Config", (), {"live_runtime": "self-hosted"})})
    monkeypatch.setattr(runtime, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(runtime.fetch, "__defaults__", (tmp_path / "kept",))
    page = tmp_path / "page.html"
    shutil.copy(copied / "_build" / "html" / PAGES[0], page)
    mode = live.place_runtime(app, tmp_path)
    live.set_runtime(page, mode)
    assert mode_of(page) == "none"
    assert not (tmp_path / runtime.FOLDER).exists()
    data = json.loads(re.search(r'id="live-chapter">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)[1])
    assert "Download the chapter's notebook" in data["runtime"]["missing"]


def test_a_page_has_one_policy_however_often_it_is_written():
    page = "<html><head>\n    <meta charset='utf-8'><script src=x></script></head></html>"
    once = with_policy(page, runtime.CDN)
    assert with_policy(once, runtime.SELF_HOSTED) == with_policy(page, runtime.SELF_HOSTED)
    assert once.index("Content-Security-Policy") < once.index("<script")


def test_cutting_the_icon_fonts_tells_nothing(copied, caplog):
    caplog.set_level("INFO", logger="fontTools")
    lighten_icons(copied / "_build" / "html")
    assert caplog.records == []


def test_the_first_page_says_that_it_cannot_check(site, chromium_of_runtime, tmp_path):
    from serving import served

    folder = tmp_path / "html"
    shutil.copytree(site / "html", folder, ignore=shutil.ignore_patterns("pyodide", "_sources"))
    live.set_runtime(folder / PAGES[0], runtime.NONE)
    with served(folder) as url:
        tab = chromium_of_runtime.new_page()
        tab.goto(url + PAGES[0])
        place = tab.locator('[data-exercise="perceptrons.heaviside"]')
        place.locator(".live-missing", has_text="built without Python").wait_for()
        place.get_by_role("button", name="Check", exact=True).click()
        place.locator(".live-status", has_text="built without it").wait_for()
        tab.close()


@pytest.fixture(scope="module")
def chromium_of_runtime():
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def test_the_delivery_networks_files_are_named_in_one_place():
    texts = [path.read_text(encoding="utf-8") for path in Path(runtime.__file__).parent.glob("*.py")]
    assert not any("cdn." in text and "https://" in text for text in texts)

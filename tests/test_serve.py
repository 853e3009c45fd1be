"""`dlbook serve`: the site on this machine, with the headers that it should have anywhere."""

import gzip
import http.client
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from serving import running

from autograder.notebooks.chapters import ROOT
from autograder.site import runtime
from autograder.site.policy import PLACEHOLDER, header
from autograder.site.serve import CannotServe, make_server

PAGE = '<!doctype html><meta charset="utf-8"><title>a page</title>' + "text " * 200


@pytest.fixture
def folder(tmp_path):
    site = tmp_path / "html"
    (site / "_static" / "pyodide").mkdir(parents=True)
    (site / "index.html").write_text(PAGE)
    (site / "404.html").write_text("<title>not here</title>")
    (site / "_static" / "pyodide" / "pyodide.asm.wasm").write_bytes(b"\0asm")
    (site / "_static" / "pyodide" / "pyodide-lock.json").write_text("{}")
    (tmp_path / "secret.txt").write_text("secret")
    report = tmp_path / "demo" / "report"
    report.mkdir(parents=True)
    (report / "index.html").write_text("<title>a report</title>")
    return site


@pytest.fixture
def server(folder):
    with running(make_server(folder, port=0, beside={"report": folder.parent / "demo" / "report"})) as server:
        yield server


def ask(server, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.putrequest("GET", path, skip_host="Host" in headers, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    answer.content = answer.read()
    return answer


def test_a_page_comes_with_a_policy_that_allows_its_own_files_only(server):
    answer = ask(server, "/")
    policy = answer.headers["Content-Security-Policy"]
    assert answer.status == 200 and answer.content.decode() == PAGE
    assert re.findall(r"connect-src ([^;]*)", policy) == ["'self'"]
    assert "http" not in policy and "*" not in policy
    assert "frame-ancestors 'none'" in policy and "unsafe-eval'" not in policy.replace("wasm-unsafe-eval", "")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_readme_gives_the_header_that_holds_on_a_shared_host():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"Content-Security-Policy: {header(runtime.SELF_HOSTED, PLACEHOLDER)}\n" in readme


def test_text_travels_compressed_to_whom_understands_it_and_not_again_if_unchanged(server):
    packed = ask(server, "/index.html", Accept_Encoding="gzip")
    assert gzip.decompress(packed.content).decode() == PAGE and len(packed.content) < len(PAGE)
    again = ask(server, "/index.html", If_None_Match=packed.headers["ETag"])
    assert (again.status, again.content) == (304, b"")


def test_webassembly_has_the_type_that_browsers_ask_for(server):
    assert ask(server, "/_static/pyodide/pyodide.asm.wasm").headers["Content-Type"] == "application/wasm"


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/report/../../../secret.txt", "/report/%2e%2e/"]
)
def test_nothing_outside_of_the_site_is_served(server, path):
    assert b"secret" not in ask(server, path).content


def test_what_does_not_exist_gets_the_sites_own_page(server):
    answer = ask(server, "/nothing/here.html")
    assert answer.status == 404 and b"not here" in answer.content


def test_a_folder_is_not_listed(server):
    assert ask(server, "/_static/").status == 404


def test_a_page_of_another_name_that_leads_here_gets_nothing(server):
    """DNS can make any name lead to 127.0.0.1; a page from there is not this site."""
    answer = ask(server, "/", Host=f"evil.example:{server.server_port}")
    assert answer.status == 421 and PAGE.encode() not in answer.content


def test_reports_are_served_under_a_policy_of_their_own(server):
    answer = ask(server, "/report/index.html")
    assert b"a report" in answer.content
    assert "connect-src" not in (policy := answer.headers["Content-Security-Policy"]) and "default-src 'none'" in policy


def test_links_of_reports_to_the_book_work_here_as_on_the_disk(server):
    """A report in _build/demo/report names the book ../../html."""
    answer = ask(server, "/html/index.html")
    assert (answer.status, answer.headers["Location"]) == (301, "/index.html")


def test_a_folder_without_a_site_and_a_port_that_is_taken_are_refused_in_one_line(folder, tmp_path):
    with pytest.raises(CannotServe, match="run `dlbook build` first"):
        make_server(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(CannotServe, match="choose another one"):
        make_server(folder, port=taken.getsockname()[1])
    with pytest.raises(CannotServe, match="choose another one"):
        make_server(folder, port=70_000)


def test_without_a_port_a_free_one_is_found_beside_a_server_that_runs(folder):
    with make_server(folder) as first, make_server(folder) as second:
        assert first.server_port != second.server_port


def test_ctrl_c_ends_it(folder):
    code = (
        f"from autograder.site.serve import serve; serve({str(folder)!r}, 0, announce=lambda a: print(a, flush=True))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    address = process.stdout.readline().strip()
    with urllib.request.urlopen(address, timeout=10) as answer:
        assert answer.status == 200
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0 and errors == ""
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(address, timeout=5)

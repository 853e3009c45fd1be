"""The Content-Security-Policy of the site's pages: what they may load, and so what a reader's code may reach.

Each page carries it in a `<meta>` element, so that it holds on any web server. The worker that runs a reader's code is
made from a `blob:` address, so that the page's policy holds for it too; before that the page narrows its own policy
to the site's static files (`frontend/src/enclosure.js`).
"""

import re

from . import runtime

META = re.compile(r'\s*<meta http-equiv="Content-Security-Policy"[^>]*>')
CHARSET = re.compile(r"<meta charset=[^>]*>")
PLACEHOLDER = "https://book.example/notes/"  # stands for the site's address in the README


def policy(mode, base="'self'"):
    """The directives for a site with the runtime of ``mode``, whose own files are at ``base``."""
    network = runtime.pin()["url"] if mode == runtime.CDN else ""
    copies = "blob:" if mode == runtime.CDN else ""  # a script is fetched with its hash, then run from a copy
    directives = (
        ("default-src", "'none'"),
        ("script-src", base, "'wasm-unsafe-eval'", copies),
        ("worker-src", base, "blob:"),
        ("style-src", "'self'", "'unsafe-inline'"),
        ("img-src", "'self'", "data:"),
        ("media-src", "'self'"),
        ("font-src", "'self'"),
        ("connect-src", base, network),
        ("manifest-src", "'self'"),
        ("base-uri", "'none'"),
        ("form-action", "'self'"),
    )
    return "; ".join(" ".join(filter(None, directive)) for directive in directives)


def header(mode, base="'self'"):
    """The policy as a web server sends it; ``base``: the site's address, narrower than the host that it shares."""
    return f"{policy(mode, base)}; frame-ancestors 'none'"


def with_policy(page, mode):
    """The text of a page with the policy as its first instruction, instead of the one that it may have."""
    page = META.sub("", page)
    meta = f'\n    <meta http-equiv="Content-Security-Policy" content="{policy(mode)}">'
    return CHARSET.sub(lambda charset: charset[0] + meta, page, count=1)

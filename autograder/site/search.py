"""What the page of search looks through: every section of every page, as plain text."""

import json
import re

from docutils import nodes

SHORT = re.compile(r"[\w\s+\-*/=.,()<>|']{1,24}")  # TeX that reads as text, such as x + b
COMMAND = re.compile(r"\\(?:mathbf|mathrm|mathit|boldsymbol|text|operatorname)\s*\{?(\w+)\}?|[{}$]")
GREEK = dict(alpha="α", beta="β", gamma="γ", delta="δ", epsilon="ε", eta="η", theta="θ", kappa="κ", lambda_="λ", mu="μ")
GREEK |= dict(rho="ρ", sigma="σ", tau="τ", phi="φ", varphi="φ", omega="ω", pi="π", Delta="Δ", Sigma="Σ", nabla="∇")


def write_index(app, site):
    """``_static/search.json``: [page, anchor, page's title, section's title, text] of each section."""
    rows = [row for name in sorted(app.env.found_docs) for row in sections(app.env.get_doctree(name), name)]
    target = site / "_static" / "search.json"
    target.write_text(json.dumps(rows, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def sections(doctree, page):
    """The sections of a page, each with the text that is its own and not that of a section in it."""
    rows, title = [], None
    for section in doctree.findall(nodes.section):
        heading = next((text_of(child) for child in section.children if isinstance(child, nodes.title)), "")
        title = title or heading
        text = " ".join(
            text_of(child) for child in section.children if not isinstance(child, (nodes.section, nodes.title))
        )
        anchor = section["ids"][0] if section["ids"] and section.parent is not doctree else ""
        rows.append([f"{page}.html", anchor, title, heading, re.sub(r"\s+", " ", text).strip()])
    return rows


def text_of(node):
    """What a reader sees of a node as text: no code's output, no markup, of formulas only what reads as text."""
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, nodes.math):
        return formula(node.astext())
    if isinstance(node, (nodes.raw, nodes.math_block, nodes.comment, nodes.target, nodes.image)):
        return " "
    if getattr(node, "attributes", {}).get("reftype") in ("eq", "numref"):
        return "…"
    if isinstance(node, nodes.literal_block):  # of code the functions' names, which readers look for
        return " ".join(re.findall(r"^def (\w+)", node.astext(), re.MULTILINE))
    if isinstance(node, nodes.container) and "cell_output" in node["classes"]:
        return " ".join(text_of(child) for child in node.findall(nodes.caption))
    joint = "" if isinstance(node, nodes.TextElement) else " "
    return joint.join(text_of(child) for child in node.children)


def formula(tex):
    plain = re.sub(r"\\(\w+)", lambda m: GREEK.get(m[1], m[0]), tex)
    plain = COMMAND.sub(lambda m: m[1] or "", plain)
    return plain if SHORT.fullmatch(plain) or plain in GREEK.values() else "…"

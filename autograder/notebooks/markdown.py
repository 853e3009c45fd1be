"""From the chapters' MyST to Markdown that every notebook program shows.

The chapters keep to a small part of MyST (CONTRIBUTING.md lists it); what is not in it raises `CourseError`.
"""

import re

from .chapters import CourseError, bibliography
from .glossary import entry_of

ROLE_OR_CODE = re.compile(r"(?:\{([^{}\s`]+)\})?(`+)(.+?)\2", re.DOTALL)  # a code span is passed over whole
ADMONITION = re.compile(r"^:{3,}\{admonition\} (.*)$")
NOT_PLAIN = re.compile(
    r"^[\s>]*(?:[:`~]{3,}\s*\{.*|\([^()\s]+\)=\s*|%.*|\$\$.+\$\$ *\(.*)$"  # directive, target, comment, label
    r"|\[\]\([^)]*\)",  # a link without a text
    re.MULTILINE,
)
LABELLED_MATH = re.compile(r"^\$\$ *\(([\w-]+)\)\s*$")


class Numbers:
    """Numbers of a chapter's equations and figures, given out in order of appearance."""

    def __init__(self):
        self.equations = {}
        self.figures = {}
        self.figures_of_the_book = set()  # that students' notebooks do not have

    def add_equation(self, label):
        return self.equations.setdefault(label, len(self.equations) + 1)

    def add_figure(self, label):
        return self.figures.setdefault(label, len(self.figures) + 1)


def collect_equations(text, numbers):
    """Number the labelled equations of a cell."""
    for line in text.splitlines():
        found = LABELLED_MATH.match(line.strip())
        if found:
            numbers.add_equation(found.group(1))


def plain_markdown(text, numbers, chapter):
    """The text of a Markdown cell without MyST."""
    lines = admonitions([line for line in text.splitlines() if not re.fullmatch(r"\([\w-]+\)=", line.strip())], chapter)
    text = "\n".join(_math(lines, numbers))
    left = NOT_PLAIN.search(text)
    text = ROLE_OR_CODE.sub(lambda found: _role_or_code(found, numbers, chapter), text)
    if left:
        raise CourseError(f"chapters/{chapter}.md: students' notebooks cannot show {left.group(0)!r}")
    return text.strip()


def admonitions(lines, chapter):
    """Boxes become quotations with a bold title; boxes of class ``dropdown`` become ``<details>``."""
    result, box = [], None
    for line in lines:
        opening = ADMONITION.match(line)
        if box is None and opening:
            box = {"title": opening.group(1).strip(), "classes": "", "body": []}
        elif box is not None and re.fullmatch(r":{3,}", line.strip()):
            result += _box(box)
            box = None
        elif box is not None and line.startswith(":class:") and not box["body"]:
            box["classes"] = line.removeprefix(":class:").strip()
        elif box is not None and (re.match(r"\s*:{3,}", line) or (re.match(r":\w+:", line) and not box["body"])):
            raise CourseError(f"chapters/{chapter}.md: a box in students' notebooks cannot hold {line.strip()!r}")
        elif box is not None:
            box["body"].append(line)
        else:
            result.append(line)
    if box is not None:
        raise CourseError(f"chapters/{chapter}.md: the box {box['title']!r} is not closed")
    return result


def _box(box):
    body = "\n".join(box["body"]).strip().splitlines()
    if "dropdown" in box["classes"].split():
        return ["<details>", f"<summary>{box['title']}</summary>", "", *body, "", "</details>"]
    return [f"> **{box['title']}**", ">", *(f"> {line}".rstrip() for line in body)]


def _math(lines, numbers):
    """``$$ (label)`` at the end of a display becomes a tag with the equation's number."""
    result = []
    for line in lines:
        quote = "> " if line.startswith(">") else ""
        found = LABELLED_MATH.match(line.removeprefix(">").strip())
        if found:
            result += [f"{quote}\\tag{{{numbers.equations[found.group(1)]}}}", f"{quote}$$"]
        else:
            result.append(line)
    return result


def _role_or_code(found, numbers, chapter):
    role, ticks, body = found.groups()
    if role is None:
        return found.group(0)
    if len(ticks) > 1:
        raise CourseError(f"chapters/{chapter}.md: write {{{role}}} with single backticks, not {found.group(0)!r}")
    return _role(role, body, numbers, chapter)


def _role(role, body, numbers, chapter):
    if role == "cite:p":
        return f"({'; '.join(', '.join(_reference(key, chapter)) for key in body.split(','))})"
    if role == "cite:t":
        return ", ".join("{} ({})".format(*_reference(key, chapter)) for key in body.split(","))
    if role == "eq" and body in numbers.equations:
        return f"({numbers.equations[body]})"
    if role == "numref" and body in numbers.figures:
        return f"Figure {numbers.figures[body]}"
    if role == "numref" and body in numbers.figures_of_the_book:
        return "the book's figure"
    if role == "term":
        entry_of(body, chapter)  # an unknown term stops the release
    if role in ("doc", "ref", "index", "term"):
        return re.sub(r"\s*<[^>]*>$", "", body.split("; ")[-1]).rsplit("/", 1)[-1]
    raise CourseError(f"chapters/{chapter}.md: students' notebooks cannot show {{{role}}}`{body}`")


def _reference(key, chapter):
    try:
        return bibliography()[key.strip()]
    except KeyError:
        raise CourseError(f"chapters/{chapter}.md cites {key.strip()!r}, which references.bib does not have") from None

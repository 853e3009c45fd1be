"""The steps that turn a chapter into a notebook. Each takes a notebook and its `Recipe` and changes one thing."""

import hashlib
import re
from dataclasses import dataclass, field

from nbformat.v4 import new_code_cell, new_markdown_cell

from ..exercises import exercises
from .chapters import CourseError
from .glossary import LANGUAGES, entries_of
from .markdown import Numbers, collect_equations, plain_markdown
from .stubs import cell_name, helpers, solution, sources_of, stub_of

# The first line of the cell that unpacks what a notebook needs; Colab shows it as the cell's title.
UNPACKS = "# @title Run this first: it unpacks the checks of this notebook"
EARLIER = re.compile(r"from solutions\.(\w+) import ([\w, ]+)")
ROLE = "dlbook"  # key of a cell's metadata that says what the course takes the cell for


@dataclass
class Recipe:
    """What a notebook is made for.

    chapter: its name. kind: ``student``, ``instructor`` (solutions filled in) or ``source`` (nbgrader's: solutions
    and hidden tests between its marks).
    """

    chapter: str
    kind: str
    numbers: Numbers = field(default_factory=Numbers)

    def exercise(self, name):
        return {exercise.name: exercise for exercise in exercises(self.chapter)}[name]


def drop_cells_of_the_book(notebook, recipe):
    """Cells that only the site needs: its hidden cells, and those that use other chapters' references."""
    kept = []
    for cell in notebook.cells:
        if "earlier" in tags(cell) or not {"remove-cell", "book-only"} & tags(cell):
            kept.append(cell)
        elif figure_of(cell):
            recipe.numbers.figures_of_the_book.add(figure_of(cell).get("name"))
    notebook.cells = kept


def bring_from_earlier(notebook, recipe):
    """What a chapter takes from earlier ones comes from the student's own notebooks; an instructor gets the source."""
    for cell in notebook.cells:
        if "earlier" not in tags(cell):
            continue
        found = EARLIER.fullmatch(cell.source.strip())
        if not found:
            raise CourseError(
                f"chapters/{recipe.chapter}.md: a cell tagged earlier should be one line, from solutions.CHAPTER "
                f"import NAME, …, and not {cell.source!r}"
            )
        chapter, names = found[1], [name.strip() for name in found[2].split(",")]
        if recipe.kind == "instructor":
            cell.source = sources_of(chapter, names)
        else:
            texts = ", ".join(f'"{name}"' for name in (chapter, *names))
            cell.source = f"from checks.earlier import bring\n\n{', '.join(names)} = bring({texts})"


def number_equations(notebook, recipe):
    """Before any text is rewritten, so that a text may refer to an equation further down."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            collect_equations(cell.source, recipe.numbers)


def write_captions(notebook, recipe):
    """A figure's caption stands in its cell's metadata, which notebooks do not show: it becomes a text cell."""
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        figure = figure_of(cell)
        if figure:
            number = recipe.numbers.add_figure(figure.get("name", f"figure-{len(cells)}"))
            caption = " ".join(figure["caption"].split())
            cells.append(new_markdown_cell(f"**Figure {number}.** {caption}"))
    notebook.cells = cells


def list_terms(notebook, recipe):
    """The marked terms at the end, with what they mean: a notebook has no tooltips."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    entries = sorted(entries_of(text, recipe.chapter), key=lambda entry: entry.term.lower())
    if not entries:
        return
    rows = [f"| term | meaning | {' | '.join(LANGUAGES.values())} |", "|---" * (2 + len(LANGUAGES)) + "|"]
    for entry in entries:
        names = [f'<span lang="{language}">{name}</span>' for language, name in entry.names]
        rows.append(f"| {' | '.join([entry.term, entry.definition, *names])} |")
    notebook.cells.append(new_markdown_cell("\n".join(["## Terms", "", *rows])))


def write_plain_markdown(notebook, recipe):
    """MyST becomes Markdown that every notebook program shows."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = plain_markdown(cell.source, recipe.numbers, recipe.chapter)


def mark_roles(notebook, recipe):
    """What the course takes a code cell for: exercise, setup (the first code cell) or experiment."""
    role = "setup"
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.metadata[ROLE] = {"role": "exercise" if "exercise" in tags(cell) else role}
        role = "experiment"


def fill_stubs(notebook, recipe):
    """Stub cells get nbgrader's metadata, and solutions where the recipe asks for them."""
    for cell in notebook.cells:
        if role_of(cell) != "exercise":
            continue
        exercise = recipe.exercise(cell_name(cell.source))
        if recipe.kind == "student":
            cell.source = stub_of(exercise)
        else:
            cell.source = solution(exercise.reference, marks=recipe.kind == "source")
        if recipe.kind == "source" and exercise.planted:
            cell.metadata[ROLE]["planted"] = stub_of(exercise)  # what `ClearSolutions` leaves to students
        cell.metadata["nbgrader"] = nbgrader_metadata(exercise.name, solution=True)


def show_sizes(notebook, recipe):
    """Above each stub its size, its worth, and whether something is to be repaired."""
    cells = []
    for cell in notebook.cells:
        if role_of(cell) == "exercise":
            cells.append(new_markdown_cell(f"*{size_and_worth(recipe.exercise(cell_name(cell.source)))}*"))
        cells.append(cell)
    notebook.cells = cells


def add_helpers(notebook, recipe):
    """In an instructor's notebook, what the solutions use besides each other, after the setup."""
    if recipe.kind != "instructor":
        return
    setup = next(index for index, cell in enumerate(notebook.cells) if role_of(cell) == "setup")
    notebook.cells.insert(setup + 1, new_code_cell(helpers(recipe.chapter)))


def add_checks(notebook, recipe):
    """After each stub a locked cell that checks it and, in nbgrader's source, scores it."""
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if role_of(cell) != "exercise":
            continue
        exercise = recipe.exercise(cell_name(cell.source))
        source = check_source(recipe.chapter, exercise.name, hidden=recipe.kind == "source")
        metadata = nbgrader_metadata(f"check-{exercise.name}", points=float(exercise.points))
        cells.append(new_code_cell(source, metadata={"nbgrader": metadata, ROLE: {"role": "check"}}))
    notebook.cells = cells


def explain_use(notebook, recipe):
    """How to work with the notebook, under its title."""
    total = sum(exercise.points for exercise in exercises(recipe.chapter))
    text = (
        f"> **How to work.** Replace each `raise NotImplementedError` by your code; there are "
        f"{len(exercises(recipe.chapter))} exercises, worth {total:g} points. The cell after an exercise checks it on "
        "some cases and says what is wrong; the grader has more. Cells between the exercises run on your functions, "
        "so they fail until you have written what they need. Your functions leave the arrays that come in as they "
        "are: `a = a - b` makes a new array, `a -= b` writes into the old one. Values count; a warning is a mistake "
        "only where an exercise says so. Run the first cell first: the checks are in it."
    )
    notebook.cells.insert(1, new_markdown_cell(text))


def clear_outputs(notebook, recipe):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None


def keep_metadata_of_the_course(notebook, recipe):
    """Only what nbgrader and the course need stays: no tags, which an execution might obey, no figure texts."""
    for cell in notebook.cells:
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in ("nbgrader", ROLE)}
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        ROLE: {"chapter": recipe.chapter},
    }


def give_ids(notebook, recipe):
    """Ids that depend on place and text alone, so that the same chapter gives the same file."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for index, cell in enumerate(notebook.cells):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        digest = hashlib.sha256(f"{index}\n{cell.source}".encode()).hexdigest()[:12]
        cell["id"] = (grade_id or f"cell-{digest}").replace("_", "-")[:64]


STEPS = (
    drop_cells_of_the_book,
    bring_from_earlier,
    number_equations,  # needs the labels that write_plain_markdown takes away
    write_captions,  # numbers the figures that write_plain_markdown refers to
    list_terms,  # reads the roles that write_plain_markdown takes away
    write_plain_markdown,
    mark_roles,  # reads the tags that keep_metadata_of_the_course takes away
    fill_stubs,
    show_sizes,
    add_helpers,
    add_checks,
    explain_use,
    clear_outputs,
    keep_metadata_of_the_course,
    give_ids,
)


def size_and_worth(exercise):
    """Size and points of an exercise, as in "Core, 2 points" and "Core, 2 points: find the mistake and repair it"."""
    points = f"{exercise.points:g} point{'s' * (exercise.points != 1)}"
    task = ": find the mistake and repair it" if exercise.planted else ""
    return f"{exercise.size.capitalize()}, {points}{task}"


def tags(cell):
    return set(cell.metadata.get("tags", ()))


def figure_of(cell):
    """Name and caption of the figure that a cell draws, or None."""
    return cell.metadata.get("mystnb", {}).get("figure")


def role_of(cell):
    return cell.metadata.get(ROLE, {}).get("role")


def nbgrader_metadata(grade_id, solution=False, points=None):
    """nbgrader's metadata, schema 3, of a solution cell or of a test cell worth ``points``."""
    metadata = {
        "grade": points is not None,
        "grade_id": grade_id,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return metadata if points is None else metadata | {"points": points}


def check_source(chapter, name, hidden):
    """The text of a test cell; between nbgrader's marks the part that students don't get."""
    lines = ["from checks import check"]
    if hidden:
        lines += [
            "### BEGIN HIDDEN TESTS",
            "from autograder.grading.stock import checker",
            f'check = checker("{chapter}")',
            "### END HIDDEN TESTS",
        ]
    return "\n".join([*lines, f'check("{name}")'])

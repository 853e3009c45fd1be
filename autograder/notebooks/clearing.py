"""nbgrader's own clearing of solutions, told what a repair exercise leaves to students."""

from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions

from .steps import ROLE


class ClearSolutionsOfRepairs(ClearSolutions):
    """As nbgrader's ``ClearSolutions``; a repair exercise's cell gets the function with its planted misconception."""

    def preprocess_cell(self, cell, resources, cell_index):
        planted = cell.metadata.get(ROLE, {}).pop("planted", None)
        if planted is None:
            return super().preprocess_cell(cell, resources, cell_index)
        cell.source = planted
        return cell, resources


def preprocessors():
    """nbgrader's steps from source to release, with this one for its own."""
    stock = GenerateAssignment.class_traits()["preprocessors"].default()
    return [ClearSolutionsOfRepairs if step is ClearSolutions else step for step in stock]

"""What a right answer is, chapter by chapter: one module a chapter, named as the chapter."""

from functools import cache
from importlib import import_module

CHAPTERS = (
    "perceptrons",
    "networks",
    "backprop",
    "activations",
    "initialization",
    "convolution",
    "optimizers",
    "second_order",
    "model_selection",
    "regularization",
    "batchnorm",
    "augmentation",
    "transfer",
    "wide_resnet",
)


@cache
def exercises(chapter):
    """The chapter's `Exercise` objects in the order of the page. `KeyError` for an unknown chapter."""
    if chapter not in CHAPTERS:
        raise KeyError(f"no chapter {chapter!r}; there are {', '.join(CHAPTERS)}")
    return import_module(f"{__name__}.{chapter}").EXERCISES


def find(chapter, name):
    """One exercise by chapter and name."""
    for exercise in exercises(chapter):
        if exercise.name == name:
            return exercise
    raise KeyError(f"no exercise {name!r} in {chapter}; there are {', '.join(e.name for e in exercises(chapter))}")

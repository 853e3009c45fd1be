"""The whole way of a class: run and judge (`grading`), then write what people read (`reporting`)."""

from .grading.batch import database_url, grade_class
from .grading.lock import holds
from .grading.penalties import late_policy
from .reporting.book import published_address
from .reporting.render import render


@holds("to", "grade", create=True)
def grade_and_render(source, to, *, database=None, book=None, class_mean=False, progress=None, **options):
    """Grade a class as `grade_class` does, then write feedback and tables.

    book: the book's address for links from feedback, by default that in ``_config.yml``. class_mean: the feedback has
    it. Returns (the `Results`, what is wrong with stored verdicts, in lines).
    """
    results = grade_class(source, to, database=database, progress=progress, **options)
    return results, render_class(to, results, database, book, class_mean)


def render_class(folder, results, database=None, book=None, class_mean=False):
    """Write feedback and tables of what was graded, with lateness and marks by hand as the gradebook has them now."""
    from .grading.gradebook import ClassGradebook  # slow to import: `grade_class` does it while its processes start

    with ClassGradebook(database_url(folder, database)) as gradebook:
        gradebook.assign_penalties(late_policy(folder))
        by_hand = gradebook.by_hand()
    return render(folder, results, by_hand, book or published_address(), class_mean)

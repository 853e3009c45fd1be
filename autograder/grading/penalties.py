"""Late penalties, as nbgrader's ``AssignLatePenalties`` gives them when it autogrades."""

from pathlib import Path


def late_policy(folder):
    """nbgrader's plugin that says what lateness costs, by ``FOLDER/nbgrader_config.py``; None without that file."""
    path = Path(folder) / "nbgrader_config.py"
    if not path.is_file():
        return None
    from nbgrader.preprocessors import AssignLatePenalties  # slow to import, and few courses need it
    from traitlets.config import PyFileConfigLoader

    preprocessor = AssignLatePenalties(config=PyFileConfigLoader(path.name, str(path.parent.resolve())).load_config())
    preprocessor.init_plugin()
    return preprocessor.plugin_inst


def assign_penalty(policy, submission, notebook):
    """Set the penalty of a submitted notebook by its time and its due date; it costs no more than the score.

    submission, notebook: nbgrader's. Where no time is known, a penalty set by hand stays.
    """
    if submission.timestamp is None:
        return
    penalty, score = None, notebook.score
    if submission.total_seconds_late > 0:
        penalty = policy.late_submission_penalty(submission.student.id, score, submission.total_seconds_late)
    notebook.late_submission_penalty = None if penalty is None else min(max(penalty, 0), score)

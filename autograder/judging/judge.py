"""From an exercise and a student's functions to a verdict.

The student's functions may be ordinary functions of this process (`LocalStudent`) or stand for functions of
another process (``autograder.grading``): the judge only calls them and looks at plain data that come back.
"""

import builtins
from contextlib import nullcontext
from dataclasses import dataclass, field, replace

import numpy as np

from . import plain, relations
from .compare import Tolerance, difference
from .floats import strictly, unchanged
from .vocabulary import PURITY

NOT_ATTEMPTED = "NotImplementedError"
SAFE_KINDS = {name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, Exception)}
SAFE_KINDS |= {"UnusableResult", "MissingFunction", "AxisError", "LinAlgError", "crashed", "timeout", "out-of-memory"}
LOUD = ("MemoryError", "TimeoutError", "RecursionError")  # errors that speak of the whole answer
PURITY_SHARE = 0.1  # of an exercise's points, lost by an answer that changes an input


class StudentError(Exception):
    """A student's function raised: the error's name, its bases' names, its message and its line."""

    def __init__(self, kinds, message, line=None, text=None):
        super().__init__(message)
        self.kinds = list(kinds)
        self.message = message
        self.line = line
        self.text = text

    @property
    def kind(self):
        return self.kinds[0]


@dataclass(frozen=True)
class Outcome:
    """What came of a case: a value, or the name of an error; and which inputs were changed by the call."""

    value: object = None
    error: str | None = None
    message: str = ""
    line: int | None = None
    text: str | None = None
    modified: tuple = ()
    kinds: tuple = ()  # the error's bases too


@dataclass(frozen=True)
class Trial:
    """A case together with what is right and what each known mistake gives."""

    group: str
    label: str
    visible: bool
    args: tuple
    kwargs: dict
    probe: object
    tolerance: Tolerance
    strict: bool
    expected: Outcome
    mistakes: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """A trial's result for one student; ``message`` says what is wrong, or is empty."""

    trial: Trial
    got: Outcome
    passed: bool
    message: str


@dataclass(frozen=True)
class Verdict:
    """The judgement of one exercise."""

    chapter: str
    name: str
    max_points: float
    points: float
    results: tuple
    misconceptions: tuple
    hints: tuple
    error: str | None = None
    attempted: bool = True
    relation: str | None = None
    explained: str | None = None

    @property
    def passed(self):
        return sum(result.passed for result in self.results)

    @property
    def cases(self):
        return len(self.results)

    @property
    def solved(self):
        return self.cases > 0 and self.passed == self.cases


@dataclass(frozen=True)
class Sheet:
    """All that judging one exercise takes: trials, the groups' weights, hints. It holds no reference."""

    chapter: str
    name: str
    points: float
    signature: str
    returns: tuple
    weights: dict
    hints: dict
    trials: tuple
    planted: str | None = None  # the misconception that a repair exercise's stub holds


class LocalStudent:
    """A student's functions in this process, reached as attributes: ``student.adam_step(w, dw, …)``.

    Arguments are copied for the call and looked at after it: an input that was changed is noted.
    """

    def __init__(self, functions):
        self._functions = functions
        self.modified = []
        self.strict = False

    def __getattr__(self, name):
        function = function_of(self._functions, name)

        def call(*args, **kwargs):
            value, after = call_on_copies(function, args, kwargs, self.strict)
            self.modified += modified_names((args, kwargs), after, parameters_of(function))
            return value

        return call


def function_of(functions, name):
    """The function of this name; `StudentError` if there is none."""
    function = functions.get(name)
    if function is None:
        raise StudentError(["NameError"], f"{name} is not defined")
    if not callable(function):
        raise StudentError(["TypeError"], f"{name} is not a function but {type(function).__name__}")
    return function


def parameters_of(function):
    """The names of a function's parameters, as far as they are known."""
    code = getattr(function, "__code__", None)
    return code.co_varnames[: code.co_argcount] if code else ()


def call_on_copies(function, args, kwargs, strict=False, keep=None):
    """(plain result, (args, kwargs) as they are after it) of one call on copies of the arguments.

    strict: an overflow or an invalid operation raises FloatingPointError instead of a warning.
    Raises `StudentError` for whatever goes wrong in the call or with its result.
    """
    given_args, given_kwargs = plain.materialise(plain.fresh_arrays((args, kwargs)))
    try:
        with np.errstate(all="ignore"), strictly() if strict else nullcontext(unchanged) as prepared:
            value = function(*prepared(given_args), **prepared(given_kwargs))
        value = plain.to_plain(value, keep)
    except plain.NotPlain as error:
        raise StudentError(["TypeError"], f"the function returned {error}") from None
    except (Exception, SystemExit) as error:
        raise student_error(error, function) from None
    return value, (given_args, given_kwargs)


def student_error(error, function):
    """The `StudentError` for an exception out of ``function``, with the line in the student's own code."""
    code = getattr(function, "__code__", None)
    line, text, innermost = None, None, code
    trace = error.__traceback__
    while trace is not None:
        innermost = trace.tb_frame.f_code
        if code is not None and innermost.co_filename == code.co_filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    if line is not None:
        text = source_line(code, line)
    kinds = [kind.__name__ for kind in type(error).__mro__ if kind not in (object, BaseException)]
    if isinstance(error, NotImplementedError) and code and innermost and innermost is not code:
        return StudentError(["MissingFunction"], f"it calls {innermost.co_name}, which is not written yet", line, text)
    return StudentError(kinds, text_of(error), line, text)


def text_of(error):
    """An error's message; an error of a student's own may even fail to say it."""
    try:
        return str(error)[:500]
    except Exception:
        return "(its message cannot be shown)"


def source_line(code, line):
    """One line of the source file or notebook cell that ``code`` was compiled from, if it is known."""
    import linecache

    text = linecache.getline(code.co_filename, line).strip()
    return text or None


def modified_names(before, after, names):
    """Names of the arguments that a call changed. before, after: (args, kwargs). names: of the parameters."""
    changed = []
    for index, (old, new) in enumerate(zip(before[0], after[0])):
        if not plain.same(old, new):
            changed.append(names[index] if index < len(names) else f"argument {index + 1}")
    changed += [key for key in before[1] if not plain.same(before[1][key], after[1].get(key))]
    return changed


def run(trial_case, name, student):
    """The `Outcome` of one case (or trial) for one student's functions."""
    args, kwargs = plain.fresh(trial_case.args), plain.fresh(trial_case.kwargs)
    student.modified, student.strict = [], trial_case.strict
    try:
        if trial_case.probe is None:
            value = getattr(student, name)(*args, **kwargs)
        else:
            value = plain.to_plain(trial_case.probe(student, *args, **kwargs))
    except StudentError as error:
        return Outcome(
            error=error.kind,
            message=error.message,
            line=error.line,
            text=error.text,
            modified=tuple(student.modified),
            kinds=tuple(error.kinds),
        )
    except Exception as error:  # the probe could not use what the student's function returned
        return Outcome(error="UnusableResult", message=str(error)[:500], modified=tuple(student.modified))
    return Outcome(value=value, modified=tuple(student.modified))


def judge(sheet, student, before_case=None):
    """The `Verdict` on one student's functions.

    before_case: called with each trial before it runs, for progress.
    """
    phases = (results_of(sheet, student, visible, before_case) for visible in (True, False))
    return verdict(sheet, in_order(sheet, *phases))


def results_of(sheet, student, visible, before_case=None):
    """The `Result` of each visible, or each hidden, trial of a sheet.

    The visible ones run first wherever both do, so that nothing that is shown can depend on a hidden input.
    """
    results = []
    for trial in (t for t in sheet.trials if t.visible == visible):
        if before_case:
            before_case(trial)
        results.append(result_of(trial, run(trial, sheet.name, student), sheet.returns))
    return results


def result_of(trial, got, returns=()):
    """The `Result` of a trial from what came of it. Whatever a result is made of, it costs at most its own case."""
    try:
        message = complaint(trial, got, returns)
    except (Exception, RecursionError) as error:
        message = f"the result cannot be compared with the expected one ({type(error).__name__})"
    return Result(trial, got, message is None, message or "")


def in_order(sheet, *results):
    """Results of several phases in the order of the sheet's trials."""
    found = {id(result.trial): result for phase in results for result in phase}
    return [found[id(trial)] for trial in sheet.trials if id(trial) in found]


def verdict(sheet, results, error=None, explain=True):
    """The `Verdict` that follows from the results of a sheet's trials.

    explain: whether misconceptions and relations are looked for. What is looked at is a student's: if that fails,
    nothing is explained, and the points stand.
    """
    results = with_purity(results)
    names = tuple(_unless_it_fails(recognised, results) or ()) if explain else ()
    attempted = error is not None or not all(r.got.error == NOT_ATTEMPTED for r in results)
    unrepaired = sheet.planted is not None and sheet.planted in names
    if unrepaired:  # what was given is no answer: it earns nothing, is no misconception of the student's, gets no hint
        names, attempted = (), False
    found = _unless_it_fails(relations.relation, sheet, results) if explain and attempted and not names else None
    return Verdict(
        chapter=sheet.chapter,
        name=sheet.name,
        max_points=sheet.points,
        points=0.0 if unrepaired else points(sheet, results),
        results=tuple(results),
        misconceptions=names,
        hints=tuple(sheet.hints[name] for name in names),
        error=error or first_error(results),
        attempted=attempted,
        relation=found,
        explained=explanation(results, names, found) if attempted else None,
    )


def _unless_it_fails(look, *given):
    """What ``look`` finds, or None: a result may be too large, or refuse, in more ways than one can foresee."""
    try:
        return look(*given)
    except Exception:
        return None


def with_purity(results):
    """The results, and a failed one of the group `PURITY` if a call changed an input."""
    results = [result for result in results if result.trial.group != PURITY]
    changing = [result for result in results if result.got.modified]
    if not changing:
        return results
    first = min(changing, key=lambda result: not result.trial.visible)
    names = ", ".join(dict.fromkeys(name for result in changing for name in result.got.modified))
    message = f"the call changed its input {names}: work on a copy (a = a - b makes one, a -= b does not)"
    return [*results, Result(replace(first.trial, group=PURITY, label=PURITY), first.got, False, message)]


def group_weights(sheet, results):
    """The weight of each group of the sheet, and of `PURITY` if the results hold one of it."""
    weights = {group: sheet.weights[group] for group in dict.fromkeys(t.group for t in sheet.trials)}
    if any(result.trial.group == PURITY for result in results):
        weights[PURITY] = sum(weights.values()) * PURITY_SHARE / (1 - PURITY_SHARE)
    return weights


def points(sheet, results):
    """Each group of which every case passed earns its share, groups of refusals only together with another."""
    weights = group_weights(sheet, results)
    judged = {group: [r for r in results if r.trial.group == group] for group in weights}
    trials = {group: [t for t in sheet.trials if t.group == group] for group in weights}
    total = sum(weights.values())
    passed = [
        group
        for group in weights
        if len(judged[group]) == (len(trials[group]) or 1) and all(result.passed for result in judged[group])
    ]
    if all(is_refusal(trial) for group in passed for trial in trials[group]):
        passed = []  # to refuse everything is not to refuse what is wrong
    earned = sum(weights[group] for group in passed)
    if not total:  # an exercise without cases: nothing has been shown
        return 0.0
    return sheet.points if earned == total else round(sheet.points * earned / total, 4)


def is_refusal(trial):
    """Whether what is right in a trial is an error, or several: a wrong input has to be refused."""
    value = trial.expected.value
    values = list(value.values()) if isinstance(value, dict) else value
    values = values if isinstance(values, (tuple, list)) and values else [value]
    return all(isinstance(item, str) and item.endswith("Error") for item in values)


def first_error(results):
    """The first error that was raised, in one line, if it is what mostly went wrong.

    None if the stub was left as it was, or more cases fail by what they give than by errors: the exception of one
    case is no headline. An error that speaks of the whole answer, such as too much memory, always is.
    Of an error in a hidden case only the kind: its message may tell what the case's inputs are.
    """
    raised = [r for r in results if r.got.error and r.got.error != NOT_ATTEMPTED and not r.passed]
    silent = [r for r in results if not r.got.error and not r.passed and r.trial.group != PURITY]
    if len(silent) > len(raised) and not any(r.got.error in LOUD for r in raised):
        return None
    for result in sorted(raised, key=lambda r: (r.got.error not in LOUD, not r.trial.visible)):
        if not result.trial.visible:
            return f"{builtin_kind(result.got)} in a case that only the grader has"
        return f"{result.got.error}: {result.got.message}".splitlines()[0]
    return None


def builtin_kind(got):
    """The error of an outcome by a name that a student's code cannot make up: it tells nothing of the inputs."""
    kinds = (got.error, *got.kinds)
    return next((kind for kind in kinds if kind in SAFE_KINDS), "Exception")


def complaint(trial, got, returns=()):
    """``None`` if the outcome is right, else one sentence that says what is wrong."""
    if got.error == NOT_ATTEMPTED:
        return "not attempted yet: the function raises NotImplementedError"
    if got.error == "UnusableResult":
        return f"the result has the wrong form: {got.message}"
    if got.error:
        place = f" (line {got.line}: {got.text})" if got.text else f" (line {got.line})" if got.line else ""
        return f"{got.error}: {got.message}{place}"
    expected, found = trial.expected.value, got.value
    wrong = difference(expected, found, trial.tolerance, returns if trial.probe is None else ())
    return (broken_promise(expected, found, trial.tolerance) or wrong) if wrong else None


def broken_promise(expected, got, tolerance):
    """What does not hold, or should not, if the first thing wrong is a fact that a probe has looked at; else None."""
    if not (isinstance(expected, dict) and isinstance(got, dict)):
        return None
    for fact, right in expected.items():
        if fact not in got or difference(right, got[fact], tolerance) is not None:
            truth = isinstance(right, bool) and isinstance(got.get(fact), (bool, float, int))
            return f"this should {'hold, and does not' if right else 'not hold, and does'}: {fact}" if truth else None
    return None


def recognised(results):
    """Names of the known mistakes that explain the results: what was got is what the mistake gives.

    One mistake that explains every result; else two that explain, between them, every case or every wrong part
    of the returned values. A mistake whose values are right explains that inputs were changed.
    """
    judged = [result for result in results if result.trial.group != PURITY]
    names = list(judged[0].trial.mistakes) if judged else []
    if any(not result.passed for result in judged):
        return one_mistake(judged, names) or two_mistakes(judged, names)
    return [name for name in names if _only_changes_inputs(judged, name)] if len(judged) < len(results) else []


def one_mistake(results, names):
    """Names of the mistakes each of which explains all results by itself."""
    return [name for name in names if _explains(results, name, range(len(results)))]


def two_mistakes(results, names):
    """Names of two mistakes of which each result agrees with one or the other, and neither would do alone."""
    agreeing = {name: {k for k, r in enumerate(results) if _agrees(r, r.trial.mistakes[name])} for name in names}
    failing = {k for k, result in enumerate(results) if not result.passed}
    for index, one in enumerate(names):
        for other in names[index + 1 :]:
            if len(agreeing[one] | agreeing[other]) < len(results):
                continue
            pair = (one, agreeing[one] - agreeing[other]), (other, agreeing[other] - agreeing[one])
            if all(_explains(results, name, only & failing) for name, only in pair):
                return [one, other]
    return []


def _explains(results, name, places):
    """Whether the results at these places agree with a mistake, at least one that failed in just its way."""
    chosen = [(results[place], results[place].trial.mistakes[name]) for place in places]
    if not all(_agrees(result, mistake) for result, mistake in chosen):
        return False
    return any(
        not result.passed and _agrees_exactly(result, mistake) and complaint(result.trial, mistake) is not None
        for result, mistake in chosen
    )


def _agrees(result, mistake):
    """Whether a mistake gives what was got; where both break down, by an error or by NaN, it may be in two ways."""
    if _agrees_exactly(result, mistake):
        return True
    return not result.passed and _breaks_down(mistake) and _breaks_down(result.got)


def _agrees_exactly(result, mistake):
    got = result.got
    if mistake.error == got.error == "UnusableResult":  # in what a probe says of it lies the mistake
        return mistake.message == got.message
    if mistake.error or got.error:
        return mistake.error == got.error
    return difference(mistake.value, result.got.value, result.trial.tolerance) is None


def _breaks_down(outcome):
    """Whether it is an error (other than a stub's) or holds something that is not a number."""
    return outcome.error != NOT_ATTEMPTED if outcome.error else relations.holds_nan(outcome.value)


def _only_changes_inputs(results, name):
    mistakes = [result.trial.mistakes[name] for result in results]
    changes = any(mistake.modified for mistake in mistakes)
    return changes and all(complaint(r.trial, m) is None for r, m in zip(results, mistakes))


def explanation(results, names, found):
    """What the student is told beyond expected and got: one of the words of ``Verdict.explained``, or None."""
    failing = [result for result in results if not result.passed]
    if not failing:
        return None
    if names:
        return "misconception"
    if found:
        return "relation"
    if all(result.trial.group == PURITY for result in failing):
        return "input-changed"
    kinds = [_kind_of_failure(result) for result in failing if result.trial.group != PURITY]
    most = max(("error", "shape", None), key=kinds.count)
    return most or ("input-changed" if len(kinds) < len(failing) else None)


def _kind_of_failure(result):
    if result.got.error:
        return "error"
    return None if relations.same_form(result.trial.expected.value, result.got.value) else "shape"

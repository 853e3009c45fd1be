"""Two answers next to each other, line by line, with what they have in common marked."""

from difflib import SequenceMatcher

from .fingerprints import TOKEN, is_chosen, tokens, without_header

MAX_LINES = 80


def side_by_side(left, right, header="", anonymous=False):
    """Rows (line of the left or "", line of the right or "", whether they agree but for names and comments).

    header: the provided lines, which are not shown. anonymous: without comments and docstrings, where people write
    their names.
    """
    one, two = (_lines(source, header, anonymous) for source in (left, right))
    matcher = SequenceMatcher(None, [_shape(line) for line in one], [_shape(line) for line in two], autojunk=False)
    rows = []
    for kind, a, b, c, d in matcher.get_opcodes():
        longer = max(b - a, d - c)
        for place in range(longer):
            first = one[a + place] if a + place < b else ""
            second = two[c + place] if c + place < d else ""
            rows.append((first, second, kind == "equal"))
    return rows[:MAX_LINES]


def _lines(source, header, anonymous):
    text = without_header(source, header)
    if anonymous:
        text = TOKEN.sub(lambda match: match.group(0) if match.group(1) else "", text)
    return [line.rstrip()[:160] for line in text.splitlines() if line.strip()][: 2 * MAX_LINES]


def _shape(line):
    """A line's tokens with the names that were chosen numbered as they come."""
    numbers = {}
    return tuple(numbers.setdefault(token, len(numbers)) if is_chosen(token) else token for token in tokens(line))

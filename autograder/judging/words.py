"""What Python and NumPy say of a wrong result, in the words of somebody who explains it."""

import re

ORDINALS = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth", "6": "sixth"}

WORDS = (
    (
        r"the result has the wrong form: (?:too many values to unpack|not enough values to unpack).*?"
        r"\(expected (\d+)(?:, got (\d+))?\)",
        lambda m: f"the function returns {m[2] or 'more'} values, expected {m[1]}: return exactly what the stub names",
    ),
    (
        r"the result has the wrong form: cannot unpack non-iterable (\S+) object",
        r"the function returns one value (\1), expected several: return them all, separated by commas",
    ),
    (
        r"the result has the wrong form: '?(?:NoneType)'? object.*",
        "the function returns None: is a return statement missing?",
    ),
    (r"the result is 'no error', expected '(\w+)'", r"the call gives a result, expected it to raise \1"),
    (r"the result is '(\w+)', expected 'no error'", r"the call raises \1, expected a result"),
    (r"the result is '(\w*Error|\w*Exception)', expected '(\w+)'", r"the call raises \1, expected \2"),
    (
        r"\bvalue (\d+) of (\d+)\b",
        lambda m: f"the {ORDINALS.get(m[1], f'{m[1]}th')} of the {m[2]} values",
    ),
    (
        r"^(\w+) has shape \(\), expected (\(.+\))$",
        r"\1 is a single number, expected an array of shape \2",
    ),
    (r"^(.+) has shape \(\), expected \(\)", r"\1 is a single number"),
    (r"OSError: \[Errno 29\] I/O error", "input() cannot be used here: the check gives the function its inputs"),
    (r"KeyboardInterrupt: ?", "the function raised KeyboardInterrupt, as if somebody had pressed Ctrl+C"),
)


def in_plain_words(message):
    """The same complaint, with what a newcomer would have to look up said instead."""
    for pattern, words in WORDS:
        message = re.sub(pattern, words, message)
    return message

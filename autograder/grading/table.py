"""Tables as people and systems save them: CSV with commas, semicolons or tabs, in UTF-8 or UTF-16."""

import csv
import io
from pathlib import Path

from ..errors import UserError

MAX_BYTES = 50_000_000


class BadTable(UserError):
    """The file is not a table that can be used; the message says why."""


class CsvTable:
    """``header`` and ``rows``, lists of as many cells; ``lines``: the line of the file on which each row begins.

    ``delimiter`` and ``encoding`` are as the file has them. ``error``: what is raised for a file that is no table.
    """

    error: type[Exception] = BadTable

    def __init__(self, path):
        self.path = Path(path)
        text = self._text()
        self.delimiter = max(",;\t", key=text.partition("\n")[0].count)
        found, line = [], 1
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter)
        try:
            for row in reader:
                if any(row):
                    found.append((line, row))
                line = reader.line_num + 1  # a cell may hold several lines
        except csv.Error as error:
            raise self.error(f"{path}, line {line}: it is not a table that can be read ({error})") from None
        if not found:
            raise self.error(f"{path} is empty: export it from your system again")
        self.header = [cell.strip() for cell in found[0][1]]
        self.rows = [(row + [""] * len(self.header))[: len(self.header)] for _, row in found[1:]]
        self.lines = [line for line, _ in found[1:]]

    def _text(self):
        try:
            if self.path.stat().st_size > MAX_BYTES:
                raise self.error(f"{self.path} has over {MAX_BYTES / 1e6:.0f} MB, it is not a roster")
            data = self.path.read_bytes()
        except OSError as error:
            raise self.error(f"the roster {self.path} cannot be read ({error.strerror})") from None
        self.encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        try:
            return data.decode(self.encoding)
        except UnicodeDecodeError:
            raise self.error(f"{self.path} is not text in UTF-8 or UTF-16: save it as CSV in UTF-8") from None

    def column(self, *names):
        """The index of the first column that has one of the names, or None; case does not matter."""
        folded = [cell.casefold() for cell in self.header]
        return next((folded.index(name.casefold()) for name in names if name.casefold() in folded), None)

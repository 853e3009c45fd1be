"""The course book's tools: what judges, releases, grades, reports, and makes the site live."""

import sys

__version__ = "0.2.0"

# jsonschema, which nbformat imports, compiles a grammar of IRIs as it is imported: 0.7 s for what no notebook has.
sys.modules.setdefault("rfc3987_syntax", None)

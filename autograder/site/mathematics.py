"""Formulas of the site as MathML, made from TeX when the site is built: the pages need no script to show them."""

import re
from html import escape

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

NAME = "mathml"
CONVERTER = LatexToMathML(annotation=True, fancy_error=False)  # the annotation keeps the TeX, for copying and for ears
SCRIPTED_DELIMITER = re.compile(r"(<m(?:sub|sup|subsup|under|over|underover)>)(<mo [^>]*minsize=[^>]*>[^<]*</mo>)")

logger = logging.getLogger(__name__)


def mathml(tex, display=False):
    """The formula as a ``<math>`` element, or `LatexError`."""
    markup = CONVERTER.convert_with_local_state(tex, displaystyle=display)
    # Chromium stretches the ")" of \Bigr)^2 only as the child of a row
    return SCRIPTED_DELIMITER.sub(r"\1<mrow>\2</mrow>", markup)


def set_up_mathematics(app):
    app.add_html_math_renderer(NAME, (visit_inline, None), (visit_display, None))
    app.connect("config-inited", lambda app, config: setattr(config, "html_math_renderer", NAME))


def visit_inline(translator, node):
    translator.body.append(translator.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    translator.body.append(_converted(node, display=False) + "</span>")
    raise nodes.SkipNode


def visit_display(translator, node):
    """A formula of its own, with its number and the link to it, as Sphinx's own renderers have them."""
    translator.body.append(translator.starttag(node, "div", CLASS="math notranslate nohighlight"))
    translator.body.append(_converted(node, display=True))
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def _converted(node, display):
    tex = node.astext().strip()
    try:
        return mathml(tex, display)
    except LatexError as error:
        reason = str(error).strip().splitlines()[0]
        logger.warning("the formula %s cannot be set: %s; mend it, or write it another way", tex, reason, location=node)
        return f"<code>{escape(tex)}</code>"

"""Formulas as MathML, which browsers typeset themselves: no script, no font and no network."""

import re

from docutils import nodes
from latex2mathml.converter import convert

FUNCTION = "<mi>(?:log|arccos|cos|tan)</mi>"
THIN = '<mspace width="0.167em" />'


def block(translator, node):
    """A displayed formula; lines that LaTeX separates by ``\\\\`` are aligned at ``&``."""
    translator.body.append(f'<div class="math" tabindex="0">{mathml(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def inline(translator, node):
    """A formula within a line."""
    translator.body.append(mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def mathml(latex, display):
    """`latex` as a ``math`` element that also carries its source, for those who read or copy it."""
    if "\\\\" in latex or "&" in latex:
        latex = f"\\begin{{align*}}{latex}\\end{{align*}}"  # latex2mathml does not know aligned
    html = convert(latex.strip(), display=display)
    # The space that TeX puts around the name of a function and the colon of a set, where no bracket gives it.
    html = re.sub(rf"(</m(?:i|n|su[bp]|subsup)>)(?={FUNCTION})", rf"\1{THIN}", html)
    html = re.sub(rf"({FUNCTION})(?=<m(?:i|n|su[bp]|subsup)[ >])", rf"\1{THIN}", html)
    return html.replace("<mi>:</mi>", '<mo lspace="0.278em" rspace="0.278em">:</mo>')


def setup(app):
    """Called by Sphinx."""
    app.add_html_math_renderer("mathml", inline_renderers=(inline, None), block_renderers=(block, None))
    app.connect("config-inited", lambda app, config: setattr(config, "html_math_renderer", "mathml"))
    return {"parallel_read_safe": True, "parallel_write_safe": True}

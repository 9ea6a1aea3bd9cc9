"""docs/science.md, the glossary and the lessons as HTML: Markdown whose links stay within one page."""

import base64
import html
import re
from os import PathLike
from pathlib import Path

from markdown_it import MarkdownIt

ANCHOR = re.compile(r'^<a id="([\w-]+)"></a>$', re.MULTILINE)
REFERENCE = re.compile(r"\b(science|glossary)\.md#([\w-]+)")
_REACHABLE = {
    "<table>": '<div class="wide" tabindex="0"><table>',
    "</table>": "</table></div>",
    "<th></th>": "<td></td>",
}
"""A table scrolls by itself, and by keyboard; an empty header is none."""
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]*)(#[\w-]+)?\)")


def sections(text: str) -> list[tuple[str, str]]:
    """The parts of science.md.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of tuple
        (anchor, Markdown) in their order; what stands before the first anchor has the anchor "science".
    """
    parts = ANCHOR.split(text)
    return [("science", parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]


def to_html(text: str, folder: Path | None = None, deeper: int = 0) -> str:
    """Markdown of ours as HTML.

    Parameters
    ----------
    text : str
        Trusted: HTML in it is kept.
    folder : Path, optional
        Where its pictures are; they become part of the page.
    deeper : int
        By how much its headings sink.
    """
    text = _LINK.sub(lambda match: _within_page(match, folder), text)
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = markdown.parse(REFERENCE.sub(lambda match: f"[{match[1]} ({match[2]})](#{match[2]})", text))
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + deeper, 6)}"
        if token.type == "fence":
            token.type, token.tag = "html_block", ""
            token.content = f'<pre tabindex="0"><code>{html.escape(token.content)}</code></pre>\n'
    rendered = markdown.renderer.render(tokens, markdown.options, {})
    for plain, reachable in _REACHABLE.items():
        rendered = rendered.replace(plain, reachable)
    return rendered


def picture(path: str | PathLike) -> str:
    """The address of a picture that is part of the page."""
    kind = Path(path).suffix[1:]
    return f"data:image/{kind};base64,{base64.b64encode(Path(path).read_bytes()).decode()}"


def _within_page(match, folder):
    """Pictures become part of the page, links to other files of the repository their label."""
    sign, label, target, anchor = match[1], match[2], match[3], match[4]
    if sign:
        return f"![{label}]({picture(folder / target)})"
    if target.startswith(("http://", "https://")):
        return match[0]
    if anchor or target in ("science.md", "glossary.md"):
        return f"[{label}]({anchor or '#' + Path(target).stem})"
    return label

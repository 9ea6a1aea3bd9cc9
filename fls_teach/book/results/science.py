"""Convert docs/science.md, the glossary and the lessons to HTML with links that stay within one page."""

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
"""Accessibility: wide tables scroll on their own, also by keyboard, and an empty header cell is an ordinary cell."""
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]*)(#[\w-]+)?\)")


def sections(text: str) -> list[tuple[str, str]]:
    """Split science.md at its anchors.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of tuple
        (anchor, Markdown) in order; the part before the first anchor gets the anchor "science".
    """
    parts = ANCHOR.split(text)
    return [("science", parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]


def to_html(text: str, folder: Path | None = None, deeper: int = 0) -> str:
    """Convert trusted Markdown to HTML.

    Parameters
    ----------
    text : str
        HTML in it is kept.
    folder : Path, optional
        The folder of its pictures, which are embedded in the page.
    deeper : int
        Number of levels by which its headings are lowered.
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
    """Return a picture as a data: URL, which embeds it in the page."""
    kind = Path(path).suffix[1:]
    return f"data:image/{kind};base64,{base64.b64encode(Path(path).read_bytes()).decode()}"


def _within_page(match, folder):
    """Embed pictures, and replace links to other files of the repository by their labels."""
    sign, label, target, anchor = match[1], match[2], match[3], match[4]
    if sign:
        return f"![{label}]({picture(folder / target)})"
    if target.startswith(("http://", "https://")):
        return match[0]
    if anchor or target in ("science.md", "glossary.md"):
        return f"[{label}]({anchor or '#' + Path(target).stem})"
    return label

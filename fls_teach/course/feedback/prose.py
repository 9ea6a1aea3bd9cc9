"""Format the Markdown of lessons and hints for a terminal: wrap prose, keep code and the indentation of lists."""

import re
import textwrap

_FENCE = re.compile(r" {0,3}(```|~~~)")
_ITEM = re.compile(r"(\s*(?:[-*+]|\d+[.)])\s+)(\S.*)")
_CODE = " " * 4


def wrapped(text, width):
    """Wrap the prose of a Markdown text.

    Parameters
    ----------
    text : str
        Paragraphs, lists, tables, and code in fences or indented by four spaces.
    width : int
        Maximal number of columns of prose; code and tables may be wider.

    Returns
    -------
    str
        The text without fences; fenced code is indented by four spaces.

    Examples
    --------
    >>> print(wrapped("One two three\\n\\n- four five\\n  six\\n\\n```\\n  x = 1\\n```", 10))
    One two
    three
    <BLANKLINE>
    - four
      five six
    <BLANKLINE>
          x = 1
    """
    lines, paragraph, fence = [], [], ""

    def end_paragraph():
        if paragraph:
            item = _ITEM.fullmatch(paragraph[0])
            first, rest = item.groups() if item else ("", paragraph[0].strip())
            prose = " ".join([rest, *(line.strip() for line in paragraph[1:])])
            options = {"break_long_words": False, "break_on_hyphens": False}
            lines.extend(
                textwrap.wrap(prose, width, initial_indent=first, subsequent_indent=" " * len(first), **options)
            )
            paragraph.clear()

    for line in text.splitlines():
        mark = _FENCE.match(line)
        if fence or mark:
            end_paragraph()
            if not mark or (fence and mark[1] != fence):
                lines.append(_CODE + line if line else "")
            else:
                fence = "" if fence else mark[1]
        elif not line.strip() or line.lstrip().startswith("|") or (line.startswith(_CODE) and not paragraph):
            end_paragraph()
            lines.append(line.rstrip())
        else:
            if _ITEM.fullmatch(line):
                end_paragraph()
            paragraph.append(line)
    end_paragraph()
    return "\n".join(lines)

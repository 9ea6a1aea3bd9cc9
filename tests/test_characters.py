"""Text of a submission's must neither break a file nor show what was not written."""

import sys
import unicodedata
from xml.etree import ElementTree

from fls_teach.characters import printable, visible_text


def test_nothing_is_left_that_xml_forbids_or_that_reorders_a_line():
    """Catches a control, a lone surrogate or a mark of direction that reaches a report."""
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    shown = printable(every)
    assert ElementTree.fromstring(f"<a>{shown.replace('&', '').replace('<', '')}</a>").text
    assert {letter for letter in shown if unicodedata.category(letter) in ("Cc", "Cs")} == set("\t\n")
    assert not {letter for letter in shown if unicodedata.bidirectional(letter) in ("LRO", "RLO", "LRI", "RLI", "PDF")}
    assert "ä𝛼ש€" in printable("ä𝛼ש€") and printable("a\r\nb") == "a\nb"


def test_escapes_count_when_a_text_is_cut():
    """Catches a limit that a text of control characters passes four times over."""
    assert visible_text("\x1b" * 10, 20) == "\\x1b" * 5 + "\n... (20 more characters not shown)"

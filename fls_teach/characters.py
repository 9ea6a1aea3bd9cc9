"""Make untrusted text safe to show in a terminal, a page, a table, XML or JSON."""

import re
import unicodedata

# Characters that move a terminal's cursor; those that XML 1.0 forbids (including lone surrogates, which no parser has
# to accept, and NUL, which Gradescope's database rejects); and those that reorder a line or are invisible, with which
# a report could show something else than what was written.
UNSAFE = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


# Some are printable, says Python, but cannot be seen: two names that differ in one of them look the same.
UNSEEN = re.compile(f"{UNSAFE.pattern}|[\ufe00-\ufe0f]")
_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # lone surrogates that stand for no undecodable byte


def printable(text: str) -> str:
    """Escape characters that a file format forbids, or that hide or reorder other characters.

    Examples
    --------
    >>> printable("a\\u202eb")
    'a\\\\u202eb'
    """
    return UNSAFE.sub(_escaped, text.replace("\r\n", "\n"))


def visible_text(text: str, limit: int) -> str:
    """Return `printable(text)`, cut to `limit` characters with a note on the number left out."""
    text = printable(text)
    left_out = len(text) - limit
    return f"{text[:limit]}\n... ({left_out} more characters not shown)" if left_out > 0 else text


def one_line(text: str, limit: int = 80) -> str:
    """`text` on one printable line of at most `limit` characters, as a name or a path is shown.

    Examples
    --------
    >>> one_line("a\\x1b[2Jb" + chr(0x202E))
    'a?[2Jb?'
    >>> print(one_line("caf\\udce9"), one_line("caf\\udcc3\\udca9"))
    caf\\xe9 café
    """
    text = unicodedata.normalize("NFC", decode_name(text[: 4 * limit]))
    text = "".join(letter if letter.isprintable() else "?" for letter in UNSEEN.sub("?", text))
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def decode_name(name: str) -> str:
    """A file's name as text, read as UTF-8 in every locale; bytes that are not UTF-8 are escaped."""
    return _NO_BYTE.sub("?", name).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _escaped(found):
    code = ord(found[0])
    if 0xD800 <= code < 0xE000:  # a lone surrogate has no meaning, and its escape would look like one of JSON
        return "\ufffd"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

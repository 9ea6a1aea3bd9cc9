"""The list of submissions in a Gradescope export: whose work lies in which of its folders."""

import re
from collections import defaultdict
from dataclasses import replace

from fls_teach.autograder.intake.by_pattern import Piece
from fls_teach.characters import one_line

EXPORT = "submission_metadata.yml"
_LISTED = re.compile(r"^[^\w\n]*:(name|email|created_at): *(.*)$", re.MULTILINE)
_PRINTED = re.compile(r"^ *:(results|history):", re.MULTILINE)  # their lines may hold what a submission printed


def named_by_export(found: list[Piece], text: str) -> list[Piece]:
    """Add names, mail addresses and times from the list. It is not parsed as YAML, which untrusted text may abuse."""
    parts = re.split(r"^(submission_\d+):[^\n]*\n", text, flags=re.MULTILINE)
    listed = dict(zip(parts[1::2], parts[2::2], strict=True))
    named = []
    for row in found:
        each = row.owner
        lines = defaultdict(list)
        for key, said in _LISTED.findall(_PRINTED.split(listed.get(each.who, ""))[0]):
            lines[key].append(one_line(said.strip(" '\"\r")))
        called = " and ".join(lines["name"][:6]) or each.called
        login, when = "".join(lines["email"][:1]) or each.login, "".join(lines["created_at"][:1]) or each.when
        named.append(row._replace(owner=replace(each, called=called, login=login, when=when)))
    return named

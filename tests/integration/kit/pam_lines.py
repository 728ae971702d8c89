# SPDX-License-Identifier: BSD-2-Clause
"""Adds the lines that conf/pam.d/ has for a service to the service's own file."""

import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
EXAMPLES = CHECKOUT / "conf" / "pam.d"
OWN = (Path("/etc/pam.d"), Path("/usr/lib/pam.d"), CHECKOUT / "build" / "gdm3" / "etc" / "pam.d")
PLACE = re.compile(r"# (Before the first line of|After|At the end)(?: (.+))?:")


def example(service):
    """The shipped example: the lines to add to a service, and the places where they belong."""
    return (EXAMPLES / service).read_text()


def own_stack(service):
    """The service's own file: that in /etc, the vendor's, or that of the unpacked GDM package."""
    return next(path / service for path in OWN if (path / service).exists()).read_text()


def _index(lines, where, what):
    """The index at which to insert, by the comment above the lines in the example."""
    if where == "At the end":
        return len(lines)
    if where == "After":
        word = re.compile(rf"(?!#).*{re.escape(what)}\b")
        return next(at for at, line in enumerate(lines) if word.match(line)) + 1
    phase = re.compile(rf"-?{what}\s|@include\s+common-{what}\b")
    return next(at for at, line in enumerate(lines) if phase.match(line))


def _blocks(example):
    """Yields (place, lines) for each place that the example names, also if it is commented out."""
    place, block = None, []
    for line in example.splitlines() + [""]:
        named = PLACE.fullmatch(line)
        if named:
            place, block = named.groups(), []
        elif place and line and not line.startswith("# "):
            block.append(line)
        elif place and not line:
            yield place, block
            place = None


def with_lines(stack, example):
    """The stack with the example's lines at their places; fails if a place is missing."""
    if re.search(r"^account\s+include\s+su\b", stack, re.M):
        return stack  # it gets its lines from su
    lines = stack.splitlines()
    for (where, what), block in _blocks(example):
        at = _index(lines, where, what)
        lines[at:at] = block
    return "\n".join(lines) + "\n"

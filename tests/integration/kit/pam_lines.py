# SPDX-License-Identifier: BSD-2-Clause
"""Adds the lines that conf/pam.d/ has for a service to the service's own file."""

import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
EXAMPLES = CHECKOUT / "conf" / "pam.d"
OWN = (Path("/etc/pam.d"), Path("/usr/lib/pam.d"), CHECKOUT / "build" / "gdm3" / "etc" / "pam.d")
PLACE = re.compile(r"# (Before the first line of|After|At the end)(?: (.+))?:")


def example(service):
    """The lines to add for a service, with the places where they belong."""
    return (EXAMPLES / service).read_text()


def own_stack(service):
    """The service's file as the release has it: in /etc, the vendor's, or GDM's, not installed."""
    return next(path / service for path in OWN if (path / service).exists()).read_text()


def _index(lines, where, what):
    """Where to insert: what the comment above the lines in the example says."""
    if where == "At the end":
        return len(lines)
    if where == "After":
        word = re.compile(rf"(?!#).*{re.escape(what)}\b")
        return next(at for at, line in enumerate(lines) if word.match(line)) + 1
    phase = re.compile(rf"-?{what}\s|@include\s+common-{what}\b")
    return next(at for at, line in enumerate(lines) if phase.match(line))


def _blocks(example):
    """Each place that the example names, with its lines, also the one that is commented out."""
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
    """The stack with the example's lines at their places. Fails where a place is missing."""
    if re.search(r"^account\s+include\s+su\b", stack, re.M):
        return stack  # su's own lines count
    lines = stack.splitlines()
    for (where, what), block in _blocks(example):
        at = _index(lines, where, what)
        lines[at:at] = block
    return "\n".join(lines) + "\n"

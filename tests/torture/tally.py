# SPDX-License-Identifier: BSD-2-Clause
"""Counts the runs and their outcomes, for the summary after the tests."""

from collections import Counter


class Tally:
    def __init__(self):
        self._counts = {}  # matrix -> Counter
        self._notes = []

    def count(self, matrix, *outcomes):
        """Counts one run of the matrix, and its outcomes."""
        self._counts.setdefault(matrix, Counter()).update(("runs",) + outcomes)

    def note(self, text):
        self._notes.append(text)

    def lines(self):
        for matrix, counts in self._counts.items():
            parts = [f"{number} {what}" for what, number in counts.items()]
            yield f"torture: {matrix}: {', '.join(parts)}"
        for note in self._notes:
            yield f"torture: {note}"

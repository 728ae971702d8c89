# SPDX-License-Identifier: BSD-2-Clause
"""How many runs there were and what became of them: the summary behind the tests."""

from collections import Counter


class Tally:
    def __init__(self):
        self._counts = {}  # matrix -> Counter
        self._notes = []

    def count(self, matrix, *outcomes):
        """One run of the matrix, and what is to be said of it."""
        self._counts.setdefault(matrix, Counter()).update(("runs",) + outcomes)

    def note(self, text):
        self._notes.append(text)

    def lines(self):
        for matrix, counts in self._counts.items():
            told = [f"{number} {what}" for what, number in counts.items()]
            yield f"torture: {matrix}: {', '.join(told)}"
        for note in self._notes:
            yield f"torture: {note}"

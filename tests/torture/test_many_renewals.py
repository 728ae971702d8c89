# SPDX-License-Identifier: BSD-2-Clause
"""Very many renewals: nothing grows, and the grant stays alive."""

import os
from collections import Counter

from helper_process import running
from installation import STORE

RENEWALS = int(os.environ.get("RENEWALS", "50"))
BATCH = 500


def footprint():
    """{path: (size, blocks)} of everything in the store."""
    found = {}
    for directory, _, names in os.walk(STORE):
        for name in [".", *names]:
            path = os.path.join(directory, name)
            status = os.lstat(path)
            found[path] = (status.st_size, status.st_blocks)
    return found


def test_many_renewals_leave_the_disk_the_processes_and_the_grant_as_they_were(
        corp, caller, tally):
    caller.ask_often("verify", "alice", "-n", "2")  # now both slots have their size
    before, peaks, verdicts = footprint(), [], Counter()
    for first in range(0, RENEWALS, BATCH):
        count = min(BATCH, RENEWALS - first)
        runs = caller.ask_often("verify", "alice", "-n", str(count), timeout=600)
        verdicts.update(run.verdict for run in runs)
        peaks.append(max(run.peak_kib for run in runs))
        assert verdicts == {"granted": first + count}
        assert footprint() == before
        assert running() == []
        corp._received.clear()
    assert corp.alive("alice")
    assert max(peaks) < 1.1 * peaks[0], "a later helper is larger than the first"
    blocks = sum(blocks for _, blocks in before.values())
    tally.note(f"{RENEWALS} renewals: {len(before)} names of {blocks * 512} bytes in the store "
               f"before and after, no helper left, peak memory of a helper {peaks[0]} KiB in the "
               f"first {BATCH}, {peaks[-1]} KiB in the last")

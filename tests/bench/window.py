# SPDX-License-Identifier: BSD-2-Clause
"""The window that no client can close: from the provider's answer until it is on the disk."""

import os
import statistics
import tempfile
from contextlib import contextmanager

from installation import CHECKOUT, STORE
from process import run

FIGURES = ("answer read to fdatasync done", "fdatasync in it", "bare write and fdatasync")


@contextmanager
def real_disk():
    """Puts the store on the disk of the checkout: all else in a namespace is in memory."""
    owner = STORE.stat()
    with tempfile.TemporaryDirectory(prefix="store-", dir=CHECKOUT / "build") as directory:
        os.chown(directory, owner.st_uid, owner.st_gid)
        run("mount", "--bind", directory, str(STORE), check=True)
        try:
            yield
        finally:
            run("umount", str(STORE), check=True)


def samples(program, helper, user, count):
    """The FIGURES, in microseconds, of `count` logins by the helper that measures itself."""
    rows = []
    for _ in range(count):
        read, write = os.pipe()
        with os.fdopen(read) as figures:
            result = run(str(program), str(helper.pw_uid), str(helper.pw_gid), f"@{user}",
                         str(CHECKOUT / "build" / "bench" / "helper"), pass_fds=[write],
                         env={"WINDOW_FD": str(write)})
            os.close(write)
            assert result.ok, result
            rows.append([float(figure) for figure in figures.readline().split()])
    return rows


def report(rows):
    print(f"\nThe window in which a kill loses a rotated grant, {len(rows)} logins, microseconds\n")
    print(f"{'':32}{'median':>12}{'95 %':>12}{'ratio':>12}")
    bare = statistics.median(row[2] for row in rows)
    for name, column in zip(FIGURES, zip(*rows)):
        median, high = statistics.median(column), sorted(column)[int(len(column) * 0.95)]
        print(f"{name:32}{median:12.0f}{high:12.0f}{median / bare:12.2f}")

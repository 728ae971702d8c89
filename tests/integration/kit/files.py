# SPDX-License-Identifier: BSD-2-Clause
"""Files of the machine under test: written by tests, and restored after them."""

import os
import shutil
import stat
from pathlib import Path


class Files:
    """Writes files and keeps a journal of what they replaced; restore() undoes back to a mark."""

    def __init__(self):
        self._journal = []  # (path, (content, stat) from before, or None if there was no file)

    def write(self, path, content, mode=0o644, owner="root", group="root"):
        """Replaces the whole file at once, so that no reader sees half of it; returns its path."""
        path = Path(path)
        self._journal.append((path, self._contents(path)))
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        fresh = path.with_name(f".{path.name}.new")  # cron and sudo skip names with dots
        fresh.write_bytes(data)
        shutil.chown(fresh, owner, group)
        fresh.chmod(mode)
        fresh.rename(path)
        return path

    def remove(self, path):
        path = Path(path)
        self._journal.append((path, self._contents(path)))
        path.unlink(missing_ok=True)

    def mark(self):
        return len(self._journal)

    def restore(self, mark=0):
        while len(self._journal) > mark:
            path, before = self._journal.pop()
            path.unlink(missing_ok=True)
            if before is not None:
                content, status = before
                path.write_bytes(content)
                os.chown(path, status.st_uid, status.st_gid)
                path.chmod(stat.S_IMODE(status.st_mode))

    @staticmethod
    def _contents(path):
        return (path.read_bytes(), path.stat()) if path.exists() else None


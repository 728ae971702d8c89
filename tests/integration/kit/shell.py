# SPDX-License-Identifier: BSD-2-Clause
"""A session into which a test types commands."""

from terminal import Terminal


class Shell(Terminal):
    """A session that stays open."""

    def told(self, command):
        """Runs a command, which must succeed; returns its output."""
        status, output = self.tried(command)
        assert status == 0, f"{command}: {output}"
        return output

    def tried(self, command):
        """Runs a command; returns (status, output)."""
        self.send_line(f"{command}; s=$?; echo; echo end=$s")
        found = self.expect(r"(?s)\n(.*?)\nend=(\d+)\n")
        return int(found[2]), found[1].rstrip("\n")


def stay(sshd, user="alice"):
    """An SSH session of the user that stays open."""
    return Shell(*sshd.client(user, "exec sh 2>&1"))

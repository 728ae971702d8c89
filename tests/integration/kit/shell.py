# SPDX-License-Identifier: BSD-2-Clause
"""A session that a test types into."""

from terminal import Terminal


class Shell(Terminal):
    """A session that stays open; told(command) is what the command writes in it."""

    def told(self, command):
        status, output = self.tried(command)
        assert status == 0, f"{command}: {output}"
        return output

    def tried(self, command):
        self.send_line(f"{command}; s=$?; echo; echo end=$s")
        found = self.expect(r"(?s)\n(.*?)\nend=(\d+)\n")
        return int(found[2]), found[1].rstrip("\n")


def stay(sshd, user="alice"):
    """A session over SSH."""
    return Shell(*sshd.client(user, "exec sh 2>&1"))

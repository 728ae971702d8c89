# SPDX-License-Identifier: BSD-2-Clause
"""`oauth-login enroll` on a terminal, as a person sees it."""

from terminal import Terminal


def enroll(user="alice", *options):
    return Terminal("oauth-login", "enroll", user, *options)


def code_of(terminal):
    """Waits for the code that is shown, and returns it."""
    terminal.expect(r"https://\S+", 20)
    return terminal.expect(r"enter this code:\n\n  (\S+)\n", 20).group(1)

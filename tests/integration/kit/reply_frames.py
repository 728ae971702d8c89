# SPDX-License-Identifier: BSD-2-Clause
"""Frames that a helper sends, byte by byte, as in common/protocol.h."""

GRANTED, DENIED, FAULT = 1, 3, 10  # enum verdict


def reply(verdict, *, version=1, kind=4, tail=b"", reason=b"", message=b"", expires=0, token=b""):
    """A REPLY."""
    def text(data):
        return len(data).to_bytes(4, "big") + data
    rest = (bytes([version, kind, verdict, 0, 0]) + text(b"") + text(reason) + text(message) +
            expires.to_bytes(8, "big") + text(b"") + text(token) + tail)
    return len(rest).to_bytes(4, "big") + rest


def notice(milliseconds, provider=b"corp"):
    """A NOTICE: the helper has begun to ask this provider; the caller should wait this long."""
    rest = b"\1\2" + milliseconds.to_bytes(4, "big") + len(provider).to_bytes(4, "big") + provider
    return len(rest).to_bytes(4, "big") + rest


def prompt(seconds):
    """A PROMPT: the person has this long to approve a code."""
    text = (1).to_bytes(4, "big") + b"x"
    rest = b"\1\5" + 3 * text + seconds.to_bytes(4, "big") + bytes(4)
    return len(rest).to_bytes(4, "big") + rest

# SPDX-License-Identifier: BSD-2-Clause
"""One end of a D-Bus connection without a bus: the two ends talk to each other directly."""

import itertools
import socket
from urllib.parse import unquote

from jeepney import DBusAddress, MessageType, new_method_call, new_method_return
from jeepney.low_level import HeaderFields, Parser
from resident import acting_as

PATIENCE = 20  # seconds for a message


class Refused(Exception):
    """The other end answered a call with an error: its name and its text."""

    def __init__(self, name, text=""):
        super().__init__(name, text)
        self.name, self.text = name, text


class Peer:
    """Calls the methods of an object at the other end, and answers its calls meanwhile.

    `heard` are the calls and signals received, as (name, arguments). answers: {name: the text that
    a call of this name returns}; all other calls return nothing.
    """

    def __init__(self, connection, path, interface, answers=()):
        self.heard = []
        self._connection = connection
        self._object = DBusAddress(path, "no.bus", interface)
        self._answers = dict(answers)
        self._parser, self._came, self._serials = Parser(), [], itertools.count(1)

    def call(self, method, signature="", *arguments):
        """The values that the other end returns; raises Refused if it returns an error."""
        sent = self._send(new_method_call(self._object, method, signature, arguments))
        while (answer := self._hear_next()).header.fields.get(HeaderFields.reply_serial) != sent:
            pass
        if answer.header.message_type is MessageType.error:
            raise Refused(answer.header.fields[HeaderFields.error_name], *answer.body)
        return answer.body

    def wait_for(self, *names):
        """Waits for one of these calls and signals, unless one came before; returns its name."""
        while True:
            for name, _ in self.heard:
                if name in names:
                    return name
            self._hear_next()

    def close(self):
        self._connection.close()

    def _send(self, message):
        serial = next(self._serials)
        self._connection.sendall(message.serialise(serial=serial))
        return serial

    def _hear_next(self):
        while not self._came:
            data = self._connection.recv(65536)
            if not data:
                raise ConnectionError(f"the other end hung up after {self.heard}")
            self._came += self._parser.feed(data)
        message = self._came.pop(0)
        kind, name = message.header.message_type, message.header.fields.get(HeaderFields.member)
        if kind in (MessageType.method_call, MessageType.signal):
            self.heard.append((name, message.body))
        if kind is MessageType.method_call:
            answer = (self._answers[name],) if name in self._answers else ()
            self._send(new_method_return(message, "s" * len(answer), answer))
        return message


def accept(listener):
    """The next connection to this listener; ours is the end that authenticates the other."""
    connection, _ = listener.accept()
    connection.settimeout(PATIENCE)
    lines = connection.makefile("rwb", 0)
    assert lines.read(1) == b"\0"
    while (words := lines.readline().split()) != [b"BEGIN"]:
        known = {(b"AUTH",): b"REJECTED EXTERNAL", (b"AUTH", b"EXTERNAL"): b"OK " + b"0" * 32}
        lines.write(known.get(tuple(words[:2]), b"ERROR") + b"\r\n")
    return connection


def connect(address, user):
    """A connection to "unix:abstract=NAME" or "unix:path=NAME", made as this user."""
    kind, _, name = address.removeprefix("unix:").split(",")[0].partition("=")
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PATIENCE)
    with acting_as(user):
        connection.connect({"abstract": "\0", "path": ""}[kind] + unquote(name))
    connection.sendall(b"\0AUTH EXTERNAL %s\r\n" % str(user.uid).encode().hex().encode())
    assert connection.recv(1024).startswith(b"OK ")
    connection.sendall(b"BEGIN\r\n")
    return connection

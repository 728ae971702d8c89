# SPDX-License-Identifier: BSD-2-Clause
"""A proxy in front of a provider that breaks connections below HTTP, in TCP and TLS.

    with FaultProxy(provider.port, corrupted(40)) as proxy:
        oauth_login.configure(provider, token_endpoint=proxy.address("/token"))
"""

import socket
import struct
import threading

PATIENCE = 60  # seconds; no connection lasts longer


class FaultProxy:
    """Hands each connection to fault(client, server, stopping) in a thread of its own.

    client: the accepted connection. server: a connection to the provider. stopping: an event that
    is set when the fault must end.
    """

    def __init__(self, port, fault):
        self._port = port
        self._fault = fault
        self._stopping = threading.Event()
        self._threads = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.connections = 0

    def address(self, path):
        return f"https://localhost:{self._listener.getsockname()[1]}{path}"

    def __enter__(self):
        self._start(self._accept)
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _start(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while not self._stopping.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:  # the listener is closed
                return
            self.connections += 1
            self._start(self._serve, client)

    def _serve(self, client):
        with client, socket.create_connection(("127.0.0.1", self._port)) as server:
            for end in (client, server):
                end.settimeout(PATIENCE)
            try:
                self._fault(client, server, self._stopping)
            except OSError:  # either end is gone
                pass


def dropped(client, server, stopping):
    """Hangs up at once."""


def reset(client, server, stopping):
    """Hangs up at once, with RST."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(client, server, stopping):
    """Sends nothing, and keeps the connection open."""
    stopping.wait(PATIENCE)


def plain(client, server, stopping):
    """Speaks HTTP where TLS is expected."""
    client.recv(1)
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


def garbage(client, server, stopping):
    """Sends bytes of no protocol at all."""
    client.recv(1)
    client.sendall(bytes(range(256)) * 64)


def relay(client, server, stopping, pass_on):
    """Relays both ways; pass_on(data) yields what the client gets for the server's data."""
    def upwards():
        try:
            while data := client.recv(65536):
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    thread = threading.Thread(target=upwards, daemon=True)
    thread.start()
    while not stopping.is_set() and (data := server.recv(65536)):
        for part in pass_on(data):
            client.sendall(part)
    client.shutdown(socket.SHUT_RDWR)
    thread.join(PATIENCE)


def cut(after):
    """Hangs up after this many bytes of the provider."""
    def fault(client, server, stopping):
        left = after

        def pass_on(data):
            nonlocal left
            yield data[:left]
            left -= len(data)
            if left <= 0:
                raise ConnectionAbortedError
        relay(client, server, stopping, pass_on)
    return fault


def corrupted(at):
    """Flips a bit of the byte at this offset of the provider's data; a negative offset counts from
    the end of each part that is received."""
    def fault(client, server, stopping):
        seen = 0

        def pass_on(data):
            nonlocal seen
            offset = at - seen if at >= 0 else len(data) + at
            seen += len(data)
            changed = bytearray(data)
            if 0 <= offset < len(data):
                changed[offset] ^= 1
            yield bytes(changed)
        relay(client, server, stopping, pass_on)
    return fault


def dribbled(pause):
    """Sends the provider's data one byte at a time, with a pause after each."""
    def fault(client, server, stopping):
        def pass_on(data):
            for byte in data:
                if stopping.wait(pause):
                    return
                yield bytes([byte])
        relay(client, server, stopping, pass_on)
    return fault

# SPDX-License-Identifier: BSD-2-Clause
"""An HTTPS server whose answers can be wrong in any way, in content as well as on the wire."""

import json
import socket
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Optional
from urllib.parse import parse_qsl, urlsplit

PATIENCE = 60  # seconds; no answer waits or lasts longer


@dataclass(frozen=True)
class Answer:
    """An answer as it is sent. `headers` override the usual ones; None omits one."""

    status: int = 200
    body: bytes = b""
    headers: dict = field(default_factory=dict)
    hold: Optional[threading.Event] = None  # the answer waits until it is set
    delay: float = 0  # seconds before the answer
    dribble: float = 0  # seconds between the bytes of the body
    endless: bool = False  # chunked; repeats the body until the client leaves
    cut: str = ""  # closes "before" the answer, in its "headers", "after headers" or in its "body"
    reset: bool = False  # closes with RST instead of FIN

    @classmethod
    def json(cls, value, status=200, **more):
        headers = {"Content-Type": "application/json", **more.pop("headers", {})}
        return cls(status, json.dumps(value).encode(), headers, **more)

    @classmethod
    def redirect(cls, location, status=307):
        return cls(status, headers={"Location": location})


@dataclass(frozen=True)
class Request:
    method: str
    path: str  # without the query
    query: dict
    headers: object  # an email.message.Message: names in any case
    body: bytes
    form: dict
    tls_version: str  # such as "TLSv1.3"


class Server(ThreadingHTTPServer):
    """Calls its provider in a thread for each connection: receive(request) returns the Answer,
    hold(event) and wait(seconds) pause it, and `context` is the TLS context."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024
    allow_reuse_address = True

    def __init__(self, provider, port=0):
        self.provider = provider
        self._open = set()
        self._accepted = set()  # the clients' ports since settle() was called
        self._changed = threading.Condition()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request, client_address):
        with self._changed:
            self._open.add(request)
            self._accepted.add(client_address[1])
            self._changed.notify_all()
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()
        request.close()  # without shutdown(): its FIN would come before a reset

    def settle(self):
        """Returns when every connection made before this call has been handled: connections are
        accepted in order."""
        with self._changed:
            self._accepted.clear()
        with socket.create_connection(self.server_address) as last, self._changed:
            port = last.getsockname()[1]
            assert self._changed.wait_for(lambda: port in self._accepted, PATIENCE)
        with self._changed:
            assert self._changed.wait_for(lambda: not self._open, PATIENCE)

    def end_connections(self):
        with self._changed:
            for connection in self._open:
                _shut(connection)

    def finish_request(self, request, client_address):
        """Handshakes too, in the connection's thread, so that a slow one delays no other."""
        request.settimeout(PATIENCE)
        # Otherwise the body waits 40 ms for the acknowledgement of the headers.
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            # The wrapped socket owns the descriptor; a duplicate leaves one for end_connections().
            with self.provider.context.wrap_socket(request.dup(), server_side=True) as secured:
                self.RequestHandlerClass(secured, client_address, self)
        except OSError:  # also ssl.SSLError: the client does not trust us, or left
            pass

    def handle_error(self, request, client_address):
        if not self.provider.wait(0):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_any(self):
        answer = self.server.provider.receive(self._request())
        self.close_connection = True
        try:
            self._send(answer)
        except OSError:  # the client did not wait for the end
            pass
        if answer.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif not answer.cut:
            self._end_properly()

    do_GET = do_POST = do_any

    def log_message(self, *_):
        pass

    def _request(self):
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = self.headers.get("Content-Type", "").partition(";")[0]
        form = _fields(body) if kind == "application/x-www-form-urlencoded" else {}
        query = _fields(url.query.encode())
        return Request(self.command, url.path, query, self.headers, body, form,
                       self.connection.version())

    def _send(self, answer):
        provider = self.server.provider
        if answer.hold:
            provider.hold(answer.hold)
        if provider.wait(answer.delay) or answer.cut == "before":
            return
        head = self._head(answer)
        if answer.cut == "headers":
            self.wfile.write(head[: len(head) // 2])
            return
        self.wfile.write(head)
        if answer.cut == "after headers":
            return
        body = answer.body[: len(answer.body) // 2] if answer.cut == "body" else answer.body
        if answer.endless:
            self._send_endlessly(body or b" ")
        elif answer.dribble:
            self._send_slowly(body, answer.dribble)
        else:
            self.wfile.write(body)

    def _end_properly(self):
        """Sends close_notify, which tells a complete body from one that was cut short."""
        try:
            self.connection.settimeout(1)
            self.connection.unwrap()
        except OSError:  # the client is gone, or sends no close_notify itself
            pass

    def _head(self, answer):
        framing = {"Transfer-Encoding": "chunked"} if answer.endless else {
            "Content-Length": str(len(answer.body))}
        lines = [f"HTTP/1.1 {answer.status} {self.responses.get(answer.status, ('Odd',))[0]}"]
        headers = {"Connection": "close", "Cache-Control": "no-store", **framing, **answer.headers}
        lines += [f"{name}: {text}" for name, text in headers.items() if text is not None]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _send_endlessly(self, chunk):
        framed = f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n"
        while not self.server.provider.wait(0):
            self.wfile.write(framed)

    def _send_slowly(self, body, pause):
        for byte in body:
            self.wfile.write(bytes([byte]))
            if self.server.provider.wait(pause):
                return


def _fields(encoded):
    return dict(parse_qsl(encoded.decode("utf-8", "replace"), keep_blank_values=True))


def _shut(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass

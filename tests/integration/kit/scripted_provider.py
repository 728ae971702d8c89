# SPDX-License-Identifier: BSD-2-Clause
"""An HTTPS OAuth provider that behaves correctly until a test scripts a failure.

    with ScriptedProvider(authority.issue(), authority.file) as provider:
        provider.queue("/token", Answer(status=503), provider.lost)
"""

import json
import threading
from dataclasses import replace

from oauth_grants import Grants, Refusal
from scripted_server import PATIENCE, Answer, Server


class ScriptedProvider(Grants):
    """Serves on a loopback port between start() and stop(), by the rules of Grants.

    answer: an Answer, or a callable (request) -> Answer or None; None is the correct answer.
    """

    def __init__(self, certificate, ca_file, newest_tls=None):
        super().__init__()
        self.ca_file = ca_file
        self.answer = None
        self._queues = {}  # path -> answers that come first, each once
        self._received = []
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._holds = []
        self.context = certificate.server_context(newest_tls)
        self._server = Server(self)
        self._thread = None
        self.port = self._server.server_address[1]
        self.issuer = f"https://localhost:{self.port}"
        self.discovery = {
            "issuer": self.issuer,
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "authorization_endpoint": f"{self.issuer}/authorize",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def start(self):
        """Serves on the same port as before; also after stop()."""
        self._stopping.clear()
        self._server = self._server or Server(self, self.port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def stop(self):
        """Ends all connections too, also held ones; the port refuses connections from now on."""
        if self._server is None:
            return
        self._stopping.set()
        with self._changed:
            for hold in self._holds:
                hold.set()
        if self._thread:  # shutdown() of a server that never served would wait for ever
            self._server.shutdown()
            self._thread.join()
        self._server.end_connections()
        self._server.server_close()
        self._server = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # Scripting the answers

    def queue(self, path, *answers):
        """Queues answers at path: an Answer, a callable like `answer`, or None for the correct."""
        with self._changed:
            self._queues.setdefault(path, []).extend(answers)

    def lost(self, request):
        """Carries the request out, and loses the answer on its way."""
        return replace(self.correct(request), cut="before")

    def correct(self, request):
        """Carries the request out and answers it, as a correct provider does."""
        try:
            return Answer.json(self._response(request))
        except Refusal as refusal:
            challenge = {"WWW-Authenticate": "Basic"} if refusal.status == 401 else {}
            return Answer.json(refusal.body, refusal.status, headers=challenge)

    # Looking at the requests

    def requests(self, path=None):
        with self._changed:
            return [request for request in self._received if path in (None, request.path)]

    def wait_for_requests(self, path, count=1, timeout=10):
        """Waits until `count` requests have come at path since the start; returns them."""
        with self._changed:
            if self._changed.wait_for(lambda: len(self.requests(path)) >= count, timeout):
                return self.requests(path)
        came = [(request.method, request.path) for request in self.requests()]
        raise AssertionError(f"no {count} requests at {path} within {timeout} s, only {came}")

    def settle(self):
        """Returns when the requests of clients that are gone have been handled."""
        self._server.settle()

    # Called by the server, in a thread for each connection

    def receive(self, request):
        with self._changed:
            self._received.append(request)
            queue = self._queues.get(request.path)
            scripted = queue.pop(0) if queue else self.answer
            self._changed.notify_all()
        answer = scripted(request) if callable(scripted) else scripted
        return answer or self.correct(request)

    def wait(self, seconds):
        """Pauses an answer; True if the answer must end because the provider stops."""
        return self._stopping.wait(min(seconds, PATIENCE))

    def hold(self, event):
        with self._changed:
            self._holds.append(event)
        if not self._stopping.is_set():
            event.wait(PATIENCE)

    def _response(self, request):
        if request.path == "/.well-known/openid-configuration" and request.method == "GET":
            return self.discovery
        if request.path == "/token" and request.method == "POST":
            return self.token_response(request)
        if request.path == "/userinfo" and request.method in ("GET", "POST"):
            return self.userinfo_response(request)
        raise Refusal("not_found", f"{request.method} {request.path}", status=404)


def answering(provider, **changes):
    """Queues a correct answer in which these values are changed; None omits one."""
    def answer(request):
        body = {**json.loads(provider.correct(request).body), **changes}
        return Answer.json({name: value for name, value in body.items() if value is not None})
    provider.queue("/token", answer)

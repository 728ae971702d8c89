# SPDX-License-Identifier: BSD-2-Clause
"""The authorization code flow at the scripted provider: the browser and the token endpoint."""

import base64
import hashlib
import http.client
import re
import socket
from contextlib import closing
from urllib.parse import parse_qsl, urlencode, urlsplit

from id_tokens import claims
from scripted_server import Answer
from terminal import Terminal

CODE = "code-0123456789abcdef"


class Enrolling:
    """A running `oauth-login enroll --browser` that has shown its prompt; a context manager.

    `address` is the address to open, `asked` are its parameters, `port` is the port of the
    redirect, `said` is the output of the command.
    """

    def __init__(self, user="alice", **options):
        self.terminal = Terminal("oauth-login", "enroll", "--browser", user, **options)
        self.address = self.terminal.expect(r"open in a browser:\n\n  (\S+)\n", 20).group(1)
        self.asked = dict(parse_qsl(urlsplit(self.address).query, strict_parsing=True))
        self.port = urlsplit(self.asked["redirect_uri"]).port
        self.terminal.expect(r"Waiting for approval, \d\d:\d\d left")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.terminal.close()

    def redirect(self, **changed):
        """Sends the request to which the provider redirects the browser; None omits a parameter."""
        answer = {"code": CODE, "state": self.asked["state"], **changed}
        return self.request("/?" + urlencode({k: v for k, v in answer.items() if v is not None}))

    def request(self, target, method="GET", **headers):
        """(status, headers, body) of a request to the loopback listener."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, target, headers=headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), 10)

    def listening(self):
        try:
            self.connect().close()
        except ConnectionRefusedError:
            return False
        return True

    def wait(self):
        return self.terminal.wait(20)

    @property
    def said(self):
        return re.sub(r"\s+", " ", self.terminal.output)


def redeeming(provider, key, enrolling, name="alice", nonce=True, **changed):
    """The token endpoint's next answer: tokens, if the request has the PKCE S256 verifier that
    belongs to this enrollment.

    nonce: True for the enrollment's own; any other value is the claim, and None omits it. changed:
    members of the response; None is JSON's null.
    """
    def answer(request):
        digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (challenge != enrolling.asked["code_challenge"] or request.form["code"] != CODE or
                request.form["redirect_uri"] != enrolling.asked["redirect_uri"]):
            return Answer.json({"error": "invalid_grant", "error_description": "PKCE"}, 400)
        family = provider.issue_grant(name)
        renewal = type("Request", (), {"headers": {}, "form": {
            "grant_type": "refresh_token", "refresh_token": family,
            "client_id": provider.client_id}})
        mine = {True: enrolling.asked["nonce"]}.get(nonce, nonce)
        token = key.sign(claims(provider, name, nonce=mine))
        return Answer.json({**provider.token_response(renewal), "id_token": token, **changed})
    provider.queue("/token", answer)

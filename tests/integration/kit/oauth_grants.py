# SPDX-License-Identifier: BSD-2-Clause
"""The state of a correct provider: its client, its grants, and the rules of RFC 6749."""

import base64
import binascii
import secrets
import threading
from dataclasses import dataclass, field
from urllib.parse import unquote_plus


class Refusal(Exception):
    """An error response of RFC 6749 section 5.2."""

    def __init__(self, error, description="", status=400):
        super().__init__(error)
        self.status = status
        self.body = {"error": error, "error_description": description or error}


@dataclass
class Family:
    """One consent and all the refresh tokens that were issued for it; one of them is current."""

    name: str
    refresh_token: str = ""
    alive: bool = True
    spent: set = field(default_factory=set)

    def rotate(self):
        if self.refresh_token:
            self.spent.add(self.refresh_token)
        self.refresh_token = _token("refresh")


class Grants:
    """Renews as Glewlwyd and oidc-provider do: a token works once, and its reuse kills the family.

    The public attributes may be changed at any time.
    """

    def __init__(self):
        self.client_id = "bastion"
        self.client_secret = "s3cret: %+&=/\u00e9"  # breaks if a client forgets to encode
        self.client_auth = "none"  # | client_secret_basic | client_secret_post
        self.rotate = True
        self.omit_refresh_token = False  # responses without one: the client keeps the old
        self.expires_in = 300
        self.claims = {}  # name -> additional claims of userinfo
        self._families = []
        self._access_tokens = {}  # token -> family
        self._lock = threading.Lock()

    def issue_grant(self, name):
        """Makes a new consent of this user; returns its refresh token. Older ones stay alive."""
        with self._lock:
            family = Family(name)
            family.rotate()
            self._families.append(family)
            return family.refresh_token

    def add_user(self, name):
        """Does nothing, because every user is known here; Glewlwyd needs it."""

    def remove_user(self, name):
        """Deletes the account and all its tokens."""
        self.revoke(name)
        with self._lock:
            for token, family in list(self._access_tokens.items()):
                if family.name == name:
                    del self._access_tokens[token]

    def revoke(self, name):
        """Revokes the account's refresh tokens; its access tokens stay valid."""
        with self._lock:
            for family in self._families:
                family.alive = family.alive and family.name != name

    def subject(self, name):
        return f"subject-of-{name}"

    def userinfo(self, access_token):
        """The claims of the token's user, or Refusal (RFC 6750 section 3.1)."""
        with self._lock:
            family = self._access_tokens.get(access_token)
        if family is None:
            raise Refusal("invalid_token", status=401)
        known = {"sub": self.subject(family.name), "preferred_username": family.name}
        return {**known, **self.claims.get(family.name, {})}

    def refresh_token(self, name):
        """The current refresh token of the user's newest grant."""
        with self._lock:
            return [family for family in self._families if family.name == name][-1].refresh_token

    def alive(self, name):
        with self._lock:
            return any(family.alive for family in self._families if family.name == name)

    def token_response(self, request):
        """The JSON object of the response to a token request, or Refusal."""
        form = request.form
        self._check_client(request)
        if form.get("grant_type") != "refresh_token":
            raise Refusal("unsupported_grant_type")
        with self._lock:
            family = self._spend(form.get("refresh_token", ""))
            access_token = _token("access")
            self._access_tokens[access_token] = family
            response = {
                "access_token": access_token,
                "token_type": "Bearer",
                "expires_in": self.expires_in,
            }
            if not self.omit_refresh_token:
                response["refresh_token"] = family.refresh_token
            return response

    def userinfo_response(self, request):
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Refusal("invalid_token", "not a bearer token", status=401)
        return self.userinfo(token)

    def _spend(self, token):
        for family in self._families:
            if token in family.spent:
                family.alive = False
                raise Refusal("invalid_grant", "reuse of a refresh token")
            if token == family.refresh_token and family.alive:
                if self.rotate and not self.omit_refresh_token:
                    family.rotate()
                return family
        raise Refusal("invalid_grant")

    def _check_client(self, request):
        """Applies RFC 6749 section 2.3.1; two ways of authenticating at once are an error too."""
        header = request.headers.get("Authorization")
        used = "client_secret_basic" if header is not None else (
            "client_secret_post" if "client_secret" in request.form else "none")
        if used == "client_secret_basic":
            client_id, secret = _basic(header)
        else:
            client_id = request.form.get("client_id")
            secret = request.form.get("client_secret")
        if used == "client_secret_basic" and "client_secret" in request.form:
            raise Refusal("invalid_request", "two client authentications")
        expected = None if self.client_auth == "none" else self.client_secret
        if (used, client_id, secret) != (self.client_auth, self.client_id, expected):
            raise Refusal("invalid_client", f"{used} as {client_id!r}", status=401)


def _basic(header):
    """(id, secret) of an Authorization header. Both are form-encoded before base64, which clients
    often forget."""
    scheme, _, value = header.partition(" ")
    try:
        decoded = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Refusal("invalid_client", "not base64", status=401) from None
    client_id, colon, secret = decoded.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise Refusal("invalid_client", "not HTTP Basic", status=401)
    return unquote_plus(client_id), unquote_plus(secret)


def _token(kind):
    return f"{kind}-{secrets.token_urlsafe(24)}"


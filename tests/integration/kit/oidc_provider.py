# SPDX-License-Identifier: BSD-2-Clause
"""The second real provider: oidc-provider from npm, certified with OpenID's own suite.

It differs from Glewlwyd where providers differ: every renewal brings an ES256 ID token, redirects
have `iss`, PKCE is required, and offline_access is granted only with prompt=consent.
"""

import base64
import html.parser
import http.cookiejar
import json
import secrets
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from glewlwyd import DEVICE_GRANT, SCOPE, STOPS_WITHIN, free_port

CHECKOUT = Path(__file__).resolve().parents[3]
PACKAGE = CHECKOUT / "build/oidc-provider/node_modules/oidc-provider/lib/index.js"
SERVER = Path(__file__).with_suffix(".mjs")


class OidcProvider:
    """One provider with its people, with the methods of Glewlwyd; a context manager."""

    title = "oidc-provider"
    # OpenID Connect Core section 11 requires it for offline_access.
    enroll_params = "prompt=consent"
    redirect_port = 0  # any: RFC 8252 section 7.3
    doctors_word = "renewal of a made-up token: HTTP 400"  # for every client

    def __init__(self, certificate, ca_file, rotate=True):
        self.port = free_port()
        self.issuer = f"https://localhost:{self.port}"
        self.ca_file = ca_file
        self.client_id, self.client_secret = "bastion", secrets.token_urlsafe(24)
        self.process = None
        self._rotate = rotate
        self._certificate = certificate
        self._tls = ssl.create_default_context(cafile=str(ca_file))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        settings = {"package": PACKAGE.as_uri(), "issuer": self.issuer, "port": self.port,
                    "client_id": self.client_id, "client_secret": self.client_secret,
                    "public_clients": ["kiosk", "bench"], "rotate": self._rotate,
                    "key": str(self._certificate.key), "certificate": str(self._certificate.file)}
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "node", str(SERVER), json.dumps(settings)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._expect("listening")

    def stop(self):
        process, self.process = self.process, None
        if process is None:
            return
        process.stdin.close()
        try:
            process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def add_user(self, name):
        self._do("add", name)

    def remove_user(self, name):
        """Deletes the account; its grants die with it."""
        self._do("remove", name)

    def revoke(self, name):
        """Revokes the account's refresh tokens; the account stays."""
        self._do("revoke", name)

    def add_client(self, client_id, auth_method):
        """Does nothing: the public clients of the tests are there from the start."""
        assert (client_id in ("kiosk", "bench"), auth_method) == (True, "none")

    def subject(self, name):
        return name

    def issue_grant(self, name, client_id=None):
        """A new refresh token of the account, from a device flow."""
        client = {"client_id": client_id} if client_id else {}
        device = self._as_client("device/auth", scope=SCOPE, prompt="consent", **client)
        self.approve_device(name, device["user_code"])
        return self._as_client("token", grant_type=DEVICE_GRANT,
                               device_code=device["device_code"], **client)["refresh_token"]

    def approve_device(self, name, user_code):
        """Does what the person does in a browser: confirms the code, signs in, consents."""
        page = Visitor(self._tls).open(f"{self.issuer}/device?user_code={user_code}")
        while page.forms:
            page = page.submit(login=name, password="any")
        assert "success" in page.text.lower(), page.text

    def userinfo(self, access_token):
        request = urllib.request.Request(f"{self.issuer}/me",
                                         headers={"Authorization": f"Bearer {access_token}"})
        with self._opener().open(request, timeout=10) as answer:
            return json.load(answer)

    def _opener(self):
        return urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                           urllib.request.HTTPSHandler(context=self._tls))

    def _as_client(self, endpoint, **form):
        pair = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        headers = {} if "client_id" in form else {"Authorization": f"Basic {pair}"}
        request = urllib.request.Request(f"{self.issuer}/{endpoint}",
                                         urllib.parse.urlencode(form).encode(), headers)
        with self._opener().open(request, timeout=10) as answer:
            return json.load(answer)

    def _do(self, what, name):
        print(json.dumps({"what": what, "name": name}), file=self.process.stdin, flush=True)
        self._expect("done")

    def _expect(self, word):
        line = self.process.stdout.readline().strip()
        if line != word:
            raise RuntimeError(f"oidc-provider wrote {line!r} instead of {word!r}")


class Visitor:
    """A person's browser without scripts: cookies, redirects and forms."""

    def __init__(self, tls):
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def open(self, url, form=None):
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        with self._opener.open(url, data, timeout=10) as answer:
            return Page(self, answer.url, answer.read().decode())


class Page(html.parser.HTMLParser):
    """A page and its forms: (address, fields)."""

    def __init__(self, visitor, url, text):
        super().__init__()
        self.visitor, self.url, self.text, self.forms = visitor, url, text, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.forms.append((attrs["action"], {}))
        elif tag == "input" and self.forms:
            self.forms[-1][1][attrs.get("name")] = attrs.get("value", "")

    def submit(self, **filled):
        """Submits the first form, its own fields filled in; returns the page that follows."""
        action, fields = self.forms[0]
        form = {name: filled.get(name, value) for name, value in fields.items() if name}
        return self.visitor.open(urllib.parse.urljoin(self.url, action), form)

# SPDX-License-Identifier: BSD-2-Clause
"""A real OpenID provider for tests and the demo: Debian's Glewlwyd on loopback, over TLS.

A mock answers as its author believed; Glewlwyd rotates, invalidates and refuses tokens as a real
provider does. All its files are made in one directory, and nothing is left running after `stop`.
"""

import base64
import contextlib
import hashlib
import http.client
import json
import secrets
import shutil
import socket
import sqlite3
import ssl
import subprocess
import time
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

WEBAPP = Path("/usr/share/glewlwyd")
SCHEMA = Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
SCOPE = "openid offline_access"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
READY_WITHIN = 10  # seconds; it usually takes 0.03
STOPS_WITHIN = 5

CONFIG = """
port = {port}
bind_address = "127.0.0.1"
external_url = "https://localhost:{port}"
login_url = "login.html"
api_prefix = "api"
cookie_secure = 1
admin_session_authentication = "api_key"
log_mode = "console"
log_level = "DEBUG"
user_module_path = "/usr/lib/glewlwyd/user"
client_module_path = "/usr/lib/glewlwyd/client"
user_auth_scheme_module_path = "/usr/lib/glewlwyd/scheme"
plugin_module_path = "/usr/lib/glewlwyd/plugin"
use_secure_connection = true
static_files_path = "{directory}/pages/"
static_files_mime_types = (
  {{ extension = ".html"; mime_type = "text/html" }},
  {{ extension = ".css"; mime_type = "text/css" }},
  {{ extension = ".js"; mime_type = "application/javascript" }},
  {{ extension = ".json"; mime_type = "application/json" }})
secure_connection_key_file = "{directory}/server.key"
secure_connection_pem_file = "{directory}/server.pem"
hash_algorithm = "SHA256"
database = {{ type = "sqlite3"; path = "{directory}/glewlwyd.db"; }}
"""

OPENSSL_CONFIG = """
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
"""


class Refused(Exception):
    """The provider refused: its HTTP status is not the one of a success."""

    def __init__(self, status, body):
        super().__init__(f"HTTP {status}: {body[:300]!r}")
        self.status, self.body = status, body


class Glewlwyd:
    """One provider with its CA, its people and its clients; a context manager.

    Every other provider class of the tests has these names too: `issuer`, `ca_file`, `client_id`,
    `client_secret`, `start`, `stop`, `add_user`, `issue_grant`, `subject`, `userinfo`, `revoke`,
    `remove_user`. `redirect_port` is the only port whose loopback redirect is registered: Glewlwyd
    compares redirect addresses as exact strings, against RFC 8252 section 7.3.
    `token_life` is in seconds; without `rotate`, a refresh token stays valid after its use.
    """

    title = "Glewlwyd"
    doctors_word = "revocation of a made-up token: HTTP 200"  # for a client that has a secret

    def __init__(self, directory: Path, port: int = 0, token_life: int = 300, rotate: bool = True):
        self.directory = Path(directory).resolve()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port()
        self.redirect_port = free_port()
        self.issuer = f"https://localhost:{self.port}/api/oidc"
        self.ca_file = self.directory / "ca.pem"
        self.client_id, self.client_secret = "bastion", secrets.token_urlsafe(24)
        self.process = None
        self._admin_key = secrets.token_hex(16)  # Glewlwyd insists on 32 characters
        self._clients = {}  # client id: (secret, authentication method)
        self._passwords = {}  # account name: password
        self._make_certificates()
        self._make_database(token_life, rotate)
        self._make_pages()
        self._tls = ssl.create_default_context(cafile=str(self.ca_file))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self) -> None:
        """Starts the server, or starts it again with everything that it knew before."""
        with open(self.directory / "glewlwyd.log", "ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL",  # so that a killed test run leaves none
                 "glewlwyd", f"--config-file={self.directory}/glewlwyd.conf"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory)
        try:
            self._await_ready()
            if not self._clients:
                self.add_client(self.client_id, self.client_secret)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends the server; does nothing if it has ended already."""
        process, self.process = self.process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def add_client(self, client_id, secret=None, auth_method="client_secret_basic") -> str | None:
        """Registers a client and returns its secret; `auth_method` `none` makes it public."""
        public = auth_method == "none"
        secret = None if public else secret or secrets.token_urlsafe(24)
        self._admin("POST", "client", {
            "client_id": client_id, "enabled": True, "scope": [], "confidential": not public,
            **({} if public else {"client_secret": secret}),
            "token_endpoint_auth_method": [auth_method],
            "authorization_type": ["code", "device_authorization", "refresh_token",
                                   "client_credentials"],
            "redirect_uri": [f"http://127.0.0.1:{self.redirect_port}/"],
        })
        self._clients[client_id] = secret, auth_method
        return secret

    def add_user(self, name) -> None:
        """Makes an account at the provider; only this object knows its password."""
        self._passwords[name] = secrets.token_urlsafe(16)
        self._admin("POST", "user", {"username": name, "password": self._passwords[name],
                                     "enabled": True, "scope": SCOPE.split()})

    def remove_user(self, name) -> None:
        """Deletes the account, as an administrator does; all its tokens become invalid at once."""
        self._admin("DELETE", f"user/{quote(name, safe='')}")
        del self._passwords[name]

    def revoke(self, name) -> None:
        """Revokes the account's refresh tokens, as a person does; access tokens stay valid until
        they expire."""
        cookie = self._sign_in(name)
        for token in self._ok("GET", "/api/oidc/token?limit=1000", headers=cookie):
            if token["enabled"]:
                self._ok("DELETE", f"/api/oidc/token/{quote(token['token_hash'], safe='')}",
                         headers=cookie)

    def issue_grant(self, name, client_id=None) -> str:
        """A new refresh token of the account, from a device flow, as an enrollment gets it."""
        return self._enroll(name, client_id)["refresh_token"]

    def password(self, name) -> str:
        """The password that the person types at the provider's own page."""
        return self._passwords[name]

    def approve_device(self, name, user_code) -> None:
        """Does what the person does in a browser with a `user_code`: signs in and consents."""
        cookie = self._sign_in(name)
        page = f"/api/oidc/device?code={quote(user_code, safe='')}"
        asked = self._redirect(page, cookie)
        if "client_id" in asked:
            self._ok("PUT", f"/api/auth/grant/{quote(asked['client_id'], safe='')}",
                     {"scope": asked["scope"]}, cookie)
            asked = self._redirect(f"{page}&g_continue", cookie)
        if asked.get("prompt") != "deviceComplete":
            raise Refused(302, json.dumps(asked).encode())

    def subject(self, name) -> str:
        """The `sub` of the account; makes a grant, because only tokens carry it."""
        return self.userinfo(self._enroll(name)["access_token"])["sub"]

    def userinfo(self, access_token) -> dict:
        """The claims for an access token; raises `Refused` if the provider does not accept it."""
        return self._ok("GET", "/api/oidc/userinfo",
                        headers={"Authorization": f"Bearer {access_token}"})

    def _enroll(self, name, client_id=None):
        """The token endpoint's response at the end of a device flow."""
        client_id = client_id or self.client_id
        device = self._as_client(client_id, "device_authorization", scope=SCOPE)
        self.approve_device(name, device["user_code"])
        return self._as_client(client_id, "token", grant_type=DEVICE_GRANT,
                               device_code=device["device_code"])

    def _as_client(self, client_id, endpoint, **form):
        secret, auth_method = self._clients[client_id]
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if auth_method == "client_secret_basic":  # raw: Glewlwyd omits RFC 6749 2.3.1's decoding
            pair = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        else:
            form |= {"client_id": client_id} | ({"client_secret": secret} if secret else {})
        return self._ok("POST", f"/api/oidc/{endpoint}", urlencode(form), headers)

    def _sign_in(self, name):
        """Signs the person in; returns the headers that carry the session."""
        status, headers, body = self._request(
            "POST", "/api/auth", {"username": name, "password": self._passwords[name]})
        if status != 200:
            raise Refused(status, body)
        return {"Cookie": headers["Set-Cookie"].split(";")[0]}

    def _redirect(self, path, headers):
        """The parameters of the address to which a browser would be redirected."""
        status, answer, body = self._request("GET", path, headers=headers)
        if status != 302:
            raise Refused(status, body)
        return dict(parse_qsl(urlsplit(answer["Location"]).query))

    def _admin(self, method, path, body=None):
        return self._ok(method, f"/api/{path}", body,
                        {"Authorization": f"token {self._admin_key}"})

    def _ok(self, method, path, body=None, headers=None):
        status, _, answer = self._request(method, path, body, headers)
        if status != 200:
            raise Refused(status, answer)
        return json.loads(answer) if answer else None

    def _request(self, method, path, body=None, headers=None):
        """(status, headers, body) of one request.

        By http.client, because urllib obeys proxy variables and follows redirects.
        """
        headers = dict(headers or {})
        if isinstance(body, dict):
            body, headers["Content-Type"] = json.dumps(body), "application/json"
        with contextlib.closing(http.client.HTTPSConnection(
                "localhost", self.port, context=self._tls, timeout=10)) as connection:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()

    def _await_ready(self):
        deadline = time.monotonic() + READY_WITHIN
        while self.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError, http.client.HTTPException, Refused):
                if self._ok("GET", "/api/oidc/.well-known/openid-configuration"):
                    return
            time.sleep(0.02)
        log = (self.directory / "glewlwyd.log").read_text(errors="replace")
        raise RuntimeError(f"glewlwyd did not become ready:\n{log[-2000:]}")

    def _make_certificates(self):
        (self.directory / "openssl.cnf").write_text(OPENSSL_CONFIG)
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        request = ["req", "-x509", "-config", "openssl.cnf", "-nodes", "-days", "30", *curve]
        self._openssl(*request, "-extensions", "ca", "-subj", "/CN=oauth-login test CA",
                      "-keyout", "ca.key", "-out", "ca.pem")
        self._openssl(*request, "-extensions", "server", "-subj", "/CN=localhost",
                      "-CA", "ca.pem", "-CAkey", "ca.key",
                      "-keyout", "server.key", "-out", "server.pem")
        self._openssl("genrsa", "-out", "signing.key", "2048")
        self._openssl("rsa", "-in", "signing.key", "-pubout", "-out", "signing.pem")

    def _make_database(self, token_life, rotate):
        """Makes the schema, the plugin and an admin key; removes the password `password` that the
        schema gives to `admin`."""
        plugin = {
            "name": "oidc", "iss": self.issuer, "jwt-type": "rsa", "jwt-key-size": "256",
            "key": (self.directory / "signing.key").read_text(),
            "cert": (self.directory / "signing.pem").read_text(),
            "jwks-show": True, "subject-type": "public",
            "access-token-duration": token_life, "refresh-token-duration": 14 * 86400,
            "code-duration": 600, "refresh-token-rolling": True,
            "refresh-token-one-use": "always" if rotate else "never",
            "auth-type-code-enabled": True, "auth-type-refresh-enabled": True,
            "auth-type-client-enabled": True, "auth-type-device-enabled": True,
            "device-authorization-expiration": 600, "device-authorization-interval": 1,
            "introspection-revocation-allowed": True,
            "introspection-revocation-allow-target-client": True,
            "allow-non-oidc": True, "pkce-allowed": True, "pkce-required": True,
            "oauth-as-iss-id": True,
            "claims": [{"name": "preferred_username", "user-property": "username",
                        "type": "string", "mandatory": True}],
        }
        digest = base64.urlsafe_b64encode(hashlib.sha256(self._admin_key.encode()).digest())
        with contextlib.closing(sqlite3.connect(self.directory / "glewlwyd.db")) as database:
            database.executescript(SCHEMA.read_text())
            database.execute("DELETE FROM g_user_password")
            database.execute("INSERT INTO g_api_key (gak_token_hash, gak_username) "
                             "VALUES (?, 'admin')", ["{SHA256}" + digest.decode()])
            database.execute("INSERT INTO g_scope (gs_name, gs_password_required) "
                             "VALUES ('offline_access', 0)")
            database.execute("INSERT INTO g_plugin_module_instance (gpmi_module, gpmi_name, "
                             "gpmi_parameters) VALUES ('oidc', 'oidc', ?)", [json.dumps(plugin)])
            database.commit()
        (self.directory / "glewlwyd.conf").write_text(
            CONFIG.format(port=self.port, directory=self.directory))

    def _make_pages(self):
        """Copies the login page of the package; the package's own config.json is a directory, by
        mistake, so the template is used."""
        shutil.copytree(WEBAPP / "webapp", self.directory / "pages",
                        ignore=shutil.ignore_patterns("config.json", "admin.js", "profile.js"))
        shutil.copy(WEBAPP / "templates" / "config.json", self.directory / "pages")

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.directory, check=True,
                       capture_output=True, timeout=30)


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]

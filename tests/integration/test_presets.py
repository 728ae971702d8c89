# SPDX-License-Identifier: BSD-2-Clause
"""preset = NAME: enrollment, renewal, dead grants and closed accounts in each provider's own way.

The provider is the scripted one on loopback, so the endpoints are overridden. The addresses of the
presets are checked in tests/unit/test_preset.c.
"""

import json
from dataclasses import dataclass, field, replace

import pytest
from id_tokens import Key, claims
from oauth_grants import Refusal
from scripted_server import Answer

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
BY_NAME = {"username_claim": "preferred_username"}
OFFLINE = "openid profile email offline_access"


def no(error, description="", status=400, **more):
    """An error response."""
    return Answer.json({"error": error, "error_description": description, **more}, status)


@dataclass(frozen=True)
class Habits:
    """The ways in which a provider differs from others."""

    asks: dict  # parameters that an enrollment must send besides the client's id
    dead: Answer
    closed: Answer  # at closed_at
    closed_said: str
    closed_at: str = "/token"
    closed_verdict: str = "denied"
    dead_said: str = ""
    keys: dict = field(default_factory=lambda: dict(BY_NAME))
    more_claims: dict = field(default_factory=dict)
    pending: Answer = no("authorization_pending")
    device: str = "/device"
    address: str = "verification_uri"
    slash: str = ""  # at the issuer's end
    id_token: bool = True
    rotates: bool = True
    client_auth: str = "none"


HABITS = {
    "google": Habits(
        asks={"scope": "openid email profile", "access_type": "offline", "prompt": "consent"},
        pending=no("authorization_pending", status=428), address="verification_url",
        dead=no("invalid_grant", "Token has been expired or revoked."),
        closed=no("invalid_grant", "Account has been deleted"), closed_said="has been deleted",
        more_claims={"email": "alice@example.com", "email_verified": True},
        keys={"username_claim": "email", "username_suffix": "@example.com"},
        rotates=False, client_auth="client_secret_post"),
    "entra": Habits(
        asks={"scope": "openid profile offline_access"},
        pending=no("authorization_pending", "AADSTS70016: ...", error_codes=[70016]),
        dead=no("invalid_grant", "AADSTS700082: The refresh token ...", error_codes=[700082]),
        dead_said="not used for too long",
        closed=no("invalid_grant", "AADSTS50057: The user account ...", error_codes=[50057]),
        closed_said="the account is disabled",
        more_claims={"preferred_username": "alice@example.com"},
        keys={"username_claim": "preferred_username", "username_suffix": "@example.com"}),
    "okta": Habits(
        asks={"scope": OFFLINE},
        dead=no("invalid_grant", "The refresh token is invalid or expired."),
        closed=no("access_denied", "User is not assigned to the client application."),
        closed_said="not assigned"),
    "auth0": Habits(
        asks={"scope": OFFLINE}, slash="/", pending=no("authorization_pending", status=403),
        dead=no("invalid_grant", "Unknown or invalid refresh token.", status=403),
        closed=no("invalid_grant", "user is blocked", status=403), closed_said="user is blocked"),
    "keycloak": Habits(
        asks={"scope": OFFLINE}, dead=no("invalid_grant", "Token is not active"),
        closed=no("invalid_grant", "User disabled"), closed_said="User disabled"),
    "github": Habits(
        asks={}, pending=no("authorization_pending", status=200), id_token=False,
        dead=no("bad_refresh_token", "The refresh token passed is incorrect or expired.", 200),
        closed=Answer.json({"message": "Sorry. Your account was suspended"}, 403),
        closed_at="/user", closed_said="HTTP 403",
        keys={"username_claim": "login", "issuer": "", "token_endpoint": "/token",
              "device_authorization_endpoint": "/device", "userinfo_endpoint": "/user"}),
    "gitlab": Habits(
        asks={"scope": "openid profile"}, device="/oauth/authorize_device",
        dead=no("invalid_grant", "The provided authorization grant is invalid, expired, ..."),
        closed=no("insufficient_scope", status=403), closed_at="/userinfo",
        closed_said="HTTP 403"),
}


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return Key(tmp_path_factory.mktemp("keys"))


class Site:
    """The scripted provider with the habits of a real one, and the machine configured for it."""

    def __init__(self, name, oauth_login, provider, key):
        self.habits, self.provider, self.key = HABITS[name], provider, key
        self.name, self.oauth_login = name, oauth_login
        self.asked = 0
        self.person = "alice"
        self.more = dict(self.habits.more_claims)
        provider.rotate = self.habits.rotates
        provider.client_auth = self.habits.client_auth
        if self.habits.device == "/device":
            provider.discovery["device_authorization_endpoint"] = f"{provider.issuer}/device"
        provider.discovery["issuer"] = provider.issuer + self.habits.slash
        provider.answer = self.answer
        self.configure()

    def configure(self, **more):
        keys = {"issuer": self.provider.issuer + self.habits.slash, **self.habits.keys, **more}
        for name, value in keys.items():
            if value.startswith("/"):
                keys[name] = self.provider.issuer + value
        self.oauth_login.configure(self.provider, preset=self.name, **keys)

    def answer(self, request):
        if request.path == "/jwks":
            return Answer.json({"keys": [self.key.jwk]})
        if request.path == self.habits.device:
            return Answer.json({"device_code": "dev", "user_code": "WDJB", "interval": 1,
                                "expires_in": 60, self.habits.address: "https://example.com/go"})
        if request.path in ("/user", "/memberships"):
            return self.github(request)
        if request.path != "/token":
            return None
        if request.form["grant_type"] == DEVICE_GRANT:
            self.asked += 1
            if self.asked == 1:
                return self.habits.pending
            form = {**request.form, "grant_type": "refresh_token",
                    "refresh_token": self.provider.issue_grant(self.person)}
            return self.tokens(replace(request, form=form), enrollment=True)
        return self.tokens(request)

    def tokens(self, request, enrollment=False):
        answer = self.provider.correct(request)
        body = json.loads(answer.body)
        if "error" in body:
            return answer
        if enrollment:  # a provider that never rotates sends it only here
            body["refresh_token"] = self.provider.refresh_token(self.person)
        elif not self.habits.rotates:
            del body["refresh_token"]
        if self.habits.id_token:
            body["id_token"] = self.key.sign(claims(
                self.provider, self.person,
                **{"iss": self.provider.issuer + self.habits.slash, **self.more}))
        return Answer.json(body)

    def github(self, request):
        if not request.headers["User-Agent"] or request.headers["Accept"] != "application/json":
            return Answer(403)
        try:
            self.provider.userinfo_response(request)
        except Refusal:
            return Answer(401)
        user = {"login": self.person, "id": 583231}
        if request.path == "/user":
            return Answer.json(user)
        return Answer.json({"state": "active", "role": "member", "user": user,
                            "organization": {"login": "ACME", "id": 9}, **self.more})

    def verify(self):
        return self.oauth_login.run_json("verify", "alice")


@pytest.fixture
def site(oauth_login, provider, alice, key):
    """Makes the site of a preset."""
    return lambda name: Site(name, oauth_login, provider, key)


@pytest.fixture
def enrolled(site):
    """Makes the site of a preset and enrolls alice there."""
    def enroll(name):
        at = site(name)
        result = at.oauth_login.run("enroll", "alice")
        assert result.ok, result
        return at
    return enroll


@pytest.mark.parametrize("name", HABITS)
def test_a_preset_enrolls_by_device_flow_and_its_grants_renew(name, enrolled, provider):
    at = enrolled(name)
    (asked,) = provider.requests(at.habits.device)
    secret = {"client_secret": provider.client_secret} if at.habits.client_auth != "none" else {}
    assert asked.form == {"client_id": "bastion", **secret, **at.habits.asks}
    assert at.asked == 2, "pending once, then the tokens"
    for _ in range(2):
        said = at.verify()
        assert said["verdict"] == "granted", said


@pytest.mark.parametrize("name", HABITS)
def test_a_dead_grant_at_a_preset_is_reauthorize(name, enrolled, provider):
    at = enrolled(name)
    provider.queue("/token", at.habits.dead)
    said = at.verify()
    assert said["verdict"] == "reauthorize" and at.habits.dead_said in said["reason"]


@pytest.mark.parametrize("name", HABITS)
def test_a_closed_account_is_denied_in_the_providers_words(name, enrolled, provider):
    at = enrolled(name)
    provider.queue(at.habits.closed_at, at.habits.closed)
    said = at.verify()
    assert said["verdict"] == at.habits.closed_verdict and at.habits.closed_said in said["reason"]


@pytest.mark.parametrize("name", HABITS)
def test_somebody_elses_approval_enrolls_nobody(name, site, provider):
    at = site(name)
    at.person = "mallory"
    at.more = {claim: value.replace("alice", "mallory") if isinstance(value, str) else value
               for claim, value in at.more.items()}
    assert at.oauth_login.run("enroll", "alice").status == 1
    assert at.oauth_login.verdict("alice") == "not-enrolled"


def test_the_groups_overage_of_entra_is_named(enrolled):
    at = enrolled("entra")
    at.configure(require_groups="ops")
    at.more["groups"] = ["ops"]
    assert at.verify()["verdict"] == "granted"
    del at.more["groups"]
    at.more.update({"_claim_names": {"groups": "src1"},
                    "_claim_sources": {"src1": {"endpoint": "https://graph.example/x"}}})
    said = at.verify()
    assert said["verdict"] == "misconfigured" and "overage" in said["reason"]


def test_a_locked_keycloak_account_still_renews_but_is_denied(enrolled, provider):
    at = enrolled("keycloak")
    provider.queue("/userinfo", Answer(401))
    assert at.verify()["verdict"] == "denied"


def test_the_rate_limit_of_github_is_unreachable_and_not_denied(enrolled, provider):
    at = enrolled("github")
    provider.queue("/user", Answer.json({"message": "API rate limit exceeded for user ID 1."}, 403))
    said = at.verify()
    assert said["verdict"] == "unreachable" and "too many requests" in said["reason"]
    assert at.verify()["verdict"] == "granted"


def test_the_subject_at_github_is_the_user_id_and_not_the_name(enrolled, provider):
    at = enrolled("github")
    assert at.oauth_login.run_json("status", "alice")["subject"] == "583231"
    for other in (583232, "583231 ", 583231.5, None):
        provider.queue("/user", Answer.json({"login": "alice", "id": other}))
        assert at.verify()["verdict"] == "denied", other
    assert at.verify()["verdict"] == "granted"


def test_membership_of_a_github_organization_can_be_required(site, provider):
    at = site("github")
    membership = {"userinfo_endpoint": "/memberships", "username_claim": "user.login",
                  "subject_claim": "user.id", "require_claim": "state=active"}
    at.configure(**membership)
    assert at.oauth_login.run("enroll", "alice").ok
    assert at.verify()["verdict"] == "granted"
    at.more["state"] = "pending"
    said = at.verify()
    assert said["verdict"] == "denied" and "state=active" in said["reason"]
    provider.queue("/memberships", Answer.json({"message": "Not Found"}, 404))
    assert at.verify()["verdict"] == "denied", "the grant renews, the membership is gone"


@pytest.mark.parametrize("name, said", [
    ("github", "user tokens expire"), ("google", "access_type=offline"),
    ("keycloak", "offline_access"),
])
def test_a_missing_refresh_token_names_the_fix_at_this_provider(name, said, site, provider):
    at = site(name)

    def without(request):
        body = json.loads(at.answer(request).body)
        body.pop("refresh_token", None)
        return Answer.json(body)

    provider.queue("/token", at.habits.pending, without)
    at.asked = 1
    result = at.oauth_login.run("enroll", "alice")
    assert result.status == 4 and said in result.stderr, result

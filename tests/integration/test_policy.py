# SPDX-License-Identifier: BSD-2-Clause
"""Live proof and policy: a grant that still renews may be denied."""

import pytest
from scripted_server import Answer


@pytest.fixture
def enrolled(oauth_login, provider, alice):
    oauth_login.configure(provider)
    oauth_login.enroll(provider, "alice")
    return oauth_login


def verify(enrolled):
    """(verdict, reason) of a login."""
    said = enrolled.run_json("verify", "alice")
    return said["verdict"], said["reason"]


def introspects(provider, **more):
    """Gives the provider an introspection endpoint; more: members of its responses."""
    provider.discovery["introspection_endpoint"] = f"{provider.issuer}/introspect"

    def answer(request):
        if request.path != "/introspect":
            return None
        try:
            claims = provider.userinfo(request.form["token"])
        except Exception:
            return Answer.json({"active": False})
        return Answer.json({"active": True, **claims, **more})

    provider.answer = answer


def test_a_token_that_userinfo_refuses_is_denied(enrolled, provider):
    enrolled.configure(provider, require="userinfo")
    assert verify(enrolled) == ("granted", "")
    provider.queue("/userinfo", Answer(401))
    verdict, reason = verify(enrolled)
    assert verdict == "denied" and "HTTP 401" in reason
    assert verify(enrolled)[0] == "granted"


def test_a_failure_of_userinfo_is_unreachable_and_not_denied(enrolled, provider):
    enrolled.configure(provider, require="userinfo")
    for answer in (Answer(503), Answer(200, b"<html>"), Answer.json({}, cut="before")):
        provider.queue("/userinfo", answer)
        assert verify(enrolled)[0] == "unreachable"
        assert verify(enrolled)[0] == "granted"


def test_a_page_of_a_firewall_or_portal_is_unreachable_and_not_denied(enrolled, provider):
    """A firewall or portal does not know the token; the provider itself does."""
    enrolled.configure(provider, require="userinfo")
    for answer in (Answer(403, b"<html>blocked"), Answer(404, b"no such route"),
                   Answer.redirect("https://portal.example.com/", 302)):
        provider.queue("/userinfo", answer)
        assert verify(enrolled)[0] == "unreachable", answer
    for answer in (Answer(403), Answer.json({"message": "Not Found"}, 404)):
        provider.queue("/userinfo", answer)
        assert verify(enrolled)[0] == "denied", answer


def test_the_proof_must_be_for_the_pinned_subject(enrolled, provider):
    enrolled.configure(provider, require="userinfo")
    for claims in ({"sub": "mallory"}, {}, {"sub": 7}, {"sub": None}):
        provider.queue("/userinfo", Answer.json(claims))
        assert verify(enrolled)[0] == "denied", claims


def test_a_token_that_is_not_active_is_denied(oauth_login, provider, alice):
    introspects(provider)
    oauth_login.configure(provider, require="introspection")
    oauth_login.enroll(provider, "alice")
    assert verify(oauth_login)[0] == "granted"
    for claims in ({"active": False}, {"active": "true"}, {}, {"active": True, "sub": "mallory"}):
        provider.queue("/introspect", Answer.json(claims))
        assert verify(oauth_login)[0] == "denied", claims
    provider.queue("/introspect", Answer.json({"active": True}))
    assert verify(oauth_login)[0] == "granted", "RFC 7662 does not require sub"


@pytest.mark.parametrize("method", ["none", "client_secret_basic", "client_secret_post"])
def test_introspection_authenticates_the_client(method, oauth_login, provider, alice):
    provider.client_auth = method
    introspects(provider)
    oauth_login.configure(provider, require="introspection")
    oauth_login.enroll(provider, "alice")
    request = provider.requests("/introspect")[-1]
    assert request.form["token_type_hint"] == "access_token"
    assert ("Authorization" in request.headers) == (method == "client_secret_basic")
    assert ("client_secret" in request.form) == (method == "client_secret_post")


def test_a_required_proof_without_its_endpoint_is_a_misconfiguration(enrolled, provider):
    enrolled.configure(provider, require="introspection")
    verdict, reason = verify(enrolled)
    assert verdict == "misconfigured" and "no such endpoint" in reason


GROUPS = [
    (["admins", "ops"], "ops", {}, True),
    (["admins", "ops"], "dev, ops", {}, True),
    (["admins"], "ops", {}, False),
    (["ops2", "xops", "OPS", "ops\n"], "ops", {}, False),
    (["Cloud Admins"], "Cloud Admins", {}, True),
    (["Cloud", "Admins"], "Cloud Admins", {}, False),
    ("ops", "ops", {}, True),
    ("dev,ops", "ops", {}, False),
    ("dev, ops", "ops", {"groups_separator": ","}, True),
    ("dev;Cloud Admins", "Cloud Admins", {"groups_separator": ";"}, True),
    ([["ops"], {"ops": 1}, None, 7], "ops", {}, False),
    ({"ops": True}, "ops", {}, False),
    (None, "ops", {}, False),
]


@pytest.mark.parametrize("groups, wanted, keys, allowed", GROUPS)
def test_groups_match_exactly(groups, wanted, keys, allowed, enrolled, provider):
    enrolled.configure(provider, require="userinfo", require_groups=wanted, **keys)
    provider.claims["alice"] = {"groups": groups}
    verdict, reason = verify(enrolled)
    assert verdict == ("granted" if allowed else "denied")
    assert allowed or "require_groups" in reason


def test_groups_claim_may_be_a_path_to_a_nested_claim(enrolled, provider):
    enrolled.configure(provider, require="userinfo", require_groups="ops",
                       groups_claim="realm_access.roles")
    provider.claims["alice"] = {"realm_access": {"roles": ["ops"]}}
    assert verify(enrolled)[0] == "granted"


@pytest.mark.parametrize("claims, wanted, allowed", [
    ({"state": "active"}, "state=active", True),
    ({"state": "pending"}, "state=active", False),
    ({"state": "active2"}, "state=active", False),
    ({}, "state=active", False),
    ({"email_verified": True}, "email_verified=true", True),
    ({"email_verified": "true"}, "email_verified=true", True),
    ({"level": 3}, "level=3", True),
    ({"level": 3.5}, "level=3", False),
    ({"org": {"name": "ACME"}, "state": "active"}, "org.name=ACME state=active", True),
    ({"org": {"name": "ACME"}, "state": "gone"}, "org.name=ACME state=active", False),
    ({"state": ["active"]}, "state=active", False),
])
def test_claims_match_exactly(claims, wanted, allowed, enrolled, provider):
    enrolled.configure(provider, require="userinfo", require_claim=wanted)
    provider.claims["alice"] = claims
    verdict, reason = verify(enrolled)
    assert verdict == ("granted" if allowed else "denied")
    assert allowed or "require_claim" in reason


def test_a_scope_that_was_not_granted_is_named(enrolled, provider):
    enrolled.configure(provider, require_scope="openid admin")

    def scoped(scope):
        def answer(request):
            return Answer.json({**provider.token_response(request), "scope": scope})
        return answer

    provider.queue("/token", scoped("openid admin email"), scoped("openid administrator"))
    assert verify(enrolled)[0] == "granted"
    verdict, reason = verify(enrolled)
    assert verdict == "denied" and "lacks admin" in reason


def test_policy_applies_at_import_too(oauth_login, provider, alice):
    oauth_login.configure(provider, require="userinfo", require_groups="ops")
    token = provider.issue_grant("alice")
    refused = oauth_login.run("import", "alice", input=token)
    assert refused.status == 1 and "require_groups" in refused.stderr
    provider.claims["alice"] = {"groups": ["ops"]}
    assert oauth_login.run("import", "alice", input=token).ok


def test_a_refusal_by_policy_ends_grace_and_is_shared(enrolled, provider):
    enrolled.configure(provider, require="userinfo", require_groups="ops",
                       login={"offline_grace": "1d"})
    assert verify(enrolled)[0] == "denied"
    provider.stop()
    assert verify(enrolled)[0] == "unreachable", "no grace after a no"
    provider.start()
    enrolled.configure(provider, require="userinfo", require_groups="ops",
                       login={"reuse_within": "1h"})
    assert verify(enrolled)[0] == "denied"
    sent = len(provider.requests())
    assert verify(enrolled)[0] == "denied"
    assert len(provider.requests()) == sent


def test_a_new_requirement_ends_shared_verdicts_and_grace(enrolled, provider):
    often = {"reuse_within": "1h", "offline_grace": "1d"}
    enrolled.configure(provider, require="userinfo", login=often)
    assert enrolled.run_json("verify", "alice")["source"] == "refresh"
    assert enrolled.run_json("verify", "alice")["source"] == "shared"
    enrolled.configure(provider, require="userinfo", require_groups="ops", login=often)
    provider.stop()
    assert verify(enrolled)[0] == "unreachable"


@pytest.mark.parametrize("verified, status", [(True, 0), ("true", 0), (False, 1), (None, 1)])
def test_an_email_address_that_is_not_verified_proves_nobody(
        verified, status, oauth_login, provider, alice):
    oauth_login.configure(provider, username_claim="email", username_suffix="@example.com")
    provider.claims["alice"] = {"email": "alice@example.com", "email_verified": verified}
    token = provider.issue_grant("alice")
    assert oauth_login.run("import", "alice", input=token).status == status


@pytest.mark.parametrize("keys, complaint", [
    ({"require_groups": "ops"}, "refresh brings no claims, but require_groups needs them"),
    ({"require_claim": "a=b"}, "refresh brings no claims, but require_claim needs them"),
    ({"require": "userinfo", "require_claim": "active"}, "active is not CLAIM=VALUE"),
    ({"require": "userinfo", "require_claim": "=x"}, "=x is not CLAIM=VALUE"),
    ({"require_scope": "s" * 300}, "an entry is longer than 250 bytes"),
    ({"require": "jwt"}, "'jwt' must be one of: refresh id_token userinfo introspection"),
    ({"require": "id_token"}, "require = id_token, but corp sent none"),
])
def test_a_policy_that_cannot_be_checked_is_a_misconfiguration(keys, complaint, enrolled, provider):
    enrolled.configure(provider, **keys)
    verdict, reason = verify(enrolled)
    assert verdict == "misconfigured" and complaint in reason

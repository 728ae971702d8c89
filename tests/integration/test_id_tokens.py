# SPDX-License-Identifier: BSD-2-Clause
"""ID tokens: verified at enrollment and for require = id_token, compared whenever one comes."""

import json
import time

import pytest
from id_tokens import Key, claims
from scripted_server import Answer

HOUR = 3600


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return Key(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """A key that the provider does not publish."""
    return Key(tmp_path_factory.mktemp("stranger"))


@pytest.fixture
def signing(oauth_login, provider, alice, key):
    """The provider publishes the key; with_token() queues an answer that carries an ID token."""
    provider.keys = [key.jwk]

    def answer(request):
        return Answer.json({"keys": provider.keys}) if request.path == "/jwks" else None

    provider.answer = answer
    oauth_login.configure(provider)
    return oauth_login


def with_token(provider, token):
    """Adds this ID token to the next answer of the token endpoint."""
    def answer(request):
        return Answer.json({**json.loads(provider.correct(request).body), "id_token": token})
    provider.queue("/token", answer)


def importing(oauth_login, provider, token, name="alice"):
    """Imports a grant for alice, whose answer has this ID token; name: whose grant it is."""
    with_token(provider, token)
    return oauth_login.run("import", "alice", input=provider.issue_grant(name))


@pytest.mark.parametrize("kind", ["RSA", "EC"])
def test_a_signed_id_token_proves_the_identity_without_userinfo(kind, signing, provider, tmp_path):
    own = Key(tmp_path, "own", kind)
    provider.keys = [own.jwk]
    assert importing(signing, provider, own.sign(claims(provider))).ok
    assert not provider.requests("/userinfo")
    assert signing.run_json("status", "alice")["subject"] == provider.subject("alice")


def forged(key, stranger, provider):
    """ID tokens that must be refused where the signature is verified."""
    good = claims(provider)
    header, payload, signature = key.sign(good).split(".")
    return {
        "another key": stranger.sign(good),
        "another key by name": stranger.sign(good, kid="k1"),
        "unknown kid": key.sign(good, kid="k9"),
        "traversing kid": key.sign(good, kid="../../etc/passwd"),
        "a key in the header": stranger.sign(good, jwk=stranger.jwk),
        "a key elsewhere": stranger.sign(good, jku="https://localhost:1/jwks"),
        "a certificate elsewhere": stranger.sign(good, x5u="https://localhost:1/cert"),
        "critical header": key.sign(good, crit=["exp"]),
        "payload changed": ".".join([header, key.sign(claims(provider, iat=1)).split(".")[1],
                                     signature]),
        "signature cut": ".".join([header, payload, signature[:-8]]),
        "JSON serialization": json.dumps(
            {"protected": header, "payload": payload, "signature": signature},
            separators=(",", ":")),
    }


NAMES = ["another key", "another key by name", "unknown kid", "traversing kid",
         "a key in the header", "a key elsewhere", "a certificate elsewhere", "critical header",
         "payload changed", "signature cut", "JSON serialization"]


@pytest.mark.parametrize("name", NAMES)
def test_a_forged_token_is_refused_at_enrollment_and_as_proof(
        name, signing, provider, key, stranger):
    token = forged(key, stranger, provider)[name]
    unreadable = name == "JSON serialization"  # it says nothing about the person
    assert importing(signing, provider, token).status == (4 if unreadable else 1)
    assert signing.verdict("alice") == "not-enrolled"
    assert importing(signing, provider, key.sign(claims(provider))).ok
    signing.configure(provider, require="id_token")
    with_token(provider, token)
    said = signing.run_json("verify", "alice")
    assert said["verdict"] == ("misconfigured" if unreadable else "denied")
    assert "ID token" in said["reason"]


@pytest.mark.parametrize("alg", ["none", "HS256"])
def test_an_unsigned_or_hmac_id_token_is_no_proof(alg, signing, provider, key):
    assert importing(signing, provider, key.sign(claims(provider))).ok
    signing.configure(provider, require="id_token")
    with_token(provider, key.sign(claims(provider), alg=alg))
    assert signing.verdict("alice") in ("misconfigured", "denied")
    signing.configure(provider, client_id=provider.client_id)


CLAIMS = {
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "another subject": {"sub": "mallory", "preferred_username": "mallory"},
    "no subject": {"sub": None},
    "subject that is no text": {"sub": 7},
    "another audience": {"aud": "other"},
    "audience among others": {"aud": ["bastion", "other"]},
    "audience absent from a list": {"aud": ["other"]},
    "no audience": {"aud": None},
    "another party": {"azp": "other"},
    "expired": {"exp": int(time.time()) - HOUR},
    "no expiry": {"exp": None},
    "from the future": {"iat": int(time.time()) + HOUR},
    "no issue time": {"iat": None},
}


@pytest.mark.parametrize("name", CLAIMS)
def test_an_id_token_with_wrong_claims_is_refused_at_enrollment_and_renewal(
        name, signing, provider, key):
    wrong = CLAIMS[name]
    assert importing(signing, provider, key.sign(claims(provider, **wrong))).status == 1
    assert importing(signing, provider, key.sign(claims(provider))).ok
    with_token(provider, key.sign(claims(provider, **wrong)))
    said = signing.run_json("verify", "alice")
    assert said["verdict"] == "denied" and "ID token" in said["reason"]
    assert signing.verdict("alice") == "granted", "the grant is untouched"


@pytest.mark.parametrize("right", [
    {"aud": ["bastion"]}, {"aud": ["other", "bastion"], "azp": "bastion"}, {"nonce": "n"},
    {"iat": int(time.time()) + 300, "exp": int(time.time()) + 900},
    {"iat": int(time.time()) - 60, "exp": int(time.time()) - 30},
])
def test_every_allowed_form_of_the_claims_is_accepted(right, signing, provider, key):
    assert importing(signing, provider, key.sign(claims(provider, **right))).ok
    with_token(provider, key.sign(claims(provider, **right)))
    assert signing.verdict("alice") == "granted"


def test_an_id_token_may_be_a_minute_older_than_the_last_one(signing, provider, key):
    assert importing(signing, provider, key.sign(claims(provider))).ok
    with_token(provider, key.sign(claims(provider, iat=int(time.time()) - 60)))
    assert signing.verdict("alice") == "granted"


def test_signing_keys_without_a_kid_may_change(signing, provider, key, stranger):
    provider.keys = [{name: part for name, part in key.jwk.items() if name != "kid"}]
    assert importing(signing, provider, key.sign(claims(provider), kid=None)).ok
    signing.configure(provider, require="id_token")
    provider.keys = [{name: part for name, part in stranger.jwk.items() if name != "kid"}]
    with_token(provider, stranger.sign(claims(provider), kid=None))
    assert signing.verdict("alice") == "granted"


def test_the_subject_is_checked_even_without_a_configured_issuer(signing, provider, key):
    signing.configure(provider, issuer="", token_endpoint=f"{provider.issuer}/token",
                      accounts=["alice"])
    other = key.sign(claims(provider, sub="mallory"))
    assert importing(signing, provider, other).status == 1
    assert importing(signing, provider, key.sign(claims(provider))).ok


def test_an_id_token_much_older_than_the_last_one_is_refused(signing, provider, key):
    assert importing(signing, provider, key.sign(claims(provider))).ok
    with_token(provider, key.sign(claims(provider, iat=int(time.time()) - 1000)))
    said = signing.run_json("verify", "alice")
    assert said["verdict"] == "denied" and "older" in said["reason"]


@pytest.mark.parametrize("token", ["", "x", "a.b", "a.b.c.d", "e30.e30.e30", "!!.!!.!!"])
def test_a_malformed_id_token_never_grants(token, signing, provider, key):
    assert importing(signing, provider, key.sign(claims(provider))).ok
    signing.configure(provider, require="id_token")
    with_token(provider, token)
    assert signing.verdict("alice") in ("denied", "misconfigured")


@pytest.mark.parametrize("token, said", [
    ("aa.bb.cc.dd.ee", "is encrypted"),
    ("x", "not a compact JWS"), ("e30.!!.e30", "not a compact JWS"),
])
def test_an_unreadable_id_token_is_a_misconfiguration_and_not_a_refusal(
        token, said, signing, provider, key):
    assert importing(signing, provider, key.sign(claims(provider))).ok
    with_token(provider, token)
    answer = signing.run_json("verify", "alice")
    assert answer["verdict"] == "misconfigured"
    assert said in answer["reason"] and "openid from scope" in answer["reason"]
    with_token(provider, key.sign(claims(provider)))
    assert not provider.requests("/revoke")
    signing.configure(provider, require="userinfo")  # a changed setting ends the backoff
    assert signing.verdict("alice") == "granted", "the grant that came with the ID token was kept"


def test_signing_keys_are_fetched_once_and_again_for_a_new_key(signing, provider, key, tmp_path):
    signing.configure(provider, require="id_token")
    assert importing(signing, provider, key.sign(claims(provider))).ok
    for _ in range(3):
        with_token(provider, key.sign(claims(provider)))
        assert signing.verdict("alice") == "granted"
    assert len(provider.requests("/jwks")) == 1
    new = Key(tmp_path, "k2", "EC")
    provider.keys = [key.jwk, new.jwk]
    with_token(provider, new.sign(claims(provider)))
    assert signing.verdict("alice") == "granted"
    assert len(provider.requests("/jwks")) == 2


def test_certificates_in_a_key_set_are_not_stored(signing, provider, key):
    signing.configure(provider, require="id_token")
    provider.keys = [{**key.jwk, "kid": f"old{number}", "x5c": ["M" * 1600], "x5t": "t" * 27}
                     for number in range(12)] + [{**key.jwk, "x5c": ["M" * 1600]}]
    assert importing(signing, provider, key.sign(claims(provider))).ok
    with_token(provider, key.sign(claims(provider)))
    assert signing.verdict("alice") == "granted"
    assert len(provider.requests("/jwks")) == 1, "the stored keys are enough"


def test_signing_keys_that_cannot_be_fetched_make_the_provider_unreachable(signing, provider, key):
    assert importing(signing, provider, key.sign(claims(provider))).ok
    signing.configure(provider, require="id_token")
    provider.queue("/jwks", Answer(503))
    with_token(provider, key.sign(claims(provider), kid="k7"))
    assert signing.verdict("alice") == "unreachable"


def test_groups_of_an_id_token_satisfy_require_groups(signing, provider, key):
    assert importing(signing, provider, key.sign(claims(provider))).ok
    signing.configure(provider, require="id_token", require_groups="ops")
    for groups, verdict in ((["ops"], "granted"), (["dev"], "denied")):
        with_token(provider, key.sign(claims(provider, groups=groups)))
        assert signing.verdict("alice") == verdict


def test_an_id_token_and_userinfo_must_agree(signing, provider, key):
    token = key.sign(claims(provider, preferred_username=None))
    provider.queue("/userinfo", Answer.json({"sub": "mallory", "preferred_username": "alice"}))
    refused = importing(signing, provider, token)
    assert refused.status == 1
    assert "different subjects" in refused.stderr

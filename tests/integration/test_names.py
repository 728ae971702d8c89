# SPDX-License-Identifier: BSD-2-Clause
"""Names, words and numbers of the world in every document that a provider sends: some versions of
json-c refuse them."""

import json

import pytest
from device_codes import CODE, tokens
from scripted_server import Answer

NAMES = {"name": "Zoë Müller", "family_name": "Müller", "nickname": "李小龍", "given_name": "Ольга",
         "emoji": "😀", "groups": ["Büro", "経理"], "employee": 12345678901234567890123}


def raw(value, status=200):
    """An answer with the characters themselves, as most providers send them."""
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(),
                  {"Content-Type": "application/json"})


@pytest.fixture
def enrolled(oauth_login, provider, alice):
    provider.discovery["service_documentation"] = "https://example.com/für-alle"
    provider.queue("/userinfo", raw({"sub": "subject-of-alice", "preferred_username": "alice",
                                     **NAMES}))
    oauth_login.configure(provider, login={"offline_grace": "1d"})
    oauth_login.enroll(provider, "alice")
    return oauth_login


def with_names(provider, path):
    """The provider's next answer at the path has all the names beside what it has anyhow."""
    def answer(request):
        known = json.loads(provider.correct(request).body)
        return raw({**known, **NAMES})
    provider.queue(path, answer)


def test_a_person_with_any_name_enrolls_by_import_and_logs_in(enrolled, provider):
    assert enrolled.verdict("alice") == "granted"
    with_names(provider, "/token")
    assert enrolled.verdict("alice") == "granted"


def test_a_person_with_any_name_enrolls_with_a_code(oauth_login, provider, alice):
    provider.discovery["device_authorization_endpoint"] = f"{provider.issuer}/device"
    code = {**CODE, "verification_uri": f"{provider.issuer}/go", "message": "Öffnen Sie die Seite"}
    provider.queue("/device", raw(code))
    provider.queue("/token", raw({"error": "authorization_pending", "error_description": "später"},
                                 400), tokens(provider))
    with_names(provider, "/userinfo")
    oauth_login.configure(provider)
    result = oauth_login.run("enroll", "alice")
    assert result.ok, result
    assert oauth_login.verdict("alice") == "granted"


def test_groups_of_any_name_are_matched(enrolled, provider):
    for wanted, verdict in {"Büro": "granted", "経理": "granted", "Buro": "denied"}.items():
        enrolled.configure(provider, require="userinfo", require_groups=wanted)
        with_names(provider, "/userinfo")
        assert enrolled.verdict("alice") == verdict, wanted


@pytest.mark.parametrize("path, status, answer, verdict", [
    ("/token", 400, {"error": "invalid_grant", "error_description": "Konto gesperrt für Müller"},
     "reauthorize"),
    ("/token", 400, {"error": "access_denied", "error_description": "アカウントは無効です"}, "denied"),
    ("/token", 400, {"error": "invalid_grant", "id": 18446744073709551616}, "reauthorize"),
    ("/token", 401, {"error": "invalid_client", "error_description": "неверный секрет"},
     "misconfigured"),
    ("/userinfo", 401, {"error": "invalid_token", "error_description": "Müller ist weg"}, "denied"),
])
def test_a_refusal_in_any_language_is_a_refusal(enrolled, provider, path, status, answer, verdict):
    """With offline_grace, an answer that could not be read would have let the person in."""
    enrolled.configure(provider, login={"offline_grace": "1d"}, require="userinfo")
    assert enrolled.verdict("alice") == "granted"
    provider.queue(path, raw(answer, status))
    assert enrolled.verdict("alice") == verdict

# SPDX-License-Identifier: BSD-2-Clause
"""Doctor's findings about a stack agree with libpam: alice, whose grant is dead, gets in only where
doctor has found a way past the module."""

import pytest

OURS = "account required pam_oauth_login.so"
YES = "account required pam_permit.so"
DEBIAN = """account [success=1 new_authtok_reqd=done default=ignore] pam_permit.so
account requisite pam_deny.so
account required pam_permit.so
"""
AUTHSELECT = """account required pam_permit.so
account sufficient pam_permit.so
account [default=bad success=ok user_unknown=ignore] pam_permit.so
account required pam_permit.so
"""

# {name: (the stack, the file "inner" that it may include, whether alice gets in)}
STACKS = {
    "first": ([OURS, "account include inner"], DEBIAN, False),
    "first, with a sufficient after it": ([OURS, "account sufficient pam_permit.so"], "", False),
    "after a sufficient": (["account sufficient pam_permit.so", OURS], "", True),
    "after an include with a sufficient": (["account include inner", OURS], AUTHSELECT, True),
    "after a substack with a sufficient": (["account substack inner", OURS], AUTHSELECT, False),
    "after Debian's include with a sufficient": (["@include inner", OURS], AUTHSELECT, True),
    "after two substacks": (
        ["account substack inner", "account substack inner", OURS], AUTHSELECT, False),
    "in a substack after a sufficient": (
        ["account substack inner", YES], f"account sufficient pam_permit.so\n{OURS}\n", True),
    "jumped over": (["account [success=1 default=bad] pam_permit.so", OURS, YES], "", True),
    "jumped to": (["account [success=1 default=bad] pam_permit.so", YES, OURS], "", False),
    "jumped over with an include": (
        ["account [success=2 default=bad] pam_permit.so", "account include inner", OURS, YES],
        f"{YES}\n", True),
    "jumped to after a longer include": (
        ["account [success=2 default=bad] pam_permit.so", "account include inner", OURS, YES],
        f"{YES}\n{YES}\n", False),
    "jumped over with a substack": (
        ["account [success=2 default=bad] pam_permit.so", "account substack inner", OURS, YES],
        f"{YES}\n{YES}\n", True),
    "jumped over in a substack": (
        ["account [success=1 default=bad] pam_permit.so", "account substack inner", YES],
        f"{YES}\n{OURS}\n", True),
    "after a jump that ends with its substack": (
        ["account substack inner", OURS, YES],
        "account [success=9 default=bad] pam_permit.so\n" + YES + "\n", False),
    "undone by a reset": (
        [OURS, "account [success=reset default=bad] pam_permit.so", YES], "", True),
    "not undone by a reset in a substack": (
        [OURS, "account substack inner", YES],
        f"account [success=reset default=bad] pam_permit.so\n{YES}\n", False),
    "sufficient itself": (["account sufficient pam_oauth_login.so", YES], "", True),
    "optional itself": (["account optional pam_oauth_login.so", YES], "", True),
    "required by brackets": (
        ["account [success=ok ignore=ignore default=bad] pam_oauth_login.so", YES], "", False),
    "requisite": (["account requisite pam_oauth_login.so", YES], "", False),
    "on two lines": ([r"account \ ", "  required pam_oauth_login.so # \\", YES], "", False),
    "in a comment": (["account required pam_permit.so # \\", OURS], "", False),
}


@pytest.mark.parametrize("name", STACKS)
def test_a_dead_grant_gets_in_only_where_doctor_found_a_bypass(
        name, corp, oauth_login, host, pam_host):
    lines, inner, open_to_alice = STACKS[name]
    host.pam("inner", inner)
    host.pam("pam-host", "".join(f"{line}\n" for line in lines).replace("\\ \n", "\\\n"))
    corp.revoke("alice")
    (code,) = pam_host.run("alice").codes
    assert code == ("SUCCESS" if open_to_alice else "PERM_DENIED")
    wrong = [finding["what"] for finding in oauth_login.run_json("doctor")["findings"]
             if finding["level"] == "error"]
    assert bool(wrong) == open_to_alice, wrong
    assert all(what.startswith("pam.d/pam-host") for what in wrong)


@pytest.mark.parametrize("lines, said", [
    ([OURS, YES], None),
    ([OURS], "it is the only line of its phase"),
    (["account [success=ok default=bad] pam_oauth_login.so", YES], "ignore counts as a refusal"),
])
def test_root_is_refused_only_where_doctor_warned_of_it(
        lines, said, corp, oauth_login, host, pam_host):
    host.pam("pam-host", "".join(f"{line}\n" for line in lines))
    (code,) = pam_host.run("root").codes
    assert code == ("PERM_DENIED" if said else "SUCCESS")
    wrong = [finding["what"] for finding in oauth_login.run_json("doctor")["findings"]
             if finding["level"] == "error"]
    assert wrong == ([f"pam.d/pam-host:1: account: {said}"] if said else [])

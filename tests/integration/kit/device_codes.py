# SPDX-License-Identifier: BSD-2-Clause
"""Answers of a scripted provider in a device authorization, RFC 8628."""

from scripted_server import Answer

CODE = {"device_code": "dev-1234", "user_code": "WDJB-MJHT", "interval": 1, "expires_in": 60}


def pending(error="authorization_pending", **more):
    """The token endpoint's answer before the approval, or with another error, after it."""
    return Answer.json({"error": error, **more}, 400)


def tokens(provider, name="alice", **changed):
    """The token endpoint's answer after `name` has approved; changed: members of the response."""
    def answer(_request):
        family = provider.issue_grant(name)
        request = type("Request", (), {"headers": {}, "form": {
            "grant_type": "refresh_token", "refresh_token": family,
            "client_id": provider.client_id}})
        return Answer.json({**provider.token_response(request), **changed})
    return answer

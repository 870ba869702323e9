"""Who the caller is."""

from __future__ import annotations

from typing import Any

from hub.api.call import Call
from hub.api.rules import Rule


def whoami(call: Call) -> dict[str, Any]:
    """The account behind the token, as `hf auth whoami` shows it."""
    call.need_account()
    account = call.account
    spaces = [name for name in account.namespaces if name != account.user]
    return {
        "type": "user",
        "id": account.user,
        "name": account.user,
        "fullname": account.user,
        "emailVerified": True,
        "canPay": False,
        "isPro": False,
        "avatarUrl": "",
        "orgs": [_organisation(name, account.role) for name in spaces],
        "auth": {
            "type": "access_token",
            "accessToken": {"displayName": "zoo", "role": "read" if account.role == "read" else "write"},
        },
    }


def _organisation(name: str, role: str) -> dict[str, Any]:
    return {
        "type": "org",
        "id": name,
        "name": name,
        "fullname": name,
        "avatarUrl": "",
        "roleInOrg": role,
        "isEnterprise": False,
        "canPay": False,
    }


RULES = (Rule("GET", "api/whoami-v2", whoami),)

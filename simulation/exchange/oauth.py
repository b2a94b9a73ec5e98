"""tokenP, revokeP, Approval, hashkey: logging in, KIS's way.

Contract: the same token is answered for six hours; with documented limits a second tokenP of one app key within a
minute is EGW00133 (403) whatever it would have answered, and a second Approval within a second EGW00201 (500); older
approval keys stay valid. Times on the wall clock.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from domain.clock import KST
from simulation.exchange.config import Limits
from simulation.exchange.credentials import SAME_TOKEN_SECONDS, TOKEN_SECONDS, key_hash
from simulation.exchange.envelope import GatewayError, OauthError, Reply
from simulation.exchange.exchange import TOKEN_WAIT_SECONDS, Exchange


def token(exchange: Exchange, body: dict[str, Any]) -> Reply:
    """POST /oauth2/tokenP."""
    appkey = _checked_pair(exchange, body, "appsecret")
    key = key_hash(appkey)
    if exchange.is_foreign(key):
        raise OauthError("EGW00103")  # the other environment's key; KIS's code on this path is not known
    monotonic = exchange.wall.monotonic()
    asked = exchange.token_asked.get(key)
    documented = exchange.config.limits is Limits.DOCUMENTED
    if documented and asked is not None and monotonic - asked < TOKEN_WAIT_SECONDS:
        raise OauthError("EGW00133")  # the limit of one a second is never met: this one is met first
    exchange.token_asked[key] = monotonic
    world = exchange.venue.world
    now = int(exchange.wall_epoch())
    issued = world.issued.get(key)
    text = exchange.credentials.token(key, issued) if issued is not None else ""
    dead = bool(text) and _jti(text) in world.revoked
    if issued is None or dead or now - issued >= SAME_TOKEN_SECONDS:
        issued = max(now, (issued or 0) + 1) if dead else now
        exchange.venue.note("token", key=key, issued=issued)
        text = exchange.credentials.token(key, issued)
    ends = datetime.fromtimestamp(issued + TOKEN_SECONDS, KST)
    return Reply(
        {
            "access_token": text,
            "access_token_token_expired": ends.strftime("%Y-%m-%d %H:%M:%S"),
            "token_type": "Bearer",
            "expires_in": max(0, issued + TOKEN_SECONDS - now),
        }
    )


def revoke(exchange: Exchange, body: dict[str, Any]) -> Reply:
    """POST /oauth2/revokeP."""
    _checked_pair(exchange, body, "appsecret", grant=False)
    text = str(body.get("token", "")).removeprefix("Bearer ")
    known = exchange.credentials.read_token(text)
    if known is None or known.key != key_hash(str(body.get("appkey", ""))):
        raise OauthError("EGW00121")
    if known.jti not in exchange.venue.world.revoked:
        exchange.venue.note("revoke", jti=known.jti)
    return Reply({"code": 200, "message": "접근토큰 폐기에 성공하였습니다"})


def approval(exchange: Exchange, body: dict[str, Any]) -> Reply:
    """POST /oauth2/Approval: here the secret is called `secretkey`."""
    appkey = _checked_pair(exchange, body, "secretkey")
    if not exchange.approval_limiter.admit(key_hash(appkey), "", "/oauth2/Approval"):
        raise GatewayError("EGW00201")
    return Reply({"approval_key": exchange.credentials.approval_key(key_hash(appkey), int(exchange.wall_epoch()))})


def hashkey(body: dict[str, Any]) -> Reply:
    """POST /uapi/hashkey: optional for years; the value is never checked."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Reply({"BODY": body, "HASH": hashlib.sha256(text.encode()).hexdigest()})


def _checked_pair(exchange: Exchange, body: dict[str, Any], secret_name: str, *, grant: bool = True) -> str:
    """The app key of a body whose pair may log in."""
    if grant and "grant_type" not in body:
        raise OauthError("EGW00115")
    if grant and body["grant_type"] != "client_credentials":
        raise OauthError("EGW00116")
    appkey, secret = body.get("appkey"), body.get(secret_name) or body.get("appsecret")
    if not appkey:
        raise OauthError("EGW00102")
    if not secret:
        raise OauthError("EGW00104")
    code = exchange.known_pair(str(appkey), str(secret))
    if code is not None:
        raise OauthError(code)
    return str(appkey)


def _jti(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]

"""Tokens that die: revoked in the middle of a session, or handed out again although they are dead.

Contract: a revocation is journaled as every revocation is. A token that is dead on reissue comes back once for its
key, then the key hears EGW00133 for the fault's seconds, then logging in works again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.clock import KST, Clock
from simulation.exchange.credentials import key_hash
from simulation.exchange.envelope import OauthError, Reply
from simulation.exchange.exchange import Exchange
from simulation.exchange.passage import Asked

_TOKEN_PATH = "/oauth2/tokenP"  # noqa: S105


@dataclass(slots=True)
class _Dead:
    """`until` is monotonic seconds, None before the token was handed out again."""

    text: str
    seconds: float
    until: float | None = None


class Tokens:
    """The dead tokens of one exchange, by key hash."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._dead: dict[str, _Dead] = {}

    def calm(self) -> None:
        self._dead.clear()

    def revoke(self, exchange: Exchange, asked: Asked) -> None:
        """The token of this request is dead from here on."""
        known = exchange.credentials.read_token(_bearer(asked))
        if known is not None and known.jti not in exchange.venue.world.revoked:
            exchange.venue.note("revoke", jti=known.jti)

    def kill(self, exchange: Exchange, asked: Asked, seconds: float) -> None:
        """As `revoke`, and the next login is given the same one."""
        self.revoke(exchange, asked)
        self._dead[key_hash(asked.header("appkey"))] = _Dead(_bearer(asked), seconds)

    def answer(self, exchange: Exchange, asked: Asked) -> Reply | None:
        """What a login hears while its key's token is dead; None lets it through."""
        if asked.path != _TOKEN_PATH or not self._dead:
            return None
        key = key_hash(asked.fields.get("APPKEY", ""))
        dead = self._dead.get(key)
        if dead is None:
            return None
        now = self._clock.monotonic()
        if dead.until is None:
            dead.until = now + dead.seconds
            return _same(exchange, dead.text)
        if now < dead.until:
            return OauthError("EGW00133").reply()
        del self._dead[key]
        return None


def _bearer(asked: Asked) -> str:
    return asked.header("authorization").partition(" ")[2].strip()


def _same(exchange: Exchange, text: str) -> Reply | None:
    known = exchange.credentials.read_token(text)
    if known is None:
        return None
    return Reply(
        {
            "access_token": text,
            "access_token_token_expired": datetime.fromtimestamp(known.expires, KST).strftime("%Y-%m-%d %H:%M:%S"),
            "token_type": "Bearer",
            "expires_in": max(0, known.expires - int(exchange.wall_epoch())),
        }
    )

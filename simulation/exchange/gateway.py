"""What happens to a business request before its handler: limits, token, TR id, account. No I/O of its own.

Contract: `admit` returns a `Call` or raises a `GatewayError`; order of refusals: chunked body, missing or wrong
headers, token, throttle, TR id. Query names are case-insensitive, body keys upper case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulation.exchange.config import Environment
from simulation.exchange.credentials import key_hash
from simulation.exchange.envelope import GatewayError, Reply, business
from simulation.exchange.exchange import Exchange
from simulation.exchange.ledger import Account
from simulation.exchange.trs import Tr, resolve


class InputError(Exception):
    """A field KIS would refuse: HTTP 200 with an OPSQ code."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code)
        self.code = code
        self.text = text

    def reply(self) -> Reply:
        return business(self.code, self.text, "1")


@dataclass(frozen=True, slots=True)
class Call:
    """An admitted business request. `fields` = query (lower-case names) or body (upper-case names)."""

    exchange: Exchange
    tr: Tr
    tr_id: str
    appkey: str
    fields: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Call({self.tr.operation})"

    def get(self, name: str, default: str = "") -> str:
        """A query field, whatever the case it came in."""
        return self.fields.get(name.lower(), default).strip()

    def need(self, name: str) -> str:
        """A query field KIS insists on."""
        if name.lower() not in self.fields:
            raise InputError("OPSQ2001", f"ERROR INPUT FIELD NOT FOUND ({name.upper()})")
        return self.get(name)

    def body(self, name: str, default: str | None = None) -> str:
        """A body field; upper case only, as KIS wants it."""
        value = self.fields.get(name)
        if value is None:
            if default is None:
                raise InputError("OPSQ2001", f"ERROR INPUT FIELD NOT FOUND ({name})")
            return default
        return value.strip()

    def account(self) -> Account:
        """The account named by CANO and ACNT_PRDT_CD."""
        upper = self.tr.method == "POST"
        cano = self.body("CANO") if upper else self.need("CANO")
        product = self.body("ACNT_PRDT_CD") if upper else self.need("ACNT_PRDT_CD")
        account = self.exchange.account_for(self.appkey, cano + product)
        if account is None:
            raise InputError("OPSQ2000", "ERROR : INPUT INVALID_CHECK_ACNO")
        return account if upper else self.exchange.shown(account)


def admit(
    exchange: Exchange, method: str, path: str, headers: Mapping[str, str], fields: Mapping[str, Any], *, chunked: bool
) -> Call:
    """Let a request through to its handler, or refuse it as the gateway does."""
    if chunked:
        raise GatewayError("EGW00202")
    appkey, secret = headers.get("appkey", ""), headers.get("appsecret", "")
    if not appkey:
        raise GatewayError("EGW00102")
    if not secret:
        raise GatewayError("EGW00104")
    key = key_hash(appkey)
    tr_id = headers.get("tr_id", "").strip()
    _check_token(exchange, headers.get("authorization", ""), key)
    code = exchange.known_pair(appkey, secret)
    if code is not None:
        raise GatewayError("EGW00304" if code == "EGW00105" else code)
    if not exchange.limiter.admit(key, tr_id, path):
        raise GatewayError("EGW00201")
    if exchange.is_foreign(key):
        raise GatewayError("EGW02004" if exchange.config.env is Environment.REAL else "EGW02007")
    if headers.get("custtype", "P") not in ("P", "B"):
        raise GatewayError("EGW00208")
    tr = resolve(method, path, tr_id, exchange.config.env)
    if tr.operation == "balance" and not exchange.ledger_limiter.admit("ledger", tr_id, path):
        raise GatewayError("EGW00215")
    if method == "GET":
        named = {name.lower(): str(value) for name, value in fields.items()}
    else:
        named = {name: str(value) for name, value in fields.items()}
    return Call(exchange, tr, tr_id, appkey, named)


def _check_token(exchange: Exchange, header: str, key: str) -> None:
    if not header:
        raise GatewayError("EGW00122")
    scheme, _, text = header.partition(" ")
    if scheme != "Bearer":
        raise GatewayError("EGW00205")
    known = exchange.credentials.read_token(text.strip())
    if known is None or known.key != key or known.jti in exchange.venue.world.revoked:
        raise GatewayError("EGW00121")
    if exchange.wall_epoch() >= known.expires:
        raise GatewayError("EGW00123")

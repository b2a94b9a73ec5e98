"""What happens to a business request before its handler: limits, token, TR id, account. No I/O of its own.

Contract: `admit` returns a `Call` or raises; order of refusals: chunked body, missing or wrong headers, token,
throttle, environment, what companies send, TR id, fields the call needs. Query names are case-insensitive, body keys
upper case.
`check_content` refuses bodies that declare to be something other than the JSON that they have to be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from simulation.exchange.config import Environment
from simulation.exchange.credentials import key_hash
from simulation.exchange.envelope import GatewayError, Reply, business
from simulation.exchange.exchange import Exchange
from simulation.exchange.ledger import Account
from simulation.exchange.trs import Tr, resolve

_HASHKEY = re.compile(r"[0-9a-fA-F]{64}")


class InputError(Exception):
    """A field KIS would refuse: HTTP 200 with an OPSQ code, or with rt_cd 7 one of the ledger's own."""

    def __init__(self, code: str, text: str, rt_cd: str = "1") -> None:
        super().__init__(code)
        self.code = code
        self.text = text
        self.rt_cd = rt_cd

    def reply(self) -> Reply:
        return business(self.code, self.text, self.rt_cd)


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
        if not (cano + product).isdecimal() or (len(cano), len(product)) != (8, 2):
            raise InputError("APAC0081", "계좌번호 입력 오류입니다", "7")
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
    _check_company_headers(headers)
    tr = resolve(method, path, tr_id, exchange.config.env)
    if tr.operation == "balance" and not exchange.ledger_limiter.admit("ledger", tr_id, path):
        raise GatewayError("EGW00215")
    if method == "GET":
        named = {name.lower(): str(value) for name, value in fields.items()}
    else:
        named = {name: str(value) for name, value in fields.items()}
    for field in tr.needs:
        if (field.lower() if method == "GET" else field) not in named:
            raise InputError("OPSQ2001", f"ERROR INPUT FIELD NOT FOUND ({field})")
    return Call(exchange, tr, tr_id, appkey, named)


def check_content(headers: Mapping[str, str], body: bytes) -> None:
    """EGW00132. Clients leave the content type out or call JSON text or a form; other kinds are not taken."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("", "application/json", "text/plain", "text/json", "utf-8"):
        return
    if kind == "application/x-www-form-urlencoded" and body.lstrip()[:1] in (b"", b"{"):
        return
    raise GatewayError("EGW00132")


def _check_company_headers(headers: Mapping[str, str]) -> None:
    """custtype, hashkey and what companies have to send: wrong is refused, missing is not."""
    hashkey = headers.get("hashkey", "").strip()
    if hashkey and not _HASHKEY.fullmatch(hashkey):
        raise GatewayError("EGW00131")
    if headers.get("custtype", "P") not in ("P", "B"):
        raise GatewayError("EGW00208")
    address = headers.get("ip_addr", "").strip()
    if address and not _is_address(address):
        raise GatewayError("EGW00207")
    sequence = headers.get("seq_no", "").strip()
    if sequence and not (len(sequence) <= 3 and sequence.isascii() and sequence.isdecimal()):
        raise GatewayError("EGW00209")


def _is_address(text: str) -> bool:
    try:
        # KIS's own examples pad each part with zeros
        ip_address(".".join(part.lstrip("0") or "0" for part in text.split(".")) if "." in text else text)
    except ValueError:
        return False
    return True


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

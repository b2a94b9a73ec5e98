"""Who calls, and what that principal may ask for.

Contract: a caller shows `x-quartz-principal` and `x-quartz-token` (an HMAC of the instance secret with the principal,
see `tools.store.secrets`, or a token that was made for one program of one account, see `callertokens`); the web and
terminal principal adds `x-quartz-user`, the user it authenticated. Everything else is decided from here and from the
ledger, never from the request: which calls, which kind of authority, whose account. An account that is not the caller's
does not exist for the caller.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from execution.oms.callertokens import PREFIX, PRINCIPAL, CallerTokens, Issued
from execution.oms.errors import Refusal
from execution.oms.ledger.desk import DeskAccount
from tools.store.secrets import PRINCIPALS, caller_token


class Authority(StrEnum):
    """On whose word orders may leave."""

    APPROVAL = "approval"
    MANDATE = "mandate"
    EXIT = "exit"


_READS = frozenset({"Preview", "Orders", "Book", "Days", "Watch", "Status", "Reads", "Exits"})
CALLS: Mapping[str, frozenset[str]] = {
    "web": _READS
    | {"Submit", "Cancel", "Revise", "Replace", "SetTradingState", "Evidence", "Resolve", "Enroll", "Unenroll"},
    "worker": _READS | {"Submit", "Cancel"},
    "guard": _READS | {"Submit", "Cancel", "Exit", "RestStop"},
    "admin": _READS | {"Cancel", "SetTradingState", "Evidence", "Resolve", "CallerTokens", "IssueToken", "RevokeToken"},
}
AUTHORITY: Mapping[str, frozenset[Authority]] = {
    "web": frozenset({Authority.APPROVAL}),
    "worker": frozenset({Authority.MANDATE}),
    "guard": frozenset({Authority.EXIT}),
    "admin": frozenset(),
}


class Unauthenticated(Exception):
    """The metadata proves nothing; said without detail."""


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated principal. `user_id` is the person it acts for, None for processes that act for accounts.
    `token_id` and `only` are of a program's own token and the one account that it may touch."""

    principal: str
    user_id: UUID | None
    token_id: str = ""
    only: str = ""

    @property
    def name(self) -> str:
        """For audit rows."""
        if self.token_id:
            return f"{self.principal}:token:{self.token_id}"
        return f"{self.principal}:{self.user_id}" if self.user_id else self.principal

    def may_call(self, call: str) -> None:
        if call not in CALLS[self.principal]:
            raise Refusal("FORBIDDEN", "이 호출은 허용되지 않았어요.")

    def may_use(self, authority: Authority) -> None:
        if authority not in AUTHORITY[self.principal]:
            raise Refusal("AUTHORITY_FORBIDDEN", "이 프로그램은 그 근거로 주문할 수 없어요.")

    def may_touch(self, account: DeskAccount | None, environment: str) -> DeskAccount:
        """The account, if it is this caller's and lives where this OMS trades."""
        is_mine = account is not None and self.user_id in (None, account.owner)
        if account is None or not is_mine or self.only not in ("", account.account_ref):
            raise Refusal("ACCOUNT_UNKNOWN", "그런 계좌가 없어요.")
        if account.venue != environment:
            raise Refusal("ACCOUNT_ELSEWHERE", f"이 계좌는 지금 연결된 환경({environment})의 계좌가 아니에요.")
        return account


class Authenticator:
    """`issued` are the tokens of programs, None where there are none."""

    def __init__(self, secret: bytes, issued: CallerTokens | None = None) -> None:
        self._tokens = {principal: caller_token(secret, principal).encode() for principal in PRINCIPALS}
        self._issued = issued

    def caller(self, metadata: Mapping[str, str | bytes]) -> Caller:
        """Raises Unauthenticated."""
        principal = _text(metadata.get("x-quartz-principal"))
        token = _text(metadata.get("x-quartz-token"))
        if principal == PRINCIPAL and self._issued is not None and token.startswith(PREFIX):
            return self._of_program(self._issued.known(token))
        expected = self._tokens.get(principal)
        if expected is None or not hmac.compare_digest(expected, token.encode()):
            raise Unauthenticated
        user = _text(metadata.get("x-quartz-user"))
        if principal != "web":
            return Caller(principal, None)
        try:
            return Caller(principal, UUID(user))
        except ValueError:
            raise Unauthenticated from None

    def is_good(self, caller: Caller) -> bool:
        """Still, for calls that last."""
        return not caller.token_id or (self._issued is not None and self._issued.good(caller.token_id))

    def _of_program(self, issued: Issued | None) -> Caller:
        if issued is None:
            raise Unauthenticated
        return Caller(PRINCIPAL, issued.owner, issued.token_id, issued.account_ref)


def _text(value: str | bytes | None) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else value or ""

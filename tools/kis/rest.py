"""The REST door of one app key: headers, bounded re-asking of reads, paging, and the one POST of a write.

Contract: every request passes the budget. A read is asked again at most twice and only when the answer was
transient, throttled or about the token; a write is sent once, whatever happens, and its reply classified
(`replies`). A paged read is complete or it raises: half an inquiry must not look like an absence.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt

from domain.clock import Clock
from tools.kis.budget import Budget, Priority
from tools.kis.credentials import Credential
from tools.kis.deadline import Deadline, Seconds
from tools.kis.environment import Environment, Feature
from tools.kis.errors import (
    DeadlinePassed,
    KisError,
    NotOffered,
    NotSent,
    OutcomeUnknown,
    ReadFailed,
    Rejected,
    ReplyClass,
    Throttled,
    TokenInvalid,
    Unreachable,
    WriteReply,
)
from tools.kis.replies import (
    KEY_CODES,
    THROTTLE_CODES,
    TOKEN_CODES,
    ReadClass,
    TransportEvent,
    classify_read,
    classify_write,
    reply_code,
    reply_message,
)
from tools.kis.token import TokenKeeper
from tools.kis.transport import Exchange, Outgoing, Transport

PREFIX = "/uapi/domestic-stock/v1"
READ_TIMEOUT_S = 10.0
_READ_ATTEMPTS = 3
_AGAIN = (ReadFailed, Throttled, TokenInvalid)
_MAX_PAGES = 200


@dataclass(frozen=True, slots=True)
class Page:
    """One answered page: the body, and whether KIS says that more follow."""

    body: Mapping[str, Any] = field(repr=False)
    tr_cont: str

    @property
    def code(self) -> str:
        return reply_code(self.body)


class Rest:
    """Sends for one (environment, credential). `clock` is the wall; `market` is the venue's own time, which gives
    the broker's bare HHMMSS their date (the paper exchange may replay another year)."""

    def __init__(
        self,
        environment: Environment,
        credential: Credential,
        transport: Transport,
        tokens: TokenKeeper,
        budget: Budget,
        clock: Clock,
        market: Clock,
        rng: random.Random,
        seconds: Seconds,
    ) -> None:
        self.environment = environment
        self.clock = clock
        self.market = market
        self._credential = credential
        self._transport = transport
        self._tokens = tokens
        self._budget = budget
        self._rng = rng
        self._seconds = seconds

    def account(self) -> dict[str, str]:
        """CANO and ACNT_PRDT_CD, the first two fields of every ledger call."""
        return {"CANO": self._credential.account.get_secret_value(), "ACNT_PRDT_CD": self._credential.product}

    def need(self, feature: Feature) -> None:
        if not self.environment.offers(feature):
            raise NotOffered(f"expected {feature} at {self.environment.name}, KIS does not offer it there")

    async def get(
        self,
        path: str,
        tr_id: str,
        params: Mapping[str, str],
        *,
        priority: Priority,
        tr_cont: str = "",
        timeout_s: float = READ_TIMEOUT_S,
    ) -> Page:
        """One answered question. Raises ReadFailed, Throttled, TokenInvalid, Unreachable or Rejected."""
        try:  # nearly every read is answered at once, and needs none of the machinery below
            return await self._ask(path, tr_id, params, priority, tr_cont, timeout_s)
        except _AGAIN as error:
            await self.clock.sleep(self._pause(error, 1))
        retrying = AsyncRetrying(
            stop=stop_after_attempt(_READ_ATTEMPTS - 1),
            wait=self._pause_between,
            retry=retry_if_exception_type(_AGAIN),
            sleep=self.clock.sleep,
            reraise=True,
        )
        return await retrying(self._ask, path, tr_id, params, priority, tr_cont, timeout_s)

    async def pages(
        self, path: str, tr_id: str, params: Mapping[str, str], *, priority: Priority, suffix: str = "100"
    ) -> AsyncIterator[Page]:
        """All pages of a question that carries CTX_AREA_FK/NK. Raises ReadFailed when the cursor does not move."""
        forward, following, tr_cont = "", "", ""
        for _ in range(_MAX_PAGES):
            asked = {**params, f"CTX_AREA_FK{suffix}": forward, f"CTX_AREA_NK{suffix}": following}
            page = await self.get(path, tr_id, asked, priority=priority, tr_cont=tr_cont)
            yield page
            new_forward = str(page.body.get(f"ctx_area_fk{suffix}") or "")
            new_following = str(page.body.get(f"ctx_area_nk{suffix}") or "")
            if page.tr_cont in ("D", "E") or not new_following.strip():
                return
            if new_following == following:
                raise ReadFailed(f"expected the next page of {tr_id}, was the same cursor again")
            forward, following, tr_cont = new_forward, new_following, "N"
        raise ReadFailed(f"expected at most {_MAX_PAGES} pages of {tr_id}")

    async def write(
        self, path: str, tr_id: str, body: Mapping[str, str], *, deadline: Deadline, priority: Priority | None
    ) -> WriteReply:
        """One POST. Returns the reply when it was ACKED, else raises NotSent (or a child), Rejected or
        OutcomeUnknown, each with its `reply`. `priority` None: the caller already holds a grant.
        A cancellation of the caller while bytes are out is an unknown outcome too: the ledger's SENDING says so."""
        token = await self._tokens.require_for_order()
        if priority is not None:
            await self._budget.grant(priority)
        real_tr = self.environment.tr(tr_id)
        outgoing = Outgoing("POST", PREFIX + path, self._headers(token, real_tr), body=body)
        with self._budget.under_way():
            exchange = await self._transport.exchange(outgoing, deadline, write=True)
        reply = _write_reply(exchange)
        error = self._write_error(reply, exchange, token)
        if error is not None:
            raise error
        return reply

    def _write_error(self, reply: WriteReply, exchange: Exchange, token: str) -> KisError | None:
        words = f"{reply.code} {reply.message}".strip()
        if reply.outcome is ReplyClass.ACKED:
            return None
        if reply.outcome is ReplyClass.REJECTED:
            return Rejected(reply.message, code=reply.code, reply=reply)
        if reply.outcome is ReplyClass.UNKNOWN:
            return OutcomeUnknown(f"outcome unknown: {words}", code=reply.code, reply=reply)
        if exchange.event is TransportEvent.DEADLINE:
            return DeadlinePassed(f"not sent: {words}", reply=reply)
        if reply.code in THROTTLE_CODES:
            self._budget.throttled()
            return Throttled(f"not sent: {words}", code=reply.code, reply=reply)
        if reply.code in TOKEN_CODES:
            self._tokens.invalidate(token)
            return TokenInvalid(f"not sent: {words}", code=reply.code, reply=reply)
        if reply.code in KEY_CODES:
            unreachable = Unreachable(f"not sent: {words}", code=reply.code)
            unreachable.reply = reply
            return unreachable
        return NotSent(f"not sent: {words}", code=reply.code, reply=reply)

    async def _ask(
        self, path: str, tr_id: str, params: Mapping[str, str], priority: Priority, tr_cont: str, timeout_s: float
    ) -> Page:
        token = await self._tokens.current()
        await self._budget.grant(priority)
        headers = self._headers(token, self.environment.tr(tr_id), tr_cont)
        outgoing = Outgoing("GET", PREFIX + path, headers, params=params)
        with self._budget.under_way():
            exchange = await self._transport.exchange(outgoing, Deadline.after(timeout_s, self._seconds), write=False)
        code, words = reply_code(exchange.body), reply_message(exchange.body)
        what = f"{tr_id}: {exchange.detail} {code} {words}".strip()
        match classify_read(exchange.status, exchange.body, exchange.event):
            case ReadClass.OK:
                return Page(exchange.body or {}, exchange.tr_cont)
            case ReadClass.THROTTLED:
                if code in THROTTLE_CODES:
                    self._budget.throttled()
                raise Throttled(what, code=code)
            case ReadClass.TOKEN:
                self._tokens.invalidate(token)
                raise TokenInvalid(what, code=code)
            case ReadClass.KEY:
                raise Unreachable(what, code=code)
            case ReadClass.REFUSED:
                raise Rejected(words or what, code=code)
            case ReadClass.TRANSIENT:
                raise ReadFailed(what, code=code)

    def _pause_between(self, state: RetryCallState) -> float:
        return self._pause(state.outcome.exception() if state.outcome else None, state.attempt_number + 1)

    def _pause(self, failure: BaseException | None, attempt: int) -> float:
        """Seconds to wait after that many attempts."""
        if isinstance(failure, TokenInvalid):
            return 0.0
        base = 1.0 if isinstance(failure, Throttled) else 0.25
        return base * 2.0 ** (attempt - 1) * (1.0 + self._rng.random() / 2)

    def _headers(self, token: str, tr_id: str, tr_cont: str = "") -> dict[str, str]:
        return {
            "content-type": "application/json; charset=utf-8",
            "authorization": f"Bearer {token}",
            "appkey": self._credential.appkey.get_secret_value(),
            "appsecret": self._credential.appsecret.get_secret_value(),
            "tr_id": tr_id,
            "tr_cont": tr_cont,
            "custtype": "P",
        }


def _write_reply(exchange: Exchange) -> WriteReply:
    return WriteReply(
        outcome=classify_write(exchange.status, exchange.body, exchange.event),
        code=reply_code(exchange.body),
        message=reply_message(exchange.body) or exchange.detail,
        http_status=exchange.status,
        body=exchange.body,
        first_byte_at=exchange.first_byte_at,
        answered_at=exchange.answered_at,
    )

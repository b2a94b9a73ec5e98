"""Execution notices: stored before anything else, shown as provisional, confirmed by asking.

Contract: the stored row leaves out customer, account number and name. A fill notice for a number we know is counted as
provisional; the same bytes again count nothing and cause an inquiry, as does everything else worth knowing. A number
that we do not know is left to the inquiry, which holds it while an UNKNOWN of its signature lives. The first notice of
our own account proves the channel; a gap un-proves nothing but causes an inquiry.
"""

from __future__ import annotations

import asyncio

import structlog

from execution.oms.core import Core
from execution.oms.errors import Fenced, LedgerError
from execution.oms.marketdata import MarketData
from execution.oms.progress import Progress
from execution.oms.sessions import AccountSession, Channel
from tools.kis.events import Down, Gap, Notice, QuoteFrame, Subscribed, SubscriptionRefused, Trouble
from tools.kis.notices import ExecutionNotice, NoticeKind

log = structlog.get_logger("oms.notices")


class Notices:
    def __init__(self, core: Core, progress: Progress) -> None:
        self._core = core
        self._progress = progress

    async def run(self, session: AccountSession, data: MarketData | None) -> None:
        """Consumes the session's stream for good. `data` takes quotes where one key serves both."""
        stream = session.stream
        if stream is None:
            return
        async with stream:
            hts_id = session.client.credential.hts_id
            if hts_id is not None:
                stream.subscribe(session.client.environment.notice_tr, hts_id.get_secret_value())
            async for event in stream.events():
                if data is not None and isinstance(event, Down | Gap | Trouble):
                    data.lost(event)
                match event:
                    case QuoteFrame() if data is not None:
                        data.frame(event)
                    case Notice():
                        await self._take(session, event)
                    case Subscribed() if event.tr_id == session.client.environment.notice_tr:
                        session.channel = Channel.UNPROVEN if session.channel is Channel.DOWN else session.channel
                    case SubscriptionRefused():
                        log.error("subscription_refused", account=session.account_ref, tr=event.tr_id, code=event.code)
                    case Gap():
                        session.ask_hint.set()  # nothing is replayed: what happened meanwhile must be asked for
                        if session.channel is Channel.DOWN and event.settled and hts_id is not None:
                            session.channel = Channel.UNPROVEN
                    case Down():
                        session.channel = Channel.DOWN
                        log.warning("stream_down", account=session.account_ref, code=event.code, retry=event.retry_s)
                    case Trouble():
                        session.ask_hint.set()
                        log.warning("stream_trouble", account=session.account_ref, tr=event.tr_id)

    async def _take(self, session: AccountSession, event: Notice) -> None:
        """Written down before anything else; a notice that cannot be stored is replaced by an inquiry."""
        notice = event.notice
        if not notice.own_account:
            log.error("notice_of_another_account", account=session.account_ref)
            return
        session.channel = Channel.PROVEN
        try:
            await self._store(session, event)
        except Fenced:
            return
        except LedgerError as error:
            log.warning("notice_not_stored", account=session.account_ref, error=type(error).__name__)
        session.ask_hint.set()

    async def _store(self, session: AccountSession, event: Notice) -> None:
        core, notice = self._core, event.notice
        day = notice.at.date()
        async with core.ledger.write(None) as tx:
            number, repeated = await tx.orders.store_notice(
                core.environment, session.account_ref, event.at, day, notice.digest, _body(notice)
            )
        async with core.ledger.write(session.account_ref) as tx:
            result = "inquire"
            order = await tx.orders.get(session.account_ref, day, notice.order.number)
            if repeated:
                result = "repeated"
            elif order is not None and order.live and notice.kind is NoticeKind.FILLED and notice.quantity > 0:
                await self._progress.noticed(tx, order, notice.quantity, max(1, notice.price))
                result = "provisional"
            await tx.orders.notice_done(number, result, tx.now)

    async def drain_unworked(self, session: AccountSession) -> None:
        """Notices stored by a predecessor that died before working on them: the inquiry at start covers them."""
        async with self._core.ledger.write(session.account_ref) as tx:
            for stored in await tx.orders.unworked_notices(session.account_ref):
                await tx.orders.notice_done(stored.id, "after restart", tx.now)
        session.ask_hint.set()
        await asyncio.sleep(0)


def _body(notice: ExecutionNotice) -> dict[str, object]:
    return {
        "kind": notice.kind.value,
        "branch": notice.order.branch,
        "number": notice.order.number,
        "original": notice.original,
        "side": notice.side.value,
        "ticker": notice.ticker,
        "quantity": notice.quantity,
        "price": notice.price,
        "order_quantity": notice.order_quantity,
        "order_price": notice.order_price,
        "type": notice.type_code,
        "at": notice.at.isoformat(),
        "text": notice.text,
    }

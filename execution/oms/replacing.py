"""Another quantity or kind of price for what is left of an order: the old one is cancelled, then a new one leaves.

The request, the wish to cancel and the new order are one commit, so whoever dies after it leaves a successor that goes
on, and whoever dies before it has done nothing. Contract: the new order waits as NEW until the old one has ended by
evidence, and leaves with what is left of the whole by confirmed fills; of an order at most one replacement leaves, by
the database's constraint. Never more than the old one, never while anything of it is in question; what becomes of the
old one otherwise than by its cancel takes the new one back. The asker is the owner, whose approval binds as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from domain import ids
from domain.gate.check import check
from domain.gate.finding import Verdict
from domain.gate.order import GateOrder, Stage
from domain.gate.view import Approval
from domain.orders.transitions import Event, Machine, advance
from domain.orders.types import Initiative, IntentState, OrderType, Side
from domain.orders.words import START
from execution.oms.cancel import Canceller
from execution.oms.chains import replacement_plan
from execution.oms.core import Core
from execution.oms.errors import Refusal
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import Intent, Reservation
from execution.oms.sessions import AccountSession
from execution.oms.views import Fetched

log = structlog.get_logger("oms.replace")
# Long enough for a cancel whose reply is lost on live (deadline, gateway and lag twice), short enough for its price.
LIFE = timedelta(minutes=3)
NOTE = "먼저 낸 주문이 취소되면 남은 수량만 보낼게요."
_REPLACEABLE = frozenset({IntentState.NEW, IntentState.NOT_SENT, IntentState.ACKED, IntentState.PARTIAL})
_UNSENT = frozenset({IntentState.NEW, IntentState.NOT_SENT})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to stand instead. `quantity` is of the whole order, what has filled included; 0 leaves it as it was.
    `price` is None exactly for market orders."""

    intent_id: UUID
    quantity: int
    order_type: OrderType
    price: int | None
    request_id: str

    def __post_init__(self) -> None:
        if (self.order_type is OrderType.MARKET) != (self.price is None) or self.quantity < 0:
            raise ValueError("expected a price exactly for a limit order, and a quantity that is not negative")


class Replacer:
    def __init__(self, core: Core, canceller: Canceller) -> None:
        self._core = core
        self._canceller = canceller

    async def replace(self, session: AccountSession, wanted: Wanted, by: str) -> Intent:
        """The new order. Raises Refusal; then nothing was done."""
        core, ref = self._core, session.account_ref
        if not wanted.request_id or (wanted.price is not None and wanted.price <= 0):
            raise Refusal("REQUEST", "요청 번호와 1원 이상의 가격이 필요해요.")
        async with core.ledger.read() as tx:
            old = await self._old(tx, session, wanted)
            known = await self._known(tx, old, wanted)
        if known is not None:
            return known
        buying = [old.ticker] if old.side is Side.BUY else []
        fetched = await core.views.fetch(session, [old.ticker], buying=buying)
        async with core.ledger.write(ref) as tx:
            old = await self._old(tx, session, wanted)
            known = await self._known(tx, old, wanted)
            if known is not None:
                return known
            await self._may_give_way(tx, old)
            whole = self._whole(old, wanted)
            order, verdict = await self._judged(tx, session, old, wanted, whole, fetched)
            await self._canceller.wish(tx, session, old, wanted.request_id, by)
            made = await self._insert(tx, old, order, verdict, whole, wanted, by)
        session.cancel_hint.set()
        session.send_hint.set()
        log.info("replacing", old=str(old.intent_id), new=str(made.intent_id), quantity=made.quantity)
        return made

    # The parts ------------------------------------------------------------------------------------------------------

    async def _old(self, tx: Tx, session: AccountSession, wanted: Wanted) -> Intent:
        old = await tx.intents.get(wanted.intent_id)
        if old is None or old.account_ref != session.account_ref:
            raise Refusal("ORDER_UNKNOWN", "그런 주문이 없어요.")
        return old

    async def _known(self, tx: Tx, old: Intent, wanted: Wanted) -> Intent | None:
        """What this very request has made before."""
        plan = replacement_plan(old.account_ref, old.intent_id, wanted.request_id)
        known = await tx.intents.get(ids.intent_id(plan, 1))
        if known is not None and known.payload_hash == _payload(old, wanted):
            return known
        if known is not None or await tx.intents.request(old.account_ref, wanted.request_id) is not None:
            raise Refusal("CONFLICT", "같은 요청 번호로 다른 요청이 이미 있어요.")
        return None

    async def _may_give_way(self, tx: Tx, old: Intent) -> None:
        """Raises Refusal for what is no simple order of a person with a known remainder."""
        if old.terminal:
            raise Refusal("NOT_REPLACEABLE", "이미 끝난 주문이라 바꿀 것이 없어요.")
        if old.state not in _REPLACEABLE:
            raise Refusal("NOT_REPLACEABLE", "지금은 바꿀 수 없는 상태예요. 확인이 끝난 뒤에 다시 해 주세요.")
        if old.authority != "approval" or old.stop_price is not None:
            raise Refusal("NOT_REPLACEABLE", "직접 승인한 주문만 바꿀 수 있어요. 취소한 뒤에 새로 주문해 주세요.")
        siblings = await tx.intents.of_plan(old.plan_id)
        waited_for = any(other.after_leg == old.leg and not other.terminal for other in siblings)
        if waited_for or (old.after_leg is not None and old.state in _UNSENT):
            raise Refusal(
                "NOT_REPLACEABLE", "다른 주문과 이어진 주문이라 바꿀 수 없어요. 취소한 뒤에 새로 주문해 주세요."
            )
        if any(other.replaces == old.intent_id for other in await tx.intents.open(old.account_ref)):
            raise Refusal("NOT_REPLACEABLE", "이미 바꾸는 중인 주문이에요.")

    def _whole(self, old: Intent, wanted: Wanted) -> int:
        whole = wanted.quantity or old.quantity
        if whole > old.quantity:
            raise Refusal("QUANTITY", f"수량은 {old.quantity:,}주까지예요. 늘리려면 새로 주문해 주세요.")
        if whole <= old.filled:
            raise Refusal("QUANTITY", f"이미 {old.filled:,}주가 체결됐어요. 남은 수량은 취소로 거둘 수 있어요.")
        return whole

    async def _judged(
        self, tx: Tx, session: AccountSession, old: Intent, wanted: Wanted, whole: int, fetched: Fetched
    ) -> tuple[GateOrder, Verdict]:
        """The new order as it may leave; a price may have moved against us, to its unit. Raises Refusal."""
        decision = await tx.desk.decision(old.authority_id)
        if decision is None:
            raise Refusal("APPROVAL_UNKNOWN", "승인 기록이 없어요.")
        until = self._core.wall.now() + LIFE
        plan = replacement_plan(old.account_ref, old.intent_id, wanted.request_id)
        left = whole - old.filled
        order = GateOrder(
            intent_id=ids.intent_id(plan, 1),
            ticker=old.ticker,
            side=old.side,
            quantity=left,
            order_type=wanted.order_type,
            limit_price=wanted.price,
            not_after=until,
            sleeve=old.sleeve,
            initiative=Initiative.USER,
            payload_hash=_payload(old, wanted),
            replaces=old.intent_id,
        )
        word = Approval("replace", "replace", {1: left}, until, unsuitable_ack=decision.unsuitable_ack)
        view = await self._core.views.build(tx, session, old.user_id, fetched, word)
        verdict = check(order, view, Stage.ADMIT)
        if not verdict.admissible or verdict.order is None:
            first = verdict.refusals[0]
            raise Refusal(first.code, first.message)
        return verdict.order, verdict

    async def _insert(
        self, tx: Tx, old: Intent, order: GateOrder, verdict: Verdict, whole: int, wanted: Wanted, by: str
    ) -> Intent:
        core = self._core
        made = Intent(
            intent_id=order.intent_id,
            plan_id=replacement_plan(old.account_ref, old.intent_id, wanted.request_id),
            version=1,
            leg=1,
            account_ref=old.account_ref,
            user_id=old.user_id,
            ticker=old.ticker,
            side=old.side,
            order_type=order.order_type,
            limit_price=order.limit_price,
            quantity=order.quantity,
            not_after=order.not_after,
            initiative=order.initiative,
            after_leg=None,
            sleeve=old.sleeve,
            reason=old.reason,
            payload_hash=order.payload_hash,
            authority=old.authority,
            authority_id=old.authority_id,
            profile_version=old.profile_version,
            strategy_id=old.strategy_id,
            plan_expires_at=order.not_after,
            trade_date=core.market.trade_date,
            state=advance(Machine.INTENT, START, Event.ADMITTED),
            state_note=NOTE,
            created_at=tx.now,
            updated_at=tx.now,
            replaces=old.intent_id,
            whole=whole,
        )
        await tx.intents.insert(made)
        shares = made.quantity if made.side is Side.SELL else 0
        await tx.intents.reserve(
            Reservation(made.intent_id, made.account_ref, made.ticker, verdict.reserve, shares, None, None)
        )
        evidence = {"replaces": str(old.intent_id), "request": wanted.request_id, "by": by, "whole": whole}
        await tx.journal.transition(
            tx.now,
            made.account_ref,
            Machine.INTENT.value,
            str(made.intent_id),
            START,
            Event.ADMITTED.value,
            made.state.value,
            evidence,
        )
        await core.mover.tell(tx, made, chain=())
        return made


def _payload(old: Intent, wanted: Wanted) -> str:
    """What must be equal for two requests of one id to be the same."""
    payload = {
        "replaces": str(old.intent_id),
        "quantity": wanted.quantity,
        "order_type": wanted.order_type.value,
        "limit_price": wanted.price,
    }
    return ids.payload_hash(payload)

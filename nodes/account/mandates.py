"""Mandates in conversation: offering one inside the profile's limits, showing them, and how to take one back.

Contract: an offer is a row that allows nothing; only the person's own signature does, given outside the graph, whose
role can neither sign nor revoke. The bounds are the strategy's names, one order's limit and the capital a day, and they
end after 30 days (`domain.mandate_offer`); a grade that must confirm every purchase is offered sales only.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain import ids
from domain.clock import format_moment
from domain.limits import Approval
from domain.mandate import KIND_LABELS, Mandate, MandateKind, describe
from domain.mandate_offer import offered
from nodes.account.context import Desk, Outcome, says
from nodes.asking import block, question
from nodes.investor import Investor, investor_for
from tools.ports import StoredMandate

SHOWN = 3

NEEDS_STRATEGY = "위임은 전략에 적힌 종목과 한도 안에서만 받을 수 있어요. 먼저 전략을 만들까요?"
NEEDS_PROFILE = "맡기려면 투자성향부터 확인해야 해요. 지금 알아볼까요?"
SALES_ONLY = "{grade} 성향은 살 때마다 직접 승인해야 해서, 넘친 비중을 줄이는 매도만 맡을 수 있어요."
TAKE_BACK = "철회는 본인 확인이 필요해요. 주문판의 '위임'에서 바로 할 수 있어요."
NONE = "아직 위임이 없어요. 모든 주문은 승인 카드로 하나씩 여쭤봐요. 맡기려면 '알아서 리밸런싱해줘'라고 해 주세요."


async def offer_mandate(desk: Desk) -> Outcome:
    """Writes the offer and reads its bounds back; a mandate in force is shown instead of a second one."""
    known = await desk.ports.desk.mandates(desk.who.account_ref)
    live = [row for row in known if row.is_live(desk.now) and row.kind == MandateKind.CYCLE]
    if live:
        lines = ["이미 맡겨 두신 위임이 있어요.", _line(live[0], desk), TAKE_BACK]
        lines.append(f"터미널에서는 /revoke {live[0].mandate_id}")
        return says("\n".join(lines))
    investor = await investor_for(desk.ports, desk.who, (await desk.ports.oms.book(desk.who)).total_value)
    if investor is None:
        return _first(desk, NEEDS_PROFILE, ("성향 알아보기", "나중에"))
    tickers = _universe(desk, investor)
    if not tickers:
        return _first(desk, NEEDS_STRATEGY, ("전략 만들기", "나중에"))
    mandate = await _drawn_up(desk, investor, tickers)
    await desk.ports.desk.offer_mandate(desk.who, StoredMandate.offer(mandate))
    return Outcome((block("card", _card(desk, investor, mandate), card="mandate", id=str(mandate.mandate_id)),))


async def show_mandates(desk: Desk) -> Outcome:
    """All of them with what they are now: offered, in force, revoked, expired."""
    known = await desk.ports.desk.mandates(desk.who.account_ref)
    if not known:
        return says(NONE)
    shown = known[:SHOWN]
    lines = ["위임 내역이에요.", *(_line(row, desk) for row in shown)]
    unsigned = [row for row in shown if row.signed_at is None and row.revoked_at is None and row.expires_at > desk.now]
    lines += [f"터미널에서는 /sign {row.mandate_id}" for row in unsigned[:1]]
    if any(row.is_live(desk.now) for row in known):
        lines.append("철회는 '위임 철회'라고 해 주세요.")
    return says("\n".join(lines))


async def revoke_mandates(desk: Desk) -> Outcome:
    """The command that takes each one back; saying it here revokes nothing."""
    live = [row for row in await desk.ports.desk.mandates(desk.who.account_ref) if row.is_live(desk.now)]
    if not live:
        return says("철회할 위임이 없어요. 지금은 모든 주문을 승인 카드로 여쭤봐요.")
    lines = [TAKE_BACK, *(f"터미널에서는 /revoke {row.mandate_id} ({_label(row)})" for row in live[:4])]
    lines.append("급하면 '정지'로 새 주문부터 멈출 수 있어요.")
    return says("\n".join(lines))


def _universe(desk: Desk, investor: Investor) -> tuple[str, ...]:
    names = investor.playbook.universe if investor.playbook is not None else ()
    rows = [desk.ports.instruments.get(ticker) for ticker in names]
    return tuple(row.ticker for row in rows if row is not None and investor.may_buy(row))


async def _drawn_up(desk: Desk, investor: Investor, tickers: Sequence[str]) -> Mandate:
    clock = await desk.ports.market.market_clock()
    id_ = ids.mandate_id(desk.who.account_ref, ("chat", desk.message_id))
    who, table = desk.who, desk.ports.instruments
    kind, calendar = MandateKind.CYCLE, clock.calendar
    return offered(id_, who.account_ref, kind, tickers, investor.limits, investor.base, table, calendar, desk.now)


def _card(desk: Desk, investor: Investor, mandate: Mandate) -> str:
    names = {row.ticker: row.name for row in desk.ports.instruments.all()}
    lines = ["이렇게 맡아 드릴 수 있어요. 서명하시기 전에는 아무것도 자동으로 주문하지 않아요."]
    if investor.hard.approval is Approval.ALWAYS:
        lines.append(SALES_ONLY.format(grade=investor.grade.value))
    lines += [f"· {line}" for line in describe(mandate, names)]
    lines.append("맡기려면 주문판의 '위임'에서 서명해 주세요. 그만두려면 그냥 두시면 돼요.")
    lines.append(f"터미널에서는 /sign {mandate.mandate_id}")
    return "\n".join(lines)


def _first(desk: Desk, text: str, options: Sequence[str]) -> Outcome:
    return Outcome(ask=question("supervisor", "next", text, options, desk.now, optional=True))


def _label(mandate: StoredMandate) -> str:
    return KIND_LABELS[MandateKind(mandate.kind)]


def _line(mandate: StoredMandate, desk: Desk) -> str:
    day = format_moment(mandate.expires_at)
    if mandate.revoked_at is not None:
        state = "철회했어요"
    elif mandate.expires_at <= desk.now:
        state = f"{day}에 끝났어요"
    elif mandate.signed_at is None:
        state = "아직 서명 전이에요"
    else:
        state = f"{day}까지 유효해요"
    return f"· {_label(mandate)}: {state}"

"""손절 어디야?: at which prices the guard sells each holding, by whose rule, and where that is changed. Reads only.

Contract: levels are the guard's own arithmetic (`domain.exits`) on the holdings that stand under an exit mandate; what
is not watched is not told as watched. A trailing stop is told as its distance, because the high it hangs on is the
guard's to know. At most six lines.
"""

from __future__ import annotations

import asyncio
from datetime import date

from domain.exit_words import SOURCES, describe
from domain.exits import ExitRule, Held, levels, rule_for
from domain.orders.types import TradingState
from domain.proto import oms_pb2 as pb
from nodes.account.context import Desk, Outcome, Sheet, figured, says
from nodes.account.halts import state_of
from nodes.account.views import state_word

MOST = 3
CHANGE = "바꾸려면 주문판의 '손절·익절'에서 고쳐 주세요."
NOTHING = "지켜볼 보유 종목이 아직 없어요. 사시면 {source}({rule})에 따라 자동으로 팔아요."
UNWATCHED = "{name} 종목에는 자동 매도가 걸려 있지 않아요. 쿼츠에서 산 주식만 자동으로 팔아요."
HALTED = "지금은 정지 상태라 기준에 닿아도 팔지 않아요."


async def stops(desk: Desk) -> Outcome:
    positions, rows, status = await asyncio.gather(
        desk.ports.oms.exits(desk.who),
        desk.ports.desk.exit_rules(desk.who.account_ref),
        desk.ports.oms.status(desk.who),
    )
    wanted = desk.reading.tickers
    found = [each for each in positions if not wanted or each.ticker in wanted]
    if not found and wanted:
        return says(f"{UNWATCHED.format(name=desk.name(wanted[0]))}\n{CHANGE}")
    if not found:
        rule = rule_for(rows, "", "")
        text = NOTHING.format(source=SOURCES[rule.source], rule=" · ".join(describe(rule)))
        return says(f"{text}\n{CHANGE}")
    sheet = Sheet("손절 지킴이의 기준", desk.now)
    lines = [_line(each, rule_for(rows, each.ticker, each.sleeve), sheet) for each in found[:MOST]]
    if len(found) > MOST:
        lines.append(f"· 그 밖에 {len(found) - MOST}종목은 주문판에 있어요.")
    if state_of(status) is TradingState.HALTED:
        lines.append(HALTED)
    return Outcome((figured("stops", [*lines, CHANGE], sheet),))


def _line(each: pb.ProtectedPosition, rule: ExitRule, sheet: Sheet) -> str:
    """'· 삼성전자 손절 66,500원 · 익절 80,500원 (기본 기준)'."""
    at = levels(rule, Held(each.quantity, each.cost, date.fromisoformat(each.entered_on)), 0)
    parts = [f"손절 {sheet.won(at.stop)}"] if at.stop is not None else []
    if at.take is not None:
        parts.append(f"익절 {sheet.won(at.take)}")
    elsewhere = ExitRule(trailing_bps=rule.trailing_bps, sell_at=rule.sell_at, sessions=rule.sessions)
    if elsewhere != ExitRule() or not parts:
        parts += describe(elsewhere)
    if each.HasField("live"):
        live = each.live
        resting = f"증권사에 {sheet.won(live.stop_price)}에 걸려 있어요" if live.stop_price else ""
        parts.append(resting or f"매도 주문 {state_word(live)}")
    return f"· {each.name or each.ticker} {' · '.join(parts)} ({SOURCES[rule.source]})"

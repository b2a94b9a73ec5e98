"""Exit rules: what watches each holding, at which prices it is sold, and how the person changes that.

Contract: a person writes rules of the own account and of no other, as history: what was before stays readable. A
strategy's rule has the first word while it stands, so the answer says whose rule it is. Levels are the guard's own
arithmetic (`domain.exits`); a holding without an exit mandate is not listed, because nothing would sell it. Distances
are basis points. Sells nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import Field, field_validator, model_validator

from domain.clock import KST
from domain.exit_words import SOURCES, describe
from domain.exits import DEFAULT_RULE, MAX_SESSIONS, MAX_TAKE_BPS, ExitRule, Held, RuleRow, RuleSource, levels, rule_for
from domain.limits import FULL_BPS
from domain.proto import oms_pb2 as pb
from nodes.account.views import state_word
from ui.web.api.deciding import CHANNEL
from ui.web.api.route import JsonRoute, Me, Parts, StrictBody, body_of, not_found, said
from ui.web.api.views import moment
from ui.web.context import WebParts

router = APIRouter(prefix="/api/guard", route_class=JsonRoute)

KEPT = "{what}의 기준을 바꿨어요: {rule}."
BACK = "{what}의 기준을 되돌렸어요."
NOTHING = "되돌릴 기준이 없어요. 지금도 기본 기준이에요."
WRONG = "기준을 읽지 못했어요. 손절과 추적 손절은 0%보다 크고 100%보다 작게, 익절은 0%보다 크게 적어 주세요."
_ALL = "모든 보유 종목"

_Bps = Annotated[int | None, Field(ge=1, le=FULL_BPS - 1)]


class Wanted(StrictBody):
    """A rule as a whole: what is left out is not watched. `off` says that nothing is, on purpose."""

    stop_bps: _Bps = None
    take_bps: Annotated[int | None, Field(ge=1, le=MAX_TAKE_BPS)] = None
    trailing_bps: _Bps = None
    sell_at: str | None = Field(default=None, max_length=40)
    sessions: Annotated[int | None, Field(ge=1, le=MAX_SESSIONS)] = None
    resting: bool = False
    off: bool = False

    @field_validator("sell_at")
    @classmethod
    def _a_moment(cls, value: str | None) -> str | None:
        if value is not None:
            datetime.fromisoformat(value)
        return value

    @model_validator(mode="after")
    def _one_or_none(self) -> Wanted:
        parts = (self.stop_bps, self.take_bps, self.trailing_bps, self.sell_at, self.sessions)
        if all(part is None for part in parts) != self.off:
            raise ValueError("expected a rule, or off and none")
        return self

    def rule(self) -> ExitRule:
        at = datetime.fromisoformat(self.sell_at) if self.sell_at is not None else None
        if at is not None and at.tzinfo is None:  # what a browser's field says is the time on the wall
            at = at.replace(tzinfo=KST)
        return ExitRule(
            self.stop_bps, self.take_bps, self.trailing_bps, at, self.sessions, RuleSource.USER, 0, self.resting
        )


WantedBody = Annotated[Wanted, Depends(body_of(Wanted, WRONG))]


@router.get("")
async def show(me: Me, parts: Parts) -> dict[str, Any]:
    """Every holding that is watched, its rule and its prices."""
    made = parts.assembled
    rows = await made.guard_rules.of(me.who.account_ref)
    positions = await made.ports.oms.exits(me.who)
    seen = await made.guard_seen.marks([UUID(each.exit_mandate_id) for each in positions])
    return {
        "positions": [
            _position(each, rule_for(rows, each.ticker, each.sleeve), high.high if high is not None else 0)
            for each, high in ((each, seen.get(UUID(each.exit_mandate_id))) for each in positions)
        ],
        "everything": _rule(rule_for(rows, "", "")),
        "default": _rule(DEFAULT_RULE),
    }


@router.put("/rules")
async def change_all(me: Me, parts: Parts, wanted: WantedBody) -> JSONResponse:
    """For every holding that has no rule of its own."""
    return await _put(me, parts, "", wanted.rule())


@router.delete("/rules")
async def reset_all(me: Me, parts: Parts) -> JSONResponse:
    return await _take_back(me, parts, "")


@router.put("/rules/{ticker}")
async def change(ticker: str, me: Me, parts: Parts, wanted: WantedBody) -> JSONResponse:
    return await _put(me, parts, await _known(me, parts, ticker), wanted.rule())


@router.delete("/rules/{ticker}")
async def reset(ticker: str, me: Me, parts: Parts) -> JSONResponse:
    return await _take_back(me, parts, await _known(me, parts, ticker))


async def _put(me: Me, parts: Parts, ticker: str, rule: ExitRule) -> JSONResponse:
    made = parts.assembled
    await made.guard_rules.put(
        me.who.account_ref, me.who.user_id, rule, source=RuleSource.USER, ticker=ticker, channel=CHANNEL
    )
    rows = await made.guard_rules.of(me.who.account_ref)
    message = KEPT.format(what=_name(parts, ticker), rule=" · ".join(describe(rule)))
    if rule_for(rows, ticker, "").source is RuleSource.STRATEGY:
        message += " 다만 전략의 기준이 있는 동안에는 전략의 기준을 따라요."
    return said(200, message, rule=_rule(rule))


async def _take_back(me: Me, parts: Parts, ticker: str) -> JSONResponse:
    made = parts.assembled
    rows = await made.guard_rules.of(me.who.account_ref)
    if not any(_stands(row, ticker) for row in rows):
        return said(409, NOTHING)
    await made.guard_rules.put(
        me.who.account_ref, me.who.user_id, None, source=RuleSource.USER, ticker=ticker, channel=CHANNEL
    )
    now = rule_for(await made.guard_rules.of(me.who.account_ref), ticker, "")
    what = f"{BACK.format(what=_name(parts, ticker))} 이제 {SOURCES[now.source]}이에요: {' · '.join(describe(now))}."
    return said(200, what, rule=_rule(now))


def _stands(row: RuleRow, ticker: str) -> bool:
    return row.source is RuleSource.USER and row.ticker == ticker and row.rule is not None


async def _known(me: Me, parts: Parts, ticker: str) -> str:
    """A name of the table, or one that is held."""
    if parts.assembled.ports.instruments.get(ticker) is not None:
        return ticker
    if any(each.ticker == ticker for each in await parts.assembled.ports.oms.exits(me.who)):
        return ticker
    raise not_found()


def _name(parts: WebParts, ticker: str) -> str:
    if not ticker:
        return _ALL
    row = parts.assembled.ports.instruments.get(ticker)
    return f"{row.name}({ticker})" if row is not None else ticker


def _position(each: pb.ProtectedPosition, rule: ExitRule, high: int) -> dict[str, Any]:
    held = Held(each.quantity, each.cost, datetime.fromisoformat(each.entered_on).date())
    at = levels(rule, held, high)
    live = each.live if each.HasField("live") else None
    return {
        "ticker": each.ticker,
        "name": each.name or each.ticker,
        "sleeve": each.sleeve,
        "qty": each.quantity,
        "average": held.average,
        "stop": at.stop,
        "take": at.take,
        "trailing": at.trailing,
        "rule": _rule(rule),
        "takes_resting": each.takes_resting,
        "exit": None if live is None else {"state_text": state_word(live), "rests_at": live.stop_price or None},
    }


def _rule(rule: ExitRule) -> dict[str, Any]:
    return {
        "source": rule.source.value,
        "source_text": SOURCES[rule.source],
        "lines": list(describe(rule)),
        "stop_bps": rule.stop_bps,
        "take_bps": rule.take_bps,
        "trailing_bps": rule.trailing_bps,
        "sell_at": moment(rule.sell_at),
        "sessions": rule.sessions,
        "resting": rule.resting,
    }

"""How far an account is from where its profile wants it, and which exits its positions should have. Pure.

Contract: what is off is one Korean sentence each with its figures; empty when nothing is. What `acts` wakes the
specialists: a name, a sector, the stocks or a mix beyond its limit, money that lies idle. The rest is only said: a
product above the grade (what a person holds beyond our advice is no reason to sell), a name under supervision or not
trading, a stop that is near, because the guard alone fires it. A silent source is no reason. Exit rules are the guard's
own (`domain.exits`): a strategy's, the person's, else −5 % / +15 %. Nothing here sells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from domain.evidence import Figure, Unit, render
from domain.exits import DEFAULT_RULE, ExitRule, Held, RuleRow, RuleSource, levels, rule_for
from domain.hangul import josa
from domain.limits import FULL_BPS
from domain.proto import oms_pb2 as pb
from nodes.portfolio.excess import MIX_BPS, Excess, excesses
from nodes.portfolio.reasons import percent, trim_figures
from nodes.portfolio.scene import Scene

IDLE_CASH_BPS = 3_000  # that much of the base uninvested is worth a look
NEAR_STOP_BPS = 300  # a stop that is nearer than that is worth a word

_STATUS = {
    "managed": "관리종목이에요",
    "warning": "투자에 주의가 필요한 종목으로 지정돼 있어요",
    "halted": "거래가 정지돼 있어요",
    "delisting": "상장폐지 절차에 있어요",
}


@dataclass(frozen=True, slots=True)
class GuardRule:
    """A holding's rule in force: prices at which the guard sells, won, 0 for none; `source` strategy, user, default."""

    ticker: str
    name: str
    average: int
    stop_price: int
    take_price: int
    source: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that is off. `code`: name, sector, equity, mix, idle, grade, status, stop."""

    code: str
    ticker: str
    template: str
    figures: tuple[Figure, ...] = ()
    acts: bool = True

    @property
    def text(self) -> str:
        """Without a full stop."""
        return render(self.template, {figure.id: figure for figure in self.figures})

    def to_json(self) -> dict[str, Any]:
        """As state and journal carry it."""
        return {
            "code": self.code,
            "ticker": self.ticker,
            "text": self.text,
            "figures": [figure.to_json() for figure in self.figures],
            "acts": self.acts,
        }


def drift(scene: Scene, rules: Sequence[GuardRule] = ()) -> tuple[Seen, ...]:
    """What is off, what acts first. Of the scene only the book, the investor and what does not trade are read."""
    found = [_outgrew(scene, excess) for excess in excesses(scene)]
    found += _below_mix(scene) + _idle(scene)
    return tuple([*found, *_above_grade(scene), *_status(scene), *_near_stop(scene, rules)])


def _outgrew(scene: Scene, excess: Excess) -> Seen:
    figures = trim_figures(excess, scene.now)
    ticker = excess.about if excess.code in ("name", "mix") else next(iter(excess.cuts), "")
    said = {
        "name": f"{_name(scene, ticker)} 비중이 {{{{f:p.was}}}}로 한 종목 한도 {{{{f:p.limit}}}}를 넘었어요",
        "mix": f"{_name(scene, ticker)} 비중이 {{{{f:p.was}}}}로 전략의 목표 {{{{f:p.limit}}}}에서 멀어졌어요",
        "sector": f"{excess.about} 업종 비중이 {{{{f:p.was}}}}로 업종 한도 {{{{f:p.limit}}}}를 넘었어요",
        "equity": "주식 비중이 {{f:p.was}}로 성향의 한도 {{f:p.limit}}를 넘었어요",
    }[excess.code]
    return Seen(excess.code, ticker, said, figures, acts=bool(excess.cuts))


def _below_mix(scene: Scene) -> list[Seen]:
    """The name of a fixed mix that is furthest below what may be held of it."""
    investor, plan = scene.investor, scene.investor.playbook
    gaps = []
    for ticker, weight in (plan.weights if plan is not None else {}).items():
        row = scene.table.get(ticker)
        if row is None or ticker in scene.halted or not investor.may_buy(row):
            continue
        most = min(weight, investor.limits.name_weight_bps(row), investor.constraints.name_weight_bps(row))
        gaps.append((most - scene.held(ticker), ticker, most))
    gap, ticker, most = max(gaps, default=(0, "", 0))
    if not scene.holdings:  # a mix that nobody has begun has not drifted: its money is idle
        return []
    if gap <= MIX_BPS or (scene.cash or 0) < investor.min_order:
        return []
    figures = (
        percent("p.was", scene.held(ticker), "잔고", scene.now, "지금 비중"),
        percent("p.limit", most, "전략", scene.now, "목표 비중"),
    )
    said = f"{_name(scene, ticker)} 비중이 {{{{f:p.was}}}}로 전략의 목표 {{{{f:p.limit}}}}에서 멀어졌어요"
    return [Seen("mix", ticker, said, figures)]


def _idle(scene: Scene) -> list[Seen]:
    base = scene.investor.base
    held = sum(holding.value for holding in scene.holdings)
    idle = max(0, min(scene.cash or 0, base - held))
    share = idle * FULL_BPS // base
    if share <= IDLE_CASH_BPS:
        return []
    amount = Figure(id="p.idle", value=idle, unit=Unit.WON, source="잔고", as_of=scene.now, label="투자하지 않은 돈")
    figures = (amount, percent("p.share", share, "잔고", scene.now, "투자하지 않은 돈의 비중"))
    return [Seen("idle", "", "투자하지 않은 돈이 {{f:p.idle}}({{f:p.share}}) 남아 있어요", figures)]


def _above_grade(scene: Scene) -> list[Seen]:
    found = []
    for holding in scene.holdings:
        row = scene.table.get(holding.ticker)
        if row is None or scene.investor.hard.allows(row):
            continue
        risk = Figure(
            id="p.risk", value=row.product_risk, unit=Unit.INDEX, source="종목표", as_of=scene.now, label="위험등급"
        )
        said = f"{josa(row.name, '은/는')} 위험등급 {{{{f:p.risk}}}}등급이라 지금 성향에는 위험한 상품이에요"
        found.append(Seen("grade", row.ticker, said, (risk,), acts=False))
    return found


def _status(scene: Scene) -> list[Seen]:
    found = []
    for holding in scene.holdings:
        row = scene.table.get(holding.ticker)
        said = _STATUS.get("halted" if holding.ticker in scene.halted else row.status if row is not None else "")
        if said is not None:
            name = josa(_name(scene, holding.ticker), "은/는")
            found.append(Seen("status", holding.ticker, f"{name} {said}", acts=False))
    return found


def _near_stop(scene: Scene, rules: Sequence[GuardRule]) -> list[Seen]:
    """How far the last price is above a stop, in percent of the price."""
    found = []
    for rule in rules:
        price = scene.prices.get(rule.ticker, 0)
        if not rule.stop_price or price <= 0:
            continue
        left = (price - rule.stop_price) * FULL_BPS // price
        if left >= NEAR_STOP_BPS:
            continue
        stop = Figure(
            id="p.stop", value=rule.stop_price, unit=Unit.WON, source="손절 기준", as_of=scene.now, label="손절가"
        )
        figures = (stop, percent("p.left", max(0, left), "시세", scene.now, "손절가까지"))
        if left <= 0:
            said = f"{rule.name} 값이 손절가 {{{{f:p.stop}}}} 아래예요. 매도는 손절 지킴이가 정해요"
        else:
            said = f"{rule.name} 값이 손절가 {{{{f:p.stop}}}}까지 {{{{f:p.left}}}} 남았어요"
        found.append(Seen("stop", rule.ticker, said, figures, acts=False))
    return found


def _name(scene: Scene, ticker: str) -> str:
    row = scene.table.get(ticker)
    known = [holding.name for holding in scene.holdings if holding.ticker == ticker and holding.name]
    return row.name if row is not None else next(iter(known), ticker)


def guard_rules(book: pb.BookReply, rows: Sequence[RuleRow]) -> tuple[GuardRule, ...]:
    """What the guard goes by, one line a holding; a trailing stop depends on a high that only the guard knows."""
    rules = []
    for position in book.positions:
        if position.quantity <= 0:
            continue
        sleeve = max(position.sleeves, key=lambda name: position.sleeves[name], default="")
        rule = rule_for(rows, position.ticker, sleeve)
        at = levels(rule, Held(position.quantity, position.cost, date.min), 0)
        rules.append(
            GuardRule(
                ticker=position.ticker,
                name=position.name,
                average=position.cost // position.quantity,
                stop_price=at.stop or 0,
                take_price=at.take or 0,
                source=rule.source.value,
            )
        )
    return tuple(rules)


def strategys_rule(risk: Mapping[str, Any] | None) -> ExitRule | None:
    """The strategy's own word, whole: what it leaves out of stop and take-profit is the default's. None when it says
    nothing of either. `risk` is the strategy's risk part as JSON."""
    stop, take, trailing = (_bps(risk, key) for key in ("stop_loss", "take_profit", "trailing_stop"))
    if stop is take is trailing is None:
        return None
    return ExitRule(
        stop_bps=min(stop or DEFAULT_RULE.stop_bps or FULL_BPS, FULL_BPS - 1),
        take_bps=take or DEFAULT_RULE.take_bps,
        trailing_bps=None if trailing is None else min(trailing, FULL_BPS - 1),
        source=RuleSource.STRATEGY,
    )


def _bps(risk: Mapping[str, Any] | None, key: str) -> int | None:
    """A percentage of the spec in basis points; None where it is not enabled."""
    found = (risk or {}).get(key) or {}
    if not found.get("enabled") or found.get("percent") is None:
        return None
    return max(1, int(Decimal(str(found["percent"])) * 100))

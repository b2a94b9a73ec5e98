"""BUY, SELL or HOLD for every name that was looked at, each with its reason. Pure.

Contract: names that are held or were candidates, at most `MAX_NAMES`: sales, purchases, then what stays, held names
before candidates. A reason is a template whose numbers are figures of that decision; nothing is reasoned up: what a
purchase or a sale says is what its target says, and HOLD names the one rule that kept it. A silent analyst is a HOLD.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from domain.evidence import Figure, figure_ids, render
from domain.instruments import Instrument
from nodes.portfolio.excess import excesses
from nodes.portfolio.reasons import percent
from nodes.portfolio.rules import allocated
from nodes.portfolio.scene import Scene, Target
from nodes.portfolio.turnover import bought_bps
from nodes.portfolio.views import View, discouraged

MAX_NAMES = 20


class Action(StrEnum):
    BUY = "BUY"
    SELL = "SELL"
    HOLD = "HOLD"


@dataclass(frozen=True, slots=True)
class Decision:
    """`held_bps` and `target_bps` of the base. `template` names `figures`; `reason` is both together."""

    ticker: str
    name: str
    action: Action
    held_bps: int
    target_bps: int
    template: str
    figures: tuple[Figure, ...] = ()

    @property
    def reason(self) -> str:
        return render(self.template, {figure.id: figure for figure in self.figures})

    def to_json(self) -> dict[str, Any]:
        """As state, journal and faces carry it."""
        return {
            "ticker": self.ticker,
            "name": self.name,
            "action": self.action.value,
            "held_bps": self.held_bps,
            "target_bps": self.target_bps,
            "reason": self.reason,
            "figures": [figure.to_json() for figure in self.figures],
        }


def decisions(scene: Scene, targets: Sequence[Target]) -> tuple[Decision, ...]:
    """One for each name. `targets` are what was decided, by rules or with a model's leaning."""
    decided = [_traded(scene, target) for target in targets]
    done = {target.ticker for target in targets}
    cut = {target.ticker for target in allocated(scene).wanted} - done
    held = [holding.ticker for holding in scene.holdings if holding.ticker not in done]
    rest = [ticker for ticker in scene.candidates if ticker not in done and ticker not in held]
    kept = [_kept(scene, ticker, ticker in cut) for ticker in dict.fromkeys([*held, *rest])]
    return tuple([*decided, *kept][:MAX_NAMES])


def _traded(scene: Scene, target: Target) -> Decision:
    action = Action.BUY if bought_bps(scene, target) else Action.SELL
    template, figures = target.template or target.reason, target.figures
    return _decision(scene, target.ticker, action, target.weight_bps, template, figures)


def _kept(scene: Scene, ticker: str, cut: bool) -> Decision:
    row, view, held = scene.table.get(ticker), scene.seen.get(ticker), scene.held(ticker)
    template, figures = (
        _why_held(scene, row, ticker, view, held, cut) if held else _why_not_bought(scene, row, view, cut)
    )
    return _decision(scene, ticker, Action.HOLD, held, template, figures)


def _why_held(
    scene: Scene, row: Instrument | None, ticker: str, view: View | None, held: int, cut: bool
) -> tuple[str, tuple[Figure, ...]]:
    now = percent("p.was", held, "잔고", scene.now, "지금 비중")
    limit = percent("p.limit", scene.investor.hard.name_weight_bps(row), "투자성향", scene.now, "한도")
    chart = () if view is None else tuple(view.figures.values())
    over = any(excess.about == ticker or ticker in excess.cuts for excess in excesses(scene))
    if ticker in scene.halted or (row is not None and row.status == "halted"):
        return "지금 거래가 멈춰 있어서 사지도 팔지도 않아요.", ()
    if cut or over:
        return "한도를 넘었지만 한 번에 사고팔 수 있는 금액을 다 써서 다음으로 미뤄요.", ()
    if row is not None and row.status != "normal":
        return "거래에 주의가 필요한 종목이라 더 사지 않고, 한도 안이라 팔지도 않아요.", ()
    if view is None or view.status != "ok":
        return "차트를 읽지 못했어요. 모른다고 팔지는 않아서 비중 {{f:p.was}} 그대로 둬요.", (now,)
    if discouraged(view):
        rsi = "(RSI {{f:t.rsi}})" if "t.rsi" in view.figures else ""
        text = f"차트 흐름은 약하지만{rsi} 한도 안이고 손절 기준을 따로 지켜보고 있어서 그대로 둬요."
        return text, chart
    return "비중 {{f:p.was}}로 한도 {{f:p.limit}} 안이라 그대로 둬요.", (now, limit)


def _why_not_bought(
    scene: Scene, row: Instrument | None, view: View | None, cut: bool
) -> tuple[str, tuple[Figure, ...]]:
    investor = scene.investor
    if row is None or not investor.may_buy(row):
        return "성향이나 제외 업종에 맞지 않아서 사지 않아요.", ()
    price = scene.prices.get(row.ticker, 0)
    if price <= 0:
        return "시세를 받지 못했거나 거래가 멈춰 있어서 사지 않아요.", ()
    if discouraged(view):
        assert view is not None
        rsi = "(RSI {{f:t.rsi}})" if "t.rsi" in view.figures else ""
        return f"차트 흐름이 약해서{rsi} 지금은 사지 않아요.", tuple(view.figures.values())
    if not investor.can_afford(row, price):
        return "가장 작은 주문도 한 종목이나 한 번의 한도보다 커서 사지 않아요.", ()
    if cut:
        return "한 번에 사고팔 수 있는 금액을 다른 종목에 먼저 써서 다음으로 미뤄요.", ()
    return "남은 한도 안에서 다른 후보를 먼저 담아서 지금은 사지 않아요.", ()


def _decision(
    scene: Scene, ticker: str, action: Action, target_bps: int, template: str, figures: Sequence[Figure]
) -> Decision:
    row, used = scene.table.get(ticker), figure_ids(template)
    known = [holding.name for holding in scene.holdings if holding.ticker == ticker and holding.name]
    name = row.name if row is not None else next(iter(known), ticker)
    own = tuple(figure for figure in figures if figure.id in used)
    return Decision(ticker, name, action, scene.held(ticker), target_bps, template, own)

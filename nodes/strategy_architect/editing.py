"""Makes a change to a strategy, inside the profile's limits. Pure.

Contract: every result is a validated `StrategySpec` that `domain.strategy.fitting` leaves alone at the changed place.
What would loosen a limit of the profile is refused with the reason, never made smaller in silence; StrategyError never
leaves, its remedies are the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from domain.decimals import canonical, percent
from domain.hangul import josa
from domain.instruments import Asset, Instruments
from domain.profile import Profile
from domain.strategy.check import StrategyError
from domain.strategy.fitting import fitted
from domain.strategy.render import name_of
from domain.strategy.spec import StrategySpec, parse_spec
from domain.strategy.wording import TIMEFRAMES
from nodes.strategy_architect.edits import Edit

_HALF_HOUR = 30
_STOPS = ("stop_loss", "take_profit", "trailing_stop")
_PATHS = {"stop_loss": "risk.stop_loss", "name_bps": "sizing.name_bps"}


@dataclass(frozen=True, slots=True)
class Edited:
    """The strategy with every change that was possible (None when none was), and why the others were not."""

    spec: StrategySpec | None
    refused: tuple[str, ...]


class _No(Exception):
    """The reason in Korean."""


def all_edited(spec: StrategySpec, edits: Iterable[Edit], profile: Profile, at: datetime) -> Edited:
    """One change after the other."""
    now, refused = spec, []
    for edit in edits:
        new, why_not = edited(now, edit, profile, at)
        if new is None:
            refused.append(why_not)
        else:
            now = new
    return Edited(None if now is spec else now, tuple(dict.fromkeys(refused)))


def edited(spec: StrategySpec, edit: Edit, profile: Profile, at: datetime) -> tuple[StrategySpec | None, str]:
    """(new spec, '') or (None, why not in Korean)."""
    content: dict[str, Any] = spec.to_json()
    try:
        _CHANGES[edit.field](content, spec, edit, profile)
        fit = fitted(parse_spec(content), profile)
    except _No as no:
        return None, str(no)
    except StrategyError as error:
        return None, problems_text(error)
    narrowed = next((note for note in fit.notes if note.path == _PATHS.get(edit.field)), None)
    if narrowed is not None:
        return None, _too_loose(edit, fit.spec, profile)
    return fit.spec.stamped(at), ""


def problems_text(error: StrategyError) -> str:
    return "\n".join(problem.text for problem in error.problems[:3])


def _too_loose(edit: Edit, fit: StrategySpec, profile: Profile) -> str:
    if edit.field == "name_bps":
        return f"종목당 비중은 성향 한도 때문에 {percent(fit.sizing.name_bps)}보다 크게 할 수 없어요."
    limit = (profile.max_loss_bps or 0) / 100
    what = "손절을 그보다 넓힐 수" if edit.bps else "손절을 끌 수"
    return (
        f"손실 한도를 {limit:g}%까지로 말씀하셔서 {what} 없어요. 바꾸려면 '손실 한도 10%로'처럼 성향부터 고쳐 주세요."
    )


def _percent(content: dict[str, Any], spec: StrategySpec, edit: Edit, profile: Profile) -> None:
    if edit.bps:
        content["risk"][edit.field] = {"enabled": True, "percent": canonical(_hundredth(edit.bps))}
    else:
        content["risk"][edit.field] = {**content["risk"][edit.field], "enabled": False}
        if edit.field == "stop_loss" and profile.max_loss_bps:
            raise _No(_too_loose(edit, spec, profile))


def _weight(content: dict[str, Any], spec: StrategySpec, edit: Edit, profile: Profile) -> None:
    if spec.sizing.method == "targets":
        raise _No("이 전략은 종목마다 정해진 비중으로 담아서 '종목당 비중'만 따로 바꿀 수 없어요.")
    content["sizing"]["name_bps"] = edit.bps
    content["risk"]["max_position_size"] = canonical(_hundredth(edit.bps) / 100)


def _hundredth(bps: int) -> Decimal:
    return Decimal(bps) / 100


def _positions(content: dict[str, Any], spec: StrategySpec, edit: Edit, profile: Profile) -> None:
    if spec.sizing.method == "targets":
        raise _No("이 전략은 정해진 종목을 모두 담아서 종목 수만 따로 바꿀 수 없어요. 뺄 종목을 말씀해 주세요.")
    content["constraints"]["max_positions"] = int(edit.number)


def _trades(content: dict[str, Any], spec: StrategySpec, edit: Edit, profile: Profile) -> None:
    content["schedule"]["max_trades_a_week"] = int(edit.number)


def _schedule(content: dict[str, Any], spec: StrategySpec, edit: Edit, profile: Profile) -> None:
    every, _, rest = edit.name.partition(":")
    if every == "minutes":
        every = _every(spec, int(rest))
    content["schedule"] |= {
        "every": every,
        "weekday": rest if every == "week" else None,
        "session_of_month": int(rest) if every == "month" else None,
    }


def _every(spec: StrategySpec, minutes: int) -> str:
    """The schedule that looks every so many minutes: its own bars, or every half hour."""
    if minutes == spec.timeframe.minutes:
        return "bar"
    if minutes == _HALF_HOUR and spec.timeframe.minutes is not None:
        return "30m"
    seen = f"{TIMEFRAMES[spec.timeframe]}으로 보는 전략이라 {minutes}분마다 점검할 수 없어요."
    raise _No(f"{seen} '{minutes}분봉으로 바꿔줘'라고 하시면 봉부터 바꿔요.")


def _timeframe(content: dict[str, Any], spec: StrategySpec, edit: Edit, profile: Profile) -> None:
    content["timeframe"] = edit.name


def _ticker(content: dict[str, Any], spec: StrategySpec, edit: Edit, profile: Profile) -> None:
    if edit.name not in spec.universe.tickers:
        named = name_of(edit.name, Instruments.load())
        raise _No(f"{josa(named, '은/는')} 지금 전략에 없는 종목이에요.")
    _leave_out(content, spec, {edit.name})


def _sector(content: dict[str, Any], spec: StrategySpec, edit: Edit, profile: Profile) -> None:
    rows = {ticker: Instruments.load().get(ticker) for ticker in spec.universe.tickers}
    gone = {ticker for ticker, row in rows.items() if row is not None and row.sector == edit.name}
    if not gone:
        raise _No(f"지금 전략에는 {edit.name} 업종 종목이 없어요.")
    _leave_out(content, spec, gone)
    universe = content["universe"]
    universe["sectors"] = [sector for sector in universe["sectors"] if sector != edit.name]
    universe["excluded_sectors"] = [*universe["excluded_sectors"], edit.name]


def _leave_out(content: dict[str, Any], spec: StrategySpec, gone: set[str]) -> None:
    left = [ticker for ticker in spec.universe.tickers if ticker not in gone]
    rows = map(Instruments.load().get, left)
    if not any(row is None or row.asset is not Asset.CASH for row in rows):
        raise _No("그 종목을 빼면 담을 종목이 남지 않아요. 다른 업종을 원하시면 '전략 새로 만들어줘'라고 해 주세요.")
    content["universe"]["tickers"] = left
    sizing = content["sizing"]
    sizing["targets"] = {ticker: bps for ticker, bps in sizing["targets"].items() if ticker not in gone}
    if sizing["parking"] in gone:
        sizing["parking"] = None


def _param(content: dict[str, Any], spec: StrategySpec, edit: Edit, profile: Profile) -> None:
    param = spec.strategy.params[edit.name]
    least, most = param.min, param.max
    if (least is not None and edit.number < least) or (most is not None and edit.number > most):
        span = f"{least if least is not None else ''}~{most if most is not None else ''}"
        raise _No(f"{josa(param.description or edit.name, '은/는')} {span} 사이에서만 바꿀 수 있어요.")
    content["strategy"]["params"][edit.name]["default"] = canonical(edit.number)


def _indicator(content: dict[str, Any], spec: StrategySpec, edit: Edit, profile: Profile) -> None:
    for row in content["strategy"]["indicators"]:
        if row["alias"] == edit.name:
            row["params"]["period"] = canonical(edit.number)


_CHANGES: Mapping[str, Callable[[dict[str, Any], StrategySpec, Edit, Profile], None]] = {
    **dict.fromkeys(_STOPS, _percent),
    "name_bps": _weight,
    "max_positions": _positions,
    "trades_a_week": _trades,
    "schedule": _schedule,
    "timeframe": _timeframe,
    "ticker": _ticker,
    "sector": _sector,
    "param": _param,
    "indicator": _indicator,
}

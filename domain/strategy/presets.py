"""Ready-made strategies that rules can fit to a profile: no model needed for a sensible first strategy.

Contract: `preset_for(profile, grade)` gives a valid spec whose names are all allowed for the grade, preferred sectors
first and excluded ones out, with every weight inside the grade's limits and the tolerated loss. StrategyError, with the
remedy, when the exclusions leave nothing. Prices are only the table's rough levels: whether one share is affordable is
checked again where the order is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from domain.advice import advised
from domain.instruments import Asset, Instrument, Instruments, Kind
from domain.limits import FULL_BPS, Limits, equity_exposure_bps, limits_for
from domain.profile import Profile
from domain.strategy.problems import one_problem
from domain.strategy.spec import StrategySpec, parse_spec
from domain.suitability import Grade
from domain.tables import table

RESERVE_BPS = 200  # left in cash for fees and a rise between decision and fill
MAX_NAMES = 8
DEFAULT_CAPITAL_KRW = 10_000_000


OFFICIAL = (
    "golden_cross",
    "momentum",
    "week52_high",
    "consecutive_moves",
    "ma_divergence",
    "false_breakout",
    "strong_close",
    "volatility_breakout",
    "short_term_reversal",
    "trend_filter",
)
"""Our presets of the ten kinds that KIS's official builder offers."""
DRAFT_STOP_PERCENT = "5"
DRAFT_POSITION = "0.2"  # of the account


def preset_ids() -> tuple[str, ...]:
    """Names of the presets in the table."""
    return tuple(table("presets")["presets"])


def preset_name(preset: str) -> tuple[str, str]:
    """(name, what it does) in Korean."""
    row = table("presets")["presets"][preset]
    return row["name"], row["text"]


def trades_on_signals(preset: str) -> bool:
    """Whether it has conditions; the others hold fixed weights and mean nothing without a profile."""
    return "signals" in table("presets")["presets"][preset]


def preset_draft(preset: str) -> StrategySpec:
    """A signal preset that is bound to no names and no profile: for a file, a backtest over a folder, a start to edit.

    Says only what a `.kis.yaml` 1.0 can say. StrategyError names the presets that trade on signals."""
    drafts = [name for name in preset_ids() if trades_on_signals(name)]
    if preset not in drafts:
        raise one_problem("preset", f"{', '.join(drafts)} 가운데 하나를 골라 주세요.")
    row = table("presets")["presets"][preset]
    risk = _signal_risk(row, DRAFT_STOP_PERCENT, DRAFT_POSITION)
    sizing = {"method": "per_signal", "name_bps": int(Decimal(DRAFT_POSITION) * FULL_BPS)}
    return parse_spec(
        _common(preset, row) | {"strategy": {"id": preset, **row["signals"]}, "risk": risk, "sizing": sizing}
    )


def preset_for(
    profile: Profile,
    grade: Grade,
    *,
    preset: str | None = None,
    at: datetime | None = None,
    instruments: Instruments | None = None,
) -> StrategySpec:
    """The preset that fits the grade, or the named one, parametrised by the profile.

    A signal preset for a grade that may not hold stocks becomes fixed weights of what it may hold.
    """
    chosen = preset or suggested(profile, grade)
    if chosen not in preset_ids():
        raise one_problem("preset", f"{', '.join(preset_ids())} 가운데 하나를 골라 주세요.")
    capital = profile.capital_krw or DEFAULT_CAPITAL_KRW
    limits = advised(limits_for(grade, capital), profile.max_loss_bps, profile.chosen_ways)
    row = table("presets")["presets"][chosen]
    names = _eligible(profile, limits, instruments or Instruments.load(), row.get("first_sector"))
    if not names:
        raise one_problem("universe", "제외한 업종을 빼면 성향에 맞는 상품이 없어요. 제외한 업종을 줄여 주세요.")
    cap = limits.max_equity_bps
    content = _signal_content(chosen, row, profile, names, limits, cap, capital) if "signals" in row else None
    if content is None:
        chosen = chosen if "shares" in row else suggested(profile, min(grade, Grade.NEUTRAL, key=lambda g: g.rank))
        content = _target_content(chosen, table("presets")["presets"][chosen], names, limits, cap, capital)
    content["profile_version"] = profile.version if profile.confirmed_at else None
    content["universe"]["sectors"] = [s for s in profile.preferred_sectors if s not in profile.excluded_sectors]
    content["universe"]["excluded_sectors"] = list(profile.excluded_sectors)
    content["constraints"] |= {"max_sector_bps": limits.max_sector_bps, "max_equity_bps": cap}
    spec = parse_spec(content)
    return spec if at is None else spec.stamped(at)


def suggested(profile: Profile, grade: Grade) -> str:
    """Name of the preset that suits the grade and the wishes."""
    if grade is Grade.STABLE or "keep_principal" in profile.chosen_ways:
        return "cash_parking"
    if grade is Grade.STABLE_SEEKING:
        return "bond_ladder"
    if grade is Grade.NEUTRAL or "mix_bonds" in profile.chosen_ways:
        return "balanced_income"
    if "배당" in profile.preferred_sectors or (profile.monthly_krw and not profile.preferred_sectors):
        return "dividend_savings"
    return "golden_cross" if grade is Grade.ACTIVE else "trend_filter"


def _eligible(profile: Profile, limits: Limits, rows: Instruments, first_sector: str | None) -> list[Instrument]:
    """Allowed names: preferred sectors first as the user named them, then the preset's, then each sector in turn."""
    sectors = [*profile.preferred_sectors, *([first_sector] if first_sector else [])]
    rank = {sector: place for place, sector in reversed(list(enumerate(sectors)))}
    allowed = [
        row
        for row in rows.all()
        if limits.allows(row)
        and not row.geared
        and row.status == "normal"
        and row.sector not in profile.excluded_sectors
    ]
    turn: dict[str, int] = {}
    seen: dict[tuple[str, Asset, Kind], int] = {}
    for row in allowed:
        group = (row.sector, row.asset, row.kind)
        seen[group] = seen.get(group, 0) + 1
        turn[row.ticker] = 0 if row.sector in rank else seen[group]
    return sorted(allowed, key=lambda row: (rank.get(row.sector, len(sectors)), turn[row.ticker]))


def _affordable(rows: Sequence[Instrument], bps: int, capital: int) -> list[Instrument]:
    """Names of which one share costs no more than `bps` of the capital."""
    return [row for row in rows if row.level * FULL_BPS <= capital * bps]


def _parking(names: Sequence[Instrument], capital: int) -> Instrument | None:
    """Where idle money rests: cash-like first, else a careful bond product; one whose share is affordable first."""
    safe = [row for row in names if row.asset is Asset.CASH]
    safe += [row for row in names if row.asset is Asset.BOND and row.product_risk >= 5]
    easily, at_all = _affordable(safe, FULL_BPS // 10, capital), _affordable(safe, FULL_BPS - RESERVE_BPS, capital)
    return next(iter(easily or at_all or safe), None)


def _common(preset: str, row: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": row["name"], "description": row["text"], "author": "Quartz", "tags": [preset]}}


def _signal_content(
    preset: str,
    row: dict[str, Any],
    profile: Profile,
    names: Sequence[Instrument],
    limits: Limits,
    cap: int,
    capital: int,
) -> dict[str, Any] | None:
    """A preset that trades on signals; None when this profile may not hold stocks at all."""
    stocks = [name for name in names if name.asset is Asset.EQUITY]
    preferred = [name for name in stocks if name.sector in profile.preferred_sectors]
    market = [name for name in stocks if name.kind is Kind.ETF and name not in preferred]
    wanted = preferred + (market if len(preferred) < 3 else [])
    # several names side by side where the share of stocks allows it, so that one signal does not use it all up
    share = cap // 4 if cap >= 4_000 else cap // 2 if cap >= 1_000 else cap
    universe = [name for name in wanted if _affordable([name], min(share, limits.name_weight_bps(name)), capital)]
    universe = universe[:MAX_NAMES]
    if not universe or share <= 0:
        return None
    each = min(share, *(limits.name_weight_bps(name) for name in universe), limits.max_sector_bps)
    universe = _affordable(universe, each, capital)
    parking = _parking(names, capital)
    if not universe or each <= 0:
        return None
    stop = 500 if profile.max_loss_bps is None else max(100, min(500, profile.max_loss_bps))
    return _common(preset, row) | {
        "strategy": {"id": preset, **row["signals"]},
        "risk": _signal_risk(row, f"{stop // 100}.{stop % 100:02d}", f"{each // FULL_BPS}.{each % FULL_BPS:04d}"),
        "universe": {"tickers": [name.ticker for name in universe] + ([parking.ticker] if parking else [])},
        "sizing": {"method": "per_signal", "name_bps": each, "parking": parking.ticker if parking else None},
        "constraints": {"max_positions": max(1, min(len(universe), cap // each))},
    }


def _signal_risk(row: dict[str, Any], stop_percent: str, position: str) -> dict[str, Any]:
    return {
        "stop_loss": {"enabled": True, "percent": stop_percent},
        "take_profit": _percent(row.get("take_profit")),
        "trailing_stop": _percent(row.get("trailing_stop")),
        "max_position_size": position,
    }


def _percent(value: int | None) -> dict[str, Any]:
    return {"enabled": False} if value is None else {"enabled": True, "percent": value}


def _target_content(
    preset: str, row: dict[str, Any], names: Sequence[Instrument], limits: Limits, cap: int, capital: int
) -> dict[str, Any]:
    """A preset of fixed weights; what a limit takes away from one name goes to the parking product."""
    targets: dict[str, int] = {}
    by_sector: dict[str, int] = {}
    equity_left = cap
    for part in row["shares"]:
        each = part["bps"] // part["names"]
        pool = [name for name in names if name.asset.value in part["assets"] and name.ticker not in targets]
        if part.get("etf_only"):
            pool = [name for name in pool if name.kind is Kind.ETF]
        if part.get("riskier_first"):
            pool.sort(key=lambda name: name.product_risk)
        for name in _affordable(pool, each, capital)[: part["names"]]:
            weight = min(each, limits.name_weight_bps(name))
            exposure = equity_exposure_bps(name)
            if exposure:
                room = limits.max_sector_bps - by_sector.get(name.sector, 0)
                weight = min(weight, room, equity_left * FULL_BPS // exposure)
            weight = weight // 100 * 100  # whole percents read better and never exceed a limit
            if weight <= 0 or not _affordable([name], weight, capital):
                continue
            targets[name.ticker] = weight
            equity_left -= -(-weight * exposure // FULL_BPS)
            by_sector[name.sector] = by_sector.get(name.sector, 0) + (weight if exposure else 0)
    parking = _parking(names, capital)
    rest = FULL_BPS - RESERVE_BPS - sum(targets.values())
    if parking is not None and rest > 0:
        targets[parking.ticker] = min(targets.get(parking.ticker, 0) + rest, limits.name_weight_bps(parking))
    if not targets:
        raise one_problem("sizing.targets", "한도 안에서 담을 상품이 없어요. 제외한 업종이나 손실 한도를 바꿔 주세요.")
    month = row.get("monthly_session")
    return _common(preset, row) | {
        "strategy": {"id": preset},
        "universe": {"tickers": list(targets)},
        "sizing": {"method": "targets", "targets": targets},
        "constraints": {"max_positions": len(targets)},
        "schedule": {"every": "month", "session_of_month": month} if month else {"every": "close"},
    }

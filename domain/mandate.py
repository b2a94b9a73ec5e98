"""Standing approvals: what a signed mandate allows, and the reduce-only exit mandate that outlives it.

Contract: pure; money int won, quantities int shares, hours KST wall time. `permits` answers None or the first bound
that the leg breaks. A mandate's text is its bounds: `bounds_hash` is what the person signs. Does not know profiles or
cash.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from domain.clock import KST, format_moment
from domain.ids import payload_hash
from domain.money import format_won
from domain.orders.types import Side


class MandateKind(StrEnum):
    CYCLE = "cycle"
    STRATEGY = "strategy"
    SAVINGS = "savings"


KIND_LABELS = {
    MandateKind.CYCLE: "정기 점검",
    MandateKind.STRATEGY: "전략 자동매매",
    MandateKind.SAVINGS: "적립식 매수",
}


@dataclass(frozen=True, slots=True)
class Mandate:
    """Bounds of a standing approval. Empty `tickers` and `sectors` together allow nothing; a ticker passes if either
    names it. `max_per_order` and `max_per_day` bound the value of buys, won; `from_time` ≤ t < `until_time`."""

    mandate_id: UUID
    account_ref: str
    kind: MandateKind
    tickers: frozenset[str]
    sectors: frozenset[str]
    max_per_order: int
    max_per_day: int
    from_time: time
    until_time: time
    expires_at: datetime
    strategy_hash: str | None = None
    sides: frozenset[Side] = frozenset(Side)

    def __post_init__(self) -> None:
        if self.max_per_order <= 0 or self.max_per_day <= 0:
            raise ValueError(f"expected positive bounds in won, was {self.max_per_order} and {self.max_per_day}")
        if self.from_time >= self.until_time:
            raise ValueError(f"expected from_time < until_time, was {self.from_time} and {self.until_time}")
        if self.expires_at.tzinfo is None:
            raise ValueError(f"expected an aware expiry, was {self.expires_at!r}")
        if (self.kind is MandateKind.STRATEGY) != (self.strategy_hash is not None):
            raise ValueError(f"expected a strategy_hash exactly for kind strategy, was {self.kind.value}")


@dataclass(frozen=True, slots=True)
class Usage:
    """What the mandate has bought today, resting orders included, won."""

    bought_today: int = 0


@dataclass(frozen=True, slots=True)
class ExitMandate:
    """Reduce-only authority over one position; it ends with the position and with nothing else.

    Born from the approval or mandate of the entry (`source_id`), so stops work when everything else has expired.
    """

    exit_mandate_id: UUID
    account_ref: str
    ticker: str
    sleeve: str
    source_id: UUID


class Request(NamedTuple):
    """A leg as a mandate sees it; `value` is quantity at the price that counts, won."""

    ticker: str
    sector: str
    side: Side
    value: int
    at: datetime  # market time
    wall: datetime  # for the expiry
    reduces: bool
    strategy_hash: str | None = None


class Breach(NamedTuple):
    """The bound that a request breaks. `room` is the value that would still pass where lowering helps, else None.
    `figures` fill the places of `sentence`; without any it is said as it is."""

    bound: str  # expiry | strategy | side | universe | hours | per_order | per_day
    sentence: str
    was: int = 0
    limit: int = 0
    room: int | None = None
    figures: tuple[object, ...] = ()

    @property
    def message(self) -> str:
        return self.sentence.format(*self.figures) if self.figures else self.sentence


class Won(int):
    """An amount that a sentence writes as people do."""

    def __format__(self, spec: str) -> str:
        return format_won(int(self))


def bounds_of(mandate: Mandate) -> dict[str, Any]:
    """The bounds as plain JSON: what is stored, hashed and signed."""
    return {
        "tickers": sorted(mandate.tickers),
        "sectors": sorted(mandate.sectors),
        "max_per_order": mandate.max_per_order,
        "max_per_day": mandate.max_per_day,
        "from_time": mandate.from_time.isoformat("minutes"),
        "until_time": mandate.until_time.isoformat("minutes"),
        "sides": sorted(side.value for side in mandate.sides),
    }


def mandate_of(
    mandate_id: UUID,
    account_ref: str,
    kind: str,
    strategy_hash: str | None,
    bounds: Mapping[str, Any],
    expires_at: datetime,
) -> Mandate:
    """The mandate of a stored row. Raises ValueError or KeyError for bounds that are not ours, of whatever shape."""
    try:
        return Mandate(
            mandate_id=mandate_id,
            account_ref=account_ref,
            kind=MandateKind(kind),
            tickers=frozenset(bounds["tickers"]),
            sectors=frozenset(bounds["sectors"]),
            max_per_order=int(bounds["max_per_order"]),
            max_per_day=int(bounds["max_per_day"]),
            from_time=time.fromisoformat(bounds["from_time"]),
            until_time=time.fromisoformat(bounds["until_time"]),
            expires_at=expires_at,
            strategy_hash=strategy_hash,
            sides=frozenset(Side(side) for side in bounds["sides"]),
        )
    except (TypeError, OverflowError) as error:
        raise ValueError(f"expected bounds of a mandate, was a row with {type(error).__name__}") from error


def bounds_hash(mandate: Mandate) -> str:
    """Hash of everything that the signature covers: id, account, kind, strategy, bounds, expiry."""
    return payload_hash(
        {
            "mandate_id": str(mandate.mandate_id),
            "account_ref": mandate.account_ref,
            "kind": mandate.kind.value,
            "strategy_hash": mandate.strategy_hash,
            "bounds": bounds_of(mandate),
            "expires_at": mandate.expires_at.astimezone(KST).isoformat(),
        }
    )


def permits(mandate: Mandate, request: Request, usage: Usage) -> Breach | None:
    """None if the mandate covers the request. A reducing sale ignores the expiry and the value bounds, not the rest."""
    if not request.reduces and request.wall >= mandate.expires_at:
        return Breach("expiry", f"위임이 {format_moment(mandate.expires_at)}에 끝났어요.")
    if mandate.strategy_hash is not None and request.strategy_hash != mandate.strategy_hash:
        return Breach("strategy", "위임한 전략과 지금 전략의 내용이 달라요. 다시 위임해 주세요.")
    if request.side not in mandate.sides:
        return Breach("side", f"이 위임은 {'매수' if request.side is Side.BUY else '매도'}를 허락하지 않아요.")
    if request.ticker not in mandate.tickers and request.sector not in mandate.sectors:
        return Breach("universe", "{} 종목은 위임 범위에 없어요.", figures=(request.ticker,))
    at = request.at.astimezone(KST).time()
    if not mandate.from_time <= at < mandate.until_time:
        return Breach("hours", f"위임한 시간({_hours(mandate)})이 아니에요.")
    if request.reduces:
        return None
    if request.value > mandate.max_per_order:
        return Breach(
            "per_order",
            "위임은 한 번에 {}까지예요. 이 주문은 {}이에요.",
            request.value,
            mandate.max_per_order,
            min(mandate.max_per_order, max(0, mandate.max_per_day - usage.bought_today)),
            (Won(mandate.max_per_order), Won(request.value)),
        )
    total = usage.bought_today + request.value
    if request.side is Side.BUY and total > mandate.max_per_day:
        return Breach(
            "per_day",
            "위임은 하루 {}까지예요. 이 주문까지 더하면 {}이에요.",
            total,
            mandate.max_per_day,
            max(0, mandate.max_per_day - usage.bought_today),
            (Won(mandate.max_per_day), Won(total)),
        )
    return None


def describe(mandate: Mandate, names: Mapping[str, str]) -> tuple[str, ...]:
    """The bounds in Korean, one line each, for the card that the person signs; `names` maps tickers to names."""
    stocks = [f"{names.get(t, t)}({t})" for t in sorted(mandate.tickers)]
    universe = ", ".join([*stocks, *(f"{s} 업종" for s in sorted(mandate.sectors))]) or "없음"
    sides = "·".join(label for side, label in ((Side.BUY, "매수"), (Side.SELL, "매도")) if side in mandate.sides)
    lines = [
        f"종류: {KIND_LABELS[mandate.kind]}",
        f"범위: {universe}",
        f"주문: {sides}",
        f"한 번에: {format_won(mandate.max_per_order)}까지",
        f"하루에: {format_won(mandate.max_per_day)}까지",
        f"시간: {_hours(mandate)}",
        f"기한: {mandate.expires_at.astimezone(KST).year}년 {format_moment(mandate.expires_at)}까지",
    ]
    if mandate.strategy_hash is not None:
        lines.append("전략의 내용이 바뀌면 이 위임도 끝나요.")
    lines.append("손실을 줄이는 매도는 기한이 지나도 보유하는 동안 계속돼요.")
    return tuple(lines)


def _hours(mandate: Mandate) -> str:
    return f"{mandate.from_time:%H:%M}~{mandate.until_time:%H:%M}"

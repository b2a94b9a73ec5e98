"""What a model may say about the candidates: which of them come first, and which to leave out. Pure.

Contract: only names that the rules put on the list; what the user asked for, a fixed mix's names and what is steady
stay on it whatever a model thinks, and at least half of the list. An unknown name raises ValueError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, Field

from domain.instruments import Instrument, Instruments
from domain.limits import is_safe
from nodes.asked import Asked
from nodes.investor import Investor
from nodes.selector.rules import Candidate, select
from tools.ports import Headline

MAX_HEADLINES = 20
MOST_PICKS = 24  # a fixed mix may name more than rules would choose by themselves


@dataclass(frozen=True, slots=True)
class Market:
    """What is chosen from."""

    table: Instruments
    investor: Investor
    headlines: Sequence[Headline]
    asked: Asked


class PicksReply(BaseModel):
    """The candidates in a model's order."""

    tickers: list[str] = Field(
        min_length=1,
        max_length=MOST_PICKS,
        description="후보 목록에 있는 종목코드를 더 볼 만한 순서로. 목록에 없는 코드는 쓰지 않는다.",
    )


def told(market: Market) -> Mapping[str, str]:
    """Candidates and headlines as the prompt gets them; headlines are quoted data."""
    found = select(market.table, market.investor, market.headlines, market.asked.tickers, market.asked.sectors)
    lines = []
    for each in found:
        row = market.table.get(each.ticker)
        name = f"{row.name} · {row.sector}" if row is not None else ""
        lines.append(f"{each.ticker} {name} · 점수 {each.score} · 뉴스 {each.headlines}")
    titles = [f"“{headline.title[:80]}” ({', '.join(headline.tickers)})" for headline in market.headlines]
    return {
        "candidates": "\n".join(lines) or "없음",
        "headlines": "\n".join(titles[:MAX_HEADLINES]) or "없음",
        "asked": ", ".join((*market.asked.tickers, *market.asked.sectors)) or "없음",
    }


def picked(market: Market, ruled: Sequence[Candidate], reply: PicksReply) -> tuple[Candidate, ...]:
    """The rules' candidates in the model's order."""
    known = {each.ticker: each for each in ruled}
    wanted = list(dict.fromkeys(reply.tickers))
    unknown = [ticker for ticker in wanted if ticker not in known]
    if unknown:
        raise ValueError(f"expected tickers of the list, was {', '.join(unknown)[:60]}")
    stay = [each.ticker for each in ruled if each.ticker not in wanted and _stays(market, each.ticker)]
    free = [each.ticker for each in ruled if each.ticker not in wanted and each.ticker not in stay]
    kept = len(wanted) + len(stay)
    fill = free[: max(0, -(-len(ruled) // 2) - kept)]
    return tuple(known[ticker] for ticker in (*wanted, *stay, *fill))


def _stays(market: Market, ticker: str) -> bool:
    row: Instrument | None = market.table.get(ticker)
    playbook = market.investor.playbook
    if row is None or is_safe(row) or market.asked.wants(row):
        return True
    return playbook is not None and ticker in playbook.weights

"""Which names are worth a look for this investor, and why. Pure.

Contract: only what the grade allows and the user does not exclude; at most `MAX_CANDIDATES`; never empty as long as one
allowed name exists, because careful grades fall back on bonds and cash-like funds. Headlines count by a small word list
and are bounded, so that noise cannot outweigh the user's own wishes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.instruments import Asset, Instrument, Instruments, Kind
from domain.limits import is_safe
from domain.suitability import Grade
from nodes.investor import Investor
from tools.ports import Headline

MAX_CANDIDATES = 6
_RISKY_SLOTS = 4  # of the candidates, so that something steady is always among them

GOOD = ("상회", "확대", "수주", "호실적", "최대", "급증", "상향", "흑자", "개선", "성장", "강세", "신고가", "배당")
BAD = ("하회", "부진", "적자", "하향", "급감", "리콜", "소송", "횡령", "악화", "감소", "약세", "신저가", "제재", "조사")


@dataclass(frozen=True, slots=True)
class Candidate:
    """`score` 0..100; `sentiment` is the balance of good and bad headlines."""

    ticker: str
    score: int
    sentiment: int
    headlines: int
    reasons: tuple[str, ...]


def sentiment(title: str) -> int:
    """+1, 0 or -1 by the words of a headline."""
    balance = sum(word in title for word in GOOD) - sum(word in title for word in BAD)
    return (balance > 0) - (balance < 0)


def select(
    table: Instruments, investor: Investor, headlines: Sequence[Headline], focus: Sequence[str] = ()
) -> tuple[Candidate, ...]:
    """Candidates, best first. With a focus the named ones come first, as far as they are allowed."""
    allowed = [row for row in table.all() if investor.may_buy(row)]
    named = [row for row in allowed if row.ticker in focus]
    rated = sorted((row for row in allowed if row not in named), key=lambda row: -_rate(row, investor, headlines).score)
    risky = [row for row in rated if not is_safe(row)]
    steady = [row for row in rated if is_safe(row)]
    wanted = 0 if investor.careful and not any(row.sector in investor.preferred for row in risky) else _RISKY_SLOTS
    picked = [*named, *_varied(risky, max(0, wanted - len(named)))]
    picked += _varied(steady, MAX_CANDIDATES - len(picked))
    picked += [row for row in risky if row not in picked][: MAX_CANDIDATES - len(picked)]
    return tuple(_rate(row, investor, headlines) for row in picked[:MAX_CANDIDATES])


def _varied(rows: Sequence[Instrument], count: int) -> list[Instrument]:
    """The best `count`, at most two of one kind of one sector, so that a list is not six of the same."""
    picked: list[Instrument] = []
    for row in rows:
        if len(picked) == count:
            break
        alike = sum(other.sector == row.sector and other.asset is row.asset for other in picked)
        if alike < 2:
            picked.append(row)
    return picked


def _rate(row: Instrument, investor: Investor, headlines: Sequence[Headline]) -> Candidate:
    about = [headline for headline in headlines if row.ticker in headline.tickers]
    balance = max(-2, min(2, sum(sentiment(headline.title) for headline in about)))
    liked = row.sector in investor.preferred
    score = 30 + (40 if liked else 0) + 10 * balance + min(5, len(about)) + _fit(row, investor)
    reasons = []
    if liked:
        reasons.append(f"선호 업종 {row.sector}")
    elif is_safe(row):
        reasons.append("원금 변동이 작은 상품")
    elif row.sector == "시장대표":
        reasons.append("시장 전체에 나눠 투자")
    else:
        reasons.append(f"{row.sector} 대표 종목")
    if balance:
        reasons.append("최근 뉴스가 우호적" if balance > 0 else "최근 뉴스가 부정적")
    return Candidate(row.ticker, max(0, min(100, score)), balance, len(about), tuple(reasons))


def _fit(row: Instrument, investor: Investor) -> int:
    """Careful money likes short and steady, bold money likes single names; broad funds suit everybody."""
    if investor.grade is Grade.AGGRESSIVE or investor.grade is Grade.ACTIVE:
        return (
            10 if row.kind is Kind.STOCK else 8 if row.sector == "시장대표" else 5 if row.asset is Asset.EQUITY else 0
        )
    if investor.careful:
        return 2 * row.product_risk
    return 10 if row.asset is Asset.MIXED else 6 if is_safe(row) else 0

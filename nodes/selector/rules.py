"""Which names are worth a look for this investor, and how well they rate. Pure.

Contract: only what the profile allows; what the user asked for by name or sector comes before everything, then the
strategy's own names, then a varied list; never empty as long as one allowed name exists, because careful grades fall
back on bonds and cash-like funds. Headlines count by their mood and are bounded, so that noise cannot outweigh the
user's own wishes. What was asked for and may not be is said by `unmet`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.hangul import josa
from domain.instruments import Asset, Instrument, Instruments, Kind
from domain.limits import is_safe
from domain.news.moods import Mood, mood_of
from domain.suitability import Grade
from nodes.investor import Investor
from tools.ports import Headline

MAX_CANDIDATES = 6
_RISKY_SLOTS = 4  # of the candidates, so that something steady is always among them

_SIGN = {Mood.POSITIVE: 1, Mood.NEUTRAL: 0, Mood.NEGATIVE: -1}


@dataclass(frozen=True, slots=True)
class Candidate:
    """`score` 0..100; `sentiment` is the balance of good and bad headlines, `headlines` how many there were."""

    ticker: str
    score: int
    sentiment: int
    headlines: int


def sentiment(title: str) -> int:
    """+1, 0 or -1 by the words of a headline."""
    return _SIGN[mood_of(title).mood]


def sentiment_of(headline: Headline) -> int:
    """The same of a headline whose mood may have been read already, by a model for example."""
    if headline.score is None:
        return sentiment(headline.title)
    return (headline.score > 0) - (headline.score < 0)


def select(
    table: Instruments,
    investor: Investor,
    headlines: Sequence[Headline],
    focus: Sequence[str] = (),
    sectors: Sequence[str] = (),
) -> tuple[Candidate, ...]:
    """Candidates, best first. A request that nothing allowed fits is as good as none."""
    rated = [(row, _rate(row, investor, headlines)) for row in table.all() if investor.may_buy(row)]
    rated.sort(key=lambda pair: (not investor.can_afford(pair[0], pair[0].level), -pair[1].score))
    allowed = [row for row, _ in rated]
    picked = asked_for(allowed, focus, sectors) or _in_strategy(allowed, investor) or _varied_list(allowed, investor)
    found = {candidate.ticker: candidate for _, candidate in rated}
    return tuple(found[row.ticker] for row in picked)


def asked_for(rows: Sequence[Instrument], focus: Sequence[str], sectors: Sequence[str]) -> list[Instrument]:
    """The named ones, then those of the named sectors."""
    named = [row for row in rows if row.ticker in focus]
    return [*named, *(row for row in rows if row.sector in sectors and row not in named)][:MAX_CANDIDATES]


def _in_strategy(rows: Sequence[Instrument], investor: Investor) -> list[Instrument]:
    """The names of the strategy: all of a fixed mix; where signals decide, the best and the parking of idle money."""
    playbook = investor.playbook
    if playbook is None:
        return []
    own = [row for row in rows if row.ticker in playbook.universe]
    if not any(investor.can_afford(row, row.level) for row in own):
        return []
    if playbook.weights:
        return sorted(own, key=lambda row: -playbook.weights.get(row.ticker, 0))
    parked = [row for row in own if row.ticker == playbook.parking]
    return [*[row for row in own if row not in parked][: MAX_CANDIDATES - len(parked)], *parked]


def _varied_list(rows: Sequence[Instrument], investor: Investor) -> list[Instrument]:
    risky = [row for row in rows if not is_safe(row)]
    steady = [row for row in rows if is_safe(row)]
    wanted = 0 if investor.careful and not any(row.sector in investor.preferred for row in risky) else _RISKY_SLOTS
    picked = _varied(risky, wanted)
    picked += _varied(steady, MAX_CANDIDATES - len(picked))
    picked += [row for row in risky if row not in picked][: MAX_CANDIDATES - len(picked)]
    return picked[:MAX_CANDIDATES]


def unmet(table: Instruments, investor: Investor, focus: Sequence[str], sectors: Sequence[str]) -> tuple[str, ...]:
    """Why what was asked for is not among the candidates; Korean sentences, empty when everything is."""
    said = []
    for ticker in focus:
        row = table.get(ticker)
        if row is not None and not investor.may_buy(row):
            said.append(f"{josa(row.name, '은/는')} {_why_not(row, investor)} 추천에서 뺐어요.")
    for sector in sectors:
        rows = table.by_sector(sector)
        if rows and not any(investor.may_buy(row) for row in rows):
            said.append(f"{sector} 상품은 {_why_not(rows[0], investor)} 추천할 수 없어요.")
    return tuple(said)


def _why_not(row: Instrument, investor: Investor) -> str:
    if row.sector in investor.excluded:
        return "제외해 달라고 하셔서"
    if row.status != "normal":
        return "거래에 주의가 필요한 종목이라"
    if not investor.limits.allows(row):
        return f"{investor.grade.value} 성향이나 손실 한도보다 위험해서"
    return "고르신 투자 방식이나 손실 한도에 맞지 않아서"


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
    balance = max(-2, min(2, sum(sentiment_of(headline) for headline in about)))
    liked = row.sector in investor.preferred
    score = 30 + (40 if liked else 0) + 10 * balance + min(5, len(about)) + _fit(row, investor)
    return Candidate(row.ticker, max(0, min(100, score)), balance, len(about))


def _fit(row: Instrument, investor: Investor) -> int:
    """Careful money likes short and steady, bold money likes single names; broad funds suit everybody."""
    if is_safe(row) and row.asset is investor.rest:
        return 12 + row.product_risk
    if investor.grade is Grade.AGGRESSIVE or investor.grade is Grade.ACTIVE:
        return (
            10 if row.kind is Kind.STOCK else 8 if row.sector == "시장대표" else 5 if row.asset is Asset.EQUITY else 0
        )
    if investor.careful:
        return 2 * row.product_risk
    return 10 if row.asset is Asset.MIXED else 6 if is_safe(row) else 0

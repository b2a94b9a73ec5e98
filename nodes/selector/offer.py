"""The names that the news speaks of, told to who asks for news: the best few that the profile allows, each with
the parts of its score. Pure.

Contract: nothing is proposed and no target follows; every number is a figure. Made-up headlines are named so in the
first line. Empty when the profile allows none of the names.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain.instruments import Instruments
from domain.news.candidates import candidates
from domain.news.listing import listing_of
from nodes.asking import Block, block
from nodes.investor import Investor
from nodes.selector.fitting import fitting
from nodes.selector.parts import part_figures, stories
from tools.ports import Headline

SHOWN = 3
OFFERED = "뉴스로 본 후보예요. 볼거리이지 매수 권유가 아니에요."
MADE_UP = "시연 뉴스로 만든 예시 후보예요. 실제 보도가 아니에요."


def candidates_block(
    table: Instruments, headlines: Sequence[Headline], investor: Investor, now: datetime
) -> list[Block]:
    """One block, or none."""
    rated = candidates(stories(headlines), listing_of(table), investor.preferred)
    found = fitting(rated, investor, table, SHOWN)
    if not found.candidates:
        return []
    lines, figures = [], []
    for at, (each, instrument) in enumerate(found.candidates, start=1):
        own = [figure.model_copy(update={"id": f"c{at}.{figure.id}"}) for figure in part_figures(each, now)]
        figures += own
        lines.append(
            f"· {instrument.name}({instrument.ticker}) {{{{f:c{at}.s.score}}}}점: 시가총액 {{{{f:c{at}.s.cap_tier}}}}, "
            f"분위기 {{{{f:c{at}.s.sentiment}}}}, 뉴스 수 {{{{f:c{at}.s.count}}}}, 선호 {{{{f:c{at}.s.priority}}}}"
        )
    first = MADE_UP if any(headline.demo for headline in headlines) else OFFERED
    data: dict[str, Any] = {"figures": [figure.to_json() for figure in figures]}
    return [block("candidates", "\n".join([first, *lines]), **data)]

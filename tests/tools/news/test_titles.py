"""The broker's titles through the read door: joined where they are real, named where they are not."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from news_names import small_listing

from domain.clock import KST, ManualClock
from domain.news.matching import Matcher
from domain.proto import oms_pb2 as pb
from graph.news_job import open_news_job
from tools.news.crawl import crawl
from tools.news.titles import MADE_UP, NOT_OFFERED, NOT_RUNNING, broker_news, of_door
from tools.ports import PortUnavailable
from tools.settings import Settings

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=KST)


def reply(source: str = "live", *, offered: bool = True) -> pb.NewsTitlesReply:
    told = pb.NewsTitlesReply(offered=offered, source=source)
    title = told.titles.add(title="삼성전자 3분기 호실적에 급등", source="인포스탁", tickers=["005930"])
    title.at.FromDatetime(NOW - timedelta(hours=1))
    return told


async def read(answer: pb.NewsTitlesReply | Exception) -> tuple[list[tuple[str, tuple[str, ...]]], str]:
    async def ask() -> pb.NewsTitlesReply:
        if isinstance(answer, Exception):
            raise answer
        return answer

    run = await crawl([of_door(ask)], Matcher(small_listing()), ManualClock(NOW))
    return [(story.title, story.codes) for story in run.news], run.sources[0].message


async def test_real_titles_join_with_their_tickers() -> None:
    news, said = await read(reply())
    assert news == [("삼성전자 3분기 호실적에 급등", ("005930",))]
    assert said == ""


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (reply(offered=False), NOT_OFFERED),
        (reply("sim"), MADE_UP),
        (PortUnavailable("증권사에 닿지 않아요.", where="oms"), "증권사에 닿지 않아요."),
    ],
)
async def test_titles_that_are_not_offered_made_up_or_unreachable_are_left_out_and_said_so(
    answer: pb.NewsTitlesReply | Exception, said: str
) -> None:
    assert await read(answer) == ([], said)


async def test_the_job_asks_the_broker_first_and_says_when_nothing_runs(tmp_path: Path) -> None:
    settings, clock = Settings(home=tmp_path), ManualClock(NOW)
    async with open_news_job(settings, clock) as job:
        assert job.sources[0].name == broker_news(settings).name
        run = await crawl([job.sources[0]], Matcher(small_listing()), clock)
    assert (run.news, run.sources[0].message) == ((), NOT_RUNNING)

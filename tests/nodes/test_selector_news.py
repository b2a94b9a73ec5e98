"""The selector's job and what a person gets of it: due or not, by model or by rules, filtered by the profile."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes import START, FakeNews, give_profile, make_ports
from news_names import small_listing

from domain.clock import KST, ManualClock
from domain.instruments import Instruments
from domain.news.candidates import WEIGHTS, News, candidates
from domain.news.due import due, next_run
from domain.news.likeness import distinct
from domain.news.listing import Listed, Product, Size
from domain.news.matching import Matcher
from domain.suitability import Grade
from graph.news_job import news_port
from nodes.investor import Investor, investor_of
from nodes.respond.pieces import IN_WORDS
from nodes.respond.rules import compose
from nodes.selector.fitting import RISK, SECTOR, STATUS, fitting
from nodes.selector.moods import MOODS, MoodsReply, merged, moods, ruled
from nodes.selector.node import selector
from nodes.selector.offer import MADE_UP, OFFERED
from nodes.selector.refresh import ALL_DOWN, NO_LAKE, NewsJob, refresh
from tools.lake import LakeUnavailable, folder_lake
from tools.news.crawl import Run
from tools.news.faults import SourceFailed
from tools.news.feeds import Item
from tools.news.stored import RunShelf, StoredNews
from tools.ports import Headline, StoredProfile
from tools.settings import Broker, Settings

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=KST)
TABLE = Instruments.load()


@dataclass
class Papers:
    """A source that tells these titles; none: it is down."""

    titles: Sequence[str]
    clock: ManualClock
    name: str = "신문"

    async def read(self, now: datetime) -> list[Item]:
        if not self.titles:
            raise SourceFailed("unreachable", "서버에 닿지 않아요.")
        return [Item(title, "https://news.example/1", now, self.name) for title in self.titles]


def job(tmp_path: Path, clock: ManualClock, *titles: str) -> NewsJob:
    shelf = RunShelf(lambda: folder_lake(tmp_path / "lake"))
    return NewsJob([Papers(titles, clock)], Matcher(small_listing()), shelf, clock)


@pytest.mark.parametrize(
    ("now", "last", "owed"),
    [
        (NOON, None, True),
        (NOON, NOON, False),
        (NOON + timedelta(hours=5), NOON, False),
        (NOON, NOON - timedelta(minutes=1), True),
        (NOON + timedelta(hours=12), NOON + timedelta(hours=11, minutes=59), True),
        (NOON + timedelta(hours=11, minutes=59), NOON + timedelta(seconds=5), False),
        (NOON - timedelta(hours=1), NOON, True),  # a clock that was set back
    ],
)
def test_the_news_is_due_at_midnight_and_noon_in_korea(now: datetime, last: datetime | None, owed: bool) -> None:
    assert due(now, last) is owed
    assert next_run(now) > now
    assert next_run(now).hour in (0, 12)


async def test_a_run_is_made_when_due_and_kept_and_read_back(tmp_path: Path) -> None:
    clock = ManualClock(NOON)
    work = job(tmp_path, clock, "삼성전자, 3분기 호실적에 급등", "대상 확대 안내")
    done = await refresh(work)
    assert done.run is not None
    assert done.why == ""
    assert (await refresh(work)).run is None
    [first, second] = await StoredNews(work.shelf, FakeNews(), clock).headlines()
    assert (first.tickers, first.demo) == (("005930",), False)
    assert first.score is not None
    assert first.score > 0
    assert second.tickers == ()


async def test_when_every_source_is_down_the_last_news_stays_with_its_age(tmp_path: Path) -> None:
    clock = ManualClock(NOON)
    await refresh(job(tmp_path, clock, "삼성전자 급등"))
    clock.advance(30 * 3600)
    silent = job(tmp_path, clock)
    done = await refresh(silent)
    assert done.why == ALL_DOWN
    [old] = await StoredNews(silent.shelf, FakeNews(), clock).headlines()
    assert old.source == "신문, 30시간 전 자료"


async def test_before_any_run_and_without_a_lake_the_demonstration_is_shown_and_named(tmp_path: Path) -> None:
    def away() -> Any:
        raise LakeUnavailable("expected the lake to answer, was away")

    clock = ManualClock(NOON)
    demo = FakeNews([Headline("시연 제목", "시연", NOON, (), True)])
    for shelf in (RunShelf(lambda: folder_lake(tmp_path / "none")), RunShelf(away)):
        assert [row.demo for row in await StoredNews(shelf, demo, clock).headlines()] == [True]
    work = job(tmp_path, clock, "삼성전자 급등")
    assert (await refresh(NewsJob(work.sources, work.matcher, RunShelf(away), clock))).why == NO_LAKE


async def test_a_broken_file_on_the_shelf_hides_no_older_run(tmp_path: Path) -> None:
    clock = ManualClock(NOON)
    work = job(tmp_path, clock, "삼성전자 급등")
    await refresh(work)
    folder_lake(tmp_path / "lake").write("news/99990101T000000Z.json", b'{"schema": 1, "at": ')
    run = await work.shelf.newest()
    assert isinstance(run, Run)
    assert run.at == NOON


def test_stories_told_twice_are_one_and_other_numbers_are_another_story() -> None:
    titles = [
        "[특징주] 삼성전자, 3분기 영업익 10조원에 급등",
        "삼성전자, 3분기 영업익 10조원에 급등 (종합)",
        "삼성전자 3분기 영업익 10조원에 급등-가나증권",
        "삼성전자, 3분기 영업익 12조원에 급등",
        "SK하이닉스, 메모리 공급 계약 체결",
    ]
    assert distinct(titles) == [0, 0, 0, 3, 4]


def story(code: str, score: float, hours: int = 1) -> News:
    return News(f"제목 {code}", "신문", "", NOON - timedelta(hours=hours), (code,), "neutral", score)


def test_a_score_is_the_weighted_sum_of_its_four_parts() -> None:
    found = candidates([story("005930", 1.0), story("005930", 0.0), story("000660", -1.0)], small_listing(), ["000660"])
    best, other = found
    assert dict(best.parts) == {"cap_tier": 1.0, "sentiment": 0.75, "count": 1.0, "priority": 0.0}
    assert best.score == pytest.approx(0.25 + 0.40 * 0.75 + 0.25)
    assert (best.headlines, other.parts["sentiment"], other.parts["priority"]) == (2, 0.0, 1.0)
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)
    assert other.parts["count"] == pytest.approx(0.6309, abs=1e-3)


def investor(grade: Grade, **content: Any) -> Investor:
    stored = StoredProfile(1, grade.value, 50, {"capital_krw": 20_000_000, **content}, START, START + timedelta(days=9))
    found = investor_of(stored, START, 100_000_000)
    assert found is not None
    return found


def test_candidates_are_filtered_by_grade_sector_and_state_and_the_rest_is_counted() -> None:
    listing = small_listing()
    halted = Listed("999990", "가나", "KOSDAQ", Size.LARGE, Product.STOCK, status="halted")
    small = Listed("999980", "다라", "KOSDAQ", Size.SMALL, Product.STOCK)
    extra = type(listing)([*listing, halted, small], "2026-07-24")
    news = [story(code, 0.5) for code in ("005930", "035720", "999990", "999980", "259960")]
    rated = candidates(news, extra)
    active = fitting(rated, investor(Grade.ACTIVE, excluded_sectors=("인터넷",)), TABLE, 10)
    kept = {each.row.code for each, _ in active.candidates}
    assert "005930" in kept
    assert not kept & {"035720", "999990", "999980"}
    assert active.left_out == {SECTOR: 1, STATUS: 1, RISK: 1}
    assert fitting(rated, investor(Grade.STABLE), TABLE, 10).candidates == ()
    assert len(fitting(rated, investor(Grade.AGGRESSIVE), TABLE, 1).candidates) == 1


async def test_without_a_model_the_rules_read_every_title() -> None:
    found = await moods(["삼성전자 급등", "카카오 급락", "주주총회 개최"] * 70)
    assert len(found) == 210
    assert [(each.mood, each.by) for each in found[:3]] == [
        ("positive", "rules"),
        ("negative", "rules"),
        ("neutral", "rules"),
    ]


def test_a_models_labels_are_taken_up_one_a_title_and_never_more() -> None:
    titles = ("삼성전자 급등", "카카오 급락")
    agreed, turned = merged(titles, ruled(titles), MoodsReply(moods=["positive", "neutral"]))
    assert (agreed.by, agreed.score) == ("model", ruled(titles)[0].score)
    assert (turned.mood, turned.score) == ("neutral", 0.0)
    with pytest.raises(ValueError, match="expected 2 moods, was 1"):
        merged(titles, ruled(titles), MoodsReply(moods=["positive"]))
    assert MOODS.variables is not None
    assert MOODS.variables(titles)["titles"].startswith("1. “삼성전자 급등”")


async def test_the_room_shows_the_parts_of_a_real_score_and_none_for_made_up_news() -> None:
    real = [Headline("삼성전자, 3분기 호실적에 급등", "신문", START, ("005930",), False)]
    ports = make_ports(news=FakeNews(real))
    await give_profile(ports, Grade.AGGRESSIVE.value)
    update = await selector(ports)({"goal": "propose", "focus": ["005930"]}, None)  # type: ignore[arg-type]
    [report] = [each for each in update["reports"][1:] if each["ticker"] == "005930"]
    figures = {row["id"]: int(row["value"]) for row in report["figures"]}
    parts = ("s.cap_tier", "s.sentiment", "s.count", "s.priority")
    assert abs(sum(figures[part] for part in parts) - figures["s.score"]) <= 2
    ports.news.value = [Headline("삼성전자 급등", "시연", START, ("005930",), True)]  # type: ignore[attr-defined]
    update = await selector(ports)({"goal": "propose", "focus": ["005930"]}, None)  # type: ignore[arg-type]
    assert all("s.score" not in str(report) for report in update["reports"])


async def test_asking_for_news_shows_the_names_that_the_profile_allows_with_the_parts_of_their_score() -> None:
    real = [
        Headline("삼성전자, 3분기 호실적에 급등", "신문", START, ("005930",), False),
        Headline("카카오 신고가", "신문", START, ("035720",), False),
    ]
    ports = make_ports(news=FakeNews(real))
    asked: Any = {"goal": "inform", "focus": []}
    assert (await selector(ports)(asked, None))["say"] == []  # type: ignore[arg-type]
    await give_profile(ports, Grade.AGGRESSIVE.value, excluded_sectors=("인터넷",))
    [said] = (await selector(ports)(asked, None))["say"]  # type: ignore[arg-type]
    reply = compose({**asked, "say": [said]}, None)
    [piece] = [each for each in reply.pieces if each["kind"] == "candidates"]
    told = str(piece["data"][IN_WORDS])
    assert told.startswith(OFFERED)
    assert re.search(r"삼성전자\(005930\) \d+점: 시가총액 25, 분위기 \d+, 뉴스 수 25, 선호 \d+", told)
    assert "카카오" not in told
    listed = {"analyst": "selector", "ticker": None, "stance": "neutral", "confidence": 40, "drivers": ["제목이에요."]}
    report = {**listed, "status": "ok", "as_of": START.isoformat()}
    assert "제목이에요." in compose({**asked, "reports": [report]}, None).text
    assert "제목이에요." not in compose({**asked, "reports": [report], "say": [said]}, None).text
    ports.news.value = [Headline("삼성전자 급등", "시연", START, ("005930",), True)]  # type: ignore[attr-defined]
    [said] = (await selector(ports)(asked, None))["say"]  # type: ignore[arg-type]
    assert said["text"].startswith(MADE_UP)
    ports.news.value = []  # type: ignore[attr-defined]
    assert (await selector(ports)(asked, None))["say"] == []  # type: ignore[arg-type]


async def test_beside_a_real_broker_no_headline_is_made_up(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    clock = ManualClock(NOON)
    assert all(headline.demo for headline in await news_port(settings, clock).headlines())
    paper = settings.model_copy(update={"broker": Broker.PAPER})
    assert await news_port(paper, clock).headlines() == []

"""Each source over the wire: the formats as publishers write them, and each of their failures told by its name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from news_names import small_listing
from news_servers import Publisher, publisher

from domain.clock import KST, ManualClock
from domain.news.matching import Matcher
from tools.news.crawl import Run, crawl
from tools.news.faults import SourceFailed
from tools.news.feeds import items, moment
from tools.news.pages import flashed, searched
from tools.news.polite import Polite
from tools.news.sources import BrokerSource, WebSource, web_sources

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=KST)


@dataclass
class Stage:
    """A publisher, a guest with a memory on disk, and the guest's clock."""

    server: Publisher
    guest: Polite
    clock: ManualClock

    def source(self, path: str, kind: str = "feed", **more: str) -> WebSource:
        return WebSource(f"곳 {path}", kind, self.server.url + path, self.guest, **more)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    clock = ManualClock(NOW)
    async with publisher() as server:
        guest = Polite(tmp_path / "cache", clock, seconds=5.0)
        yield Stage(server, guest, clock)
        await guest.aclose()


async def test_a_feed_in_cdata_and_one_with_a_colon_in_its_zone_are_read(stage: Stage) -> None:
    first, second = await stage.source("/feed/finance").read(NOW)
    assert (first.title, first.link) == ("삼성전자, 3분기 호실적에 급등", "https://news.example/article/1")
    assert first.at == datetime(2026, 11, 23, 9, 43, 21, tzinfo=KST)
    assert second.title == '"너무 올랐나?"…한미반도체, 장 초반 급락'
    [row] = await stage.source("/rss/50200011/").read(NOW)
    assert (row.title, row.at.hour) == ("카카오, 광고 매출 부진에 약세", 9)


async def test_korean_windows_text_is_read_though_the_header_says_utf_8(stage: Stage) -> None:
    rows = await stage.source("/rss/S1N2.xml").read(NOW)
    assert rows[0].title == "기아, 유럽 판매 신기록…점유율 상승 & 수익 개선"
    assert rows[0].link == "https://nd.example/news/articleView.html?idxno=1&page=2"
    assert rows[0].at == datetime(2026, 11, 23, 9, 30, 41, tzinfo=KST)
    assert [row.link for row in rows[1:]] == [""]


async def test_of_a_feed_that_breaks_off_the_items_before_the_break_count(stage: Stage) -> None:
    assert [row.title for row in await stage.source("/broken.xml").read(NOW)] == ["삼성전자, 3분기 호실적에 급등"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/bomb.xml", "not_a_feed"),
        ("/logged-out", "not_a_feed"),
        ("/to-login", "redirected"),
        ("/elsewhere", "redirected"),
        ("/down", "server_error"),
        ("/busy", "too_many"),
        ("/forbidden", "refused"),
        ("/gone", "refused"),
        ("/large", "too_large"),
        ("/private/feed", "robots"),
    ],
)
async def test_every_failure_has_its_name_and_no_items(stage: Stage, path: str, code: str) -> None:
    with pytest.raises(SourceFailed) as failed:
        await stage.source(path).read(NOW)
    assert failed.value.code == code
    assert stage.server.url not in failed.value.message


async def test_a_server_that_keeps_us_waiting_costs_its_deadline_and_no_more(stage: Stage, tmp_path: Path) -> None:
    guest = Polite(tmp_path / "other", stage.clock, seconds=0.2)
    with pytest.raises(SourceFailed) as failed:
        await WebSource("느린 곳", "feed", stage.server.url + "/slow", guest).read(NOW)
    await guest.aclose()
    assert failed.value.code == "timeout"


async def test_a_move_on_the_same_host_is_followed_once(stage: Stage) -> None:
    assert len(await stage.source("/moved").read(NOW)) == 2


async def test_nothing_is_asked_twice_within_ten_minutes_and_later_only_whether_it_changed(stage: Stage) -> None:
    source = stage.source("/feed/finance")
    first = await source.read(NOW)
    assert await source.read(NOW) == first
    assert stage.server.count("/feed/finance") == 1
    stage.clock.advance(601)
    assert await source.read(NOW) == first
    assert stage.server.asked[-1] == ("/feed/finance", '"v1"')


async def test_between_two_pages_of_a_host_there_is_the_pause_it_asks_for(stage: Stage) -> None:
    stage.server.robots = "User-agent: *\nCrawl-delay: 7\n"
    began = stage.clock.monotonic()
    await stage.source("/feed/finance").read(NOW)
    await stage.source("/rss/50200011/").read(NOW)
    assert stage.clock.monotonic() - began >= 14


async def test_where_robots_txt_cannot_be_had_nothing_is_read_and_where_there_is_none_everything(stage: Stage) -> None:
    stage.server.robots_status = 503
    with pytest.raises(SourceFailed, match="robots_unknown"):
        await stage.source("/feed/finance").read(NOW)
    stage.server.robots_status = 404
    assert await stage.source("/feed/finance").read(NOW)


async def test_a_list_of_articles_gives_its_own_articles_of_these_days(stage: Stage) -> None:
    rows = await stage.source("/list", "page", article=r"127\.0\.0\.1:\d+/article/\d+").read(NOW)
    assert [row.title for row in rows] == ["두산에너빌리티, 원전 수주에 강세"]


async def test_a_place_whose_terms_forbid_programs_is_not_asked(stage: Stage) -> None:
    with pytest.raises(SourceFailed, match="terms"):
        await stage.source("/feed/finance", terms="이용약관이 허락하지 않아요.").read(NOW)
    assert stage.server.asked == []
    assert {row.name for row in web_sources(stage.guest) if row.terms != "ok"} >= {"네이버 증권 주요뉴스"}


async def test_one_run_over_good_and_bad_sources_has_the_news_of_the_good_and_names_the_bad(stage: Stage) -> None:
    paths = ("/feed/finance", "/rss/50200011/", "/rss/S1N2.xml", "/down", "/to-login")
    matcher = Matcher(small_listing())
    run = await crawl([stage.source(path) for path in paths], matcher, stage.clock)
    assert {code for story in run.news for code in story.codes} == {"005930", "042700", "035720", "000270"}
    assert [state.code for state in run.sources] == ["ok", "ok", "ok", "server_error", "redirected"]
    best = run.rated(matcher.listing)[0]
    assert best.row.code in ("005930", "000270")
    assert best.score == pytest.approx(sum(row["share"] for row in best.to_json()["parts"].values()), abs=1e-3)
    assert Run.from_json(run.to_json()) == run


async def test_the_same_story_of_two_sources_counts_once(stage: Stage) -> None:
    sources = [stage.source("/feed/finance"), stage.source("/moved")]
    run = await crawl(sources, Matcher(small_listing()), stage.clock)
    assert (run.read, len(run.news)) == (4, 2)


@dataclass(frozen=True)
class Line:
    at: datetime
    title: str
    source: str
    tickers: tuple[str, ...]


async def test_the_brokers_own_tags_count_beside_the_names_in_its_titles() -> None:
    async def ask() -> list[Line]:
        return [
            Line(
                NOW - timedelta(hours=1), "임원ㆍ주요주주 특정증권등 소유주식수 변동", "인포스탁", ("005930", "999999")
            )
        ]

    run = await crawl([BrokerSource(ask)], Matcher(small_listing()), ManualClock(NOW))
    assert [(story.source, story.codes) for story in run.news] == [("인포스탁", ("005930",))]


async def test_a_broker_that_does_not_answer_is_a_source_that_failed() -> None:
    async def ask() -> list[Line]:
        raise ConnectionError

    run = await crawl([BrokerSource(ask)], Matcher(small_listing()), ManualClock(NOW))
    assert (run.news, run.sources[0].code) == ((), "unreachable")


def test_real_items_of_two_papers_are_read(shared_dir: Path) -> None:
    at = datetime(2026, 5, 19, 12, tzinfo=KST)
    for name in ("hankyung_finance_real_items_20260519.xml", "mk_stock_real_items_20260519.xml"):
        [row] = items((shared_dir / "data/newsfeeds" / name).read_bytes(), "", name, at)
        assert "두산로보틱스" in row.title
        assert row.link.startswith("https://")
        assert row.at.date() == at.date()


def test_naver_json_is_read_in_its_three_shapes_and_anything_else_is_no_list() -> None:
    search = (
        '{"items":[{"title":"서울 <b>집값</b> 급등 &quot;규제&quot;","originallink":"https://a.example/1",'
        '"link":"x","pubDate":"Mon, 23 Nov 2026 09:14:03 +0900"}]}'
    )
    [row] = searched(search.encode(), "", "네이버", NOW)
    assert (row.title, row.link) == ('서울 집값 급등 "규제"', "https://a.example/1")
    flash = '{"articles":[{"officeId":"003","articleId":"0013805290","title":"속보","datetime":"2026-11-23 09:43:54"}]}'
    [row] = flashed(flash.encode(), "", "네이버", NOW)
    assert row.link == "https://n.news.naver.com/mnews/article/003/0013805290"
    cluster = (
        '[{"total":1,"items":[{"title":"종목 뉴스","datetime":"202611230935","mobileNewsUrl":"https://n.example/1"}]}]'
    )
    [row] = flashed(cluster.encode(), "", "네이버", NOW)
    assert row.at == datetime(2026, 11, 23, 9, 35, tzinfo=KST)
    for body in (b'{"errorMessage":"x","errorCode":"024"}', b"<html>", b"[" * 100_000):
        with pytest.raises(SourceFailed):
            searched(body, "", "네이버", NOW)


@pytest.mark.parametrize(
    "text", ["", "어제", "2026-13-40 99:99:99", "99999999999999999999", "Tue, 99 May 2026 09:00:00 +0900"]
)
def test_a_time_that_nobody_can_read_is_none(text: str) -> None:
    assert moment(text) is None


def test_times_without_a_zone_are_the_sources_own() -> None:
    assert moment("2026-11-23 00:41:21", UTC) == datetime(2026, 11, 23, 9, 41, 21, tzinfo=KST)

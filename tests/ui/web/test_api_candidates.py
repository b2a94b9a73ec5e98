"""Candidates for who is signed in: filtered by the profile, each part shown, the age said, and no profile no list."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fakes import START, FakeNews, give_profile
from web_seat import Seat, open_seat

from domain.news.candidates import News
from tools.lake import open_lake
from tools.news.crawl import Run, SourceState
from tools.news.stored import RunShelf
from tools.ports import Identity
from ui.web.api.candidates import DEMO, NO_NEWS, NO_PROFILE

HTML = {"Accept": "text/html"}


@pytest.fixture
async def seat(database: Any) -> Any:
    async with open_seat(database) as made:
        yield made


async def keep(seat: Seat, hours_ago: int) -> None:
    at = START - timedelta(hours=hours_ago)
    news = tuple(
        News(f"<b>제목</b> {code}", "신문", "https://news.example/1", at, (code,), "positive", 0.8)
        for code in ("005930", "035720", "000660")
    )
    sources = (SourceState("신문", 3), SourceState("다른 신문", 0, "timeout", "제때 답하지 않아요."))
    run = Run(at, sources, 3, news, "2026-07-24")
    await RunShelf(lambda: open_lake(seat.settings)).put(run)


async def profile(seat: Seat, grade: str, **fields: Any) -> None:
    [(owner,)] = seat.rows("SELECT user_id FROM chat.users ORDER BY created_at LIMIT 1")
    await give_profile(seat.parts.assembled.ports, grade, who=Identity(owner, "주인", "sim-alpha", "sim"), **fields)


async def test_candidates_fit_the_profile_and_show_what_their_score_is_made_of(seat: Seat) -> None:
    await keep(seat, 20)
    async with seat.browser() as owner:
        await seat.enter(owner)
        owner.headers["X-Quartz-CSRF"] = owner.cookies["quartz_csrf"]
        refused = await owner.post("/api/candidates", json={})
        await profile(seat, "공격투자형", excluded_sectors=("인터넷",))
        body = (await owner.post("/api/candidates", json={"limit": 5})).json()
    assert (refused.status_code, refused.json()["message"]) == (409, NO_PROFILE)
    assert {row["code"] for row in body["candidates"]} == {"005930", "000660"}
    first = body["candidates"][0]
    assert set(first["parts"]) == {"cap_tier", "sentiment", "count", "priority"}
    assert first["score"] == pytest.approx(sum(part["share"] for part in first["parts"].values()), abs=1e-3)
    assert body["label"] == "20시간 전 자료"
    assert body["left_out"] == [{"why": "제외한 업종이에요", "count": 1}]
    assert [row["code"] for row in body["sources"]] == ["ok", "timeout"]
    assert "권유가 아니에요" in body["advice"]


async def test_without_news_a_labelled_demonstration_is_shown_and_without_that_nothing(seat: Seat) -> None:
    async with seat.browser() as stranger:
        assert (await stranger.post("/api/candidates", json={})).status_code == 401
    async with seat.browser() as owner:
        await seat.enter(owner)
        owner.headers["X-Quartz-CSRF"] = owner.cookies["quartz_csrf"]
        await profile(seat, "공격투자형")
        shown = (await owner.post("/api/candidates", json={})).json()
        odd = await owner.post("/api/candidates", json={"limit": 999, "user": "somebody"})
        made = seat.parts.assembled
        made.ports = replace(made.ports, news=FakeNews([]))
        empty = (await owner.post("/api/candidates", json={})).json()
    assert (shown["label"], shown["demo"], shown["at"]) == (DEMO, True, None)
    assert shown["candidates"]
    assert (empty["label"], empty["demo"], empty["candidates"]) == (NO_NEWS, False, [])
    assert odd.status_code == 422


async def test_the_page_shows_candidates_with_their_points_and_titles_as_text(seat: Seat) -> None:
    await keep(seat, 20)
    async with seat.browser() as owner:
        await seat.enter(owner)
        without = await owner.get("/analysis", headers=HTML)
        await profile(seat, "공격투자형", excluded_sectors=("인터넷",))
        page = await owner.get("/analysis", headers=HTML)
    assert NO_PROFILE in without.text
    assert "삼성전자" not in without.text.split("뉴스로 본 후보")[1]
    assert "20시간 전 자료" in page.text
    words = " ".join(re.sub(r"<[^>]+>", " ", page.text).split())
    assert re.search(r"시가총액 25/25 · 분위기 \d+/40 · 뉴스 수 25/25 · 선호 (?:0|10)/10 · 뉴스 \d+건", words)
    assert "&lt;b&gt;제목&lt;/b&gt; 005930" in page.text
    assert "뺀 종목: 제외한 업종이에요 1개" in page.text
    assert "<style" not in page.text
    assert ' style="' not in page.text

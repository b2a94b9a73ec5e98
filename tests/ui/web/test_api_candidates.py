"""Candidates for who is signed in: filtered by the profile, each part shown, the age said, and no profile no list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fakes import START, give_profile
from web_seat import Seat, open_seat

from domain.news.candidates import News
from tools.lake import open_lake
from tools.news.crawl import Run, SourceState
from tools.news.stored import RunShelf
from tools.ports import Identity
from ui.web.api.candidates import NO_NEWS, NO_PROFILE


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


async def test_without_news_the_list_is_empty_and_says_so_and_strangers_get_nothing(seat: Seat) -> None:
    async with seat.browser() as stranger:
        assert (await stranger.post("/api/candidates", json={})).status_code == 401
    async with seat.browser() as owner:
        await seat.enter(owner)
        owner.headers["X-Quartz-CSRF"] = owner.cookies["quartz_csrf"]
        await profile(seat, "공격투자형")
        body = (await owner.post("/api/candidates", json={})).json()
        odd = await owner.post("/api/candidates", json={"limit": 999, "user": "somebody"})
    assert (body["label"], body["candidates"]) == (NO_NEWS, [])
    assert odd.status_code == 422

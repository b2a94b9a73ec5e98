"""Rooms of the conversation one by one: what intake resets, what a profile step keeps, what a strategy may change."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from conversing import profiled
from fakes import START, USER, make_ports
from langgraph.types import Command

from domain.contradictions import contradictions
from domain.korean.reading import read
from domain.profile import Profile
from domain.suitability import Item
from nodes.account.pending import reply_while_pending
from nodes.intake.node import intake
from nodes.strategy_architect.editing import edited
from nodes.strategy_architect.edits import edits_in
from nodes.strategy_architect.rules import spec_from
from nodes.user_profile.apply import lowered, safest
from nodes.user_profile.draft import draft_from
from nodes.user_profile.view import profile_of, profile_view


async def test_intake_resets_the_turn_and_adds_itself() -> None:
    state: Any = {"turn": {"message_id": "m", "text": "안녕", "at": START.isoformat()}, "route": ["old"]}
    reset, begun = await intake(make_ports())(state, SimpleNamespace())  # type: ignore[arg-type]
    assert isinstance(reset, Command)
    assert reset.update["route"] is None  # type: ignore[index]
    assert begun["route"] == ["intake"]  # type: ignore[index]
    assert begun["reading"]["acts"] == ["greet"]  # type: ignore[index]


async def test_one_turn_leaves_nothing_of_the_one_before() -> None:
    talk = await profiled()
    await talk.say("추천해줘")
    await talk.say("잔고")
    assert talk.values["reports"] == []
    assert talk.values["route"] == ["intake", "supervisor", "account", "respond"]


def test_damaged_draft_starts_afresh() -> None:
    assert draft_from({"profile": {"nonsense": 1}}, START).profile.answers == {}


def test_safest_answer_has_the_fewest_points() -> None:
    assert safest(Item.AGE) == "from_61"
    assert safest(Item.LOSS_TOLERANCE) == "none"


async def test_lowering_really_lowers() -> None:
    talk = await profiled("공격투자형")
    profile = profile_of(await talk.ports.desk.latest_profile(USER.user_id))
    assert profile is not None
    lower = lowered(draft_from({"profile": profile.model_dump(mode="json")}, START))
    assert lower is not None
    assert lower.profile.grade is not None
    assert profile.grade is not None
    assert lower.profile.grade.rank < profile.grade.rank


async def test_view_shows_the_draft_first_and_the_confirmed_profile_later() -> None:
    empty = profile_view(None, None, START)
    assert empty["grade"] is None
    assert len(empty["missing"]) == 8
    talk = await profiled("안정형")
    stored = await talk.ports.desk.latest_profile(USER.user_id)
    assert profile_view(None, stored, START)["confirmed"] is True


def test_view_carries_contradictions_with_their_ways_out() -> None:
    profile = Profile(created_at=START, preferred_sectors=("반도체",), max_loss_bps=500)
    view = profile_view({"profile": profile.model_dump(mode="json")}, None, START)
    assert [c["code"] for c in view["contradictions"]] == [c.code for c in contradictions(profile)]
    assert len(view["contradictions"][0]["ways_out"]) == 3


@pytest.mark.parametrize(
    ("text", "field", "bps"),
    [
        ("손절 7%로", "stop_loss", 700),
        ("익절 15프로로 해줘", "take_profit", 1_500),
        ("종목당 10%까지", "name_bps", 1_000),
    ],
)
def test_edit_names_one_number(text: str, field: str, bps: int) -> None:
    (found,) = edits_in(text)
    assert (found.field, found.bps) == (field, bps)


async def test_edit_never_loosens_the_tolerated_loss() -> None:
    talk = await profiled()
    stored = (await talk.ports.desk.strategies(USER.user_id))[0]
    profile = profile_of(await talk.ports.desk.latest_profile(USER.user_id))
    spec, (edit,) = spec_from(stored.spec), edits_in("손절 20%로")
    assert spec is not None
    assert profile is not None
    new, why_not = edited(spec, edit, profile.changed(max_loss_bps=500), START)
    assert new is None
    assert "손실 한도" in why_not


async def test_strategy_versions_go_up_and_back() -> None:
    talk = await profiled()
    await talk.say("손절 3%로")
    await talk.say("전략 되돌려줘")
    versions = talk.ports.desk.stored_strategies[USER.user_id]
    assert [row.version for row in versions] == [1, 2, 3]
    assert versions[0].hash == versions[2].hash != versions[1].hash


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("네, 사줘", "/approve"),
        ("승인할게", "/approve"),
        ("취소", "/reject"),
        ("아니 하지마", "/reject"),
        ("승인 완료됨", "승인되지 않아요"),
    ],
)
def test_words_beside_a_waiting_card_point_to_it(text: str, part: str) -> None:
    card = {"approval_id": "A-1", "expires_at": START.isoformat()}
    reply = reply_while_pending(read(text, now=START), card)
    assert reply is not None
    assert part in reply


@pytest.mark.parametrize("text", ["삼성전자 얼마야", "잔고", "정지", "왜?"])
def test_other_business_runs_beside_a_waiting_card(text: str) -> None:
    assert reply_while_pending(read(text, now=START), {"approval_id": "A-1"}) is None

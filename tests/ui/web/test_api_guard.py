"""Exit rules at the desk: shown with their prices, changed by the person alone, kept as history."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from api_bench import Api, open_api
from fakes import OTHER, USER
from psycopg import errors

from domain.proto import oms_pb2 as pb

RULE = "INSERT INTO desk.guard_rules (account_ref, user_id, source, stop_bps, channel) VALUES (%s, %s, %s, 300, 't')"


@pytest.fixture
async def api(database: Any) -> AsyncIterator[Api]:
    async with open_api(database) as made:
        made.oms.protected.append(
            pb.ProtectedPosition(
                exit_mandate_id=str(uuid4()),
                account_ref=USER.account_ref,
                ticker="005930",
                name="삼성전자",
                sleeve="manual",
                quantity=10,
                cost=700_000,
                entered_on="2026-11-20",
                generation=1,
                takes_resting=True,
            )
        )
        yield made


async def shown(api: Api) -> dict[str, Any]:
    (held,) = (await api.get("/guard")).json()["positions"]
    return dict(held)


async def test_a_holding_shows_its_prices_and_whose_rule_it_is(api: Api) -> None:
    held = await shown(api)
    assert (held["stop"], held["take"], held["trailing"], held["average"]) == (66_500, 80_500, None, 70_000)
    assert (held["rule"]["source_text"], held["rule"]["lines"]) == ("기본 기준", ["손절 -5%", "익절 +15%"])
    assert held["exit"] is None
    assert (await api.as_(OTHER).get("/guard")).json()["positions"] == []


async def test_a_rule_is_changed_as_a_whole_and_taken_back(api: Api) -> None:
    answer = await api.put("/guard/rules/005930", {"stop_bps": 750, "trailing_bps": 1_000, "resting": True})
    assert answer.json()["message"] == "삼성전자(005930)의 기준을 바꿨어요: 손절 -7.5% · 추적 손절 고점 -10%."
    held = await shown(api)
    assert (held["stop"], held["take"], held["trailing"]) == (64_750, None, 63_000)
    assert (held["rule"]["source"], held["rule"]["resting"]) == ("user", True)
    await api.put("/guard/rules", {"stop_bps": 100})
    assert (await shown(api))["stop"] == 64_750  # the narrower rule stays
    answer = await api.delete("/guard/rules/005930")
    assert "손절 -1%" in answer.json()["message"]
    assert (await shown(api))["stop"] == 69_300
    assert (await api.delete("/guard/rules/005930")).status_code == 409
    await api.delete("/guard/rules")
    assert (await shown(api))["rule"]["source"] == "default"
    kept = api.rows("SELECT ticker, withdrawn, set_by, user_id FROM desk.guard_rules ORDER BY rule_id")
    assert [(row["ticker"], row["withdrawn"]) for row in kept] == [
        ("005930", False),
        ("", False),
        ("005930", True),
        ("", True),
    ]
    assert {(row["set_by"], row["user_id"]) for row in kept} == {("quartz_ui", USER.user_id)}


async def test_selling_by_rule_is_switched_off_on_purpose_only(api: Api) -> None:
    assert (await api.put("/guard/rules/005930", {})).status_code == 422
    answer = await api.put("/guard/rules/005930", {"off": True})
    assert "자동 매도 없음" in answer.json()["message"]
    assert [(await shown(api))[key] for key in ("stop", "take", "trailing")] == [None, None, None]


async def test_a_moment_without_a_zone_is_korean_time(api: Api) -> None:
    await api.put("/guard/rules/005930", {"sell_at": "2026-12-01T15:00", "sessions": 5})
    assert (await shown(api))["rule"]["sell_at"] == "2026-12-01T15:00:00+09:00"
    assert (await shown(api))["rule"]["lines"] == ["12월 1일 15:00에 매도", "5거래일 뒤 매도"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"stop_bps": 0},
        {"stop_bps": 10_000},
        {"stop_bps": 5.5},
        {"stop_bps": "500"},
        {"take_bps": -1},
        {"sessions": 0},
        {"sell_at": "내일"},
        {"stop_bps": 500, "off": True},
        {"stop_bps": 500, "account_ref": "x"},
        {"stop_bps": 500, "source": "strategy"},
    ],
)
async def test_a_rule_that_means_nothing_is_refused_and_nothing_is_kept(api: Api, wrong: dict[str, Any]) -> None:
    assert (await api.put("/guard/rules/005930", wrong)).status_code == 422
    assert api.rows("SELECT 1 FROM desk.guard_rules") == []


async def test_an_unknown_name_has_no_rule_and_a_silent_oms_shows_no_prices(api: Api) -> None:
    assert (await api.put("/guard/rules/999999", {"stop_bps": 500})).status_code == 404
    api.oms.down = True
    assert (await api.get("/guard")).status_code == 503
    assert (await api.put("/guard/rules/005930", {"stop_bps": 500})).status_code == 200  # a rule needs no OMS


async def test_a_strategys_rule_has_the_first_word_and_the_person_is_told(api: Api, database: Any) -> None:
    with psycopg.connect(database.url("graph"), autocommit=True) as graph:
        graph.execute(RULE, (USER.account_ref, USER.user_id, "strategy"))
    answer = await api.put("/guard/rules/005930", {"stop_bps": 750})
    assert "전략의 기준을 따라요" in answer.json()["message"]
    assert (await shown(api))["stop"] == 67_900


@pytest.mark.parametrize(
    ("role", "source", "allowed"),
    [
        ("ui", "user", True),
        ("ui", "strategy", False),
        ("graph", "strategy", True),
        ("graph", "user", False),
        ("guard", "user", False),
        ("worker", "strategy", False),
        ("oms", "user", False),
    ],
)
async def test_each_role_writes_its_own_kind_of_rule_and_nobody_changes_one(
    api: Api, database: Any, role: str, source: str, allowed: bool
) -> None:
    with psycopg.connect(database.url(role), autocommit=True) as connection:
        if allowed:
            connection.execute(RULE, (USER.account_ref, USER.user_id, source))
        else:
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(RULE, (USER.account_ref, USER.user_id, source))
        for change in ("UPDATE desk.guard_rules SET stop_bps = 1", "DELETE FROM desk.guard_rules"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(change)
        if role != "guard":
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute("UPDATE desk.guard_marks SET high = 1")
    assert len(api.rows("SELECT 1 FROM desk.guard_rules")) == int(allowed)

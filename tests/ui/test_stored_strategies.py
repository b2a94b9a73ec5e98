"""A strategy from the command line becomes a version of the user's own, inside the profile and never without one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fakes import START, USER, FakeDesk

from domain.clock import KST, ManualClock
from domain.profile import Answer, Profile
from domain.strategy.presets import preset_draft
from domain.strategy.reading import bound
from domain.strategy.spec import StrategySpec, parse_spec
from domain.suitability import ANSWERS, Item
from ui.stored_strategies import NoStrategy, save_version, stored_spec

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=KST)


def profile() -> dict[str, Any]:
    answers = {item: Answer(value=list(ANSWERS[item])[-1].value) for item in Item}
    content = {"answers": answers, "capital_krw": 20_000_000, "created_at": NOW, "max_loss_bps": 500}
    return Profile.model_validate(content).confirmed(NOW).model_dump(mode="json")


def wide(**fields: object) -> StrategySpec:
    return parse_spec(bound(preset_draft("golden_cross"), ["005930", "000660"]).to_json() | fields)


async def test_a_saved_strategy_is_a_new_version_of_the_users_own_and_noted() -> None:
    desk = FakeDesk(ManualClock(START))
    new_ids = iter([UUID(int=1), UUID(int=2)])

    async def save(spec: StrategySpec) -> tuple[int, bool]:
        saved = await save_version(desk, USER.user_id, "민수", spec, NOW, lambda: next(new_ids))
        return saved.version, saved.new

    with pytest.raises(NoStrategy, match="투자성향"):
        await save(wide())
    content = profile()
    await desk.save_profile(USER.user_id, "적극투자형", 70, content, NOW, NOW + timedelta(days=365))
    assert await save(wide()) == (1, True)
    assert await save(wide()) == (1, False)
    assert await save(wide(timeframe="1w")) == (2, True)
    assert {stored.strategy_id for stored in await desk.strategies(USER.user_id)} == {UUID(int=1)}
    assert [entry.summary for _, entry in desk.entries] == ["골든크로스 v1", "골든크로스 v2"]
    assert (await stored_spec(desk, USER.user_id, "민수", 1)).timeframe == "1d"
    with pytest.raises(NoStrategy, match="7번째 버전"):
        await stored_spec(desk, USER.user_id, "민수", 7)
    with pytest.raises(NoStrategy, match="전략이 없어요"):
        await stored_spec(desk, None, "영희", None)

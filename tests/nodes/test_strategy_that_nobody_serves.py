"""A strategy with a condition that live nobody answers is not switched on, and the person is told which one it is."""

from __future__ import annotations

from conversing import profiled
from fakes import USER

from domain.strategy.spec import parse_spec


async def test_a_strategy_that_asks_a_model_is_not_switched_on_and_the_condition_is_named() -> None:
    talk = await profiled("적극투자형")
    desk = talk.ports.desk
    (stored,) = await desk.strategies(USER.user_id, 1)
    model = {"model": "up_tomorrow", "operator": "greater_than", "value": "0.6"}
    content = {
        **stored.spec,
        "sizing": {"method": "per_signal", "name_bps": 1_000},
        "strategy": {"id": "asks", "entry": {"conditions": [model]}},
    }
    spec = parse_spec(content)
    await desk.save_strategy(
        USER.user_id, stored.strategy_id, spec.content_hash(), spec.to_json(), talk.ports.clock.now()
    )
    reply = await talk.say("전략 켜줘")
    assert "model(up_tomorrow)" in reply
    assert "켤 수 없어요" in reply
    assert await desk.strategy_runs(USER.account_ref) == []
    assert not desk.stored_mandates

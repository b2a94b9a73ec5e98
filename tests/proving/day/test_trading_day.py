"""A rehearsed day with a model that misbehaves keeps every rule; the long runs are a command of their own."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog

from proving.day.outcome import Outcome
from proving.day.runs import lived
from proving.day.script import script_for


@pytest.fixture(scope="module", autouse=True)
def _quiet_again() -> Iterator[None]:
    """A world silences the logs of its process; the tests after it want theirs back."""
    before = structlog.get_config()
    levels = {name: logging.getLogger(name).level for name in ("asyncio", "aiohttp")}
    yield
    structlog.configure(**before)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture(scope="module")
def misbehaved() -> Outcome:
    return lived(script_for(3, "misbehaving", short=True))


def test_nothing_that_a_misbehaving_model_says_reaches_the_broker_beyond_what_code_allows(misbehaved: Outcome) -> None:
    assert misbehaved.breaks == []
    assert misbehaved.counts["orders_buy"] > 0
    assert sum(count for name, count in misbehaved.counts.items() if name.startswith("vice_")) > 10


def test_a_day_has_its_checks_its_stop_its_receipts_and_a_diary_of_one_screen(misbehaved: Outcome) -> None:
    assert misbehaved.counts["slots_cycle"] == 28
    assert misbehaved.counts["triggers"] == 1
    assert misbehaved.counts["receipts"] > 3
    assert all(0 < len(lines) <= 60 for lines in misbehaved.diaries.values())
    told = [line for lines in misbehaved.diaries.values() for line in lines]
    assert any("규칙이 대신했어요" in line for line in told)
    assert any("지킴이가 팔았어요" in line for line in told)


@pytest.mark.long
@pytest.mark.parametrize("model", ["none", "sensible", "misbehaving"])
def test_a_day_is_the_same_again_from_its_seed(model: str) -> None:
    script = script_for(11, model, short=True)
    first, second = lived(script), lived(script)
    assert first.breaks == []
    assert (first.hash, first.diaries, first.orders) == (second.hash, second.diaries, second.orders)

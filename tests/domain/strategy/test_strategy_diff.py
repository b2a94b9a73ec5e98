"""Two versions of a strategy: every difference is named once, by its place, in a Korean sentence."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from strategy_documents import document

from domain.strategy.diff import changes
from domain.strategy.presets import preset_draft
from domain.strategy.reading import bound
from domain.strategy.spec import StrategySpec, parse_spec

BASE = bound(preset_draft("trend_filter"), ["005930", "000660"])


def edited(path: str, value: Any) -> StrategySpec:
    data: Any = copy.deepcopy(BASE.to_json())
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = data
    for part in parents:
        place = place.setdefault(part, {}) if isinstance(place, dict) else place[part]
    place[last] = value
    return parse_spec(data)


@pytest.mark.parametrize(
    ("path", "value", "where", "text"),
    [
        ("risk.stop_loss", {"enabled": True, "percent": 7}, "risk.stop_loss", "손절이 5%에서 7%로 바뀌었어요."),
        ("risk.trailing_stop", {"enabled": False}, "risk.trailing_stop",
         "추적 손절이 10%에서 쓰지 않음으로 바뀌었어요."),
        ("risk.time_stop", {"enabled": True, "after": 20}, "risk.time_stop",
         "보유 기간이 쓰지 않음에서 20거래일로 바뀌었어요."),
        ("risk.max_position_size", 0.1, "risk.max_position_size", "한 종목 최대 비중이 20%에서 10%로 바뀌었어요."),
        ("schedule.max_trades_a_week", 1, "schedule.max_trades_a_week",
         "한 주에 새로 사는 횟수 한도가 새로 생겼어요: 1번."),
        ("schedule.every", "30m", "schedule.every", "점검 주기가 매일 마감 무렵에서 30분마다로 바뀌었어요."),
        ("universe.tickers", ["005930", "035420"], "universe.tickers",
         "종목에 NAVER(035420)가 들어왔어요. 종목에서 SK하이닉스(000660)가 빠졌어요."),
        ("sizing.name_bps", 1500, "sizing.name_bps", "종목당 비중이 20%에서 15%로 바뀌었어요."),
        ("constraints.min_order_krw", 50000, "constraints.min_order_krw", "최소 주문 금액이 새로 생겼어요: 50,000원."),
        ("timeframe", "60m", "timeframe", "봉 주기가 일봉에서 60분봉으로 바뀌었어요."),
        ("strategy.params.trend.default", 100, "strategy.params.trend.default",
         "장기 추세 기간이 120에서 100으로 바뀌었어요."),
        ("strategy.indicators.1.params.period", 30, "strategy.indicators[fast_ma].params.period",
         "지수이동평균의 기간이 20에서 30으로 바뀌었어요."),
        ("strategy.indicators.1.timeframe", "1w", "strategy.indicators[fast_ma].timeframe",
         "지수이동평균의 봉 주기가 전략과 같은 주기에서 주봉으로 바뀌었어요."),
        ("strategy.entry.conditions.2.value", 60, "strategy.entry.conditions[2]",
         "매수 조건이 'RSI(14)가 70보다 작을 때'에서 'RSI(14)가 60보다 작을 때'로 바뀌었어요."),
        ("strategy.exit.logic", "AND", "strategy.exit.logic",
         "매도 조건 묶음이 하나라도 맞을 때에서 모두 맞을 때로 바뀌었어요."),
        ("metadata.name", "내 전략", "metadata.name", "이름이 '추세필터'에서 '내 전략'으로 바뀌었어요."),
    ],
)  # fmt: skip
def test_a_change_is_named_by_its_place_and_told_in_korean(path: str, value: Any, where: str, text: str) -> None:
    (change,) = changes(BASE, edited(path, value))
    assert (change.path, change.text) == (where, text)


def test_conditions_and_rows_that_come_and_go_are_named_whole() -> None:
    content = BASE.to_json()
    content["strategy"]["entry"]["conditions"].append({"indicator": "close", "operator": "greater_than", "value": 1000})
    content["strategy"]["indicators"].insert(0, {"id": "macd", "alias": "m", "params": {}})
    added = changes(BASE, parse_spec(content))
    assert [change.path for change in added] == ["strategy.indicators[m]", "strategy.entry.conditions[3]"]
    assert added[1].text == "매수 조건에 '종가가 1000보다 클 때'가 더해졌어요."
    removed = changes(parse_spec(content), BASE)
    assert removed[0].text == "지표 'm'이 없어졌어요 (전에는 MACD)."
    assert (removed[1].before is not None, removed[1].after) == (True, None)


def test_timestamps_are_no_change_and_equal_hashes_have_no_changes() -> None:
    from datetime import datetime

    from domain.clock import KST

    assert changes(BASE, BASE.stamped(datetime(2026, 11, 22, tzinfo=KST))) == ()


def test_two_random_strategies_differ_somewhere_and_every_sentence_is_whole() -> None:
    for seed in range(25):
        old, new = parse_spec(document(seed)), parse_spec(document(seed + 1_000))
        found = changes(old, new)
        assert bool(found) == (old.content_hash() != new.content_hash())
        assert len({change.path for change in found}) == len(found)
        for change in found:
            assert change.before != change.after
            assert "None" not in change.text
            assert change.text.endswith(("요.", ".")), change

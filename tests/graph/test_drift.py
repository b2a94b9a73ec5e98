"""What a look at the book finds: a sentence each with its figures, and which of them wake anybody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from purses import TABLE, investor, scene, strategy_for

from domain.evidence import raw_numbers
from domain.instruments import Instruments
from domain.suitability import Grade
from graph.drift import GuardRule, Seen, drift
from nodes.investor import Investor
from nodes.portfolio.scene import Holding, Scene


def held(*rows: tuple[str, int]) -> list[Holding]:
    return [Holding(ticker, won, TABLE.get(ticker).sector) for ticker, won in rows]  # type: ignore[union-attr]


def of(who: Investor, holdings: list[Holding], cash: int = 0, **more: Any) -> Scene:
    return replace(scene(who, holdings=holdings), cash=cash, **more)


def active(capital: int = 10_000_000) -> Investor:
    return investor(Grade.ACTIVE, capital, value=capital)


def stop(price: int) -> list[GuardRule]:
    return [GuardRule("005930", "삼성전자", 70_000, price, 0, "default")]


MIX = investor(Grade.NEUTRAL, strategy=strategy_for(Grade.NEUTRAL))
assert MIX.playbook is not None
(FIRST, FIRST_BPS), (SECOND, SECOND_BPS) = sorted(MIX.playbook.weights.items(), key=lambda pair: -pair[1])[:2]
NAME = TABLE.get(FIRST).name  # type: ignore[union-attr]


def mixed(first: int, second: int) -> list[Holding]:
    assert MIX.playbook is not None
    won = {ticker: bps * MIX.base // 10_000 for ticker, bps in MIX.playbook.weights.items()}
    return held(*(won | {FIRST: first * MIX.base // 10_000, SECOND: second * MIX.base // 10_000}).items())


CASES: dict[str, tuple[Scene, list[GuardRule], list[tuple[str, str, bool]]]] = {
    "nothing": (of(active(), held(("005930", 2_000_000)), 500_000), [], []),
    "a name": (
        of(active(), held(("005930", 4_000_000))),
        [],
        [("name", "삼성전자 비중이 40%로 한 종목 한도 25%를 넘었어요", True)],
    ),
    "a name that does not trade wakes nobody": (
        of(active(), held(("005930", 4_000_000)), halted=frozenset({"005930"})),
        [],
        [
            ("name", "삼성전자 비중이 40%로 한 종목 한도 25%를 넘었어요", False),
            ("status", "삼성전자는 거래가 정지돼 있어요", False),
        ],
    ),
    "a sector": (
        of(active(), held(("005930", 2_300_000), ("000660", 2_300_000), ("005935", 2_300_000))),
        [],
        [("sector", "반도체 업종 비중이 69%로 업종 한도 60%를 넘었어요", True)],
    ),
    "the stocks": (
        of(active(), held(("005930", 2_400_000), ("035720", 2_400_000), ("105560", 2_400_000), ("069500", 1_800_000))),
        [],
        [("equity", "주식 비중이 90%로 성향의 한도 80%를 넘었어요", True)],
    ),
    "idle money": (
        of(active(), held(("005930", 1_000_000)), 9_000_000),
        [],
        [("idle", "투자하지 않은 돈이 9,000,000원(90%) 남아 있어요", True)],
    ),
    "money that is on its way is not idle": (of(active(), held(("488770", 7_500_000)), 2_500_000), [], []),
    "a mix above its weight": (
        of(MIX, mixed(FIRST_BPS + 600, SECOND_BPS)),
        [],
        [("mix", f"{NAME} 비중이 {(FIRST_BPS + 600) // 100}%로 전략의 목표 {FIRST_BPS // 100}%에서 멀어졌어요", True)],
    ),
    "a mix below its weight without money to mend it": (of(MIX, mixed(FIRST_BPS, SECOND_BPS - 600)), [], []),
    "a product above the grade": (
        of(investor(Grade.STABLE, 10_000_000, value=10_000_000), held(("005930", 400_000))),
        [],
        [("grade", "삼성전자는 위험등급 2등급이라 지금 성향에는 위험한 상품이에요", False)],
    ),
    "a near stop": (
        of(active(), held(("005930", 2_000_000)), prices={"005930": 68_000}),
        stop(66_500),
        [("stop", "삼성전자 값이 손절가 66,500원까지 2.2% 남았어요", False)],
    ),
    "a price under its stop is the guard's business": (
        of(active(), held(("005930", 2_000_000)), prices={"005930": 60_000}),
        stop(66_500),
        [("stop", "삼성전자 값이 손절가 66,500원 아래예요. 매도는 손절 지킴이가 정해요", False)],
    ),
    "a far stop": (of(active(), held(("005930", 2_000_000)), prices={"005930": 70_000}), stop(66_500), []),
}


def told(found: tuple[Seen, ...]) -> list[tuple[str, str, bool]]:
    return [(each.code, each.text, each.acts) for each in found]


@pytest.mark.parametrize("name", list(CASES))
def test_seen(name: str) -> None:
    here, rules, expected = CASES[name]
    found = drift(here, rules)
    assert told(found) == expected
    for each in found:
        assert not raw_numbers(each.template), "a number without a figure behind it"
        assert all(figure.source and figure.as_of == here.now for figure in each.figures)


def test_a_mix_below_its_weight_with_money_to_mend_it() -> None:
    lean = of(MIX, mixed(FIRST_BPS, SECOND_BPS - 600), cash=2_000_000)
    ((code, text, acts),) = told(drift(lean))
    assert (code, acts) == ("mix", True)
    assert text.startswith(TABLE.get(SECOND).name)  # type: ignore[union-attr]


def test_a_name_under_supervision_is_said_and_wakes_nobody() -> None:
    rows = tuple(replace(row, status="managed") if row.ticker == "005930" else row for row in TABLE.all())
    here = replace(of(active(), held(("005930", 1_000_000))), table=Instruments(rows))
    assert told(drift(here)) == [("status", "삼성전자는 관리종목이에요", False)]

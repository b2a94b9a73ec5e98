"""Every number of a reply is held by something: what nobody holds does not leave, whoever put it there."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from fakes import START
from hypothesis import given, settings
from hypothesis import strategies as st
from talking_runner import Conversation, profiled_ports

from domain.evidence import Figure, Figures, Unit, render
from domain.held import Held, numbers_in
from nodes.respond.evidence import checked, vouched
from nodes.respond.node import REFUSED
from nodes.respond.rules import NO_NUMBER, Draft, Reply, compose

FOREIGN = "777,123원"
UNITS = {Unit.WON: st.integers(0, 10**12), Unit.SHARES: st.integers(0, 10**6), Unit.COUNT: st.integers(0, 99)}
FIGURE = st.one_of(
    *(st.builds(lambda value, unit=unit: (value, unit), values) for unit, values in UNITS.items()),
    st.decimals(-999, 999, places=2).map(lambda value: (value, Unit.CHANGE)),
)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("삼성전자 1,234,500원이에요", [1_234_500]),
        ("이천만원을 모았고 30%를 넣어요", [20_000_000, 30]),
        ("11월 23일 10:05에 KODEX 200(069500) 코스피200 S&P500", []),
        ("'삼성전자 10주 매수'처럼 말씀해 주세요. 1번, 2번", []),
        ("1) 네\n2) 아니요", []),
        ("RSI 62.5, -3.2%", [Decimal("62.5"), Decimal("3.2")]),
    ],
)
def test_numbers_are_found_and_what_is_none_is_not(text: str, numbers: list[Any]) -> None:
    assert [number.values[-1] for number in numbers_in(text)] == numbers


@settings(max_examples=60, deadline=None)
@given(st.lists(FIGURE, min_size=1, max_size=5), st.integers(10**13, 10**15))
def test_a_text_of_figures_is_held_by_them_and_any_other_number_is_not(rows: list[Any], other: int) -> None:
    figures = Figures(
        Figure(id=f"n{at}", value=value, unit=unit, source="시험", as_of=START) for at, (value, unit) in enumerate(rows)
    )
    template = " 그리고 ".join(f"값 {{{{f:{key}|은/는}}}} 이고" for key in figures)
    held = Held([figure.to_json() for figure in figures.values()])
    text = render(template, figures)
    assert held.foreign(text) == ()
    assert held.foreign(f"{text} {other:,}원") == (f"{other:,}",)
    assert Held(text).foreign(text) == ()


def test_rows_of_data_hold_their_numbers_and_shares_in_basis_points_their_percentages() -> None:
    held = Held({"weight_bps": 2_550, "qty": 10, "rows": [1, 2, 3]}, 0.1234)
    assert held.foreign("비중 25.5%로 10주, 3건, 0.12") == ()
    assert held.foreign("비중 26%") == ("26",)


def blocks_of(made: Conversation) -> list[dict[str, Any]]:
    return list(made.results[-1].values["say"])


SAID = {
    "account": "잔고",
    "account price": "삼성전자 시세",
    "account orders": "미체결",
    "user_profile": "성향 보여줘",
    "strategy_architect": "손절 3%로 바꿔줘",
    "macro": "시장 어때",
    "technical": "삼성전자 분석",
    "selector, portfolio, risk": "추천해줘",
    "order_desk": "삼성전자 3주 매수",
    "talk": "도움말",
}


@pytest.mark.parametrize("room", list(SAID))
async def test_a_foreign_number_in_what_a_room_said_does_not_leave(room: str) -> None:
    """As the room says it everything passes; with one number more, wherever it is put, that line is left out."""
    made = Conversation(await profiled_ports())
    before = REFUSED["replies"]
    result = await made.say(SAID[room])
    if room == "order_desk":
        result = await made.approve()
    assert REFUSED["replies"] == before, "expected a room's own words to pass"
    state = dict(result.values) | {"pending_question": None}
    for at, block in enumerate(blocks_of(made)):
        worse = [dict(each) for each in blocks_of(made)]
        lines = str(block["text"]).split("\n")
        worse[at]["text"] = "\n".join([f"{lines[0]} {FOREIGN}", *lines[1:]])
        changed: Any = {**state, "say": worse}
        reply = compose(changed, None)
        if FOREIGN not in reply.text:  # this block is not told in this turn
            continue
        found = checked(reply, reply, changed, worse)
        assert found.refused == (FOREIGN.removesuffix("원"),) * (1 + _in_card(reply))
        assert FOREIGN not in found.reply.text
        assert NO_NUMBER in found.reply.text


def _in_card(reply: Reply) -> int:
    return sum(FOREIGN in str(draft.data.get("in_words", "")) for draft in reply.drafts)


@pytest.mark.parametrize("room", ["macro", "selector", "technical", "portfolio", "risk"])
async def test_a_room_that_reads_what_the_world_wrote_cannot_vouch_for_itself(room: str) -> None:
    """The number is in the block as it leaves the room: without a figure it is not believed."""
    import importlib

    from graph.assistant import build_assistant

    made = Conversation(await profiled_ports())

    def saying(inner: Any) -> Any:
        async def node(state: Any, runtime: Any) -> Any:
            result = await inner(state, runtime)
            parts = result if isinstance(result, list) else [result]
            say = [{"kind": "report", "text": f"목표가는 {FOREIGN}이에요.", "data": {}}]
            parts[0]["say"] = [*(parts[0].get("say") or []), *say]
            return result

        return node

    ports = made.runner.ports
    inner = getattr(importlib.import_module(f"nodes.{room}.node"), room)(ports)
    nodes: Any = {room: saying(inner)}
    made.runner._threads.assistant = build_assistant(ports, nodes=nodes).compile(
        checkpointer=made.runner._threads.assistant.checkpointer
    )
    before = REFUSED["numbers"]
    result = await made.say("시장 어때" if room == "macro" else "추천해줘")
    assert FOREIGN not in result.reply
    assert REFUSED["numbers"] > before


def test_a_models_message_with_a_foreign_number_falls_back_to_the_rules() -> None:
    block = {"kind": "report", "text": "RSI {{f:t.rsi}}예요.", "data": {}}
    figure = Figure(id="t.rsi", value=Decimal("62.5"), unit=Unit.INDEX, source="일봉", as_of=START)
    block["data"] = {"figures": [figure.to_json()]}
    state: Any = {"say": [block]}
    ruled = compose(state, None)
    wrong = replace(ruled, drafts=(Draft("report", "RSI 62.5라서 80,000원까지 가요."), *ruled.drafts[1:]))
    found = checked(wrong, ruled, state, [block])
    assert found.refused == ("80,000",)
    assert found.reply == ruled
    right = replace(ruled, drafts=(Draft("report", "RSI는 62.5예요."), *ruled.drafts[1:]))
    assert checked(right, ruled, state, [block]).reply == right


def test_the_persons_own_numbers_may_be_said_back() -> None:
    state: Any = {"say": [{"kind": "text", "text": "2천만원에서 5%까지만이요?", "data": {}}]}
    state["turn"] = {"message_id": "m", "text": "이천만원으로 5%까지만", "at": START.isoformat()}
    reply = compose(state, None)
    assert checked(reply, reply, state, state["say"]).refused == ()
    (block,) = vouched([{"kind": "text", "text": "8개만 더", "data": {"options": ["20대"]}}])
    assert block["data"]["vouched"] == ["8", "20"]


async def test_figures_come_along_with_the_messages_that_show_them() -> None:
    made = Conversation(await profiled_ports())
    result = await made.say("삼성전자 분석")
    report = next(piece for piece in result.pieces if "figures" in piece["data"])
    for row in report["data"]["figures"]:
        assert row["text"] in report["text"]
        assert row["source"]
        assert row["as_of"]
    result = await made.say("추천해줘")
    rows = next(piece for piece in result.pieces if piece["kind"] == "proposals")["data"]["rows"]
    assert any(row["figures"] for row in rows)
    assert all(figure["text"] in row["reason"] for row in rows for figure in row["figures"])

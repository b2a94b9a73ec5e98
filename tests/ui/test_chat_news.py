"""Which events of the OMS a person hears about without asking, and that each is told once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes import USER

from domain.proto import oms_pb2 as pb
from tools.ports import Identity
from ui.chat.news import News, worth_telling


def order_event(seq: int, state: str, message: str = "모두 체결됐어요.") -> pb.Event:
    order = pb.Order(name="삼성전자", ticker="005930", side="buy", quantity=3, filled=3, state=state)
    return pb.Event(seq=seq, kind="order", order=order, message=message)


@pytest.mark.parametrize(
    "state", ["FILLED", "PARTIAL", "CANCELLED", "REJECTED", "REFUSED", "UNKNOWN", "MANUAL", "EXPIRED"]
)
def test_fills_ends_and_doubts_are_told(state: str) -> None:
    assert worth_telling(order_event(1, state))


@pytest.mark.parametrize("state", ["NEW", "SENDING", "ACKED", "CANCEL_PENDING"])
def test_steps_on_the_way_are_not(state: str) -> None:
    assert not worth_telling(order_event(1, state))


def test_a_halt_is_told_and_bookkeeping_is_not() -> None:
    assert worth_telling(pb.Event(kind="trading_state", message="정지했어요."))
    assert not worth_telling(pb.Event(kind="book", message="계좌를 열고 잔고를 확인했어요."))


def exit_event(state: str, **more: int) -> pb.Event:
    event = order_event(1, state, "손절 주문을 냈어요.")
    event.order.authority, event.order.side, event.order.filled = "exit", "sell", 0
    event.order.reason = "손절: 기준 66,500원에 닿았어요 (본 가격 66,400원)"
    for name, value in more.items():
        setattr(event.order, name, value)
    return event


async def test_a_sale_by_rule_is_told_when_it_is_made_with_its_reason(tmp_path: Path) -> None:
    async with News.of(Events(exit_event("NEW")), USER, tmp_path) as news:  # type: ignore[arg-type]
        told = await anext(news.follow())
    assert [item.notice.text for item in told.items] == [
        "삼성전자 3주: 손절 주문을 냈어요. 손절: 기준 66,500원에 닿았어요 (본 가격 66,400원)."
    ]


def test_a_stop_that_fired_and_was_not_ordered_is_told() -> None:
    assert worth_telling(pb.Event(kind="notice", message="삼성전자: 손절 기준에 닿았지만 주문하지 않았어요."))


@pytest.mark.parametrize(
    ("state", "told"), [("NEW", False), ("CANCELLED", False), ("EXPIRED", False), ("FILLED", True)]
)
def test_a_stop_at_the_broker_is_told_when_it_sells_and_not_when_it_is_kept_in_step(state: str, told: bool) -> None:
    assert worth_telling(exit_event(state, stop_price=66_500)) is told


class Events:
    """An OMS that has only events; remembers from which number it was asked."""

    def __init__(self, *events: pb.Event) -> None:
        self.events = events
        self.asked: list[int] = []

    async def watch(self, who: Identity, after_seq: int) -> AsyncIterator[pb.Event]:
        self.asked.append(after_seq)
        for event in self.events:
            if event.seq > after_seq:
                yield event


async def test_news_name_the_order_and_are_told_once_also_after_a_restart(tmp_path: Path) -> None:
    oms = Events(order_event(1, "ACKED"), order_event(2, "FILLED"))
    async with News.of(oms, USER, tmp_path) as news:  # type: ignore[arg-type]
        told = await anext(news.follow())
        news.told(told)
    assert [item.notice.text for item in told.items] == ["삼성전자 3주 매수: 모두 체결됐어요."]
    oms.events = (*oms.events, order_event(3, "CANCELLED", "취소됐어요."))
    async with News.of(oms, USER, tmp_path) as news:  # type: ignore[arg-type]
        told = await anext(news.follow())
    assert [item.notice.text for item in told.items] == ["삼성전자 3주 매수: 취소됐어요."]
    assert oms.asked == [0, 2]


async def test_what_was_taken_and_not_told_comes_again(tmp_path: Path) -> None:
    oms = Events(order_event(1, "FILLED"))
    for _ in range(2):
        async with News.of(oms, USER, tmp_path) as news:  # type: ignore[arg-type]
            assert (await anext(news.follow())).upto == 1
    assert oms.asked == [0, 0]


async def test_the_legs_of_a_plan_are_told_in_one_breath(tmp_path: Path) -> None:
    oms = Events(order_event(1, "FILLED"), order_event(2, "FILLED"), order_event(3, "FILLED"))
    async with News.of(oms, USER, tmp_path) as news:  # type: ignore[arg-type]
        assert len((await anext(news.follow())).items) == 3


async def test_a_trading_state_is_told_in_words_and_only_where_it_came_to_rest(tmp_path: Path) -> None:
    moves = [f"화면에서 재개를 누름: {state}" for state in ("REDUCING", "ACTIVE")]
    oms = Events(*(pb.Event(seq=at, kind="trading_state", message=text) for at, text in enumerate(moves, start=1)))
    async with News.of(oms, USER, tmp_path) as news:  # type: ignore[arg-type]
        (told,) = (await anext(news.follow())).items
    assert told.notice.text == "다시 주문할 수 있어요 (화면에서 재개를 누름)."


async def test_a_state_that_says_itself_in_words_is_left_as_it_is(tmp_path: Path) -> None:
    said = "직접 확인이 필요한 주문이 있어 매도와 취소만 해요."
    async with News.of(Events(pb.Event(seq=1, kind="trading_state", message=said)), USER, tmp_path) as news:  # type: ignore[arg-type]
        (told,) = (await anext(news.follow())).items
    assert told.notice.text == said

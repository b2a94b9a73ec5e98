"""kill −9 of every part, while a card waits and while an order rests: nothing lost, nothing doubled, said once."""

from __future__ import annotations

import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from household import Chat, Guest, Household, complete_profile, eventually
from people import ACTIVE
from three_books import agree


@pytest.fixture
def settled(guest: Guest) -> Guest:
    """Somebody with a profile."""
    chat = guest.chat()
    complete_profile(chat, ACTIVE)
    chat.close()
    return guest


def _kill(home: Household, part: str) -> None:
    os.kill(home.pid_of(part), signal.SIGKILL)


@pytest.mark.parametrize("part", ["chat", "oms", "exchange"])
def test_a_waiting_card_survives_the_death_of(settled: Guest, part: str) -> None:
    chat = settled.chat()
    card = chat.say("삼성전자 3주 시장가 매수")["approval"]
    if part == "chat":
        chat.kill()
        chat = settled.chat()
    else:
        _kill(settled.home, part)
    assert eventually(lambda: chat.say("미체결")["approval"]) == card
    done = eventually(lambda: _approved(chat, card["id"]))
    assert [(order["qty"], order["filled"]) for order in done["orders"]] == [(3, 3)]
    agree(settled, done)


@pytest.mark.parametrize("part", ["chat", "oms", "exchange"])
def test_a_resting_order_survives_the_death_of(settled: Guest, part: str) -> None:
    chat = settled.chat()
    card = chat.say(f"삼성전자 3주 {_well_below(chat)}원에 매수")
    assert card["approval"], card["reply"]
    turn = chat.say(f"/approve {card['approval']['id']}")
    assert [order["state"] for order in turn["orders"]] == ["ACKED"]
    if part == "chat":
        chat.kill()
        chat = settled.chat()
    else:
        _kill(settled.home, part)
    resting = eventually(lambda: _with_state(chat.say("미체결"), "ACKED"))
    assert len(resting["orders"]) == 1
    cancelled = eventually(lambda: _with_state(chat.say("방금 거 취소"), "CANCELLED"))
    assert cancelled["orders"][0]["filled"] == 0
    assert len(settled.journal("order")) == 1
    assert len(settled.journal("cancel")) == 1
    agree(settled, eventually(lambda: chat.say("잔고")))


def test_approvals_from_three_terminals_at_once_and_one_more_give_one_order(settled: Guest) -> None:
    chats = [settled.chat() for _ in range(3)]
    card = chats[0].say("삼성전자 3주 시장가 매수")["approval"]
    with ThreadPoolExecutor() as pool:
        turns = list(pool.map(lambda chat: chat.say(f"/approve {card['id']}"), chats))
    assert sum("이미" in turn["reply"] for turn in turns) >= 2
    assert "이미" in chats[1].say(f"/approve {card['id']}")["reply"]
    done = eventually(lambda: _with_state(chats[0].say("잔고"), "FILLED"))
    assert len(done["orders"]) == 1
    assert len(settled.journal("order")) == 1
    agree(settled, done)


def test_words_while_a_card_waits_do_not_replace_it(settled: Guest) -> None:
    chat = settled.chat()
    card = chat.say("삼성전자 3주 시장가 매수")["approval"]
    for words in ("네, 사줘", "카카오 5주 시장가 매수", "잔고", "추천해줘", "취소"):
        assert chat.say(words)["approval"] == card, words
    assert settled.journal("order") == []
    assert chat.say(f"/reject {card['id']}")["approval"] is None
    assert settled.journal("order") == []


def _approved(chat: Chat, approval: str) -> dict[str, Any] | None:
    turn = chat.say(f"/approve {approval}")
    return _with_state(turn, "FILLED") or _with_state(chat.say("잔고"), "FILLED")


def _with_state(turn: dict[str, Any], state: str) -> dict[str, Any] | None:
    return turn if any(order["state"] == state for order in turn["orders"]) else None


def _well_below(chat: Chat) -> int:
    """A price far enough below the market to rest, inside the collar."""
    shown = re.search(r"\(005930\) ([\d,]+)원", chat.say("삼성전자 현재가")["reply"])  # the day's high stands beside it
    assert shown is not None
    return int(shown[1].replace(",", "")) * 97 // 100 // 1_000 * 1_000

"""Regular checks and their diary in words: on, off, how it stands, and the day on one screen."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from conversing import Talk, profiled
from fakes import USER

from domain.korean.acts import Act
from domain.korean.reading import read
from nodes.diary import MOST_ENTRIES, MOST_LINES, day_lines
from tools.checks import CheckChoice, wants_checks
from tools.ports import JournalEntry, StoredMandate
from ui.commands.diary import shown

DAY = date(2026, 11, 23)
WORDS = [
    ("자동 점검 켜줘", Act.CHECKS_START),
    ("정기점검 시작해 주세요", Act.CHECKS_START),
    ("장중에 내 계좌 점검해줘", Act.CHECKS_START),
    ("자동 점검 꺼줘", Act.CHECKS_STOP),
    ("자동점검 이제 그만", Act.CHECKS_STOP),
    ("자동 점검 하지 마", Act.CHECKS_STOP),
    ("자동 점검 상태", Act.CHECKS_SHOW),
    ("자동 점검 켜져 있어?", Act.CHECKS_SHOW),
    ("자동점검", Act.CHECKS_SHOW),
    ("오늘 일지", Act.DIARY),
    ("일지 보여줘", Act.DIARY),
    ("오늘 뭐 했어?", Act.DIARY),
]


@pytest.mark.parametrize(("text", "act"), WORDS)
def test_what_is_said_of_checks_is_heard_first(text: str, act: Act) -> None:
    assert read(text, now=Talk().ports.clock.now()).acts[0] == act


@pytest.mark.parametrize(
    "text", ["자동 점검 끄지 마", "전체 정지", "전략 켜줘", "알아서 리밸런싱해줘", "거래 재개", "잔고 점검"]
)
def test_what_only_sounds_like_it_switches_nothing(text: str) -> None:
    acts = set(read(text, now=Talk().ports.clock.now()).acts)
    assert not {Act.CHECKS_START, Act.CHECKS_STOP, Act.DIARY} & acts


async def test_checks_are_switched_on_and_off_and_ask_before_they_order() -> None:
    talk = await profiled("적극투자형")
    assert "꺼져 있어요" in await talk.say("자동 점검 상태")
    assert "승인하시기 전에는 주문하지 않아요" in await talk.say("점검 켜기")  # the button
    assert "켜져 있어요" in await talk.say("자동 점검 켜져 있어?")
    assert "자동 점검을 껐어요" in await talk.say("자동 점검 꺼줘")
    assert "꺼져 있어요" in await talk.say("자동 점검 상태")
    assert not talk.ports.oms.submits


async def test_without_a_profile_nothing_is_switched_on() -> None:
    talk = Talk()
    assert "투자성향부터" in await talk.say("자동 점검 켜줘")
    assert await talk.ports.checks.choice(USER.account_ref) is None


async def test_a_mandate_is_a_word_for_checks_until_a_later_no() -> None:
    talk = await profiled("적극투자형")
    expires = talk.ports.clock.now() + timedelta(days=9)
    talk.ports.desk.sign(StoredMandate(UUID(int=9), USER.account_ref, "cycle", None, {}, None, expires, None))
    assert "묻지 않고 주문해요" in await talk.say("자동 점검 상태")
    now = talk.ports.clock.now()
    off = CheckChoice(False, now)
    assert (wants_checks(None, None), wants_checks(None, now), wants_checks(CheckChoice(True, now), None)) == (
        False,
        True,
        True,
    )
    assert not wants_checks(off, now - timedelta(hours=1))
    assert wants_checks(off, now + timedelta(hours=1))


def entry(slot: str, text: str, loop: str = "cycle", **detail: object) -> JournalEntry:
    subject = f"2026-11-{slot}"
    return JournalEntry(Talk().ports.clock.now(), "cycle", subject, f"{subject} {text}", {"loop": loop, **detail})


def test_a_day_is_told_in_order_with_equal_neighbours_as_one_and_quiet_looks_left_out() -> None:
    written = [
        entry("20T15:00", "점검: 어제예요."),
        entry("23T09:00", "점검: 벗어난 것이 없어요.\n주문은 제안하지 않았어요."),
        entry("23T09:05", "점검: 벗어난 것이 없어요.", "rebalance", proposals=[], outcome=None),
        entry("23T09:05", "보유 종목의 손절·익절 기준을 적어 두었어요.", "rebalance", guard_rules=[]),
        entry("23T09:30", "점검: 벗어난 것이 없어요.\n주문은 제안하지 않았어요."),
        entry("23T10:00", "점검: 승인을 기다려요.", waiting=True),
        entry("23T10:00", "점검: 비중이 넘었어요.\n삼성전자 3주 매도: 주문을 보냈어요.", proposals=[{}]),
        entry("23T10:15", "비중 점검: 카카오가 넘었어요.", "rebalance", proposals=[{}], outcome="submitted"),
        entry("23T10:30", "점검: 중단됨: 꺼졌어요.", slot_outcome="interrupted"),
    ]
    assert day_lines(written[::-1], DAY) == [
        "09:00–09:30 점검: 벗어난 것이 없어요. (2번)",
        "  주문은 제안하지 않았어요.",
        "10:00 점검: 비중이 넘었어요.",
        "  삼성전자 3주 매도: 주문을 보냈어요.",
        "10:15 비중 점검: 카카오가 넘었어요.",
        "10:30 점검: 중단됨: 꺼졌어요.",
    ]


def test_a_day_full_of_words_fits_one_screen() -> None:
    written = [
        entry(f"23T{9 + n // 12:02}:{n % 12 * 5:02}", f"점검: {n}가지.\n둘째 줄\n셋째 줄\n넷째 줄", proposals=[{}])
        for n in range(78)
    ]
    lines = day_lines(written[::-1], DAY)
    assert len(lines) == MOST_LINES
    assert lines[0] == "(앞의 195줄은 줄였어요)"
    assert not any("넷째" in line for line in lines)


async def test_the_diary_is_told_in_the_conversation_by_the_markets_day() -> None:
    talk = await profiled("적극투자형")
    assert "11월 23일에는 아직" in await talk.say("오늘 일지")
    await talk.ports.desk.note(USER.user_id, entry("23T09:00", "점검: 벗어난 것이 없어요."))
    reply = await talk.say("오늘 일지")
    assert "11월 23일 일지예요.\n09:00 점검: 벗어난 것이 없어요." in reply


async def test_a_day_before_many_others_is_found_and_one_too_long_ago_is_said() -> None:
    talk = await profiled("적극투자형")
    await talk.ports.desk.note(USER.user_id, entry("20T15:00", "점검: 벗어난 것이 없어요."))
    for _ in range(MOST_ENTRIES + 1):
        await talk.ports.desk.note(USER.user_id, entry("23T09:00", "점검: 벗어난 것이 없어요."))
    assert await shown(talk.ports, USER, date(2026, 11, 20)) == (["15:00 점검: 벗어난 것이 없어요."], False)
    assert (await shown(talk.ports, USER, None))[0] == ["09:00 점검: 벗어난 것이 없어요."]
    lines, failed = await shown(talk.ports, USER, date(2026, 1, 5))
    assert ("60일보다 오래된" in lines[0], failed) == (True, True)
    assert "아직 정기 점검 기록이 없어요" in (await shown(talk.ports, USER, date(2026, 11, 19)))[0][0]

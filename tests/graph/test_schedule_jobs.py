"""What the scheduler's jobs do for an account: a check by the runner, a card that waits, the day's report, pace."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cycle_bench import Bench
from fakes import START, USER, FakeDesk, FakeMarket, FakeOms, give_profile

from domain.calendar import KrxCalendar
from domain.clock import KST, ManualClock
from domain.proto import oms_pb2 as pb
from domain.slots import Due, Kind, Outcome
from graph.runner import Runner
from graph.schedule.account_jobs import SHOWN_BEFORE, checking, reporting
from graph.schedule.day_report import NO_BOOK, report
from graph.schedule.pace import Pace
from graph.schedule.research_jobs import fresh_masters
from graph.schedule.words import entry
from nodes.diary import diary_of
from tools.news.listings import FILES
from tools.ports import JournalEntry, PortUnavailable

DAY = date(2026, 11, 23)
TEN = Due(Kind.CYCLE, "2026-11-23T10:00")


def runner_of(bench: Bench) -> object:
    async def get() -> Runner:
        return bench.runner

    return get


async def test_a_check_without_a_mandate_leaves_a_card_and_a_line_that_it_waits_until_it_is_answered() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    ended = await checking(Kind.CYCLE, runner_of(bench))(TEN, USER)  # type: ignore[arg-type]
    assert ended.outcome is Outcome.DONE
    assert "승인 카드로 여쭤봤어요" in ended.text
    (request,) = bench.desk.requests.values()
    lines = await diary_of(bench.ports, USER.user_id, DAY)
    assert lines[0].startswith("10:00 점검: ")
    assert f"{request.card['legs'][0]['name']} {request.card['legs'][0]['qty']:,}주 매수" in lines[1]
    assert lines[1].endswith("승인 카드로 여쭤봤어요.")
    bench.desk.decide(request.approval_id)
    await bench.runner.resume(USER, request.approval_id)
    lines = await diary_of(bench.ports, USER.user_id, DAY)
    assert "주문을 보냈어요" in "\n".join(lines)
    assert "여쭤봤어요" not in "\n".join(lines)
    again = await checking(Kind.CYCLE, runner_of(bench))(TEN, USER)  # type: ignore[arg-type]
    assert (again.outcome, again.text) == (Outcome.DONE, SHOWN_BEFORE)


async def test_a_check_that_cannot_be_done_has_failed_and_says_why() -> None:
    bench = Bench()

    class Busy:
        def hold(self, thread: str) -> object:
            raise PortUnavailable("같은 대화를 다른 창에서 처리하고 있어요.", where="thread")

    bench.runner._locks = Busy()  # type: ignore[assignment]
    ended = await checking(Kind.CYCLE, runner_of(bench))(TEN, USER)  # type: ignore[arg-type]
    assert (ended.outcome, ended.text) == (Outcome.FAILED, "같은 대화를 다른 창에서 처리하고 있어요.")
    assert not bench.desk.requests


async def test_the_closing_check_reports_and_orders_nothing_under_a_mandate() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    bench.sign()
    closing = Due(Kind.CYCLE, "2026-11-23T15:30", report_only=True)
    assert (await checking(Kind.CYCLE, runner_of(bench))(closing, USER)).outcome is Outcome.DONE  # type: ignore[arg-type]
    assert not bench.oms.submits
    quiet = await checking(Kind.REBALANCE, runner_of(bench))(Due(Kind.REBALANCE, "2026-11-23T10:05"), USER)  # type: ignore[arg-type]
    assert not quiet.text.startswith("2026")


async def test_the_days_report_counts_checks_and_orders_and_says_what_the_account_made() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    bench.sign()
    await checking(Kind.CYCLE, runner_of(bench))(TEN, USER)  # type: ignore[arg-type]
    late = entry(Kind.CYCLE, "2026-11-23T10:30", "건너뛰었어요.", Outcome.SKIPPED, START)
    await bench.desk.note(USER.user_id, late)
    ended = await reporting(runner_of(bench))(Due(Kind.REPORT, "2026-11-23T15:30"), USER)  # type: ignore[arg-type]
    assert ended.outcome is Outcome.DONE
    count = len(bench.oms.placed)
    assert ended.text.startswith(f"점검 1번, 못 한 점검 1번. 주문 {count}건 가운데 {count}건이 체결됐어요.")
    assert "총자산" in ended.text
    last = (await diary_of(bench.ports, USER.user_id, DAY))[-2:]
    assert last[0].startswith("15:30 하루 정리: 점검 1번")


def test_a_book_that_cannot_be_read_is_said_and_not_guessed() -> None:
    assert report([], [], None) == f"점검 0번. 주문은 없었어요.\n{NO_BOOK}"
    book = pb.BookReply(realised_today=-12_300, unrealised=45_600, total_value=102_340_000)
    waited = JournalEntry(START, "cycle", "2026-11-23T10:00", "승인이 없어요.", {"loop": "cycle", "outcome": "expired"})
    said = report([waited], [pb.Order(filled=0), pb.Order(filled=3)], book)
    assert said.splitlines() == [
        "점검 1번, 승인 없이 지나간 제안 1번. 주문 2건 가운데 1건이 체결됐어요.",
        "실현손익 −12,300원, 평가손익 +45,600원. 총자산 1억 234만원",
    ]


@pytest.mark.parametrize(("traded", "busy"), [(1_000_000, True), (10_000, False)])
async def test_the_pace_of_an_account_is_that_of_what_it_holds(traded: int, busy: bool) -> None:
    bench = Bench()
    desk, market = bench.desk, bench.ports.market
    assert isinstance(desk, FakeDesk)
    assert isinstance(market, FakeMarket)
    oms, volume = FakeOms(bench.clock, desk, market), 5_000_000

    class Trading(FakeMarket):
        async def quote(self, ticker: str) -> pb.QuoteReply:
            reply = await super().quote(ticker)
            reply.volume = volume
            return reply

    pace, calendar = Pace(oms, Trading(bench.clock)), KrxCalendar()
    at = START + timedelta(minutes=5)
    assert not await pace.busy(USER, calendar, at)  # holds nothing
    oms.hold("005930", 10, 72_000)
    assert not await pace.busy(USER, calendar, at)  # nothing to compare with
    volume += traded
    assert await pace.busy(USER, calendar, at + timedelta(minutes=5)) is busy


async def test_the_list_of_names_is_asked_for_once_a_day_before_the_news(tmp_path: Path) -> None:
    clock, asked = ManualClock(datetime(2026, 11, 23, 0, 0, tzinfo=KST)), []

    async def download(home: Path, clock: Any) -> None:
        asked.append(clock.now())
        for file in FILES.values():
            (home / "master").mkdir(exist_ok=True)
            (home / "master" / file).write_bytes(b"")
            os.utime(home / "master" / file, (clock.now().timestamp(),) * 2)

    assert await fresh_masters(tmp_path, clock, download)
    clock.advance(timedelta(hours=12).total_seconds())
    assert not await fresh_masters(tmp_path, clock, download)
    clock.advance(timedelta(hours=12).total_seconds())
    assert await fresh_masters(tmp_path, clock, download)
    assert len(asked) == 2

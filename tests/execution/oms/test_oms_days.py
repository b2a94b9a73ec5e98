"""What each trading day began with and realised: from the ledger's own rows, one's own account only, oldest first."""

from __future__ import annotations

from uuid import uuid4

import grpc
import pytest
from oms_path import SAMSUNG, Path_, Person

from domain.orders.types import Side
from domain.proto import oms_pb2 as pb
from tools.ports import Identity, PortRefused


def _mark(path: Path_, who: Person, day: str, start: int, high: int) -> None:
    with path.admin() as db:
        db.execute("INSERT INTO ledger.day_marks VALUES (%s, %s, %s, %s)", (who.account, day, start, high))


def _fill(path: Path_, who: Person, day: str, odno: int, realised: int, fee: int, tax: int) -> None:
    with path.admin() as db:
        db.execute(
            "INSERT INTO ledger.fills (account_ref, trade_date, branch, odno, ticker, side, sleeve, quantity, amount,"
            " cumulative, fee, tax, realised, estimated, at)"
            " VALUES (%s, %s, '1', %s, '005930', 'sell', 'manual', 1, 60000, 1, %s, %s, %s, false, now())",
            (who.account, day, odno, fee, tax, realised),
        )


async def test_an_opened_account_has_its_first_day(path: Path_) -> None:
    who = path.person()
    assert (await path.client.book(who.identity)).base_capital == 100_000_000
    (day,) = await path.client.days(who.identity)
    assert (day.start_value, day.high_water, day.realised) == (100_000_000, 100_000_000, 0)


async def test_a_day_sums_what_its_fills_realised_and_cost(path: Path_) -> None:
    who = path.person()
    price = await path.marketable(SAMSUNG)
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 3, price)))
    await path.until(who, "FILLED")
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.SELL, 3, None)))
    await path.until(who, "FILLED", count=2)
    book = await path.agrees(who)
    (day,) = await path.client.days(who.identity)
    assert day.realised == book.realised_today != 0
    assert (day.fees, day.taxes) == (book.fees_today, book.taxes_today)
    assert day.taxes > 0


async def test_days_come_oldest_first_and_the_newest_of_them_within_the_limit(path: Path_) -> None:
    who = path.person()
    await path.client.book(who.identity)
    for number, day in enumerate(("2025-06-02", "2025-06-03", "2025-06-04")):
        _mark(path, who, day, 90_000_000 + number, 100_000_000)
    _fill(path, who, "2025-06-03", 1, 500, 10, 20)
    _fill(path, who, "2025-06-03", 2, -300, 5, 6)
    days = await path.client.days(who.identity)
    assert [day.date for day in days[:3]] == ["2025-06-02", "2025-06-03", "2025-06-04"]
    assert [(day.realised, day.fees, day.taxes) for day in days[:3]] == [(0, 0, 0), (200, 15, 26), (0, 0, 0)]
    newest = await path.client.days(who.identity, limit=2)
    assert [day.date for day in newest] == [day.date for day in days[-2:]]


async def test_a_day_without_a_quiet_moment_keeps_what_it_realised_and_invents_no_value(path: Path_) -> None:
    who = path.person()
    await path.client.book(who.identity)
    _fill(path, who, "2025-06-05", 3, 700, 1, 2)
    days = await path.client.days(who.identity)
    assert (days[0].date, days[0].start_value, days[0].realised) == ("2025-06-05", 0, 700)


async def test_money_paid_in_is_told_with_its_day(path: Path_) -> None:
    who = path.person()
    await path.client.book(who.identity)
    with path.admin() as db:
        for kind, amount in (("external", 10_000_000), ("rounding", 3), ("external", -4_000_000)):
            db.execute(
                "INSERT INTO ledger.cash_flows (account_ref, trade_date, kind, amount, note, at)"
                " VALUES (%s, '2025-06-02', %s, %s, '', now())",
                (who.account, kind, amount),
            )
    days = await path.client.days(who.identity)
    assert [(day.date, day.flow) for day in days[:1]] == [("2025-06-02", 6_000_000)]
    assert days[-1].flow == 0  # what the account was opened with is no deposit


async def test_another_person_s_days_do_not_exist(path: Path_) -> None:
    who, other = path.person(), path.person()
    await path.client.book(who.identity)
    thief = Identity(other.identity.user_id, other.identity.name, who.account, "sim")
    with pytest.raises(PortRefused) as refused:
        await path.client.days(thief)
    assert refused.value.code == "ACCOUNT_UNKNOWN"
    with pytest.raises(PortRefused):
        await path.client.days(Identity(uuid4(), "없는 사람", who.account, "sim"))


async def test_a_stranger_is_told_nothing(path: Path_) -> None:
    who = path.person()
    metadata = (("x-quartz-principal", "web"), ("x-quartz-token", "no"), ("x-quartz-user", str(uuid4())))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await path.channel.oms.Days(pb.DaysRequest(account_ref=who.account), metadata=metadata)
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert refused.value.details() == "unauthenticated"

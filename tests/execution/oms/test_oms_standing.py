"""Halts, resumptions and the book that people read: what is said is how it stands, also after a crash."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from oms_path import HYNIX, KODEX200, SAMSUNG, Path_, Person

from domain.orders.types import Side
from domain.proto import oms_pb2 as pb
from tools.oms_client import OmsClient
from tools.ports import PortRefused
from tools.settings import ROOT


@pytest.fixture(scope="module")
def exchange_options() -> tuple[str, ...]:
    """A stack of its own: a restarted OMS looks after every account that it knows before it serves one."""
    return ("--always-open",)


async def _state(path: Path_, who: Person, wanted: str) -> str:
    for _ in range(100):
        status = await path.client.status(who.identity)
        if status.trading_state == wanted:
            break
        await asyncio.sleep(0.1)
    return str(status.trading_state)


async def test_resuming_ends_active_and_says_so(path: Path_) -> None:
    who = path.person()
    await path.client.set_trading_state(who.identity, "HALTED", "무서워요")
    resumed = await path.client.set_trading_state(who.identity, "ACTIVE", "")
    assert (resumed.state, resumed.message) == ("ACTIVE", "다시 주문할 수 있어요.")
    again = await path.client.set_trading_state(who.identity, "ACTIVE", "")
    assert (again.state, again.message) == ("ACTIVE", "다시 주문할 수 있어요.")


async def test_a_halt_survives_kill_nine_and_is_resumed_afterwards(path: Path_) -> None:
    who = path.person()
    await path.client.book(who.identity)
    await path.client.set_trading_state(who.identity, "HALTED", "무서워요")
    path.oms.kill()
    path.oms.start()
    await path.oms.ready()
    assert await _state(path, who, "HALTED") == "HALTED"
    refused = await path.client.submit(who.identity, who.approved((KODEX200, Side.BUY, 1, None)))
    assert refused.findings[0].code == "HALT"
    assert (await path.client.set_trading_state(who.identity, "ACTIVE", "")).state == "ACTIVE"


async def test_resuming_while_the_broker_is_silent_completes_by_itself(path: Path_) -> None:
    who = path.person()
    await path.client.book(who.identity)
    await path.client.set_trading_state(who.identity, "HALTED", "무서워요")
    silent = {"rt_cd": "1", "msg_cd": "EGW00300", "msg1": "x"}
    path.proxy.answers = {"/trading/inquire-balance": silent}
    await asyncio.sleep(1.1)  # figures asked before the silence are too old by then
    resumed = await path.client.set_trading_state(who.identity, "ACTIVE", "")
    assert resumed.state == "REDUCING"
    assert "저절로" in resumed.message
    path.oms.kill()  # the wish is durable
    path.oms.start()
    await path.oms.ready()
    path.proxy.calm()
    await path.orders(who)
    assert await _state(path, who, "ACTIVE") == "ACTIVE"
    rows = path.sql(
        "SELECT event FROM ledger.transitions WHERE entity = 'account' AND entity_id = %s ORDER BY seq", who.account
    )
    assert [row[0] for row in rows] == ["person_halted", "person_resumed", "causes_cleared"]


async def test_a_resumed_account_under_a_global_halt_is_told_so(path: Path_) -> None:
    who, owner = path.person(), path.person()
    with path.admin() as db:
        db.execute("UPDATE chat.users SET is_owner = false")
        db.execute("UPDATE chat.users SET is_owner = true WHERE user_id = %s", (owner.identity.user_id,))
    client = OmsClient(path.channel)
    await client.set_trading_state(who.identity, "HALTED", "무서워요")
    await client.set_trading_state(owner.identity, "HALTED", "모두", scope="global")
    resumed = await client.set_trading_state(who.identity, "ACTIVE", "")
    assert resumed.state == "HALTED"
    assert "전체 정지" in resumed.message
    assert (await client.set_trading_state(owner.identity, "ACTIVE", "", scope="global")).state == "ACTIVE"
    assert await _state(path, who, "ACTIVE") == "ACTIVE"


async def test_the_book_right_after_a_fill_counts_it_once_and_agrees(path: Path_) -> None:
    who = path.person()
    price = await path.marketable(HYNIX)
    quantity = 18_000_000 // price
    await path.client.submit(who.identity, who.approved((HYNIX, Side.BUY, quantity, price)))
    (order,) = await path.until(who, "FILLED")
    book = await path.client.book(who.identity)
    spent = order.filled_amount + order.fee
    assert book.reconciled
    assert book.buying_power == book.cash_d2 == 100_000_000 - spent
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 10, await path.resting(SAMSUNG))))
    orders = await path.until(who, "ACKED")
    rest = next(order for order in orders if order.state == "ACKED")
    book = await path.client.book(who.identity)
    held = rest.price * 10
    assert 100_000_000 - spent - held - 20_000 <= book.buying_power <= 100_000_000 - spent - held


async def test_three_legs_within_a_second_are_no_loss_of_the_day(path: Path_) -> None:
    who = path.person()
    legs = [(ticker, await path.marketable(ticker)) for ticker in (SAMSUNG, HYNIX, KODEX200)]
    plan = who.approved(*((ticker, Side.BUY, 9_000_000 // price, price) for ticker, price in legs))
    reply = await path.client.submit(who.identity, plan)
    assert reply.outcome == pb.SubmitReply.ADMITTED, reply
    orders = await path.until(who, "FILLED", count=3)
    assert {order.state for order in orders} == {"FILLED"}
    sent = path.sql("SELECT max(sent_at) - min(sent_at) FROM ledger.intents WHERE account_ref = %s", who.account)
    assert sent[0][0].total_seconds() < 2.0


def _terminal(path: Path_, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "execution.oms", *words],
        cwd=ROOT,
        env=path.oms.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


async def test_the_kill_switch_works_from_a_terminal(path: Path_) -> None:
    who = path.person()
    await path.client.book(who.identity)
    assert await asyncio.to_thread(_terminal, path, "halt", "--reason", "시험") == (
        0,
        "HALTED: 모두 멈췄어요. 취소만 할 수 있어요.\n",
    )
    refused = await path.client.submit(who.identity, who.approved((KODEX200, Side.BUY, 1, None)))
    assert refused.findings[0].code == "HALT"
    status, said = await asyncio.to_thread(_terminal, path, "resume")
    assert (status, said) == (0, "ACTIVE: 다시 주문할 수 있어요.\n")
    status, said = await asyncio.to_thread(_terminal, path, "halt", "--strategy", "strategy:a")
    assert (status, said) == (2, "전략은 계좌와 함께 골라 주세요 (--account).\n")
    status, said = await asyncio.to_thread(_terminal, path, "halt", "--account", "nobody")
    assert (status, "계좌가 없어요" in said) == (1, True)


async def test_one_strategy_is_stopped_and_the_rest_of_the_account_goes_on(path: Path_) -> None:
    who = path.person()
    await path.client.book(who.identity)
    mine, other = "strategy:mine", "strategy:other"
    stopped = await path.client.set_trading_state(who.identity, "HALTED", "손실", scope="strategy", sleeve=mine)
    assert (stopped.state, stopped.message) == ("HALTED", "이 전략을 멈췄어요. 가진 주식은 팔 수 있어요.")
    assert (await path.client.status(who.identity)).trading_state == "ACTIVE"
    price = await path.resting(SAMSUNG)
    refused = await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, price), sleeve=mine))
    assert [f.code for f in refused.findings] == ["HALT"]
    admitted = await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 2, price), sleeve=other))
    assert admitted.outcome == pb.SubmitReply.ADMITTED
    path.oms.kill()  # the word is durable
    path.oms.start()
    await path.oms.ready()
    await path.orders(who)
    again = await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 3, price), sleeve=mine))
    assert [f.code for f in again.findings] == ["HALT"]
    resumed = await path.client.set_trading_state(who.identity, "ACTIVE", "", scope="strategy", sleeve=mine)
    assert resumed.state == "ACTIVE"
    allowed = await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 4, price), sleeve=mine))
    assert allowed.outcome == pb.SubmitReply.ADMITTED, allowed


@pytest.mark.parametrize(("scope", "sleeve"), [("strategy", ""), ("account", "cycle"), ("elsewhere", "")])
async def test_a_scope_that_names_nothing_or_too_much_is_refused(path: Path_, scope: str, sleeve: str) -> None:
    who = path.person()
    with pytest.raises(PortRefused):
        await path.client.set_trading_state(who.identity, "HALTED", "", scope=scope, sleeve=sleeve)

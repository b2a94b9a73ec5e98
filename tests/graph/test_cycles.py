"""The cycle and the rebalance through the runner: what they look at, when they ask, when they rest."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from cycle_bench import Bench
from fakes import USER, give_profile, make_ports

from domain.clock import KST
from domain.proto import oms_pb2 as pb
from graph import portfolio_cycle, rebalance
from graph.portfolio_cycle import build_portfolio_cycle, slot_of
from graph.rebalance import build_rebalance
from graph.standing_orders import OmsByAuthority

SLOT = "2026-11-23T10:00"


async def test_a_cycle_with_idle_cash_asks_the_specialists_and_then_the_person() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    result = await bench.runner.run_cycle(USER, "cycle", SLOT)
    assert result.approval is not None
    assert result.approval.thread_id == f"cycle:{USER.account_ref}:{SLOT}"
    assert result.route == ("macro", "selector", "technical", "portfolio", "risk", "order_desk")
    bench.desk.decide(result.approval.approval_id)
    done = await bench.runner.resume(USER, result.approval.approval_id)
    assert done.outcome == "submitted"
    assert "주문을 보냈어요" in done.reply
    assert {order.sleeve for order in bench.oms.placed.values()} == {"cycle"}


async def test_under_a_signed_mandate_a_cycle_asks_nobody() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    bench.sign()
    result = await bench.runner.run_cycle(USER, "cycle", SLOT)
    assert result.outcome == "submitted"
    assert result.approval is None
    assert all(request.mandate_id for request in bench.oms.submits)


async def test_the_same_slot_twice_is_one_plan() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    bench.sign()
    await bench.runner.run_cycle(USER, "cycle", SLOT)
    again = await bench.runner.run_cycle(USER, "cycle", SLOT)
    assert not again.fresh
    assert len(bench.oms.submits) == 1


async def test_a_reporting_slot_never_reaches_the_desk() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    bench.sign()
    result = await bench.runner.run_cycle(USER, "cycle", "2026-11-23T15:30", report_only=True)
    assert "order_desk" not in result.route
    assert "제안만 하고" in result.reply
    assert not bench.oms.submits


async def test_nothing_off_is_a_quiet_line_and_no_specialist() -> None:
    bench = Bench()
    await give_profile(bench.ports, capital_krw=100_000_000)
    bench.oms.cash = 4_000_000
    bench.oms.hold("488770", 800, 120_000)
    result = await bench.runner.run_cycle(USER, "cycle", SLOT)
    assert result.route == ()
    assert "벗어난 것이 없어요" in result.reply


async def test_without_a_profile_a_cycle_rests() -> None:
    bench = Bench()
    result = await bench.runner.run_cycle(USER, "cycle", SLOT)
    assert "투자성향이 없어" in result.reply
    assert not bench.oms.previews


async def test_a_silent_source_sells_nothing() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    bench.sign()
    bench.oms.hold("005930", 20, 72_000)
    bench.ports.macro.down = True  # type: ignore[attr-defined]
    bench.ports.news.down = True  # type: ignore[attr-defined]
    bench.ports.market.chart_down = set(row.ticker for row in bench.ports.instruments.all())  # type: ignore[attr-defined]
    await bench.runner.run_cycle(USER, "cycle", SLOT)
    assert all(order.side == "buy" for order in bench.oms.placed.values())


async def test_rebalance_trims_what_outgrew_its_limit_and_suggests_exits() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    bench.oms.hold("005930", 100, 80_000, cost=7_500_000)
    bench.ports.market.prices["005930"] = 80_000  # type: ignore[attr-defined]
    result = await bench.runner.run_cycle(USER, "rebalance", SLOT)
    assert result.approval is not None
    assert [leg["side"] for leg in result.approval.card["legs"]] == ["sell"]
    rules = [entry.detail["guard_rules"] for _, entry in bench.desk.entries if "guard_rules" in entry.detail]
    assert rules == [[{"ticker": "005930", "stop_price": 71_250, "take_price": 86_250, "source": "default"}]]


async def test_rebalance_never_fires_a_stop() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    bench.oms.hold("005930", 10, 50_000, cost=800_000)  # far below any stop
    result = await bench.runner.run_cycle(USER, "rebalance", SLOT)
    assert not bench.oms.submits
    assert result.approval is None


async def test_the_strategys_own_exits_come_first_and_go_with_it() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    risk = {"stop_loss": {"enabled": True, "percent": "7"}, "take_profit": {"enabled": False, "percent": "5"}}
    spec = {"risk": risk, "universe": {"tickers": ["005930", "000660"]}}
    await bench.desk.save_strategy(USER.user_id, UUID(int=1), "h", spec, bench.clock.now())
    bench.oms.hold("005930", 10, 70_000, cost=700_000)
    await bench.runner.run_cycle(USER, "rebalance", SLOT)
    (rules,) = [entry.detail["guard_rules"] for _, entry in bench.desk.entries if "guard_rules" in entry.detail]
    assert rules == [{"ticker": "005930", "stop_price": 65_100, "take_price": 80_500, "source": "strategy"}]
    ((account, row),) = bench.desk.rules  # where the guard reads it
    assert (account, row.ticker, row.rule and row.rule.stop_bps) == (USER.account_ref, "005930", 700)
    bench.clock.advance(1)
    await bench.desk.save_strategy(USER.user_id, UUID(int=2), "h2", {"risk": {}}, bench.clock.now())
    await bench.runner.run_cycle(USER, "rebalance", "2026-11-23T11:00")
    assert bench.desk.rules[-1][1].rule is None  # the next strategy says nothing of it


async def test_an_unknown_kind_of_cycle_is_an_error() -> None:
    with pytest.raises(ValueError, match="expected one of cycle, rebalance"):
        await Bench().runner.run_cycle(USER, "moon", SLOT)


def test_slots_begin_on_the_half_hour() -> None:
    assert slot_of(datetime(2026, 11, 23, 10, 44, 59, tzinfo=KST)) == "2026-11-23T10:30"


@pytest.mark.parametrize("module", [portfolio_cycle, rebalance])
def test_every_way_of_a_cycle_is_in_its_table(module: Any) -> None:
    build = build_portfolio_cycle if module is portfolio_cycle else build_rebalance
    edges = build(make_ports()).compile().get_graph().edges
    ways = {(edge.source, edge.target) for edge in edges if not {edge.source, edge.target} & {"__start__", "__end__"}}
    assert ways == {(room, way) for room, found in module.WAYS.items() for way in found}


async def test_a_mandate_is_submitted_by_the_worker_and_an_approval_by_the_face() -> None:
    calls: list[str] = []

    class Door:
        def __init__(self, name: str) -> None:
            self.name = name

        async def submit(self, who: Any, request: Any) -> pb.SubmitReply:
            calls.append(self.name)
            return pb.SubmitReply()

    both = OmsByAuthority(Door("face"), Door("worker"))  # type: ignore[arg-type]
    await both.submit(USER, pb.SubmitRequest(plan_id="p", mandate_id="m"))
    await both.submit(USER, pb.SubmitRequest(plan_id="p", approval_id="a"))
    assert calls == ["worker", "face"]


async def test_under_a_mandate_a_rebalance_sells_only_what_the_cycle_bought() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    bench.sign()
    bench.oms.hold("005930", 100, 80_000, cost=7_500_000)
    bench.ports.market.prices["005930"] = 80_000  # type: ignore[attr-defined]
    result = await bench.runner.run_cycle(USER, "rebalance", SLOT)
    assert not bench.oms.submits
    assert any("직접 사신 몫" in notice["text"] for notice in result.notices)
    bench.oms.positions[0].sleeves.clear()
    bench.oms.positions[0].sleeves["cycle"] = 100
    result = await bench.runner.run_cycle(USER, "rebalance", "2026-11-23T10:30")
    assert result.outcome == "submitted"
    assert [order.side for order in bench.oms.placed.values()] == ["sell"]

"""The order desk alone: numbered cases with what was there, what happened, what must hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from fakes import USER, FakeDesk, FakeMarket, FakeOms, finding, give_profile, make_ports
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from domain import ids
from execution.desk.desk import WAYS, build_order_desk
from execution.desk.options import DeskOptions
from tools.ports import PortRefused, Ports, StoredMandate

ORIGIN = ["chat", "thread-1", "message-1"]
CONFIG: Any = {"configurable": {"thread_id": "thread-1"}, "recursion_limit": 40}


class Bench:
    """A desk with its fakes, one thread."""

    def __init__(self, ports: Ports | None = None, **options: Any) -> None:
        self.ports = ports or make_ports()
        self.oms: FakeOms = self.ports.oms  # type: ignore[assignment]
        self.desk: FakeDesk = self.ports.desk  # type: ignore[assignment]
        self.market: FakeMarket = self.ports.market  # type: ignore[assignment]
        self.clock: Any = self.ports.clock
        self.graph = build_order_desk(self.ports, DeskOptions(**options)).compile(checkpointer=InMemorySaver())

    async def order(self, *legs: Mapping[str, Any], sleeve: str = "manual", origin: list[Any] | None = None) -> Any:
        wish = {"order_request": [dict(leg) for leg in legs], "order_origin": origin or ORIGIN, "sleeve": sleeve}
        return await self.run(wish)

    async def run(self, given: Any) -> Any:
        return await self.graph.ainvoke(given, CONFIG, durability="sync", version="v2")

    async def resume(self, **extra: Any) -> Any:
        return await self.run(Command(resume={"approval_id": self.asked["approval_id"], **extra}))

    @property
    def asked(self) -> dict[str, Any]:
        waiting = self.graph.get_state(CONFIG).interrupts
        assert len(waiting) == 1, f"expected one question, were {len(waiting)}"
        return dict(waiting[0].value)

    def waits(self) -> bool:
        return bool(self.graph.get_state(CONFIG).interrupts)

    def card(self) -> Mapping[str, Any]:
        from uuid import UUID

        return self.desk.requests[UUID(self.asked["approval_id"])].card


def buy(ticker: str = "005930", qty: int = 10, price: int = 72_000, **more: Any) -> dict[str, Any]:
    return {"ticker": ticker, "side": "buy", "qty": qty, "order_type": "limit", "price": price, "reason": "이유"} | more


async def test_d01_approved_plan_becomes_one_filled_order() -> None:
    bench = Bench()
    paused = await bench.order(buy())
    assert paused.interrupts[0].value["kind"] == "approval"
    assert bench.card()["legs"][0]["qty"] == 10
    bench.desk.decide(bench.asked["approval_id"])
    done = await bench.resume()
    assert done.value["desk_outcome"] == "submitted"
    assert [order["state"] for order in done.value["submitted"]] == ["FILLED"]
    assert "체결됐어요" in done.value["say"][-1]["text"]
    assert len(bench.oms.submits) == 1
    assert bench.oms.submits[0].approval_id == str(ids.approval_id(ids.plan_id(USER.account_ref, ORIGIN), 1))
    entry = bench.desk.entries[-1][1]
    assert (entry.kind, [order["reason"] for order in entry.detail["orders"]]) == ("order", ["이유"])


async def test_d02_rejected_plan_sends_nothing() -> None:
    bench = Bench()
    await bench.order(buy())
    bench.desk.decide(bench.asked["approval_id"], "reject")
    done = await bench.resume()
    assert done.value["desk_outcome"] == "rejected"
    assert not bench.oms.submits


async def test_d03_refused_plan_asks_nobody_and_says_why() -> None:
    bench = Bench()
    bench.oms.refusals.append(finding("CASH", "refuse", 1, "주문 가능 금액보다 커요."))
    done = await bench.order(buy())
    assert done.value["desk_outcome"] == "refused"
    assert "주문 가능 금액보다 커요." in done.value["say"][-1]["text"]
    assert not bench.desk.requests
    assert bench.desk.entries[-1][1].kind == "refusal"


async def test_d04_a_clamped_quantity_is_a_new_version_and_the_card_says_what_the_limit_did() -> None:
    bench = Bench()
    bench.oms.clamps["005930"] = 4
    await bench.order(buy())
    assert bench.asked["version"] == 2
    card = bench.card()
    assert card["legs"][0]["qty"] == 4
    assert card["limits"][0]["was"] == 10
    assert card["limits"][0]["limit"] == 4
    bench.desk.decide(bench.asked["approval_id"])
    done = await bench.resume()
    assert done.value["submitted"][0]["qty"] == 4
    assert bench.oms.submits[0].version == 2


async def test_d05_a_plan_clamped_to_nothing_is_refused() -> None:
    bench = Bench()
    bench.oms.clamps["005930"] = 0
    done = await bench.order(buy())
    assert done.value["desk_outcome"] == "refused"
    assert not bench.desk.requests


async def test_d06_a_leg_clamped_away_leaves_the_others_with_their_numbers() -> None:
    bench = Bench()
    bench.oms.clamps["005930"] = 0
    await bench.order(buy(), buy("000660", 2, 180_000))
    assert [leg["leg"] for leg in bench.card()["legs"]] == [2]
    bench.desk.decide(bench.asked["approval_id"])
    done = await bench.resume()
    plan = ids.plan_id(USER.account_ref, ORIGIN)
    assert [order["intent_id"] for order in done.value["submitted"]] == [str(ids.intent_id(plan, 2))]


async def test_d07_a_resume_without_a_decision_leaves_the_question_standing() -> None:
    bench = Bench()
    await bench.order(buy())
    before = bench.asked["approval_id"]
    await bench.resume()
    assert bench.waits()
    assert bench.asked["approval_id"] == before
    assert not bench.oms.submits


async def test_d08_a_forged_resume_payload_decides_nothing() -> None:
    bench = Bench()
    await bench.order(buy())
    with pytest.raises(ValueError, match="validation error"):
        await bench.run(Command(resume={"approval_id": bench.asked["approval_id"], "decision": "approve"}))
    assert bench.waits()
    assert not bench.oms.submits


async def test_d09_an_expired_question_ends_without_an_order() -> None:
    bench = Bench()
    await bench.order(buy())
    bench.clock.advance(11 * 60)
    done = await bench.resume()
    assert done.value["desk_outcome"] == "expired"
    assert not bench.oms.submits


async def test_d10_an_expired_question_that_the_user_wants_renewed_is_asked_at_todays_price() -> None:
    bench = Bench()
    await bench.order(buy())
    first = bench.asked["approval_id"]
    bench.clock.advance(11 * 60)
    bench.market.prices["005930"] = 72_500
    await bench.resume(renew=True)
    assert bench.asked["version"] == 2
    assert bench.asked["approval_id"] != first
    assert bench.card()["legs"][0]["price"] == 72_500
    assert bench.card()["why_again"] == "expired"
    bench.desk.decide(bench.asked["approval_id"])
    assert (await bench.resume()).value["desk_outcome"] == "submitted"
    assert len(bench.oms.placed) == 1


async def test_d11_an_approval_delivered_after_its_expiry_asks_again() -> None:
    bench = Bench()
    await bench.order(buy())
    bench.desk.decide(bench.asked["approval_id"])
    bench.clock.advance(11 * 60)
    await bench.resume()
    assert bench.asked["version"] == 2
    assert not bench.oms.submits


async def test_d12_a_price_beyond_the_collar_asks_again_with_the_new_price() -> None:
    bench = Bench()
    await bench.order(buy())
    bench.desk.decide(bench.asked["approval_id"])
    bench.market.prices["005930"] = 74_000  # +2.8 %
    await bench.resume()
    assert bench.asked["version"] == 2
    assert bench.card()["why_again"] == "repriced"
    assert bench.card()["legs"][0]["price"] == 74_000
    assert not bench.oms.submits


async def test_d13_a_price_inside_the_collar_is_sent_as_approved() -> None:
    bench = Bench()
    await bench.order(buy())
    bench.desk.decide(bench.asked["approval_id"])
    bench.market.prices["005930"] = 72_700
    done = await bench.resume()
    assert done.value["submitted"][0]["price"] == 72_000


async def test_d14_a_price_that_the_user_named_stays_whatever_the_market_does() -> None:
    bench = Bench()
    await bench.order(buy(price=70_000, initiative="user"))
    bench.desk.decide(bench.asked["approval_id"])
    bench.market.prices["005930"] = 76_000
    done = await bench.resume()
    assert done.value["submitted"][0]["price"] == 70_000


async def test_d15_a_limit_that_tightened_after_the_click_asks_again_with_less() -> None:
    bench = Bench()
    await bench.order(buy())
    bench.desk.decide(bench.asked["approval_id"])
    bench.oms.clamps["005930"] = 6
    await bench.resume()
    assert bench.card()["why_again"] == "limits"
    assert bench.card()["legs"][0]["qty"] == 6
    assert not bench.oms.submits


async def test_d16_a_quantity_lowered_by_the_user_is_what_is_sent() -> None:
    bench = Bench()
    await bench.order(buy())
    bench.desk.decide(bench.asked["approval_id"], quantities={1: 3})
    done = await bench.resume()
    assert done.value["submitted"][0]["qty"] == 3


async def test_d17_a_lost_reply_is_asked_again_with_the_same_ids() -> None:
    bench = Bench()
    bench.oms.lose_replies = 1
    await bench.order(buy())
    bench.desk.decide(bench.asked["approval_id"])
    done = await bench.resume()
    assert done.value["desk_outcome"] == "submitted"
    assert len(bench.oms.submits) == 2
    assert len(bench.oms.placed) == 1


async def test_d18_a_silent_door_keeps_the_question_open_and_a_later_resume_delivers_once() -> None:
    bench = Bench()
    bench.oms.fail_submits = 3
    await bench.order(buy())
    bench.desk.decide(bench.asked["approval_id"])
    await bench.resume()
    assert "접수됐는지 아직 몰라요" in bench.asked["note"]
    assert not bench.oms.placed
    done = await bench.resume()
    assert done.value["desk_outcome"] == "submitted"
    assert len(bench.oms.placed) == 1


async def test_d19_a_silent_gate_ends_the_wish_without_a_question() -> None:
    bench = Bench()
    bench.oms.down = True
    done = await bench.order(buy())
    assert done.value["desk_outcome"] == "unavailable"
    assert not bench.desk.requests


async def test_d20_the_same_message_twice_is_the_same_order() -> None:
    bench = Bench()
    await bench.order(buy())
    bench.desk.decide(bench.asked["approval_id"])
    await bench.resume()
    again = await bench.order(buy())
    assert not again.interrupts
    assert "이미 접수된" in again.value["say"][-1]["text"]
    assert len(bench.oms.placed) == 1


async def test_d21_a_replay_from_history_cannot_submit_twice() -> None:
    bench = Bench()
    await bench.order(buy())
    bench.desk.decide(bench.asked["approval_id"])
    await bench.resume()
    history = [snapshot async for snapshot in bench.graph.aget_state_history(CONFIG)]
    for snapshot in history:
        if snapshot.next:
            await bench.graph.ainvoke(None, snapshot.config, durability="sync", version="v2")
    assert len(bench.oms.placed) == 1


async def test_d22_a_signed_mandate_stands_in_for_the_click_in_a_cycle() -> None:
    bench = Bench()
    mandate = offered(bench)
    bench.desk.sign(mandate)
    done = await bench.order(buy(), sleeve="cycle")
    assert done.value["desk_outcome"] == "submitted"
    assert bench.oms.submits[0].mandate_id == str(mandate.mandate_id)


async def test_d23_an_offered_but_unsigned_mandate_asks_the_person() -> None:
    bench = Bench()
    bench.desk.stored_mandates[offered(bench).mandate_id] = offered(bench)
    await bench.order(buy(), sleeve="cycle")
    assert bench.waits()


async def test_d24_a_manual_order_never_uses_a_mandate() -> None:
    bench = Bench()
    bench.desk.sign(offered(bench))
    await bench.order(buy())
    assert bench.waits()


async def test_d25_the_wait_for_an_acknowledgement_ends_after_ten_seconds() -> None:
    bench = Bench()
    bench.oms.acks_after = 10_000
    await bench.order(buy())
    bench.desk.decide(bench.asked["approval_id"])
    began = bench.clock.monotonic()
    done = await bench.resume()
    assert 10 <= bench.clock.monotonic() - began <= 10.5
    assert done.value["submitted"][0]["state"] == "NEW"
    assert "차례를 기다려요" in done.value["say"][-1]["text"]


async def test_d26_a_resting_order_is_reported_as_unfilled() -> None:
    bench = Bench()
    bench.oms.fill = False
    await bench.order(buy())
    bench.desk.decide(bench.asked["approval_id"])
    done = await bench.resume()
    assert done.value["submitted"][0]["state"] == "ACKED"
    assert "미체결" in done.value["say"][-1]["text"]


async def test_d27_a_plan_names_the_profile_it_was_made_under() -> None:
    bench = Bench()
    await give_profile(bench.ports)
    await bench.order(buy())
    (plan,) = bench.desk.plans.values()
    assert plan.profile_version == 1


@pytest.mark.parametrize(
    "leg",
    [buy(qty=0), buy(qty=-3), buy(price=0), {"ticker": "005930"}, buy(side="hold"), buy(after_leg=3), buy(qty=1.5)],
)
async def test_d28_a_wish_that_is_no_order_is_refused_politely(leg: dict[str, Any]) -> None:
    done = await Bench().order(leg)
    assert done.value["desk_outcome"] == "refused"


async def test_d29_an_approval_never_stands_beyond_the_end_of_the_session() -> None:
    bench = Bench()
    bench.market.calendar = "krx"
    bench.clock.advance((5 * 60 + 25) * 60)  # 15:25, five minutes to the close
    await bench.order(buy())
    (request,) = bench.desk.requests.values()
    assert request.expires_at.strftime("%H:%M") == "15:30"


async def test_d30_an_unsuitable_product_on_own_initiative_is_marked_on_the_card() -> None:
    bench = Bench()
    bench.oms.unsuitable.add("005930")
    await bench.order(buy(initiative="user"))
    assert bench.card()["needs_unsuitable_ack"]


async def test_d31_a_market_that_never_stands_still_is_given_up() -> None:
    bench = Bench(max_rounds=3)
    await bench.order(buy())
    for price in (75_000, 79_000, 83_000):
        bench.desk.decide(bench.asked["approval_id"])
        bench.market.prices["005930"] = price
        done = await bench.resume()
    assert done.value["desk_outcome"] == "refused"
    assert not bench.oms.submits


async def test_d32_an_old_proposal_is_asked_about_at_todays_price() -> None:
    bench = Bench()
    bench.market.prices["005930"] = 80_000
    await bench.order(buy())
    assert bench.card()["legs"][0]["price"] == 80_000


async def test_d33_a_price_of_the_users_own_is_asked_about_as_it_is() -> None:
    bench = Bench()
    bench.market.prices["005930"] = 80_000
    await bench.order(buy(initiative="user"))
    assert bench.card()["legs"][0]["price"] == 72_000


def test_every_way_of_the_desk_leads_to_a_room() -> None:
    rooms = {*WAYS, "__end__"}
    assert all(way in rooms for ways in WAYS.values() for way in ways)


def test_every_goto_in_the_desk_is_a_listed_way() -> None:
    import ast
    from pathlib import Path

    import execution.desk.desk as here

    found = set()
    for file in Path(here.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "goto":
                if isinstance(node.value, ast.Constant):
                    found.add(node.value.value)
                else:
                    assert isinstance(node.value, ast.Name)
                    assert node.value.id == "END"
    assert found
    assert found <= {way for ways in WAYS.values() for way in ways}


def offered(bench: Bench) -> StoredMandate:
    from datetime import timedelta
    from uuid import UUID

    return StoredMandate(
        mandate_id=UUID(int=7),
        account_ref=USER.account_ref,
        kind="cycle",
        strategy_hash=None,
        bounds={},
        signed_at=None,
        expires_at=bench.clock.now() + timedelta(days=30),
        revoked_at=None,
    )


async def test_d29_a_definite_no_of_the_door_is_said_once_and_not_asked_again() -> None:
    bench = Bench()
    bench.oms.door_says = PortRefused("NOT_YOURS", "이 계좌의 주문이 아니에요.", where="oms")
    await bench.order(buy())
    bench.desk.decide(bench.asked["approval_id"])
    done = await bench.resume()
    assert len(bench.oms.submits) == 1
    assert done.value["desk_outcome"] == "refused"
    assert done.value["say"][-1]["text"] == "주문은 나가지 않았어요. 이 계좌의 주문이 아니에요."
    assert not bench.waits()

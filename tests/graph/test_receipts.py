"""Receipts of real turns over fakes: what each decision leaves, whoever died in between, and that it replays."""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from uuid import UUID

import pytest
from cycle_bench import Bench
from fakes import OTHER, USER, finding, give_profile
from talking_runner import Conversation, profiled_ports

from domain.costs import fee
from domain.receipt import Step, StepKind, bodies, chained, export_text, newest
from domain.receipt_audit import audit
from graph.receipts.compare import compared
from graph.receipts.door import DoorTrail
from graph.receipts.replay import replay
from tools.ports import PortUnavailable

SLOT = "2026-11-23T10:00"


def charging(oms: Any) -> None:
    """The fake broker takes its fee as the book counts it."""
    plain = oms.orders

    async def orders(*given: Any, **named: Any) -> Any:
        found = await plain(*given, **named)
        for order in found:
            order.fee = fee(order.filled_amount)
        return found

    oms.orders = orders


async def talk() -> Conversation:
    made = Conversation(await profiled_ports())
    charging(made.ports.oms)
    return made


async def chain_of(made: Any, plan_id: Any = None) -> list[Step]:
    ports = made.runner.ports
    known = plan_id or list(ports.receipts._chains)[-1]
    chain: list[Step] = await ports.receipts.chain(UUID(str(known)))
    return chain


async def differing(made: Any, chain: list[Step]) -> list[str]:
    ports = made.runner.ports
    trail = await DoorTrail(ports.desk, ports.oms, ports.receipts).trail(chain[0].receipt_id)
    return audit(chain) + compared(chain, trail, ports.instruments, ports.clock.now())


def kinds(chain: list[Step]) -> list[str]:
    return list(dict.fromkeys(step.kind.value for step in chain))


async def test_proposals_that_were_ordered_tell_words_data_reports_answer_and_fills_and_replay_to_the_same() -> None:
    made = await talk()
    await made.say("추천해줘", "이대로 주문")
    done = await made.approve()
    assert done.outcome == "submitted"
    chain = await chain_of(made)
    assert kinds(chain) == [kind.value for kind in StepKind]
    words = newest(chain, StepKind.WORDS)
    assert words is not None
    assert [each["text"] for each in words["said"]] == ["추천해줘", "이대로 주문"]
    assert {body["analyst"] for body in bodies(chain, StepKind.REPORT)} >= {"macro", "selector", "technical"}
    assert newest(chain, StepKind.END) == {"outcome": "filled", "moved": newest(chain, StepKind.END)["moved"]}  # type: ignore[index]
    assert await differing(made, chain) == []
    found = replay(chain)
    assert (found.differences, len(found.recomputed)) == ([], 3)


async def test_only_one_of_the_proposals_and_half_of_them_replay_too() -> None:
    for picked in ("1번만 주문", "절반만 주문"):
        made = await talk()
        await made.say("추천해줘", picked)
        chain = await chain_of(made)
        assert newest(chain, StepKind.DATA)["of"] == "proposals"  # type: ignore[index]
        assert replay(chain).differences == []


async def test_an_own_order_is_held_against_the_words_and_older_proposals_are_not_its_data() -> None:
    made = await talk()
    await made.say("추천해줘", "카카오 3주 매수")
    chain = await chain_of(made)
    assert newest(chain, StepKind.DATA) == {"of": "person"}
    assert not bodies(chain, StepKind.REPORT)
    assert replay(chain).differences == []
    await made.approve()
    assert newest(await chain_of(made), StepKind.END)["outcome"] == "filled"  # type: ignore[index]


@pytest.mark.parametrize("end", ["rejected", "refused", "expired"])
async def test_a_decision_that_came_to_nothing_has_its_receipt_too(end: str) -> None:
    made = await talk()
    if end == "refused":
        made.ports.oms.refusals = [finding("GRADE", "refuse", message="성향보다 위험해요.")]
    result = await made.say("삼성전자 3주 매수")
    if end == "rejected":
        assert result.approval is not None
        made.ports.desk.decide(str(result.approval.approval_id), "reject")
        await made.runner.resume(USER, result.approval.approval_id)
    if end == "expired":
        assert result.approval is not None
        made.ports.clock.advance(3_600)
        await made.runner.lapse()
    chain = await chain_of(made)
    assert newest(chain, StepKind.END)["outcome"] == end  # type: ignore[index]
    assert StepKind.INTENTS not in {step.kind for step in chain}
    assert await differing(made, chain) == []
    if end == "refused":
        assert "성향보다 위험해요." in str(bodies(chain, StepKind.VERDICT))


async def test_a_cycle_under_a_mandate_names_it_and_its_slot() -> None:
    made = Bench()
    await give_profile(made.ports)
    charging(made.oms)
    made.sign()
    await made.runner.run_cycle(USER, "cycle", SLOT)
    chain = await chain_of(made)
    assert newest(chain, StepKind.APPROVAL)["state"] == "mandate"  # type: ignore[index]
    assert newest(chain, StepKind.WORDS)["slot"] == SLOT  # type: ignore[index]
    assert await differing(made, chain) == []
    assert replay(chain).differences == []


async def test_what_a_turn_knew_and_died_with_is_read_back_from_the_conversation() -> None:
    """The tables of receipts were silent in the turn; two turns later they are completed, to the same chain."""
    made, twin = await talk(), await talk()
    receipts = made.runner.ports.receipts
    broken = receipts.open

    async def silent(*_: Any) -> Any:
        raise PortUnavailable("기록 저장소에 연결하지 못했어요.", where="receipts")

    for each in (made, twin):
        receipts.open = silent if each is made else broken  # type: ignore[method-assign]
        await each.say("추천해줘", "이대로 주문")
        await each.approve()
        await each.say("잔고", "시장 어때")
    assert not await receipts.unfinished()
    receipts.open = broken  # type: ignore[method-assign]
    (grown,) = await made.runner.complete_receipts()
    assert await made.runner.complete_receipts() == []
    told, same = await chain_of(made, grown), await chain_of(twin)
    assert [step.kind for step in told] == [step.kind for step in same]
    assert newest(told, StepKind.DATA)["sizing"] == newest(same, StepKind.DATA)["sizing"]  # type: ignore[index]
    assert replay(told).differences == []


async def test_asking_again_adds_nothing_and_late_fills_are_said_again() -> None:
    made = await talk()
    made.ports.oms.fill = False
    await made.say("삼성전자 3주 매수")
    await made.approve()
    chain = await chain_of(made)
    assert newest(chain, StepKind.END) is None
    assert await made.runner.complete_receipts() == []
    assert await chain_of(made) == chain
    for order in made.ports.oms.placed.values():
        order.state, order.filled, order.filled_amount = "EXPIRED", 2, 144_000
    assert await made.runner.complete_receipts() == [chain[0].receipt_id]
    done = await chain_of(made)
    assert done[: len(chain)] == chain
    assert newest(done, StepKind.END)["outcome"] == "partly"  # type: ignore[index]
    assert await differing(made, done) == []


CHANGED = {
    "a price of the scene": (lambda data: data["scene"]["prices"].update({t: 10**7 for t in data["scene"]["prices"]})),
    "a limit": (lambda data: data["scene"]["investor"]["limits"].update(max_order_krw=150_000, max_order_safe_krw=10)),
    "the money": (lambda data: data["sizing"]["given"].update(cash=1)),
    "a weight": (lambda data: data["targets"][0].update(weight_bps=1)),
    "a proposal": (lambda data: data["sizing"]["proposals"][0].update(quantity=1_000)),
}


@pytest.mark.parametrize("name", list(CHANGED))
async def test_other_data_replays_to_another_decision_and_says_where(name: str) -> None:
    made = await talk()
    await made.say("추천해줘", "이대로 주문")
    drafts = []
    for step in await chain_of(made):
        body = deepcopy(dict(step.body))
        if step.kind is StepKind.DATA:
            CHANGED[name](body)
        drafts.append((step.kind, body, step.at))
    assert replay(chained(UUID(int=1), drafts)).differences


async def test_tables_that_say_something_else_are_named() -> None:
    made = await talk()
    await made.say("삼성전자 3주 매수")
    await made.approve()
    chain = await chain_of(made)
    (order,) = made.ports.oms.placed.values()
    order.filled_amount += 1
    assert any(text.startswith("fills") for text in await differing(made, chain))


async def test_private_numbers_of_the_words_are_covered_and_nothing_of_the_account_at_the_broker_is_inside() -> None:
    made = await talk()
    await made.say("내 계좌 50123456-01 주민번호 900101-1234567 이야. 삼성전자 3주 매수")
    chain = await chain_of(made)
    text = export_text(chain)
    assert "삼성전자" in text
    assert "50123456" not in text
    assert "1234567" not in text


async def test_the_chat_tells_the_own_receipt_in_few_lines_and_nobody_elses() -> None:
    made = await talk()
    nothing = await made.say("영수증 보여줘")
    assert "아직" in nothing.reply
    await made.say("삼성전자 3주 매수")
    await made.approve()
    told = await made.say("영수증 보여줘")
    assert "하신 말씀: 삼성전자 3주 매수" in told.reply
    assert "모두 체결" in told.reply
    (card,) = [piece for piece in told.pieces if piece["kind"] == "receipt"]
    chain = await chain_of(made)
    assert card["data"]["plan_id"] == str(chain[0].receipt_id)
    why = await made.say("왜?")
    assert [piece["data"]["plan_id"] for piece in why.pieces if piece["kind"] == "receipt"] == [card["data"]["plan_id"]]
    asked = await made.runner.say(OTHER, "theirs", "영수증 보여줘", "m1")
    assert not [piece for piece in asked.pieces if piece["kind"] == "receipt"]

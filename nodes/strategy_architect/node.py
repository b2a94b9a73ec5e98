"""Room `strategy_architect`: makes, changes and saves the user's strategy, and reads it back as a card.

Contract: works only on a confirmed profile in force; without one it stays silent, because `user_profile` has
spoken. Writes strategy_id and one journal line; versions are never changed, only added.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from langgraph.runtime import Runtime

from domain.korean.acts import Act
from domain.korean.reading import Reading
from domain.profile import Profile
from domain.strategy.check import StrategyError
from domain.strategy.spec import StrategySpec
from nodes.asking import Block, ask_block, block, question
from nodes.mind import answered_by
from nodes.state import AssistantState, RunContext
from nodes.strategy_architect.choosing import FitReply, Wanted, chosen, told
from nodes.strategy_architect.rules import card_text, edit_in, edited, fitting, problems_text, spec_from
from nodes.user_profile.view import profile_of
from tools.llm.think import Task, think
from tools.ports import Identity, JournalEntry, Ports, StoredStrategy

NEXT = ("추천 보기", "전략 보기", "나중에")


FIT = Task(
    prompt="strategy_architect",
    In=Wanted,
    Out=StrategySpec,
    rules=lambda wanted: fitting(wanted.profile, wanted.at),
    Reply=FitReply,
    variables=told,
    merge=chosen,
)


def strategy_architect(
    ports: Ports,
) -> Callable[[AssistantState, Runtime[RunContext]], Awaitable[dict[str, Any]]]:
    async def node(state: AssistantState, runtime: Runtime[RunContext]) -> dict[str, Any]:
        who, now = ports.identity(runtime), ports.clock.now()
        profile = profile_of(await ports.desk.latest_profile(who.user_id))
        if profile is None or not profile.is_valid(now):
            return {"route": ["strategy_architect"]}
        reading = Reading.from_json(state.get("reading") or {})
        known = await ports.desk.strategies(who.user_id, 1)
        if reading.act == Act.STRATEGY_EDIT and known:
            return await _edit(ports, who, profile, known[0], reading, now)
        try:
            outcome = await think(FIT, Wanted(profile, now))
        except StrategyError as error:
            text = f"지금 조건으로는 전략을 만들 수 없어요.\n{problems_text(error)}"
            return {"route": ["strategy_architect"], "say": [block("text", text)]}
        saved = await _save(ports, who, outcome.value, known[0] if known else None, now, [])
        if state.get("goal") in ("propose", "trade"):  # the turn goes on: no question about what comes next
            saved |= {"pending_question": None, "say": [said for said in saved["say"] if said["kind"] != "question"]}
        notices = answered_by("전략", outcome)
        return saved | {"notices": notices} if notices else saved

    return node


async def _edit(
    ports: Ports, who: Identity, profile: Profile, latest: StoredStrategy, reading: Reading, now: datetime
) -> dict[str, Any]:
    edit, spec = edit_in(reading.text), spec_from(latest.spec)
    if edit is None or spec is None:
        text = "바꿀 숫자를 함께 알려 주세요. 예: '손절 7%로', '익절 15%로'"
        return {"route": ["strategy_architect"], "say": [block("text", text)]}
    new, why_not = edited(spec, edit, profile, now)
    if new is None:
        return {"route": ["strategy_architect"], "say": [block("text", why_not)]}
    return await _save(ports, who, new, latest, now, [block("text", f"{edit.text}로 바꿨어요.")])


async def _save(
    ports: Ports, who: Identity, spec: StrategySpec, latest: StoredStrategy | None, now: datetime, say: list[Block]
) -> dict[str, Any]:
    pending = question("supervisor", "next", "다음으로 무엇을 할까요?", NEXT, now, optional=True)
    if latest is not None and latest.hash == spec.content_hash():
        saved = latest
        say = [*say, block("text", "지금 쓰는 전략과 같아서 그대로 두었어요.")]
    else:
        strategy_id: UUID = latest.strategy_id if latest is not None else ports.new_id()
        saved = await ports.desk.save_strategy(who.user_id, strategy_id, spec.content_hash(), spec.to_json(), now)
        await ports.desk.note(
            who.user_id,
            JournalEntry(
                now,
                "strategy",
                str(strategy_id),
                f"{spec.metadata.name} v{saved.version}",
                {"version": saved.version, "hash": saved.hash},
            ),
        )
    card = block(
        "card", card_text(spec, saved.version), card="strategy", id=str(saved.strategy_id), version=saved.version
    )
    return {
        "route": ["strategy_architect"],
        "strategy_id": str(saved.strategy_id),
        "pending_question": pending,
        "say": [*say, card, ask_block(pending)],
    }

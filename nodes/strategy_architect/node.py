"""Room `strategy_architect`: makes, changes and saves the user's strategy, and reads it back as a card.

Contract: works only on a confirmed profile in force; without one it stays silent, because `user_profile` has
spoken. Writes strategy_id and one journal line; versions are never changed, only added. Every strategy is tried on past
prices, an edited one beside the version before; a turn waits for that a few seconds and no longer, and says so.
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
from domain.strategy.diff import changes
from domain.strategy.spec import StrategySpec
from domain.strategy.trial import Trial
from domain.strategy.wording import TIMEFRAMES
from nodes.asking import Block, ask_block, block, question
from nodes.mind import answered_by
from nodes.state import AssistantState, RunContext
from nodes.strategy_architect.choosing import FitReply, Wanted, chosen, told
from nodes.strategy_architect.editing import all_edited, problems_text
from nodes.strategy_architect.edits import edits_in, unclear_in
from nodes.strategy_architect.rules import card_text, fitting, spec_from
from nodes.strategy_architect.trials import UNDER_WAY, account_of, compared_lines, trial_lines
from nodes.user_profile.view import profile_of
from tools.llm.think import Task, think
from tools.ports import Identity, JournalEntry, Ports, PortUnavailable, StoredStrategy

NEXT = ("전략 켜기", "추천 보기", "나중에")
PATIENCE_S = 6.0  # how long a turn about the strategy waits for its past
PASSING_S = 1.0  # and one that goes on to something else
ASKED_S = 25.0  # and one that asks for nothing but that
MOST_CHANGES = 5
ONCE_A_DAY = "점검은 그대로 매일 장 마감 무렵이에요. {frame}마다 보려면 '점검은 봉마다'라고 해 주세요."
HOW_TO_EDIT = "바꿀 것을 숫자와 함께 알려 주세요. 예: '손절 7%로', '거래는 주 1회만', '단기 이평을 10일로'"


FIT = Task(
    prompt="strategy_architect",
    In=Wanted,
    Out=StrategySpec,
    rules=lambda wanted: fitting(wanted.profile, wanted.at, wanted.words),
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
            return await _edit(ports, who, profile, known[0], reading, now, runtime)
        if reading.act == Act.BACKTEST and known:
            return await _shown(ports, profile, known[0], runtime)
        try:
            words = reading.text if reading.act == Act.STRATEGY_MAKE else ""
            outcome = await think(FIT, Wanted(profile, now, words))
        except StrategyError as error:
            text = f"지금 조건으로는 전략을 만들 수 없어요.\n{problems_text(error)}"
            return {"route": ["strategy_architect"], "say": [block("text", text)]}
        passing = state.get("goal") in ("propose", "trade")
        saved = await _save(ports, who, outcome.value, known[0] if known else None, now, [])
        past = await _past(ports, profile, outcome.value, PASSING_S if passing else PATIENCE_S, runtime)
        saved["say"][-1:-1] = [past]  # below the card, before the question
        if passing:  # the turn goes on: no question about what comes next
            saved |= {"pending_question": None, "say": [said for said in saved["say"] if said["kind"] != "question"]}
        notices = answered_by("전략", outcome)
        return saved | {"notices": notices} if notices else saved

    return node


async def _edit(
    ports: Ports,
    who: Identity,
    profile: Profile,
    latest: StoredStrategy,
    reading: Reading,
    now: datetime,
    runtime: Runtime[RunContext],
) -> dict[str, Any]:
    spec = spec_from(latest.spec)
    edits = edits_in(reading.text, spec)
    unclear = () if spec is None else unclear_in(reading.text, spec)
    if spec is None or not edits:
        return {"route": ["strategy_architect"], "say": [block("text", "\n".join(unclear) or HOW_TO_EDIT)]}
    made = all_edited(spec, edits, profile, now)
    kept = [block("text", text) for text in (*made.refused, *unclear)]
    if made.spec is None:
        return {"route": ["strategy_architect"], "say": kept}
    told = [change.text for change in changes(spec, made.spec, ports.instruments)]
    if not told:
        kept += [block("text", "말씀하신 대로 이미 되어 있어요.")]
    elif len(told) > MOST_CHANGES:
        told[MOST_CHANGES:] = [f"그 밖에 {len(told) - MOST_CHANGES}가지가 더 바뀌었어요."]
    if made.spec.timeframe != spec.timeframe and made.spec.timeframe.minutes and made.spec.schedule.every == "close":
        told.append(ONCE_A_DAY.format(frame=TIMEFRAMES[made.spec.timeframe]))
    kept += [block("text", "\n".join(told))] if told else []
    saved = await _save(ports, who, made.spec, latest, now, kept)
    if told:
        saved["say"][-1:-1] = [await _past(ports, profile, made.spec, PATIENCE_S, runtime, before=spec)]
    return saved


async def _shown(
    ports: Ports, profile: Profile, latest: StoredStrategy, runtime: Runtime[RunContext]
) -> dict[str, Any]:
    """The past of the strategy in force, on request."""
    spec = spec_from(latest.spec)
    if spec is None:
        return {"route": ["strategy_architect"], "say": [block("text", "이 전략은 예전 형식이라 검증하지 못해요.")]}
    past = await _past(ports, profile, spec, ASKED_S, runtime)
    return {
        "route": ["strategy_architect"],
        "strategy_id": str(latest.strategy_id),
        "say": [_card(spec, latest), past],
    }


async def _past(
    ports: Ports,
    profile: Profile,
    spec: StrategySpec,
    patience_s: float,
    runtime: Runtime[RunContext],
    before: StrategySpec | None = None,
) -> Block:
    """What the strategy did on past prices, with `before` beside it; why not, or that it is still being worked out."""
    made_up = ports.identity(runtime).venue == "sim"
    runtime.stream_writer({"progress": {"room": "strategy_architect", "done": 0, "of": 1}})
    older: Trial | None = None
    try:
        if before is not None:
            older = await _trial(ports, profile, before, patience_s / 2)
        newer = await _trial(ports, profile, spec, patience_s)
    except PortUnavailable as gone:
        return block("text", gone.message)
    if newer is None:
        return block("text", UNDER_WAY)
    return block(
        "text", "\n".join(trial_lines(newer, made_up=made_up) if older is None else compared_lines(older, newer))
    )


async def _trial(ports: Ports, profile: Profile, spec: StrategySpec, patience_s: float) -> Trial | None:
    return await ports.history.trial(spec, *account_of(profile), patience_s)


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
                f"'{spec.metadata.name}' v{saved.version} 전략을 저장했어요.",
                {"version": saved.version, "hash": saved.hash},
            ),
        )
    card = _card(spec, saved)
    return {
        "route": ["strategy_architect"],
        "strategy_id": str(saved.strategy_id),
        "pending_question": pending,
        "say": [*say, card, ask_block(pending)],
    }


def _card(spec: StrategySpec, saved: StoredStrategy) -> Block:
    text = card_text(spec, saved.version)
    return block("card", text, card="strategy", id=str(saved.strategy_id), version=saved.version)

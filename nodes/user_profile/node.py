"""Room `user_profile`: one step of the profile conversation, and the saving when the user says yes.

Contract: writes the draft, the question, and on a confirmed card one assessment and one profile version; the
process rules (three a day, what cannot change in a day, a lower grade at once) are asked before anything is
written.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from langgraph.runtime import Runtime

from domain.contradictions import with_standing_ways
from domain.korean.acts import Act
from domain.korean.reading import Reading
from domain.profile import Profile
from domain.reassessment import may_replace
from domain.suitability import Item
from nodes.asking import Block, ask_block, block, question
from nodes.mind import answered_by
from nodes.state import AssistantState, PendingQuestion, RunContext
from nodes.user_profile import words
from nodes.user_profile.draft import Draft, draft_from, started
from nodes.user_profile.hearing import heard
from nodes.user_profile.rules import advance
from nodes.user_profile.view import profile_of
from tools.ports import Identity, JournalEntry, Ports

RESUME_ORDER = ("이어서 주문", "나중에")


def user_profile(ports: Ports) -> Callable[[AssistantState, Runtime[RunContext]], Awaitable[dict[str, Any]]]:
    async def node(state: AssistantState, runtime: Runtime[RunContext]) -> dict[str, Any]:
        who, now = ports.identity(runtime), ports.clock.now()
        reading = Reading.from_json(state.get("reading") or {})
        data = state.get("profile_draft")
        stored = profile_of(await ports.desk.latest_profile(who.user_id))
        if stored is not None and not stored.is_valid(now):
            stored = None
        pending = state.get("pending_question") or _answered_question(reading)
        reading, outcome = await heard(reading, state.get("pending_question"))
        notices = [] if outcome is None else answered_by("답변 이해", outcome)
        draft = _with_wish(draft_from(data, now), reading, state)
        step = advance(draft, reading, pending, stored, now, begun=started(data))
        if step.confirm is None or step.draft is None:
            say = [*step.say, *([ask_block(step.ask)] if step.ask else [])]
            kept = step.draft.to_json() if step.draft is not None else None
            update = {"route": ["user_profile"], "profile_draft": kept, "pending_question": step.ask, "say": say}
            return update | {"notices": notices} if notices else update
        return await _confirm(ports, who, now, stored, step.draft, step.confirm, step.corrections, list(step.say))

    return node


def _answered_question(reading: Reading) -> PendingQuestion | None:
    """Intake has closed the answered question; its field is still needed."""
    answer = reading.answer
    if answer is None:
        return None
    return PendingQuestion(owner=answer.owner, field=answer.field, options=[], asked_at="", repeated=False)


def _with_wish(draft: Draft, reading: Reading, state: AssistantState) -> Draft:
    if draft.wish is None and state.get("goal") in ("propose", "trade") and reading.does(Act.PROPOSE):
        return replace(draft, wish={"kind": "propose"})
    return draft


async def _confirm(
    ports: Ports,
    who: Identity,
    now: datetime,
    old: Profile | None,
    draft: Draft,
    profile: Profile,
    corrections: frozenset[Item],
    say: list[Block],
) -> dict[str, Any]:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    count = len(await ports.desk.assessments_since(who.user_id, today))
    decision = may_replace(old, profile, now, count, corrections=corrections)
    if not decision.allowed:
        say.append(block("text", decision.text))
        return {"route": ["user_profile"], "profile_draft": None, "pending_question": None, "say": say}
    latest = await ports.desk.latest_profile(who.user_id)
    confirmed = with_standing_ways(profile).confirmed(now, version=(latest.version if latest else 0) + 1)
    assessment = confirmed.assessment()
    assert assessment is not None
    assert confirmed.expires_at is not None
    answers = {item.value: answer.value for item, answer in confirmed.answers.items()}
    await ports.desk.record_assessment(who.user_id, now, answers, assessment.score, assessment.grade.value)
    saved = await ports.desk.save_profile(
        who.user_id,
        assessment.grade.value,
        assessment.score,
        confirmed.model_dump(mode="json"),
        now,
        confirmed.expires_at,
    )
    await ports.desk.note(
        who.user_id,
        JournalEntry(
            now,
            "profile",
            f"profile:{saved.version}",
            f"{assessment.grade.value}({assessment.score}점)으로 확인",
            {"version": saved.version, "answers": answers},
        ),
    )
    say.append(block("text", words.saved_text(confirmed)))
    if old is not None and old.grade != confirmed.grade:
        say.append(block("text", "등급이 바뀌었으니 '전략 만들기'로 전략도 새로 맞춰 주세요."))
    update: dict[str, Any] = {
        "route": ["user_profile"],
        "profile_draft": None,
        "profile_version": saved.version,
        "pending_question": None,
        "say": say,
    }
    wish = draft.wish or {}
    if wish.get("kind") == "order":
        asked = question(
            "account",
            "resume",
            f"아까 말씀하신 '{wish['text']}' 주문을 이어서 할까요?",
            RESUME_ORDER,
            now,
            order=wish["order"],
        )
        return update | {"pending_question": asked, "say": [*say, ask_block(asked)]}
    return update

"""Pages about the user's own papers: profile and strategy.

Contract: shows what the tables say; a strategy is turned back by adding the older content as a new version.
"""

from __future__ import annotations

from domain.clock import KST
from nodes.account.context import Desk, Outcome, says
from nodes.asking import block, question
from nodes.strategy_architect.rules import card_text, spec_from
from nodes.user_profile.view import profile_of
from nodes.user_profile.words import card_text as profile_text
from tools.ports import JournalEntry


async def show_profile(desk: Desk) -> Outcome:
    stored = await desk.ports.desk.latest_profile(desk.who.user_id)
    profile = profile_of(stored)
    if profile is None or profile.expires_at is None:
        asked = question(
            "supervisor",
            "next",
            "아직 투자성향이 없어요. 지금 알아볼까요?",
            ("성향 알아보기", "둘러보기"),
            desk.now,
            optional=True,
        )
        return Outcome(ask=asked)
    until = profile.expires_at.astimezone(KST)
    end = (
        "유효기간이 지났어요. '성향 다시'로 새로 진단해 주세요."
        if not profile.is_valid(desk.now)
        else f"유효기간은 {until.year}년 {until.month}월 {until.day}일까지예요."
    )
    return Outcome((block("card", f"{profile_text(profile)}\n{end}", card="profile"),))


async def show_strategy(desk: Desk) -> Outcome:
    known = await desk.ports.desk.strategies(desk.who.user_id, 3)
    spec = spec_from(known[0].spec) if known else None
    if spec is None:
        asked = question(
            "supervisor",
            "next",
            "아직 전략이 없어요. 지금 만들까요?",
            ("전략 만들기", "나중에"),
            desk.now,
            optional=True,
        )
        return Outcome(ask=asked)
    lines = [card_text(spec, known[0].version)]
    if len(known) > 1:
        lines.append("이전 버전으로 가려면 '전략 되돌리기'라고 해 주세요.")
    return Outcome(
        (block("card", "\n".join(lines), card="strategy", id=str(known[0].strategy_id), version=known[0].version),)
    )


async def revert_strategy(desk: Desk) -> Outcome:
    """The newest older version with other content becomes the next version."""
    known = await desk.ports.desk.strategies(desk.who.user_id, 10)
    older = next((row for row in known[1:] if row.hash != known[0].hash), None) if known else None
    spec = spec_from(older.spec) if older else None
    if older is None or spec is None:
        return says("되돌릴 이전 전략이 없어요.")
    saved = await desk.ports.desk.save_strategy(
        desk.who.user_id, known[0].strategy_id, older.hash, dict(older.spec), desk.now
    )
    await desk.ports.desk.note(
        desk.who.user_id,
        JournalEntry(
            desk.now,
            "strategy",
            str(saved.strategy_id),
            f"v{older.version} 내용으로 되돌림",
            {"version": saved.version, "hash": saved.hash},
        ),
    )
    text = f"이전 전략(v{older.version})으로 되돌려 v{saved.version}로 저장했어요.\n{card_text(spec, saved.version)}"
    return Outcome(
        (block("card", text, card="strategy", id=str(saved.strategy_id), version=saved.version),),
        update={"strategy_id": str(saved.strategy_id)},
    )

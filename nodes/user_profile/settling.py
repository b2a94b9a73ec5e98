"""Answers to the questions behind the questionnaire: the card, what to mend, consent to a safe value, ways out.

Contract: pure; a yes to the card is the only thing that confirms, and only when nothing is missing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from domain.hangul import josa
from domain.korean.acts import Act
from domain.korean.reading import Reading
from domain.profile import CAPITAL, Profile
from domain.suitability import Item, item_label, options
from nodes.asking import Block, block
from nodes.user_profile import words
from nodes.user_profile.apply import Applied, apply_item, loss_percent, safest, settle, without
from nodes.user_profile.draft import Draft
from nodes.user_profile.steps import Step, ask, card_question, next_step

SMALL_CAPITAL_KRW = 1_000_000  # stands in when a person will not say: small, yet enough for one share of safe funds


def card_answered(applied: Applied, reading: Reading, said: list[Block], now: datetime) -> Step:
    answer = reading.answer
    assert answer is not None
    if applied.changed:
        return next_step(applied.draft, [*said, block("text", words.CORRECTED)], now)
    if answer.index == 0 or answer.value == "yes":
        profile = applied.draft.profile
        if profile.missing():
            return next_step(applied.draft, said, now)
        return Step(
            applied.draft,
            tuple(said),
            confirm=profile,
            corrections=frozenset(Item(key) for key in applied.draft.corrections if key != CAPITAL),
        )
    if answer.value in ("unsure", "later", "no_answer"):
        return Step(
            applied.draft,
            (*said, block("text", "천천히 보셔도 돼요. 맞으면 '맞아요', 고칠 게 있으면 '고칠래요'라고 해 주세요.")),
            ask=card_question(applied.draft, now),
        )
    return ask_fix(applied.draft, said, now)


def ask_fix(draft: Draft, said: list[Block], now: datetime) -> Step:
    labels = [item_label(item) for item in Item if item in draft.profile.answers]
    if draft.profile.capital_krw:
        labels.append("투자금")
    if not labels:
        return next_step(draft, said, now)
    return ask(draft, said, "fix", "어떤 걸 고칠까요? '나이 45살'처럼 바로 말해도 돼요.", labels, now)


def fix_answered(applied: Applied, reading: Reading, said: list[Block], now: datetime) -> Step:
    answer = reading.answer
    assert answer is not None
    if applied.changed:
        return next_step(applied.draft, [*said, block("text", words.CORRECTED)], now)
    label = answer.value
    if label == "투자금":
        return next_step(without(applied.draft, CAPITAL), said, now, first=CAPITAL)
    for item in Item:
        if label == item_label(item):
            return next_step(
                replace(without(applied.draft, item.value), corrections=(*applied.draft.corrections, item.value)),
                said,
                now,
                first=item.value,
            )
    return next_step(applied.draft, said, now)


def consent_answered(draft: Draft, name: str, reading: Reading, said: list[Block], now: datetime) -> Step:
    answer = reading.answer
    assert answer is not None
    if answer.index == 0 or answer.value == "yes":
        if name == CAPITAL:
            return next_step(draft.with_profile(draft.profile.changed(capital_krw=SMALL_CAPITAL_KRW)), said, now)
        item = Item(name)
        value = safest(item)
        index = [key for key, _ in options(item)].index(value)
        chosen = replace(
            reading, answer=replace(answer, field=name, value=value, index=index, confidence=100, quote="답하지 않음")
        )
        done = apply_item(draft, name, value, chosen)
        return next_step(
            done.draft,
            [*said, block("text", f"{josa(item_label(item), '은/는')} 안전한 값으로 두었어요. 나중에 바꿀 수 있어요.")],
            now,
        )
    if name in reading.facts.answers or (name == CAPITAL and draft.profile.capital_krw):
        return next_step(draft, said, now)
    return Step(
        replace(draft, wish=None),
        (
            *said,
            block(
                "text",
                "알겠어요. 그럼 성향 없이 둘러보세요. 시세·차트·시장 분석은 바로 볼 수 있어요.\n추천과 "
                "매수는 성향을 확인한 뒤에 도와드려요. 이어서 하려면 '성향 알아보기'라고 해 주세요.",
            ),
        ),
    )


def way_out_answered(draft: Draft, code: str, reading: Reading, said: list[Block], now: datetime) -> Step:
    """The way out of a contradiction that the user chose; without a choice the stricter limit stays."""
    answer = reading.answer
    assert answer is not None
    value = answer.value
    if answer.index is None and reading.does(Act.CORRECTION):
        return ask_fix(draft, said, now)
    if answer.index is None and value == "yes":
        return next_step(draft, [*said, block("text", "어느 쪽으로 할지 번호로 골라 주세요.")], now)
    if answer.index is None and value in ("unsure", "no", "no_answer", "later"):
        draft = replace(draft, settled=(*draft.settled, code))
        return next_step(
            draft,
            [
                *said,
                block("text", "지금 정하지 않아도 돼요. 한도는 성향과 손실 한도 가운데 더 엄격한 쪽으로 지킬게요."),
            ],
            now,
        )
    draft, then = settle(draft, code, 0 if answer.index is None else answer.index)
    if then == "start_over":
        return next_step(
            Draft(Profile(created_at=now), wish=draft.wish),
            [*said, block("text", "처음부터 하나씩 여쭤볼게요.")],
            now,
        )
    chosen = block("text", f"알겠어요: {answer.value}")
    if then == "max_loss":
        return ask(
            draft, [*said, chosen], "max_loss", "그럼 손실은 몇 %까지 감수할 수 있으세요?", words.LOSS_OPTIONS, now
        )
    return next_step(draft, [*said, chosen], now)


def max_loss_answered(draft: Draft, reading: Reading, said: list[Block], now: datetime) -> Step:
    """A new tolerated loss in percent."""
    answer = reading.answer
    assert answer is not None
    new = loss_percent(draft, answer.value if answer.index is not None else reading.text)
    if new is None:
        return ask(
            draft,
            [*said, block("text", "퍼센트로 알려 주세요. 예: 15%")],
            "max_loss",
            "손실은 몇 %까지 감수할 수 있으세요?",
            words.LOSS_OPTIONS,
            now,
        )
    return next_step(new, said, now)

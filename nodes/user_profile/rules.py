"""The profile conversation, one message at a time: understood, contradiction, next question, card.

Contract: pure; asks only what is missing, one thing at a time; shows contradictions with their ways out before
going on; never raises a grade and never confirms by itself. `Step.confirm` is set only on the user's own yes to the
card.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from domain.korean.acts import Act
from domain.korean.reading import Reading
from domain.profile import CAPITAL, Profile
from domain.suitability import Item, item_label
from nodes.asking import Block, block
from nodes.state import PendingQuestion
from nodes.user_profile import words
from nodes.user_profile.apply import Applied, apply_facts, apply_item, lowered, without
from nodes.user_profile.draft import Draft
from nodes.user_profile.settling import (
    ask_fix,
    card_answered,
    consent_answered,
    fix_answered,
    max_loss_answered,
    way_out_answered,
)
from nodes.user_profile.steps import (
    ITEMS,
    OWNER,
    Step,
    ask,
    changed_line,
    hint,
    hints,
    item_named,
    known_codes,
    next_step,
)

_WONT = re.compile(r"싫|시러|노$|됐|안\s*(?:말|알|갈)")
_STOP = re.compile(r"그만|취소|안\s*할|안\s*해|됐어|관둘|관둬|나중에|다음에|끝")


def advance(
    draft: Draft,
    reading: Reading,
    pending: PendingQuestion | None,
    stored: Profile | None,
    now: datetime,
    *,
    begun: bool,
) -> Step:
    """`pending` is the question that stood open when the message came; `begun` whether questioning had started."""
    answer = reading.answer
    said: list[Block] = []
    if reading.does(Act.START_OVER) or reading.act == Act.PROFILE_REDO:
        fresh = Draft(Profile(created_at=now), wish=draft.wish)
        applied = apply_facts(fresh, reading, None)
        return next_step(
            applied.draft,
            [block("text", "처음부터 하나씩 여쭤볼게요." if begun or stored else "몇 가지만 여쭤볼게요.")],
            now,
        )
    if not begun and stored is not None and not reading.does(Act.GRADE_UP):
        draft = Draft(stored, settled=known_codes(stored), wish=draft.wish)
    if reading.does(Act.GRADE_UP):
        said.append(block("text", words.GRADE_UP))
        if not begun and stored is not None:
            return Step(None if draft.wish is None else draft, tuple(said))
    elif reading.does(Act.GRADE_DOWN) and stored is not None and not begun:
        return _downgrade(draft, now)
    if reading.does(Act.BACK) and begun and not draft.history:
        return next_step(draft, [*said, block("text", "돌아갈 이전 질문이 없어요.")], now)
    if reading.does(Act.BACK) and draft.history:
        last = draft.history[-1]
        draft = replace(without(draft, last), history=draft.history[:-1])
        return next_step(draft, [block("text", "이전 질문으로 돌아갈게요.")], now)
    asked = pending["field"] if pending is not None and pending["owner"] == OWNER else None
    before = draft
    applied = apply_facts(draft, reading, asked)
    if reading.does(Act.NO_ANSWER) and not begun:
        said.append(block("text", words.MUST_KNOW))
    if reading.does(Act.GUARANTEE):
        said.append(block("text", words.NO_GUARANTEE))
    picked = answer is not None and answer.index is not None
    reopened = item_named(reading.text) if begun and not applied.changed and not picked else None
    if reopened and reopened != asked and (reading.does(Act.CORRECTION, Act.NOT_THAT) or len(reading.text) <= 6):
        draft = replace(without(draft, reopened), corrections=(*draft.corrections, reopened))
        return next_step(draft, [*said, block("text", "그 답부터 다시 여쭤볼게요.")], now, first=reopened)
    if begun and asked in ITEMS and reading.does(Act.NO, Act.BYE, Act.CANCEL_ORDER) and _STOP.search(reading.text):
        return Step(draft, (*said, block("text", words.STOPPED)))
    if answer is not None and answer.owner == OWNER:
        more = changed_line(before.profile, applied.draft.profile)
        if answer.field in ITEMS and "," in more:
            said.append(block("text", f"알겠어요. {more}"))
        return _answered(applied, answer.field, reading, said, now, stored=stored)
    if asked == "fix" and applied.changed:
        return next_step(applied.draft, [*said, block("text", words.CORRECTED)], now)
    if applied.corrected or (applied.changed and begun and reading.does(Act.CORRECTION)):
        said.append(block("text", f"{words.CORRECTED} {changed_line(before.profile, applied.draft.profile)}".strip()))
    elif applied.changed and (begun or stored is not None):
        line = changed_line(before.profile, applied.draft.profile)
        said += [block("text", f"알겠어요. {line}")] if line else []
    elif applied.changed:
        said.append(block("facts", words.understood(applied.draft.profile)))
    elif reading.does(Act.CORRECTION, Act.NOT_THAT) and begun and not reading.does(Act.PROPOSE):
        return ask_fix(applied.draft, said, now)
    elif begun and not said:
        said.append(block("text", hint(asked, applied, reading)))
    elif not begun and not said:
        said.append(block("text", "투자성향부터 알아볼게요. 질문은 최대 8개예요."))
    said += hints(applied)
    return next_step(applied.draft, said, now)


def _answered(
    applied: Applied, name: str, reading: Reading, said: list[Block], now: datetime, *, stored: Profile | None
) -> Step:
    answer = reading.answer
    assert answer is not None
    draft, value = applied.draft, answer.value
    if name == "start":
        if value in ("no", "later", "no_answer") or answer.index == 1:
            return Step(
                None,
                (
                    block(
                        "text",
                        "알겠어요. 시세와 분석은 성향 없이도 볼 수 있어요. 준비되면 '성향 알아보기'라고 해 주세요.",
                    ),
                ),
            )
        return next_step(draft, [*said, block("text", "좋아요. 하나씩 여쭤볼게요.")], now)
    if name == "confirm":
        return card_answered(applied, reading, said, now)
    if name == "fix":
        return fix_answered(applied, reading, said, now)
    if name.startswith("contradiction:"):
        return way_out_answered(draft, name.partition(":")[2], reading, said, now)
    if name == "max_loss":
        return max_loss_answered(draft, reading, said, now)
    if name.startswith("consent:"):
        return consent_answered(draft, name.partition(":")[2], reading, said, now)
    if name in ITEMS:
        return _item(applied, name, reading, said, now)
    return next_step(draft, said, now)


def _item(applied: Applied, name: str, reading: Reading, said: list[Block], now: datetime) -> Step:
    answer = reading.answer
    assert answer is not None
    draft = applied.draft
    if answer.value in ("no_answer", "later") or (answer.value == "no" and _WONT.search(reading.text)):
        label = "투자금" if name == CAPITAL else item_label(Item(name))
        if name == CAPITAL:
            text = "투자금은 주문 크기를 정하는 데 꼭 필요해요. 작게 100만원으로 두고 시작할까요?"
        else:
            text = (
                f"{label} 답은 안 하셔도 돼요. 대신 가장 안전한 값으로 두면 위험한 상품은 권하지 않아요. 그렇게 할까요?"
            )
        return ask(
            draft, said, f"consent:{name}", text, words.CONSENT_CAPITAL if name == CAPITAL else words.CONSENT, now
        )
    if answer.value == "unsure":
        return next_step(draft, [*said, block("text", words.UNSURE_HELP[name])], now)
    if answer.value == "no" and reading.does(Act.CORRECTION):
        return ask_fix(draft, said, now)
    if answer.value in ("yes", "no"):
        return next_step(
            draft,
            [
                *said,
                block(
                    "text",
                    "번호나 금액으로 골라 주세요."
                    if name == CAPITAL
                    else "아래에서 하나를 골라 주세요. 번호로 답해도 돼요.",
                ),
            ],
            now,
        )
    given = apply_item(draft, name, answer.value, reading)
    if not given.changed:
        return next_step(given.draft, [*said, *hints(given)], now)
    said = [*said, *hints(applied)]
    if name != CAPITAL and answer.index is None and answer.confidence < 90 and not said:
        said.append(block("text", words.noted(Item(name), answer.value, answer.quote)))
    return next_step(given.draft, said, now)


def _downgrade(draft: Draft, now: datetime) -> Step:
    new = lowered(draft)
    if new is None:
        return Step(
            None,
            (
                block(
                    "text",
                    "지금 등급이 답변으로 내려갈 수 있는 가장 안전한 쪽이에요. "
                    "더 바꾸려면 '성향 다시'로 진단해 주세요.",
                ),
            ),
        )
    return Step(new, (block("text", "더 안전한 쪽은 바로 적용해요. 손실 감내 답변을 낮췄어요."),), confirm=new.profile)

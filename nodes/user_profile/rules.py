"""The profile conversation, one message at a time: understood, contradiction, next question, card.

Contract: pure; asks only what is missing, one thing at a time; shows contradictions with their ways out before
going on; never raises a grade and never confirms by itself. `Step.confirm` is set only on the user's own yes to the
card.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from domain.contradictions import contradictions
from domain.hangul import josa
from domain.korean.acts import Act
from domain.korean.reading import Reading
from domain.money import format_won
from domain.profile import CAPITAL, Profile
from domain.suitability import Item, answer_label, item_label, options
from nodes.asking import Block, block, question
from nodes.state import PendingQuestion
from nodes.user_profile import words
from nodes.user_profile.apply import Applied, apply_facts, apply_item, loss_percent, lowered, safest, settle, without
from nodes.user_profile.draft import Draft

OWNER = "user_profile"
_STOP = re.compile(r"그만|취소|안\s*할|안\s*해|됐어|관둘|관둬|나중에|다음에|끝")
_NAMED = (
    (r"나이|연령|살\s*(?:잘못|틀)", Item.AGE.value),
    (r"기간", Item.HORIZON.value),
    (r"경험", Item.EXPERIENCE.value),
    (r"지식", Item.KNOWLEDGE.value),
    (r"비중|자산", Item.ASSET_SHARE.value),
    (r"소득|수입", Item.INCOME.value),
    (r"손실", Item.LOSS_TOLERANCE.value),
    (r"투자금|금액|자본|돈", CAPITAL),
)
_ITEMS = frozenset({*(item.value for item in Item), CAPITAL})


@dataclass(frozen=True, slots=True)
class Step:
    """What the room does: the draft to keep (None drops it), what it says, what it asks, what the user confirmed."""

    draft: Draft | None
    say: tuple[Block, ...] = ()
    ask: PendingQuestion | None = None
    confirm: Profile | None = None
    corrections: frozenset[Item] = field(default_factory=frozenset)


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
        return _next(
            applied.draft,
            [block("text", "처음부터 하나씩 여쭤볼게요." if begun or stored else "몇 가지만 여쭤볼게요.")],
            now,
        )
    if not begun and stored is not None and not reading.does(Act.GRADE_UP):
        draft = Draft(stored, settled=_known_codes(stored), wish=draft.wish)
    if reading.does(Act.GRADE_UP):
        said.append(block("text", words.GRADE_UP))
        if not begun and stored is not None:
            return Step(None if draft.wish is None else draft, tuple(said))
    elif reading.does(Act.GRADE_DOWN) and stored is not None and not begun:
        return _downgrade(draft, now)
    if reading.does(Act.BACK) and begun and not draft.history:
        return _next(draft, [*said, block("text", "돌아갈 이전 질문이 없어요.")], now)
    if reading.does(Act.BACK) and draft.history:
        last = draft.history[-1]
        draft = replace(without(draft, last), history=draft.history[:-1])
        return _next(draft, [block("text", "이전 질문으로 돌아갈게요.")], now)
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
        return _next(draft, [*said, block("text", "그 답부터 다시 여쭤볼게요.")], now, first=reopened)
    if begun and asked in _ITEMS and reading.does(Act.NO, Act.BYE, Act.CANCEL_ORDER) and _STOP.search(reading.text):
        return Step(draft, (*said, block("text", words.STOPPED)))
    if answer is not None and answer.owner == OWNER:
        more = _changed_line(before.profile, applied.draft.profile)
        if answer.field in _ITEMS and "," in more:
            said.append(block("text", f"알겠어요. {more}"))
        return _answered(applied, answer.field, reading, said, now, stored=stored)
    if asked == "fix" and applied.changed:
        return _next(applied.draft, [*said, block("text", words.CORRECTED)], now)
    if applied.corrected or (applied.changed and begun and reading.does(Act.CORRECTION)):
        said.append(block("text", f"{words.CORRECTED} {_changed_line(before.profile, applied.draft.profile)}".strip()))
    elif applied.changed and (begun or stored is not None):
        line = _changed_line(before.profile, applied.draft.profile)
        said += [block("text", f"알겠어요. {line}")] if line else []
    elif applied.changed:
        said.append(block("facts", words.understood(applied.draft.profile)))
    elif reading.does(Act.CORRECTION, Act.NOT_THAT) and begun and not reading.does(Act.PROPOSE):
        return _ask_fix(applied.draft, said, now)
    elif begun and not said:
        said.append(block("text", _hint(asked, applied, reading)))
    elif not begun and not said:
        said.append(block("text", "투자성향부터 알아볼게요. 질문은 최대 8개예요."))
    said += _hints(applied)
    return _next(applied.draft, said, now)


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
        return _next(draft, [*said, block("text", "좋아요. 하나씩 여쭤볼게요.")], now)
    if name == "confirm":
        return _card_answered(applied, reading, said, now)
    if name == "fix":
        return _fix(applied, reading, said, now)
    if name.startswith("contradiction:") and answer.index is None and reading.does(Act.CORRECTION):
        return _ask_fix(draft, said, now)
    if name.startswith("contradiction:") and answer.index is None and value == "yes":
        return _next(draft, [*said, block("text", "어느 쪽으로 할지 번호로 골라 주세요.")], now)
    if name.startswith("contradiction:"):
        if answer.index is None and value in ("unsure", "no", "no_answer", "later"):
            draft = replace(draft, settled=(*draft.settled, name.partition(":")[2]))
            return _next(
                draft,
                [
                    *said,
                    block("text", "지금 정하지 않아도 돼요. 한도는 성향과 손실 한도 가운데 더 엄격한 쪽으로 지킬게요."),
                ],
                now,
            )
        draft, then = settle(draft, name.partition(":")[2], 0 if answer.index is None else answer.index)
        if then == "start_over":
            return _next(
                Draft(Profile(created_at=now), wish=draft.wish),
                [*said, block("text", "처음부터 하나씩 여쭤볼게요.")],
                now,
            )
        chosen = block("text", f"알겠어요: {_label(answer.value)}")
        if then == "max_loss":
            return _ask(
                draft, [*said, chosen], "max_loss", "그럼 손실은 몇 %까지 감수할 수 있으세요?", words.LOSS_OPTIONS, now
            )
        return _next(draft, [*said, chosen], now)
    if name == "max_loss":
        new = loss_percent(draft, answer.value if answer.index is not None else reading.text)
        if new is None:
            return _ask(
                draft,
                [*said, block("text", "퍼센트로 알려 주세요. 예: 15%")],
                "max_loss",
                "손실은 몇 %까지 감수할 수 있으세요?",
                words.LOSS_OPTIONS,
                now,
            )
        return _next(new, said, now)
    if name.startswith("consent:"):
        return _consent(draft, name.partition(":")[2], reading, said, now)
    if name in _ITEMS:
        return _item(applied, name, reading, said, now)
    return _next(draft, said, now)


def _item(applied: Applied, name: str, reading: Reading, said: list[Block], now: datetime) -> Step:
    answer = reading.answer
    assert answer is not None
    draft = applied.draft
    if answer.value in ("no_answer", "later"):
        label = "투자금" if name == CAPITAL else item_label(Item(name))
        if name == CAPITAL:
            text = "투자금은 주문 크기를 정하는 데 꼭 필요해요. 가장 적은 10만원으로 둘까요?"
        else:
            text = (
                f"{label} 답은 안 하셔도 돼요. 대신 가장 안전한 값으로 두면 위험한 상품은 권하지 않아요. 그렇게 할까요?"
            )
        return _ask(draft, said, f"consent:{name}", text, words.CONSENT, now)
    if answer.value == "unsure":
        return _next(draft, [*said, block("text", words.UNSURE_HELP[name])], now)
    if answer.value == "no" and reading.does(Act.CORRECTION):
        return _ask_fix(draft, said, now)
    if answer.value in ("yes", "no"):
        return _next(
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
        return _next(given.draft, [*said, *_hints(given)], now)
    said = [*said, *_hints(applied)]
    if name != CAPITAL and answer.index is None and answer.confidence < 90:
        said.append(
            block(
                "text",
                words.noted(Item(name), answer.value, answer.quote),
            )
        )
    return _next(given.draft, said, now)


def _card_answered(applied: Applied, reading: Reading, said: list[Block], now: datetime) -> Step:
    answer = reading.answer
    assert answer is not None
    if applied.changed:
        return _next(applied.draft, [*said, block("text", words.CORRECTED)], now)
    if answer.index == 0 or answer.value == "yes":
        profile = applied.draft.profile
        if profile.missing():
            return _next(applied.draft, said, now)
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
            ask=_card(applied.draft, now),
        )
    return _ask_fix(applied.draft, said, now)


def _ask_fix(draft: Draft, said: list[Block], now: datetime) -> Step:
    labels = [item_label(item) for item in Item if item in draft.profile.answers]
    if draft.profile.capital_krw:
        labels.append("투자금")
    if not labels:
        return _next(draft, said, now)
    return _ask(draft, said, "fix", "어떤 걸 고칠까요? '나이 45살'처럼 바로 말해도 돼요.", labels, now)


def _fix(applied: Applied, reading: Reading, said: list[Block], now: datetime) -> Step:
    answer = reading.answer
    assert answer is not None
    if applied.changed:
        return _next(applied.draft, [*said, block("text", words.CORRECTED)], now)
    label = answer.value
    if label == "투자금":
        return _next(without(applied.draft, CAPITAL), said, now, first=CAPITAL)
    for item in Item:
        if label == item_label(item):
            return _next(
                replace(without(applied.draft, item.value), corrections=(*applied.draft.corrections, item.value)),
                said,
                now,
                first=item.value,
            )
    return _next(applied.draft, said, now)


def _consent(draft: Draft, name: str, reading: Reading, said: list[Block], now: datetime) -> Step:
    answer = reading.answer
    assert answer is not None
    if answer.index == 0 or answer.value == "yes":
        if name == CAPITAL:
            return _next(draft.with_profile(draft.profile.changed(capital_krw=100_000)), said, now)
        item = Item(name)
        value = safest(item)
        index = [key for key, _ in options(item)].index(value)
        chosen = replace(
            reading, answer=replace(answer, field=name, value=value, index=index, confidence=100, quote="답하지 않음")
        )
        done = apply_item(draft, name, value, chosen)
        return _next(
            done.draft,
            [*said, block("text", f"{josa(item_label(item), '은/는')} 안전한 값으로 두었어요. 나중에 바꿀 수 있어요.")],
            now,
        )
    if name in reading.facts.answers or (name == CAPITAL and draft.profile.capital_krw):
        return _next(draft, said, now)
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


def _next(draft: Draft, said: list[Block], now: datetime, *, first: str | None = None) -> Step:
    """The next thing to ask: what was reopened, an unsettled contradiction, a missing item, or the card."""
    if first is not None:
        left = len(draft.profile.missing())
        draft = replace(draft, total=max(draft.total, left))
        text, choices = words.ask_text(first, draft.total - left + 1, draft.total)
        return _ask(draft, said, first, text, choices, now)
    open_ones = [found for found in contradictions(draft.profile) if found.code not in draft.settled]
    if open_ones:
        found = open_ones[0]
        labels = [way.text for way in found.ways_out]
        return _ask(draft, said, f"contradiction:{found.code}", words.contradiction_text(found), labels, now)
    missing = draft.profile.missing()
    if missing:
        total = max(draft.total, len(missing))
        draft = replace(draft, total=total)
        text, choices = words.ask_text(missing[0], total - len(missing) + 1, total)
        return _ask(draft, said, missing[0], text, choices, now)
    return Step(draft, (*said, block("card", words.card_text(draft.profile), card="profile")), ask=_card(draft, now))


def _card(draft: Draft, now: datetime) -> PendingQuestion:
    return question(OWNER, "confirm", "이 성향이 맞나요?", words.CONFIRM, now)


def _ask(draft: Draft, said: list[Block], name: str, text: str, labels: Any, now: datetime) -> Step:
    return Step(draft, tuple(said), ask=question(OWNER, name, text, list(labels), now))


def _label(value: str) -> str:
    return {"yes": "첫 번째로 할게요."}.get(value, value)


def _known_codes(stored: Profile) -> tuple[str, ...]:
    """Contradictions of a confirmed profile were decided when it was confirmed."""
    return tuple(found.code for found in contradictions(stored))


def _hint(asked: str | None, applied: Applied, reading: Reading) -> str:
    if reading.does(Act.PROPOSE, Act.STRATEGY_MAKE, Act.STRATEGY_EDIT, Act.SEND_PROPOSALS):
        return "그러려면 투자성향을 먼저 확인해야 해요. 이어서 여쭤볼게요."
    if reading.does(Act.PROFILE_START):
        return "이어서 여쭤볼게요."
    if reading.facts.any():
        return "그 내용은 이미 적어 두었어요."
    if "unclear" in applied.hints:
        return "조금 더 분명하게 골라 주세요."
    if asked in _ITEMS:
        return "그 답은 제가 알아듣지 못했어요. 번호로 골라도 돼요."
    return "제가 알아듣지 못했어요. 아래에서 골라 주세요." if asked else "이어서 여쭤볼게요."


def _hints(applied: Applied) -> list[Block]:
    texts = {"too_small": words.TOO_SMALL, "capital_range": words.CAPITAL_RANGE}
    return [block("text", texts[hint]) for hint in applied.hints if hint in texts]


def _changed_line(old: Profile, new: Profile) -> str:
    """'(투자금 3천만원, 소득 …)': what a message changed."""
    parts = []
    if old.capital_krw != new.capital_krw and new.capital_krw:
        parts.append(f"투자금 {format_won(new.capital_krw)}")
    for item in Item:
        now_ = new.answers.get(item)
        was = old.answers.get(item)
        if now_ is not None and (was is None or was.value != now_.value):
            parts.append(f"{item_label(item)} {answer_label(item, now_.value)}")
    if old.max_loss_bps != new.max_loss_bps and new.max_loss_bps is not None:
        parts.append(f"손실 한도 {words.percent(new.max_loss_bps)}")
    if old.preferred_sectors != new.preferred_sectors and new.preferred_sectors:
        parts.append(f"선호 {'·'.join(new.preferred_sectors)}")
    if old.excluded_sectors != new.excluded_sectors and new.excluded_sectors:
        parts.append(f"제외 {'·'.join(new.excluded_sectors)}")
    return "(" + ", ".join(parts) + ")" if parts else ""


def item_named(text: str) -> str | None:
    """Which answer '나이 잘못 말했어' speaks of."""
    return next((item for pattern, item in _NAMED if re.search(pattern, text)), None)


def wish_of(state_draft: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """What the user wanted before the profile came in between."""
    return (state_draft or {}).get("wish")

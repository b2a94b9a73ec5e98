"""What the profile room can do next: ask the missing thing, show a contradiction, show the card.

Contract: pure; `Step` is everything one message leads to. The order is fixed: what was reopened, an unsettled
contradiction, a missing item, the card.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.contradictions import contradictions
from domain.decimals import percent
from domain.korean.acts import Act
from domain.korean.reading import Reading
from domain.money import format_won
from domain.profile import CAPITAL, Profile
from domain.suitability import Item, answer_label, item_label
from nodes.asking import Block, block, question
from nodes.state import PendingQuestion
from nodes.user_profile import words
from nodes.user_profile.apply import Applied
from nodes.user_profile.draft import Draft

OWNER = "user_profile"
NAMED = (
    (r"나이|연령|살\s*(?:잘못|틀)", Item.AGE.value),
    (r"기간", Item.HORIZON.value),
    (r"경험", Item.EXPERIENCE.value),
    (r"지식", Item.KNOWLEDGE.value),
    (r"비중|자산", Item.ASSET_SHARE.value),
    (r"소득|수입", Item.INCOME.value),
    (r"손실", Item.LOSS_TOLERANCE.value),
    (r"투자금|금액|자본|돈", CAPITAL),
)
NARROWING = frozenset({"lower_share", "mix_bonds"})  # ways out that hold for every reason to be careful
ITEMS = frozenset({*(item.value for item in Item), CAPITAL})


@dataclass(frozen=True, slots=True)
class Step:
    """What the room does: the draft to keep (None drops it), what it says, what it asks, what the user confirmed."""

    draft: Draft | None
    say: tuple[Block, ...] = ()
    ask: PendingQuestion | None = None
    confirm: Profile | None = None
    corrections: frozenset[Item] = field(default_factory=frozenset)


def next_step(draft: Draft, said: list[Block], now: datetime, *, first: str | None = None) -> Step:
    """The next thing to ask: what was reopened, an unsettled contradiction, a missing item, or the card."""
    if first is not None:
        left = len(draft.profile.missing())
        draft = replace(draft, total=max(draft.total, left))
        text, choices = words.ask_text(first, draft.total - left + 1, draft.total)
        return ask(draft, said, first, text, choices, now)
    draft, along = settled_along(draft)
    said = [*said, *along]
    open_ones = [found for found in contradictions(draft.profile) if found.code not in draft.settled]
    if open_ones:
        found = open_ones[0]
        labels = [way.text for way in found.ways_out]
        return ask(draft, said, f"contradiction:{found.code}", words.contradiction_text(found), labels, now)
    missing = draft.profile.missing()
    if missing:
        total = max(draft.total, len(missing))
        draft = replace(draft, total=total)
        text, choices = words.ask_text(missing[0], total - len(missing) + 1, total)
        return ask(draft, said, missing[0], text, choices, now)
    return Step(
        draft, (*said, block("card", words.card_text(draft.profile), card="profile")), ask=card_question(draft, now)
    )


def settled_along(draft: Draft) -> tuple[Draft, list[Block]]:
    """A way out already chosen that answers another contradiction as well: it is shown, and not asked again.

    Only ways that narrow what we propose; consent to a risk is given to one question at a time.
    """
    told = []
    for found in contradictions(draft.profile):
        chosen = [way for way in found.ways_out if way.key in NARROWING and way.key in draft.profile.chosen_ways]
        if found.code in draft.settled or not chosen:
            continue
        ways = {**draft.profile.ways_out, found.code: chosen[0].key}
        draft = replace(draft.with_profile(draft.profile.changed(ways_out=ways)), settled=(*draft.settled, found.code))
        told.append(block("text", words.settled_along_text(found, chosen[0].text)))
    return draft, told


def card_question(draft: Draft, now: datetime) -> PendingQuestion:
    return question(OWNER, "confirm", "이 성향이 맞나요?", words.CONFIRM, now)


def ask(draft: Draft, said: list[Block], name: str, text: str, labels: Sequence[str], now: datetime) -> Step:
    return Step(draft, tuple(said), ask=question(OWNER, name, text, list(labels), now))


def known_codes(stored: Profile) -> tuple[str, ...]:
    """Contradictions of a confirmed profile were decided when it was confirmed."""
    return tuple(found.code for found in contradictions(stored))


def hint(asked: str | None, applied: Applied, reading: Reading) -> str:
    """Why the question comes again."""
    if reading.does(Act.IMPATIENT, Act.ABUSE):
        left = len(applied.draft.profile.missing())
        return words.PATIENCE.format(left=left) if left else words.PATIENCE_CARD
    if reading.does(Act.PROPOSE, Act.STRATEGY_MAKE, Act.STRATEGY_EDIT, Act.SEND_PROPOSALS, Act.BUY, Act.SELL):
        return "그러려면 투자성향을 먼저 확인해야 해요. 이어서 여쭤볼게요."
    if reading.does(Act.PROFILE_START):
        return "이어서 여쭤볼게요."
    if reading.facts.any():
        return "그 내용은 이미 적어 두었어요."
    if "unclear" in applied.hints:
        return "조금 더 분명하게 골라 주세요."
    if asked in ITEMS:
        return "그 답은 제가 알아듣지 못했어요. 번호로 골라도 돼요."
    return "제가 알아듣지 못했어요. 아래에서 골라 주세요." if asked else "이어서 여쭤볼게요."


def hints(applied: Applied) -> list[Block]:
    texts = {"too_small": words.TOO_SMALL, "too_large": words.TOO_LARGE, "capital_range": words.CAPITAL_RANGE}
    return [block("text", texts[hint]) for hint in applied.hints if hint in texts]


def changed_line(old: Profile, new: Profile) -> str:
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
        parts.append(f"손실 한도 {percent(new.max_loss_bps)}")
    if old.preferred_sectors != new.preferred_sectors and new.preferred_sectors:
        parts.append(f"선호 {'·'.join(new.preferred_sectors)}")
    if old.excluded_sectors != new.excluded_sectors and new.excluded_sectors:
        parts.append(f"제외 {'·'.join(new.excluded_sectors)}")
    return "(" + ", ".join(parts) + ")" if parts else ""


def item_named(text: str) -> str | None:
    """Which answer '나이 잘못 말했어' speaks of."""
    return next((item for pattern, item in NAMED if re.search(pattern, text)), None)

"""Puts what a message says into the draft: facts, the answer to the open question, a way out of a contradiction.

Contract: pure; only values of the closed sets get in, each with the user's words and a confidence; what is said
again replaces what was said before and counts as a correction. Under the ask line an answer is not taken. Never
changes a grade directly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from domain.contradictions import Contradiction, contradictions
from domain.korean.acts import Act
from domain.korean.percents import bare
from domain.korean.reading import Reading
from domain.korean.text import plain
from domain.money import parse_won
from domain.profile import CAPITAL, Answer, Profile, Source
from domain.suitability import ANSWERS, Item, LossTolerance, points_of
from nodes.user_profile.draft import Draft

ASK_LINE = 60  # percent: below it the answer is asked again
MIN_CAPITAL_KRW = 100_000
MAX_CAPITAL_KRW = 10**13
BOLD = ("momentum", "geared", "aggressive")


@dataclass(frozen=True, slots=True)
class Applied:
    """The draft after a message, and what was noticed on the way."""

    draft: Draft
    changed: bool = False
    corrected: bool = False
    hints: tuple[str, ...] = ()  # too_small | too_large | capital_range | unclear


def apply_facts(draft: Draft, reading: Reading, asked: str | None) -> Applied:
    """Everything the sentence says about the person."""
    facts, profile, hints = reading.facts, draft.profile, []
    corrected = changed = False
    for key, fact in facts.answers.items():
        item = Item(key)
        if fact.confidence < ASK_LINE:
            if key == asked:
                hints.append("unclear")
            continue
        if item is Item.LOSS_TOLERANCE and facts.max_loss_bps is not None and _louder(profile, fact.value):
            continue
        before = profile.answers.get(item)
        if before is not None and before.value != fact.value:
            corrected = True
            draft = replace(draft, corrections=(*draft.corrections, key))
        if before is None or before.value != fact.value:
            profile = profile.with_answer(
                item,
                Answer(
                    value=fact.value,
                    quote=fact.quote or reading.text[:40],
                    source=Source.TEXT,
                    confidence=fact.confidence,
                ),
            )
            draft, changed = draft.answered(key), True
    changes: dict[str, Any] = {}
    if facts.capital_krw is not None:
        if not MIN_CAPITAL_KRW <= facts.capital_krw <= MAX_CAPITAL_KRW:
            hints.append(_out_of_range(facts.capital_krw))
        else:
            corrected |= profile.capital_krw not in (None, facts.capital_krw)
            changes["capital_krw"] = facts.capital_krw
            if facts.capital_upper:
                hints.append("capital_range")
    if facts.monthly_krw is not None:
        changes["monthly_krw"] = facts.monthly_krw
    if facts.horizon_months is not None:
        changes["horizon_months"] = facts.horizon_months
    if facts.max_loss_bps is not None:
        changes["max_loss_bps"] = facts.max_loss_bps
    if facts.preferred or facts.excluded:
        preferred = [s for s in profile.preferred_sectors if s not in facts.excluded] + list(facts.preferred)
        excluded = list(profile.excluded_sectors) + list(facts.excluded)
        if reading.does(Act.CORRECTION, Act.NOT_THAT):
            excluded = [s for s in excluded if s not in facts.preferred]
        changes |= {
            "preferred_sectors": tuple(dict.fromkeys(preferred)),
            "excluded_sectors": tuple(dict.fromkeys(excluded)),
        }
    if facts.wishes:
        changes["wishes"] = tuple(dict.fromkeys((*profile.wishes, *facts.wishes)))
    if changes:
        new = profile.changed(**changes)
        changed |= new.model_dump() != profile.model_dump()
        profile = new
    return Applied(draft.with_profile(profile), changed, corrected, tuple(dict.fromkeys(hints)))


def _out_of_range(amount: int) -> str:
    return "too_small" if amount < MIN_CAPITAL_KRW else "too_large"


def _louder(profile: Profile, value: str) -> bool:
    """A percentage does not soften 'the principal must be kept': both stay, and the contradiction is shown."""
    return profile.answer(Item.LOSS_TOLERANCE) is LossTolerance.NONE and value != LossTolerance.NONE


def apply_item(draft: Draft, field: str, value: str, reading: Reading) -> Applied:
    """The answer to one of the questions, already resolved to the closed set (or an amount)."""
    answer = reading.answer
    assert answer is not None
    if field == CAPITAL:
        found = parse_won(value) or parse_won(value + "만원" if value.endswith("천") else value + "원")
        amount = reading.facts.capital_krw or (found[0].amount if found else 0)
        if not MIN_CAPITAL_KRW <= amount <= MAX_CAPITAL_KRW:
            return Applied(draft, hints=(_out_of_range(amount),))
        return Applied(draft.with_profile(draft.profile.changed(capital_krw=amount)).answered(CAPITAL), True)
    item = Item(field)
    if value not in [option.value for option in ANSWERS[item]]:
        return Applied(draft, hints=("unclear",))
    if answer.confidence < ASK_LINE:
        return Applied(draft, hints=("unclear",))
    source = Source.BUTTON if answer.index is not None else Source.TEXT
    given = Answer(
        value=value, quote=answer.quote[:60] or reading.text[:60] or value, source=source, confidence=answer.confidence
    )
    return Applied(draft.with_profile(draft.profile.with_answer(item, given)).answered(field), True)


def without(draft: Draft, field: str) -> Draft:
    """The draft with one item open again."""
    profile = draft.profile
    if field == CAPITAL:
        return draft.with_profile(profile.changed(capital_krw=None))
    item = Item(field)
    changes: dict[str, Any] = {"answers": {k: v for k, v in profile.answers.items() if k is not item}}
    if item is Item.HORIZON:
        changes["horizon_months"] = None
    if item is Item.LOSS_TOLERANCE:
        changes["max_loss_bps"] = None
    return draft.with_profile(profile.changed(**changes))


def settle(draft: Draft, code: str, index: int) -> tuple[Draft, str]:
    """The chosen way out applied. Returns the draft and a field to ask now: '', 'max_loss' or 'start_over'."""
    found = next((c for c in contradictions(draft.profile) if c.code == code), None)
    draft = replace(draft, settled=tuple(dict.fromkeys((*draft.settled, code))))
    if found is None or not 0 <= index < len(found.ways_out):
        return draft, ""
    way = found.ways_out[index]
    draft = draft.with_profile(draft.profile.changed(ways_out={**draft.profile.ways_out, code: way.key}))
    return _way_out(draft, found, way.key, way.changes)


def _way_out(draft: Draft, found: Contradiction, key: str, changes: str) -> tuple[Draft, str]:
    profile = draft.profile
    if key == "redo":
        return draft, "start_over"
    if key == "number_zero":
        return draft.with_profile(profile.changed(max_loss_bps=0)), ""
    if changes == "max_loss_bps":
        return draft, "max_loss"
    if changes == "wishes":
        drop = ("guaranteed",) if found.code == "guaranteed" and key == "drop_wish" else BOLD
        return draft.with_profile(profile.changed(wishes=tuple(w for w in profile.wishes if w not in drop))), ""
    if changes == "excluded_sectors":
        kept = tuple(s for s in profile.excluded_sectors if s not in profile.preferred_sectors)
        return draft.with_profile(profile.changed(excluded_sectors=kept)), ""
    if changes == "preferred_sectors":
        kept = tuple(s for s in profile.preferred_sectors if s not in profile.excluded_sectors)
        return draft.with_profile(profile.changed(preferred_sectors=kept if key == "exclude" else ())), ""
    if changes == "capital_krw":
        return without(draft, CAPITAL), ""
    if changes in (Item.HORIZON.value, Item.LOSS_TOLERANCE.value):
        return without(draft, changes), ""
    return draft, ""


def loss_percent(draft: Draft, text: str) -> Draft | None:
    """A new tolerated loss in percent, with the answer that goes with it."""
    found = bare(plain(text).text)
    if found is None or not 0 <= found.value <= 10_000:
        return None
    bands = ((0, LossTolerance.NONE), (1_000, LossTolerance.MINIMAL), (3_000, LossTolerance.SOME))
    band = next((value for upper, value in bands if found.value <= upper), LossTolerance.ANY)
    profile = draft.profile.changed(max_loss_bps=found.value)
    quote = text[:40]
    return draft.with_profile(
        profile.with_answer(
            Item.LOSS_TOLERANCE, Answer(value=band.value, quote=quote, source=Source.TEXT, confidence=90)
        )
    )


def lowered(draft: Draft) -> Draft | None:
    """The draft with a more careful loss answer, as the user asked; None when it cannot go lower."""
    order = list(LossTolerance)
    now = draft.profile.answer(Item.LOSS_TOLERANCE)
    before = draft.profile.grade
    if before is None or now is None:
        return None
    for value in reversed(order[: order.index(LossTolerance(now))]):
        lower = draft.profile.with_answer(
            Item.LOSS_TOLERANCE, Answer(value=value.value, quote="더 안전하게", source=Source.TEXT, confidence=90)
        )
        if lower.grade is not None and lower.grade.rank < before.rank:
            return draft.with_profile(lower.changed(max_loss_bps=None))
    return None


def safest(item: Item) -> str:
    """The answer with the fewest points: what stands in when a person would rather not say, with consent."""
    return min(ANSWERS[item], key=lambda option: points_of(item, option)).value

"""What a turn has to say about the day's budget for models.

Contract: the runner opens a turn with `day_standing` and ends it with `budget_notice`; a room may read `budget_word`.
None of them raises, and none asks a model. That a warning was due is kept with the budget, once a person and day, so
that whoever tells people elsewhere (the inbox of alerts) finds it, also when nobody was in a conversation.
"""

from __future__ import annotations

from uuid import UUID

import structlog

from tools.llm.budget import CODE, WARN_AT, Standing, used_up_text, warning_text
from tools.llm.mind import Mind, current
from tools.llm.turn import this_turn

log = structlog.get_logger(__name__)


async def day_standing(user_id: UUID) -> Standing | None:
    """How the day stands before a turn; None without models, or when nobody can tell (then no call is made either)."""
    mind = current()
    if mind is None:
        return None
    try:
        return await mind.budget.standing(user_id, mind.clock.now())
    except Exception as fault:  # the budget is the caller's: the turn goes on, by rules where a model would be asked
        log.warning("model.budget_unreadable", fault=type(fault).__name__)
        return None


def budget_word() -> str | None:
    """Korean: why rules took over in this turn, None when the budget had room for whatever was asked."""
    turn = this_turn()
    if not turn.refused:
        return None
    return used_up_text(None if turn.unreadable else turn.standing)


async def budget_notice(*, warns: bool = True) -> dict[str, str] | None:
    """A notice for the reply: rules took over, or (`warns`, once a person and day) most of the budget is spent."""
    mind, turn, word = current(), this_turn(), budget_word()
    if word is not None:
        if mind is not None and turn.user_id is not None and not turn.unreadable and warns:
            await _first(mind, turn.user_id)
        return {"code": CODE, "text": word}
    if mind is None or turn.user_id is None or turn.standing is None or not warns:
        return None
    standing = await day_standing(turn.user_id) if turn.began is not None else turn.standing
    if standing is None or standing.percent < WARN_AT:
        return None
    first = await _first(mind, turn.user_id)
    return {"code": CODE, "text": warning_text(standing)} if first else None


async def _first(mind: Mind, user_id: UUID) -> bool:
    """Whether this is the day's first warning of that person; now it is kept."""
    try:
        return await mind.budget.may_warn(user_id, mind.clock.now())
    except Exception as fault:  # as above: a warning less
        log.warning("model.budget_unreadable", fault=type(fault).__name__)
        return False

"""What one WebSocket session is registered for, and how long to wait before the next session. Pure, no socket.

KIS counts 41 registrations a session over all TRs, the notice included, and blocks keys that reconnect in a loop.
Who may have a registration is the owner's decision; the book only keeps count and says no to the 42nd.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import StrEnum

from tools.kis.errors import SubscriptionsFull


class Answer(StrEnum):
    """What a control message of KIS is about (OPSP codes)."""

    REGISTERED = "registered"
    GONE = "gone"  # deregistered, or was not registered
    REFUSED = "refused"  # this registration only
    BAD_APPROVAL = "bad_approval"  # the approval key is not known: a new one, a new session
    IN_USE = "in_use"  # another session uses the app key: wait
    SESSION = "session"  # the session as a whole is of no use


_ANSWERS = {
    "OPSP0000": Answer.REGISTERED,
    "OPSP0002": Answer.REGISTERED,  # ALREADY IN SUBSCRIBE
    "OPSP0001": Answer.GONE,
    "OPSP0003": Answer.GONE,
    "OPSP0010": Answer.BAD_APPROVAL,
    "OPSP0011": Answer.BAD_APPROVAL,
    "OPSP8996": Answer.IN_USE,
}


def read_answer(code: str, *, ok: bool, tr_id: str) -> Answer:
    """`tr_id` is "" when the message names none: then a failure is the session's."""
    known = _ANSWERS.get(code)
    if known is not None:
        return known
    if ok:
        return Answer.REGISTERED
    return Answer.REFUSED if tr_id else Answer.SESSION


class SubscriptionState(StrEnum):
    WANTED = "wanted"  # not yet answered in this session
    ACTIVE = "active"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Subscription:
    tr_id: str
    tr_key: str = field(repr=False)  # a ticker, or the HTS id for notices


class SubscriptionBook:
    """Order of subscription is kept: it is the order of re-registration."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._states: dict[Subscription, SubscriptionState] = {}

    def __len__(self) -> int:
        return len(self._states)

    def __contains__(self, subscription: Subscription) -> bool:
        return subscription in self._states

    @property
    def free(self) -> int:
        return self._limit - len(self._states)

    def add(self, subscription: Subscription) -> bool:
        """False when it is there already. Raises SubscriptionsFull for the one too many."""
        if subscription in self._states:
            return False
        if self.free <= 0:
            raise SubscriptionsFull(
                f"expected at most {self._limit} WebSocket registrations, was asked for one more ({subscription.tr_id})"
            )
        self._states[subscription] = SubscriptionState.WANTED
        return True

    def remove(self, subscription: Subscription) -> bool:
        return self._states.pop(subscription, None) is not None

    def answered(self, subscription: Subscription, state: SubscriptionState) -> bool:
        """False when nobody wants it any more."""
        if subscription not in self._states:
            return False
        self._states[subscription] = state
        return True

    def session_lost(self) -> None:
        """Everything has to be registered again."""
        self._states = dict.fromkeys(self._states, SubscriptionState.WANTED)

    def all(self) -> tuple[Subscription, ...]:
        return tuple(self._states)

    def state(self, subscription: Subscription) -> SubscriptionState | None:
        return self._states.get(subscription)

    def settled(self) -> bool:
        """Every registration has been answered in this session."""
        return all(state is not SubscriptionState.WANTED for state in self._states.values())


class BackOff:
    """Waits of at least 1 s, doubling to `cap_s`, with up to half as much again by chance."""

    def __init__(self, rng: random.Random, *, first_s: float = 1.0, cap_s: float = 60.0) -> None:
        self._rng = rng
        self._first_s = max(1.0, first_s)
        self._cap_s = cap_s
        self._failures = 0

    def next_s(self, at_least: float = 0.0) -> float:
        wait = min(self._cap_s, self._first_s * 2.0 ** min(self._failures, 16))
        self._failures += 1
        return max(at_least, wait) * (1.0 + self._rng.random() / 2)

    def reset(self) -> None:
        """Only after a session that has lived: KIS takes connect loops for an attack."""
        self._failures = 0

"""Identifiers that a replay must meet again are pure functions of content (ORDERS contract, ids).

`plan_id = uuid5(account_ref, origin)`, `intent_id = uuid5(plan_id, leg)`, `approval_id = uuid5(plan_id, version)`:
asking twice can never make two of anything. Only `new_id` is random, through an injected source.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

QUARTZ_NAMESPACE = UUID("6f2b7f1e-5a3c-5b0f-9a7e-2d1c0f4b8e55")

NewId = Callable[[], UUID]
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical_json(value: Any) -> str:
    """The one text of a JSON value: sorted keys, no blanks, no NaN; what every hash in Quartz is taken over."""
    return _CANONICAL.encode(value)


def plan_id(account_ref: str, origin: Sequence[str | int]) -> UUID:
    """Id of the plan that `origin` asks for; e.g. origin = ("chat", thread_id, message_id)."""
    return uuid5(QUARTZ_NAMESPACE, canonical_json(["plan", account_ref, list(origin)]))


def intent_id(plan: UUID, leg: int) -> UUID:
    """Id of a plan's leg, independent of version, price and quantity."""
    return uuid5(plan, f"leg:{leg}")


def approval_id(plan: UUID, version: int) -> UUID:
    """Id of the question "may version N of this plan be sent?"."""
    return uuid5(plan, f"approval:{version}")


def mandate_id(account_ref: str, origin: Sequence[str | int]) -> UUID:
    """Id of the mandate that `origin` asked for; the same message offers the same mandate."""
    return uuid5(QUARTZ_NAMESPACE, canonical_json(["mandate", account_ref, list(origin)]))


def payload_hash(payload: Mapping[str, Any]) -> str:
    """Hex SHA-256 of the canonical text."""
    import hashlib

    return hashlib.sha256(canonical_json(payload).encode()).hexdigest()


def seeded_ids(seed: int) -> NewId:
    """A replayable id source."""
    source = random.Random(seed)
    return lambda: UUID(int=source.getrandbits(128), version=4)

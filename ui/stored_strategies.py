"""A user's stored strategies from the command line: reading a version, adding one.

Contract: starts what it needs; versions are never changed, only added, and the same content again adds nothing. Saving
asks for a profile that is confirmed and in force. NoStrategy and StrategyError are written for the user.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.strategy.fitting import fitted
from domain.strategy.problems import Problem
from domain.strategy.spec import StrategySpec, parse_spec
from nodes.user_profile.view import profile_of
from tools.ports import DeskPort, JournalEntry

MOST = 1_000


class NoStrategy(RuntimeError):
    """Nothing there to work with; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Saved:
    """`notes`: what the profile made smaller. `new`: whether a version was added."""

    spec: StrategySpec
    version: int
    new: bool
    notes: tuple[Problem, ...]


async def stored_spec(desk: DeskPort, user_id: UUID | None, name: str, version: int | None) -> StrategySpec:
    """The newest version, or the named one, checked once more on its way out."""
    found = [] if user_id is None else await desk.strategies(user_id, MOST)
    chosen = [stored for stored in found if version in (None, stored.version)]
    if not chosen:
        missing = "전략이 없어요" if version is None else f"전략 {version}번째 버전이 없어요"
        raise NoStrategy(f"'{name}' 님의 {missing}. ./quartz chat에서 먼저 만들어 주세요.")
    return parse_spec(dict(chosen[0].spec))


async def save_version(
    desk: DeskPort, user_id: UUID | None, name: str, spec: StrategySpec, now: datetime, new_id: Callable[[], UUID]
) -> Saved:
    """The strategy fitted to the user's profile, as the next version of the user's strategy."""
    profile = None if user_id is None else profile_of(await desk.latest_profile(user_id))
    if user_id is None or profile is None or not profile.is_valid(now):
        raise NoStrategy(f"'{name}' 님의 확인된 투자성향이 없어요. ./quartz chat에서 먼저 확인해 주세요.")
    result = fitted(spec, profile)
    latest = next(iter(await desk.strategies(user_id, 1)), None)
    hash_ = result.spec.content_hash()
    if latest is not None and latest.hash == hash_:
        return Saved(result.spec, latest.version, False, result.notes)
    made = result.spec.stamped(now)
    saved = await desk.save_strategy(
        user_id, latest.strategy_id if latest is not None else new_id(), hash_, made.to_json(), now
    )
    detail = {"version": saved.version, "hash": saved.hash}
    said = f"{made.metadata.name} v{saved.version}"
    await desk.note(user_id, JournalEntry(now, "strategy", str(saved.strategy_id), said, detail))
    return Saved(made, saved.version, True, result.notes)


@asynccontextmanager
async def desk_of(name: str, purpose: str) -> AsyncIterator[tuple[DeskPort, UUID | None]]:
    """The desk's tables and the user's id, None for somebody who is not known here."""
    from tools.settings import load_settings
    from tools.store.desk import Desk
    from tools.store.pool import make_dict_pool, make_pool
    from tools.store.roles import role_url
    from tools.store.users import find_user
    from ui.stack_use import connect

    settings = load_settings()
    with connect(settings) as connected:
        url = role_url(settings, "graph", connected.endpoints)
        async with make_pool(url, purpose) as people, make_dict_pool(url, purpose) as pool:
            async with people.connection() as connection:
                user = await find_user(connection, name)
            yield Desk(pool), None if user is None else user.user_id

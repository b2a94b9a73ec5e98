"""Stories: what chance alone brings about too rarely. Each is played in some worlds, with much of it left to the seed.

Contract: a story uses the seams that chance uses (people, the broker's faults, wires, deaths) and judges nothing; the
judge watches as always. It ends by itself, leaves nothing armed that the evening does not take back, and may come to
nothing where the market does not play along.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from domain.orders.types import Plan, Side
from execution.oms.timing import timing_for
from proving.paper_stories import (
    cancel_that_looks_refused,
    ended_before_counted,
    fills_come_to_light,
    shown_too_late,
    swapped_by_hand,
)
from proving.scene import AT_BROKER, CASH, CHANGE, ENDED, THIN, Scene
from proving.wishes import Wish
from simulation.exchange.faults import FaultKind

Story = Callable[[Scene], Awaitable[None]]
_NEVER_ARRIVES = (FaultKind.TIMEOUT_BEFORE_ACCEPT, FaultKind.RESET_IN_REQUEST)
_REPLY_IS_LOST = (FaultKind.ACCEPT_THEN_TIMEOUT, FaultKind.RESET_BEFORE_REPLY, FaultKind.RESET_IN_BODY)
_FATES = ("never", "never", "lost", "late", "killed", "killed")
_ALL_ATTEMPTS = 5  # a cancel is sent four times


async def change_in_doubt(scene: Scene) -> None:
    """A cancel or a revision of which nobody hears, while the order fills, is cancelled by hand, or its OMS dies."""
    placed = await _at_broker(scene)
    if placed is None:
        return
    plan, wish = placed
    if scene.late and scene.paper and scene.chance(0.5):
        scene.world.striker.list_is_empty()
    fates = ("never", "lost", "killed", "gone", "gone", "gone") if scene.late else _FATES
    fate = scene.rng.choice(fates)
    if fate == "never":
        scene.arms(scene.rng.choice(_NEVER_ARRIVES), CHANGE, count=_ALL_ATTEMPTS)
    elif fate == "lost":
        scene.arms(scene.rng.choice(_REPLY_IS_LOST), CHANGE)
    elif fate == "late":
        timing = timing_for(scene.world.broker.value)
        longest = timing.deadline_s + timing.gateway_s - 1.0
        scene.world.striker.keeps_back(CHANGE.encode(), 1.0 + scene.rng.random() ** 2 * longest)
    act = scene.rng.choice(("cancel", "revise", "revise", "both"))
    scene.did(f"{act}_{fate}")
    asked = [asyncio.create_task(_change(scene, plan, wish, act))]
    if fate in ("killed", "gone"):
        asked.append(asyncio.create_task(_killed_at(scene, wish, for_good=fate == "gone")))
    if scene.chance(0.3):
        await scene.pause(8.0)
        await _cancelled_by_hand(scene, wish)
    await asyncio.gather(*asked)
    if scene.late:
        scene.tomorrow(lambda: shown_too_late(scene, wish))
        return
    if not await scene.reaches(wish, *AT_BROKER, within=60.0):
        return
    await scene.pause(10.0)
    await scene.person.cancels(wish)  # whoever lets it stand keeps others of that name waiting


async def cancelled_by_hand(scene: Scene) -> None:
    """At the broker's own screen, where the OMS learns of it by a notice or by asking."""
    placed = await _at_broker(scene)
    if placed is None:
        return
    scene.did("cancelled_by_hand")
    if scene.chance(0.4):
        scene.arms(FaultKind.NOTICE_LOST)
    await _cancelled_by_hand(scene, placed[1])
    await scene.reaches(placed[1], "CANCELLED", within=15.0)


async def late_order(scene: Scene) -> None:
    """An order that arrives when no gateway should have it any more, after it was called ABSENT."""
    timing = timing_for(scene.world.broker.value)
    scene.did("late_order")
    scene.world.striker.keeps_back(CASH.encode(), timing.settle_s + 1.0 + scene.rng.random() * 4.0)
    placed = await scene.order(kind=scene.rng.choice(("take", "edge", "rest")))
    if placed is None or not await scene.reaches(placed[1], "UNKNOWN", within=30.0):
        return
    await scene.until(lambda: bool(scene.at_broker(placed[1])), timing.settle_s + 10.0)
    await asyncio.sleep(10.0)


async def revision_left_to_a_person(scene: Scene) -> None:
    """A revision without a reply, and a broker that shows no list for minutes: a person must say which number lives."""
    timing = timing_for(scene.world.broker.value)
    placed = await _at_broker(scene)
    if placed is None:
        return
    scene.did("revision_left")
    plan, wish = placed
    scene.world.striker.list_is_empty()
    never = scene.chance(0.7)
    scene.arms(FaultKind.TIMEOUT_BEFORE_ACCEPT if never else scene.rng.choice(_REPLY_IS_LOST), CHANGE)
    if scene.paper:
        scene.arms(FaultKind.NOTICES_SILENT, seconds=200.0)
        scene.world.striker.kills()  # the next one has heard no notice yet
        await scene.until(lambda: any(host.door is not None for host in scene.world.oms), 60.0)
    await _change(scene, plan, wish, "revise")
    await scene.reaches(wish, "MANUAL", within=timing.settle_s * 5)
    await asyncio.sleep(2.0)
    scene.world.striker.list_is_shown()
    await scene.until(lambda: scene.state(wish) in ENDED, 10.0 + scene.rng.random() * 40.0)


async def hand_order_claimed(scene: Scene) -> None:
    """Somebody keys in what the OMS was asked for as well, which never arrives; then says that it is the same."""
    scene.world.striker.list_is_shown()
    usual = await scene.order("069500", kind="take")  # the OMS sees how the broker marks what it keys in itself
    leg = scene.person.intends(scene.rng.choice((THIN, "005930")), Side.BUY, scene.rng.choice(("edge", "rest", "rest")))
    if usual is None or leg is None or not await scene.reaches(usual[1], "ACKED", "FILLED", within=20.0):
        return
    await asyncio.sleep(6.0)
    body = {"side": "buy", "ticker": leg.ticker, "quantity": leg.quantity, "price": leg.limit_price}
    first = await scene.by_hand(**body)
    if first is None:
        return
    scene.did("hand_order_claimed")
    await asyncio.sleep(scene.rng.random() * (20.0 if scene.paper else 6.0))
    scene.arms(FaultKind.TIMEOUT_BEFORE_ACCEPT, CASH)
    placed = await scene.person.places_leg(leg)
    if placed is None or not await scene.reaches(placed[1], "UNKNOWN", within=30.0):
        return
    second = await scene.by_hand(**body) if scene.chance(0.8) else None
    timing = timing_for(scene.world.broker.value)
    if not await scene.reaches(placed[1], "MANUAL", within=timing.settle_s * 2) or scene.at_broker(placed[1]):
        return  # it did arrive: whoever looks at the broker will see which one it is
    number = scene.rng.choice([each for each in (first, first, second) if each is not None])
    scene.world.judge.claimed(placed[1].intent_id, number)
    if not await scene.person.settles(placed[1].intent_id, None, str(number)):
        scene.world.judge.disclaimed(placed[1].intent_id, number)


# The parts ------------------------------------------------------------------------------------------------------------


async def _at_broker(scene: Scene) -> tuple[Plan, Wish] | None:
    """An order that stands at the broker; often one that fills in parts, and then sometimes partly filled."""
    ticker, least = (THIN, 250) if scene.chance(0.6) else ("", 1)
    placed = await scene.order(ticker, kind=scene.rng.choice(("edge", "edge", "rest")), least=least)
    if placed is None or not await scene.reaches(placed[1], *AT_BROKER, within=30.0):
        return None
    if scene.chance(0.5):
        await scene.reaches(placed[1], "PARTIAL", within=12.0)
    return placed if scene.state(placed[1]) in AT_BROKER else None


async def _change(scene: Scene, plan: Plan, wish: Wish, act: str) -> None:
    if act in ("revise", "both"):
        await scene.person.revises(plan, wish)
    if act in ("cancel", "both"):
        await scene.person.cancels(wish)


async def _killed_at(scene: Scene, wish: Wish, *, for_good: bool) -> None:
    """As soon as its OMS has said in the ledger that it begins. For good: until after the close."""
    if await scene.reaches(wish, "CANCEL_PENDING", "REVISE_PENDING", within=10.0):
        await asyncio.sleep(scene.rng.random() * 0.02)
        if for_good:
            scene.away()
        else:
            scene.world.striker.kills()


async def _cancelled_by_hand(scene: Scene, wish: Wish) -> None:
    for order in scene.at_broker(wish):
        if order.open > 0:
            await scene.by_hand(cancel=order.key[1])


BY_DAY: dict[Story, int] = {
    change_in_doubt: 8,
    cancelled_by_hand: 2,
    late_order: 2,
    revision_left_to_a_person: 4,
    hand_order_claimed: 1,
    fills_come_to_light: 4,
    swapped_by_hand: 2,
    ended_before_counted: 4,
    cancel_that_looks_refused: 4,
}
AT_THE_CLOSE: dict[Story, int] = {change_in_doubt: 6, fills_come_to_light: 2, cancelled_by_hand: 1}

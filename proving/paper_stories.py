"""Stories of KIS paper, which shows no order list: shares that somebody else may have moved, and notices that are lost.

Contract: as of `proving.stories`. In a world whose broker shows its list they come to nothing.
"""

from __future__ import annotations

import asyncio

from domain.orders.types import Side
from proving.scene import AT_BROKER, THIN, Scene
from proving.wishes import Wish
from simulation.exchange.faults import FaultKind


async def fills_come_to_light(scene: Scene) -> None:
    """A broker that shows neither list nor notices, and shares that others moved too: counted when the list is back."""
    if not scene.paper:
        return
    scene.did("fills_come_to_light")
    scene.world.striker.list_is_empty()
    ticker = scene.rng.choice((THIN, THIN, "247540"))
    low, last = scene.person.low(ticker), scene.person.last(ticker)
    by_hand = [await scene.by_hand(side="buy", ticker=ticker, quantity=scene.rng.randint(5, 40), price=low)]
    if scene.chance(0.4):
        by_hand.append(await scene.by_hand(side="buy", ticker=ticker, quantity=scene.rng.randint(200, 700), price=last))
    # Orders by hand of which nobody heard would be taken for ours: there is no list to tell them apart.
    if not await scene.until(lambda: all(scene.known(number) for number in by_hand), 15.0):
        scene.world.striker.list_is_shown()
        return
    placed = await scene.order(ticker, least=300 if ticker == THIN else 30)
    if placed is None or not await scene.reaches(placed[1], *AT_BROKER, within=30.0):
        return
    scene.arms(FaultKind.NOTICE_LOST, record="fill", count=30, chance=0.9)
    wish = placed[1]
    await scene.until(lambda: any(order.filled for order in scene.at_broker(wish)), 40.0)
    for number in by_hand[1:]:
        await scene.by_hand(cancel=number)
    if scene.late:
        scene.tomorrow(lambda: shown_too_late(scene, wish))
        return
    await scene.person.cancels(wish)
    await scene.reaches(wish, within=60.0)
    scene.world.striker.list_is_shown()
    await asyncio.sleep(25.0)


async def cancel_that_looks_refused(scene: Scene) -> None:
    """Cancelled and not told; an order by hand, not told either, holds as much cash: it looks as if the first lived."""
    if not scene.paper or scene.late:
        return
    leg = scene.person.intends("069500", Side.BUY, "rest")
    if scene.chance(0.6):
        leg = scene.person.intends(THIN, Side.BUY, "edge", least=300)
    if leg is None:
        return
    scene.world.striker.list_is_empty()
    placed = await scene.person.places_leg(leg)
    states = ("PARTIAL",) if leg.ticker == THIN and scene.chance(0.7) else AT_BROKER
    if placed is None or not await scene.reaches(placed[1], *states, within=20.0):
        return
    scene.did("cancel_that_looks_refused")
    await scene.pause(3.0)
    scene.arms(FaultKind.NOTICES_SILENT, seconds=100.0)
    wish = placed[1]
    await scene.person.cancels(wish)
    await scene.until(lambda: any(order.gone for order in scene.at_broker(wish)), 15.0)
    left = sum(order.gone for order in scene.at_broker(wish))
    number = None
    if left:
        low = scene.person.low(leg.ticker)
        number = await scene.by_hand(side="buy", ticker=leg.ticker, quantity=left, price=low)
    await scene.until(lambda: scene.state(wish) not in ("CANCEL_PENDING", "CANCEL_UNKNOWN"), 60.0)
    if number is not None:
        await scene.by_hand(cancel=number)
    scene.world.striker.list_is_shown()


async def ended_before_counted(scene: Scene) -> None:
    """A revised order is cancelled while nobody tells of its fills and an order by hand may have had them. What a
    cancel takes off a number that a revision made says nothing of fills: some are counted when the list is back."""
    if not scene.paper or scene.late:
        return
    scene.world.striker.list_is_empty()
    placed = await scene.order(THIN, least=300)
    if placed is None or not await scene.reaches(placed[1], *AT_BROKER, within=30.0):
        return
    plan, wish = placed
    low = scene.person.low(THIN)
    number = await scene.by_hand(side="buy", ticker=THIN, quantity=scene.rng.randint(20, 80), price=low)
    if number is None or not await scene.until(lambda: scene.known(number), 15.0):
        return
    await scene.person.revises(plan, wish)
    revised = await scene.until(lambda: len(scene.at_broker(wish)) > 1 and scene.state(wish) in AT_BROKER, 10.0)
    if not revised:
        return
    scene.did("ended_before_counted")
    scene.arms(FaultKind.NOTICE_LOST, record="fill", count=30)
    await scene.until(lambda: any(order.filled for order in scene.at_broker(wish)[1:]), 20.0)
    await scene.person.cancels(wish)
    await scene.reaches(wish, within=60.0)
    await scene.by_hand(cancel=number)
    scene.world.striker.list_is_shown()
    await asyncio.sleep(25.0)


async def swapped_by_hand(scene: Scene) -> None:
    """Shares bought by the OMS and as many sold by hand, unheard of: the figures look as if neither had happened."""
    if not scene.paper or scene.late:
        return
    held = scene.world.watch.held(scene.person.number)
    ticker = next((name for name in ("005930", "069500", "247540") if held.get(name, 0) > 1), None)
    leg = scene.person.intends(ticker, Side.BUY, "edge", held[ticker]) if ticker is not None else None
    if leg is None:
        return
    scene.did("swapped_by_hand")
    scene.world.striker.list_is_empty()
    placed = await scene.person.places_leg(leg)
    if placed is None or not await scene.reaches(placed[1], *AT_BROKER, within=30.0):
        return
    scene.arms(FaultKind.NOTICES_SILENT, seconds=90.0)
    wish = placed[1]
    await scene.until(lambda: any(order.open == 0 for order in scene.at_broker(wish)), 20.0)
    await scene.by_hand(side="sell", ticker=leg.ticker, quantity=leg.quantity)
    await scene.person.cancels(wish)
    await scene.reaches(wish, within=60.0)
    scene.world.striker.list_is_shown()
    await asyncio.sleep(25.0)


async def shown_too_late(scene: Scene, wish: Wish) -> None:
    """The list is back in the moment after the OMS had to do without it; its next life asks with the old day's date."""
    lapsed = await scene.reaches(wish, "EXPIRED", within=60.0)
    if scene.paper and scene.world.striker.list_hides():
        scene.world.striker.list_is_shown()
        if lapsed:
            scene.world.striker.kills()

"""How much one run may buy and sell together: reductions first, purchases out of what is left. Pure.

Contract: the sum over all targets stays at or below `Investor.turnover_bps`. A reduction that a limit asks for comes
before every purchase. Purchases share what is left in proportion, so that a mix keeps its shape; where that would make
one smaller than its smallest order, the least important is left for the next run and the others share again. What was
cut is told once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from domain.constraints import Clamp
from domain.limits import FULL_BPS
from nodes.portfolio.scene import Scene, Target

CUT = "한 번에 사고파는 금액의 한도에 맞춰 주문을 줄였어요. 나머지는 다음에 다시 봐요."


def within_turnover(
    scene: Scene, trims: Sequence[Target], buys: Sequence[Target]
) -> tuple[tuple[Target, ...], tuple[Clamp, ...]]:
    """The targets that fit, and what was cut. Both lists come most important first."""
    base, room = scene.investor.base, scene.investor.turnover_bps
    wanted = sum(sold_bps(scene, target) for target in trims) + sum(bought_bps(scene, target) for target in buys)
    if wanted <= room:
        return (*trims, *buys), ()
    kept = _reduced(scene, trims, room)
    left = room - sum(sold_bps(scene, target) for target in kept)
    clamp = Clamp("TURNOVER", "", CUT, wanted * base // FULL_BPS, room * base // FULL_BPS)
    return (*kept, *_shared(scene, list(buys), left)), (clamp,)


def bought_bps(scene: Scene, target: Target) -> int:
    """What a target buys, bps of the base; 0 for a reduction."""
    return max(0, target.weight_bps - scene.held(target.ticker))


def sold_bps(scene: Scene, target: Target) -> int:
    """What a target sells, rounded up; 0 for a purchase."""
    over = scene.worth(target.ticker) - target.weight_bps * scene.investor.base // FULL_BPS
    if target.weight_bps >= scene.held(target.ticker):
        return 0
    return -(-over * FULL_BPS // scene.investor.base)


def _reduced(scene: Scene, trims: Sequence[Target], room: int) -> list[Target]:
    kept = []
    least = -(-scene.investor.min_order * FULL_BPS // scene.investor.base)
    for target in trims:
        sold = sold_bps(scene, target)
        if sold > room:
            if room < least:
                continue
            target = replace(target, weight_bps=target.weight_bps + sold - room + 1)  # one more, against rounding
        kept.append(target)
        room -= min(sold, room)
    return kept


def _shared(scene: Scene, buys: list[Target], room: int) -> list[Target]:
    while buys:
        wanted = [bought_bps(scene, target) for target in buys]
        given = [weight * room // sum(wanted) for weight in wanted] if sum(wanted) > room else wanted
        least = [scene.investor.least_bps(scene.prices[target.ticker]) for target in buys]
        if all(weight >= smallest for weight, smallest in zip(given, least, strict=True)):
            return [
                replace(target, weight_bps=scene.held(target.ticker) + weight)
                for target, weight in zip(buys, given, strict=True)
            ]
        buys = buys[:-1]
    return []

"""What proposals were made from, kept beside them, and the same code run on it again.

Contract: `basis_of` and `sized` write down exactly what `allocate` and `size` were given and what they gave, as plain
JSON; `again` runs both on that alone and says in words where another result comes out, step by step, each from what was
written down for it. A model's lean on the weights is taken from the weights themselves, and must be one that code would
have let it make. Pure. Reasons are words and do not count: quantities, prices and names do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, get_type_hints

from domain.constraints import Clamp
from nodes.portfolio.rules import allocate
from nodes.portfolio.scene import Scene, Target
from nodes.portfolio.scene_json import CannotTell, from_plain, rows_for, to_plain
from nodes.portfolio.tilt import tilted
from nodes.risk.rules import Proposal, size

Basis = dict[str, Any]
_UNREADABLE = "expected what the code was given, could not be read: {}"


def basis_of(
    scene: Scene, targets: Sequence[Target], clamps: Sequence[Clamp], *, by: str, turn: Mapping[str, Any] | None
) -> Basis:
    """`by`: rules or model. `turn`: the message that asked for proposals."""
    names = [*scene.candidates, *(holding.ticker for holding in scene.holdings)]
    return {
        "turn": dict(turn or {}),
        "by": by,
        "scene": to_plain(replace(scene, table=rows_for(scene.table, names))),
        "targets": to_plain(list(targets)),
        "clamps": to_plain(list(clamps)),
    }


def sized(
    basis: Mapping[str, Any] | None,
    given: Mapping[str, Any],
    proposals: Sequence[Proposal],
    clamps: Sequence[Clamp],
    reports: Sequence[Mapping[str, Any]],
) -> Basis | None:
    """`given`: the arguments of `size` by name; of the turn's `reports` those about the market and the names are kept.
    None when nothing is proposed: then there is nothing to keep it for."""
    if not proposals:
        return None
    names = [target.ticker for target in given["targets"]]
    plain = to_plain({**given, "table": rows_for(given["table"], names)})
    made = {"given": plain, "proposals": to_plain(list(proposals)), "clamps": to_plain(list(clamps))}
    about = [dict(each) for each in reports if each.get("ticker") is None or each["ticker"] in names]
    return {**(basis or {}), "sizing": made, "reports": about}


def again(basis: Mapping[str, Any]) -> list[str]:
    """Where the code of today comes to something else; empty when it comes to the same."""
    found = _weighed_again(basis) if basis.get("scene") is not None else []
    if basis.get("sizing") is not None:
        found += _sized_again(basis["sizing"])
        given = basis["sizing"]["given"].get("targets")
        if basis.get("targets") is not None and _weights(basis["targets"]) != _weights(given):
            found.append(f"sizing: expected the weights {_weights(basis['targets'])}, was given {_weights(given)}")
    return found


def leaned(scene: Scene, ruled: Sequence[Target], final: Sequence[Target]) -> dict[str, str]:
    """Which way each weight was leaned on, by ticker."""
    before = {target.ticker: target.weight_bps for target in ruled}
    moved = [target for target in final if target.weight_bps != before.get(target.ticker, target.weight_bps)]
    return {target.ticker: "more" if target.weight_bps > before[target.ticker] else "less" for target in moved}


def _weighed_again(basis: Mapping[str, Any]) -> list[str]:
    try:
        scene: Scene = from_plain(Scene, basis["scene"])
        final = [from_plain(Target, raw) for raw in basis.get("targets") or []]
    except (ValueError, TypeError, ArithmeticError, CannotTell) as error:
        return [_UNREADABLE.format(error)]
    ruled = allocate(scene)
    if _weights(to_plain(ruled)) == _weights(to_plain(final)):
        return []
    if basis.get("by") == "model" and {each.ticker for each in ruled} == {each.ticker for each in final}:
        made = tilted(scene, ruled, leaned(scene, ruled, final))
        if _weights(to_plain(made)) == _weights(to_plain(final)):
            return []
        ruled = made
    return [f"weights: expected {_weights(to_plain(ruled))}, was {_weights(to_plain(final))}"]


def _sized_again(sizing: Mapping[str, Any]) -> list[str]:
    hints = get_type_hints(size)
    try:
        given = {name: from_plain(hints[name], raw) for name, raw in sizing["given"].items()}
        proposals, clamps = size(**given)
    except (KeyError, ValueError, TypeError, ArithmeticError, CannotTell) as error:
        return [_UNREADABLE.format(error)]
    found = []
    if _orders(to_plain(proposals)) != _orders(sizing["proposals"]):
        found.append(f"sizes: expected {_orders(to_plain(proposals))}, was {_orders(sizing['proposals'])}")
    if _limits(to_plain(clamps)) != _limits(sizing["clamps"]):
        found.append(f"limits: expected {_limits(to_plain(clamps))}, was {_limits(sizing['clamps'])}")
    return found


def _weights(rows: Any) -> list[str]:
    return [f"{row['ticker']} {row['weight_bps']} bps" for row in rows or []]


def _orders(rows: Any) -> list[str]:
    return [f"{row['side']} {row['ticker']} {row['quantity']} at {row['price']}" for row in rows or []]


def _limits(rows: Any) -> list[str]:
    return [f"{row['code']} {row['ticker']} {row['was']} to {row['limit']}" for row in rows or []]

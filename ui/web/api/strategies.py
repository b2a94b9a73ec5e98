"""Strategies: the list, one in full, and its document to take away.

Contract: the document is the canonical text of what the strategy does, without timestamps, so that the SHA-256 of the
file is the strategy's hash and reading it back gives the same strategy. A strategy is shown in its newest version
unless `version` names another.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from domain.ids import canonical_json
from domain.strategy.check import StrategyError
from domain.strategy.kis_yaml import PARTS, export_kis, inexpressible
from domain.strategy.render import render
from domain.strategy.spec import StrategySpec
from nodes.strategy_architect.rules import card_text, spec_from
from tools.ports import StoredStrategy
from ui.web.api.route import JsonRoute, Me, Parts, identifier, not_found
from ui.web.api.views import moment

router = APIRouter(prefix="/api", route_class=JsonRoute)

MOST = 1_000
_VOLATILE = ("created_at", "updated_at")


@router.get("/strategies")
async def strategies(me: Me, parts: Parts) -> list[dict[str, Any]]:
    """Newest version of each, newest first."""
    newest: dict[Any, StoredStrategy] = {}
    for stored in await parts.assembled.ports.desk.strategies(me.who.user_id, MOST):
        known = newest.get(stored.strategy_id)
        if known is None or stored.version > known.version:
            newest[stored.strategy_id] = stored
    return [_head(stored) for stored in newest.values()]


@router.get("/strategies/{strategy_id}.json")
async def document(strategy_id: str, me: Me, parts: Parts, version: int | None = None) -> Response:
    stored = await one_strategy(me, parts, strategy_id, version)
    name = f"strategy-{stored.hash[:12]}-v{stored.version}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(canonical_json(_content(stored)), media_type="application/json", headers=headers)


@router.get("/strategies/{strategy_id}")
async def strategy(strategy_id: str, me: Me, parts: Parts, version: int | None = None) -> dict[str, Any]:
    known = await _own(me, parts, strategy_id)
    stored = _picked(known, version)
    spec = spec_from(stored.spec)
    lines = list(render(spec, parts.assembled.ports.instruments)) if spec is not None else []
    newest = max(row.version for row in known)
    content = spec.to_json() if spec is not None else dict(stored.spec)
    return {**_head(stored), "newest": newest, "lines": lines, "spec": content}


async def one_strategy(me: Me, parts: Parts, strategy_id: str, version: int | None) -> StoredStrategy:
    """The person's own, newest or in that version; 404 for everybody else's."""
    return _picked(await _own(me, parts, strategy_id), version)


async def _own(me: Me, parts: Parts, strategy_id: str) -> list[StoredStrategy]:
    wanted = identifier(strategy_id)
    known = await parts.assembled.ports.desk.strategies(me.who.user_id, MOST)
    return [row for row in known if row.strategy_id == wanted]


def _picked(known: list[StoredStrategy], version: int | None) -> StoredStrategy:
    found = [row for row in known if version in (None, row.version)]
    if not found:
        raise not_found()
    return max(found, key=lambda row: row.version)


def _head(stored: StoredStrategy) -> dict[str, Any]:
    spec = spec_from(stored.spec)
    return {
        "id": str(stored.strategy_id),
        "version": stored.version,
        "hash": stored.hash,
        "name": spec.metadata.name if spec is not None else "",
        "summary_lines": card_text(spec, stored.version).split("\n") if spec is not None else [],
        "created_at": moment(stored.created_at),
        "kis": None if spec is None else _kis(spec),
    }


def _kis(spec: StrategySpec) -> dict[str, Any]:
    """What of it a `.kis.yaml` cannot say: parts that may be left out, and reasons why there can be no file at all."""
    missing = inexpressible(spec)
    try:
        export_kis(spec, missing)
    except StrategyError as error:
        problems = list(dict.fromkeys(problem.text for problem in error.problems))
    else:
        problems = []
    return {"missing": [{"part": part, "label": PARTS[part]} for part in missing], "problems": problems}


def _content(stored: StoredStrategy) -> dict[str, Any]:
    """What the hash was taken over. A document whose layout is no longer known is given as it was stored."""
    spec = spec_from(stored.spec)
    content: dict[str, Any] = spec.to_json() if spec is not None else dict(stored.spec)
    metadata = {key: value for key, value in (content.get("metadata") or {}).items() if key not in _VOLATILE}
    return {**content, "metadata": metadata}

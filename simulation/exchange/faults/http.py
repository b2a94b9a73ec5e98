"""Faults, orders by hand and pushed prices over HTTP, on an exchange that was started with faults.

Contract: GET shows what is armed, what struck and every kind there is; POST arms one fault or a list of them, all or
none, and answers their numbers; DELETE disarms one (`?id=`) or everything. What cannot be understood is 400 with one
sentence that says what was expected.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from simulation.exchange.faults import pushing
from simulation.exchange.faults.fault import Fault, Misarmed
from simulation.exchange.faults.hands import by_hand
from simulation.exchange.faults.kinds import FaultKind
from simulation.exchange.orders import Refused

if TYPE_CHECKING:
    from simulation.exchange.faults.faults import Faults


async def serve(faults: Faults, request: web.Request, path: str) -> web.Response | None:
    """None when the path is none of these."""
    try:
        match request.method, path:
            case "GET", "/quartz/faults":
                return web.json_response(_state(faults))
            case "POST", "/quartz/faults":
                body = await _json(request)
                wanted = [Fault.of_json(one) for one in (body if isinstance(body, list) else [body])]
                return web.json_response({"armed": [faults.arm(fault) for fault in wanted]}, status=201)
            case "DELETE", "/quartz/faults":
                faults.disarm(_number(request.query.get("id")))
                return web.json_response(_state(faults))
            case "POST", "/quartz/hand-order":
                outcome = by_hand(faults.exchange, _object(await _json(request)))
                if isinstance(outcome, Refused):
                    return web.json_response({"refused": outcome.why.value}, status=409)
                return web.json_response({"odno": outcome.order.odno}, status=201)
            case "POST", "/quartz/push":
                pushed = pushing.by_hand(faults.exchange, _object(await _json(request)))
                if pushed is None:
                    return web.json_response({"refused": "nothing trades any more today"}, status=409)
                return web.json_response(pushed, status=201)
    except Misarmed as error:
        return web.json_response({"error": str(error)}, status=400)
    return None


def _state(faults: Faults) -> dict[str, Any]:
    return {
        "armed": [{"id": number, **fault.as_json(), "left": left} for number, fault, left in faults.armory.armed()],
        "hits": dict(faults.hits),
        "begun": [
            {"at": one.at.isoformat(), "kind": one.kind, "id": one.number, "path": one.facts.path}
            for one in faults.begun
        ],
        "kinds": list(FaultKind),
    }


async def _json(request: web.Request) -> Any:
    try:
        return json.loads(await request.read())
    except ValueError:
        raise Misarmed("expected a JSON body, was something else") from None


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Misarmed(f"expected an object, was {type(body).__name__}")
    return body


def _number(text: str | None) -> int | None:
    if text is not None and not text.isdecimal():
        raise Misarmed(f"expected id to be a number, was {text!r}")
    return int(text) if text is not None else None

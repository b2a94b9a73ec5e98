"""The HTTP application: paths to handlers, errors to answers. Thin.

Contract: `make_app(exchange)` serves REST and WebSocket on every path of one port; `//uapi` is `/uapi`; bodies are
JSON whatever their content type says; standard headers stay Title-Case. Our own questions live under `/quartz/`, and
`/health/live` and `/health/ready` as on every process that serves HTTP: it listens only once its market stands.
Errors of ours become EGW00002 with a log line that names the path and nothing of the request.
"""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import structlog
from aiohttp import web

from simulation.exchange import oauth
from simulation.exchange.envelope import GatewayError, Reply, to_response
from simulation.exchange.exchange import Exchange
from simulation.exchange.gateway import InputError, admit, check_content
from simulation.exchange.handlers import HANDLERS
from simulation.exchange.passage import Asked, Passage, Straight
from simulation.exchange.trs import PAPER_NOT_OFFERED, NotOffered
from simulation.exchange.ws import Hub

log = structlog.get_logger("exchange")

OWN = ("/quartz/", "/health/")

EXCHANGE = web.AppKey("exchange", Exchange)
HUB = web.AppKey("hub", Hub)
PASSAGE: web.AppKey[Passage] = web.AppKey("passage")
CHANCE = web.AppKey("chance", random.Random)


def make_app(exchange: Exchange, passage: Passage | None = None, rng: random.Random | None = None) -> web.Application:
    """The application around one exchange; everything it says goes through the passage. `rng` makes ids and keys."""
    app = web.Application(client_max_size=1 << 20)
    app[EXCHANGE] = exchange
    app[PASSAGE] = passage = passage or Straight()
    app[CHANCE] = rng = rng or random.SystemRandom()
    app[HUB] = Hub(exchange, passage, rng)
    passage.attach(exchange, app[HUB])
    app.router.add_route("*", "/{tail:.*}", _serve)
    return app


async def _serve(request: web.Request) -> web.StreamResponse:
    if request.headers.get("Upgrade", "").lower() == "websocket":
        closed = request.app[PASSAGE].enters()
        return await request.app[HUB].serve(request) if closed is None else to_response(closed)
    path = "/" + request.path.lstrip("/")
    exchange = request.app[EXCHANGE]
    try:
        body = await request.read()
    except ConnectionError:
        return web.Response(status=400)  # the caller went away in the middle of its request: nobody reads this
    if path.startswith(OWN):
        return await _own(request, exchange, path)
    tr_id = request.headers.get("tr_id", "")
    uid = f"{request.app[CHANCE].getrandbits(128):032x}"

    def make() -> Reply:
        try:
            return _answer(request, exchange, path, body)
        except (GatewayError, InputError) as error:
            return error.reply()
        except NotOffered:
            return PAPER_NOT_OFFERED
        except Exception:
            # the gateway's own 500: a client must see KIS's envelope, the traceback goes to our log
            log.exception("exchange.failed", path=path)
            return GatewayError("EGW00002").reply()

    asked = Asked(request.method, path, tr_id, request, body, request.query)
    return to_response(await request.app[PASSAGE].answer(asked, make), tr_id, uid)


def _answer(request: web.Request, exchange: Exchange, path: str, body: bytes) -> Reply:
    match request.method, path:
        case "POST", "/oauth2/tokenP":
            return oauth.token(exchange, _json(body))
        case "POST", "/oauth2/revokeP":
            return oauth.revoke(exchange, _json(body))
        case "POST", "/oauth2/Approval":
            return oauth.approval(exchange, _json(body))
        case "POST", "/uapi/hashkey":
            return oauth.hashkey(_json(body))
    chunked = request.headers.get("Transfer-Encoding", "").lower() == "chunked"
    if request.method != "GET":
        check_content(request.headers, body)
    fields: dict[str, Any] = dict(request.query) if request.method == "GET" else _json(body)
    call = admit(exchange, request.method, path, request.headers, fields, chunked=chunked)
    return HANDLERS[call.tr.operation](call)


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        raise InputError("OPSQ9999", "JSON PARSING ERROR : invalid json format") from None
    if not isinstance(value, dict):
        raise InputError("OPSQ9999", "JSON PARSING ERROR : invalid json format")
    return value


async def _own(request: web.Request, exchange: Exchange, path: str) -> web.Response:
    """Not KIS: the market clock, health, the arrival log, holding a replay still."""
    clock = exchange.venue.clock
    match request.method, path:
        case "GET", "/quartz/clock":
            return web.json_response(exchange.market_clock())
        case "GET", "/quartz/health":
            return web.json_response({"status": "ok", "env": exchange.config.env.value, "label": exchange.label})
        case "GET", "/health/live":
            return web.json_response({"status": "ok"})
        case "GET", "/health/ready":
            return web.json_response({"status": "ok", "conditions": {"market": True}})
        case "GET", "/quartz/arrivals":
            return web.json_response(exchange.limiter.arrivals())
        case "POST", "/quartz/hold":
            clock.hold(request.query.get("name", "default"))
            return web.json_response({"speed": clock.speed})
        case "POST", "/quartz/release":
            clock.release(request.query.get("name", "default"))
            return web.json_response({"speed": clock.speed})
    if (answer := await request.app[PASSAGE].own(request, path)) is not None:
        return answer
    await asyncio.sleep(0)
    return web.json_response({"error": f"expected a path of ours that exists, was {path}"}, status=404)

"""Model calls, tokens and won of one check of the portfolio over 20 names, and what TradingAgents' graph would make.

Ours is counted, not assumed: a whole stack, a strategy of 20 names, one run of the cycle through the runner with a
model on loopback that answers every question at its first try, and the rows that the calls left. Theirs is counted from
their public code (benchmarks/tradingagents.py), once a name, because their graph takes one name at a time. Tokens of
both are estimated from characters by one rule; both are priced by one model's list price, so that only the shape is
compared.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from aiohttp import web
from pydantic import SecretStr

from benchmarks.home import home, person, profiled, table
from benchmarks.tradingagents import CONFIGURATIONS, calls_of
from domain.clock import SystemClock
from domain.instruments import Instrument
from domain.strategy.spec import parse_spec
from graph.portfolio_cycle import slot_of
from tools.llm.accounting import Tokens, won_milli
from tools.llm.chain import Link
from tools.ports import Identity
from tools.settings import Settings
from ui.stack_use import connect
from ui.wiring import Assembled, assemble

NAMES = 20
MOST_CALLS = 4
MODEL = Link("openai", "gpt-4o-mini", "https://api.openai.com/v1", False, SecretStr("none"))
_DATA = re.compile(r'<data name="(\w+)">\n(.*?)\n</data>', re.DOTALL)
_ROWS = (
    "SELECT task, outcome, input_tokens, output_tokens FROM desk.model_calls"
    " WHERE user_id = %s AND at >= %s ORDER BY at"
)


def tokens(text: str) -> int:
    """About as newer encodings count: 0.7 a Korean character, 0.25 any other."""
    wide = sum(sign >= "\u1100" for sign in text)
    return round(0.7 * wide + 0.25 * (len(text) - wide))


# A model that says what the rules said ------------------------------------------------------------------------------
def answer(told: Mapping[str, str]) -> Any:
    """The rules' own view and sentences, which every check takes."""
    if "charts" in told:
        return {"views": [_view(block) for block in told["charts"].split("\n\n")]}
    if "candidates" in told:
        return {"tickers": [line.split(" ")[0] for line in told["candidates"].splitlines()]}
    if "universe" in told:
        rows = [row["ticker"] for row in json.loads(told["universe"]) if row["action"] == "BUY"]
        return {"leans": [{"ticker": ticker, "lean": "same", "reason": REASON} for ticker in rows]}
    stance, _, confidence = told["rules"].splitlines()[0].partition(", ")
    return {
        "stance": stance,
        "confidence": int(confidence),
        "drivers": told["rules"].splitlines()[1:4],
        "risks": [],
    }


REASON = "차트와 소식이 함께 나쁘지 않아 정해 둔 비중만큼 담아요."


def _view(block: str) -> dict[str, Any]:
    lines = block.splitlines()
    stance, _, confidence = lines[1].removeprefix("규칙: ").partition(", ")
    good, bad = ([line[2:] for line in lines if line.startswith(sign)][:3] for sign in ("+ ", "- "))
    ticker = block[1 : block.index("]")]
    return {"ticker": ticker, "stance": stance, "confidence": int(confidence), "drivers": good, "risks": bad}


@asynccontextmanager
async def model_server() -> AsyncIterator[str]:
    """Its base address; it tells what each answer cost, as a provider does."""

    async def complete(request: web.Request) -> web.Response:
        body = await request.json()
        said = [str(message["content"]) for message in body["messages"]]
        text = json.dumps(answer(dict(_DATA.findall(said[1]))), ensure_ascii=False)
        given = sum(map(tokens, said)) + tokens(json.dumps(body.get("response_format") or "", ensure_ascii=False))
        message = {"role": "assistant", "content": text, "refusal": None}
        usage = {"prompt_tokens": given, "completion_tokens": tokens(text), "total_tokens": given + tokens(text)}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        about = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": body["model"]}
        return web.json_response({**about, "choices": [choice], "usage": usage})

    app = web.Application(client_max_size=4 * 2**20)
    app.router.add_post("/v1/chat/completions", complete)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


# One check of twenty names ------------------------------------------------------------------------------------------
def of_twenty(rows: tuple[Instrument, ...]) -> dict[str, Any]:
    """A strategy that holds 20 names at fixed weights: whatever is decided, all of them are looked at."""
    names = [row.ticker for row in rows if row.status == "normal" and row.product_risk >= 2 and row.level <= 300_000]
    chosen = names[:NAMES]
    return {
        "metadata": {"name": "스무 종목"},
        "strategy": {"id": "twenty"},
        "universe": {"tickers": chosen},
        "sizing": {"method": "targets", "targets": dict.fromkeys(chosen, 450)},
        "constraints": {"max_positions": NAMES},
    }


async def one_cycle(parts: Assembled, who: Identity) -> list[tuple[str, str, int, int]]:
    """(task, outcome, tokens in, tokens out) of every call of one run."""
    spec = parse_spec(of_twenty(tuple(parts.ports.instruments.all())))
    now = parts.clock.now()
    await parts.ports.desk.save_strategy(who.user_id, UUID(int=20), spec.content_hash(), spec.to_json(), now)
    result = await parts.runner.run_cycle(who, "cycle", slot_of(now))
    if result.failed or "technical" not in result.route:
        raise RuntimeError(f"expected a run with specialists, was {result.route}: {result.reply}")
    read = {row["ticker"] for row in result.values["reports"] if row["analyst"] == "technical"}
    if len(read) != NAMES:
        raise RuntimeError(f"expected charts of {NAMES} names, was {len(read)}")
    async with parts.people.connection() as connection:
        cursor = await connection.execute(_ROWS, (who.user_id, now - timedelta(seconds=1)))
        return [(str(row[0]), str(row[1]), int(row[2]), int(row[3])) for row in await cursor.fetchall()]


async def measured() -> list[tuple[str, str, int, int]]:
    async with model_server() as url:
        with home() as plain, connect(plain) as connected:
            async with assemble(plain, connected.endpoints) as parts:  # the profile by rules: it is not what is counted
                who = await person(parts, "models")
                await profiled(parts, who)
            update = {"model": MODEL.label, "model_base_url": url, "model_api_key": MODEL.key}
            asking: Settings = plain.model_copy(update=update)
            async with assemble(asking, connected.endpoints) as parts:
                return await one_cycle(parts, who)


def won(given: int, made: int) -> float:
    milli = won_milli(MODEL, Tokens(given, 0, made), SystemClock().now())
    assert milli is not None
    return milli / 1000


def main(rounds: int) -> int:
    """0 when the cycle kept to its calls and every one of them was answered."""
    calls = asyncio.run(measured())
    given, made = sum(row[2] for row in calls), sum(row[3] for row in calls)
    rows = [("Quartz", str(len(calls)), f"{given:,}", f"{made:,}", f"{won(given, made):,.1f}", "1")]
    for name, configuration in CONFIGURATIONS.items():
        each = calls_of(configuration)
        count = NAMES * len(each)
        theirs = (NAMES * sum(call.given for call in each), NAMES * sum(call.made for call in each))
        price = won(*theirs)
        cells = (f"{count}", f"{theirs[0]:,}", f"{theirs[1]:,}", f"{price:,.0f}", f"{price / won(given, made):,.0f}")
        rows.append((f"TradingAgents, {name}", *cells))
    told = ", ".join(f"{task} {given:,}+{made:,}" for task, _, given, made in calls)
    refused = [f"{task}: {outcome}" for task, outcome, _, _ in calls if outcome != "ok"]
    closing = {"our calls (tokens in+out)": told, "calls at the most": str(MOST_CALLS)}
    if refused:
        closing["not answered"] = ", ".join(refused)
    head = ("one check of 20 names", "calls", "tokens in", "tokens out", "won", "times our won")
    table(f"model calls, all at the list price of {MODEL.label}", head, rows, closing)
    return 0 if len(calls) <= MOST_CALLS and not refused else 1

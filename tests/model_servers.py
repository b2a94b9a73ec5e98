"""Two model providers on loopback, as their real clients know them: OpenAI chat completions and Google's
generateContent, whole and as server-sent events, with scripted answers and faults.

A server answers its script in order, then what `otherwise` makes of the request, and without that says 500, so that a
test notices a call too many. It keeps what it was sent. Error bodies repeat the caller's key on purpose: nothing of it
may come out on our side.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

GOOGLE_ENDS = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY", "": ""}


@dataclass(frozen=True)
class Say:
    """An answer. `tokens` are input, cached, output; None tells nothing. `end` is OpenAI's word for how it ended."""

    text: str
    end: str = "stop"
    tokens: tuple[int, int, int] | None = (1000, 200, 50)
    piece: int = 7  # characters a chunk when streamed
    refusal: str | None = None


@dataclass(frozen=True)
class Refuse:
    """An HTTP error, with the provider's own body."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    code: str = "error"
    retry_delay: str | None = None  # Google says it in the body


@dataclass(frozen=True)
class Body:
    """HTTP 200 with any body."""

    text: str
    content_type: str = "application/json"


@dataclass(frozen=True)
class Hang:
    """No answer at all, or after `after` characters of a stream."""

    text: str = ""


@dataclass(frozen=True)
class Drop:
    """The connection breaks, after `text` was streamed. `politely`: the stream only ends without its last words."""

    text: str = ""
    politely: bool = False


@dataclass(frozen=True)
class Trickle:
    """A whole answer, or a stream, that never falls silent and never ends: one sign every `gap` seconds."""

    text: str
    gap: float = 0.05


Step = Say | Refuse | Body | Hang | Drop | Trickle


@dataclass
class Provider:
    """One running server: `url` is the base address for the settings."""

    url: str
    script: list[Step] = field(default_factory=list)
    otherwise: Callable[[dict[str, Any]], Step] | None = None
    sent: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def then(self, *steps: Step) -> Provider:
        self.script += steps
        return self

    async def step(self, request: web.Request, key: str) -> Step:
        self.paths.append(request.path_qs)
        self.keys.append(key)
        self.sent.append(await request.json())
        self.asked.set()
        if self.script:
            return self.script.pop(0)
        return Refuse(500) if self.otherwise is None else self.otherwise(self.sent[-1])


@asynccontextmanager
async def openai_server() -> AsyncIterator[Provider]:
    """Speaks POST /v1/chat/completions."""
    async with _served("/v1/chat/completions", _openai, "/v1") as provider:
        yield provider


@asynccontextmanager
async def google_server() -> AsyncIterator[Provider]:
    """Speaks POST /v1beta/models/{name}:generateContent and :streamGenerateContent."""
    async with _served("/v1beta/models/{call}", _google, "") as provider:
        yield provider


@asynccontextmanager
async def _served(path: str, answer: Any, base: str) -> AsyncIterator[Provider]:
    provider = Provider("")

    async def handle(request: web.Request) -> web.StreamResponse:
        found: web.StreamResponse = await answer(provider, request)
        return found

    app = web.Application()
    app.router.add_post(path, handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}{base}"
    try:
        yield provider
    finally:
        provider.over.set()
        await runner.cleanup()


async def _openai(provider: Provider, request: web.Request) -> web.StreamResponse:
    key = request.headers.get("Authorization", "")
    step = await provider.step(request, key)
    asked = provider.sent[-1]
    if isinstance(step, Refuse):
        error = {"message": f"refused, key was {key}", "type": "error", "code": step.code, "param": None}
        return web.json_response({"error": error}, status=step.status, headers=step.headers)
    if isinstance(step, Body):
        return web.Response(text=step.text, content_type=step.content_type)
    about = {"id": "chatcmpl-1", "created": 1, "model": asked["model"]}
    if isinstance(step, Trickle):
        return await _trickle(provider, request, step, lambda text: _openai_chunk(about, {"text": text}))
    if asked.get("stream"):
        return await _events(provider, request, step, [_openai_chunk(about, each) for each in _parts(step)], b"[DONE]")
    if isinstance(step, Hang | Drop):
        return await _silence(provider, request, step)
    message = {"role": "assistant", "content": step.text, "refusal": step.refusal}
    whole = {
        **about,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": step.end, "logprobs": None}],
    }
    if step.tokens is not None:
        whole["usage"] = _openai_usage(step.tokens)
    return web.json_response(whole)


def _openai_chunk(about: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    chunk = {**about, "object": "chat.completion.chunk", "choices": []}
    if "tokens" in part:
        return {**chunk, "usage": _openai_usage(part["tokens"])}
    delta = {"content": part["text"]} if "text" in part else {}
    return {**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": part.get("end"), "logprobs": None}]}


def _openai_usage(tokens: tuple[int, int, int]) -> dict[str, Any]:
    given, cached, made = tokens
    return {
        "prompt_tokens": given,
        "completion_tokens": made,
        "total_tokens": given + made,
        "prompt_tokens_details": {"cached_tokens": cached},
    }


async def _google(provider: Provider, request: web.Request) -> web.StreamResponse:
    key = request.headers.get("x-goog-api-key", "")
    step = await provider.step(request, key)
    if isinstance(step, Refuse):
        error: dict[str, Any] = {"code": step.status, "message": f"refused, key was {key}", "status": step.code}
        if step.retry_delay is not None:
            kind = "type.googleapis.com/google.rpc.RetryInfo"
            error["details"] = [{"@type": kind, "retryDelay": step.retry_delay}]
        return web.json_response({"error": error}, status=step.status, headers=step.headers)
    if isinstance(step, Body):
        return web.Response(text=step.text, content_type=step.content_type)
    if isinstance(step, Trickle):
        return await _trickle(provider, request, step, lambda text: _google_part({"text": text}))
    if request.match_info["call"].endswith(":streamGenerateContent"):
        return await _events(provider, request, step, [_google_part(each) for each in _parts(step)], None)
    if isinstance(step, Hang | Drop):
        return await _silence(provider, request, step)
    whole = _google_part({"text": step.text, "end": step.end})
    if step.tokens is not None:
        whole |= _google_part({"tokens": step.tokens})
    return web.json_response(whole)


def _google_part(part: dict[str, Any]) -> dict[str, Any]:
    if "tokens" in part:
        given, cached, made = part["tokens"]
        counts = {"promptTokenCount": given, "candidatesTokenCount": made, "totalTokenCount": given + made}
        return {"usageMetadata": {**counts, "cachedContentTokenCount": cached}}
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": [{"text": part.get("text", "")}]}, "index": 0}
    if part.get("end"):
        candidate["finishReason"] = GOOGLE_ENDS[part["end"]]
    return {"candidates": [candidate], "modelVersion": "test"}


def _parts(step: Say | Hang | Drop) -> list[dict[str, Any]]:
    """A stream as neutral parts: texts, the end, the count."""
    size = step.piece if isinstance(step, Say) else 7
    parts: list[dict[str, Any]] = [{"text": step.text[at : at + size]} for at in range(0, len(step.text), size)]
    if isinstance(step, Say):
        parts.append({"end": step.end})
        if step.tokens is not None:
            parts.append({"tokens": step.tokens})
    return parts


async def _events(
    provider: Provider, request: web.Request, step: Step, parts: Sequence[dict[str, Any]], last: bytes | None
) -> web.StreamResponse:
    if isinstance(step, Drop) and not step.text and not step.politely:
        return await _silence(provider, request, step)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):  # somebody who has heard enough hangs up
        for part in parts:
            await response.write(b"data: " + json.dumps(part, ensure_ascii=False).encode() + b"\n\n")
            await asyncio.sleep(0)
    if isinstance(step, Hang) or (isinstance(step, Drop) and not step.politely):
        return await _silence(provider, request, step, response)
    with contextlib.suppress(ConnectionError):
        if last is not None and isinstance(step, Say):
            await response.write(b"data: " + last + b"\n\n")
        await response.write_eof()
    return response


async def _silence(
    provider: Provider, request: web.Request, step: Step, response: web.StreamResponse | None = None
) -> web.StreamResponse:
    """Says nothing more: by holding the line until the test is over, or by cutting it."""
    if isinstance(step, Hang):
        await provider.over.wait()
    elif request.transport is not None:
        await asyncio.sleep(0.05)  # what was written before reaches the other side
        request.transport.abort()
    return response if response is not None else web.Response(status=504)


async def _trickle(
    provider: Provider, request: web.Request, step: Trickle, part: Callable[[str], dict[str, Any]]
) -> web.StreamResponse:
    """A stream of signs, or white space before a body that never comes, until the other side hangs up."""
    asked = provider.sent[-1]
    streamed = bool(asked.get("stream")) or request.path.endswith(":streamGenerateContent")
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream" if streamed else "application/json"})
    await response.prepare(request)
    at = 0
    with contextlib.suppress(ConnectionError):
        while not provider.over.is_set():
            sign = step.text[at % len(step.text)]
            piece = b"data: " + json.dumps(part(sign), ensure_ascii=False).encode() + b"\n\n" if streamed else b" "
            await response.write(piece)
            await asyncio.sleep(step.gap)
            at += 1
    return response

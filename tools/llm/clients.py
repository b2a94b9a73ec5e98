"""LangChain's clients, made as late as possible and off the event loop: one a link, closed at the end.

Contract: `Client.model()` imports and builds at its first call, in a thread; keys and addresses are ours alone,
whatever other programs' names the environment holds. No retries inside (the chain is the retry), a time limit on every
read, chat completions rather than the responses API, so that every OpenAI-compatible server understands. What a call
sends is not traced and not handed to the callbacks of the graph around it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tools.llm.chain import Link

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

CONNECT_SECONDS = 5.0
NO_KEY = "none"  # servers on one's own machine ask for none, the client insists on one
_TALKATIVE = ("openai", "httpx", "httpx2", "httpcore", "google_genai", "langchain_google_genai", "langsmith")
_GEMINI_ALONE = {"GOOGLE_GENAI_USE_VERTEXAI": "false", "GOOGLE_GENAI_USE_ENTERPRISE": "false"}
# Google's client subclasses aiohttp's session, and LangChain reads its failed answers without awaiting them.
_NOISE = ("Inheritance class AiohttpClientSession", "coroutine 'ClientResponse.json' was never awaited")


class Client:
    """The client of one link."""

    def __init__(self, link: Link, *, seconds: float, tokens: int) -> None:
        self._link = link
        self._seconds = seconds
        self._tokens = tokens
        self._http: Any = None
        self._building: asyncio.Future[BaseChatModel] | None = None
        self.plain = False  # the server refused a schema once: it is asked in words from then on

    async def model(self) -> BaseChatModel:
        building = self._building
        if building is None or (building.done() and building.exception() is not None):
            building = self._building = asyncio.ensure_future(asyncio.to_thread(self._build))
        # Shielded: somebody who waits no longer must not undo the work for those who come after.
        return await asyncio.shield(building)

    def shaped(self, shape: dict[str, Any]) -> dict[str, Any]:
        """Arguments of a call that make the answer fit a JSON Schema."""
        if self._link.provider == "google_genai":
            return {"response_mime_type": "application/json", "response_json_schema": shape}
        return {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "reply", "schema": shape, "strict": True},
            }
        }

    def _build(self) -> BaseChatModel:
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.ERROR)  # their finer lines hold prompts and headers
        for message in _NOISE:
            warnings.filterwarnings("ignore", message)
        from langchain.chat_models import init_chat_model

        model: BaseChatModel = init_chat_model(self._link.name, model_provider=self._link.provider, **self._arguments())
        return model

    def _arguments(self) -> dict[str, Any]:
        link = self._link
        key = link.key.get_secret_value() if link.key else NO_KEY
        shared = {"base_url": link.base_url, "api_key": key, "timeout": self._seconds, "max_tokens": self._tokens}
        if link.provider == "google_genai":
            os.environ.update(_GEMINI_ALONE)  # the client asks the environment and not its arguments
            return {**shared, "vertexai": False, "max_retries": 1}  # one attempt; this client counts attempts
        from openai import DefaultAsyncHttpxClient, Timeout

        timeout = Timeout(self._seconds, connect=min(CONNECT_SECONDS, self._seconds))
        self._http = DefaultAsyncHttpxClient(timeout=timeout)
        return {
            **shared,
            "timeout": timeout,
            "max_retries": 0,
            "http_async_client": self._http,
            "openai_proxy": "",
            "use_responses_api": False,
            "stream_usage": True,
            "stream_chunk_timeout": None,  # the caller watches the stream
        }

    async def close(self) -> None:
        building, self._building = self._building, None
        if building is None:
            return
        await asyncio.wait([building])
        if building.exception() is None and (aclose := getattr(building.result(), "aclose", None)) is not None:
            await aclose()
        if self._http is not None:
            await self._http.aclose()


@contextmanager
def untraced() -> Iterator[None]:
    """No tracing of what happens inside, whatever the environment says."""
    from langsmith import tracing_context

    with tracing_context(enabled=False):
        yield

"""Where the development server keeps its threads: our database, beside the product's conversations and apart from them.

Contract: `saver` is what langgraph.json names; it opens AsyncPostgresSaver on schema desk as quartz_graph. Every thread
is stored as `studio:<user>:<thread>`, the user being the authenticated one, so that no id a client can think of reaches
a `chat:` thread or another person's, also after the server forgot its list of threads. Plain data only
(strict msgpack).
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from tools.embedded.services import endpoints
from tools.settings import load_settings
from tools.store.pool import make_dict_pool
from tools.store.roles import role_url

PREFIX = "studio:"
KNOWN = (("langchain_core.messages.human", "HumanMessage"), ("langchain_core.messages.ai", "AIMessage"))


class PlainSerializer(JsonPlusSerializer):
    """Plain data and our two kinds of messages, whatever graph asks.

    LangGraph would copy the saver to widen the list; the server's adapter around it cannot be copied, and a wider copy
    of the adapter would not reach the saver inside.
    """

    def __init__(self) -> None:
        super().__init__(allowed_msgpack_modules=KNOWN)

    def with_msgpack_allowlist(self, extra_allowlist: Iterable[Any]) -> PlainSerializer:
        return self


class StudioSaver(BaseCheckpointSaver[str]):
    """Another saver under names of our own. `asking` is the user of the request at hand, None inside a run."""

    def __init__(self, inner: BaseCheckpointSaver[str], asking: Callable[[], str | None]) -> None:
        super().__init__(serde=inner.serde)
        self._inner = inner
        self._asking = asking

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        found = await self._inner.aget_tuple(self._stored(config))
        return None if found is None else _shown(found, config)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        if config is None:
            raise ValueError("expected a thread to list, was none")
        known = None if before is None else self._stored({"configurable": {**config["configurable"], **_of(before)}})
        async for found in self._inner.alist(self._stored(config), filter=filter, before=known, limit=limit):
            yield _shown(found, config)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        written = await self._inner.aput(self._stored(config), checkpoint, metadata, new_versions)
        return _named(written, config)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        await self._inner.aput_writes(self._stored(config), writes, task_id, task_path)

    async def adelete_thread(self, thread_id: str) -> None:
        who = self._asking()
        if who is not None:  # nobody: the end of a stateless run, which was never stored
            await self._inner.adelete_thread(f"{PREFIX}{who}:{thread_id}")

    def get_next_version(self, current: str | None, channel: None) -> str:
        return self._inner.get_next_version(current, channel)

    def _stored(self, config: RunnableConfig) -> RunnableConfig:
        given = config["configurable"]
        # The request's user first: inside a request the configuration may carry what the client sent.
        who = self._asking() or getattr(given.get("langgraph_auth_user"), "identity", None)
        if not who:
            raise PermissionError("expected an authenticated user to keep a thread for, was nobody")
        return {**config, "configurable": {**given, "thread_id": f"{PREFIX}{who}:{given['thread_id']}"}}


def _of(config: RunnableConfig) -> dict[str, Any]:
    return {key: value for key, value in config["configurable"].items() if key in ("checkpoint_id", "checkpoint_ns")}


def _named(config: RunnableConfig, asked: RunnableConfig) -> RunnableConfig:
    return {**config, "configurable": {**config["configurable"], "thread_id": asked["configurable"]["thread_id"]}}


def _shown(found: CheckpointTuple, asked: RunnableConfig) -> CheckpointTuple:
    parent = found.parent_config
    return found._replace(
        config=_named(found.config, asked), parent_config=None if parent is None else _named(parent, asked)
    )


@asynccontextmanager
async def saver() -> AsyncIterator[StudioSaver]:
    """For langgraph.json. Raises ServicesDown when nothing runs."""
    _require_strict()
    url = await asyncio.to_thread(_graph_url)
    async with make_dict_pool(url, "studio-saver", search_path="desk") as pool:
        yield StudioSaver(AsyncPostgresSaver(pool, serde=PlainSerializer()), _asking)


def _require_strict() -> None:
    from langgraph.checkpoint.serde import _msgpack

    if not _msgpack.STRICT_MSGPACK_ENABLED:
        raise RuntimeError("expected LANGGRAPH_STRICT_MSGPACK=true, was not set: run ./quartz studio")


def _graph_url() -> str:
    settings = load_settings()
    return role_url(settings, "graph", endpoints(settings))


def _asking() -> str | None:
    """The user of the HTTP request that this task serves. Only the server has that module, and has loaded it."""
    server: Any = sys.modules.get("langgraph_api.utils")
    found = server.get_auth_ctx() if server is not None else None
    return None if found is None else str(found.user.identity) or None

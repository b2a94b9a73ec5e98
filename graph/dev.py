"""The graphs for LangGraph's development server: the same builders, un-persisted, on ports that connect when asked.

Contract: importing this starts and needs nothing; `langgraph validate`, schema endpoints and graph pictures work with
nothing running. A run needs `./quartz up` and says so in words; it trades on the paper exchange only, whatever is
configured. Who acts is `runtime.server_info.user`, the user that the server itself authenticated, else the owner of
this installation on a server without authentication (loopback, as `./quartz studio` starts it). Nothing in a client's
config, context or state is authority: a name in the config only makes that user's row known beforehand. The server
brings its own saver.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from domain.clock import SystemClock
from domain.ids import NewId
from domain.instruments import Instruments
from graph.assistant import build_assistant
from graph.portfolio_cycle import CycleState, build_portfolio_cycle
from graph.rebalance import build_rebalance
from nodes.state import RunContext
from tools.embedded.errors import ServiceError
from tools.embedded.services import endpoints
from tools.llm.think import badge
from tools.macro.demo import DemoMacro
from tools.news.demo import DemoNews
from tools.oms_client import MarketClient, OmsChannel, OmsClient
from tools.ports import DeskPort, Identity, MarketPort, OmsPort, Ports, PortUnavailable
from tools.settings import Broker, SettingsError, load_settings
from tools.store.desk import Desk
from tools.store.pool import make_dict_pool
from tools.store.roles import role_url
from tools.store.secrets import SecretError, instance_secret

UP_FIRST = "먼저 ./quartz up 을 실행해 주세요. (run ./quartz up first)"
SIM_ONLY = "개발 서버는 모의 거래소에서만 동작해요. QUARTZ_BROKER=sim 으로 바꿔 주세요."
OWNER = ""  # the name under which the owner is remembered


class Stack:
    """The running stack of this home, opened at the first question and kept."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._desk: Desk | None = None
        self._oms: OmsClient | None = None
        self._market: MarketClient | None = None
        self._known: dict[str, Identity] = {}

    async def desk(self) -> Desk:
        await self._open()
        assert self._desk is not None
        return self._desk

    async def oms(self) -> OmsClient:
        await self._open()
        assert self._oms is not None
        return self._oms

    async def market(self) -> MarketClient:
        await self._open()
        assert self._market is not None
        return self._market

    async def meet(self, name: str) -> str | None:
        """Remembers who `name` is, so that a room can ask without waiting. Returns why nobody can act, or None."""
        try:
            desk = await self.desk()
            found = await (desk.owner_identity("sim") if name == OWNER else desk.identity_named(name, "sim"))
        except PortUnavailable as gone:
            return gone.message
        if found is None:
            return UP_FIRST
        self._known[name] = found
        return None

    def who(self, runtime: Any) -> Identity:
        """`Ports.identity` under the development server."""
        found = self._known.get(user_of(getattr(runtime, "server_info", None)))
        if found is None:
            raise PortUnavailable(UP_FIRST, where="stack")
        return found

    async def _open(self) -> None:
        async with self._turn:
            if self._desk is not None:
                return
            graph_url, address, secret = await asyncio.to_thread(_where)
            pool = make_dict_pool(graph_url, "studio-desk", min_size=0, max_size=4)
            await pool.open()
            channel = OmsChannel(address, secret)
            self._desk, self._oms, self._market = Desk(pool), OmsClient(channel), MarketClient(channel)


def _where() -> tuple[str, str, bytes]:
    """Database, OMS and secret of this home; reads files, so it runs in a thread."""
    try:
        settings = load_settings()
        if settings.broker is not Broker.SIM:
            raise PortUnavailable(SIM_ONLY, where="stack")
        found = endpoints(settings)
        return role_url(settings, "graph", found), found.oms_address, instance_secret(settings)
    except (SettingsError, ServiceError, SecretError):
        raise PortUnavailable(UP_FIRST, where="stack") from None


def user_of(server_info: Any) -> str:
    """Name of the server's authenticated user; OWNER when the server authenticates nobody."""
    user = getattr(server_info, "user", None)
    return OWNER if user is None or not getattr(user, "is_authenticated", True) else str(user.identity)


class Lazy:
    """Any port: each method connects first."""

    def __init__(self, connect: Callable[[], Awaitable[Any]]) -> None:
        self._connect = connect

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*given: Any, **named: Any) -> Any:
            return await getattr(await self._connect(), name)(*given, **named)

        return call


def random_ids() -> NewId:
    from uuid import uuid4

    return uuid4


def dev_ports(stack: Stack) -> Ports:
    """Sim-only ports."""
    clock = SystemClock()
    return Ports(
        clock=clock,
        new_id=random_ids(),
        instruments=Instruments.load(),
        oms=cast(OmsPort, Lazy(stack.oms)),
        market=cast(MarketPort, Lazy(stack.market)),
        desk=cast(DeskPort, Lazy(stack.desk)),
        macro=DemoMacro(clock),
        news=DemoNews(clock),
        identity=stack.who,
    )


badge()  # reads the settings now: inside the server's event loop a file may not be opened
_stack = Stack()
_ports = dev_ports(_stack)
_assistant = build_assistant(_ports).compile(name="assistant")
_portfolio_cycle = build_portfolio_cycle(_ports).compile(name="portfolio_cycle")
_rebalance = build_rebalance(_ports).compile(name="rebalance")


async def _met(config: RunnableConfig) -> str | None:
    """Why a run cannot be done, in words; None for a run that can, and for looking at a graph."""
    configurable = config.get("configurable") or {}
    if not configurable.get("__is_for_execution__"):
        return None
    user = configurable.get("langgraph_auth_user")
    return await _stack.meet(OWNER if user is None else str(getattr(user, "identity", "") or OWNER))


def answering(reason: str, name: str) -> CompiledStateGraph[Any, Any, Any, Any]:
    """A graph that only says why: a cycle talks to nobody, so an error would be all that is seen of it."""

    async def say(state: CycleState) -> dict[str, Any]:
        return {"reply": reason}

    graph: StateGraph[Any, Any, Any, Any] = StateGraph(CycleState, context_schema=RunContext)
    graph.add_node("say", say)
    graph.add_edge(START, "say")
    graph.add_edge("say", END)
    return graph.compile(name=name)


async def assistant(config: RunnableConfig) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The conversation. The factory only makes the server's user known; the graph is one and answers for itself."""
    await _met(config)
    return _assistant


async def portfolio_cycle(config: RunnableConfig) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The cycle; input {slot, report_only, sleeve, order_origin}."""
    reason = await _met(config)
    return _portfolio_cycle if reason is None else answering(reason, "portfolio_cycle")


async def rebalance(config: RunnableConfig) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The rebalance; input as for the cycle."""
    reason = await _met(config)
    return _rebalance if reason is None else answering(reason, "rebalance")

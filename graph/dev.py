"""The graphs for LangGraph's development server: the same builders, un-persisted, on ports that connect when asked.

Contract: importing this starts and needs nothing; `langgraph validate`, schema endpoints and graph pictures work with
nothing running. A run needs `./quartz up` and says so in words; it trades on the paper exchange only, whatever is
configured. Who acts is `runtime.server_info.user`, whom `graph.dev_auth` let in; without such a user nobody acts.
Nothing in a client's config, context or state is authority. Cards are answered through `graph.dev_answers`; a mandate
is no use here, because this process speaks to the OMS as a person's face. The saver is `graph.dev_saver`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from domain.clock import SystemClock
from domain.ids import NewId
from domain.instruments import Instruments
from graph.assistant import build_assistant
from graph.backtests import Backtests
from graph.daily_bars import LakeBars
from graph.dev_answers import answerable, recorded
from graph.portfolio_cycle import CycleState, build_portfolio_cycle
from graph.rebalance import build_rebalance
from nodes.state import RunContext
from tools.embedded.errors import ServiceError
from tools.embedded.services import endpoints
from tools.llm.mind import configure_from_environment
from tools.macro.demo import DemoMacro
from tools.news.demo import DemoNews
from tools.oms_client import MarketClient, OmsChannel, OmsClient
from tools.ports import DeskPort, Identity, MarketPort, OmsPort, Ports, PortUnavailable
from tools.settings import Broker, SettingsError, load_settings
from tools.store.decisions import Decisions
from tools.store.desk import Desk
from tools.store.pool import make_dict_pool
from tools.store.roles import role_url
from tools.store.secrets import SecretError, instance_secret

if TYPE_CHECKING:
    from market.bars.store import BarStore

UP_FIRST = "먼저 ./quartz up 을 실행해 주세요. (run ./quartz up first)"
SIM_ONLY = "개발 서버는 모의 거래소에서만 동작해요. QUARTZ_BROKER=sim 으로 바꿔 주세요."
STRANGER = "이 토큰의 사용자를 찾지 못했어요. ./quartz studio 를 다시 켜서 새 토큰을 받아 주세요. (unknown user)"


class Stack:
    """The running stack of this home, opened at the first question and kept."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._desk: Desk | None = None
        self._oms: OmsClient | None = None
        self._market: MarketClient | None = None
        self._decisions: Decisions | None = None
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

    async def meet(self, name: str | None) -> str | None:
        """Remembers who `name` is, so that a room can ask without waiting. Returns why nobody can act, or None."""
        try:
            desk = await self.desk()
            found = None if name is None else await desk.identity_named(name, "sim")
        except PortUnavailable as gone:
            return gone.message
        if found is None:
            return STRANGER
        self._known[found.name] = found
        return None

    def who(self, runtime: Any) -> Identity:
        """`Ports.identity` under the development server."""
        return self.known(user_of(getattr(getattr(runtime, "server_info", None), "user", None)))

    def known(self, name: str | None) -> Identity:
        """A user met before. Raises PortUnavailable."""
        found = self._known.get(name or "")
        if found is None:
            raise PortUnavailable(UP_FIRST if self._desk is None else STRANGER, where="stack")
        return found

    async def hear(self, config: RunnableConfig, said: Any, approval_id: str) -> bool:
        """`dev_answers.Hear`: for the user whom the server let in, whatever the answer claims."""
        who = self.known(user_of((config.get("configurable") or {}).get("langgraph_auth_user")))
        await self._open()
        assert self._decisions is not None
        return await recorded(said, approval_id, who.user_id, self._decisions)

    async def _open(self) -> None:
        async with self._turn:
            if self._desk is not None:
                return
            graph_url, ui_url, address, secret = await asyncio.to_thread(_where)
            pool = make_dict_pool(graph_url, "studio-desk", min_size=0, max_size=4)
            deciding = make_dict_pool(ui_url, "studio-decisions", min_size=0, max_size=2)
            await pool.open()
            await deciding.open()
            channel = OmsChannel(address, secret)
            self._oms, self._market = OmsClient(channel), MarketClient(channel)
            self._decisions, self._desk = Decisions(deciding, SystemClock()), Desk(pool)


def _where() -> tuple[str, str, str, bytes]:
    """Database as graph and as a person's hand, OMS and secret of this home; reads files, so it runs in a thread."""
    try:
        settings = load_settings()
        if settings.broker is not Broker.SIM:
            raise PortUnavailable(SIM_ONLY, where="stack")
        found = endpoints(settings)
        graph_url, ui_url = role_url(settings, "graph", found), role_url(settings, "ui", found)
        return graph_url, ui_url, found.oms_address, instance_secret(settings)
    except (SettingsError, ServiceError, SecretError):
        raise PortUnavailable(UP_FIRST, where="stack") from None


def user_of(user: Any) -> str | None:
    """Name of the user that the server authenticated; None for nobody, and for a mere claim (a mapping)."""
    if user is None or getattr(user, "is_authenticated", False) is not True:
        return None
    return str(user.identity)


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


def _store() -> BarStore:
    from market.host import open_store

    return open_store(load_settings())


def dev_ports(stack: Stack) -> Ports:
    """Sim-only ports."""
    clock = SystemClock()
    market = cast(MarketPort, Lazy(stack.market))
    return Ports(
        clock=clock,
        new_id=random_ids(),
        instruments=Instruments.load(),
        oms=cast(OmsPort, Lazy(stack.oms)),
        market=market,
        desk=cast(DeskPort, Lazy(stack.desk)),
        macro=DemoMacro(clock),
        news=DemoNews(clock),
        history=Backtests(market, _store, Broker.SIM.value),
        identity=stack.who,
        daily=LakeBars(market, _store, Broker.SIM.value, clock),
    )


configure_from_environment()  # now: inside the server's event loop a file may not be opened
_stack = Stack()
_ports = dev_ports(_stack)
_assistant = answerable(build_assistant(_ports).compile(name="assistant"), _stack.hear)
_portfolio_cycle = answerable(build_portfolio_cycle(_ports).compile(name="portfolio_cycle"), _stack.hear)
_rebalance = answerable(build_rebalance(_ports).compile(name="rebalance"), _stack.hear)


async def _met(config: RunnableConfig) -> str | None:
    """Why a run cannot be done, in words; None for a run that can, and for looking at a graph."""
    configurable = config.get("configurable") or {}
    if not configurable.get("__is_for_execution__"):
        return None
    return await _stack.meet(user_of(configurable.get("langgraph_auth_user")))


def answering(reason: str, name: str) -> CompiledStateGraph[Any, Any, Any, Any]:
    """A graph that only says why: an error would be all that is seen of a room that cannot work."""

    async def say(state: CycleState) -> dict[str, Any]:
        return {"reply": reason, "messages": [AIMessage(reason)]}

    graph: StateGraph[Any, Any, Any, Any] = StateGraph(CycleState, context_schema=RunContext)
    graph.add_node("say", say)
    graph.add_edge(START, "say")
    graph.add_edge("say", END)
    return graph.compile(name=name)


async def assistant(config: RunnableConfig) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The conversation; input {messages}. The factory makes the server's user known."""
    reason = await _met(config)
    return _assistant if reason is None else answering(reason, "assistant")


async def portfolio_cycle(config: RunnableConfig) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The cycle; input {slot, report_only}."""
    reason = await _met(config)
    return _portfolio_cycle if reason is None else answering(reason, "portfolio_cycle")


async def rebalance(config: RunnableConfig) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The rebalance; input as for the cycle."""
    reason = await _met(config)
    return _rebalance if reason is None else answering(reason, "rebalance")

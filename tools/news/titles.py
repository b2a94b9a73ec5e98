"""The broker's own news titles as a source, asked through the OMS, which alone holds the broker's keys.

Contract: `broker_news(settings)` reaches nothing before it is read. Where the broker of this installation offers no
titles (KIS's practice environment), or makes them up (the paper exchange), the source fails and says which; so it does
while the OMS is not running. Never raises anything but SourceFailed when read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.proto import oms_pb2 as pb
from tools.embedded.errors import ServicesDown
from tools.embedded.services import endpoints
from tools.news.faults import SourceFailed
from tools.news.sources import BrokerSource
from tools.oms_client import MarketClient, OmsChannel
from tools.ports import PortUnavailable
from tools.settings import Settings
from tools.store.secrets import instance_secret

NOT_OFFERED = "지금 연결된 증권사 환경에서는 뉴스 제목을 주지 않아요."
MADE_UP = "모의 거래소의 뉴스 제목은 지어낸 것이라 쓰지 않아요."
NOT_RUNNING = "주문 관리(OMS)가 켜져 있지 않아 증권사 뉴스를 받지 못했어요."

Ask = Callable[[], Awaitable[pb.NewsTitlesReply]]


@dataclass(frozen=True, slots=True)
class BrokerTitle:
    at: datetime
    title: str
    source: str
    tickers: tuple[str, ...]


def broker_news(settings: Settings) -> BrokerSource:
    """Through the door of the services that run in this home."""

    async def ask() -> pb.NewsTitlesReply:
        found = endpoints(settings)
        async with OmsChannel(found.oms_address, instance_secret(settings)) as channel:
            return await MarketClient(channel).news_titles()

    return of_door(ask)


def of_door(ask: Ask) -> BrokerSource:
    """`ask` is one question at the read door."""

    async def titles() -> Sequence[BrokerTitle]:
        try:
            reply = await ask()
        except ServicesDown as down:
            raise SourceFailed("unreachable", NOT_RUNNING) from down
        except PortUnavailable as gone:
            raise SourceFailed("unreachable", gone.message) from gone
        if not reply.offered:
            raise SourceFailed("not_offered", NOT_OFFERED)
        if reply.source != "live":
            raise SourceFailed("made_up", MADE_UP)
        return [BrokerTitle(one.at.ToDatetime(UTC), one.title, one.source, tuple(one.tickers)) for one in reply.titles]

    return BrokerSource(titles)

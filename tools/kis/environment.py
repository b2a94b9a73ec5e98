"""Where KIS is and what it offers there: sim, paper and live differ in this table and nowhere else.

Rates, page sizes and offers are the broker's and change by notice, so they are data with a date, not constants in
code. Sources: the KIS portal workbook of 2026-09-11 and the rate notice in force since 2026-04-20.
`sim` is the paper exchange: it speaks with the TR ids and page sizes of live, on one port.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

LIVE_REST = "https://openapi.koreainvestment.com:9443"
LIVE_WS = "ws://ops.koreainvestment.com:21000"
PAPER_REST = "https://openapivts.koreainvestment.com:29443"
PAPER_WS = "ws://ops.koreainvestment.com:31000"


class EnvironmentName(StrEnum):
    SIM = "sim"
    PAPER = "paper"
    LIVE = "live"


class Feature(StrEnum):
    """What an environment may lack; a caller without it uses its documented substitute."""

    OPEN_ORDERS = "open_orders"  # inquire-psbl-rvsecncl
    SELLABLE = "sellable"  # inquire-psbl-sell
    HOLIDAY = "holiday"  # chk-holiday
    NEWS = "news"  # news-title
    FINANCE = "finance"  # finance/*


@dataclass(frozen=True, slots=True)
class Environment:
    """One place to talk to. `rate_per_second` counts REST requests of one app key in any one-second window."""

    name: EnvironmentName
    rest_url: str
    ws_url: str
    real_tr_ids: bool
    rate_per_second: int
    rate_since: date
    balance_page: int
    executions_page: int
    open_orders_page: int
    features: frozenset[Feature]
    token_interval_s: float = 61.0  # EGW00133: one token a minute
    ws_registrations: int = 41  # a session, all TRs together, the execution notice included
    ws_silence_s: float = 70.0  # PINGPONG comes every 10 s, older reports say up to 60 s
    ws_frame_gap_s: float = 0.05  # between two subscribe frames

    def tr(self, real: str) -> str:
        """The TR id to send for `real`: order and account TRs (T, J, C…) start with V on paper, quotes are the same."""
        if self.real_tr_ids or real[0] not in "TJC":
            return real
        return "V" + real[1:]

    @property
    def notice_tr(self) -> str:
        """The execution-notice TR of this environment."""
        return "H0STCNI0" if self.real_tr_ids else "H0STCNI9"

    def offers(self, feature: Feature) -> bool:
        return feature in self.features

    @property
    def has_open_orders(self) -> bool:
        return self.offers(Feature.OPEN_ORDERS)

    @property
    def has_sellable(self) -> bool:
        return self.offers(Feature.SELLABLE)

    @property
    def has_holiday(self) -> bool:
        return self.offers(Feature.HOLIDAY)

    def at(self, rest_url: str | None = None, ws_url: str | None = None) -> Environment:
        """The same environment at other addresses, e.g. those of an existing kis_devlp.yaml."""
        return replace(self, rest_url=_base(rest_url or self.rest_url), ws_url=_base(ws_url or self.ws_url))


LIVE = Environment(
    name=EnvironmentName.LIVE,
    rest_url=LIVE_REST,
    ws_url=LIVE_WS,
    real_tr_ids=True,
    rate_per_second=18,
    rate_since=date(2026, 4, 20),
    balance_page=50,
    executions_page=100,
    open_orders_page=50,
    features=frozenset(Feature),
)

PAPER = replace(
    LIVE,
    name=EnvironmentName.PAPER,
    rest_url=PAPER_REST,
    ws_url=PAPER_WS,
    real_tr_ids=False,
    rate_per_second=1,
    balance_page=20,
    executions_page=15,
    features=frozenset[Feature](),
    ws_frame_gap_s=0.5,
)


def sim(url: str) -> Environment:
    """The paper exchange at `url` ("http://127.0.0.1:PORT"); REST and WebSocket share the port."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"expected an http(s) address for the paper exchange, was {url!r}")
    socket = urlunsplit(("wss" if parts.scheme == "https" else "ws", parts.netloc, "", "", ""))
    return replace(
        LIVE,
        name=EnvironmentName.SIM,
        rest_url=_base(url),
        ws_url=socket,
        features=frozenset(Feature),
        token_interval_s=1.0,  # a restarted paper exchange has forgotten its tokens; it says EGW00133 itself
        ws_frame_gap_s=0.0,
    )


def _base(url: str) -> str:
    return url.rstrip("/")

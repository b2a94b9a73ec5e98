"""One session an account: its key's client, budget, notice stream, and the broker's figures with their age.

Contract: figures (balance, buying power) are asked for outside any database transaction, carry the moment *before* the
question, and are shared by whoever may live with their age. The notice channel counts as proven from the first notice
of our own account seen in this connection; a connection that went down is unproven again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from domain.clock import Clock
from domain.waiting import Hint
from execution.oms.budget import PacedBudget
from execution.oms.errors import NotReady
from execution.oms.marketclock import MarketClock
from execution.oms.marketdata import SingleFlight
from execution.oms.timing import Timing
from tools.kis.account import Balance, BuyingPower
from tools.kis.budget import Priority
from tools.kis.client import KisClient
from tools.kis.ws import KisStream

_ANY_TICKER = "005930"  # buying power without credit does not depend on the symbol; KIS wants one


QUIET_S = 2.0  # how often an account for which nothing is to be done is looked at although nothing hinted at it


class Channel(StrEnum):
    """What silence on the notice stream is worth."""

    PROVEN = "proven"
    UNPROVEN = "unproven"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Figures:
    """The broker's own account of an account. `asked_at` (market time) and `asked_wall` are before the question."""

    balance: Balance
    power: BuyingPower
    asked_at: datetime
    asked_wall: datetime
    seen: float


class AccountSession:
    """Everything that talks to the broker for one account."""

    def __init__(
        self,
        account_ref: str,
        client: KisClient,
        budget: PacedBudget,
        stream: KisStream | None,
        wall: Clock,
        market: MarketClock,
        timing: Timing,
    ) -> None:
        self.account_ref = account_ref
        self.client = client
        self.budget = budget
        self.stream = stream
        self._wall = wall
        self._market = market
        self._timing = timing
        self._figures: Figures | None = None
        self._flights = SingleFlight()
        self.channel = Channel.DOWN
        self.send_hint = Hint()  # something NEW, or room for it
        self.cancel_hint = Hint()  # a cancel asked for
        self.ask_hint = Hint()  # evidence to be looked up
        self.unreachable = ""  # why no order can leave now
        self.last_inquiry = float("-inf")
        self.asked_on: date | None = None  # trade date of the last inquiry
        self.unseen: date | None = None  # oldest day asked for while the broker showed no list
        self.gone = False  # its keys were taken back: nothing more is admitted for it
        self.marks: set[str] = set()  # how the broker's list marks orders that we keyed in

    def __repr__(self) -> str:
        return f"AccountSession({self.account_ref})"

    async def figures(self, *, max_age_s: float | None = None, priority: Priority = Priority.RECONCILE) -> Figures:
        """Raises KisError when the broker does not answer."""
        known = self._figures
        allowed = self._timing.figures_s if max_age_s is None else max_age_s
        if known is not None and self._wall.monotonic() - known.seen <= allowed:
            return known
        return await self._flights.do("figures", lambda: self._ask(priority))

    def last_figures(self) -> Figures | None:
        return self._figures

    def forget_figures(self) -> None:
        """Something moved the money: the next view asks again."""
        self._figures = None

    async def _ask(self, priority: Priority) -> Figures:
        asked_at, asked_wall = self._market.now(), self._wall.now()
        balance = await self.client.account.balance(priority=priority)
        power = await self.client.account.buying_power(_ANY_TICKER, 1, priority=priority)
        self._market.learn(self.client.skew)
        self._figures = Figures(balance, power, asked_at, asked_wall, self._wall.monotonic())
        return self._figures

    async def leave(self, *, keep_client: bool) -> None:
        """Nothing more is done for this account; `keep_client` when the client serves others too."""
        self.gone = True
        if not keep_client:
            await self.client.retire()

    def require(self) -> None:
        """Raises NotReady for a session whose keys have been taken back."""
        if self.gone:
            raise NotReady("이 계좌의 키를 지웠어요. 키를 등록한 뒤에 다시 해 주세요.")

    async def aclose(self) -> None:
        await self.client.aclose()

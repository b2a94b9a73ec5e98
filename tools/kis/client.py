"""One client for one (environment, credential): the parts wired together, nothing decided.

The owner injects time, chance, budget and the store of sealed secrets, and closes it. `market` is the venue's own
clock where it is not the wall (the paper exchange). Everything the client knows of the account is in its credential,
which no repr shows.
"""

from __future__ import annotations

import random
import ssl

from domain.clock import Clock
from tools.kis.account import Account
from tools.kis.approval import ApprovalKeeper
from tools.kis.budget import Budget
from tools.kis.calendar import TradingDays
from tools.kis.charts import Charts
from tools.kis.credentials import Credential
from tools.kis.deadline import Seconds, awake_or_asleep
from tools.kis.environment import Environment
from tools.kis.executions import OrderList
from tools.kis.fundamentals import Finance
from tools.kis.news import News
from tools.kis.orders import Orders
from tools.kis.quotes import Quotes
from tools.kis.rest import Rest
from tools.kis.sealed import FernetBox, SecretStore
from tools.kis.token import TokenKeeper
from tools.kis.transport import Skew, Transport
from tools.kis.ws import KisStream


class KisClient:
    """`tokens`, `quotes`, `charts`, `orders`, `order_list`, `account`, `trading_days`, `news`, `finance`,
    and `stream()`."""

    def __init__(
        self,
        environment: Environment,
        credential: Credential,
        *,
        clock: Clock,
        budget: Budget,
        store: SecretStore,
        box: FernetBox,
        rng: random.Random,
        market: Clock | None = None,
        seconds: Seconds = awake_or_asleep,
        verify: ssl.SSLContext | None = None,
    ) -> None:
        if credential.environment is not environment.name:
            raise ValueError(f"expected a credential for {environment.name}, was one for {credential.environment}")
        self.environment = environment
        self.credential = credential
        self._clock = clock
        self._market = market or clock
        self._rng = rng
        self._transport = Transport(environment.rest_url, clock, verify=verify)
        self.tokens = TokenKeeper(
            self._transport, credential, clock, store, box, budget, environment.token_interval_s, seconds
        )
        self.approvals = ApprovalKeeper(self._transport, credential, clock, store, box, budget, seconds)
        self._rest = Rest(
            environment, credential, self._transport, self.tokens, budget, clock, self._market, rng, seconds
        )
        self.quotes = Quotes(self._rest)
        self.charts = Charts(self._rest)
        self.orders = Orders(self._rest)
        self.order_list = OrderList(self._rest)
        self.account = Account(self._rest)
        self.trading_days = TradingDays(self._rest)
        self.news = News(self._rest)
        self.finance = Finance(self._rest)

    def __repr__(self) -> str:
        return f"KisClient({self.environment.name}, key {self.credential.fingerprint})"

    @property
    def skew(self) -> Skew | None:
        """Server time minus ours as of the last answer with a Date header."""
        return self._transport.skew

    def stream(self) -> KisStream:
        """A WebSocket session, not yet opened. KIS allows one per app key: the caller keeps to one."""
        return KisStream(self.environment, self.credential, self.approvals, self._clock, self._market, self._rng)

    async def retire(self) -> None:
        """The key is no longer ours to use: nothing of it is asked for or stored from here on."""
        await self.tokens.retire()
        self.approvals.forget()

    async def aclose(self) -> None:
        await self._transport.aclose()

"""Balances that come late: an account as it was some seconds before its last fills.

Contract: only what is shown lags; orders are decided on the account as it is. A copy is kept after every fill, so an
account without a fill in the last seconds is shown as it is now.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace

from domain.clock import Clock
from simulation.exchange.exchange import Exchange
from simulation.exchange.journal import Record
from simulation.exchange.ledger import Account
from simulation.exchange.orders import Order

KEPT_SECONDS = 120.0


class Lagging:
    """The recent past of every account of one exchange."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._exchange: Exchange | None = None
        self._past: dict[str, list[tuple[float, Account]]] = {}  # (monotonic second, as it was from then on)
        self.seconds = 0.0  # how far the account shown next lies back

    def attach(self, exchange: Exchange) -> None:
        self._exchange = exchange
        for account in exchange.venue.world.accounts.values():
            self._past[account.number] = [(float("-inf"), _copied(account))]
        exchange.venue.listen(self._on_record)

    def shown(self, account: Account) -> Account:
        """The account as an inquiry is to see it."""
        past = self._past.get(account.number)
        if not self.seconds or not past:
            return account
        then = self._clock.monotonic() - self.seconds
        if past[-1][0] <= then:
            return account
        return next((was for since, was in reversed(past) if since <= then), past[0][1])

    def _on_record(self, record: Record, order: Order) -> None:
        if record["kind"] != "fill" or self._exchange is None:
            return
        account = self._exchange.venue.world.accounts[order.account]
        now = self._clock.monotonic()
        opened = (float("-inf"), Account(account.number, account.owner, account.opening_cash, account.opening_cash))
        past = self._past.setdefault(account.number, [opened])
        past.append((now, _copied(account)))
        while len(past) > 1 and past[1][0] < now - KEPT_SECONDS:
            del past[0]


def _copied(account: Account) -> Account:
    """Figures as they are; the record of past trades is shared, it only grows."""
    holdings = {ticker: copy(held) for ticker, held in account.holdings.items()}
    return replace(account, pending=dict(account.pending), holdings=holdings, today=copy(account.today))

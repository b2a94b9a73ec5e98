"""May this account trade now? The persons' words from the ledger, and the causes that this process itself sees.

Contract: the strictest of global, account and causes wins; a stopped strategy adds nothing, whatever they say. A
person's word is durable before it is answered and in memory in the same moment, so a halt binds the very next POST.
HALTED is left only by a person; REDUCING by causes ends by itself when the last cause is gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.orders.types import TradingState
from domain.orders.words import Event
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import StateRow

_STRICT = {TradingState.ACTIVE: 0, TradingState.REDUCING: 1, TradingState.HALTED: 2}


@dataclass(frozen=True, slots=True)
class Effective:
    state: TradingState
    reason: str


_ACTIVE = Effective(TradingState.ACTIVE, "")


@dataclass(slots=True)
class TradingStates:
    """In memory, loaded from the ledger at start. One event loop."""

    global_state: Effective = field(default_factory=lambda: Effective(TradingState.ACTIVE, ""))
    accounts: dict[str, Effective] = field(default_factory=dict)
    causes: dict[str, dict[str, str]] = field(default_factory=dict)  # account ("" = all) -> cause -> Korean reason
    strategies: dict[tuple[str, str], Effective] = field(default_factory=dict)  # by account and sleeve
    resuming: set[str] = field(default_factory=set)  # a person resumed; ACTIVE once the broker has been compared

    async def load(self, tx: Tx) -> None:
        for row in await tx.states.latest():
            self._take(row)
            if row.scope == "account" and row.account_ref and row.state == TradingState.REDUCING.value:
                moves = await tx.journal.transitions_of(row.account_ref)
                if moves and moves[-1][1] == Event.PERSON_RESUMED.value:
                    self.resuming.add(row.account_ref)

    def _take(self, row: StateRow) -> None:
        effective = Effective(TradingState(row.state), row.reason)
        self._put(row.scope, row.account_ref, effective, row.sleeve)

    def said(self, scope: str, account_ref: str | None, sleeve: str = "") -> TradingState:
        """What a person said last, causes apart."""
        if scope == "global" or account_ref is None:
            return self.global_state.state
        if scope == "strategy":
            return self.strategies.get((account_ref, sleeve), _ACTIVE).state
        return self.accounts.get(account_ref, _ACTIVE).state

    def set(self, scope: str, account_ref: str | None, state: TradingState, reason: str, sleeve: str = "") -> None:
        self._put(scope, account_ref, Effective(state, reason), sleeve)

    def _put(self, scope: str, account_ref: str | None, effective: Effective, sleeve: str) -> None:
        if scope == "global" or account_ref is None:
            self.global_state = effective
        elif scope == "strategy":
            self.strategies[account_ref, sleeve] = effective
        else:
            self.accounts[account_ref] = effective

    def stopped_sleeves(self, account_ref: str) -> frozenset[str]:
        """Strategies of the account that may add nothing: what they hold can still be sold."""
        return frozenset(
            sleeve
            for (account, sleeve), said in self.strategies.items()
            if account == account_ref and said.state is not TradingState.ACTIVE
        )

    def raise_cause(self, account_ref: str, cause: str, reason: str) -> bool:
        """True when it is new."""
        known = self.causes.setdefault(account_ref, {})
        new = cause not in known
        known[cause] = reason
        return new

    def clear_cause(self, account_ref: str, cause: str) -> bool:
        return self.causes.get(account_ref, {}).pop(cause, None) is not None

    def effective(self, account_ref: str) -> Effective:
        candidates = [self.global_state, self.accounts.get(account_ref, Effective(TradingState.ACTIVE, ""))]
        for where in ("", account_ref):
            candidates += [Effective(TradingState.REDUCING, reason) for reason in self.causes.get(where, {}).values()]
        return max(candidates, key=lambda item: _STRICT[item.state])

    def halted(self, account_ref: str) -> bool:
        return self.effective(account_ref).state is TradingState.HALTED

"""How long the order path waits for what: dated configuration, one row an environment.

The figures are judgement of 2026-11; KIS documents none of them.

Settle = request deadline + gateway maximum + balance lag: an inquiry begun after it shows every order that will ever
be shown. A successor waits lease + deadline + settle before it believes that nothing of its predecessor is under way.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds throughout."""

    lease_s: float
    renew_s: float
    deadline_s: float  # of one POST, from SENDING to the last byte of its reply
    gateway_s: float  # how long the gateway may keep a request whose connection is gone
    lag_s: float  # how long the broker's lists may lag behind its ledger
    skew_s: float  # ORD_TMD against our market clock
    poll_s: float  # inquiry while orders are open and the notice channel is unproven
    proven_poll_s: float  # the same when it is proven
    figures_s: float  # age at which balance and buying power are asked again for a view
    quote_s: float  # age of a REST price that is still served
    stream_s: float  # market time after which a printed price is asked for again by REST
    cap_margin_s: float  # jitter between our grant and the exchange's arrival

    @property
    def settle_s(self) -> float:
        return self.deadline_s + self.gateway_s + self.lag_s

    @property
    def successor_s(self) -> float:
        return self.lease_s + self.settle_s


_TABLE = {
    "sim": Timing(
        lease_s=3.0,
        renew_s=0.7,
        deadline_s=3.0,
        gateway_s=0.5,
        lag_s=0.5,
        skew_s=2.0,
        poll_s=1.0,
        proven_poll_s=10.0,
        figures_s=1.0,
        quote_s=1.0,
        stream_s=5.0,
        cap_margin_s=0.1,
    ),
    "paper": Timing(
        lease_s=15.0,
        renew_s=4.0,
        deadline_s=5.0,
        gateway_s=15.0,
        lag_s=10.0,
        skew_s=5.0,
        poll_s=10.0,
        proven_poll_s=60.0,
        figures_s=15.0,
        quote_s=10.0,
        stream_s=15.0,
        cap_margin_s=0.1,
    ),
    "live": Timing(
        lease_s=15.0,
        renew_s=4.0,
        deadline_s=5.0,
        gateway_s=15.0,
        lag_s=5.0,
        skew_s=5.0,
        poll_s=3.0,
        proven_poll_s=30.0,
        figures_s=5.0,
        quote_s=3.0,
        stream_s=5.0,
        cap_margin_s=0.1,
    ),
}


def timing_for(environment: str) -> Timing:
    """ValueError for an environment that has no row."""
    if environment not in _TABLE:
        raise ValueError(f"expected environment sim, paper or live, was {environment!r}")
    return _TABLE[environment]

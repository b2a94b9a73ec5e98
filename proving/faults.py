"""The faults of a world and when they strike: a seed gives a schedule, and every kind counts its hits.

Contract: `schedule` is a pure function of the seed's generator, the kind of world and the length of its busy minutes.
A fault acts through the one seam that its kind has: the exchange's faults, the wires, the storage, the witness's disk,
a machine's clock, or a process's life. What has struck is counted under its name, and only then.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from simulation.exchange.faults import FaultKind
from simulation.exchange.faults.kinds import TRAITS, Stage


class Own(StrEnum):
    """Faults beside the exchange's own."""

    CUT_REQUEST = "wire_cut_request"
    CUT_REPLY = "wire_cut_reply"
    LATE_REQUEST = "wire_late_request"
    REFUSED = "wire_refused"
    SILENT = "wire_silent"
    SLOW = "wire_slow"
    OMS_KILLED = "oms_killed"
    OMS_KILLED_SENDING = "oms_killed_while_sending"
    OMS_STOPPED = "oms_stopped"
    OMS_STOPPED_SENDING = "oms_stopped_while_sending"
    OMS_SUSPENDED = "oms_suspended"
    OMS_DRAINED = "oms_drained"
    TWO_OMS = "two_oms"
    CLOCK_STEP = "clock_step"
    CLOCK_SKEW = "clock_skew"
    EXCHANGE_KILLED = "exchange_killed"
    EXCHANGE_STOPPED = "exchange_stopped"
    STORAGE_PAUSED = "storage_paused"
    STORAGE_CRASHED = "storage_crashed"
    COMMIT_APPLIED = "commit_in_doubt_applied"
    COMMIT_LOST = "commit_in_doubt_lost"
    LEDGER_REGRESSED = "ledger_regressed"
    WITNESS_BROKEN = "witness_disk_broken"
    GUARD_KILLED = "guard_killed"


Kind = FaultKind | Own

# How often each is drawn. The broker's faults at an order are the heart of it; a regression of the ledger leaves an
# account that only a person may start again, so it is rare.
WEIGHTS: dict[Kind, int] = {
    FaultKind.ACCEPT_THEN_TIMEOUT: 6,
    FaultKind.TIMEOUT_BEFORE_ACCEPT: 5,
    FaultKind.RESET_IN_REQUEST: 4,
    FaultKind.RESET_BEFORE_REPLY: 4,
    FaultKind.RESET_IN_STATUS_LINE: 2,
    FaultKind.RESET_IN_HEADERS: 2,
    FaultKind.RESET_AFTER_HEADERS: 2,
    FaultKind.RESET_IN_BODY: 2,
    FaultKind.RESET_AFTER_REPLY: 2,
    FaultKind.SERVER_ERROR_KIS: 3,
    FaultKind.SERVER_ERROR_BARE: 3,
    FaultKind.CONNECT_TIMED_OUT: 3,
    FaultKind.TRADE_TIMED_OUT: 3,
    FaultKind.THROTTLED: 2,
    FaultKind.MAINTENANCE: 2,
    FaultKind.TOKEN_REVOKED: 2,
    FaultKind.TOKEN_DEAD_ON_REISSUE: 1,
    FaultKind.NOTICE_LOST: 3,
    FaultKind.NOTICE_DUPLICATED: 3,
    FaultKind.NOTICE_REORDERED: 2,
    FaultKind.NOTICE_BEFORE_REPLY: 3,
    FaultKind.NOTICES_SILENT: 2,
    FaultKind.CHANNEL_SILENT: 2,
    FaultKind.SOCKET_DROPPED: 3,
    FaultKind.FEED_STALE: 1,
    FaultKind.FEED_FROZEN: 1,
    FaultKind.FEED_SILENT: 1,
    FaultKind.QUOTE_FROZEN: 1,
    FaultKind.EXTRA_FIELDS: 1,
    FaultKind.EXTRA_FIELDS_IN_FRAMES: 1,
    FaultKind.EXTRA_FIELDS_IN_NOTICES: 1,
    FaultKind.DUPLICATED_HOLDINGS: 1,
    FaultKind.BALANCE_LAG: 2,
    FaultKind.EMPTY_EXECUTIONS: 1,
    FaultKind.EQUAL_FILLS: 2,
    FaultKind.REJECTED_AFTER_ACK: 2,
    FaultKind.HAND_ORDER: 1,
    Own.CUT_REQUEST: 5,
    Own.CUT_REPLY: 5,
    Own.LATE_REQUEST: 5,
    Own.REFUSED: 2,
    Own.SILENT: 3,
    Own.SLOW: 2,
    Own.OMS_KILLED: 4,
    Own.OMS_KILLED_SENDING: 6,
    Own.OMS_STOPPED: 2,
    Own.OMS_STOPPED_SENDING: 3,
    Own.OMS_SUSPENDED: 3,
    Own.OMS_DRAINED: 2,
    Own.TWO_OMS: 3,
    Own.CLOCK_STEP: 1,
    Own.CLOCK_SKEW: 2,
    Own.EXCHANGE_KILLED: 3,
    Own.EXCHANGE_STOPPED: 2,
    Own.STORAGE_PAUSED: 3,
    Own.STORAGE_CRASHED: 3,
    Own.COMMIT_APPLIED: 4,
    Own.COMMIT_LOST: 4,
    Own.LEDGER_REGRESSED: 1,
    Own.WITNESS_BROKEN: 2,
    Own.GUARD_KILLED: 4,
}


@dataclass(frozen=True, slots=True)
class Planned:
    """`at` seconds into the busy minutes of a day; `seconds` how long it lasts, where it lasts."""

    day: int
    at: float
    kind: Kind
    seconds: float
    number: int  # a draw of its own: a byte, an order, a direction


def schedule(rng: random.Random, days: int, busy_s: float, weights: dict[Kind, int] = WEIGHTS) -> list[Planned]:
    """One to four faults a day, in their order."""
    kinds, chances = list(weights), list(weights.values())
    planned = []
    for day in range(days):
        for _ in range(rng.choices((0, 1, 2, 3, 4), (1, 3, 4, 2, 1))[0]):
            kind = rng.choices(kinds, chances)[0]
            planned.append(
                Planned(day, 5.0 + rng.random() * (busy_s - 20.0), kind, _lasts(kind, rng), rng.randrange(1_000))
            )
    return sorted(planned, key=lambda one: (one.day, one.at))


def _lasts(kind: Kind, rng: random.Random) -> float:
    chance = rng.random()
    match kind:
        case Own.OMS_STOPPED | Own.OMS_STOPPED_SENDING | Own.OMS_SUSPENDED:
            return 1.0 + chance * chance * 60.0
        case Own.STORAGE_PAUSED | Own.EXCHANGE_STOPPED:
            return 0.5 + chance * chance * 20.0
        case Own.SILENT | Own.REFUSED | Own.SLOW | Own.WITNESS_BROKEN:
            return 1.0 + chance * 12.0
        case Own.CLOCK_SKEW | Own.CLOCK_STEP:
            return (chance - 0.5) * 12.0
    return chance


Strike = Callable[[Planned], None]
# Faults of the exchange that leave every notice on its way.
NOTICES_COME = frozenset(
    {kind for kind in FaultKind if TRAITS[kind].stage in (Stage.ANSWER, Stage.BYTES)}
    | {FaultKind.EMPTY_EXECUTIONS, FaultKind.NOTICE_DUPLICATED, FaultKind.QUOTE_FROZEN, FaultKind.THROTTLED}
)
EVERY: tuple[Kind, ...] = (*FaultKind, *Own)

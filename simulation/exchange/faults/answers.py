"""What inquiries show when they show it wrong: extra fields, rows twice, empty lists, figures that stand still.

Contract: the request is carried out as ever; only a copy of its answer is changed, and only a successful one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from simulation.exchange.envelope import Reply, cursor, padded_message
from simulation.exchange.faults.accounts import Lagging
from simulation.exchange.faults.armory import Armory
from simulation.exchange.faults.fault import Fault, Match
from simulation.exchange.faults.kinds import FaultKind, Stage
from simulation.exchange.passage import Asked, Make

EXTRA = "new_fld_{:02d}"


class Views:
    """Applies the armed faults of inquiries."""

    def __init__(self, armory: Armory, lagging: Lagging) -> None:
        self._armory = armory
        self._lagging = lagging
        self._frozen: list[tuple[float, Match, dict[str, Reply]]] = []  # (until, of what, answers by question)

    def calm(self) -> None:
        self._frozen.clear()

    def made(self, facts: Match, asked: Asked, make: Make) -> Reply:
        """The answer as it is shown."""
        if not self._armory.waits(Stage.VIEW) and not self._frozen:
            return make()
        struck = {fault.kind: fault for fault in self._armory.strikes(Stage.VIEW, facts)}
        lag = struck.get(FaultKind.BALANCE_LAG)
        self._lagging.seconds = lag.lasts if lag is not None else 0.0
        try:
            reply = make()
        finally:
            self._lagging.seconds = 0.0
        if reply.status != 200 or reply.body.get("rt_cd") != "0":
            return reply
        if (frozen := struck.get(FaultKind.QUOTE_FROZEN)) is not None:
            self._freeze(frozen)
        reply = self._standing_still(facts, asked, reply)
        if FaultKind.DUPLICATED_HOLDINGS in struck:
            reply = duplicated(reply)
        if FaultKind.EMPTY_EXECUTIONS in struck:
            reply = emptied(reply)
        if FaultKind.EXTRA_FIELDS in struck:
            reply = extended(reply, self._armory.rng.randint(1, 3))
        return reply

    def _freeze(self, fault: Fault) -> None:
        self._frozen.append((self._armory.clock.monotonic() + fault.lasts, fault.on, {}))

    def _standing_still(self, facts: Match, asked: Asked, reply: Reply) -> Reply:
        """The first answer to this very question since the figures stood still; only of quotations."""
        now = self._armory.clock.monotonic()
        self._frozen = [one for one in self._frozen if one[0] > now]
        if "/quotations/" not in facts.path:
            return reply
        for _, on, kept in self._frozen:
            if on.takes(facts):
                return kept.setdefault(f"{asked.path}?{sorted(asked.fields.items())}", reply)
        return reply


def duplicated(reply: Reply) -> Reply:
    """Every row of a list comes twice; what is one object stays one."""
    rows = reply.body.get("output1")
    if not isinstance(rows, list):
        return reply
    return replace(reply, body={**reply.body, "output1": [row for row in rows for _ in range(2)]})


def emptied(reply: Reply) -> Reply:
    """No rows although the sums are right, as KIS paper has been seen to answer."""
    body = {
        **reply.body,
        "output1": [],
        "msg_cd": "70070000",
        "msg1": padded_message("모의투자 조회할 내역(자료)이 없습니다."),
        "ctx_area_nk100": cursor(),
    }
    return replace(reply, body=body, tr_cont="D")


def extended(reply: Reply, count: int) -> Reply:
    """Fields nobody knows: beside the known ones and in every row."""
    more = {EXTRA.format(number): "N" for number in range(1, count + 1)}

    def grown(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {**value, **more}
        return [grown(row) for row in value] if isinstance(value, list) else value

    return replace(reply, body={**{name: grown(value) for name, value in reply.body.items()}, **more})

"""A fault to commit and what it waits for. Values only.

Contract: a `Match` compares only fields that are not ''; `Fault.of_json` takes what `as_json` gives and names what
was expected when it cannot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from simulation.exchange.faults.errors import CODES, SOCKET_CODES, UNCERTAIN
from simulation.exchange.faults.kinds import TRAITS, FaultKind


class Misarmed(ValueError):
    """What was asked to be armed is no fault: the text says what was expected."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a fault waits for; also the facts of what happens. '' in a fault takes everything."""

    path: str = ""  # how the path of a request ends: "order-cash", "inquire-balance", "tokenP"
    tr_id: str = ""  # of a request or a frame
    account: str = ""  # ten digits
    ticker: str = ""
    side: str = ""  # buy or sell
    record: str = ""  # kind of the journal record a notice tells of: order, revise, cancel, fill, kill, bounce

    def takes(self, facts: Match) -> bool:
        return (
            facts.path.endswith(self.path)
            and self.tr_id in ("", facts.tr_id)
            and self.account in ("", facts.account)
            and self.ticker in ("", facts.ticker)
            and self.side in ("", facts.side)
            and self.record in ("", facts.record)
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    `count` how often it strikes (None: until disarmed), `after` how many matches it lets go first, `chance` of striking
    at each further one, `seconds` and `happens` as in `TRAITS` when None, `at_byte` where a connection is cut (drawn
    when None), `parts` how many equal fills (drawn from 2 to 4 when None), `marked` tells whether a hand
    order shows who keyed it in, `code` which error a `server_error_kis` is; one of the socket's strikes registrations.
    """

    kind: FaultKind
    on: Match = field(default_factory=Match)
    count: int | None = 1
    after: int = 0
    seconds: float | None = None
    at_byte: int | None = None
    happens: bool | None = None
    chance: float = 1.0
    parts: int | None = None
    marked: bool = False
    code: str = ""

    @property
    def of_socket(self) -> bool:
        """Does it wait for a registration instead of a request?"""
        return self.code in SOCKET_CODES

    @property
    def lasts(self) -> float:
        return TRAITS[self.kind].seconds if self.seconds is None else self.seconds

    @property
    def carried_out(self) -> bool:
        """Is the struck request carried out?"""
        if self.happens is None and self.code:
            return self.code in UNCERTAIN
        return bool(TRAITS[self.kind].happens if self.happens is None else self.happens)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, body: object) -> Fault:
        """Raises `Misarmed`."""
        if not isinstance(body, Mapping):
            raise Misarmed(f"expected an object with kind, was {type(body).__name__}")
        given = _known(body, cls)
        if given.get("kind") not in tuple(FaultKind):
            raise Misarmed(f"expected a kind of {', '.join(FaultKind)}, was {given.get('kind')!r}")
        on = given.pop("on", {})
        if not isinstance(on, Mapping):
            raise Misarmed(f"expected on to be an object, was {on!r}")
        matched = _known(on, Match)
        if any(not isinstance(value, str) for value in matched.values()):
            raise Misarmed(f"expected on to hold texts, was {dict(on)!r}")
        fault = cls(FaultKind(given.pop("kind")), Match(**matched), **given)
        fault.check()
        return fault

    def check(self) -> None:
        """Raises `Misarmed` for values that make no sense."""
        for name, low in (("count", 1), ("after", 0), ("at_byte", 0), ("parts", 2)):
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool) and value >= low
            if value is not None and not whole:
                raise Misarmed(f"expected {name} to be a whole number of {low} or more, was {value!r}")
        for name, high in (("seconds", 86_400.0), ("chance", 1.0)):
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= high
            if value is not None and not number:
                raise Misarmed(f"expected {name} from 0 to {high:g}, was {value!r}")
        if self.happens is not None and not isinstance(self.happens, bool):
            raise Misarmed(f"expected happens to be true, false or null, was {self.happens!r}")
        if self.code and (self.kind is not FaultKind.SERVER_ERROR_KIS or self.code not in CODES | SOCKET_CODES):
            raise Misarmed(f"expected code to be one of KIS's errors, with server_error_kis, was {self.code!r}")
        if not isinstance(self.marked, bool):
            raise Misarmed(f"expected marked to be true or false, was {self.marked!r}")


def _known(body: Mapping[Any, Any], kind: type[Any]) -> dict[str, Any]:
    names = [one.name for one in fields(kind)]
    for name in body:
        if name not in names:
            raise Misarmed(f"expected only {', '.join(names)}, was {name!r}")
    return dict(body)

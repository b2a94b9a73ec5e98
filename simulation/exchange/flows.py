"""Who bought and sold: a day's volume split among investor classes, made up from the seed. Pure.

Contract: persons, foreigners and institutions add up to the day's volume on both sides, so their nets add up to
nothing; the seven kinds of institution add up to institutions, registered and other foreigners to foreigners. The
same figures stand in every call that tells of investors. Says nothing about real ones.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulation.exchange.tape import Bar, Tape, rng_for

GROUPS = ("prsn", "frgn", "orgn")
INSTITUTIONS = ("scrt", "ivtr", "pe_fund", "bank", "insu", "mrbn", "fund")
OTHERS = ("etc", "etc_corp", "etc_orgt")  # nobody here
_PARTS = (6.0, 2.5, 2.5)
_PROGRAM_PERCENT = 30  # at most so much of what foreigners and institutions trade goes through programmes


@dataclass(frozen=True, slots=True)
class Flow:
    """Shares bought and sold by one class on one day, and what a share cost on average."""

    bought: int
    sold: int
    price: int

    @property
    def net(self) -> int:
        return self.bought - self.sold


def split(seed: int, ticker: str, bar: Bar) -> dict[str, Flow]:
    """Every class of a day; OTHERS are nought."""
    rng = rng_for(seed, "investors", ticker, bar.day.isoformat())
    price = (bar.high + bar.low + bar.close) // 3
    bought, sold = (_shares(bar.volume, rng.dirichlet(_PARTS).tolist()) for _ in range(2))
    flows = {who: Flow(b, s, price) for who, b, s in zip(GROUPS, bought, sold, strict=True)}
    kinds = rng_for(seed, "institutions", ticker, bar.day.isoformat())
    weights = [1.0] * len(INSTITUTIONS)
    parts = [_shares(total, kinds.dirichlet(weights).tolist()) for total in (flows["orgn"].bought, flows["orgn"].sold)]
    flows |= {who: Flow(b, s, price) for who, b, s in zip(INSTITUTIONS, *parts, strict=True)}
    frgn = flows["frgn"]
    other = Flow(frgn.bought // 50, frgn.sold // 50, price)
    flows["frgn_nreg"] = other
    flows["frgn_reg"] = Flow(frgn.bought - other.bought, frgn.sold - other.sold, price)
    return flows | {who: Flow(0, 0, price) for who in OTHERS}


def programme(seed: int, ticker: str, bar: Bar) -> Flow:
    """Programme trades of a day: a part of what foreigners and institutions traded."""
    flows = split(seed, ticker, bar)
    rng = rng_for(seed, "programme", ticker, bar.day.isoformat())
    shares = [int(_PROGRAM_PERCENT * part) for part in rng.random(2).tolist()]
    large = flows["frgn"].bought + flows["orgn"].bought, flows["frgn"].sold + flows["orgn"].sold
    return Flow(large[0] * shares[0] // 100, large[1] * shares[1] // 100, flows["frgn"].price)


def programme_so_far(seed: int, ticker: str, tape: Tape, index: int) -> tuple[int, int]:
    """(sold, bought) through programmes by a moment of the tape."""
    day = programme(seed, ticker, tape.bar)
    done, total = int(tape.cum_volume[index]), max(1, int(tape.cum_volume[-1]))
    return day.sold * done // total, day.bought * done // total


def _shares(total: int, parts: list[float]) -> list[int]:
    """Whole shares by the parts, which add up to the total."""
    shares = [int(total * part) for part in parts[:-1]]
    return [*shares, total - sum(shares)]

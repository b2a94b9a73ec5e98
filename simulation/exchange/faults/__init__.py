"""Faults the paper exchange commits when it is told to: test mode only, seeded, every one of them by name.

Contract: a `Faults` is the `Passage` of an exchange; nothing of this package is imported without `--faults`. The
exchange's journal stays the truth: a fault that loses an answer has journaled the order, one that keeps a request
from being carried out has not, and no record says that a fault struck (`Faults.begun` does, in memory).
"""

from simulation.exchange.faults.armory import Begun
from simulation.exchange.faults.fault import Fault, Match, Misarmed
from simulation.exchange.faults.faults import Faults
from simulation.exchange.faults.kinds import FaultKind

__all__ = ["Begun", "Fault", "FaultKind", "Faults", "Match", "Misarmed"]

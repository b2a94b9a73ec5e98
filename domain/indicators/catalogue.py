"""All indicators: imports every module of kernels and offers them by id.

Contract: ids, parameters, defaults and outputs are those of `domain/data/indicators.yaml` (tested). A module is listed
here by name, so that a missing one is an error and not a shorter table.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from domain.indicators.kernel import Kernel, entered

MODULES: tuple[str, ...] = (
    # moving_average, oscillator
    "adaptive",
    "averages",
    "differences",
    "low_lag",
    "momentum",
    "oscillators",
    "volume_oscillators",
    # trend, volume, volatility, misc
    "against_market",
    "bands",
    "cycles",
    "days",
    "directional",
    "extremes",
    "ichimoku",
    "statistics",
    "trailing",
    "trends",
    "volatility",
    "volumes",
)
"""Modules of `domain.indicators` that enter kernels."""


def kernels() -> Mapping[str, Kernel]:
    """Every indicator by its id."""
    for name in MODULES:
        import_module(f"domain.indicators.{name}")
    return entered()


def kernel_of(id_: str) -> Kernel:
    """The indicator of this id. KeyError names what was asked for."""
    table = kernels()
    if id_ not in table:
        raise KeyError(f"expected an indicator of domain/data/indicators.yaml, was {id_}")
    return table[id_]

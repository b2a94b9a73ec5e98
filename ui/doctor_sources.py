"""What doctor finds out about sources of figures and news: each is asked a small question over the true network.

Contract: all are asked side by side; one that breaks our own contract is a bad line and hides no other. To add sources,
add a function (settings, clock) -> probes (`tools.probes`) to `SOURCES`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib import import_module

import structlog

from domain.clock import Clock, SystemClock
from tools.probes import Probe, Probed
from tools.settings import Settings
from ui.doctor import Finding, Mark

log = structlog.get_logger(__name__)

SOURCES = ("tools.macro.probes:probes", "tools.news.probes:probes")
PATIENCE = 45.0  # seconds: three attempts and their pauses

_MARKS = {"good": Mark.GOOD, "off": Mark.OFF, "bad": Mark.BAD}


def examine_sources(settings: Settings, clock: Clock | None = None) -> list[Finding]:
    """One finding a source, in the order of `SOURCES`."""
    at = clock or SystemClock()
    found: list[Probed] = []
    for target in SOURCES:
        module, _, function = target.partition(":")
        found += getattr(import_module(module), function)(settings, at)
    return asyncio.run(findings(found))


async def findings(sources: Sequence[Probed]) -> list[Finding]:
    """Asks all of them."""
    answers = await asyncio.gather(*(_asked(source) for source in sources))
    return [
        Finding(_MARKS[answer.state], source.name, answer.text, answer.advice)
        for source, answer in zip(sources, answers, strict=True)
    ]


async def _asked(source: Probed) -> Probe:
    try:
        async with asyncio.timeout(PATIENCE):
            return await source.probe()
    except TimeoutError:
        return Probe("bad", "제때 답하지 않아요", "인터넷 연결을 확인해 주세요")
    except Exception as fault:  # a source's own defect: the line says so, the others are told all the same
        log.error("doctor.probe_broke", source=source.name, fault=type(fault).__name__)
        return Probe("bad", f"확인하다가 문제가 생겼어요({type(fault).__name__})")

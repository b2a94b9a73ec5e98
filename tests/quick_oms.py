"""The OMS as `python -m execution.oms` starts it, with waits that tests can afford; KIS paper on loopback.

The one argument is JSON: `timing` (seconds by name), `venue` (where "KIS paper" listens), `rate` (requests a second
there, if not KIS paper's one), `always_open`.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from dataclasses import replace
from typing import Any

from domain.calendar import calendar_named
from execution.oms.logs import configure
from execution.oms.server import OmsProcess
from execution.oms.timing import timing_for
from tools.embedded.services import endpoints
from tools.kis.environment import PAPER
from tools.settings import load_settings


async def main(options: dict[str, Any]) -> int:
    settings = load_settings()
    configure(settings.log_level)
    address = options.get("venue")
    venue = PAPER.at(address, address.replace("http", "ws")) if address else None
    if venue is not None and "rate" in options:
        venue = replace(venue, rate_per_second=options["rate"], ws_frame_gap_s=0.0)
    process = OmsProcess(
        settings,
        endpoints(settings),
        timing=replace(timing_for(settings.broker.value), **options.get("timing", {})),
        venue=venue,
        calendar=calendar_named("always") if options.get("always_open") else None,
    )
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, process.stop)
    return await process.run()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(json.loads(sys.argv[1]))))

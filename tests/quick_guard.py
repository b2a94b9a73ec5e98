"""The guard as `python -m execution.guard` starts it, with waits that tests can afford.

The one argument is JSON: `timing` (seconds by name), `dies` ("before_asking": the process is killed in the moment in
which a trigger has been written down and the OMS has not been asked; "after_asking": when the OMS has answered).
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import replace
from typing import Any

from execution.guard.door import GuardDoor
from execution.guard.ports import TIMING
from execution.guard.process import serve
from execution.oms.logs import configure
from tools.settings import load_settings


def main(options: dict[str, Any]) -> int:
    settings = load_settings()
    configure(settings.log_level)
    asked = GuardDoor.exit

    async def dying(self: GuardDoor, request: Any) -> Any:
        if options["dies"] == "after_asking":
            await asked(self, request)
        os.kill(os.getpid(), signal.SIGKILL)

    if "dies" in options:
        GuardDoor.exit = dying  # type: ignore[method-assign]
    return serve(settings, timing=replace(TIMING[settings.broker.value], **options.get("timing", {})))


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))

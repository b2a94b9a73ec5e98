"""`quartz down`: stop what runs in this home, also what a killed `up` left behind."""

from __future__ import annotations

import os
import signal
import sys
import time

from tools.embedded.files import read_json
from tools.embedded.locks import held, wait
from tools.settings import load_settings
from ui.events import Events
from ui.stack import make_stack, up_lock, up_state

STOP_SECONDS = 60.0


def main(arguments: list[str]) -> int:
    settings = load_settings()
    if not settings.home.is_dir():
        sys.stderr.write("켜져 있는 것이 없어요\n")
        return 0
    pid = (read_json(up_state(settings)) or {}).get("pid")
    if held(up_lock(settings)) and isinstance(pid, int):
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        while held(up_lock(settings)):
            if time.monotonic() > until:
                sys.stderr.write(f"quartz: {STOP_SECONDS:.0f}초 안에 꺼지지 않았어요 (pid {pid})\n")
                return 1
            wait(0.1)
    events = Events(settings.home, terminal=None)
    make_stack(settings, events).stop_all()
    events.close()
    sys.stderr.write("모두 껐어요\n")
    return 0

"""`quartz up`: run and look after everything until Ctrl-C; `--while-used` (from `connect`) until the last user left.

`--no-scheduler`: without the process that checks accounts and reads the news by itself.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from tools.embedded.files import private_dir, read_json, write_json
from tools.embedded.locks import Lock, held, wait
from tools.embedded.services import endpoints
from tools.llm.chain import read_chain
from tools.settings import Settings, load_settings
from ui.commands.link import owner_link
from ui.events import Events
from ui.stack import make_stack, make_web_stack, ready_lock, up_lock, up_state, users_lock, web_lock

LINGER_SECONDS = 5.0  # a chat that is started again right away finds everything running


def main(arguments: list[str]) -> int:
    background = arguments == ["--while-used"]
    without = arguments == ["--no-scheduler"]
    if arguments and not background and not without:
        sys.stderr.write("quartz: up은 --no-scheduler만 받아요. 다른 설정은 .env에 적어 주세요 (.env.example)\n")
        return 2
    settings = load_settings()
    if without:
        settings = settings.model_copy(update={"scheduler": "off"})
    read_chain(settings)  # a model that cannot be asked is told before anything starts
    private_dir(settings.home, 0o711 if os.geteuid() == 0 else 0o700)
    with Lock(up_lock(settings)) as lock:
        if not lock.acquire(timeout=1.0):  # whoever only looks holds it for a moment
            return 0 if background else _already_running(settings)
        return _run(settings, background)


def _run(settings: Settings, background: bool) -> int:
    events = Events(settings.home, terminal=sys.stderr)
    stop = _Stop(settings, background)
    ready = Lock(ready_lock(settings))
    write_json(up_state(settings), {"pid": os.getpid(), "background": background})
    stack = make_stack(settings, events, web=not background)
    try:
        stack.start(stop)
        if not stop():
            ready.acquire(timeout=5.0)
            events("up")
            if not background:
                _show_link(settings)
            stack.watch(stop)
    finally:
        events("stopping")
        ready.close()
        up_state(settings).unlink(missing_ok=True)
        stack.stop()
        events.close()
        stop.close()
    return 0


class _Stop:
    """True once a signal asked us to stop, or, in the background, once nobody has used us for LINGER_SECONDS."""

    def __init__(self, settings: Settings, background: bool) -> None:
        self._asked = False
        self._users = Lock(users_lock(settings)) if background else None
        self._unused_since: float | None = None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def __call__(self) -> bool:
        if self._asked or self._users is None:
            return self._asked
        if not self._users.acquire():
            self._unused_since = None
            return False
        now = time.monotonic()
        self._unused_since = now if self._unused_since is None else self._unused_since
        if now - self._unused_since > LINGER_SECONDS:
            self._asked = True  # the lock stays ours: who comes now waits for the end and starts afresh
            return True
        self._users.release()
        return False

    def close(self) -> None:
        if self._users is not None:
            self._users.close()

    def _ask(self, number: int, frame: object) -> None:
        self._asked = True


def _show_link(settings: Settings) -> None:
    """On standard output alone: the events' file must not hold it."""
    sys.stdout.write(owner_link(settings, endpoints(settings)) + "\n")
    sys.stdout.flush()


def _already_running(settings: Settings) -> int:
    state = read_json(up_state(settings)) or {}
    pid = state.get("pid", "?")
    with Lock(web_lock(settings)) as web:
        if not state.get("background") or not web.acquire():
            sys.stderr.write(
                f"quartz: 이 폴더({settings.home})에서 이미 켜져 있어요 (pid {pid}). 따로 켤 필요가 없어요."
                " 들어갈 링크는 ./quartz link\n"
            )
            return 1
        sys.stderr.write(f"대화가 켜 둔 서비스(pid {pid})를 함께 써요. 끄려면 Ctrl-C\n")
        return _beside(settings)


def _beside(settings: Settings) -> int:
    """Look after a web process, and keep the services of a conversation alive, until told to stop or they end."""
    asked = _Stop(settings, background=False)
    with Lock(users_lock(settings)) as users:
        users.acquire(shared=True, timeout=60)
        while not held(ready_lock(settings)):  # a conversation may be starting them this very moment
            if asked() or not held(up_lock(settings)):
                return 0 if asked() else 1
            wait(0.05)
        events = Events(settings.home, terminal=sys.stderr)
        stack = make_web_stack(settings, events)
        try:
            stack.start(asked)
            if not asked():
                events("up")
                _show_link(settings)
                stack.watch(lambda: asked() or not held(up_lock(settings)))
        finally:
            stack.stop()
            events.close()
    return 0 if asked() else 1

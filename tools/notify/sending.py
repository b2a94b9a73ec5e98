"""Sending one notice: in a thread of its own, within a time, tried again with growing pauses.

Contract: `send` answers `sent`, `failed` or `refused` and never raises for what the other side does; refused means
asking again is pointless (an address that is not taken or not public). The text carries the alert's code, by which a
person sees that two messages are one. A notice that was sent and whose answer got lost is sent again: at least once.
No URL, token or answer of a service is logged.
"""

from __future__ import annotations

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from importlib import import_module
from typing import Any
from uuid import UUID

import structlog
from tenacity import AsyncRetrying, retry_if_result, stop_after_attempt, wait_exponential_jitter

from domain.clock import Clock
from tools.notify.addresses import BadAddress, service_of
from tools.notify.guarding import only_public

log = structlog.get_logger(__name__)

TITLE = "쿼츠 알림"
CONNECT_S, READ_S = 4.0, 8.0
SECONDS = 20.0  # a try, whatever the other side does
TRIES = 3
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 10.0
WORKERS = 4


class Outcome(StrEnum):
    """What became of a notice."""

    SENT = "sent"
    FAILED = "failed"
    REFUSED = "refused"


def code_of(user_id: UUID, key: str) -> str:
    """Eight letters by which a person knows the alert again."""
    return hashlib.sha256(f"{user_id}:{key}".encode()).hexdigest()[:8]


class Sender:
    """One a process; `private`: addresses that are not public may be written to."""

    def __init__(self, clock: Clock, *, private: bool = False, tries: int = TRIES) -> None:
        self._clock = clock
        self._private = private
        self._tries = tries
        self._threads = ThreadPoolExecutor(WORKERS, thread_name_prefix="notify")

    def close(self) -> None:
        """Threads that still wait end with their sockets' time."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def send(self, url: str, text: str, code: str) -> Outcome:
        body = f"{text}\n(알림 {code})"
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._tries),
            wait=wait_exponential_jitter(FIRST_PAUSE_S, LONGEST_PAUSE_S),
            retry=retry_if_result(lambda outcome: outcome is Outcome.FAILED),
            sleep=self._clock.sleep,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else Outcome.FAILED,
        )
        outcome: Outcome = await retrying(self._once, url, body)
        if outcome is not Outcome.SENT:
            log.warning("notice.not_sent", outcome=outcome.value, code=code)
        return outcome

    async def _once(self, url: str, body: str) -> Outcome:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(SECONDS):
                return await loop.run_in_executor(self._threads, self._posted, url, body)
        except TimeoutError:
            return Outcome.FAILED

    def _posted(self, url: str, body: str) -> Outcome:
        """In a thread."""
        try:
            service = service_of(url)
        except BadAddress:
            return Outcome.REFUSED
        service.socket_connect_timeout, service.socket_read_timeout = CONNECT_S, READ_S
        service.redirects = False
        try:
            if self._private:
                return _told(service, body)
            with only_public() as watch:
                outcome = _told(service, body)
            return Outcome.REFUSED if watch.refused else outcome
        except Exception as fault:  # a plugin of Apprise may raise anything; its text may hold the URL
            log.warning("notice.fault", fault=type(fault).__name__)
            return Outcome.FAILED


def _told(service: Any, body: str) -> Outcome:
    """Plain text in whatever the service speaks, so that signs of a headline are no markup and nobody's name is called.

    The service is asked itself: Apprise's own dispatcher would move a URL with a time-out of its own to a thread
    without the guard.
    """
    common, conversion = import_module("apprise.common"), import_module("apprise.conversion")
    spoken = service.resolve_format(common.NotifyFormat.TEXT)
    text = conversion.convert_between(common.NotifyFormat.TEXT, spoken, content=body)
    return Outcome.SENT if service.notify(body=text, title=TITLE, body_format=spoken) else Outcome.FAILED

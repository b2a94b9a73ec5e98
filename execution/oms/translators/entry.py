"""Who may knock: programs on this machine that name themselves in headers. Browsers, strangers and floods end here.

Contract: nothing is authenticated here, the door does that; here is only refused what no program of ours sends. A
request with Origin or Sec-Fetch-* comes from a browser page and is refused whatever it carries, a Host that is not
this machine's is a rebound name. Paces are counted for the credential that was shown, so that nobody can use up
another's; after many that the door did not know, those that it has never accepted wait, and the others do not.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from multidict import CIMultiDictProxy

from execution.oms.translators.answers import Answer, refused
from tools.pace import Pace

CALLS = (100, 40.0)  # of one credential: at once, and a second; the broker takes 20 orders a second at most
STRANGERS = (20, 0.5)  # refusals of the door, of all credentials together, before strangers have to wait
STRANGERS_WAIT_S = 10.0
MOST_AT_ONCE = 64  # calls of one credential that wait for the door
MOST_SOCKETS = 20  # of one credential
_REMEMBERED = 64
_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
_HOST = re.compile(r"(\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::[0-9]{1,5})?")
_BROWSER = ("Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Cookie")
_PRINCIPAL = re.compile(r"[a-z]{1,16}")
_BEARER = re.compile(r"[Bb]earer ([A-Za-z0-9._~+/=-]{1,256})")
_SHOWN = ("X-Quartz-Principal", "Authorization", "X-Quartz-User")
_USER = re.compile(r"[0-9a-fA-F-]{36}")


class Unwelcome(Exception):
    """`answer` is what to say."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer[1]["error"])
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a caller showed, as the door's metadata; never printed."""

    metadata: tuple[tuple[str, str], ...]
    key: bytes  # names it in counts, tells nothing of it

    def __repr__(self) -> str:
        return "Credentials()"


class Entry:
    """`now` counts seconds and only differences of it matter."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._calls = Pace(*CALLS, now)
        self._strangers = Pace(*STRANGERS, now)
        self._closed_until = now()
        self._accepted: OrderedDict[bytes, None] = OrderedDict()
        self._at_once: Counter[bytes] = Counter()
        self._sockets: Counter[bytes] = Counter()

    def check_origin(self, headers: CIMultiDictProxy[str]) -> None:
        """Raises Unwelcome for a foreign name of this machine and for whatever a browser sends."""
        found = _HOST.fullmatch(headers.get("Host", "").lower())
        if found is None or found[1] not in _HOSTS:
            raise Unwelcome(refused(421, "HOST", "이 주소로는 주문을 받지 않아요. 127.0.0.1로 접속해 주세요."))
        if any(name in headers for name in _BROWSER):
            raise Unwelcome(refused(403, "BROWSER", "브라우저에서 온 요청은 받지 않아요."))

    def credentials(self, headers: CIMultiDictProxy[str]) -> Credentials:
        """Raises Unwelcome (401) for headers that are missing or cannot be a credential, (429) for too many."""
        principal, bearer, user = (_once(headers, name) for name in _SHOWN)
        token = _BEARER.fullmatch(bearer)
        if not _PRINCIPAL.fullmatch(principal) or token is None or (user and not _USER.fullmatch(user)):
            raise Unwelcome(unauthenticated())
        metadata = [("x-quartz-principal", principal), ("x-quartz-token", token[1])]
        if user:
            metadata.append(("x-quartz-user", user))
        shown = Credentials(tuple(metadata), hashlib.sha256(f"{principal}:{token[1]}".encode()).digest())
        is_stranger = shown.key not in self._accepted
        if (is_stranger and self._now() < self._closed_until) or not self._calls.take(shown.key):
            raise Unwelcome(too_many())
        return shown

    def accept(self, shown: Credentials) -> None:
        """The door has answered this credential with something else than "who are you"."""
        self._accepted[shown.key] = None
        self._accepted.move_to_end(shown.key)
        while len(self._accepted) > _REMEMBERED:
            self._accepted.popitem(last=False)

    def reject(self) -> None:
        """The door did not know a credential."""
        if not self._strangers.take(None):
            self._closed_until = self._now() + STRANGERS_WAIT_S

    @contextmanager
    def calling(self, shown: Credentials) -> Iterator[None]:
        """Raises Unwelcome (429) when too many of this credential's calls are waiting."""
        with _counted(self._at_once, shown.key, MOST_AT_ONCE):
            yield

    @contextmanager
    def following(self, shown: Credentials) -> Iterator[None]:
        """The same for sockets."""
        with _counted(self._sockets, shown.key, MOST_SOCKETS):
            yield


def _once(headers: CIMultiDictProxy[str], name: str) -> str:
    """The value, "" without one; two of a kind are nobody's."""
    found = headers.getall(name, [])
    if len(found) > 1:
        raise Unwelcome(unauthenticated())
    return found[0] if found else ""


def unauthenticated() -> Answer:
    return refused(401, "UNAUTHENTICATED", "호출한 프로그램을 확인하지 못했어요.")


def too_many() -> Answer:
    return refused(429, "TOO_MANY", "요청이 너무 잦아요. 잠시 후 다시 해 주세요.")


@contextmanager
def _counted(counts: Counter[bytes], key: bytes, most: int) -> Iterator[None]:
    if counts[key] >= most:
        raise Unwelcome(too_many())
    counts[key] += 1
    try:
        yield
    finally:
        counts[key] -= 1
        if not counts[key]:
            del counts[key]

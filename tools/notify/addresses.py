"""A person's URL for notices: which kinds are taken, how it is shown, how it is kept.

Contract: a URL is a secret: it is sealed with the instance's key under the channel's name, opened only to send, and
shown as scheme and first letters alone. Kinds that could run something, write files or reach a device of the house are
not on the list. A host of the person's own choice must be public unless the owner allows others
(QUARTZ_NOTIFY_PRIVATE); the connection itself is checked again (`guarding`).
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import threading
import warnings
from typing import Any
from uuid import UUID

from tools.kis.sealed import FernetBox
from tools.notify.guarding import is_public
from tools.store.secrets import derive

MAX_URL = 500
_importing = threading.Lock()
# Services with hosts of their own, then those that a person may run.
_SERVICES = frozenset(
    {"slack", "tgram", "discord", "pover", "pbul", "gchat", "msteams", "workflow", "workflows", "line"}
)
_HOSTED = frozenset(
    {
        *("json", "jsons", "mailto", "mailtos", "ntfy", "ntfys", "gotify", "gotifys"),
        *("mmost", "mmosts", "rocket", "rockets", "matrix", "matrixs"),
    }
)
SCHEMES = _SERVICES | _HOSTED
_SHAPE = re.compile(r"(?P<scheme>[a-z]{2,10})://(?P<rest>\S+)", re.I | re.A)
_ONLY_KOREAN = (
    "슬랙(slack://), 텔레그램(tgram://), 디스코드(discord://), 메일(mailtos://), ntfy(ntfys://), 웹훅(jsons://)"
)

NOT_A_URL = f"알림 주소는 이런 모양이어야 해요: {_ONLY_KOREAN}."
NOT_TAKEN = f"그 종류의 주소는 받지 않아요. 쓸 수 있는 것: {_ONLY_KOREAN}."
NOT_COMPLETE = "주소에 빠진 것이 있어요. 서비스가 알려 준 주소를 그대로 붙여 주세요."
NOT_PUBLIC = "집이나 회사 안쪽 주소로는 보낼 수 없어요. 운영자가 QUARTZ_NOTIFY_PRIVATE로 허락해야 해요."
NO_HOST = "그 주소의 서버를 찾지 못했어요. 주소를 확인해 주세요."


class BadAddress(ValueError):
    """A URL that is not taken. The message is Korean, for the person, and holds nothing of the URL."""


def service_of(url: str) -> Any:
    """Apprise's own object for the URL. Raises BadAddress."""
    found = _SHAPE.fullmatch(url.strip())
    if found is None or len(url) > MAX_URL:
        raise BadAddress(NOT_A_URL)
    scheme = found["scheme"].lower()
    if scheme not in SCHEMES and scheme != "https":  # https: the web hook as Slack and Discord show it
        raise BadAddress(NOT_TAKEN)
    service = apprise_library().Apprise.instantiate(url.strip(), suppress_exceptions=True)
    if service is None:
        raise BadAddress(NOT_TAKEN if scheme == "https" else NOT_COMPLETE)
    if not _schemes_of(service) & SCHEMES:
        raise BadAddress(NOT_TAKEN)
    return service


def _schemes_of(service: Any) -> set[str]:
    found: set[str] = set()
    for each in (service.protocol, service.secure_protocol):
        found |= {each} if isinstance(each, str) else set(each or ())
    return found


def masked(url: str) -> str:
    """'slack://T1…', enough to tell two apart and to use neither."""
    found = _SHAPE.fullmatch(url.strip())
    if found is None:
        return "…"
    scheme = found["scheme"].lower()
    if scheme in ("json", "jsons", "ntfy", "ntfys", "gotify", "gotifys") or scheme == "https":
        host = re.split(r"[/?#]", found["rest"].rpartition("@")[2])[0].partition(":")[0]
        return f"{scheme}://{_short(host)}"
    if scheme.startswith("mailto"):
        return f"{scheme}://…@{_short(re.split(r'[/?#:]', found['rest'].rpartition('@')[2])[0])}"
    return f"{scheme}://{found['rest'][:2]}…"


def _short(host: str) -> str:
    return host[:3] + "…" + host[-4:] if len(host) > 9 else host[:2] + "…"


async def check(url: str, *, private: bool) -> Any:
    """The service, when it may be written to. Raises BadAddress."""
    service = await asyncio.to_thread(service_of, url)
    host = str(getattr(service, "smtp_host", "") or getattr(service, "host", "") or "")
    in_cloud = getattr(service, "mode", "") == "cloud"  # ntfy's own server: the host's place holds the topic
    if private or in_cloud or not _schemes_of(service) & _HOSTED or not host:
        return service
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise BadAddress(NO_HOST) from None
    if not found or not all(is_public(str(row[4][0])) for row in found):
        raise BadAddress(NOT_PUBLIC)
    return service


class Sealed:
    """Seals URLs for the database and opens them to send."""

    def __init__(self, secret: bytes) -> None:
        self._box = FernetBox(derive(secret, "notify:urls"))

    def seal(self, channel_id: UUID, url: str) -> bytes:
        return self._box.seal(f"notify:{channel_id}", url.strip().encode())

    def open(self, channel_id: UUID, sealed: bytes) -> str | None:
        """None when another installation's secret sealed it."""
        found = self._box.open(f"notify:{channel_id}", bytes(sealed))
        return None if found is None else found.decode()


def apprise_library() -> Any:
    """Imported when the first notice needs it; silent, because its log lines may hold a URL. What it imports of a
    Python that drops modules is its own affair."""
    with _importing, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise

        apprise.Apprise.instantiate("json://localhost")  # the first one loads all kinds

    for name in ("apprise", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.getLogger("apprise").propagate = False
    return apprise

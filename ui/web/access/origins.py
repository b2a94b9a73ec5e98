"""Which names this server answers to, and which pages may send it something. Pure functions of headers.

Contract: a Host that is not ours is refused (another name that resolves to this machine must not reach it); a request
that changes something, or opens a WebSocket, must come from a page of the same origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
WILDCARDS = ("0.0.0.0", "::")  # noqa: S104  (compared with, not bound)


class Origins:
    """`public_url` is what people type; `host` and `port` are where we listen."""

    def __init__(self, public_url: str, host: str, port: int) -> None:
        public = urlsplit(public_url)
        self.public_origin = f"{public.scheme}://{public.netloc}"
        self.secure = public.scheme == "https"
        names = [*LOOPBACK_NAMES, *(() if host in WILDCARDS else (host,))]
        self._hosts = {public.netloc.lower(), *(f"{name}:{port}" for name in names)}
        if port == 80:
            self._hosts.update(names)

    def is_our_host(self, host: str) -> bool:
        return host.lower() in self._hosts

    def is_same(self, headers: Mapping[bytes, bytes], *, needs_proof: bool) -> bool:
        """True when the browser says that the request is a page of ours. `needs_proof`: silence is not enough."""
        site = headers.get(b"sec-fetch-site", b"").decode("latin-1")
        origin = headers.get(b"origin", b"").decode("latin-1")
        if site and site != "same-origin":
            return False
        if origin:
            host = headers.get(b"host", b"").decode("latin-1")
            return origin == self.public_origin or (self.is_our_host(host) and origin == f"http://{host}")
        return bool(site) or not needs_proof

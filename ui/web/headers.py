"""The headers that every answer carries: what a page may load, who may frame it, what may be kept.

Contract: ours win over whatever an application below set; answers never carry CORS headers, because no other origin is
meant to read them. Only the conversation's page gets 'unsafe-eval': Chainlit compiles its custom elements there.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence

from starlette.types import Message, Send

PAGES_CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
DESK_CSP = PAGES_CSP + "; style-src 'self' 'unsafe-inline'"  # plotly writes the style of its charts into the page
YEAR_SECONDS = 31_536_000
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_EVERYWHERE = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),  # no-referrer would send forms with "Origin: null"
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


def chat_csp(html: str, public_origin: str) -> str:
    """For the conversation's page: its inline scripts by their hashes, its socket by name."""
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in _INLINE.findall(html))
    socket = public_origin.replace("http", "ws", 1)
    return (
        f"default-src 'self'; script-src 'self' 'unsafe-eval' {hashes}; style-src 'self' 'unsafe-inline';"
        f" connect-src 'self' {socket}; img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:;"
        " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


class Headers:
    """`wrap` adds what belongs to a path. `chat` is the policy of everything under /chat."""

    def __init__(self, *, secure: bool, chat: str) -> None:
        self._fixed = list(_EVERYWHERE)
        if secure:
            self._fixed.append((b"strict-transport-security", f"max-age={YEAR_SECONDS}".encode()))
        self._chat = chat.encode()

    def wrap(self, path: str, send: Send) -> Send:
        policy = self._chat if path.startswith("/chat") else (DESK_CSP if path == "/desk" else PAGES_CSP).encode()

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = [*self._fixed, (b"content-security-policy", policy)]
                kept = _kept(message.get("headers", ()), {name for name, _ in ours})
                ours.append((b"cache-control", _cache(path)))
                message = {**message, "headers": [*kept, *ours]}
            await send(message)

        return with_headers


def _kept(headers: Iterable[Sequence[bytes]], replaced: set[bytes]) -> list[tuple[bytes, bytes]]:
    kept = []
    for name, value in headers:
        lower = name.lower()
        if lower not in replaced and lower != b"cache-control" and not lower.startswith(b"access-control-"):
            kept.append((lower, value))
    return kept


def _cache(path: str) -> bytes:
    if path.startswith("/chat/assets/"):  # their names change with their content
        return f"private, max-age={YEAR_SECONDS}, immutable".encode()
    if path.startswith(("/static/", "/chat/public/")):
        return b"no-cache"  # kept, and asked for again by its tag
    return b"no-store"


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

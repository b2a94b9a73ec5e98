"""The token that shows that a request comes from a page of ours: an HMAC of the session, readable by our scripts.

Contract: a token of another session, or of nobody, never passes. A form carries it in the field `csrf`, a script in the
header X-Quartz-CSRF. Nothing is stored.
"""

from __future__ import annotations

import hmac

from tools.store.secrets import derive

COOKIE = "quartz_csrf"
HEADER = b"x-quartz-csrf"
FIELD = "csrf"


class Csrf:
    def __init__(self, secret: bytes) -> None:
        self._secret = derive(secret, "web:csrf")

    def token(self, session_hash: bytes) -> str:
        return derive(self._secret, session_hash.hex()).hex()

    def is_right(self, session_hash: bytes, shown: str) -> bool:
        return hmac.compare_digest(self.token(session_hash).encode(), shown.encode(errors="replace"))

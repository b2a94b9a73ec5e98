"""Bodies of answers from the web: read whole, never larger than what an honest answer is."""

from __future__ import annotations

import httpx


class BodyTooLarge(ValueError):
    """More came than was expected at most."""


async def read_body(response: httpx.Response, most: int) -> bytes:
    """At most so many bytes after unpacking. Raises BodyTooLarge as soon as more came."""
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > most:
            raise BodyTooLarge(f"expected a body of at most {most:,} bytes, was more")
        parts.append(part)
    return b"".join(parts)

"""Sources that doctor can try: each has a name and says of itself, in one Korean line, whether it answers now.

Contract: `probe` never raises and takes a few seconds at most; it reads little, writes nothing and shows no key. To add
sources, add the function that makes them to `SOURCES` in `ui/doctor_sources.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

CHECK_NETWORK = "인터넷 연결과 방화벽, 프록시(HTTPS_PROXY)를 확인해 주세요"


@dataclass(frozen=True, slots=True)
class Probe:
    """`off`: not set up here, which is fine. `advice` says what to do, or what it would add."""

    state: Literal["good", "off", "bad"]
    text: str
    advice: str = ""


class Probed(Protocol):
    """A source as doctor meets it."""

    @property
    def name(self) -> str:
        """Korean."""
        ...

    async def probe(self) -> Probe: ...

"""Why a news source gave nothing. One class: every reaction is the same, the source is left out and said so."""

from __future__ import annotations


class SourceFailed(Exception):
    """`code` is stable, `message` Korean and free of addresses."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

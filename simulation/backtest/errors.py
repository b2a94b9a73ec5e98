"""What cannot be run, in words for people."""

from __future__ import annotations


class BacktestError(ValueError):
    """What was asked for cannot be run; the text is in Korean and names what was expected."""

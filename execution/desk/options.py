"""What the order desk may be told: how long a question stands, how far a price may move, how long to wait."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeskOptions:
    """Times in seconds unless the name says otherwise; judgement, not law."""

    approval_minutes: int = 10  # how long an approval card stands, never beyond the session
    send_minutes: int = 30  # a leg that waits for nothing and has not left by then is withdrawn
    collar_bps: int = 200  # a price that moved further between card and sending asks again
    ack_seconds: float = 10.0
    ack_poll_seconds: float = 0.25
    fill_grace_seconds: float = 2.0  # of ack_seconds, how long to look for a fill once acknowledged
    submit_tries: int = 3  # the same ids again are the same order
    submit_pause_seconds: float = 0.5
    max_rounds: int = 6  # drafts a turn may go through before it gives up


DEFAULT_OPTIONS = DeskOptions()

"""When a model is left alone for a while, and what the face says about it. Pure but for the clock it is handed.

Contract: a wrong key, an unknown model or a used-up quota rests it for minutes, 429 as long as the provider asks (with
a cap), several machinery faults in a row for half a minute. The first good answer clears everything.
"""

from __future__ import annotations

from tools.llm.faults import SOFT, Fault

IN_A_ROW = 3
SHORT_REST = 30.0

_KOREAN = {
    "unauthorized": "키를 확인해 주세요",
    "unknown_model": "모델 이름을 확인해 주세요",
    "no_quota": "사용 한도를 확인해 주세요",
    "rate_limited": "요청이 많아 잠시 쉬어요",
    "no_client": "모델을 준비하지 못했어요",
}
SILENT = "답이 없어 잠시 쉬어요"


class Rest:
    """State of one model; `now` is a monotonic clock."""

    def __init__(self) -> None:
        self._until = 0.0
        self._code = ""
        self._faults = 0

    def note(self, fault: Fault, now: float) -> None:
        self._faults = self._faults + 1 if fault.code in SOFT else 0
        seconds = fault.rest or (SHORT_REST if self._faults >= IN_A_ROW else 0.0)
        if seconds and now + seconds > self._until:
            self._until, self._code = now + seconds, fault.code

    def clear(self) -> None:
        self._until, self._code, self._faults = 0.0, "", 0

    def why(self, now: float) -> str | None:
        """The code of the fault behind the rest, None when awake."""
        return self._code if now < self._until else None


def in_korean(code: str) -> str:
    """For the badge."""
    return _KOREAN.get(code, SILENT)

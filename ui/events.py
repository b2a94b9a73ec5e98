"""One line an event: JSON for machines in $QUARTZ_HOME/logs/up.log, Korean for the person at the terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, TextIO

import structlog

from tools.embedded.files import private_dir

_PARTS = {
    "postgres": "데이터베이스(PostgreSQL)",
    "valkey": "캐시(Valkey)",
    "migrate": "데이터 구조",
    "exchange": "모의 거래소",
    "oms": "주문 관리(OMS)",
    "guard": "손절 지킴이",
    "worker": "전략 일꾼",
    "scheduler": "정기 점검",
    "early": "프로그램 준비",
    "web": "브라우저 화면",
}
_TEXTS = {
    "starting": "[{step}] {part}: 켜는 중…",
    "ready": "      {part}: 준비됐어요 ({seconds}초) {where}",
    "failed": "      {part}: 켜지 못했어요 {reason}",
    "died": "{part}: 멈췄어요. {restart_in}초 뒤에 다시 켜요 ({attempt})",
    "restarted": "{part}: 다시 켰어요 {where}",
    "stopped": "{part}: 껐어요",
    "not stopped": "{part}: 끄지 못했어요: {reason}",
    "up": "모두 켜졌어요. 터미널에서 대화하려면 ./quartz chat · 끄려면 Ctrl-C",
    "stopping": "끄는 중이에요…",
}


class Events:
    """Callable as `supervisor.Say`. Facts are names, places and numbers, never secrets."""

    def __init__(self, home: Path, *, terminal: TextIO | None = sys.stderr) -> None:
        private_dir(home / "logs")
        self._file = (home / "logs" / "up.log").open("a", encoding="utf-8")
        self._terminal = terminal
        self._log = structlog.wrap_logger(
            structlog.WriteLogger(self._file),
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            wrapper_class=structlog.BoundLogger,
        )

    def __call__(self, event: str, **facts: object) -> None:
        self._log.info(event, **facts)
        if self._terminal is not None:
            self._terminal.write(spoken(event, facts) + "\n")
            self._terminal.flush()

    def close(self) -> None:
        self._file.close()


def spoken(event: str, facts: dict[str, Any]) -> str:
    """The Korean line of an event; an unknown event is shown with its facts."""
    template = _TEXTS.get(event)
    if template is None:
        return " ".join([event, *(f"{name}={value}" for name, value in facts.items())])
    part = _PARTS.get(str(facts.get("part", "")), facts.get("part", ""))
    return template.format(**{"where": "", "reason": "", **facts, "part": part}).rstrip()

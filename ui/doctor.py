"""What doctor finds out: one `Finding` a subject, each asked without starting anything and without showing a secret."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from tools.embedded.services import Endpoints, running_services
from tools.llm.chain import read_chain
from tools.settings import Broker, Settings, SettingsError, unknown_names
from ui.health import exchange_ok, http_answers, http_ok
from ui.web.place import noted_place

OLLAMA = "http://127.0.0.1:11434"


class Mark(StrEnum):
    """GOOD and OFF are fine; BAD makes doctor's exit status 1."""

    GOOD = "✓"
    OFF = "–"
    BAD = "✗"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `advice` says what to do or what a missing key would add."""

    mark: Mark
    subject: str
    text: str
    advice: str = ""


def examine(settings: Settings) -> list[Finding]:
    """All findings, in the order in which things depend on each other."""
    found = running_services(settings)
    findings = [_machine(), _home(settings), *_environment()]
    findings += [_postgres(settings, found), _valkey(settings, found)]
    if settings.broker is Broker.SIM:
        findings.append(_exchange(settings, found))
    findings += [
        _oms(settings, found),
        _guard(settings, found),
        _worker(settings, found),
        _scheduler(settings),
        _web(settings),
        _broker(settings),
        _live(settings),
        _model(settings),
        _local_model(settings),
        _macro(settings),
    ]
    return findings


def _machine() -> Finding:
    return Finding(
        Mark.GOOD, "실행 환경", f"파이썬 {platform.python_version()}, {platform.system()} {platform.machine()}"
    )


def _home(settings: Settings) -> Finding:
    if not settings.home.exists():
        return Finding(
            Mark.OFF, "데이터 폴더", f"{settings.home} (아직 없음)", "./quartz up이나 ./quartz chat이 만들어요"
        )
    if not os.access(settings.home, os.W_OK | os.X_OK):
        return Finding(
            Mark.BAD, "데이터 폴더", f"{settings.home}에 쓸 수 없어요", "QUARTZ_HOME을 쓸 수 있는 폴더로 바꿔 주세요"
        )
    return Finding(Mark.GOOD, "데이터 폴더", str(settings.home))


def _environment() -> list[Finding]:
    return [
        Finding(Mark.BAD, "환경 변수", f"{name}은(는) 모르는 이름이에요", "오타가 아닌지 .env.example과 비교해 주세요")
        for name in unknown_names()
    ]


def _postgres(settings: Settings, found: Endpoints | None) -> Finding:
    import psycopg

    from tools.store.migrate import WrongRevision, check_revision

    kind = "설정한 서버" if settings.postgres_url else "내장 서버"
    if found is None or not found.postgres_admin_url:
        return Finding(Mark.OFF, "PostgreSQL", f"{kind}가 꺼져 있어요", "./quartz up으로 켜요")
    try:
        check_revision(found.postgres_admin_url)
    except psycopg.OperationalError:
        return Finding(Mark.BAD, "PostgreSQL", f"{kind}에 닿지 않아요", "QUARTZ_POSTGRES_URL과 서버를 확인해 주세요")
    except WrongRevision as fault:
        return Finding(
            Mark.BAD, "PostgreSQL", f"{kind}의 데이터 구조가 달라요: {fault}", "./quartz migrate를 실행해 주세요"
        )
    return Finding(Mark.GOOD, "PostgreSQL", f"{kind}, 데이터 구조 최신")


def _valkey(settings: Settings, found: Endpoints | None) -> Finding:
    import redis

    kind = "설정한 서버" if settings.redis_url else "내장 서버"
    if found is None:
        return Finding(Mark.OFF, "Valkey/Redis", f"{kind}가 꺼져 있어요", "./quartz up으로 켜요")
    try:
        with redis.Redis.from_url(found.redis_url, socket_timeout=2, socket_connect_timeout=2) as client:
            client.ping()
    except (redis.RedisError, ValueError):
        return Finding(Mark.BAD, "Valkey/Redis", f"{kind}에 닿지 않아요", "QUARTZ_REDIS_URL과 서버를 확인해 주세요")
    return Finding(Mark.GOOD, "Valkey/Redis", kind)


def _exchange(settings: Settings, found: Endpoints | None) -> Finding:
    url = settings.exchange_url or (found.exchange_url if found else "")
    if url and exchange_ok(url):
        return Finding(Mark.GOOD, "모의 거래소", f"{url} (모의 시세)")
    if settings.exchange_url:
        return Finding(Mark.BAD, "모의 거래소", f"{url}에 닿지 않아요", "QUARTZ_EXCHANGE_URL을 확인해 주세요")
    return Finding(Mark.OFF, "모의 거래소", "꺼져 있어요", "./quartz up으로 켜요")


def _oms(settings: Settings, found: Endpoints | None) -> Finding:
    from ui.health import oms_ok, oms_status

    if found is None or not oms_ok(found.oms_address):
        mark = Mark.BAD if settings.oms_address else Mark.OFF
        return Finding(mark, "주문 관리(OMS)", "닿지 않아요", "./quartz up으로 켜요")
    status = oms_status(found.oms_address, settings)
    if status is None:
        return Finding(Mark.GOOD, "주문 관리(OMS)", "켜져 있어요")
    named = (("거래 상태", status.trading_state), ("토큰", status.token_status), ("체결 통보", status.channel))
    facts = " · ".join([status.environment, *(f"{name} {value}" for name, value in named if value)])
    manual = f"사람의 판정을 기다리는 주문 {len(status.manual)}건: ./quartz oms resolve" if status.manual else ""
    return Finding(Mark.GOOD, "주문 관리(OMS)", facts, manual)


def _guard(settings: Settings, found: Endpoints | None) -> Finding:
    from ui.health import guard_note, oms_ok

    note = guard_note(settings)
    if note is None:
        alone = settings.oms_address is None and found is not None and oms_ok(found.oms_address)
        advice = "./quartz up이나 ./quartz guard로 켜요. 꺼져 있으면 손절·익절이 나가지 않아요"
        return Finding(Mark.BAD if alone else Mark.OFF, "손절 지킴이", "꺼져 있어요", advice)
    if not note["ready"]:
        text = "주문 관리(OMS)나 데이터베이스에 닿지 않아요"
        return Finding(Mark.BAD, "손절 지킴이", text, "잠시 뒤에도 그대로면 ./quartz up을 다시 켜 주세요")
    silent = ", ".join(note["stale"])
    facts = f"보유 {note['positions']}건을 지켜봐요"
    return Finding(Mark.GOOD, "손절 지킴이", facts, f"시세가 조용해 따로 묻는 종목: {silent}" if silent else "")


def _worker(settings: Settings, found: Endpoints | None) -> Finding:
    """`up` starts it last and waits for nobody, so a missing one is no fault of the configuration."""
    from ui.health import worker_note

    note = worker_note(settings)
    if note is None:
        advice = "./quartz up이나 ./quartz worker로 켜요. 꺼져 있으면 켜 둔 전략이 거래하지 않아요"
        return Finding(Mark.OFF, "전략 일꾼", "꺼져 있어요", advice)
    if not note["ready"]:
        text = "데이터베이스나 시세에 닿지 않아요"
        return Finding(Mark.BAD, "전략 일꾼", text, "잠시 뒤에도 그대로면 ./quartz up을 다시 켜 주세요")
    return Finding(Mark.GOOD, "전략 일꾼", f"켜 둔 전략 {len(note['strategies'])}개를 지켜봐요")


def _scheduler(settings: Settings) -> Finding:
    """Late like the worker, and somebody may have switched it off."""
    from ui.health import scheduler_note

    note = scheduler_note(settings)
    if note is None:
        off = "설정에서 껐어요 (QUARTZ_SCHEDULER=off)" if settings.scheduler == "off" else "꺼져 있어요"
        advice = (
            "./quartz up이나 ./quartz scheduler로 켜요. 꺼져 있으면 정기 점검과 뉴스·거시 조사가 저절로 돌지 않아요"
        )
        return Finding(Mark.OFF, "스케줄러", off, advice)
    if not note["ready"]:
        return Finding(
            Mark.BAD, "스케줄러", "데이터베이스에 닿지 않아요", "잠시 뒤에도 그대로면 ./quartz up을 다시 켜 주세요"
        )
    return Finding(Mark.GOOD, "스케줄러", f"계좌 {note['accounts']}개를 정기 점검해요", slots_in_words(note))


def slots_in_words(note: Mapping[str, Any]) -> str:
    """The newest slot of each kind and the next one, from the scheduler's note."""
    from domain.clock import format_moment
    from domain.slots import Kind
    from graph.schedule.words import NAMES, OUTCOMES

    last, coming = note.get("last") or {}, note.get("next") or {}
    said = []
    for kind in Kind:
        parts = []
        if kind.value in last:
            parts.append(f"{last[kind.value]['slot'][5:].replace('T', ' ')} {OUTCOMES[last[kind.value]['outcome']]}")
        if kind.value in coming:
            parts.append(f"다음 {format_moment(datetime.fromisoformat(coming[kind.value]))}")
        said += [f"{NAMES[kind]} {', '.join(parts)}"] if parts else []
    return " · ".join(said)


def _web(settings: Settings) -> Finding:
    place = noted_place(settings)
    if place is not None and http_ok(place.local_url + "/health/live", timeout=3.0):
        return Finding(Mark.GOOD, "브라우저 화면", place.public_url, "들어갈 링크는 ./quartz link")
    return Finding(Mark.OFF, "브라우저 화면", "꺼져 있어요", "./quartz up으로 켜요")


def _broker(settings: Settings) -> Finding:
    has_paper = settings.kis_paper_app_key is not None or settings.kis_devlp is not None
    if settings.broker is Broker.SIM:
        advice = (
            "QUARTZ_BROKER=paper로 바꾸면 한국투자 모의투자에 주문해요"
            if has_paper
            else "한국투자 모의투자 키를 넣으면(QUARTZ_KIS_PAPER_…) 실제 시세로 모의투자를 해요"
        )
        return Finding(
            Mark.OFF, "증권사", "모의 거래소를 써요 (키 없음)" if not has_paper else "모의 거래소를 써요", advice
        )
    name = "한국투자 모의투자" if settings.broker is Broker.PAPER else "한국투자 실전투자"
    advice = "" if settings.kis_hts_id or settings.kis_devlp else "QUARTZ_KIS_HTS_ID를 넣으면 체결 통보를 바로 받아요"
    return Finding(Mark.GOOD, "증권사", f"{name} 키가 설정되어 있어요", advice)


def _live(settings: Settings) -> Finding:
    if settings.broker is Broker.LIVE:
        return Finding(Mark.GOOD, "실전 주문", "켜져 있어요. 실제 돈이 쓰여요")
    return Finding(
        Mark.OFF,
        "실전 주문",
        "꺼져 있어요",
        "실전 키와 QUARTZ_BROKER=live, QUARTZ_LIVE_TRADING=yes가 모두 있어야 켜져요",
    )


def _model(settings: Settings) -> Finding:
    try:
        chain = read_chain(settings)
    except SettingsError as fault:
        return Finding(Mark.BAD, "언어 모델", str(fault), ".env.example의 설명을 확인해 주세요")
    if not chain:
        return Finding(
            Mark.OFF, "언어 모델", "규칙으로 대화해요", "QUARTZ_MODEL(예: openai:gpt-4o-mini)과 키를 넣을 자리예요"
        )
    for link in chain:
        if link.own_address and not http_answers(link.base_url + "/models"):
            return Finding(
                Mark.BAD, "언어 모델", f"{link.base_url}에 닿지 않아요", "QUARTZ_MODEL_BASE_URL을 확인해 주세요"
            )
    named = " → ".join(f"{link.label} ({'키 있음' if link.key else '키 없음'})" for link in chain)
    return Finding(Mark.GOOD, "언어 모델", named, "키가 맞는지는 첫 질문 때 확인해요. 답이 없으면 규칙으로 답해요")


def _local_model(settings: Settings) -> Finding:
    if http_ok(OLLAMA + "/api/version", timeout=0.5):
        advice = "" if settings.model_base_url else f"QUARTZ_MODEL_BASE_URL={OLLAMA}/v1로 쓸 수 있어요"
        return Finding(Mark.GOOD, "이 컴퓨터의 모델", f"Ollama {OLLAMA}", advice)
    return Finding(
        Mark.OFF, "이 컴퓨터의 모델", "Ollama가 없어요", "설치하면 키 없이 이 컴퓨터에서 모델을 쓸 수 있어요"
    )


def _macro(settings: Settings) -> Finding:
    from domain.macro.series import SOURCE_NAMES
    from tools.macro.sources import HOW, serving

    asked = serving(settings)
    if not asked:
        return Finding(Mark.OFF, "경제 지표", "시연용 자료를 써요", HOW)
    names = ", ".join(SOURCE_NAMES[source] for source in asked)
    return Finding(Mark.GOOD, "경제 지표", names, "닿는지는 ./quartz doctor --sources, 받기는 ./quartz macro refresh")

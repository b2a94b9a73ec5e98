"""Doctor: everything off is fine, what is configured and broken is bad, and no secret is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tools.settings import Broker, Settings
from ui.doctor import Finding, Mark, examine


def by_subject(settings: Settings) -> dict[str, Finding]:
    return {finding.subject: finding for finding in examine(settings)}


def test_with_nothing_running_nothing_is_bad_and_each_missing_thing_says_what_it_would_add(quartz_home: Path) -> None:
    found = by_subject(Settings(home=quartz_home / "new"))
    assert {finding.mark for finding in found.values()} == {Mark.GOOD, Mark.OFF}
    assert "QUARTZ_KIS_PAPER" in found["증권사"].advice
    assert "QUARTZ_MODEL" in found["언어 모델"].advice
    assert not (quartz_home / "new").exists()


def test_the_worker_is_told_as_it_says_of_itself(quartz_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=quartz_home)
    assert by_subject(settings)["전략 일꾼"].mark is Mark.OFF
    for ready, mark in ((False, Mark.BAD), (True, Mark.GOOD)):
        monkeypatch.setattr("ui.health.worker_note", lambda _, ready=ready: {"ready": ready, "strategies": [{}, {}]})
        finding = by_subject(settings)["전략 일꾼"]
        assert finding.mark is mark
    assert "전략 2개" in finding.text


def test_the_schedulers_last_and_next_slots_are_told(quartz_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=quartz_home)
    assert by_subject(settings)["스케줄러"].mark is Mark.OFF
    off = by_subject(settings.model_copy(update={"scheduler": "off"}))["스케줄러"]
    assert (off.mark, off.text) == (Mark.OFF, "설정에서 껐어요 (QUARTZ_SCHEDULER=off)")
    last = {"cycle": {"slot": "2026-11-23T10:00", "outcome": "done"}, "news": {"slot": "2026-11-23T00:00"}}
    last["news"]["outcome"] = "failed"
    note = {"ready": True, "accounts": 2, "last": last, "next": {"cycle": "2026-11-23T10:30:00+09:00"}}
    monkeypatch.setattr("ui.health.scheduler_note", lambda _: note)
    found = by_subject(settings)["스케줄러"]
    assert (found.mark, found.text) == (Mark.GOOD, "계좌 2개를 정기 점검해요")
    assert found.advice == "점검 11-23 10:00 마침, 다음 11월 23일 10:30 · 뉴스 읽기 11-23 00:00 실패"
    monkeypatch.setattr("ui.health.scheduler_note", lambda _: {"ready": False})
    assert by_subject(settings)["스케줄러"].mark is Mark.BAD


def test_reachable_servers_are_good(database: Any) -> None:
    found = by_subject(database.settings)
    assert (found["PostgreSQL"].mark, found["Valkey/Redis"].mark) == (Mark.GOOD, Mark.GOOD)


def test_configured_servers_that_do_not_answer_are_bad(quartz_home: Path) -> None:
    settings = Settings(
        home=quartz_home,
        postgres_url=SecretStr("postgresql://quartz:hunter2@127.0.0.1:1/quartz"),
        redis_url=SecretStr("redis://:hunter2@127.0.0.1:1"),
        exchange_url="http://127.0.0.1:1",
        oms_address="unix:/nonexistent",
        model="openai:x",
        model_base_url="http://127.0.0.1:1/v1",
    )
    found = by_subject(settings)
    for subject in ("PostgreSQL", "Valkey/Redis", "모의 거래소", "주문 관리(OMS)", "언어 모델"):
        assert found[subject].mark is Mark.BAD, subject
    assert "hunter2" not in str(found)


def test_a_database_of_another_revision_names_the_command(servers: Any, empty_database: str) -> None:
    settings = Settings(postgres_url=SecretStr(empty_database), redis_url=SecretStr(servers.endpoints.redis_url))
    finding = by_subject(settings)["PostgreSQL"]
    assert finding.mark is Mark.BAD
    assert "./quartz migrate" in finding.advice


def test_keys_are_named_and_never_shown(quartz_home: Path) -> None:
    key, account = SecretStr("PSsecretsecretsecret"), SecretStr("50123456-01")
    settings = Settings(
        home=quartz_home,
        broker=Broker.PAPER,
        kis_paper_app_key=key,
        kis_paper_app_secret=key,
        kis_paper_account=account,
    )
    found = by_subject(settings)
    assert "모의투자" in found["증권사"].text
    assert "PSsecret" not in str(found)
    assert "50123456" not in str(found)


def test_a_misspelt_environment_variable_is_bad(quartz_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUARTZ_BROKR", "live")
    assert "QUARTZ_BROKR" in by_subject(Settings(home=quartz_home))["환경 변수"].text


def test_a_model_is_told_as_configured_and_its_key_is_not_shown(quartz_home: Path) -> None:
    chain = "openai:gpt-4o-mini,google_genai:gemini-2.5-flash"
    settings = Settings(home=quartz_home, model=chain, model_api_key=SecretStr("sk-first-5ecret,AIza-second-5ecret"))
    finding = by_subject(settings)["언어 모델"]
    assert finding.mark is Mark.GOOD
    assert finding.text == "openai:gpt-4o-mini (키 있음) → google_genai:gemini-2.5-flash (키 있음)"
    assert "5ecret" not in str(finding)
    broken = by_subject(Settings(home=quartz_home, model="moon:big", model_api_key=SecretStr("sk-first-5ecret")))
    assert broken["언어 모델"].mark is Mark.BAD
    assert "QUARTZ_MODEL" in broken["언어 모델"].text
    assert "5ecret" not in str(broken)

"""The JSON interface of the conversation, as a program meets it: one line in, one turn out, whatever the line is."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import jsonschema
from household import Guest, Household, complete_profile
from people import ACTIVE

from domain.strategy.spec import json_schema, parse_spec
from tools.settings import ROOT


def quartz(home: Household, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli", *words],
        env=home.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def test_every_turn_fits_the_published_schema_and_bad_lines_are_answered(guest: Guest) -> None:
    schema = json.loads(quartz(guest.home, "chat", "--schema"))
    chat = guest.chat()
    good = [
        chat.say(text)
        for text in ("안녕", "2천만원으로 반도체 위주, 손실은 5%까지만", "삼성전자 현재가", "잔고", "왜?")
    ]

    bad: list[dict[str, Any]] = [chat.say(text) for text in ("가" * 3_000, "/approve", "/buy 005930", "/approve 1234")]
    chat.send_bytes(b"\xff\xfe\x00\n")
    bad.append(chat.turn())
    chat.send_bytes(b"A" * 200_000 + b"\n")
    bad.append(chat.turn())
    chat.send("   ")  # a blank line is no message
    after = chat.say("삼성전자 현재가")

    for turn in [*good, *bad, after]:
        jsonschema.validate(turn, schema)
        assert turn["reply"]
    assert [any(n["code"] == "bad_input" for n in turn["notices"]) for turn in bad] == [True] * 4 + [False, True]
    assert "삼성전자" in after["reply"]


def test_an_exported_strategy_is_the_one_in_force_and_round_trips(guest: Guest) -> None:
    chat = guest.chat()
    turn = complete_profile(chat, ACTIVE)
    turn = turn if turn["strategy"] else chat.say("전략 만들어줘")
    exported = json.loads(quartz(guest.home, "strategy", "export", "--user", guest.name))
    jsonschema.validate(exported, json_schema())
    spec = parse_spec(exported)
    assert spec.content_hash() == turn["strategy"]["hash"]
    assert spec.to_json() == exported

    file = guest.home.home / "strategy.json"
    file.write_text(json.dumps(exported, ensure_ascii=False), encoding="utf-8")
    assert spec.content_hash() in quartz(guest.home, "strategy", "validate", str(file))
    assert "대상" in quartz(guest.home, "strategy", "show", str(file))

    brought = guest.home.home / "momentum.kis.yaml"
    quartz(guest.home, "strategy", "presets", "momentum", "--format", "kis", "--out", str(brought))
    quartz(guest.home, "strategy", "import", str(brought), "--tickers", "005930", "--user", guest.name)
    newest = parse_spec(json.loads(quartz(guest.home, "strategy", "export", "--user", guest.name)))
    assert (newest.strategy.id, newest.universe.tickers) == ("momentum", ("005930",))
    assert newest.profile_version == spec.profile_version

"""`quartz doctor --sources`: each true source is tried with one small question and told in one line."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from fakes import START
from macro_servers import BROKEN, FRED_KEY, LOGIN, Publishers, publishers
from pydantic import SecretStr

import tools.macro.probes
from domain.clock import ManualClock
from tools.macro.ecos import Ecos
from tools.macro.fred import Fred
from tools.macro.probes import probes
from tools.macro.worldbank import WorldBank
from tools.probes import Probe
from tools.settings import Settings
from ui.commands.doctor import main
from ui.doctor import Finding, Mark
from ui.doctor_sources import SOURCES, findings

KEYED = Settings(fred_api_key=SecretStr(FRED_KEY))


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> Any:
    async with publishers() as made:
        made.figures[("ecos", "722Y001/0101000")] = {"202610": "2.5"}
        made.figures[("fred", "FEDFUNDS")] = {"2026-10-01": "3.75"}
        made.figures[("worldbank", "WLD/NY.GDP.MKTP.KD.ZG")] = {"2025": 2.87}
        monkeypatch.setattr(tools.macro.probes, "Ecos", partial(Ecos, base_url=made.ecos))
        monkeypatch.setattr(tools.macro.probes, "Fred", partial(Fred, base_url=made.fred))
        monkeypatch.setattr(tools.macro.probes, "WorldBank", partial(WorldBank, base_url=made.bank))
        yield made


async def found(settings: Settings) -> list[Finding]:
    return await findings(probes(settings, ManualClock(START)))


async def test_sources_that_answer_tell_their_newest_figure(world: Publishers) -> None:
    assert [(line.mark, line.subject, line.text) for line in await found(KEYED)] == [
        (Mark.GOOD, "한국은행 ECOS", "기준금리 2.5 (2026년 10월)"),
        (Mark.GOOD, "미국 FRED", "미국 기준금리 3.75 (2026년 10월)"),
        (Mark.GOOD, "세계은행", "세계 경제성장률 2.87 (2025년)"),
    ]
    assert any("/sample/" in path for path in world.asked)  # the public key, since none is set


async def test_a_missing_key_is_no_fault_and_says_what_it_would_add(world: Publishers) -> None:
    ecos, fred, _ = await found(Settings())
    assert (fred.mark, "QUARTZ_FRED_API_KEY" in fred.advice) == (Mark.OFF, True)
    assert (ecos.mark, "QUARTZ_ECOS_API_KEY" in ecos.advice) == (Mark.GOOD, True)


async def test_each_failure_is_its_own_line(world: Publishers) -> None:
    world.then("ecos", LOGIN)
    world.then("fred", *[BROKEN] * 3)
    world.figures[("worldbank", "WLD/NY.GDP.MKTP.KD.ZG")] = {}
    lines = await found(KEYED)
    assert [line.mark for line in lines] == [Mark.BAD] * 3
    assert [line.text for line in lines] == [
        "자료 대신 다른 화면으로 보내요.",
        "서버에 문제가 있어요.",
        "답은 하지만 세계 경제성장률 값이 없어요",
    ]


async def test_a_refused_key_says_that_it_is_the_key(world: Publishers) -> None:
    fred = (await found(Settings(fred_api_key=SecretStr("f" * 32))))[1]
    assert (fred.mark, fred.text, fred.advice) == (
        Mark.BAD,
        "인증키를 받아 주지 않아요. 키를 확인해 주세요.",
        "",
    )


class Broken:
    name = "고장 난 곳"

    async def probe(self) -> Probe:
        raise KeyError("secret")


async def test_a_source_with_a_defect_hides_no_other(world: Publishers) -> None:
    lines = await findings([Broken(), *probes(KEYED, ManualClock(START))])
    assert (lines[0].mark, lines[1].mark) == (Mark.BAD, Mark.GOOD)
    assert "secret" not in lines[0].text


def test_the_command_prints_the_lines_and_fails_with_a_bad_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "tools.macro.probes:probes" in SOURCES
    told = [
        Finding(Mark.GOOD, "한국은행 ECOS", "기준금리 2.5"),
        Finding(Mark.OFF, "미국 FRED", "키가 없어요", "넣어요"),
    ]
    monkeypatch.setattr("ui.doctor_sources.examine_sources", lambda settings: told)
    assert main(["--sources"]) == 0
    assert "기준금리 2.5" in capsys.readouterr().out
    told.append(Finding(Mark.BAD, "세계은행", "서버에 닿지 않아요."))
    assert main(["--sources"]) == 1
    assert main(["--everything"]) == 2

"""The publishers over the wire: their real formats, their refusals, and every way in which a server can fail."""

from __future__ import annotations

import gzip
import json
import logging
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import structlog
from fakes import START
from macro_servers import BROKEN, ECOS_KEY, FRED_KEY, LOGIN, PAGE, Fault, Publishers
from pydantic import SecretStr

from domain.clock import ManualClock
from domain.macro.series import Series, catalogue
from domain.macro.vintage import Published
from tools.macro.ecos import Ecos
from tools.macro.errors import AskedWrongly, KeyRefused, SourceDown, SourceFailed, TooManyCalls
from tools.macro.fred import Fred
from tools.macro.port import MacroSource
from tools.macro.wire import Reply, decoded, figure
from tools.macro.worldbank import WorldBank

SERIES = {series.code: series for series in catalogue()}
FIRST, LAST = date(2026, 1, 1), date(2026, 10, 1)
YEARS = (date(2016, 1, 1), date(2026, 1, 1))
# Of each publisher: one of its series, a window, the table's row and what must come out.
CASES: dict[str, tuple[str, tuple[date, date], dict[str, Any], list[tuple[date, str]]]] = {
    "ecos": (
        "base_rate",
        (FIRST, LAST),
        {"202608": "2.75", "202609": "-", "202610": "2.5", "202611": "9"},
        [(date(2026, 8, 1), "2.75"), (date(2026, 10, 1), "2.5")],
    ),
    "fred": (
        "fed_funds",
        (FIRST, LAST),
        {"2026-08-01": "4.00", "2026-09-01": ".", "2026-10-01": "3.75", "2025-12-01": "9"},
        [(date(2026, 8, 1), "4.00"), (date(2026, 10, 1), "3.75")],
    ),
    "worldbank": (
        "world_gdp",
        YEARS,
        {"2023": 2.9, "2024": 2.87, "2025": None, "2012": 9},
        [(date(2023, 1, 1), "2.9"), (date(2024, 1, 1), "2.87")],
    ),
}
SECRETS = (ECOS_KEY, FRED_KEY)


@pytest.fixture(params=list(CASES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def client(name: str, world: Publishers, *, seconds: float = 10.0, key: str | None = None) -> Any:
    clock = ManualClock(START)
    if name == "ecos":
        return Ecos(SecretStr(key or ECOS_KEY), clock, base_url=world.ecos, seconds=seconds)
    if name == "fred":
        return Fred(SecretStr(key or FRED_KEY), clock, base_url=world.fred, seconds=seconds)
    return WorldBank(clock, base_url=world.bank, seconds=seconds)


@asynccontextmanager
async def asking(name: str, world: Publishers, **how: Any) -> AsyncIterator[Callable[[], Any]]:
    """A question to the publisher that its table can answer."""
    code, window, row, _ = CASES[name]
    world.figures.setdefault((name, SERIES[code].key), dict(row))
    source: MacroSource = client(name, world, **how)
    try:
        yield lambda: source.published(SERIES[code], *window)
    finally:
        await source.aclose()


def expected(name: str) -> tuple[Published, ...]:
    return tuple(Published(period, Decimal(value)) for period, value in CASES[name][3])


async def test_figures_come_by_period_without_gaps_filled_in(name: str, world: Publishers) -> None:
    async with asking(name, world) as ask:
        assert await ask() == expected(name)
    assert len(world.asked) == 1


async def test_every_series_of_the_catalogue_is_asked_by_its_publishers_own_words(world: Publishers) -> None:
    for series in catalogue():
        period = {"M": {"ecos": "202610", "fred": "2026-10-01"}, "A": {"worldbank": "2025"}}[series.cycle]
        world.figures[(series.source, series.key)] = {period[series.source]: "1.5"}
        source = client(series.source, world)
        found = await source.published(series, *(YEARS if series.cycle == "A" else (FIRST, LAST)))
        assert [row.value for row in found] == [Decimal("1.5")], series.code
        await source.aclose()
    assert f"/ecos/StatisticSearch/{ECOS_KEY}/json/kr/1/1000/722Y001/M/202601/202610/0101000" in world.asked
    assert f"/ecos/StatisticSearch/{ECOS_KEY}/json/kr/1/1000/731Y004/M/202601/202610/0000001/0000100" in world.asked
    assert any("series_id=FEDFUNDS" in path and "file_type=json" in path for path in world.asked)
    assert any(path.startswith("/bank/country/WLD/indicator/NY.GDP.MKTP.KD.ZG?format=json") for path in world.asked)


async def test_nothing_there_is_empty_and_no_fault(name: str, world: Publishers) -> None:
    code = CASES[name][0]
    world.figures[(name, SERIES[code].key)] = {}
    async with asking(name, world) as ask:
        assert await ask() == ()


async def test_the_public_sample_key_reads_ten_rows_at_a_time(world: Publishers) -> None:
    world.figures[("ecos", "722Y001/0101000")] = {f"2025{month:02d}": month for month in range(1, 13)} | {
        f"2026{month:02d}": month for month in range(1, 11)
    }
    source = client("ecos", world, key="sample")
    found = await source.published(SERIES["base_rate"], date(2025, 1, 1), LAST)
    await source.aclose()
    assert [row.period.month for row in found] == [*range(1, 13), *range(1, 11)]
    assert [path.split("/")[6:8] for path in world.asked] == [["1", "10"], ["11", "20"], ["21", "30"]]


@pytest.mark.parametrize("paged", ["fred", "worldbank"])
async def test_pages_are_read_to_their_end(paged: str, world: Publishers) -> None:
    world.page = 1
    async with asking(paged, world) as ask:
        assert await ask() == expected(paged)
    assert len(world.asked) == 3


async def test_a_refused_key_is_said_without_the_key(world: Publishers) -> None:
    for source in ("ecos", "fred"):
        async with asking(source, world, key="WRONGKEY5ECRET") as ask:
            with pytest.raises(KeyRefused) as refused:
                await ask()
        told = "".join(traceback.format_exception(refused.value))
        assert "WRONGKEY5ECRET" not in told
        assert "키를 확인해 주세요" in refused.value.message
    assert len(world.asked) == 2  # asking again would change nothing


@pytest.mark.parametrize(
    ("code", "kind", "calls"),
    [
        ("INFO-100", KeyRefused, 1),
        ("ERROR-100", AskedWrongly, 1),
        ("ERROR-101", AskedWrongly, 1),
        ("ERROR-301", AskedWrongly, 1),
        ("ERROR-400", SourceDown, 3),
        ("ERROR-500", AskedWrongly, 1),
        ("ERROR-600", SourceDown, 3),
        ("ERROR-602", TooManyCalls, 1),
        ("WHAT-1", SourceDown, 3),
    ],
)
@pytest.mark.parametrize("form", ["json", "xml"])
async def test_each_refusal_of_ecos_has_its_reaction(
    world: Publishers, code: str, kind: type[SourceFailed], calls: int, form: str
) -> None:
    body = (
        json.dumps({"RESULT": {"CODE": code, "MESSAGE": f"안 됩니다 {ECOS_KEY}"}}, ensure_ascii=False)
        if form == "json"
        else f'<?xml version="1.0" encoding="UTF-8"?><RESULT><CODE>{code}</CODE><MESSAGE>안 됩니다</MESSAGE></RESULT>'
    )
    world.then("ecos", *[Fault(body=body.encode())] * 3)
    async with asking("ecos", world) as ask:
        with pytest.raises(kind) as failed:
            await ask()
    assert ECOS_KEY not in str(failed.value)
    assert len(world.asked) == calls


MALFORMED = (
    "Bad Request.  The value for variable api_key is not a 32 character alpha-numeric lower-case string.  Read …"
)
NO_SERIES = "Bad Request.  The series does not exist."
INVALID = {"id": "120", "key": "Invalid value", "value": "The provided parameter value is not valid"}
OUT = {"id": "105", "key": "Service currently unavailable", "value": "…"}
XML = (
    '<wb:error xmlns:wb="http://www.worldbank.org"><wb:message id="120" key="Invalid value">no</wb:message></wb:error>'
)


@pytest.mark.parametrize(
    ("source", "body", "kind"),
    [
        ("fred", {"error_code": 400, "error_message": NO_SERIES}, AskedWrongly),
        ("fred", {"error_code": 400, "error_message": MALFORMED}, KeyRefused),
        ("worldbank", [{"message": [INVALID]}], AskedWrongly),
        ("worldbank", XML, AskedWrongly),
        ("worldbank", [{"message": [OUT]}], SourceDown),
        ("worldbank", [{"message": []}], AskedWrongly),
    ],
)
async def test_other_refusals_are_understood(
    world: Publishers, source: str, body: Any, kind: type[SourceFailed]
) -> None:
    raw = (body if isinstance(body, str) else json.dumps(body)).encode()
    world.then(source, *[Fault(400 if source == "fred" else 200, raw)] * 3)
    async with asking(source, world) as ask:
        with pytest.raises(kind):
            await ask()


@pytest.mark.parametrize("fault", [BROKEN, PAGE, Fault(cut=True), Fault(abort=True), Fault(body=b"\xff\xfe\x00")])
async def test_what_passes_by_is_asked_again(name: str, world: Publishers, fault: Fault) -> None:
    world.then(name, fault, fault)
    async with asking(name, world) as ask:
        assert await ask() == expected(name)
    assert len(world.asked) == 3


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (BROKEN, "server_error"),
        (PAGE, "not_data"),
        (Fault(cut=True), "not_data"),
        (Fault(abort=True), "unreachable"),
        (Fault(body=b"[" * 100_000), "not_data"),
        (Fault(body=gzip.compress(b" " * 9_000_000), headers={"Content-Encoding": "gzip"}), "unreachable"),
        (Fault(body=b"garbage", headers={"Content-Encoding": "gzip"}), "unreachable"),
        (Fault(304), "redirected"),  # nobody asked whether anything had changed
    ],
)
async def test_what_lasts_is_told_by_a_code(name: str, world: Publishers, fault: Fault, code: str) -> None:
    world.then(name, *[fault] * 3)
    async with asking(name, world) as ask:
        with pytest.raises(SourceDown) as down:
            await ask()
    assert down.value.code == code


async def test_a_login_page_is_not_followed_and_not_asked_twice(name: str, world: Publishers) -> None:
    world.then(name, LOGIN)
    async with asking(name, world) as ask:
        with pytest.raises(SourceDown, match="redirected"):
            await ask()
    assert len(world.asked) == 1


@pytest.mark.parametrize("fault", [Fault(hang=True), Fault(drip=True)])
async def test_silence_and_a_byte_now_and_then_end_at_the_deadline(name: str, world: Publishers, fault: Fault) -> None:
    world.then(name, *[fault] * 3)
    async with asking(name, world, seconds=0.15) as ask:
        with pytest.raises(SourceDown, match="timeout"):
            await ask()
    assert len(world.asked) == 3


async def test_too_many_calls_are_not_answered_with_more(world: Publishers) -> None:
    world.then("fred", Fault(429, b'{"error_code":429,"error_message":"Too Many Requests.  Exceeded Rate Limit"}'))
    async with asking("fred", world) as ask:
        with pytest.raises(TooManyCalls):
            await ask()
    assert len(world.asked) == 1


@pytest.mark.parametrize("charset", ["euc-kr", "cp949", "utf-8-sig"])
async def test_a_body_in_another_charset_than_it_claims_is_read(world: Publishers, charset: str) -> None:
    world.then("ecos", Fault(charset=charset))
    async with asking("ecos", world) as ask:
        assert await ask() == expected("ecos")
    assert len(world.asked) == 1


@pytest.mark.parametrize(
    ("raw", "declared"),
    [
        ("기준금리".encode(), "text/html; charset=euc-kr"),
        ("기준금리".encode("cp949"), "application/json; charset=UTF-8"),
        ("기준금리".encode("cp949"), "application/json"),
        ("기준금리".encode("euc-kr"), 'text/xml; charset="EUC-KR"'),
    ],
)
def test_korean_is_read_whatever_the_header_says(raw: bytes, declared: str) -> None:
    assert decoded(raw, declared) == "기준금리"


async def test_an_unchanged_answer_is_taken_from_the_last_one(name: str, world: Publishers) -> None:
    world.etags = True
    async with asking(name, world) as ask:
        assert await ask() == expected(name)
        assert await ask() == expected(name)
        assert world.not_modified == 1
        world.figures[(name, SERIES[CASES[name][0]].key)].clear()
        assert await ask() == ()


def ecos_body(*rows: tuple[str, Any], **more: Any) -> dict[str, Any]:
    found = [{"TIME": period, "DATA_VALUE": value, **more} for period, value in rows]
    return {"StatisticSearch": {"list_total_count": len(found), "row": found}}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("ecos", ecos_body(("202610", "1"), STAT_CODE="901Y009")),
        ("ecos", ecos_body(("202610", "1"), ("202610", "2"))),
        ("ecos", ecos_body(("20261", "1"))),
        ("ecos", ecos_body(("202610", "많음"))),
        ("ecos", {"StatisticSearch": {"list_total_count": "1", "row": []}}),
        ("fred", {"count": 1, "observations": [{"date": "2026-10-01", "value": "NaN"}]}),
        ("fred", {"count": 1, "observations": [{"date": "2026-10-01", "value": True}]}),
        ("fred", {"count": 1, "observations": [{"date": "2026-10-01", "value": "1e-999999"}]}),
        ("fred", {"count": 1, "observations": [{"date": "2026-10-01", "value": "1e999999"}]}),
        ("fred", {"count": 1, "observations": "none"}),
        ("worldbank", [{"pages": 1}, [{"indicator": {"id": "OTHER"}, "date": "2024", "value": 1}]]),
        ("worldbank", [{"pages": 1}, {"date": "2024"}]),
        ("worldbank", {"pages": 1}),
    ],
)
async def test_figures_of_another_kind_are_no_data(name: str, body: Any, world: Publishers) -> None:
    world.then(name, *[Fault(body=json.dumps(body, ensure_ascii=False).encode())] * 3)
    async with asking(name, world) as ask:
        with pytest.raises(SourceDown, match="not_data"):
            await ask()


@pytest.mark.parametrize("value", ["", "-", ".", " ", None])
def test_missing_figures_are_none(value: str | None) -> None:
    assert figure(value) is None


def test_recorded_answers_of_the_publishers_are_read(shared_dir: Path) -> None:
    """Bodies that were recorded from the real servers, by others."""
    from tools.macro import ecos, fred, worldbank

    samples = json.loads((shared_dir / "data/macro/samples.json").read_text("utf-8"))

    def reply(name: str) -> Reply:
        return Reply(samples[name]["http"], json.dumps(samples[name]["body"], ensure_ascii=False))

    assert ecos._rows(reply("ecos_base_rate_ok"))[1][0]["DATA_VALUE"] == "3.5"
    assert ecos._rows(reply("ecos_household_loan_rate"))[0] == 95
    assert ecos._rows(reply("ecos_nodata")) == (0, [])
    with pytest.raises(KeyRefused):
        ecos._rows(reply("ecos_badkey"))
    with pytest.raises(TooManyCalls):
        ecos._rows(reply("ecos_throttle"))
    assert fred._observations(reply("fred_ok_real"))[1][0]["value"] == "26.25"
    with pytest.raises(KeyRefused):
        fred._observations(reply("fred_badkey"))
    with pytest.raises(AskedWrongly):
        fred._observations(reply("fred_badseries"))
    assert worldbank._rows(reply("worldbank_ok_real"))[0] == 1
    with pytest.raises(AskedWrongly):
        worldbank._rows(reply("worldbank_error"))


async def test_no_key_is_in_a_log_a_repr_or_an_exception(
    world: Publishers, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    series: Series = SERIES["base_rate"]
    for source, key in (("ecos", ECOS_KEY), ("fred", FRED_KEY)):
        made = client(source, world, seconds=0.15)
        for fault in (BROKEN, Fault(hang=True), Fault(abort=True), LOGIN):
            world.then(source, *[fault] * 3)
            with structlog.testing.capture_logs() as lines, pytest.raises(SourceFailed) as failed:
                await made.published(series, FIRST, LAST)
            world.faults[source].clear()
            told = "".join(traceback.format_exception(failed.value)) + repr(vars(made)) + repr(lines)
            assert key not in told
        await made.aclose()
    out = capsys.readouterr()
    assert not any(secret in caplog.text + out.out + out.err for secret in SECRETS)

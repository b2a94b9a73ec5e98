"""Stock masters from where KIS publishes them: put in place only when they are whole, and otherwise nothing changes."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from domain.clock import KST, SystemClock
from tools.news import master_download
from tools.news.listings import MAX_BYTES, load_listing
from tools.news.master_download import NOT_A_MASTER, TOO_FEW, Downloaded, download, due
from ui.commands import selector

WIDTHS = {"kospi_code.mst": 227, "kosdaq_code.mst": 221}


def master(file: str, count: int = 10) -> bytes:
    tail = "ST1" + "0" * 12 + "N" * (WIDTHS[file] - 15)
    first = 1000 if file.startswith("kospi") else 5000
    lines = [f"{first + n:06d}   KR7{first + n:06d}003가나{n}상사          {tail}" for n in range(count)]
    return "\n".join(lines).encode("cp949")


def packed(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


class Venue:
    """What is published, by file; and how it is asked."""

    def __init__(self) -> None:
        self.files = {file: packed(file, master(file)) for file in WIDTHS}
        self.asked: list[str] = []
        self.url = ""
        self.status = 200


@asynccontextmanager
async def venue() -> AsyncIterator[Venue]:
    made = Venue()

    async def handle(request: web.Request) -> web.Response:
        made.asked.append(request.path)
        if made.status != 200:
            return web.Response(status=made.status)
        data = made.files.get(request.path.removeprefix("/common/").removesuffix(".zip"))
        if data is None:
            return web.Response(status=404)
        tag = f'"{hash(data)}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304)
        return web.Response(body=data, headers={"Content-Type": "application/zip", "ETag": tag})

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/common"
    try:
        yield made
    finally:
        await runner.cleanup()


class Later(SystemClock):
    """A clock that is put forward, and waits for nothing."""

    def __init__(self) -> None:
        self.by = timedelta()

    def now(self) -> datetime:
        return super().now() + self.by

    def monotonic(self) -> float:
        return super().monotonic() + self.by.total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.by += timedelta(seconds=seconds)


async def test_both_files_are_put_in_place_and_become_the_list_of_names(tmp_path: Path) -> None:
    clock = Later()
    assert due(tmp_path, clock.now())
    async with venue() as there:
        told = await download(tmp_path, clock, there.url, fewest=5)
    assert told == [Downloaded("KOSPI", 10), Downloaded("KOSDAQ", 10)]
    listing = load_listing(tmp_path)
    assert {row.market for row in listing} == {"KOSPI", "KOSDAQ"}
    assert len(listing) == 20
    assert not due(tmp_path, clock.now())
    assert due(tmp_path, clock.now() + timedelta(hours=21))


async def test_what_has_not_changed_is_not_sent_again_and_counts_as_new(tmp_path: Path) -> None:
    clock = Later()
    async with venue() as there:
        await download(tmp_path, clock, there.url, fewest=5)
        old = (datetime.now(KST) - timedelta(days=2)).timestamp()
        for file in WIDTHS:
            os.utime(tmp_path / "master" / file, (old, old))
        clock.by += timedelta(hours=1)
        assert due(tmp_path, clock.now())
        assert all(one.good for one in await download(tmp_path, clock, there.url, fewest=5))
    assert not due(tmp_path, datetime.now(KST))
    assert there.asked.count("/common/kospi_code.mst.zip") == 2


def _bomb() -> bytes:
    return packed("kospi_code.mst", b"\0" * (MAX_BYTES + 1))


def _broken() -> bytes:
    whole = bytearray(packed("kospi_code.mst", master("kospi_code.mst")))
    whole[70:90] = b"\xff" * 20
    return bytes(whole)


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (_bomb, NOT_A_MASTER),
        (_broken, NOT_A_MASTER),
        (lambda: b"<html>\xeb\xa1\x9c\xea\xb7\xb8\xec\x9d\xb8</html>", NOT_A_MASTER),
        (lambda: packed("kosdaq_code.mst", master("kosdaq_code.mst")), NOT_A_MASTER),
        (lambda: packed("../kospi_code.mst", b"nothing of the kind\n" * 50), NOT_A_MASTER),
        (lambda: packed("kospi_code.mst", master("kospi_code.mst", 7)), TOO_FEW),
        (lambda: b"x" * 3_200_000, "보내온 것이 너무 커요."),
    ],
    ids=["bomb", "broken", "login page", "another market", "another text", "cut short", "large"],
)
async def test_what_is_no_whole_master_leaves_the_old_one(tmp_path: Path, sent: Callable[[], bytes], why: str) -> None:
    clock = Later()
    async with venue() as there:
        await download(tmp_path, clock, there.url, fewest=5)
        before = (tmp_path / "master" / "kospi_code.mst").read_bytes()
        there.files["kospi_code.mst"] = sent()
        clock.by += timedelta(days=1)
        kospi, kosdaq = await download(tmp_path, clock, there.url, fewest=5)
    assert (kospi.good, kospi.why) == (False, why)
    assert kosdaq.good
    assert (tmp_path / "master" / "kospi_code.mst").read_bytes() == before
    assert sorted(path.name for path in (tmp_path / "master").iterdir()) == sorted(WIDTHS)


async def test_a_server_that_is_down_is_said_and_changes_nothing(tmp_path: Path) -> None:
    async with venue() as there:
        there.status = 503
        told = await download(tmp_path, Later(), there.url, fewest=5)
    assert not any(one.good for one in told)
    assert not (tmp_path / "master").exists()


def test_the_command_says_what_came_and_what_did_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def told(home: Path, clock: object) -> list[Downloaded]:
        return [Downloaded("KOSPI", 2_100), Downloaded("KOSDAQ", why=TOO_FEW)]

    monkeypatch.setenv("QUARTZ_HOME", str(tmp_path))
    monkeypatch.setattr(master_download, "download", told)
    assert selector.main(["master", "--download"]) == 1
    said = capsys.readouterr()
    assert "KOSPI 종목 2,100개를 받았어요." in said.out
    assert TOO_FEW in said.err

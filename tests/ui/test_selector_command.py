"""`quartz selector score --json`: one line in, one object out, whatever the bytes."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from news_names import small_listing

from domain.news.master import write_csv
from ui.commands import selector


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QUARTZ_HOME", str(tmp_path))
    master = tmp_path / "own.csv"
    master.write_text(write_csv(small_listing()), "utf-8")
    assert selector.main(["master", str(master)]) == 0
    return tmp_path


def scored(raw: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
    assert selector.main(["score", "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_line_gets_tickers_label_and_score(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = "삼성전자, 3분기 호실적에 급등\nSK하이닉스, 목표가↓-가나증권\n정기 주주총회 개최".encode()
    one, two, three = scored(raw, monkeypatch, capsys)
    assert one["tickers"] == [{"code": "005930", "name": "삼성전자"}]
    assert (one["sentiment"], two["sentiment"], three["sentiment"]) == ("positive", "negative", "neutral")
    assert one["score"] > 0 > two["score"]
    assert three["tickers"] == []


def test_empty_lines_other_encodings_broken_bytes_and_endless_lines_keep_their_place(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        b"",
        "삼성전자 급등".encode("cp949"),
        b"\xef\xbb\xbf" + "카카오, 급락".encode(),
        b"\xff\xfe\x00\x81",
        b"x" * 100_000 + " 삼성전자".encode(),
        "ＬＧ전자, 신고가".encode(),
    ]
    found = scored(b"\r\n".join(lines), monkeypatch, capsys)
    assert [[each["code"] for each in row["tickers"]] for row in found] == [
        [],
        ["005930"],
        ["035720"],
        [],
        [],
        ["066570"],
    ]
    assert found[0]["sentiment"] == "neutral"


def test_a_file_that_is_no_master_is_refused_and_the_old_one_stays(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "kospi_code.mst"
    other.write_text("<html>로그인</html>\n" * 30, "utf-8")
    assert selector.main(["master", str(other)]) == 1
    assert "읽을 수 없어요" in capsys.readouterr().err
    [row] = scored("삼성전자".encode(), monkeypatch, capsys)
    assert row["tickers"]

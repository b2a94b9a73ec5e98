"""The instrument table is complete enough for every grade, and names are found where they are meant."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest

from domain.instruments import SECTORS, Asset, Instruments, Kind, sectors_in
from domain.suitability import Grade, allowed_products

TABLE = Instruments.load()


def names(text: str) -> list[str]:
    return [row.name for row in TABLE.find(text)]


def test_table_is_wide_enough_and_sourced() -> None:
    stocks = [row for row in TABLE.all() if row.kind is Kind.STOCK]
    etfs = [row for row in TABLE.all() if row.kind is Kind.ETF]
    assert len(stocks) >= 34
    assert len(etfs) >= 14
    for row in TABLE.all():
        assert row.sector in SECTORS
        assert row.source
        assert row.level > 0
        assert row.status == "normal"
        assert len(row.ticker) == 6


def test_needed_kinds_of_etf_are_there() -> None:
    etfs = " ".join(row.name for row in TABLE.all() if row.kind is Kind.ETF)
    wanted = "머니마켓|CD금리|KOFR|단기채|국고채3년|국고채10년|종합채권|고배당|KODEX 200 |반도체|2차전지|코스닥150"
    for word in [*wanted.split("|"), "미국S&P500", "금현물", "레버리지", "인버스"]:
        assert word in etfs, word


def test_no_grade_is_a_dead_end() -> None:
    for grade in Grade:
        fitting = [row for row in TABLE.all() if row.product_risk in allowed_products(grade)]
        assert len(fitting) >= 2
        assert any(row.asset is Asset.CASH for row in fitting)
    assert len([row for row in TABLE.all() if row.product_risk == 6]) >= 2
    assert len([row for row in TABLE.all() if row.product_risk in (5, 6)]) >= 5
    assert any(row.asset is Asset.MIXED and row.sector == "반도체" and row.product_risk == 4 for row in TABLE.all())


def test_geared_etfs_are_of_the_highest_risk() -> None:
    geared = [row for row in TABLE.all() if row.geared]
    assert {row.leverage for row in geared} == {2, -1, -2}
    assert all(row.product_risk == 1 and row.kind is Kind.ETF for row in geared)


def test_unknown_ticker_counts_as_highest_risk() -> None:
    assert TABLE.get("999999") is None
    assert TABLE.risk_of("999999") == 1
    assert TABLE.risk_of("488770") == 6


def test_names_agree_with_the_stock_master(shared_dir: Path) -> None:
    with (shared_dir / "data/master/kis_master_20260724_parsed.csv").open(encoding="utf-8-sig") as lines:
        master = {row["단축코드"]: row for row in csv.DictReader(lines)}
    for row in TABLE.all():
        assert master[row.ticker]["한글명"] == row.name
        assert master[row.ticker]["시장"] == row.market.value
        assert master[row.ticker]["관리종목"] == "N"
        assert master[row.ticker]["그룹코드"] == ("EF" if row.kind is Kind.ETF else "ST")


def test_every_name_with_real_history_is_there(shared_dir: Path) -> None:
    files = sorted((shared_dir / "data/krx/daily").glob("*.csv"))
    assert len(files) == 12
    assert all(TABLE.get(file.stem) for file in files)


def test_every_name_code_and_alias_finds_its_own_instrument() -> None:
    for row in TABLE.all():
        for text in (row.ticker, row.name, *row.aliases):
            assert TABLE.find(text) == (row,), text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("삼전이랑 하이닉스 반반", ["삼성전자", "SK하이닉스"]),
        ("삼전하닉 사줘", ["삼성전자", "SK하이닉스"]),
        ("하닉, 카뱅, 네이버 어때?", ["SK하이닉스", "카카오뱅크", "NAVER"]),
        ("현차랑 엘화 사자", ["현대차", "LG화학"]),
        ("LG화학 10주", ["LG화학"]),
        ("LG 사줘", ["LG"]),
        ("SK하이닉스말고 SK", ["SK하이닉스", "SK"]),
        ("sk하이닉스 시세", ["SK하이닉스"]),
        ("ＳＫ하이닉스", ["SK하이닉스"]),
        ("삼성 전자 10주", ["삼성전자"]),
        ("삼성전자우는요", ["삼성전자우"]),
        ("삼성전자 우선 사줘", ["삼성전자"]),
        ("삼전10주", ["삼성전자"]),
        ("005930 사줘", ["삼성전자"]),
        ("A000660", ["SK하이닉스"]),
        ("KT&G와 KT", ["KT&G", "KT"]),
        ("KODEX200 10주", ["KODEX 200"]),
        ("코덱스 200 사고 곱버스는 팔아", ["KODEX 200", "KODEX 200선물인버스2X"]),
        ("KODEX 200선물인버스2X", ["KODEX 200선물인버스2X"]),
        ("RISE 삼성전자SK하이닉스채권혼합50", ["RISE 삼성전자SK하이닉스채권혼합50"]),
        ("카카오 말고 카카오뱅크", ["카카오", "카카오뱅크"]),
        ("기아 팔아", ["기아"]),
        ("삼성전자 사고 삼전 또 사", ["삼성전자"]),
        ("에코프로비엠", ["에코프로비엠"]),
        ("삼전하닉카뱅네이버 사줘", ["삼성전자", "SK하이닉스", "카카오뱅크", "NAVER"]),
        ("TIGER 200 ETF 10주", ["TIGER 200"]),
        ("삼성전자에 투자", ["삼성전자"]),
        ("buy KT", ["KT"]),
    ],
)
def test_mentions_are_found_in_order(text: str, found: list[str]) -> None:
    assert names(text) == found


@pytest.mark.parametrize(
    "text",
    ["LG생활건강", "LG디스플레이", "SK이터닉스", "현대차증권",
     "현대차2우B", "포스코DX", "에코프로머티", "셀트리온제약",
     "카카오톡으로 알려줘", "이야기 아니야", "안전한 전략",
     "하이브리드", "신한금융투자", "IBK투자증권", "Kakao Games", "SK Incross", "TIGER 200 IT",
     "미래에셋운용", "1005930", "0059301", "추천해줘", "지금 뭐 사?", ""],
)  # fmt: skip
def test_names_inside_other_words_are_not_found(text: str) -> None:
    assert names(text) == []


@pytest.mark.parametrize(
    ("text", "sectors"),
    [
        ("반도체 위주로", ("반도체",)),
        ("배터리랑 바이오", ("2차전지", "바이오")),
        ("채권이랑 금 조금", ("채권", "금")),
        ("2차전지는 빼고", ("2차전지",)),
        ("미국 주식", ("해외주식",)),
        ("칩 만드는 회사", ("반도체",)),
        ("지금 말고", ()),
        ("요금", ()),
        ("현금은 좀", ()),
        ("조금만", ()),
        ("금융자산의 30%예요", ()),
        ("금융 지식은 별로 없어요", ()),
        ("은행에 넣어둔 돈이에요", ()),
        ("은행 예금만 해봤어요", ()),
        ("은행주 좋아해요", ("은행",)),
        ("배당금은 얼마예요", ()),
        ("금요일에 볼게요", ()),
    ],
)
def test_sectors_are_found(text: str, sectors: tuple[str, ...]) -> None:
    assert sectors_in(text) == sectors


@pytest.mark.parametrize(
    "text", ["삼전" * 3000 + "x", "삼전이랑" * 3000, "금" * 5000, "가" * 100_000, "반도체 " * 3000]
)
def test_endless_text_is_read_in_reasonable_time(text: str) -> None:
    started = time.process_time()
    TABLE.find(text)
    sectors_in(text)
    assert time.process_time() - started < 5


def test_sector_lists() -> None:
    assert {"삼성전자", "SK하이닉스", "KODEX 반도체"} <= {row.name for row in TABLE.by_sector("반도체")}
    assert TABLE.by_sector("없는업종") == ()

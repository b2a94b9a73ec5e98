"""The broker's fixed-width master is read as the broker writes it; a page that is none is refused."""

from __future__ import annotations

import pytest
from news_names import small_listing

from domain.news.listing import Product, Size
from domain.news.master import NotAMaster, read_csv, read_mst, write_csv


def line(code: str, name: str, width: int, group: str = "ST", flags: dict[int, str] | None = None) -> str:
    tail = list(group + "1" + "0" * 12 + "N" * (width - 15))
    for at, value in (flags or {}).items():
        tail[at] = value
    return f"{code:<9}KR7{code}003{name}" + " " * 10 + "".join(tail)


def test_kospi_rows_carry_size_sector_and_state() -> None:
    text = "\n".join(
        [
            line("005930", "삼성전자", 227, flags={26: "Y"}),
            line("005935", "삼성전자우", 227),
            line("069500", "KODEX 200", 227, "EF"),
            line("570001", "어떤 ETN", 227, "EN"),
            line("123450", "가나스팩1호", 227, flags={29: "Y"}),
            line("000040", "KR모터스", 227, flags={60: "Y"}),
            "너무 짧은 줄",
        ]
    )
    rows = {row.code: row for row in read_mst(text, "KOSPI")}
    assert set(rows) == {"005930", "005935", "069500", "000040"}
    assert (rows["005930"].sector, rows["005930"].size) == ("반도체", Size.LARGE)
    assert rows["005935"].product is Product.PREFERRED
    assert rows["069500"].product is Product.ETF
    assert rows["000040"].status == "halted"


def test_kosdaq_rows_have_their_own_width() -> None:
    [row] = read_mst(line("247540", "에코프로비엠", 221, flags={25: "Y"}), "KOSDAQ")
    assert (row.code, row.name, row.sector) == ("247540", "에코프로비엠", "화학")


def test_a_page_of_something_else_is_refused() -> None:
    with pytest.raises(NotAMaster):
        read_mst("<html>로그인</html>\n" * 20, "KOSPI")
    with pytest.raises(NotAMaster):
        read_csv("a,b\n1,2\n", "")


def test_our_own_columns_come_back_as_they_were() -> None:
    listing = small_listing()
    assert {row.code: row for row in read_csv(write_csv(listing), "")} == {row.code: row for row in listing}

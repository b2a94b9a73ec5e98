"""The store of bars: what is written is read, nothing is asked for twice, and two bases of prices never meet."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from domain.bars import Bars
from domain.clock import KST, ManualClock
from domain.proto import oms_pb2
from market.bars.fetch import DailyBars
from market.bars.files import of_rows
from market.bars.folder import FolderError, read_closes, read_folder
from market.bars.store import BarStore, missing_of
from market.bars.times import day_end, day_of
from tools.lake import FileLake, LakeError, folder_lake, lake_at

NAME = "005930"
TODAY = date(2026, 11, 23)


def daily(first: date, closes: Sequence[int]) -> Bars:
    rows = [(day_end(first + timedelta(days=n)), c, c + 5, c - 5, c, 1_000 + n) for n, c in enumerate(closes)]
    return of_rows(rows)


def minutes(first: datetime, closes: Sequence[int]) -> Bars:
    begin = int(first.timestamp())
    return of_rows([(begin + 60 * n, c, c, c, c, 10) for n, c in enumerate(closes)])


@pytest.fixture
def lake(tmp_path: Path) -> FileLake:
    return folder_lake(tmp_path / "lake")


@pytest.fixture
def store(lake: FileLake) -> BarStore:
    return BarStore(lake, "krx", ManualClock(datetime(2026, 11, 23, 12, tzinfo=KST)))


def read(store: BarStore, first: date, last: date, timeframe: str = "1d") -> Bars:
    return store.read(NAME, timeframe, first, last)


def test_what_is_written_is_read_and_a_later_bar_of_the_same_time_wins(store: BarStore) -> None:
    first = date(2026, 11, 2)
    store.write(NAME, "1d", daily(first, [100, 110, 120]), source="sim")
    store.write(NAME, "1d", daily(first + timedelta(days=2), [125, 130]), source="sim")
    found = read(store, first, first + timedelta(days=9))
    assert found.close.tolist() == [100, 110, 125, 130]
    assert found.close.dtype == np.int64
    assert read(store, first + timedelta(days=1), first + timedelta(days=2)).close.tolist() == [110, 125]


def test_writing_the_same_bars_again_changes_nothing(store: BarStore) -> None:
    bars = daily(date(2026, 11, 2), [100, 110, 120])
    for _ in range(40):  # also makes many files one
        store.write(NAME, "1d", bars, source="sim", asked=(date(2026, 11, 1), date(2026, 11, 5)))
    assert read(store, date(2026, 1, 1), TODAY).close.tolist() == [100, 110, 120]
    assert store.covered(NAME, "1d") == [(date(2026, 11, 1), date(2026, 11, 5))]
    assert len(store.provenance(NAME, "1d")) <= 17


def test_a_new_basis_hides_every_bar_of_the_old_one(store: BarStore) -> None:
    store.write(NAME, "1d", daily(date(2026, 11, 2), [100, 110]), source="paper", adjusted="splits")
    store.write(NAME, "1d", daily(date(2026, 11, 3), [11]), source="paper", adjusted="splits", anew=True)
    assert read(store, date(2026, 1, 1), TODAY).close.tolist() == [11]


def test_prices_of_different_worlds_are_kept_apart(lake: FileLake) -> None:
    clock = ManualClock(datetime(2026, 11, 23, tzinfo=KST))
    BarStore(lake, "sim-1", clock).write(NAME, "1d", daily(date(2026, 11, 2), [100]), source="sim")
    assert len(BarStore(lake, "krx", clock).read(NAME, "1d", date(2026, 1, 1), TODAY)) == 0


def test_minutes_are_kept_by_year_and_a_bar_that_ends_at_midnight_belongs_to_the_day_before(
    store: BarStore, tmp_path: Path
) -> None:
    store.write(NAME, "1m", minutes(datetime(2026, 12, 31, 23, 59, tzinfo=KST), [1, 2, 3]), source="ticks")
    assert {path.parent.name for path in tmp_path.rglob("*.parquet")} == {"year=2026", "year=2027"}
    assert read(store, date(2026, 12, 31), date(2026, 12, 31), "1m").close.tolist() == [1, 2]
    assert read(store, date(2027, 1, 1), date(2027, 1, 1), "1m").close.tolist() == [3]


def test_writers_beside_each_other_and_a_reader_lose_nothing(lake: FileLake) -> None:
    clock = ManualClock(datetime(2026, 11, 23, tzinfo=KST))
    faults: list[BaseException] = []

    def write(part: int) -> None:
        own = BarStore(lake, "krx", clock)
        try:
            for n in range(20):
                own.write(NAME, "1d", daily(date(2020, 1, 1) + timedelta(days=part * 20 + n), [100 + n]), source="sim")
                own.read(NAME, "1d", date(2020, 1, 1), TODAY)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=write, args=(part,)) for part in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(BarStore(lake, "krx", clock).read(NAME, "1d", date(2020, 1, 1), TODAY)) == 60


def test_days_that_were_asked_for_are_not_missing_even_where_they_had_no_bar() -> None:
    covered = [(date(2026, 1, 5), date(2026, 1, 9)), (date(2026, 1, 20), date(2026, 1, 31))]
    assert missing_of(covered, date(2026, 1, 6), date(2026, 1, 9)) == []
    assert missing_of(covered, date(2026, 1, 1), date(2026, 2, 2)) == [
        (date(2026, 1, 1), date(2026, 1, 4)),
        (date(2026, 1, 10), date(2026, 1, 19)),
        (date(2026, 2, 1), date(2026, 2, 2)),
    ]


def test_a_lake_takes_a_folder_or_s3_and_names_what_it_cannot_use(tmp_path: Path) -> None:
    lake = lake_at(f"file://{tmp_path}/here")
    lake.write("a/b.bin", b"1")
    assert (lake.list("a"), lake.list("nowhere"), lake.read("a/b.bin")) == (["a/b.bin"], [], b"1")
    with pytest.raises(LakeError, match="QUARTZ_LAKE_URL"):
        lake_at("ftp://host/x")
    with pytest.raises(ValueError, match="inside the lake"):
        lake.read("../secret")


# From the OMS ---------------------------------------------------------------------------------------------------------


class Charts:
    """A broker's daily chart: weekdays since 2025, and a split that divides everything before it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.divisor = 1
        self.today = TODAY

    async def chart(self, ticker: str, period: str, from_date: str, to_date: str) -> list[oms_pb2.Bar]:
        self.asked.append((ticker, from_date, to_date))
        await asyncio.sleep(0)
        out, day = [], max(date.fromisoformat(from_date), date(2025, 1, 1))
        while day <= min(date.fromisoformat(to_date), self.today):
            if day.weekday() < 5:
                price = (50_000 + day.toordinal() % 97 * 10) // self.divisor
                out.append(oms_pb2.Bar(date=day.isoformat(), open=price, high=price, low=price, close=price, volume=10))
            day += timedelta(days=1)
        return out

    async def market_clock(self) -> oms_pb2.MarketClockReply:
        return oms_pb2.MarketClockReply(trade_date=self.today.isoformat(), calendar="krx")


@pytest.fixture
def charts() -> Charts:
    return Charts()


@pytest.fixture
def bars(store: BarStore, charts: Charts) -> DailyBars:
    return DailyBars(store, charts, "paper")


async def test_the_broker_is_asked_once(bars: DailyBars, charts: Charts) -> None:
    first = await bars.read(NAME, date(2026, 1, 1), TODAY)
    again = await bars.read(NAME, date(2026, 2, 1), date(2026, 6, 30))
    assert len(charts.asked) == 1
    assert len(again) < len(first)
    await asyncio.gather(*(bars.read("000660", date(2026, 1, 1), TODAY) for _ in range(5)))
    assert [asked[0] for asked in charts.asked] == [NAME, "000660"]


async def test_only_what_is_missing_is_asked_for(bars: DailyBars, charts: Charts) -> None:
    await bars.read(NAME, date(2026, 1, 1), TODAY)
    charts.today = TODAY + timedelta(days=3)
    await bars.read(NAME, date(2026, 1, 1), charts.today)
    _, since, _ = charts.asked[-1]
    assert date.fromisoformat(since) > TODAY - timedelta(days=15)
    assert len(charts.asked) == 2


async def test_todays_unfinished_bar_is_neither_told_nor_stored(bars: DailyBars, charts: Charts) -> None:
    found = await bars.read(NAME, TODAY - timedelta(days=7), TODAY)
    assert day_of(int(found.time[-1])) == date(2026, 11, 20)  # the Friday before
    charts.today = TODAY + timedelta(days=1)
    found = await bars.read(NAME, TODAY - timedelta(days=7), TODAY)
    assert day_of(int(found.time[-1])) == TODAY


@pytest.mark.parametrize("later", [True, False], ids=["newer bars", "older bars"])
async def test_after_a_split_the_whole_series_is_fetched_again_and_never_mixed(
    bars: DailyBars, charts: Charts, later: bool
) -> None:
    await bars.read(NAME, date(2026, 3, 1), date(2026, 10, 30))
    charts.divisor = 50
    start, end = (date(2026, 3, 1), TODAY) if later else (date(2025, 6, 1), date(2025, 7, 1))
    await bars.read(NAME, start, end)
    whole = await bars.read(NAME, date(2025, 6, 1), TODAY)
    assert whole.close.max() < 2_000
    assert (whole.close > 0).all()


# From a folder --------------------------------------------------------------------------------------------------------


def test_a_folder_as_public_data_comes_is_read(shared_dir: Path) -> None:
    found = read_folder(shared_dir / "data" / "krx" / "daily")
    assert len(found) == 12
    assert found["005930"].close[0] == 55_200
    assert day_of(int(found["005930"].time[0])) == date(2020, 1, 2)
    assert (found["012450"].open > 0).all()  # days without trading stand at the close before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("date,open,high,low,close\n2025-01-02,1,1,1,1\n", "volume 열이 필요해요"),
        ("date,open,high,low,close,volume\n2025-01-02,1,1,1,abc,5\n", "2번째 줄: close 값이 숫자가 아니에요"),
        ("date,open,high,low,close,volume\n2025-01-02,1.5,2,1,1,5\n", "open 값은 0 이상의 정수여야 해요"),
        ("date,open,high,low,close,volume\n02/01/2025,1,1,1,1,5\n", "날짜는 2025-01-02 모양"),
        ("date,open,high,low,close,volume\n2025-01-02,1,1,1,1,5\n2025-01-02,1,1,1,1,5\n", "두 번 나와요"),
        ("date,open,high,low,close,volume\n2025-01-02,500,400,1,2,5\n", "2025-01-02 15:30 봉의 가격이 맞지 않아요"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "005930.csv").write_text(text)
    with pytest.raises(FolderError, match=words) as told:
        read_folder(tmp_path)
    assert "005930.csv" in str(told.value)


def test_korean_columns_and_minutes_are_understood(tmp_path: Path) -> None:
    (tmp_path / "005930.csv").write_text(
        "시간,시가,고가,저가,종가,거래량\n2025-01-02T09:01:00,1,2,1,2,5\n", "utf-8-sig"
    )
    found = read_folder(tmp_path)["005930"]
    assert found.time.tolist() == [int(datetime(2025, 1, 2, 9, 1, tzinfo=KST).timestamp())]
    assert found.high.tolist() == [2]


def test_a_folder_that_is_not_there_and_a_ticker_that_is_not_in_it_are_said(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="찾을 수 없어요"):
        read_folder(tmp_path / "none")
    (tmp_path / "005930.csv").write_text("x")
    with pytest.raises(FolderError, match="000660 파일이 없어요"):
        read_folder(tmp_path, ["000660"])


def test_the_closes_of_an_index_are_read_by_day(tmp_path: Path) -> None:
    (tmp_path / "ks200.csv").write_text("Date,Close\n2025-01-02,318.55\n2025-01-03,\n2025-01-06,325.1\n")
    assert read_closes(tmp_path / "ks200.csv") == {date(2025, 1, 2): 318.55, date(2025, 1, 6): 325.1}
    (tmp_path / "other.csv").write_text("date,open\n2025-01-02,1\n")
    with pytest.raises(FolderError, match="close 열이 필요해요"):
        read_closes(tmp_path / "other.csv")

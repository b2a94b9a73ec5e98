"""A gap in the stream and the minutes it took, filled through the OMS's door from the paper exchange's own chart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from oms_path import SAMSUNG, Path_

from domain.clock import KST, SystemClock
from domain.proto import market_pb2 as pb
from market.bars.filling import Filling, minute_of
from market.bars.making import MinuteBars
from market.bars.recording import Recording
from market.bars.store import BarStore
from market.bus.ports import BARS, TRADES
from proving.parity.bus import MemoryBus
from tools.lake import folder_lake


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


async def test_minutes_that_a_gap_took_are_told_and_kept_as_the_exchange_has_them(path: Path_, tmp_path: Path) -> None:
    clock = SystemClock()
    market = await path.market.market_clock()
    ahead = market.now.ToDatetime(UTC) - clock.now()
    bus = MemoryBus(lambda: 0.0)

    def now_ms() -> int:
        return ms(clock.now() + ahead)

    filling = Filling(path.market, clock, now_ms, 0.0)
    maker = MinuteBars(bus, clock, now_ms, filling=filling)
    now = (clock.now() + ahead).astimezone(KST)
    begin = now.replace(second=0, microsecond=0) - timedelta(minutes=6)
    day = int(f"{begin:%Y%m%d}")
    first = pb.Tick(ticker=SAMSUNG, day=day, seq=1, volume=10, size=10, price=70_000, at_ms=ms(begin) + 1_000)
    gap = pb.Gap(
        ticker=SAMSUNG, day=day, seq=2, from_volume=10, lost=500, since_ms=ms(begin) + 1_000,
        until_ms=ms(begin) + 130_000, reason="stream",
    )  # fmt: skip
    last = pb.Tick(ticker=SAMSUNG, day=day, seq=3, volume=511, size=1, price=70_000, at_ms=gap.until_ms)
    for event in (pb.TradeEvent(tick=first), pb.TradeEvent(gap=gap), pb.TradeEvent(tick=last)):
        await bus.publish(TRADES, [(SAMSUNG, event.SerializeToString())])
    subscription = bus.subscribe([TRADES], "minutes")
    store = BarStore(folder_lake(tmp_path), "sim-1", clock)
    recording, kept = Recording(bus, store, clock), bus.subscribe([BARS], "lake")
    for _ in range(3):
        await maker.step(subscription, 0)
        await filling.ask()
    for _ in range(2):
        await recording.take(kept, 0)
    await recording.write(kept)
    rows = await path.market.minutes(SAMSUNG, f"{begin:%H:%M}", f"{begin + timedelta(minutes=2):%H:%M}")
    truth = {whole.end_ms // 1000: tuple(whole)[1:] for bar in rows if (whole := minute_of(bar)) is not None}
    assert len(truth) == 3
    told = [pb.Bar.FromString(message.payload) async for message in bus.replay(BARS, SAMSUNG)]
    assert [bar.complete for bar in told if bar.source == "ticks"] == [False, False]
    filled = {bar.end: (bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in told if bar.source == "broker"}
    assert filled == truth
    stored = store.read(SAMSUNG, "1m", begin.date(), begin.date())
    assert dict(zip(stored.time.tolist(), stored.close.tolist(), strict=True)) == {
        end: row[3] for end, row in truth.items()
    }

"""nautilus_trader: all names in one run and one cash account, `on_bar` at every bar, market orders at its close."""

from __future__ import annotations

from decimal import Decimal

from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model.currencies import KRW
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy
from told import CASH, FAST, FEE, SHARES, SLOW, tell, work

XKRX = Venue("XKRX")
SIZE = Quantity.from_int(SHARES)


class Name:
    """What the strategy knows of one name."""

    def __init__(self, bar_type: BarType) -> None:
        self.instrument = bar_type.instrument_id
        self.fast, self.slow = SimpleMovingAverage(FAST), SimpleMovingAverage(SLOW)
        self.fast_before = self.slow_before = float("nan")
        self.held = False


class Given(Strategy):
    def __init__(self, types: list[BarType]) -> None:
        super().__init__(StrategyConfig())
        self.names = {one: Name(one) for one in types}

    def on_start(self) -> None:
        for bar_type in self.names:
            self.subscribe_bars(bar_type)

    def turn(self, name: Name) -> None:
        side = OrderSide.SELL if name.held else OrderSide.BUY
        self.submit_order(self.order_factory.market(name.instrument, side, SIZE))
        name.held = not name.held


class Cross(Given):
    def on_bar(self, bar: Bar) -> None:
        name = self.names[bar.bar_type]
        name.fast.handle_bar(bar)
        name.slow.handle_bar(bar)
        if not name.slow.initialized:
            return
        fast, slow = name.fast.value, name.slow.value
        if name.held:
            if fast < slow and name.fast_before >= name.slow_before:
                self.turn(name)
        elif fast > slow and name.fast_before <= name.slow_before:
            self.turn(name)
        name.fast_before, name.slow_before = fast, slow


class Every(Given):
    def on_bar(self, bar: Bar) -> None:
        self.turn(self.names[bar.bar_type])


def equity(symbol: str) -> Equity:
    return Equity(
        InstrumentId(Symbol(symbol), XKRX), Symbol(symbol), KRW, 0, Price.from_int(1), Quantity.from_int(1), 0, 0,
        maker_fee=Decimal(str(FEE)), taker_fee=Decimal(str(FEE)),
    )  # fmt: skip


def main() -> None:
    bars, every, rounds = work()
    instruments = [equity(f"{100_000 + at}") for at in range(len(bars))]
    types = [BarType.from_str(f"{one.id}-1-MINUTE-LAST-EXTERNAL") for one in instruments]
    data = []
    for bar_type, rows in zip(types, bars.tolist(), strict=True):
        for time, *prices, volume in rows:
            at = time * 1_000_000_000
            data.append(Bar(bar_type, *map(Price.from_int, prices), Quantity.from_int(volume), at, at))

    def made() -> BacktestEngine:
        engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
        engine.add_venue(XKRX, OmsType.NETTING, AccountType.CASH, [Money(CASH, KRW)], base_currency=KRW)
        for one in instruments:
            engine.add_instrument(one)
        engine.add_data(data)
        engine.add_strategy((Every if every else Cross)(types))
        return engine

    ready = [made() for _ in range(rounds)]

    def run() -> int:
        engine = ready.pop()
        engine.run()
        filled, orders = engine.cache.orders_closed_count(), engine.cache.orders_total_count()
        if filled != orders:
            raise RuntimeError(f"expected every order to be filled, was {filled} of {orders}")
        engine.dispose()
        return int(orders)

    tell("nautilus_trader", run, rounds, compiles=False)


if __name__ == "__main__":
    main()

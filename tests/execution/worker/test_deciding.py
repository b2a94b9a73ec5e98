"""What a strategy wants, over thousands of random accounts; and the words it shares with the backtest, one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from worker_stage import CAPITAL, HYNIX, SAMSUNG, limits, spec_of

from domain.bars import bars_of, resampled
from domain.calendar import KrxCalendar
from domain.clock import KST
from domain.instruments import Instruments
from domain.limits import FULL_BPS, Limits, NameWeights
from domain.orders.types import Side
from domain.strategy.running import RunState
from domain.strategy.signals import Timeframe
from domain.strategy.sizing import signal_bps
from domain.strategy.spec import StrategySpec
from domain.strategy.timing import closes, is_due, is_fresh
from execution.worker.deciding import decide
from execution.worker.forming import Forming, Small
from execution.worker.seeing import Name, View
from simulation.backtest.plan import acts_of, weights_of
from simulation.backtest.signals import known_at

TABLE = Instruments.load()
PARKING = "153130"
NAMES = (SAMSUNG, HYNIX, "035720", PARKING)
ALWAYS = RunState.ACTIVE


def strategy(method: str, **more: Any) -> StrategySpec:
    sizing: dict[str, Any] = {"method": method, "name_bps": 2_000, "parking": PARKING}
    if method == "targets":
        sizing = {"method": method, "targets": {SAMSUNG: 2_000, HYNIX: 1_000, "035720": 500}}
        more["strategy"] = {"id": "held"}
    return spec_of(NAMES, sizing=sizing, constraints={"max_positions": 2, "min_order_krw": 50_000}, **more)


SPECS = (strategy("per_signal"), strategy("targets"))


def a_view(rng: Random) -> tuple[View, dict[str, Name]]:
    prices = {SAMSUNG: 72_000, HYNIX: 180_000, "035720": 45_000, PARKING: 100_000}
    own = {ticker: rng.randrange(60) for ticker in NAMES if rng.random() < 0.5}
    whole = {ticker: own.get(ticker, 0) + rng.randrange(40) for ticker in NAMES}
    busy = frozenset(ticker for ticker in NAMES if rng.random() < 0.2)
    names = {
        ticker: Name(
            ticker=ticker,
            entry=rng.random() < 0.6,
            exit=rng.random() < 0.3,
            fresh=rng.random() < 0.8,
            complete=rng.random() < 0.8,
            weight_bps=rng.choice((0, 500, 2_000)),
            traded=rng.randrange(3),
            price=prices[ticker] if rng.random() < 0.9 else 0,
            reserve=prices[ticker] * 10_030 // 10_000,
            leaving=rng.choice(("", "", "exit")),
            bars_held=rng.randrange(30),
        )
        for ticker in NAMES
    }
    view = View(
        equity=CAPITAL,
        cash=rng.randrange(CAPITAL),
        own=own,
        whole=whole,
        prices=prices,
        busy=busy,
        buying=frozenset(ticker for ticker in busy if rng.random() < 0.5),
        selling=frozenset(ticker for ticker in busy if rng.random() < 0.5),
        entries_this_week=rng.randrange(4),
        traded_today=rng.randrange(CAPITAL // 2),
        bought_today=rng.randrange(CAPITAL // 4),
        state=rng.choice(list(RunState)),
        may_buy=rng.random() < 0.8,
    )
    return view, names


def an_entry(close: int, price: int, bps: int = 2_000) -> int:
    """Shares of Samsung that are bought for so much of the account."""
    sizing, most = {"method": "per_signal", "name_bps": bps}, f"{bps / FULL_BPS}"
    spec = spec_of((SAMSUNG,), sizing=sizing, risk={"max_position_size": most})
    name = Name(SAMSUNG, entry=True, fresh=True, weight_bps=bps, price=price, reserve=price, close=close)
    view = View(equity=CAPITAL, cash=CAPITAL, own={}, whole={}, prices={})
    (wanted,) = decide(spec, limits(), TABLE, view, {SAMSUNG: name}).wanted
    return wanted.quantity


@pytest.mark.parametrize("price", [70_000, 72_000, 76_500, 93_000])
def test_an_entry_has_the_shares_that_its_bar_asked_for_whatever_the_night_brought(price: int) -> None:
    assert an_entry(72_000, price) == CAPITAL * 2_000 // FULL_BPS // 72_000


def test_after_a_night_that_raised_the_price_an_entry_stays_within_the_limit_of_the_grade() -> None:
    most = limits().name_weights.stock
    assert an_entry(72_000, 90_000, most) == CAPITAL * most // FULL_BPS // 90_000


@pytest.mark.parametrize("price", [14_400, 360_000])
def test_a_close_that_stands_on_another_basis_than_the_price_counts_no_shares(price: int) -> None:
    assert an_entry(72_000, price) == CAPITAL * 2_000 // FULL_BPS // price


@pytest.mark.parametrize("spec", SPECS, ids=("per_signal", "targets"))
def test_nobodys_shares_but_the_sleeves_are_sold_and_no_money_but_the_free_is_spent(spec: StrategySpec) -> None:
    rng, sold, bought = Random(11), 0, 0
    for _ in range(2_000):
        view, names = a_view(rng)
        made = decide(spec, limits(), TABLE, view, names)
        assert decide(spec, limits(), TABLE, view, names).wanted == made.wanted
        assert len({each.ticker for each in made.wanted}) == len(made.wanted), "one leg a name and bar"
        spent = 0
        for each in made.wanted:
            assert each.quantity > 0
            assert each.ticker not in view.busy
            if each.side is Side.SELL:
                assert each.quantity <= view.own.get(each.ticker, 0)
                sold += 1
                continue
            name = names[each.ticker]
            assert view.state is RunState.ACTIVE
            assert view.may_buy
            assert name.fresh
            assert name.complete or each.why in ("park", "rebalance")
            most = limits().name_weight_bps(TABLE.get(each.ticker)) * CAPITAL // FULL_BPS
            assert view.whole[each.ticker] * name.price + each.quantity * name.reserve <= most
            spent += each.quantity * name.reserve
            bought += 1
        assert spent <= view.cash
        if view.state is RunState.STOPPED:
            assert made.wanted == []
    assert min(sold, bought) > 100, "expected a walk that sells and buys"


def test_places_are_given_by_what_was_traded_and_a_week_has_so_many_entries() -> None:
    spec = strategy("per_signal", schedule={"every": "bar", "max_trades_a_week": 3})
    names = {
        ticker: Name(ticker, entry=True, fresh=True, weight_bps=500, traded=at, price=10_000, reserve=10_000)
        for at, ticker in enumerate((SAMSUNG, HYNIX, "035720"))
    }
    view = View(CAPITAL, CAPITAL, {}, {}, {})

    def entered(view: View) -> list[str]:
        return [each.ticker for each in decide(spec, limits(), TABLE, view, names).wanted if each.why == "entry"]

    assert entered(view) == ["035720", HYNIX]
    assert entered(replace(view, entries_this_week=2)) == ["035720"]
    assert entered(replace(view, entries_this_week=3)) == []
    assert entered(replace(view, buying=frozenset({SAMSUNG}), busy=frozenset({SAMSUNG}))) == ["035720"]


def test_money_for_an_entry_comes_out_of_the_parking_product_first() -> None:
    names = {
        SAMSUNG: Name(SAMSUNG, entry=True, fresh=True, weight_bps=2_000, price=72_000, reserve=72_200),
        PARKING: Name(PARKING, fresh=True, price=100_000, reserve=100_300),
    }
    view = View(CAPITAL, 20_000, {PARKING: 400}, {PARKING: 400}, {PARKING: 100_000})
    made = decide(strategy("per_signal"), limits(), TABLE, view, names)
    (sale,) = made.wanted
    assert (sale.ticker, sale.why) == (PARKING, "unpark")
    assert made.waits == {SAMSUNG}
    assert sale.quantity * 100_000 > 138 * 72_200 - 20_000
    paid = replace(view, cash=20_000 + sale.quantity * 100_000, own={PARKING: 400 - sale.quantity})
    bought = decide(strategy("per_signal"), limits(), TABLE, paid, names).wanted[0]
    assert (bought.ticker, bought.why, bought.quantity) == (SAMSUNG, "entry", 10_000_000 // 72_000)


def test_an_order_is_within_the_limit_of_one_order_at_its_limit_price() -> None:
    most = limits().order_krw(TABLE.get(PARKING))
    names = {PARKING: Name(PARKING, fresh=True, price=100_000, reserve=100_300)}
    view = View(most * 3, most * 3, {}, {}, {PARKING: 100_000})
    (bought,) = decide(strategy("per_signal"), limits(), TABLE, view, names).wanted
    assert (bought.ticker, bought.why, bought.quantity) == (PARKING, "park", most // 100_300)


def entry_of(view: View, limit: Limits | None = None, price: int = 72_000, **more: Any) -> tuple[int, set[str]]:
    """Shares of Samsung that a whole account's entry buys at a limit 30 bps above, and what waits."""
    sizing = {"method": "per_signal", "name_bps": 10_000}
    spec = spec_of((SAMSUNG, HYNIX), sizing=sizing, risk={"max_position_size": "1"}, **more)
    names = {
        SAMSUNG: Name(SAMSUNG, entry=True, fresh=True, weight_bps=10_000, price=price, reserve=72_216, close=72_000),
        HYNIX: Name(HYNIX, exit=True, fresh=True, price=180_000, reserve=180_540, close=180_000),
    }
    made = decide(spec, limit or limits(), TABLE, view, names)
    return sum(one.quantity for one in made.wanted if one.side is Side.BUY), made.waits


@pytest.mark.parametrize(
    ("limit", "of"),
    [
        ({"name_weights": NameWeights(*[2_500] * 6)}, 2_500),
        ({"max_sector_bps": 1_200}, 1_200),
        ({"max_equity_bps": 3_000}, 3_000),
        ({"turnover_bps": 1_500}, 1_500),
    ],
    ids=["name", "sector", "stocks", "turnover"],
)
def test_what_the_gate_judges_is_counted_at_the_most_that_a_share_may_cost(limit: dict[str, Any], of: int) -> None:
    wide = replace(limits(), name_weights=NameWeights(*[FULL_BPS] * 6), max_sector_bps=FULL_BPS, max_order_krw=CAPITAL)
    view = View(CAPITAL, CAPITAL, {}, {}, {})
    assert entry_of(view, replace(wide, **limit))[0] == CAPITAL * of // FULL_BPS // 72_216


def test_a_days_trading_counts_purchases_sales_and_what_is_still_open_as_the_gate_does() -> None:
    bound, view = replace(limits(), turnover_bps=5_000), View(CAPITAL, CAPITAL, {}, {}, {})
    room = CAPITAL // 2 - 20_000_000
    assert entry_of(replace(view, traded_today=20_000_000), bound)[0] == room // 72_216
    leaving = replace(view, own={HYNIX: 10}, whole={HYNIX: 10}, traded_today=20_000_000)
    assert entry_of(leaving, bound)[0] == (room - 1_800_000) // 72_216, "what this decision sells is traded too"
    assert entry_of(replace(view, traded_today=CAPITAL // 2), bound)[0] == 0
    own = {"constraints": {"max_turnover_bps": 1_000}}
    assert entry_of(replace(view, traded_today=20_000_000, bought_today=3_000_000), **own)[0] == 2_000_000 // 72_000


def test_a_mandate_bounds_an_order_and_a_day() -> None:
    view = View(CAPITAL, CAPITAL, {}, {}, {})
    assert entry_of(replace(view, mandate_order=4_000_000))[0] == 4_000_000 // 72_216
    assert entry_of(replace(view, mandate_day=1_000_000))[0] == 1_000_000 // 72_216


def test_an_entry_waits_for_the_sale_that_is_to_pay_for_it_instead_of_buying_a_part() -> None:
    poor = View(CAPITAL, 1_000_000, {HYNIX: 100}, {HYNIX: 100}, {HYNIX: 180_000})
    assert entry_of(poor) == (0, {SAMSUNG})
    under_way = replace(poor, busy=frozenset({HYNIX}), selling=frozenset({HYNIX}))
    assert entry_of(under_way) == (0, {SAMSUNG})
    sold = replace(poor, own={}, whole={}, cash=19_000_000)
    most = CAPITAL * limits().name_weights.stock // FULL_BPS // 72_216
    assert entry_of(sold) == (most, set())
    assert entry_of(replace(sold, cash=1_000_000)) == (995_000 // 72_216, set()), "nothing is to come any more"


def test_an_entry_waits_for_the_room_that_a_sale_under_way_makes() -> None:
    bound = replace(limits(), max_equity_bps=4_000)
    full = View(CAPITAL, CAPITAL, {HYNIX: 110}, {HYNIX: 110}, {HYNIX: 180_000})
    assert entry_of(full, bound) == (0, {SAMSUNG})
    assert entry_of(replace(full, own={}, whole={}), bound)[0] == CAPITAL * 3_500 // FULL_BPS // 72_216


def test_what_was_parked_is_sold_for_an_entry_even_where_a_little_money_lies_about_and_only_once_a_bar() -> None:
    names = {
        SAMSUNG: Name(SAMSUNG, entry=True, fresh=True, weight_bps=2_000, price=72_000, reserve=72_216),
        PARKING: Name(PARKING, fresh=True, price=100_000, reserve=100_300),
    }
    view = View(CAPITAL, 500_000, {PARKING: 400}, {PARKING: 400}, {PARKING: 100_000})
    made = decide(strategy("per_signal"), limits(), TABLE, view, names)
    assert [one.why for one in made.wanted] == ["unpark"]
    made = decide(strategy("per_signal"), limits(), TABLE, replace(view, unparked=True), names)
    assert [(one.why, one.quantity) for one in made.wanted][:1] == [("entry", 497_500 // 72_216)]


def test_a_time_stop_in_bars_sells_the_whole_sleeve() -> None:
    spec = strategy("per_signal", risk={"time_stop": {"enabled": True, "after": 5, "unit": "bars"}})
    view = View(CAPITAL, 0, {SAMSUNG: 7}, {SAMSUNG: 40}, {SAMSUNG: 72_000})
    for held, wanted in ((4, []), (5, [("time", 7)])):
        names = {SAMSUNG: Name(SAMSUNG, price=72_000, reserve=72_200, bars_held=held)}
        made = decide(spec, limits(), TABLE, view, names)
        assert [(each.why, each.quantity) for each in made.wanted] == wanted


# The same words as the backtest's -----------------------------------------------------------------------------------


def days(first: date, count: int) -> list[date]:
    calendar, out = KrxCalendar(), []
    day = calendar.next_session(first - timedelta(days=1))
    for _ in range(count):
        out.append(day)
        day = calendar.next_session(day)
    return out


def closing(day: date) -> int:
    return int(datetime.combine(day, datetime.min.time(), KST).timestamp()) + 15 * 3600 + 1_800


@pytest.mark.parametrize(
    "schedule",
    [
        {"every": "close"},
        {"every": "bar"},
        {"every": "week", "weekday": "wed"},
        {"every": "week", "weekday": "mon"},
        {"every": "month", "session_of_month": 3},
    ],
    ids=str,
)
def test_a_bar_is_due_when_the_backtest_acts_on_it(schedule: dict[str, Any]) -> None:
    spec = spec_of(timeframe="1d", schedule=schedule)
    sessions = days(date(2026, 1, 1), 250)
    ends = np.array([closing(day) for day in sessions])
    line: Any = SimpleNamespace(
        time=ends, ends_day=np.ones(250, np.bool_), days=sessions, day=np.arange(250), __len__=lambda: 250
    )
    acts = acts_of(spec, line)
    calendar = KrxCalendar()
    week = 5  # of the days before its first a backtest knows nothing
    assert [is_due(spec, int(end), calendar) for end in ends[week:]] == acts[week:].tolist()


@pytest.mark.parametrize(
    "sizing",
    [
        {"method": "per_signal", "name_bps": 700},
        {"method": "volatility_target", "volatility_bps": 400, "lookback": 10, "name_bps": 2_500},
        {"method": "risk_per_trade", "risk_bps": 50, "name_bps": 1_500},
    ],
    ids=lambda one: one["method"],
)
def test_a_signal_asks_for_the_weight_that_the_backtest_gives_it(sizing: dict[str, Any]) -> None:
    risk = {"stop_loss": {"enabled": True, "percent": "4"}, "max_position_size": "0.2"}
    spec = spec_of(timeframe="1d", sizing=sizing, risk=risk)
    rng, sessions = Random(3), days(date(2026, 1, 1), 120)
    close = [10_000]
    for _ in range(119):
        close.append(max(1_000, round(close[-1] * (1 + rng.gauss(0, 0.02)))))
    bars = bars_of([closing(day) for day in sessions], close, close, close, close, [1] * 120)
    expected = weights_of(spec, {SAMSUNG: bars})[SAMSUNG].tolist()
    found = [signal_bps(spec, close[max(0, at - sizing.get("lookback", 20)) : at + 1]) for at in range(120)]
    assert found == expected
    assert len(set(found)) > 1 or sizing["method"] != "volatility_target"


@pytest.mark.parametrize("timeframe", [Timeframe.M5, Timeframe.M30, Timeframe.WEEK, Timeframe.MONTH])
def test_bars_form_as_in_history_and_are_known_at_the_same_smaller_bar(timeframe: Timeframe) -> None:
    rng, calendar = Random(5), KrxCalendar()
    if timeframe.minutes is None:
        ends = [closing(day) for day in days(date(2026, 1, 1), 120)]
    else:
        open_ = closing(date(2026, 11, 23)) - 390 * 60
        ends = [open_ + 60 * minute for minute in range(1, 391) if rng.random() < 0.7]
    price = [rng.randrange(900, 1_100) for _ in ends]
    matrix = np.array([price, price, price, price, [1] * len(ends)], dtype=np.float64).T
    times, longer, place = resampled(np.array(ends), matrix, timeframe)
    forming = Forming(timeframe, lambda end: closes(timeframe, end, calendar))
    given, at = [], []
    for number, (end, close) in enumerate(zip(ends, price, strict=True)):
        state = forming.saved()
        forming = Forming(timeframe, lambda end: closes(timeframe, end, calendar), state)  # a restart at every bar
        for bar in forming.push(Small(end, close, close, close, close, 1)):
            given.append(bar)
            at.append(number)
        assert forming.push(Small(end, close, close, close, close, 1)) == []  # again: nothing new
    known = [one for one in known_at(np.array(ends), place, timeframe).tolist() if one < len(ends)]
    assert at == known
    assert [list(bar[:6]) for bar in given] == [
        [int(times[one]), *(int(value) for value in longer[one])] for one in range(len(known))
    ]


def test_a_bar_may_be_entered_on_until_the_next_of_its_length_is_over() -> None:
    calendar, close = KrxCalendar(), closing(date(2026, 11, 20))  # a Friday
    five, day = spec_of(timeframe="5m"), spec_of(timeframe="1d")
    morning = close - 6 * 3600

    def fresh(spec: StrategySpec, end: int, seconds: int) -> bool:
        return is_fresh(spec, end, datetime.fromtimestamp(end + seconds, KST), calendar)

    assert [fresh(five, morning, after) for after in (-1, 0, 599, 600)] == [False, True, True, False]
    monday, tuesday = (2 * 24 + 18) * 3600, (3 * 24 + 18) * 3600
    assert [fresh(day, close, after) for after in (0, monday, tuesday)] == [True, True, False]

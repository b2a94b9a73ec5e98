"""Rules of a whole trading day: what a house may do in a person's name, by figures written down here a second time.

Contract: told of accounts, runs, orders, triggers, cards and diaries as plain values and mappings; imports nothing of
what it judges. `judged` returns every break as a sentence. Weights are of the exchange's own book (cash by its journal,
shares at its own last prices) at the moment of the order. Rules:

- `bounds`: a run buys at most so many names; what it buys and sells comes to no more than its turnover; no order is
  smaller than the smallest; no purchase brings a name above the weight that the grade or the run allows; a product of
  a grade that the person may not hold is never bought.
- `word`: every order at the broker has an intent, and every intent a word: a signed mandate whose bounds hold it, a
  card that was approved before it left and has not run out, or a written trigger of the guard.
- `sale`: whatever is sold was sold because a real price met a level, because the name stood above its limit (and then
  no more than the excess), or because the person said so. A silent source is none of these.
- `closing`: nothing is ordered by a check at the close, and nothing at all once the session is over.
- `slots`: every check of the session exactly once, and every one of them ended.
- `diary`: three lines a check at most, a day on one screen, in Korean, with nothing of a machine's in it.
- `said`: a check that did without a source or a model says so.
- `book`: at the end the ledger's shares and cash are the exchange's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from proving.oracle.day_values import Account, Day, Order, Row

FULL = 10_000
LINES_A_CHECK, LINES_A_DAY = 3, 60
# By grade: product grades that may be bought; the most of one name by what it holds; buys, turnover of one run.
GRADES: Mapping[str, Mapping[str, Any]] = {
    "위험중립형": {
        "products": {4, 5, 6},
        "weights": {
            "stock": 1_000,
            "equity": 2_500,
            "mixed": 4_000,
            "commodity": 1_000,
            "bond": 10_000,
            "cash": 10_000,
        },
        "buys": 3,
        "turnover": 2_500,
    },
    "공격투자형": {
        "products": {1, 2, 3, 4, 5, 6},
        "weights": {
            "stock": 3_500,
            "equity": 6_000,
            "mixed": 8_000,
            "commodity": 2_500,
            "bond": 10_000,
            "cash": 10_000,
        },
        "buys": 3,
        "turnover": 3_000,
    },
}
NAME_BPS = 2_000  # of one run, for what is neither bond nor cash-like
SMALLEST = 100_000
SLACK_BPS = 60  # of the base: prices move between the look and the order
_MACHINE = re.compile(
    r"[{}<>_]|None|null|NaN|True|False|Traceback|Error|Exception|://|acct-|[0-9a-f]{8}-[0-9a-f]{4}|\bcycle\b|\bslot\b"
)


def judged(day: Day) -> list[str]:
    """Every break, as a sentence that names its rule."""
    for account in day.accounts:
        _orders(day, account)
        _slots(day, account)
        _diary(day, account)
        if dict(day.ledger[account.ref]) != dict(day.broker[account.ref]):
            _break(day, "book", f"{account.ref}: {day.ledger[account.ref]} is not {day.broker[account.ref]}")
    return day.breaks


def _break(day: Day, rule: str, what: str) -> None:
    day.breaks.append(f"{rule}: {what}")


# Orders -----------------------------------------------------------------------------------------------------------


def _orders(day: Day, account: Account) -> None:
    placed = [order for order in day.orders if order.number == account.number and order.on_day and not order.by_hand]
    intents = [row for row in day.intents if row["account"] == account.ref and row["sent"]]
    left = list(intents)
    runs: dict[str, list[tuple[Row, Order]]] = {}
    bought = 0  # under the mandate
    for order in placed:
        row = next((row for row in left if _same(row, order)), None)
        if row is None:
            _break(day, "word", f"{account.ref}: nobody asked for {_name(order)}")
            continue
        left.remove(row)
        _word(day, account, row, order)
        _closing(day, account, row, order)
        if order.side == "sell":
            _sale(day, account, row, order)
        elif row["authority"] == "mandate":
            bought += order.quantity * order.price
        if row["authority"] != "exit":
            runs.setdefault(row["origin"], []).append((row, order))
    for origin, pairs in runs.items():
        if not origin.startswith("chat"):
            _run(day, account, origin, pairs)
    if account.mandate is not None and bought > account.mandate["max_per_day"]:
        _break(
            day, "word", f"{account.ref}: {bought} won were bought, the mandate allows {account.mandate['max_per_day']}"
        )


def _same(row: Row, order: Order) -> bool:
    return (row["ticker"], row["side"], row["quantity"]) == (order.ticker, order.side, order.quantity)


def _name(order: Order) -> str:
    return f"{order.side} {order.quantity} {order.ticker} at {order.price} ({order.at})"


def _word(day: Day, account: Account, row: Row, order: Order) -> None:
    authority, word = row["authority"], row["word"]
    if authority == "approval":
        card = day.cards.get(word)
        if card is None or card["decision"] != "approve":
            said = "nobody" if card is None else card["decision"]
            _break(day, "word", f"{account.ref}: {_name(order)} although its card was answered by {said}")
        elif not card["decided"] <= row["sent"] <= card["expires"]:
            _break(day, "word", f"{account.ref}: {_name(order)} left at {row['sent']}, outside its approval")
    elif authority == "mandate":
        _mandated(day, account, row, order)
    elif word not in day.triggers:
        _break(day, "word", f"{account.ref}: {_name(order)} by rule, and no trigger was written")


def _mandated(day: Day, account: Account, row: Row, order: Order) -> None:
    bounds = account.mandate
    if bounds is None:
        _break(day, "word", f"{account.ref}: {_name(order)} under a mandate that nobody signed")
        return
    wrong = [
        text
        for text, bad in (
            ("a name outside", order.ticker not in bounds["tickers"]),
            ("a side outside", order.side not in bounds["sides"]),
            ("an hour outside", not bounds["from_time"] <= order.at[:5] < bounds["until_time"]),
            ("more than one order may be", order.side == "buy" and row["amount"] > bounds["max_per_order"]),
        )
        if bad
    ]
    for text in wrong:
        _break(day, "word", f"{account.ref}: {_name(order)} is {text} its mandate")


def _closing(day: Day, account: Account, row: Row, order: Order) -> None:
    if order.at >= "15:30:00":
        _break(day, "closing", f"{account.ref}: {_name(order)} after the close")
    if day.expected and row["origin"].endswith(day.expected[-1]):
        _break(day, "closing", f"{account.ref}: {_name(order)} by the check that only reports")


def _sale(day: Day, account: Account, row: Row, order: Order) -> None:
    if row["authority"] == "exit":
        trigger = day.triggers.get(row["word"])
        if trigger is None:
            return  # `word` has said so
        met, level = trigger["price"], trigger["level"]
        falls = trigger["kind"] in ("stop_loss", "trailing")
        if (met > level) if falls else (met < level):
            _break(day, "sale", f"{account.ref}: {_name(order)}: {met} won did not meet {level}")
        if not order.low <= met <= order.high:
            _break(
                day,
                "sale",
                f"{account.ref}: {_name(order)}: nobody traded at {met} won, {order.low}..{order.high} were",
            )
        return
    if row["hand"]:
        return
    limit = _weight(day, account, order.ticker)
    base, slack = _base(account, order), _base(account, order) * SLACK_BPS // FULL
    held = order.held * order.last
    if held * FULL <= base * limit:
        _break(day, "sale", f"{account.ref}: {_name(order)}: {held} won of {base} are within the limit of {limit} bps")
    elif (order.held - order.quantity) * order.last < base * limit // FULL - slack - order.last:
        _break(day, "sale", f"{account.ref}: {_name(order)}: more than stood above the limit")


def _run(day: Day, account: Account, origin: str, pairs: list[tuple[Row, Order]]) -> None:
    grade = GRADES[account.grade]
    base = min(_base(account, order) for _, order in pairs)
    slack = base * SLACK_BPS // FULL
    buys = {order.ticker for _, order in pairs if order.side == "buy"}
    if len(buys) > grade["buys"]:
        _break(day, "bounds", f"{account.ref} {origin}: {len(buys)} names were bought")
    turnover = sum(order.quantity * order.price for _, order in pairs)
    allowed = max(base * grade["turnover"] // FULL, min(base, 2 * SMALLEST))
    if turnover > allowed + slack:
        _break(day, "bounds", f"{account.ref} {origin}: {turnover} won changed hands, {allowed} may")
    for _, order in pairs:
        if order.quantity * order.price < min(SMALLEST, base // 2):
            _break(day, "bounds", f"{account.ref} {origin}: {_name(order)} is smaller than the smallest")
        if order.side == "buy":
            _purchase(day, account, origin, order, base, slack)


def _purchase(day: Day, account: Account, origin: str, order: Order, base: int, slack: int) -> None:
    asset = day.assets.get(order.ticker)
    if asset is None or asset.product not in GRADES[account.grade]["products"]:
        _break(day, "bounds", f"{account.ref} {origin}: {_name(order)} is not for {account.grade}")
        return
    most = min(_weight(day, account, order.ticker), FULL if asset.holds in ("bond", "cash") else NAME_BPS)
    after = order.held * order.last + order.quantity * order.price
    if after > base * most // FULL + slack:
        _break(day, "bounds", f"{account.ref} {origin}: {_name(order)} makes {after} won of {base}, {most} bps may be")


def _base(account: Account, order: Order) -> int:
    return min(account.capital, order.total)


def _weight(day: Day, account: Account, ticker: str) -> int:
    asset = day.assets.get(ticker)
    return int(GRADES[account.grade]["weights"][asset.holds if asset is not None else "stock"])


# Slots and words --------------------------------------------------------------------------------------------------


def _slots(day: Day, account: Account) -> None:
    rows = [row for row in day.slots if (row["account"], row["kind"]) == (account.ref, "cycle")]
    names = sorted(row["slot"] for row in rows)
    if names != sorted(set(names)) or not set(day.expected) - day.late <= set(names):
        _break(day, "slots", f"{account.ref}: checks were {names}, expected {day.expected}")
    for row in rows:
        wanted = "skipped" if row["slot"] in day.late else "done"
        if row["outcome"] != wanted:
            _break(day, "slots", f"{account.ref}: the check of {row['slot']} ended {row['outcome']}, expected {wanted}")


def _diary(day: Day, account: Account) -> None:
    entries, lines = day.diaries[account.ref], day.screens[account.ref]
    if not lines or len(lines) > LINES_A_DAY:
        _break(day, "diary", f"{account.ref}: {len(lines)} lines a day")
    for entry in entries:
        text = str(entry["text"])
        if len(text.splitlines()) > LINES_A_CHECK:
            _break(day, "diary", f"{account.ref} {entry['slot']}: {len(text.splitlines())} lines")
        found = _MACHINE.search(text)
        if found is not None:
            _break(day, "diary", f"{account.ref} {entry['slot']}: {found[0]!r} in {text!r}")
        if not any("가" <= sign <= "힣" for sign in text):
            _break(day, "diary", f"{account.ref} {entry['slot']}: no Korean in {text!r}")
    for slot in set(day.expected) - day.late:
        if not any(entry["slot"] == slot and entry["kind"] == "cycle" for entry in entries):
            _break(day, "diary", f"{account.ref}: nothing was written about {slot}")
    for slot, words in day.silences[account.ref].items():
        text = "\n".join(str(entry["text"]) for entry in entries if entry["slot"] == slot)
        for word in words:
            if word not in text:
                _break(day, "said", f"{account.ref} {slot}: expected {word!r} in {text!r}")

"""The oracle: what must hold at every step, and what must hold when everything has come to rest.

Contract: it is told what persons approved, what left the OMS byte by byte, what the broker's journal says and what the
ledger's committed rows say, all as plain values; it imports nothing of what it judges. A break of a rule is kept with
its moment and never stops the world. Rules:

- `approved`: every order at the broker is one that somebody validly approved: account, ticker, side, quantity, price.
- `once`: of one approval at most one chain; fills and what may still trade of it never exceed what was approved.
- `durable`: SENDING was committed, and witnessed, before the first byte; one POST for one SENDING.
- `deadline`: no first byte after the stored deadline.
- `lock`: while an intent is UNKNOWN or MANUAL no other order of that account, ticker and side begins.
- `halt`: once a halt was answered no new order begins; cancels may.
- `money`: fees, taxes, cash and shares of the journal by own arithmetic.
- more rules of single moments: see `steps`; of sales by rule: see `exits`.
- `book`: at rest, quantity and amount of every intent in the ledger are the broker's, and so are the holdings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from proving.oracle.broker import Broker, Key, Signature
from proving.oracle.exits import Exits
from proving.oracle.hands import Hands
from proving.oracle.steps import Steps

Row = Mapping[str, Any]
LOCKING = frozenset({"UNKNOWN", "MANUAL"})
LATE_S = 0.05


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that did not hold."""

    at: float
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.at:12.3f} s  {self.rule}: {self.what}"


@dataclass(slots=True)
class Approved:
    """What a person approved for one leg. `price` is None where the market's was."""

    intent_id: str
    signature: Signature
    price: int | None
    prices: set[int] = field(default_factory=set)  # also those it was validly revised to
    chains: list[Key] = field(default_factory=list)
    late: bool = False  # it arrived when no gateway could have kept it any longer
    after: str | None = None  # the intent that has to end with a fill first


@dataclass(slots=True)
class Post:
    """An order's request as it began to leave: the ledger and the witness at its first byte."""

    at: float
    wall: float
    who: str
    sending: Sequence[Row]
    locking: Sequence[Row]
    witnessed: int
    halted: frozenset[str]  # accounts' numbers, "*" for all
    stood: bool  # the process was stopped or slept between its last check and this byte
    epoch: int = 0  # the lease's


class Judge:
    """`rows` gives the committed intents; each is a mapping of plain values with the account's number in `account`."""

    def __init__(self, funds: frozenset[str], now: Callable[[], float], rows: Callable[[], Sequence[Row]]) -> None:
        self.broker = Broker(funds)
        self.breaks: list[Broken] = []
        self.approved: dict[str, Approved] = {}
        self.residual = 0  # orders that left late because the machine slept at the wrong moment: the stated residual
        self._signatures: dict[Signature, list[Approved]] = {}
        self.hands = Hands(self)
        self.unlisted: Callable[[], bool] = lambda: False  # has the broker's order list been empty to the end?
        self._posted: dict[tuple[str, str], int] = {}
        self._halted: dict[str, float] = {}
        self.now = now
        self._rows = rows
        self.steps = Steps(self, self._break)
        self.exits = Exits(self, self._break)

    def _break(self, rule: str, what: str) -> None:
        self.breaks.append(Broken(self.now(), rule, what))

    # What persons do ------------------------------------------------------------------------------------------------

    def approve(self, intent_id: str, signature: Signature, price: int | None, after: str | None = None) -> None:
        """A valid word: from now on this order may exist once."""
        word = Approved(intent_id, signature, price, {price} if price is not None else set(), after=after)
        self.approved[intent_id] = word
        self._signatures.setdefault(signature, []).append(word)

    def instead(self, intent_id: str, signature: Signature) -> None:
        """A newer version of the same intent was approved: the one or the other may exist, never both."""
        self._signatures.setdefault(signature, []).append(self.approved[intent_id])

    def revised(self, intent_id: str, price: int) -> None:
        self.approved[intent_id].prices.add(price)

    def by_hand(self, signature: Signature) -> None:
        """Somebody placed this order elsewhere."""
        self.hands.announced(signature)

    def claimed(self, intent_id: str, number: int) -> None:
        """A person says that the order with this number, placed elsewhere, is the one that was approved."""
        word = self.approved[intent_id]
        day = self.broker.days[-1]
        self.hands.chains.discard((day, number))
        word.chains.append((day, number))
        self._within((day, number))

    def disclaimed(self, intent_id: str, number: int) -> None:
        """The OMS did not take that word."""
        root = (self.broker.days[-1], number)
        self.approved[intent_id].chains.remove(root)
        self.hands.chains.add(root)

    @property
    def alike(self) -> list[Sequence[Approved]]:
        """Approvals that nobody can tell apart at the broker."""
        return [words for words in self._signatures.values() if len(words) > 1]

    def belong(self, owners: Mapping[Key, Approved]) -> None:
        """Whose these chains are, as was found out later."""
        for words in self.alike:
            for word in words:
                word.chains = [root for root in word.chains if root not in owners]
        for root, word in owners.items():
            word.chains.append(root)
            self._price(root, self.broker.chains[root][0].price)
            self._within(root)

    def halted(self, account: str) -> None:
        """The halt was answered. "*" is everybody."""
        self._halted[account] = self.now()

    def resumed(self, account: str) -> None:
        """A resume was asked for: from here on orders may begin again."""
        self._halted.pop(account, None)

    @property
    def halts(self) -> frozenset[str]:
        return frozenset(self._halted)

    # What leaves the OMS --------------------------------------------------------------------------------------------

    def posted(self, post: Post, account: str, ticker: str, side: str, quantity: int) -> None:
        """An order's request, all of it now known; judged as of its first byte."""
        name = f"{account} {ticker} {side} {quantity}"
        if post.halted & {account, "*"}:
            self._break("halt", f"{name} began after a halt was answered")
        mine = [row for row in post.sending if _is(row, account, ticker, side, quantity)]
        if mine and mine[0].get("authority") == "exit":
            self.exits.began(mine[0])
        if not mine:
            self._break("durable", f"{name} began to leave without a committed SENDING")
            return
        row = mine[0]
        if post.witnessed < row["sending_seq"]:
            self._break("durable", f"{name} began to leave before its SENDING was witnessed")
        self.steps.began(post, row)
        sent = (row["intent_id"], row["sent_at"])
        self._posted[sent] = self._posted.get(sent, 0) + 1
        if self._posted[sent] > 1:
            self._break("durable", f"{name} was posted twice for one SENDING")
        if post.wall > row["send_deadline"] + LATE_S:
            if post.stood:
                self.residual += 1
            else:
                self._break("deadline", f"{name} began {post.wall - row['send_deadline']:.3f} s after its deadline")
        for other in post.locking:
            if other["intent_id"] != row["intent_id"] and _same_lock(other, account, ticker, side):
                self._break("lock", f"{name} began while {other['intent_id']} was {other['state']}")

    # What the broker did --------------------------------------------------------------------------------------------

    def journaled(self, record: Mapping[str, Any]) -> None:
        before = len(self.broker.wrong)
        order = self.broker.take(record)
        for what in self.broker.wrong[before:]:
            self._break("money", what)
        if order is None:
            return
        if record["kind"] == "order":
            self._new(order.root, order.signature, order.price, str(record.get("entry", "")))
        elif record["kind"] in ("revise", "fill"):
            self._within(order.root)
            if record["kind"] == "revise":
                self._price(order.root, order.price)

    def _new(self, root: Key, signature: Signature, price: int, entry: str) -> None:
        words = self._signatures.get(signature, [])
        free = [word for word in words if not word.chains]
        free.sort(key=lambda word: -self.steps.left_at(word.intent_id))  # the one that has left last
        fits = [word for word in free if word.price is None or word.price == price] or free
        if self.hands.placed(root, signature, entry, fits[0] if fits else None):
            return
        if fits:
            fits[0].chains.append(root)
            self._arrived(fits[0])
            self._price(root, price)
        elif words:
            self._break("once", f"{signature} is at the broker more often than it was approved: {root}")
            words[0].chains.append(root)
        else:
            self._break("approved", f"{signature} was never approved: {root}")
        self._within(root)

    def _arrived(self, word: Approved) -> None:
        row = next((row for row in self._rows() if row["intent_id"] == word.intent_id), None)
        word.late = self.steps.arrived(word, row)

    def _word(self, root: Key) -> Approved | None:
        return next((word for word in self.approved.values() if root in word.chains), None)

    def _within(self, root: Key) -> None:
        word = self._word(root)
        if word is None:
            return
        total = sum(self.broker.filled(chain) + self.broker.live(chain) for chain in word.chains)
        if total > self.broker.chains[word.chains[0]][0].quantity:
            self._break("once", f"{word.signature}: {total} shares filled or possibly live")

    def _price(self, root: Key, price: int) -> None:
        word = self._word(root)
        if word is not None and word.price is not None and price not in word.prices:
            self._break("approved", f"{word.signature}: expected a price of {sorted(word.prices)}, was {price}")

    def is_by_hand(self, root: Key) -> bool:
        return root in self.hands.chains

    # At rest --------------------------------------------------------------------------------------------------------

    def at_rest(self, holdings: Mapping[tuple[str, str], int], *, ours: frozenset[str]) -> None:
        """Everything has come to its end: the book is the broker's. `holdings` is (account, ticker) -> shares of the
        ledger's book; `ours` the accounts whose every order the OMS has been able to see."""
        by_id = {str(row["intent_id"]): row for row in self._rows()}
        for word in self.approved.values():
            row = by_id.get(word.intent_id)
            filled = sum(self.broker.filled(chain) for chain in word.chains)
            amount = sum(self.broker.amount(chain) for chain in word.chains)
            if row is None:
                if word.chains:
                    self._break("book", f"{word.signature} is at the broker and not in the ledger")
                continue
            self._row_at_rest(word, row, filled, amount)
        for (account, ticker), shares in holdings.items():
            if account in ours and shares != self.broker.purses[account].shares.get(ticker, 0):
                there = self.broker.purses[account].shares.get(ticker, 0)
                self._break("book", f"{account} {ticker}: expected {there} shares in the book, was {shares}")
        for account in sorted(ours & set(self.broker.purses)):
            for ticker, shares in self.broker.purses[account].shares.items():
                if shares and (account, ticker) not in holdings:
                    self._break("book", f"{account} {ticker}: {shares} shares are not in the book")

    def _row_at_rest(self, word: Approved, row: Row, filled: int, amount: int) -> None:
        name = f"{word.signature} {row['state']}"
        if row["state"] == "MANUAL":
            return  # a person's: the figures are what the person will decide
        if row["state"] == "ABSENT" and word.late:
            self.residual += 1  # later than any gateway was thought to keep it, and after its day's last question
            return
        if row["filled"] < filled and self.unlisted() and self.hands.beside(word):
            self.residual += 1  # what holdings prove of one order while another rests beside it is the least it can be
            return
        if row["filled"] != filled:
            self._break("book", f"{name}: expected {filled} shares filled, was {row['filled']}")
        elif not row["amount_estimated"] and row["filled_amount"] != amount:
            self._break("book", f"{name}: expected {amount} won, was {row['filled_amount']}")
        fees = sum(order.fee for chain in word.chains for order in self.broker.chains[chain])
        taxes = sum(order.tax for chain in word.chains for order in self.broker.chains[chain])
        if row["filled"] == filled and not row["amount_estimated"] and len(word.chains) == 1:
            one = len(self.broker.chains[word.chains[0]]) == 1
            if one and (row["fee"], row["tax"]) != (fees, taxes):
                self._break("book", f"{name}: expected fee {fees} and tax {taxes}, was {row['fee']} and {row['tax']}")
        live = sum(self.broker.live(chain) for chain in word.chains)
        if row["ended"] and live:
            self._break("book", f"{name}: ended in the ledger with {live} shares live at the broker")
        if not row["ended"]:
            self._break("rest", f"{name}: expected an end, was still under way")


def _is(row: Row, account: str, ticker: str, side: str, quantity: int) -> bool:
    return (row["account"], row["ticker"], row["side"], row["quantity"]) == (account, ticker, side, quantity)


def _same_lock(row: Row, account: str, ticker: str, side: str) -> bool:
    return row["state"] in LOCKING and (row["account"], row["ticker"], row["side"]) == (account, ticker, side)

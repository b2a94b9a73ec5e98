"""Rules of single moments: a commit, an order's first byte, its arrival, a token asked for.

Contract: told by the judge and the world in plain values; a break goes to the judge's list. A restored older ledger
ends the rules that compare what it says with what was (`forgotten`). Rules:

- `ahead`: the ledger never confirms more than the broker has filled, nor has more told of by notices alone. (A notice
  may come after the inquiry that counted its fill, so the two together may be too many until the next inquiry.)
- `over`: an intent that the ledger ends has nothing live at the broker.
- `told`: an order that is at the broker is not left to a person while every notice has come (not `hindered`).
- `absent`: an order that arrives within its deadline and the gateway's longest is not yet called ABSENT.
- `after`: a leg that waits for another arrives once that one has filled and nothing of it is live.
- `fence`: a first byte is that of the process whose epoch is the lease's.
- `manual`: while an intent is left to a person nothing more is bought.
- `revoked`: no order begins on a mandate's word after its revocation and the deadline of what was under way.
- `token`: KIS is asked for a token once a minute at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from proving.oracle.judge import Approved, Judge, Post

Row = Mapping[str, Any]
# Seconds: a request's deadline and the gateway's longest; a minute less what a clock may be wrong; a deadline and more.
ARRIVES_S, TOKEN_S, UNDER_WAY_S = 20.0, 50.0, 6.0


class Shown(NamedTuple):
    """A committed intent."""

    intent_id: str
    state: str
    ended: bool
    filled: int
    provisional: int


class Steps:
    def __init__(self, judge: Judge, said: Callable[[str, str], None]) -> None:
        self._judge = judge
        self._break = said
        self.forgotten = False
        # May notices have been kept from the OMS, or equal orders placed by hand?
        self.hindered: Callable[[], bool] = lambda: True
        self._states: dict[str, str] = {}
        self._left: dict[str, float] = {}
        self._revoked: dict[str, float] = {}
        self._asked_at: float | None = None
        self._ahead: set[str] = set()

    def committed(self, now: Iterable[Shown]) -> None:
        """The intents as they are after a commit."""
        if self.forgotten:
            return
        for one in now:
            word = self._judge.approved.get(one.intent_id)
            if word is None:
                continue
            if one.state == "MANUAL":
                self._left_to_a_person(one, word)
                continue
            filled = sum(self._judge.broker.filled(chain) for chain in word.chains)
            if max(one.filled, one.provisional) > filled and self._judge.hands.taken_for_ours(word):
                filled = sum(self._judge.broker.filled(chain) for chain in word.chains)
            if max(one.filled, one.provisional) > filled and one.intent_id not in self._ahead:
                self._ahead.add(one.intent_id)
                self._break(
                    "ahead", f"{word.signature}: {one.filled} and {one.provisional} shares, {filled} were filled"
                )
            if self._states.get(one.intent_id) == one.state:
                continue
            self._states[one.intent_id] = one.state
            live = sum(self._judge.broker.live(chain) for chain in word.chains)
            if one.ended and live:
                self._break("over", f"{word.signature}: {one.state} in the ledger, {live} shares live at the broker")

    def _left_to_a_person(self, one: Shown, word: Approved) -> None:
        if self._states.get(one.intent_id) == "UNKNOWN" and word.chains and not self.hindered():
            self._break("told", f"{word.signature}: MANUAL although notices told of {word.chains[-1]}")
        self._states[one.intent_id] = one.state

    def left_at(self, intent_id: str) -> float:
        """When its first byte left last; before everything where it never did."""
        return self._left.get(intent_id, -1.0)

    def began(self, post: Post, row: Row) -> None:
        """An order's first byte left. `row` is its SENDING."""
        self._left[row["intent_id"]] = post.at
        if post.stood:
            return
        if post.epoch != row["epoch"]:
            self._break("fence", f"{post.who} of epoch {row['epoch']} began an order in epoch {post.epoch}")
        revoked = self._revoked.get(row["intent_id"])
        if revoked is not None and post.at > revoked + UNDER_WAY_S:
            self._break("revoked", f"{row['intent_id']} began {post.at - revoked:.1f} s after its mandate was revoked")
        for other in post.locking:
            bought = row["side"] == "buy" and row["account"] == other["account"]
            if other["state"] == "MANUAL" and bought and row["sent_at"] > other["updated_at"]:
                self._break("manual", f"{row['intent_id']} was bought while {other['intent_id']} was MANUAL")

    def arrived(self, word: Approved, row: Row | None) -> bool:
        """The broker took an order of that word; `row` is what the ledger says of it. True: later than it could."""
        left, now = self._left.get(word.intent_id), self._judge.now()
        if row is not None and row["state"] == "ABSENT" and left is not None and now - left <= ARRIVES_S:
            self._break("absent", f"{word.signature} was ABSENT and arrived {now - left:.1f} s after it had left")
        first = self._judge.approved.get(word.after) if word.after is not None else None
        if first is not None:
            filled = sum(self._judge.broker.filled(chain) for chain in first.chains)
            live = sum(self._judge.broker.live(chain) for chain in first.chains)
            if not filled or live:
                self._break("after", f"{word.signature} arrived before {first.signature} had ended with a fill")
        return left is not None and now - left > ARRIVES_S

    def revoked(self, intent_ids: Iterable[str]) -> None:
        """The mandate under which these were admitted is no word any more."""
        for intent_id in intent_ids:
            self._revoked.setdefault(intent_id, self._judge.now())

    def token_asked_for(self) -> None:
        now, before = self._judge.now(), self._asked_at
        self._asked_at = now
        if before is not None and now - before < TOKEN_S and not self.forgotten:
            self._break("token", f"a token was asked for {now - before:.1f} s after the last time")

"""What a world tells its judge: bytes, journal records, committed rows, each as plain values in its moment.

Contract: it changes nothing of what it watches. Everything that the trace of a seed is made of passes here.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from domain.orders.types import TERMINAL
from proving.ends import End
from proving.exchange import shared_market
from proving.faults import NOTICES_COME
from proving.oms import OWNER_ACCOUNT
from proving.oracle.judge import Post
from proving.oracle.steps import Shown
from simulation.exchange.faults.kinds import FaultKind
from simulation.exchange.journal import Record
from tools.settings import Broker

if TYPE_CHECKING:
    from proving.world import World


class Watch:
    """Made before the world's parts, so it looks for them only when something happens."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._rng = random.Random(f"storage:{seed}")
        self.hands = 0  # orders placed by hand

    def seen(self, number: int, from_server: bool, data: bytes | None) -> None:
        self._world.trace.update(b"%.6f %d %d " % (self._world.loop.world_time, number, from_server))
        if data is not None:
            self._world.trace.update(data)

    def journaled(self, record: Record) -> None:
        self._world.trace.update(json.dumps(record, sort_keys=True).encode())
        if record["kind"] == "order" and record.get("channel") == "hand":  # so says the broker of its own
            self.hands += 1
            self._world.judge.by_hand((record["account"], record["ticker"], record["side"], record["qty"]))
        before = len(self._world.judge.breaks)
        self._world.judge.journaled(record)
        if self._world.verbose and record["kind"] not in ("day", "clock"):
            self._world.say("journal " + json.dumps({k: v for k, v in record.items() if k not in ("t", "seq")}))
        self.tell(before)

    def tell(self, before: int) -> None:
        for found in self._world.judge.breaks[before:]:
            self._world.say(f"BROKEN {found}")

    def rows(self, states: Collection[str] = ()) -> list[Mapping[str, Any]]:
        """The committed intents as plain values; of those states only, where any are named."""
        intents = self._world.database.tables.intents.rows.values()
        return [self._row(intent) for intent in intents if not states or intent.state.value in states]

    def _row(self, intent: Any) -> Mapping[str, Any]:
        return {
            "intent_id": str(intent.intent_id),
            "account": self.number_of(intent.account_ref),
            "ticker": intent.ticker,
            "side": intent.side.value,
            "quantity": intent.quantity,
            "state": intent.state.value,
            "ended": intent.state in TERMINAL,
            "filled": intent.filled,
            "filled_amount": intent.filled_amount,
            "amount_estimated": intent.amount_estimated,
            "fee": intent.fee,
            "tax": intent.tax,
            "epoch": intent.epoch or 0,
            "authority": intent.authority,
            "authority_id": str(intent.authority_id),
            "stop_price": intent.stop_price,
            "limit_price": intent.limit_price,
            "updated_at": intent.updated_at.isoformat(),
            "sent_at": "" if intent.sent_at is None else intent.sent_at.isoformat(),
            "send_deadline": 0.0 if intent.send_deadline is None else intent.send_deadline.timestamp(),
        }

    def crossed(self) -> list[str]:
        """Positions at or below their stop of which nothing is being sold: an exit should be out."""
        world = self._world
        selling = {row["ticker"] for row in self.rows() if row["side"] == "sell" and not row["ended"]}
        found = []
        for row in world.database.tables.sleeves.rows.values():
            ticker, held, cost = row.sleeve.ticker, row.sleeve.position.quantity, row.sleeve.position.cost
            quote = shared_market().snapshot(ticker, world.wall.now()) if held and ticker not in selling else None
            if quote is not None and quote.last * held * 10_000 <= cost * (10_000 - (world.rule.stop_bps or 10_000)):
                found.append(f"{ticker}: {held} shares bought for {cost} won, the price is {quote.last}")
        return found

    def number_of(self, account_ref: str) -> str:
        return OWNER_ACCOUNT if account_ref == self._world.person.who.account_ref else account_ref

    def begins(self, sender: End) -> Post:
        """The picture of the moment in which an order's first byte leaves."""
        host = next(host for host in self._world.oms if host.life is sender.life)
        tables = self._world.database.tables
        sending, locking = [], []
        for intent in tables.intents.rows.values():
            if intent.state.value == "SENDING":
                moves = [
                    tables.transitions.rows[key] for key in tables.transitions.found["entity"][str(intent.intent_id)]
                ]
                seq = max(move.seq for move in moves if move.event == "send_started")
                sending.append({**self._row(intent), "sending_seq": seq})
            elif intent.state.value in ("UNKNOWN", "MANUAL"):
                locking.append(self._row(intent))
        post = Post(
            at=self._world.loop.world_time,
            wall=self._world.oms_wall.now().timestamp(),
            who=repr(host),
            sending=sending,
            locking=locking,
            witnessed=self._world.witness.mark.seq if self._world.witness.mark is not None else 0,
            halted=self._world.judge.halts,
            stood=self._world.striker.stood_lately(host),
            epoch=max((row.epoch for row in tables.lease.rows.values()), default=0),
        )
        self._world.striker.order_begins(host)
        return post

    def posted(self, post: Post, body: Mapping[str, Any], side: str) -> None:
        before = len(self._world.judge.breaks)
        account = str(body["CANO"]) + str(body["ACNT_PRDT_CD"])
        self._world.judge.posted(post, account, str(body["PDNO"]), side, int(body["ORD_QTY"]))
        self._world.say(f"{post.who} posts {side} {body['PDNO']} {body['ORD_QTY']}")
        self.tell(before)

    def pace(self, step: str) -> Awaitable[None] | None:
        """What the database takes: mostly nothing worth a turn, a commit an fsync."""
        chance = self._rng.random()
        if step == "committed":
            self._committed()
        if step == "commit":
            return asyncio.sleep(chance * 0.004)
        return asyncio.sleep(chance * 0.01) if chance < 0.06 else None

    def _committed(self) -> None:
        before = len(self._world.judge.breaks)
        self._world.judge.steps.forgotten = self._world.regressed
        self._world.judge.steps.committed(
            Shown(str(one.intent_id), one.state.value, one.state in TERMINAL, one.filled, one.provisional)
            for one in self._world.database.tables.intents.rows.values()
        )
        self.tell(before)

    def hindered(self) -> bool:
        """Has anything struck so far that may keep the evidence from the OMS, or make an order's own ambiguous? On
        KIS paper notices and holdings are the evidence; on live it is the list, which there is never empty for long."""
        struck = {kind for kind, hits in self._world.exchange.faults.hits.items() if hits}
        harmless = NOTICES_COME
        if self._world.broker is not Broker.PAPER:
            harmless = NOTICES_COME - {FaultKind.EMPTY_EXECUTIONS}
        return bool(struck - harmless or self.hands) or any(self._world.striker.hits.values())

    def held(self, account: str) -> Mapping[str, int]:
        purse = self._world.judge.broker.purses.get(account)
        if purse is None:
            return {}
        held = dict(purse.shares)
        for order in self._world.judge.broker.orders.values():
            if order.account == account and order.side == "sell":
                held[order.ticker] = held.get(order.ticker, 0) - order.open
        for row in self.rows():
            if row["side"] == "sell" and row["state"] in ("NEW", "SENDING", "NOT_SENT", "UNKNOWN"):
                held[row["ticker"]] = held.get(row["ticker"], 0) - row["quantity"]
        return held

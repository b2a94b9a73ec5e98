"""What a rehearsed day came to, as plain values: the diaries, the orders, the counts, and what the judge says.

Contract: `outcome_of` reads the world after its end and changes nothing. The hash covers every word of the diaries and
every record of the exchange, so two lives of one script are one text.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.calendar import KrxCalendar
from domain.clock import KST
from domain.instruments import Instrument, Kind
from domain.mandate import MandateKind
from domain.slots import cycle_slots, name_of
from proving.day.people import PEOPLE, Person
from proving.day.silences import silences
from proving.oracle.day_values import Account, Asset, Day
from proving.oracle.trading_day import judged

if TYPE_CHECKING:
    from proving.day.world import DayWorld


@dataclass(slots=True)
class Outcome:
    """`diaries` by the person's grade: the lines that the product shows of a day."""

    seed: int
    model: str
    day: str
    hash: str
    breaks: list[str]
    diaries: dict[str, list[str]]
    orders: list[str]
    counts: Counter[str] = field(default_factory=Counter)
    is_short: bool = False
    steps: int = 0
    real_s: float = 0.0

    @property
    def good(self) -> bool:
        return not self.breaks

    @property
    def shortened(self) -> str:
        """What the command needs besides, to live through the same day again."""
        return " --short" if self.is_short else ""

    def to_json(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "model": self.model,
            "day": self.day,
            "hash": self.hash,
            "breaks": self.breaks,
            "diaries": self.diaries,
            "orders": self.orders,
            "counts": dict(sorted(self.counts.items())),
            "seconds": round(self.real_s, 2),
        }


def outcome_of(world: DayWorld) -> Outcome:
    script = world.script
    orders = [_line(at, order) for at, order in world.takes.orders]
    text = json.dumps([world.lines, orders, world.trace.hexdigest()], ensure_ascii=False)
    breaks = list(world.faults) + [f"crash: {what}" for what in world.loop.broken]
    breaks += [f"money: {what}" for what in world.takes.broker.wrong]
    breaks += [f"receipt: {what}" for what in world.receipts]
    if not breaks:
        breaks = judged(day_of(world))
    return Outcome(
        seed=script.seed,
        model=script.model,
        day=script.day.isoformat(),
        hash=hashlib.sha256(text.encode()).hexdigest()[:16],
        breaks=breaks,
        diaries=world.lines,
        orders=orders,
        counts=_counts(world),
        is_short=script.asleep is not None,
        steps=world.loop.steps,
    )


def _line(at: Any, order: Any) -> str:
    hand = " by hand" if order.by_hand else ""
    return f"{at} {order.at} {order.number} {order.side} {order.quantity} {order.ticker} at {order.price}{hand}"


def _entries(world: DayWorld, person: Person) -> list[Any]:
    """The day's lines of the person's own journal that tell of checks."""
    return [
        entry
        for user, entry in world.papers.entries
        if user == person.who.user_id and entry.kind == "cycle" and entry.at.astimezone(KST).date() == world.script.day
    ]


def _counts(world: DayWorld) -> Counter[str]:
    found: Counter[str] = Counter()
    for day, order in world.takes.orders:
        if day == world.script.day and not order.by_hand:
            found[f"orders_{order.side}"] += 1
    found["triggers"] = len(world.triggers)
    found["cards"] = len(world.cards)
    for _, how, _, _ in world.cards:
        found[f"cards_{how}"] += 1
    for row in world.slots.rows.values():
        found[f"slots_{row.kind.value}"] += 1
        found["skipped"] += row.outcome == "skipped"
    found["calls"] = len(world.calls)
    for call in world.calls:
        found[f"calls_{call.outcome}"] += 1
    for model in world.models:
        for vice, count in model.vices.items():
            found[f"vice_{vice}"] += count
    for notice in world.notices:
        found["abstentions"] += notice["code"] == "answered_by" and notice["by"] == "rules"
        found["notices_of_budget"] += notice["code"] == "model_budget"
    found["receipts"] = world.receipted
    for intent in world.database.tables.intents.rows.values():
        if intent.state.value in ("REFUSED", "UNKNOWN", "MANUAL"):
            found[f"intents_{intent.state.value.lower()}"] += 1
    return found


# For the judge ------------------------------------------------------------------------------------------------------


def day_of(world: DayWorld) -> Day:
    """Everything that the judge is told."""
    noon = world.script.at(12)
    expected = [name_of(slot) for slot in cycle_slots(KrxCalendar(), noon)]
    asleep = world.script.asleep
    late = {name_of(slot) for slot in cycle_slots(KrxCalendar(), noon) if asleep is not None and asleep.covers(slot)}
    numbers = {person.who.account_ref: world.number_of(person) for person in PEOPLE}
    orders = []
    for day, order in world.takes.orders:
        order.on_day = day == world.script.day
        orders.append(order)
    return Day(
        accounts=[_account(world, person, numbers) for person in PEOPLE],
        assets={row.ticker: _asset(row) for row in world.table.all()},
        orders=orders,
        intents=_intents(world),
        cards=_cards(world),
        triggers={
            str(one.exit_mandate_id): {"kind": one.kind.value, "price": one.price, "level": one.level}
            for one in world.triggers
        },
        slots=[
            {"account": row.account_ref, "kind": row.kind.value, "slot": row.slot, "outcome": str(row.outcome or "")}
            for row in world.slots.rows.values()
        ],
        expected=expected,
        late=late,
        diaries={person.who.account_ref: [_plain(entry) for entry in _entries(world, person)] for person in PEOPLE},
        screens={person.who.account_ref: world.lines.get(person.grade, []) for person in PEOPLE},
        silences={person.who.account_ref: silences(world, person) for person in PEOPLE},
        ledger={person.who.account_ref: _ledger(world, person) for person in PEOPLE},
        broker={ref: world.takes.book(number) for ref, number in numbers.items()},
    )


def _asset(row: Instrument) -> Asset:
    return Asset(row.ticker, row.product_risk, "stock" if row.kind is Kind.STOCK else row.asset.value)


def _account(world: DayWorld, person: Person, numbers: Mapping[str, str]) -> Account:
    ref = person.who.account_ref
    rows = world.database.tables.desk
    offers = [row for row in rows.offers.rows.values() if row.account_ref == ref and row.kind == MandateKind.CYCLE]
    cycles = [row for row in offers if row.mandate_id in rows.signatures.rows]
    return Account(ref, numbers[ref], person.grade, person.capital, dict(cycles[0].bounds) if cycles else None)


def _intents(world: DayWorld) -> list[dict[str, Any]]:
    plans = {row.plan.plan_id: row.plan for row in world.database.tables.desk.plans.rows.values()}
    found = []
    for intent in world.database.tables.intents.rows.values():
        plan = plans.get(intent.plan_id)
        sent = intent.sent_at
        if sent is not None and sent.astimezone(KST).date() != world.script.day:
            continue
        found.append(
            {
                "account": intent.account_ref,
                "ticker": intent.ticker,
                "side": intent.side.value,
                "quantity": intent.quantity,
                "authority": intent.authority,
                "word": str(intent.authority_id),
                "origin": " ".join(str(word) for word in plan.origin) if plan is not None else "exit",
                "hand": plan is not None and plan.origin[0] == "chat",
                "sent": _moment(sent),
                "amount": intent.quantity * (intent.limit_price or 0),
            }
        )
    return found


def _cards(world: DayWorld) -> dict[str, dict[str, Any]]:
    answers = world.database.tables.desk.answers.rows
    found = {}
    for key, request in world.papers.requests.items():
        answer = answers.get(key)
        found[str(key)] = {
            "decision": answer.decision if answer is not None else "",
            "decided": _moment(answer.decided_at if answer is not None else None),
            "expires": _moment(request.expires_at),
        }
    return found


def _moment(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(KST).isoformat(timespec="milliseconds")


def _plain(entry: Any) -> dict[str, Any]:
    return {"kind": entry.kind, "slot": entry.subject, "text": entry.summary, "at": _moment(entry.at)}


def _ledger(world: DayWorld, person: Person) -> dict[str, int]:
    """Shares by the ledger's sleeves; cash by its fills and charges from what the account began with."""
    ref = person.who.account_ref
    shares: Counter[str] = Counter()
    for row in world.database.tables.sleeves.rows.values():
        if row.account_ref == ref and row.sleeve.position.quantity:
            shares[row.sleeve.ticker] += row.sleeve.position.quantity
    return {"": world.takes.cash(world.number_of(person)), **dict(sorted(shares.items()))}

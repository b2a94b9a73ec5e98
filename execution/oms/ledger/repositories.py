"""The ledger's repositories as the OMS calls them: rows in and out, no decisions. One Protocol each.

Contract: lists come in the order that is named, ties in no promised order unless it is named too. A method that says
"False when" never raises Taken for it; every other collision does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from domain.orders.types import IntentState, Plan
from domain.proto import oms_pb2 as pb
from execution.oms.ledger.desk import Decision, DeskAccount, MandateRow, ProfileRow
from execution.oms.ledger.rows import (
    BrokerOrder,
    DayLine,
    Fill,
    Intent,
    Pace,
    Protected,
    Request,
    Reservation,
    Sleeve,
    StateRow,
    StoredNotice,
    TickerTotals,
    Totals,
)
from execution.oms.ledger.standing import Submitted, Word


class Intents(Protocol):
    """Intents, reservations, consumed approvals, and requests to cancel or revise."""

    async def get(self, intent_id: UUID) -> Intent | None: ...

    async def of_plan(self, plan_id: UUID) -> list[Intent]:
        """By leg."""

    async def open(self, account_ref: str) -> list[Intent]:
        """Everything not ended, oldest first, then by leg."""

    async def open_everywhere(self, environment: str) -> list[Intent]:
        """Everything not ended, oldest first, then by leg."""

    async def in_state(self, account_ref: str, *states: IntentState) -> list[Intent]:
        """Oldest first, then by leg."""

    async def created_on(self, account_ref: str, day: date) -> list[Intent]:
        """Of that trade date; oldest first, then by leg."""

    async def newest(
        self,
        account_ref: str,
        *,
        open_only: bool = False,
        plan_id: UUID | None = None,
        since: date | None = None,
        limit: int = 50,
    ) -> list[Intent]:
        """Newest first, then by leg; at most `limit`."""

    async def insert(self, intent: Intent) -> None:
        """Also takes over the row of an older version that was withdrawn unsent. LookupError when the id is taken."""

    async def change(self, intent_id: UUID, at: datetime, **values: Any) -> None:
        """LookupError when it is not there, ValueError for a column that never changes."""

    async def consume_approval(
        self, approval_id: UUID, account_ref: str, plan_id: UUID, version: int, at: datetime
    ) -> bool:
        """False when somebody consumed it before."""

    async def reserve(self, reservation: Reservation) -> None:
        """Holds it, from the start: neither acknowledged nor released."""

    async def resize_reservation(self, intent_id: UUID, cash: int, shares: int) -> None: ...

    async def reservation_acked(self, intent_id: UUID, at: datetime) -> None:
        """The first time counts."""

    async def release(self, intent_id: UUID, at: datetime) -> None:
        """The first time counts."""

    async def hold_again(self, intent_id: UUID) -> None:
        """A released intent came back to life by late evidence."""

    async def held(self, account_ref: str) -> list[Reservation]:
        """Not released."""

    async def spent_since(self, account_ref: str, moment: datetime) -> int:
        """Won that fills took of buys which the broker acknowledged after `moment`."""

    async def pace(self, account_ref: str, day: date, since: datetime, limit: int) -> Pace:
        """Orders, revises and cancels that left after `since`; outcomes of at most `limit` orders sent on `day` that
        the broker took or refused, those in question left out."""

    async def request(self, account_ref: str, request_id: str) -> Request | None: ...

    async def requests_pending(self, account_ref: str) -> list[Request]:
        """Neither refused nor done, oldest first."""

    async def requests_of(self, intent_id: UUID) -> list[Request]:
        """Oldest first."""

    async def add_request(self, request: Request) -> bool:
        """False when that request id is taken."""

    async def change_request(self, account_ref: str, request_id: str, at: datetime, **values: Any) -> None:
        """ValueError for a column that never changes."""


class Orders(Protocol):
    """Orders at the broker and the notices about them."""

    async def add(self, order: BrokerOrder) -> bool:
        """False when the number is already in the ledger; Taken when its intent has a live order."""

    async def get(self, account_ref: str, trade_date: date, odno: int) -> BrokerOrder | None:
        """By day and number. Branches share numbers only in theory; the newest wins."""

    async def chain(self, intent_id: UUID) -> list[BrokerOrder]:
        """Oldest first, then by number."""

    async def chains(self, intent_ids: Sequence[UUID]) -> dict[UUID, list[BrokerOrder]]:
        """As `chain`, a key for each id asked for."""

    async def live(self, account_ref: str) -> list[BrokerOrder]:
        """Not ended, oldest first."""

    async def of_day(self, account_ref: str, day: date) -> list[BrokerOrder]:
        """Oldest first."""

    async def numbers_of_day(self, account_ref: str, day: date) -> list[int]:
        """Every number of the day that we have heard of: in the ledger, or named by a notice alone. Ascending."""

    async def change(self, order: BrokerOrder, at: datetime, **values: Any) -> None:
        """ValueError for a column that never changes."""

    async def store_notice(
        self, environment: str, account_ref: str, at: datetime, day: date, digest: str, body: Mapping[str, Any]
    ) -> tuple[int, bool]:
        """Its id, and whether the same bytes came before today."""

    async def unworked_notices(self, account_ref: str) -> list[StoredNotice]:
        """By id."""

    async def notices_of_day(self, account_ref: str, day: date) -> list[StoredNotice]:
        """By id."""

    async def notice_done(self, notice_id: int, result: str, at: datetime) -> None:
        """The first word counts."""


class Books(Protocol):
    """Confirmed fills, sleeves, cash flows, day marks, exit mandates. Arithmetic is `domain.book`'s."""

    async def add_fill(self, fill: Fill) -> None: ...

    async def fills(self, account_ref: str, day: date | None = None) -> list[Fill]:
        """In the order they were added."""

    async def fills_of(self, intent_id: UUID) -> list[Fill]:
        """In the order they were added."""

    async def totals(self, account_ref: str, day: date | None = None) -> Totals: ...

    async def totals_by_ticker(self, account_ref: str) -> list[TickerTotals]:
        """By ticker."""

    async def sleeves(self, account_ref: str, ticker: str | None = None) -> list[Sleeve]:
        """By ticker and sleeve."""

    async def put_sleeve(self, account_ref: str, sleeve: Sleeve, at: datetime) -> None: ...

    async def add_cash_flow(
        self, account_ref: str, day: date, kind: str, amount: int, note: str, at: datetime
    ) -> None: ...

    async def cash_flow_total(self, account_ref: str) -> int: ...

    async def base_capital(self, account_ref: str) -> int | None: ...

    async def set_base_capital(self, account_ref: str, amount: int) -> None: ...

    async def mark(self, account_ref: str, day: date) -> tuple[int, int] | None:
        """(value at the day's start, highest value seen)."""

    async def days(self, account_ref: str, limit: int) -> list[DayLine]:
        """The newest `limit` days with a mark, a fill or a flow, oldest first."""

    async def high_water(self, account_ref: str) -> int | None: ...

    async def put_mark(self, account_ref: str, day: date, value: int) -> None:
        """The first value of a day is its start; later ones can only raise the high-water mark."""

    async def shift_marks(self, account_ref: str, day: date, amount: int) -> None:
        """An external flow is neither profit nor loss: the day's start and every high move with it."""

    async def open_exit_mandate(
        self, new_id: UUID, account_ref: str, ticker: str, sleeve: str, authority: str, source: UUID, at: datetime
    ) -> bool:
        """False when the position already has one."""

    async def close_exit_mandate(self, account_ref: str, ticker: str, sleeve: str, at: datetime) -> None: ...

    async def exit_mandate(self, exit_mandate_id: UUID, account_ref: str) -> tuple[str, str, UUID] | None:
        """(ticker, sleeve, approval or mandate of the entry) of a live exit mandate."""

    async def next_exit_generation(self, account_ref: str, ticker: str, sleeve: str) -> int: ...

    async def protected(self, environment: str, account_ref: str | None = None) -> list[Protected]:
        """Positions with a live exit mandate and shares, by account, ticker and sleeve."""


class Desk(Protocol):
    """What the desk wrote, read with the OMS's own eyes. Never written."""

    async def account(self, account_ref: str) -> DeskAccount | None: ...

    async def accounts_at(self, venue: str) -> list[DeskAccount]:
        """Oldest first."""

    async def is_owner(self, user_id: UUID) -> bool:
        """Is this the installation's owner?"""

    async def plan(self, plan_id: UUID, version: int) -> tuple[Plan, str] | None:
        """The plan and the hash written beside it."""

    async def submitted(self, plan_id: UUID, version: int, approval_id: UUID | None) -> Submitted | None:
        """`plan` with its account, its `word` and its queue, all of the same moment."""

    async def word(self, plan_id: UUID, approval_id: UUID | None) -> Word:
        """`latest_version` and `decision`, of the same moment."""

    async def latest_version(self, plan_id: UUID) -> int:
        """0 when there is none."""

    async def decision(self, approval_id: UUID) -> Decision | None: ...

    async def mandate(self, mandate_id: UUID) -> MandateRow | None: ...

    async def profile(self, user_id: UUID) -> ProfileRow | None:
        """The newest."""

    async def strategy_hash(self, strategy_id: UUID) -> str | None:
        """Of the newest version."""


class States(Protocol):
    """Accounts of the ledger, trading states and their history, credentials and sealed secrets."""

    async def accounts(self) -> list[str]:
        """Of this environment, oldest first."""

    async def open_account(self, account_ref: str, at: datetime) -> bool:
        """True when it is new to the ledger."""

    async def add(
        self,
        scope: str,
        account_ref: str | None,
        state: str,
        reason: str,
        set_by: str,
        at: datetime,
        sleeve: str = "",
    ) -> None:
        """`sleeve` names the strategy of scope "strategy"."""

    async def latest(self) -> list[StateRow]:
        """The newest row of each scope."""

    async def credential(self, account_ref: str) -> bytes | None: ...

    async def keep_credential(
        self, account_ref: str, key_hash: str, number_hash: str, sealed: bytes, at: datetime
    ) -> bool:
        """False when the account has one already, or the key or number is somebody's: what was there stays."""

    async def number_hash(self, account_ref: str) -> str | None: ...

    async def replace_credential(
        self, account_ref: str, key_hash: str, number_hash: str, sealed: bytes, at: datetime
    ) -> None:
        """The account's credential from now on. Taken when key or number is another account's."""

    async def secret(self, name: str) -> bytes | None: ...

    async def put_secret(self, name: str, sealed: bytes, at: datetime) -> None: ...


class Journal(Protocol):
    """The append-only logs: transitions, numbered events (the outbox of Watch), resolutions."""

    async def transition(
        self,
        at: datetime,
        account_ref: str,
        entity: str,
        entity_id: str,
        was: str,
        event: str,
        becomes: str,
        evidence: Mapping[str, Any],
    ) -> None: ...

    async def transitions_of(self, entity_id: str) -> list[tuple[str, str, str]]:
        """(was, event, becomes), in order."""

    async def event(
        self, at: datetime, account_ref: str, kind: str, message: str, order: pb.Order | None = None
    ) -> int:
        """Numbers and stores it. Only under the account's lock, which is what makes the numbers gapless. LookupError
        for an account that the ledger does not have."""

    async def events_after(self, account_ref: str, seq: int, limit: int = 200) -> list[pb.Event]:
        """In order."""

    async def resolution(
        self,
        intent_id: UUID,
        verdict: str,
        odno: int | None,
        reason: str,
        decided_by: str,
        evidence: Mapping[str, Any],
        at: datetime,
    ) -> None: ...

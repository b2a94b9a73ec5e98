"""A person's own KIS keys: tried once, sealed, used for that person alone, and written nowhere in clear."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import string
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from oms_path import PAPER, SAMSUNG, Path_, Person
from quick_paper_path import exchange_options, oms_environment, oms_options  # noqa: F401

from domain.orders.types import Side
from domain.proto import oms_pb2 as pb
from tools.ports import Identity, PortRefused
from tools.store.secrets import derive, instance_secret

_numbers = itertools.count(60_000_001)


@dataclass
class Keys:
    app_key: str
    app_secret: str
    account_no: str
    hts_id: str

    def request(self, who: Person, **changes: str) -> pb.EnrollRequest:
        return pb.EnrollRequest(account_ref=who.account, **(vars(self) | changes))

    @property
    def plain(self) -> Iterator[bytes]:
        """Every value, and the account number as KIS writes it, as it would show in text and in hex."""
        for value in (self.app_key, self.app_secret, self.account_no, self.account_no[:8], self.hts_id):
            yield value.encode()
            yield value.encode().hex().encode()


def _keys() -> Keys:
    word = uuid4().hex
    secret = (uuid4().hex * 6)[:180]
    return Keys("PS" + (word + string.ascii_letters)[:34], secret, f"{next(_numbers)}-01", f"h{word[:9]}")


async def _enrol(path: Path_, who: Person, keys: Keys, **changes: str) -> pb.EnrollReply:
    return await path.client.enroll(who.identity, keys.request(who, **changes))


def _kept(path: Path_, who: Person) -> int:
    return len(path.sql("SELECT 1 FROM ledger.credentials WHERE account_ref = %s", who.account))


def _ledger_bytes(path: Path_) -> bytes:
    """Every row of the ledger as text, byte columns in hex."""
    found = []
    with path.admin() as db:
        for (table,) in db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'ledger'").fetchall():
            found += db.execute(f"SELECT t::text FROM ledger.{table} t").fetchall()
    return "\n".join(str(row[0]) for row in found).encode()


async def test_without_keys_nobody_uses_the_owners_account(path: Path_) -> None:
    who = path.person(venue="paper")
    with pytest.raises(PortRefused) as refused:
        await path.client.book(who.identity)
    assert refused.value.code == "KEYS_MISSING"
    assert "등록" in str(refused.value)


async def test_enrolled_keys_are_used_for_that_persons_orders(path: Path_) -> None:
    who, keys = path.person(venue="paper"), _keys()
    reply = await _enrol(path, who, keys)
    assert (reply.accepted, reply.code) == (True, "OK"), reply
    assert (await path.client.book(who.identity)).cash_d2 == 100_000_000
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.marketable(SAMSUNG))))
    await path.until(who, "FILLED", seconds=30)
    assert [order["CANO"] for order in path.proxy.orders] == [keys.account_no[:8]]


async def test_keys_that_kis_does_not_take_leave_nothing_behind(path: Path_) -> None:
    who, keys = path.person(venue="paper"), _keys()
    names = path.sql("SELECT name FROM ledger.secrets")
    path.proxy.answers = {"/oauth2/tokenP": {"error_code": "EGW00105", "error_description": keys.app_secret}}
    assert (await _enrol(path, who, keys)).code == "BAD_KEYS"
    path.proxy.answers = {"/trading/inquire-balance": {"rt_cd": "1", "msg_cd": "APBK0406", "msg1": keys.account_no}}
    refused = await _enrol(path, who, keys)
    assert (refused.accepted, refused.code) == (False, "BAD_KEYS")
    assert "계좌번호" in refused.message
    path.proxy.calm()
    assert _kept(path, who) == 0
    assert path.sql("SELECT name FROM ledger.secrets") == names
    assert not path.sql("SELECT 1 FROM ledger.accounts WHERE account_ref = %s", who.account)


@pytest.mark.parametrize(("code", "words"), [("EGW00300", "닿지 않아"), ("EGW00133", "1분")])
async def test_keys_that_could_not_be_tried_are_not_kept(path: Path_, code: str, words: str) -> None:
    who = path.person(venue="paper")
    path.proxy.answers = {"/oauth2/tokenP": {"error_code": code, "error_description": "x"}}
    reply = await _enrol(path, who, _keys())
    assert (reply.accepted, reply.code) == (False, "UNREACHABLE")
    assert words in reply.message
    assert _kept(path, who) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"app_key": ""},
        {"app_key": "앱키를 여기에 붙여 넣으세요 아무거나"},
        {"app_key": "x" * 129},
        {"app_secret": "short"},
        {"app_secret": "s" * 20 + "\n" + "s" * 20},
        {"account_no": "1234567801"},
        {"account_no": "１２３４５６７８-01"},
        {"hts_id": "한글아이디"},
    ],
)
async def test_what_cannot_be_a_key_never_reaches_kis(path: Path_, changes: dict[str, str]) -> None:
    who = path.person(venue="paper")
    path.proxy.answers = {"/oauth2/tokenP": {"error_code": "EGW00300"}}  # would be UNREACHABLE
    reply = await _enrol(path, who, _keys(), **changes)
    assert (reply.accepted, reply.code) == (False, "BAD_KEYS")
    assert all(value not in reply.message for value in changes.values() if value)


def _hash(path: Path_, value: str) -> str:
    key = derive(instance_secret(path.database.settings), "kis:hash")
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize("same", ["key", "number"])
async def test_a_key_or_an_account_number_belongs_to_one_person(path: Path_, same: str) -> None:
    who, keys = path.person(venue="paper"), _keys()
    hashes = (_hash(path, keys.app_key), "another") if same == "key" else ("another", _hash(path, keys.account_no[:8]))
    with path.admin() as db:
        db.execute("INSERT INTO ledger.credentials VALUES ('somebody', 'paper', %s, %s, '', now())", hashes)
    try:
        assert (await _enrol(path, who, keys)).code == "TAKEN"
        assert _kept(path, who) == 0
        with pytest.raises(PortRefused):
            await path.client.book(who.identity)
    finally:
        with path.admin() as db:
            db.execute("DELETE FROM ledger.credentials WHERE account_ref = 'somebody'")


async def test_the_settings_keys_and_account_are_the_owners(path: Path_) -> None:
    who, keys = path.person(venue="paper"), _keys()
    assert (await _enrol(path, who, keys, app_key=PAPER["QUARTZ_KIS_PAPER_APP_KEY"])).code == "TAKEN"
    assert (await _enrol(path, who, keys, account_no=PAPER["QUARTZ_KIS_PAPER_ACCOUNT"])).code == "TAKEN"
    assert _kept(path, who) == 0


async def test_another_persons_account_cannot_be_given_keys(path: Path_) -> None:
    who, thief = path.person(venue="paper"), path.person(venue="paper")
    stolen = Identity(thief.identity.user_id, thief.identity.name, who.account, "paper")
    with pytest.raises(PortRefused) as refused:
        await path.client.enroll(stolen, _keys().request(who))
    assert refused.value.code == "ACCOUNT_UNKNOWN"
    assert _kept(path, who) == 0


async def test_new_keys_wait_for_open_orders_and_then_take_over(path: Path_) -> None:
    who, first, second = path.person(venue="paper"), _keys(), _keys()
    assert (await _enrol(path, who, first)).code == "OK"
    await path.client.book(who.identity)
    resting = who.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG)))
    assert (await path.client.submit(who.identity, resting)).outcome == pb.SubmitReply.ADMITTED
    (order,) = await path.until(who, "ACKED", seconds=30)
    refused = await _enrol(path, who, second)
    assert (refused.accepted, refused.code) == (False, "ORDERS_OPEN")
    assert (await path.client.unenroll(who.identity)).code == "ORDERS_OPEN"
    assert (await path.client.cancel(who.identity, order.intent_id, "c-1")).accepted  # the old session goes on
    await path.until(who, "CANCELLED", seconds=30)
    for _ in range(50):
        reply = await _enrol(path, who, second)
        if reply.code != "ORDERS_OPEN":
            break
        await asyncio.sleep(0.1)
    assert reply.code == "OK", reply
    assert (await path.client.book(who.identity)).cash_d2 == 100_000_000
    (kept,) = path.sql("SELECT count(*) FROM ledger.credentials WHERE account_ref = %s", who.account)
    assert kept == (1,)


async def test_a_book_with_shares_keeps_its_account_number(path: Path_) -> None:
    who, keys, other = path.person(venue="paper"), _keys(), _keys()
    assert (await _enrol(path, who, keys)).code == "OK"
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.marketable(SAMSUNG))))
    await path.until(who, "FILLED", seconds=30)
    refused = await _enrol(path, who, other)
    assert (refused.accepted, refused.code) == (False, "OTHER_ACCOUNT")
    assert (await path.client.book(who.identity)).positions[0].quantity == 1
    assert (await path.client.unenroll(who.identity)).code == "OK"
    assert (await _enrol(path, who, _keys())).code == "OTHER_ACCOUNT"  # also once the keys are gone
    kept = path.sql("SELECT number_hash FROM ledger.credentials WHERE account_ref = %s", who.account)
    assert kept == [(_hash(path, keys.account_no[:8]),)]


async def test_the_owner_uses_the_settings_keys_until_bringing_their_own(path: Path_) -> None:
    owner, keys = path.person(venue="paper", owner=True), _keys()
    await path.orders(owner)
    await path.client.submit(owner.identity, owner.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG))))
    (order,) = await path.until(owner, "ACKED", seconds=30)
    await path.client.cancel(owner.identity, order.intent_id, "c-1")
    await path.until(owner, "CANCELLED", seconds=30)
    assert (await _enrol(path, owner, keys)).code == "OK"
    await path.client.book(owner.identity)
    await path.client.submit(owner.identity, owner.approved((SAMSUNG, Side.BUY, 1, await path.marketable(SAMSUNG))))
    await path.until(owner, "FILLED", seconds=30)
    assert (await path.client.unenroll(owner.identity)).code == "OTHER_ACCOUNT"  # the book's shares are not the house's
    house = PAPER["QUARTZ_KIS_PAPER_ACCOUNT"][:8]
    assert [order["CANO"] for order in path.proxy.orders] == [house, keys.account_no[:8]]
    with path.admin() as db:
        db.execute("UPDATE chat.users SET is_owner = false")


async def test_keys_taken_back_leave_nothing_that_opens_anything(path: Path_) -> None:
    who, keys = path.person(venue="paper"), _keys()
    assert (await path.client.unenroll(who.identity)).code == "NOT_ENROLLED"
    assert (await _enrol(path, who, keys)).code == "OK"
    await path.client.book(who.identity)
    assert (await path.client.status(who.identity)).keys == "own"
    fingerprint = hashlib.sha256(f"paper:{keys.app_key}".encode()).hexdigest()[:12]
    assert _secrets_of(path, fingerprint)
    reply = await path.client.unenroll(who.identity)
    assert (reply.accepted, reply.code) == (True, "OK"), reply
    with pytest.raises(PortRefused) as refused:
        await path.client.book(who.identity)
    assert refused.value.code == "KEYS_MISSING"
    assert (await path.client.status(who.identity)).keys == "none"
    ((sealed,),) = path.sql("SELECT sealed FROM ledger.credentials WHERE account_ref = %s", who.account)
    assert bytes(sealed) == b""
    assert set(_secrets_of(path, fingerprint)) == {b""}
    assert _hash(path, keys.app_key).encode() not in _ledger_bytes(path)
    assert (await path.client.unenroll(who.identity)).code == "NOT_ENROLLED"


def _secrets_of(path: Path_, fingerprint: str) -> list[bytes]:
    found = path.sql("SELECT sealed FROM ledger.secrets WHERE name LIKE %s", f"%{fingerprint}%")
    return [bytes(row[0]) for row in found]


async def test_keys_are_found_again_after_a_restart_and_are_written_nowhere_in_clear(path: Path_) -> None:
    who, keys = path.person(venue="paper"), _keys()
    assert (await _enrol(path, who, keys)).code == "OK"
    path.oms.kill()
    path.oms.start()
    await path.oms.ready()
    await path.orders(who)
    assert (await path.client.book(who.identity)).cash_d2 == 100_000_000
    written = _ledger_bytes(path) + path.oms.log_path.read_bytes()
    assert who.account.encode() in written
    for value in keys.plain:
        assert value not in written
    events = []
    async for event in path.client.watch(who.identity, 0):
        events.append(event)
        if "키를 등록했어요" in event.message:
            break
    assert not any(value in repr(events).encode() for value in keys.plain)

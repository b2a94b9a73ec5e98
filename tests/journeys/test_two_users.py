"""Two people in one installation: neither sees or touches the other's money, and nothing secret is written anywhere."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from household import Chat, Household, complete_profile, eventually
from people import ACTIVE


def own_order(chat: Chat, text: str) -> dict[str, Any]:
    complete_profile(chat, ACTIVE)
    card = chat.say(text)
    assert card["approval"] is not None, card["reply"]
    return card


def test_two_people_trade_at_once_and_stay_strangers(household: Household) -> None:
    before = len(household.journal("order"))
    people = {"민수": "삼성전자 3주 시장가 매수", "영희": "카카오 5주 시장가 매수"}
    chats = {name: household.chat(name) for name in people}
    with ThreadPoolExecutor() as pool:
        cards = dict(zip(people, pool.map(lambda name: own_order(chats[name], people[name]), people), strict=True))

    foreign = chats["민수"].say(f"/approve {cards['영희']['approval']['id']}")
    assert foreign["orders"] == []
    assert "찾지 못했" in foreign["reply"]

    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: chats[name].say(f"/approve {cards[name]['approval']['id']}"), people))
    done = {
        name: eventually(lambda name=name: _when_filled(chats[name].say("잔고")))
        for name in people  # type: ignore[misc]
    }
    assert all(done.values()), [c.say("주문 내역") for c in chats.values()]
    assert [(h["ticker"], h["qty"]) for h in done["민수"]["portfolio"]["holdings"]] == [("005930", 3)]
    assert [(h["ticker"], h["qty"]) for h in done["영희"]["portfolio"]["holdings"]] == [("035720", 5)]
    assert {order["ticker"] for order in done["민수"]["orders"]} == {"005930"}
    assert len(household.journal("order")) == before + 2

    _nothing_secret_is_written(household)


def _when_filled(turn: dict[str, Any]) -> dict[str, Any] | None:
    return turn if any(order["state"] == "FILLED" for order in turn["orders"]) else None


def _nothing_secret_is_written(home: Household) -> None:
    """Account numbers are known from the exchange; keys and tokens by their shape."""
    accounts = [str(record["account"])[:8] for record in home.journal("account")]
    assert accounts
    places = {path.name: path.read_text(encoding="utf-8", errors="replace") for path in home.home.glob("logs/*.log")}
    places |= {path.name: path.read_text(encoding="utf-8", errors="replace") for path in home.home.glob("*.err")}
    tables = home.rows(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables"
        " WHERE table_schema IN ('chat', 'desk', 'ledger', 'market') AND table_type = 'BASE TABLE'"
    )
    for (table,) in tables:
        places[table] = "\n".join(str(row[0]) for row in home.rows(f"SELECT to_jsonb(t)::text FROM {table} t"))
        for row in home.rows(f"SELECT t::text FROM {table} t"):
            places[table] += str(row[0])
    for blob in ("desk.checkpoint_blobs", "desk.checkpoint_writes"):
        column = home.rows(f"SELECT encode(blob, 'escape') FROM {blob}")
        places[blob] += "\n".join(str(row[0]) for row in column)
    secret = (home.home / "secret.key").read_text().strip()
    for place, text in places.items():
        for needle in (*accounts, secret, "eyJ", "Bearer "):
            assert needle not in text, f"{json.dumps(place)} holds something secret"

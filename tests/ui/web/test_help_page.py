"""The promise as a page: every state that an order or an account can be in, for whoever is signed in."""

from __future__ import annotations

import re
from typing import Any

from web_seat import HTML, open_seat

from domain.orders.types import IntentState, TradingState
from tools.settings import ROOT
from ui.web.help_page import PROMISE
from ui.web.pages import STATIC


async def test_the_promise_is_a_page_for_whoever_is_signed_in(database: Any) -> None:
    async with open_seat(database) as seat, seat.browser() as owner, seat.browser() as stranger:
        away = await stranger.get("/help/orders", headers=HTML)
        assert (away.status_code, away.headers["location"]) == (303, "/enter")
        await seat.enter(owner)
        answer = await owner.get("/help/orders")
        assert answer.status_code == 200
        assert "<h1>주문에 대한 약속</h1>" in answer.text
        assert answer.text.count("<table>") == 3
        assert '<td data-label="하실 일">' in answer.text
        assert answer.text.count("<td>") == 0
        assert "|---|" not in answer.text
        assert "]( " not in answer.text
        style = await owner.get("/static/help.css")
        assert style.status_code == 200


def test_the_promise_names_every_state_of_an_order_and_of_an_account() -> None:
    text = PROMISE.read_text(encoding="utf-8")
    missing = {state.value for state in IntentState} - set(re.findall(r"\b[A-Z_]{3,}\b", text))
    assert missing == set()
    assert {"REDUCING", "HALTED"} <= {state.value for state in TradingState}
    for state in ("REDUCING", "HALTED", "MANUAL"):
        assert re.search(rf"^## .*\({state}\)", text, re.MULTILINE), state


def test_a_state_that_is_not_the_usual_one_leads_to_the_page_and_the_documents_do_too() -> None:
    assert '"/help/orders"' in (STATIC / "desk.js").read_text(encoding="utf-8")
    for name in ("README.md", "docs/orders.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "promise.md" in text
        assert "order-api.md" in text

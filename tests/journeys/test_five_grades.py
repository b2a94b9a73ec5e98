"""One conversation per grade, from a greeting to a filled order, every process real; then three books must agree
and the receipt must hold."""

from __future__ import annotations

import pytest
from household import Guest, invest
from kept_receipts import receipts_hold
from people import GRADES
from three_books import agree


@pytest.mark.parametrize("grade", GRADES)
def test_a_conversation_ends_in_a_filled_order_that_fits_the_grade(guest: Guest, grade: str) -> None:
    chat = guest.chat()
    assert len(chat.say("안녕하세요")["reply"].splitlines()) <= 6
    done = invest(chat, GRADES[grade])
    assert done["profile"]["grade"] == grade
    assert [order["state"] for order in done["orders"]] == ["FILLED"] * len(done["orders"]), done["orders"]
    agree(guest, done)
    assert receipts_hold(guest)

"""The sentence of the product's first minute: it contradicts itself, and the user decides how to go on."""

from __future__ import annotations

import pytest
from household import Guest

SENTENCE = "2천만원으로 반도체 위주, 손실은 5%까지만"


def test_the_contradiction_is_shown_with_three_ways_out_and_nothing_is_averaged(guest: Guest) -> None:
    turn = guest.chat().say(SENTENCE)
    profile = turn["profile"]
    assert (profile["capital_krw"], profile["preferred_sectors"], profile["max_loss_pct"]) == (
        20_000_000,
        ["반도체"],
        5,
    )
    (found,) = profile["contradictions"]
    assert len(found["ways_out"]) == 3
    assert all(way in turn["reply"] for way in found["ways_out"])
    assert not profile["confirmed"]


@pytest.mark.parametrize("way", [1, 2, 3])
def test_each_way_out_is_taken_once_and_leads_on(guest: Guest, way: int) -> None:
    chat = guest.chat()
    chosen = chat.say(SENTENCE)["profile"]["contradictions"][0]["ways_out"][way - 1]
    turn = chat.say(f"{way}번")
    assert chosen in turn["reply"] or turn["profile"]["max_loss_pct"] != 5
    assert turn["profile"]["missing"], "the questions go on"

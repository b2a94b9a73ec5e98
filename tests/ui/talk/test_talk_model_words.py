"""A model's words on the page: they grow while they are written, and what stays is the turn's own text."""

from __future__ import annotations

from typing import Any

from asked_models import asking_models
from model_servers import Drop, openai_server
from sensible_model import TRIED, SensibleModel
from talk_bench import Page, open_talk, two_people


def written(page: Page) -> str:
    """What stood in the half-written message at last, and that it went away."""
    shown, draft = "", None
    for event, data in page.events:
        if event == "stream_start":
            draft, shown = data["id"], data["output"]
        elif event == "stream_token" and data["id"] == draft:
            shown = data["token"] if data["isSequence"] else shown + data["token"]
    assert draft is not None
    assert ("delete_message", draft) in [
        (event, data["id"]) for event, data in page.events if event == "delete_message"
    ]
    return shown


async def test_written_words_are_shown_and_then_stay_as_the_reply(database: Any) -> None:
    two_people(database)
    async with openai_server() as server, asking_models(("openai:m", server)), open_talk(database) as bench:
        SensibleModel().put_on(server)
        page = await bench.page()
        messages = await page.say("시장 어때")
        assert messages[0]["output"].startswith(TRIED.strip())
        assert written(page).strip() == messages[0]["output"]
        assert "f:" not in page.text


async def test_a_broken_stream_leaves_the_words_of_the_rules(database: Any) -> None:
    two_people(database)
    async with openai_server() as server, asking_models(("openai:m", server)), open_talk(database) as bench:
        SensibleModel({"respond": Drop("살펴보면, 흐름이 편안해요. 그리고 {{f:w")}).put_on(server)
        page = await bench.page()
        messages = await page.say("시장 어때")
        assert "편안해요" in str(page.events)  # it was seen
        assert "편안해요" not in page.text
        assert written(page).strip() == messages[0]["output"]
        assert "{{" not in str([event for event in page.events if event[0].startswith("stream")])

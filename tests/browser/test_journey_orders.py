"""One card, one order, whatever a browser does: clicks twice, in two tabs, after a reload, while the web process dies,
late, forged or from another page. The exchange's own journal is what counts.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from household import eventually
from playwright.async_api import Error, expect
from web_household import PHONE, Talk, WebHousehold, all_filled

ORDER = "카카오 {}주 시장가 매수"  # another number each time: the same order within seconds is refused


async def test_a_double_click_is_one_order(talk: Talk, house: WebHousehold) -> None:
    before = len(house.orders())
    card, _ = await talk.order(ORDER.format(3))
    await card.locator("[data-act=approve]").dblclick()
    await all_filled(card)
    assert [order[:3] for order in house.settled_orders(before, 1)] == [("035720", "buy", 3)]
    assert talk.faults == []


async def test_two_tabs_at_the_same_moment_are_one_order(talk: Talk, house: WebHousehold) -> None:
    before = len(house.orders())
    card, card_id = await talk.order(ORDER.format(4))
    second = Talk(await talk.page.context.new_page(), house)
    await second.page.goto(talk.page.url)
    there = second.page.locator(f'[data-card="approval"][data-id="{card_id}"]')
    await expect(there).to_have_attribute("data-state", "open")
    clicks = (
        tab.locator("[data-act=approve]").evaluate("button => button.click()", timeout=5_000) for tab in (card, there)
    )
    done = await asyncio.gather(*clicks, return_exceptions=True)  # the faster click may take the other's button away
    assert None in done
    await all_filled(card)
    await all_filled(there)
    assert [order[:3] for order in house.settled_orders(before, 1)] == [("035720", "buy", 4)]


async def test_a_waiting_card_comes_back_after_a_reload_and_works_once(talk: Talk, house: WebHousehold) -> None:
    before = len(house.orders())
    card, card_id = await talk.order(ORDER.format(5))
    await talk.page.reload()
    await expect(card).to_have_attribute("data-state", "open")
    await card.locator("[data-act=approve]").click()
    await all_filled(card)
    status, answer = await talk.ask("POST", f"/api/approvals/{card_id}", {"decision": "approve"})
    assert (status, answer["recorded"]) == (409, "already")
    assert [order[:3] for order in house.settled_orders(before, 1)] == [("035720", "buy", 5)]


async def test_a_waiting_card_survives_the_death_of_the_web_process(talk: Talk, house: WebHousehold) -> None:
    before = len(house.orders())
    card, card_id = await talk.order(ORDER.format(6))
    dead = house.pid_of("web")
    os.kill(dead, signal.SIGKILL)
    await asyncio.to_thread(eventually, lambda: house.pid_of("web") != dead)
    await expect(card.locator("[data-act=approve]")).to_be_enabled()
    assert await _until_it_answers(talk)
    await talk.page.reload()
    await expect(card).to_have_attribute("data-state", "open")
    second = await talk.page.context.new_page()
    await second.goto(talk.page.url)
    there = second.locator(f'[data-card="approval"][data-id="{card_id}"]')
    await expect(there).to_have_attribute("data-state", "open")
    await card.locator("[data-act=approve]").click()
    await all_filled(card)
    await all_filled(there)
    assert [order[:3] for order in house.settled_orders(before, 1)] == [("035720", "buy", 6)]


async def _until_it_answers(talk: Talk) -> bool:
    for _ in range(120):
        try:
            status, _ = await talk.ask("GET", "/api/me")
        except Error:  # nobody listens yet
            status = 0
        if status == 200:
            return True
        await asyncio.sleep(0.5)
    return False


async def test_what_a_script_on_the_page_forges_makes_no_order(talk: Talk, house: WebHousehold, page_at: Any) -> None:
    before = len(house.orders())
    card, card_id = await talk.order(ORDER.format(7))
    path = f"/api/approvals/{card_id}"
    approve = {"decision": "approve"}
    forged: list[tuple[dict[str, Any], int]] = [
        ({**approve, "quantities": {"1": 8}}, 422),
        ({**approve, "quantities": {"1": 0}}, 422),
        ({**approve, "quantities": {"1": -3}}, 422),
        ({**approve, "quantities": {"1": 2.5}}, 422),
        ({**approve, "quantities": {"2": 1}}, 422),
        ({**approve, "user": "00000000-0000-4000-8000-000000000001"}, 422),
        ({**approve, "account_ref": "somebody"}, 422),
        ({**approve, "plan_id": "00000000-0000-4000-8000-000000000001"}, 422),
        ({"decision": "Approve"}, 422),
    ]
    for body, expected in forged:
        status, answer = await talk.ask("POST", path, body)
        assert (status, "message" in answer) == (expected, True), body
    status, _ = await talk.ask("POST", path, approve, "forged")
    assert status == 403
    _, shown = await talk.ask("GET", path)
    status, _ = await talk.ask("POST", f"/api/approvals/{shown['plan_id']}", approve)
    assert status == 404

    stranger = Talk(await page_at(PHONE, "light"), house)
    await stranger.enter(house.join("철수"))
    for method, body in (("GET", None), ("POST", approve), ("POST", {"decision": "reject"})):
        status, answer = await stranger.ask(method, path, body)
        assert (status, "card" in answer) == (404, False)
    await expect(stranger.page.locator('[data-card="approval"]')).to_have_count(0)

    assert house.settled_orders(before, 0) == []
    await expect(card).to_have_attribute("data-state", "open")
    await card.locator("[data-act=reject]").click()
    await expect(card).to_have_attribute("data-state", "rejected")
    assert house.settled_orders(before, 0) == []


async def test_a_page_of_another_origin_moves_nothing(talk: Talk, house: WebHousehold) -> None:
    """Another port of the same machine is another origin, yet the same site: the cookies are sent along."""
    before = len(house.orders())
    card, card_id = await talk.order(ORDER.format(8))
    with _foreign_page(house.url, f"/api/approvals/{card_id}") as address:
        attacker = await talk.page.context.new_page()
        for name in ("127.0.0.1", "localhost"):
            await attacker.goto(f"http://{name}:{address}/")
            told = attacker.locator("#told")
            await expect(told).to_have_text("post refused, read refused, socket refused, halt refused")
            async with attacker.expect_response(lambda got: "/api/approvals/" in got.url) as answered:
                await attacker.locator("button").click()
            assert (await answered.value).status == 403
        await attacker.close()
    _, trading = await talk.ask("GET", "/api/trading-state")
    assert trading["state"] == "ACTIVE"
    assert house.settled_orders(before, 0) == []
    await expect(card).to_have_attribute("data-state", "open")
    await card.locator("[data-act=approve]").click()
    await all_filled(card)
    assert [order[:3] for order in house.settled_orders(before, 1)] == [("035720", "buy", 8)]


@contextmanager
def _foreign_page(target: str, path: str) -> Iterator[int]:
    """A page elsewhere that tries what a browser lets it try."""
    page = f"""<!doctype html><p id=told></p>
    <form method=post enctype=text/plain action="{target}{path}"><input name='{{"decision":"approve","x":"'
    value='"}}'><button>go</button></form><script>(async () => {{
      const tried = async (name, work) => name + await work().then(() => ' done', () => ' refused');
      const send = (path, body, mode) => fetch('{target}' + path, {{method: 'POST', mode, credentials: 'include',
        headers: mode ? {{}} : {{'Content-Type': 'application/json', 'X-Quartz-CSRF': 'x'}}, body}});
      const socket = () => new Promise((done, refused) => {{
        const wire = new WebSocket('{target}'.replace('http', 'ws') + '/chat/ws/socket.io/?EIO=4&transport=websocket');
        wire.onopen = done; wire.onerror = refused; wire.onclose = refused;
      }});
      await send('{path}', '{{"decision":"approve"}}', 'no-cors').catch(() => null);
      await send('/api/trading-state', '{{"state":"HALTED"}}', 'no-cors').catch(() => null);
      document.getElementById('told').textContent = [
        await tried('post', () => send('{path}', '{{"decision":"approve"}}')),
        await tried('read', () => fetch('{target}{path}', {{credentials: 'include'}})),
        await tried('socket', socket),
        await tried('halt', () => send('/api/trading-state', '{{"state":"HALTED"}}')),
      ].join(', ');
    }})()</script>"""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *words: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


async def test_a_card_whose_time_is_over_asks_anew_and_only_the_new_one_orders(talk: Talk, house: WebHousehold) -> None:
    before = len(house.orders())
    _, old = await talk.order(ORDER.format(9))
    house.age_card(old)
    status, answer = await talk.ask("POST", f"/api/approvals/{old}", {"decision": "approve"})
    assert (status, answer["recorded"]) == (409, "expired")
    assert house.settled_orders(before, 0) == []
    card = await talk.asked([old])
    status, answer = await talk.ask("POST", f"/api/approvals/{old}", {"decision": "approve"})
    assert (status, answer["recorded"]) == (409, "superseded")
    await expect(talk.page.locator(f'[data-card="approval"][data-id="{old}"]')).not_to_have_attribute(
        "data-state", "open"
    )
    await card.locator("[data-act=approve]").click()
    await all_filled(card)
    assert [order[:3] for order in house.settled_orders(before, 1)] == [("035720", "buy", 9)]

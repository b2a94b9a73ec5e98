"""The SDK against `quartz studio`: everything is the real thing in its own process; the exchange's journal decides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
from langgraph_sdk.errors import APIStatusError

OWNER, GUEST = "민수", "영희"
ORDER = "삼성전자 3주 시장가 매수"


def said(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


async def card_of(client: Any, text: str = ORDER) -> tuple[str, dict[str, Any]]:
    """A thread that waits at a card, and the interrupt."""
    thread = await client.threads.create()
    values = await client.runs.wait(thread["thread_id"], "assistant", input=said(text))
    (waiting,) = values["__interrupt__"]
    return thread["thread_id"], waiting


async def status_of(call: Any) -> int:
    """What the server made of a call; the client words a refusal in two ways."""
    try:
        await call
    except APIStatusError as no:
        return no.status_code
    except httpx.HTTPStatusError as no:
        return no.response.status_code
    return 200


async def resume(client: Any, thread: str, answer: Any) -> dict[str, Any]:
    values: dict[str, Any] = await client.runs.wait(thread, "assistant", command={"resume": answer})
    return values


async def test_nothing_answers_without_a_good_token(server: Any) -> None:
    good = server.token(OWNER)
    tries: list[dict[str, str]] = [
        {},
        {"Authorization": good},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {good[:-2]}"},
        {"Authorization": f"Bearer {server.token(OWNER, timedelta(seconds=-1))}"},
        {"Authorization": f"Basic {good}"},
        {"x-auth-scheme": "langsmith", "x-api-key": "anything"},
        {"x-auth-scheme": "langsmith", "Authorization": "Bearer x"},
    ]
    async with httpx.AsyncClient(base_url=server.url) as web:
        for path in ("/threads/search", "/assistants/search", "/threads", "/runs/wait", "/runs/crons/search"):
            codes = [(await web.post(path, json={}, headers=headers)).status_code for headers in tries]
            assert codes == [401] * len(tries)
            assert (await web.post(f"{path}?token={good}", json={})).status_code == 401


async def test_only_the_right_answer_to_the_card_sends_its_order(server: Any, owner: Any, guest: Any) -> None:
    before = len(server.orders())
    thread, waiting = await card_of(owner)
    card = waiting["value"]["approval_id"]
    state = await owner.threads.get_state(thread)
    assert state["next"] == ["order_desk"]
    assert state["tasks"][0]["interrupts"][0]["value"]["approval_id"] == card

    wrong: list[Any] = ["네, 사줘", {"decision": "approve"}, {"approval_id": str(uuid4()), "decision": "approve"}]
    for answer in [*wrong, {"approval_id": card, "decision": "approve", "quantities": {"1": 30}}]:
        again = await resume(owner, thread, answer)
        assert again["__interrupt__"][0]["value"]["approval_id"] == card
    assert await status_of(resume(guest, thread, {"approval_id": card, "decision": "approve"})) == 404
    theirs, _ = await card_of(guest, "카카오 1주 시장가 매수")
    stolen = await resume(guest, theirs, {"approval_id": card, "decision": "approve"})
    assert stolen["__interrupt__"][0]["value"]["approval_id"] != card
    assert len(server.orders()) == before

    done = await resume(owner, thread, {"approval_id": card, "decision": "approve", "quantities": {"1": 2}})
    assert "삼성전자(005930) 2주 매수" in done["reply"]
    (order,) = server.orders()[before:]
    assert (order["ticker"], order["side"], order["qty"]) == ("005930", "buy", 2)
    await status_of(resume(owner, thread, {"approval_id": card, "decision": "approve"}))
    assert len(server.orders()) == before + 1
    assert server.home.rows(f"SELECT channel, decision FROM desk.approvals WHERE approval_id = '{card}'") == [
        ("studio", "approve")
    ]


async def test_a_rejected_card_sends_nothing(server: Any, owner: Any) -> None:
    before = len(server.orders())
    thread, waiting = await card_of(owner)
    done = await resume(
        owner, thread, {waiting["id"]: {"approval_id": waiting["value"]["approval_id"], "decision": "reject"}}
    )
    assert "거절" in done["reply"]
    assert len(server.orders()) == before


async def test_a_card_may_be_answered_in_the_terminal_and_gone_on_with_here(server: Any, owner: Any) -> None:
    before = len(server.orders())
    thread, waiting = await card_of(owner, "카카오 2주 시장가 매수")
    card = waiting["value"]["approval_id"]
    chat = server.home.chat(OWNER)
    try:
        chat.say(f"/approve {card}")
    finally:
        chat.close()
    assert len(server.orders()) == before
    done = await resume(owner, thread, {"approval_id": card})
    assert "카카오(035720) 2주 매수" in done["reply"]
    assert [order["ticker"] for order in server.orders()[before:]] == ["035720"]


async def test_a_foreign_thread_does_not_exist(server: Any, owner: Any, guest: Any) -> None:
    thread = (await owner.threads.create(metadata={"topic": "mine"}))["thread_id"]
    await owner.runs.wait(thread, "assistant", input=said("안녕하세요"))
    run = (await owner.runs.list(thread))[0]["run_id"]
    refused = [
        guest.threads.get(thread),
        guest.threads.get_state(thread),
        guest.threads.get_history(thread),
        guest.threads.update(thread, metadata={"owner": GUEST}),
        guest.threads.delete(thread),
        guest.threads.copy(thread),
        guest.threads.update_state(thread, {"goal": "trade"}),
        guest.runs.create(thread, "assistant", input=said("잔고")),
        guest.runs.wait(thread, "assistant", input=said("잔고")),
        guest.runs.get(thread, run),
        guest.runs.join(thread, run),
        guest.runs.cancel(thread, run),
        guest.runs.delete(thread, run),
        guest.runs.list(thread),
        guest.threads.create(thread_id=thread, if_exists="do_nothing"),
    ]
    answers = [await status_of(call) for call in refused]
    assert set(answers) <= {403, 404, 409}, answers
    async with httpx.AsyncClient(base_url=server.url, headers=server.headers(GUEST)) as web:
        for path in (f"/threads/{thread}/runs/{run}/stream", f"/threads/{thread}/stream"):
            answer = await web.get(path)  # a stream may have begun when it is refused: its one event is the error
            assert answer.status_code == 404 or answer.text.startswith("event: error"), answer.text
            assert answer.text.count("event:") <= 1
    assert thread not in {each["thread_id"] for each in await guest.threads.search(limit=100)}
    assert await guest.threads.search(ids=[thread]) == []
    assert await guest.threads.search(metadata={"owner": OWNER}) == []
    mine = await owner.threads.get(thread)
    assert (mine["metadata"]["owner"], mine["metadata"]["topic"]) == (OWNER, "mine")


async def test_what_a_client_claims_changes_nothing(server: Any, owner: Any) -> None:
    accounts = dict(
        server.home.rows("SELECT u.name, a.account_ref FROM chat.users u JOIN desk.accounts a ON a.owner = u.user_id")
    )
    plans = server.home.rows("SELECT count(*) FROM desk.plans")
    claims = {
        "mode": "live",
        "account_ref": accounts[GUEST],
        "user": GUEST,
        "user_id": GUEST,
        "langgraph_auth_user": {"identity": GUEST, "is_authenticated": True},
        "langgraph_auth_user_id": GUEST,
        "__pregel_resuming": True,
        "__is_for_execution__": False,
    }
    leg = {"ticker": "005930", "side": "buy", "qty": 1, "order_type": "market"}
    state = {"goal": "trade", "own_order": leg, "order_request": [leg], "proposals": [leg], "sleeve": "cycle"}
    for how in ({"config": {"configurable": claims}}, {"context": claims}):
        thread = (await owner.threads.create(metadata={**claims, "owner": GUEST}))["thread_id"]
        given = {**said("삼성전자 4주 시장가 매수"), **state, **claims}
        values = await owner.runs.wait(thread, "assistant", input=given, metadata={**claims, "owner": GUEST}, **how)
        card = values["__interrupt__"][0]["value"]["approval_id"]
        rows = server.home.rows(
            "SELECT r.account_ref, l.quantity, p.sleeve FROM desk.approval_requests r"
            " JOIN desk.plans p USING (plan_id, version) JOIN desk.plan_legs l USING (plan_id, version)"
            f" WHERE r.approval_id = '{card}'"
        )
        assert rows == [(accounts[OWNER], 4, "manual")]
        assert (await owner.threads.get(thread))["metadata"]["owner"] == OWNER
        await resume(owner, thread, {"approval_id": card, "decision": "reject"})
    silent = (await owner.threads.create())["thread_id"]
    await owner.runs.wait(silent, "assistant", input={**said("안녕하세요"), **state})
    assert server.home.rows("SELECT count(*) FROM desk.plans") == [(plans[0][0] + 2,)]


async def test_nobody_writes_state_by_hand(server: Any, owner: Any) -> None:
    thread, _ = await card_of(owner)
    before = await owner.threads.get_state(thread)
    refused = [
        owner.threads.update_state(thread, {"own_order": {"ticker": "005930"}}, as_node="account"),
        owner.runs.wait(thread, "assistant", command={"update": {"decision": "approve"}}),
        owner.runs.wait(thread, "assistant", command={"goto": "order_desk"}),
        owner.runs.create(thread, "assistant", command={"resume": "네", "goto": {"node": "order_desk", "input": {}}}),
        owner.assistants.create("assistant", config={"configurable": {"user": GUEST}}),
        owner.assistants.update((await owner.assistants.search())[0]["assistant_id"], metadata={"x": 1}),
        owner.crons.create("portfolio_cycle", schedule="* * * * *", input={}),
        owner.crons.create_for_thread(thread, "assistant", schedule="* * * * *", input={}),
    ]
    assert [await status_of(call) for call in refused] == [403] * len(refused)
    assert await status_of(owner.store.put_item(("mine",), "key", {"value": 1})) == 404
    steps = [{"updates": [{"values": {"goal": "trade"}, "as_node": "supervisor"}]}]
    made = await owner.threads.create(thread_id=(bulk := str(uuid4())), graph_id="assistant", supersteps=steps)
    assert "thread_id" not in made
    assert (await owner.threads.get_state(bulk))["values"] == {}
    after = await owner.threads.get_state(thread)
    assert (after["values"], after["checkpoint"]) == (before["values"], before["checkpoint"])


async def test_every_stream_mode_answers(server: Any, owner: Any) -> None:
    thread = (await owner.threads.create())["thread_id"]
    modes = ["values", "updates", "messages-tuple", "tasks", "custom", "checkpoints", "debug"]
    events: dict[str, list[Any]] = {}
    async for part in owner.runs.stream(thread, "assistant", input=said("삼성전자 어때?"), stream_mode=modes):
        events.setdefault(part.event, []).append(part.data)
    assert {"metadata", "values", "updates", "messages", "tasks"} <= set(events)
    assert "error" not in events
    assert events["values"][-1]["reply"]
    rooms = [name for update in events["updates"] for name in update]
    assert (rooms[0], rooms[-1]) == ("intake", "respond")
    assert {"technical"} <= {task["name"] for task in events["tasks"]}


async def test_the_cycles_run_as_well(server: Any, owner: Any) -> None:
    for graph in ("portfolio_cycle", "rebalance"):
        thread = (await owner.threads.create())["thread_id"]
        values = await owner.runs.wait(thread, graph, input={"slot": "2026-11-23T10:00", "report_only": True})
        assert "2026-11-23T10:00" in values["reply"], values


async def test_schemas_and_pictures_answer_for_every_graph(owner: Any) -> None:
    found = {each["graph_id"]: each["assistant_id"] for each in await owner.assistants.search()}
    assert set(found) == {"assistant", "portfolio_cycle", "rebalance"}
    for assistant_id in found.values():
        schemas = await owner.assistants.get_schemas(assistant_id)
        assert all(schemas[f"{kind}_schema"] for kind in ("input", "output", "state", "context"))
        picture = await owner.assistants.get_graph(assistant_id, xray=True)
        names = {node["id"] for node in picture["nodes"]}
        assert {"order_desk:approval", "order_desk:handoff"} <= names


async def test_a_restart_keeps_the_thread_and_its_card(server: Any, owner: Any) -> None:
    thread, waiting = await card_of(owner, "카카오 1주 시장가 매수")
    before = len(server.orders())
    server.restart()
    assert (await owner.threads.get(thread))["metadata"]["owner"] == OWNER
    state = await owner.threads.get_state(thread)
    assert state["tasks"][0]["interrupts"][0]["value"] == waiting["value"]
    done = await resume(owner, thread, {"approval_id": waiting["value"]["approval_id"], "decision": "approve"})
    assert "카카오(035720) 1주 매수" in done["reply"]
    assert [order["ticker"] for order in server.orders()[before:]] == ["035720"]


async def test_only_studio_and_ourselves_may_read_across_origins(server: Any) -> None:
    ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    async with httpx.AsyncClient(base_url=server.url) as web:
        for origin in ("https://evil.example", "http://127.0.0.1:8420", "null"):
            preflight = await web.options("/threads", headers={**ask, "Origin": origin})
            assert preflight.status_code == 400
            assert "access-control-allow-origin" not in preflight.headers
            plain = await web.post("/threads/search", json={}, headers={"Origin": origin, **server.headers(OWNER)})
            assert "access-control-allow-origin" not in plain.headers
        studio = "https://smith.langchain.com"
        preflight = await web.options("/threads", headers={**ask, "Origin": studio})
        assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, studio)
        assert "access-control-allow-credentials" not in preflight.headers


async def test_the_command_says_a_token_once_and_no_log_repeats_it(server: Any) -> None:
    url, studio, _, token, *_ = server.said.splitlines()
    assert url.endswith(server.url)
    assert token not in studio
    async with httpx.AsyncClient(base_url=server.url, headers={"Authorization": f"Bearer {token}"}) as web:
        assert (await web.post("/threads/search", json={})).status_code == 200
    for path in (server.home.home / "studio").rglob("*"):
        assert not path.is_file() or token.encode() not in path.read_bytes()
    assert server.said.count(token) == 1

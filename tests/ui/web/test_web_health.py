"""Whether the web process lives and is ready, and where it listens."""

from __future__ import annotations

import json
import socket

import pytest
from databases import Database
from web_seat import open_seat

from tools.embedded.errors import ServiceError
from tools.settings import Settings
from ui.commands.link import owner_link
from ui.web.health import database_ready, oms_ready, valkey_ready
from ui.web.place import choose_place, note_place, noted_place, withdraw_place


async def good() -> bool:
    return True


async def broken() -> bool:
    raise RuntimeError("postgresql://somebody:secret@host")


async def test_live_and_ready_need_nobody_and_name_each_condition(database: Database) -> None:
    async with open_seat(database, conditions={"database": good, "oms": good}) as seat, seat.browser() as probe:
        assert (await probe.get("/health/live")).json() == {"status": "ok"}
        answer = await probe.get("/health/ready")
        assert (answer.status_code, answer.json()["conditions"]) == (200, {"database": True, "oms": True})


async def test_not_ready_is_503_and_tells_no_secret(database: Database) -> None:
    async with open_seat(database, conditions={"database": good, "oms": broken}) as seat, seat.browser() as probe:
        answer = await probe.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json() == {"status": "not ready", "conditions": {"database": True, "oms": False}}
        assert (await probe.get("/health/live")).status_code == 200


async def test_the_real_conditions_hold_with_the_services_and_fail_without(database: Database) -> None:
    async with open_seat(database) as seat, seat.browser() as probe:
        people = seat.parts.assembled.people
        assert await database_ready(people)()
        assert await valkey_ready(database.endpoints.redis_url)()
        conditions = {"oms": oms_ready("unix:/nonexistent"), "valkey": valkey_ready("redis://127.0.0.1:9/0")}
    async with open_seat(database, conditions=conditions) as seat, seat.browser() as probe:
        answer = await probe.get("/health/ready")
        assert answer.json()["conditions"] == {"oms": False, "valkey": False}


def test_a_configured_port_that_is_taken_is_an_error_that_names_it(quartz_home: object) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServiceError, match=f"QUARTZ_WEB_PORT={port} to be free, was taken by"):
            choose_place(Settings(home=quartz_home, web_port=port))  # type: ignore[arg-type]


def test_a_free_port_is_kept_and_noted_where_only_we_can_read_it(quartz_home: object) -> None:
    settings = Settings(home=quartz_home)  # type: ignore[arg-type]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        kept = probe.getsockname()[1]
    chosen = choose_place(settings.model_copy(update={"web_port": kept}))
    note_place(settings, chosen)
    assert choose_place(settings).port == kept
    assert noted_place(settings) == chosen
    file = settings.run_dir / "web.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text())["url"] == f"http://127.0.0.1:{kept}"


def test_while_a_web_is_started_nobody_is_sent_to_the_former_one(quartz_home: object) -> None:
    settings = Settings(home=quartz_home)  # type: ignore[arg-type]
    withdraw_place(settings)  # the first start ever
    assert noted_place(settings) is None
    former = choose_place(settings)
    note_place(settings, former)
    withdraw_place(settings)
    assert noted_place(settings) is None
    assert choose_place(settings) == former  # people have bookmarks


def test_the_public_url_is_the_configured_one(quartz_home: object) -> None:
    place = choose_place(Settings(home=quartz_home, web_url="https://desk.example.kr/"))  # type: ignore[arg-type]
    assert place.public_url == "https://desk.example.kr"
    assert place.local_url.startswith("http://127.0.0.1:")
    wide = choose_place(Settings(home=quartz_home, web_host="0.0.0.0"))  # type: ignore[arg-type]
    assert wide.local_url.startswith("http://127.0.0.1:")


def test_quartz_link_prints_one_line_with_a_link_that_is_in_the_database_as_a_hash(database: Database) -> None:
    with pytest.raises(ServiceError, match=r"start it with \./quartz up"):
        owner_link(database.settings, database.endpoints)
    settings = database.settings.model_copy(update={"web_url": "https://desk.example.kr"})
    line = owner_link(settings, database.endpoints)
    assert line.startswith("브라우저에서 여세요: https://desk.example.kr/enter/")
    assert line.endswith(" (한 번만, 15분)")
    assert "\n" not in line

"""What the OMS says of itself over HTTP: readiness by condition, and tokens without the token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest

from domain.clock import KST
from execution.oms.pages import Pages
from tools.kis.token import TokenState, TokenStatus

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=KST)
VALID = TokenStatus("sim", "a1b2c3", TokenState.VALID, NOW, NOW + timedelta(hours=24), "", None)


@pytest.fixture
async def conditions() -> dict[str, bool]:
    return {"lease": True, "recovered": True}


@pytest.fixture
async def url(conditions: dict[str, bool]) -> AsyncIterator[str]:
    pages = Pages(lambda: conditions, lambda: [VALID])
    yield await pages.open("127.0.0.1", 0)
    await pages.close()


async def get(url: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(url)


async def test_it_is_alive(url: str) -> None:
    assert (await get(f"{url}/health/live")).json() == {"status": "ok"}


async def test_it_is_ready_when_every_condition_holds(url: str, conditions: dict[str, bool]) -> None:
    assert (await get(f"{url}/health/ready")).status_code == 200
    conditions["lease"] = False
    answer = await get(f"{url}/health/ready")
    assert answer.status_code == 503
    assert answer.json()["conditions"] == {"lease": False, "recovered": True}


async def test_the_token_is_described_and_not_shown(url: str) -> None:
    (token,) = (await get(f"{url}/result/auth-token/status")).json()["tokens"]
    assert token["state"] == "valid"
    assert token["usable"] is True
    assert token["expires_at"] == "2026-11-24T09:00:00+09:00"
    assert set(token) == {
        "environment",
        "key",
        "state",
        "usable",
        "issued_at",
        "expires_at",
        "retry_at",
        "last_error",
    }


async def test_nothing_else_is_served(url: str) -> None:
    assert (await get(f"{url}/orders")).status_code == 404
    async with httpx.AsyncClient() as client:
        assert (await client.post(f"{url}/health/ready")).status_code == 405

"""Putting the parts together when a person's own PostgreSQL is known by its roles' addresses alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import SecretStr

from tools.settings import ROLES
from ui.wiring import assemble


async def test_without_an_administrators_address_the_roles_are_enough(database: Any) -> None:
    urls = {f"postgres_url_{role}": SecretStr(database.url(role)) for role in ROLES}
    settings = database.settings.model_copy(update={"postgres_url": None, **urls})
    async with assemble(settings, replace(database.endpoints, postgres_admin_url="")) as parts:
        assert parts.people.max_size == 2

"""A person's receipts over HTTP: the own one in words and as a file that verifies; anybody else's is not there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from api_bench import Api, open_api
from fakes import OTHER

from domain.receipt import StepKind, read_export
from ui.commands.receipt import main


@pytest.fixture
async def api(database: Any) -> AsyncIterator[Api]:
    async with open_api(database) as made:
        yield made


async def test_the_own_receipt_in_words_and_as_a_file_that_a_command_checks_without_a_database(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await api.ask()
    (row,) = api.rows("SELECT plan_id FROM desk.plans")
    plan_id = row["plan_id"]
    told = (await api.get(f"/receipts/{plan_id}/lines")).json()
    assert (told["outcome"], told["done"]) == ("진행 중", False)
    assert any("삼성전자 사줘" in line for line in told["lines"])
    got = await api.get(f"/receipts/{plan_id}")
    assert got.headers["content-disposition"] == f'attachment; filename="quartz-receipt-{plan_id}.json"'
    assert got.headers["cache-control"] == "no-store"
    chain = read_export(got.text)
    assert (len(chain), chain[-1].hash) == (told["steps"], told["head"])
    assert StepKind.APPROVAL in {step.kind for step in chain}
    file = tmp_path / "receipt.json"
    file.write_bytes(got.content)
    assert main(["verify", "--file", str(file)]) == 0
    assert main(["replay", "--file", str(file)]) == 0
    file.write_bytes(got.content.replace(b'"quantity":10', b'"quantity":11', 1))
    assert main(["verify", "--file", str(file)]) == 1
    assert "expected" in capsys.readouterr().err
    assert main(["verify", "--file", str(tmp_path / "nothing.json")]) == 1


async def test_a_receipt_of_somebody_else_or_of_nothing_is_not_there(api: Api) -> None:
    await api.ask()
    (row,) = api.rows("SELECT plan_id FROM desk.plans")
    for path in (f"/receipts/{uuid4()}", "/receipts/x", f"/receipts/{uuid4()}/lines"):
        assert (await api.get(path)).status_code == 404
    stranger = api.as_(OTHER)
    assert (await stranger.get(f"/receipts/{row['plan_id']}")).status_code == 404
    assert (await stranger.get(f"/receipts/{row['plan_id']}/lines")).status_code == 404

"""The pages under docs/ say what the tables say."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.costs import fee
from domain.gate.config import gate_config
from domain.gate.order import OrderClass
from domain.gate.table import ALL, CONTROLS
from domain.orders.table import TRANSITIONS
from domain.orders.transitions import STATES
from tools.reference import DOCS, PAGES, main, stale


def test_reference_pages_are_current() -> None:
    assert stale() == [], "run python -m tools.reference"
    assert main(["--check"]) == 0


def test_a_missing_or_edited_page_is_stale(tmp_path: Path) -> None:
    assert stale(tmp_path) == list(PAGES)
    for name, page in PAGES.items():
        (tmp_path / name).write_text(page(), encoding="utf-8")
    (tmp_path / "gate.md").write_text("edited", encoding="utf-8")
    assert stale(tmp_path) == ["gate.md"]


def test_pages_name_every_row_and_every_state() -> None:
    states = (DOCS / "order-states.md").read_text(encoding="utf-8")
    for row in TRANSITIONS:
        assert f"| {row.source} | {row.event.value} | {row.target} |" in states
    for enum in STATES.values():
        assert all(f" {state.value} " in states for state in enum)
    gate = (DOCS / "gate.md").read_text(encoding="utf-8")
    assert all(f"| {c.number} | `{c.code}` |" in gate for c in CONTROLS)


def test_codes_are_unique_and_numbered_in_order_of_judgement() -> None:
    assert len({c.code for c in CONTROLS}) == len(CONTROLS)
    assert [c.number for c in CONTROLS] == list(range(1, len(CONTROLS) + 1))
    assert all(c.binds <= ALL for c in CONTROLS)
    assert all(cell for c in CONTROLS for cell in (c.title, c.reads, c.sources, c.missing, c.effect, c.unit))


def test_what_the_contract_lets_reduce_and_cancel_ignore_binds_neither() -> None:
    ignored = {
        "TURNOVER",
        "WEIGHT_NAME",
        "WEIGHT_SECTOR",
        "WEIGHT_EQUITY",
        "DAILY_LOSS",
        "DRAWDOWN",
        "SUITABILITY",
        "PROFILE",
    }
    for control in CONTROLS:
        if control.code in ignored:
            assert control.binds == {OrderClass.INCREASE}
    never = {"INSTRUMENT", "SESSION", "TICK", "BAND", "SELLABLE", "ID_SEEN", "LIVE_SWITCH"}
    assert all(OrderClass.REDUCE in c.binds for c in CONTROLS if c.code in never)


@pytest.mark.parametrize("amount", [0, 1, 6_666, 6_667, 700_000, 123_456_789, 10**12 + 1])
def test_the_fast_fee_is_the_fee(amount: int) -> None:
    assert gate_config("sim").fee(amount) == fee(amount)


def test_an_unknown_environment_has_no_gate() -> None:
    with pytest.raises(ValueError, match="expected environment sim, paper or live, was 'prod'"):
        gate_config("prod")

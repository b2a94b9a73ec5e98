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
        "VOLUME_SHARE",
        "MESSAGE_RATE",
        "REJECTIONS",
    }
    for control in CONTROLS:
        if control.code in ignored:
            assert control.binds == {OrderClass.INCREASE}
    never = {"INSTRUMENT", "SESSION", "TICK", "BAND", "SELLABLE", "ID_SEEN", "LIVE_SWITCH"}
    assert all(OrderClass.REDUCE in c.binds for c in CONTROLS if c.code in never)


@pytest.mark.parametrize("amount", [0, 1, 6_666, 6_667, 700_000, 123_456_789, 10**12 + 1])
def test_the_fast_fee_is_the_fee(amount: int) -> None:
    assert gate_config("sim").fee(amount) == fee(amount)


def test_every_item_of_the_order_contract_is_a_row() -> None:
    """The list of the issue, item by item; what has no row of its own is named in the text of one."""
    listed = {
        "kill switch, global, account and strategy; ACTIVE, REDUCING, HALTED": "HALT",
        "id seen": "ID_SEEN",
        "duplicate signature": "DUPLICATE",
        "instrument known and tradable": "INSTRUMENT",
        "session and order type": "SESSION",
        "lot and quantity bounds": "QUANTITY",
        "tick": "TICK",
        "band": "BAND",
        "collar against a fresh reference": "COLLAR",
        "max value, market orders at the band limit": "ORDER_VALUE",
        "share of average volume": "VOLUME_SHARE",
        "weight per name": "WEIGHT_NAME",
        "weight per sector": "WEIGHT_SECTOR",
        "weight in total": "WEIGHT_EQUITY",
        "buying power": "CASH",
        "sellable, no short": "SELLABLE",
        "turnover per day": "TURNOVER",
        "daily loss": "DAILY_LOSS",
        "drawdown": "DRAWDOWN",
        "open orders": "OPEN_ORDERS",
        "unexecuted value": "UNEXECUTED",
        "message rate": "MESSAGE_RATE",
        "rejection streak": "REJECTIONS",
        "self-trade": "SELF_TRADE",
        "VI": "INTERRUPTION",
        "limit-lock": "LIMIT_LOCK",
        "suitability grade": "SUITABILITY",
        "profile expiry": "PROFILE",
        "mandate bounds and expiry": "MANDATE",
        "approval hash, quantity, expiry": "APPROVAL",
        "live switch": "LIVE_SWITCH",
        "exit mandate": "EXIT_MANDATE",
        "nothing while an UNKNOWN of the name and side lives": "UNANSWERED",
        "MANUAL freezes the name": "FROZEN",
        "clock skew": "CLOCK_SKEW",
        "not_after": "DEADLINE",
    }
    assert set(listed.values()) <= {control.code for control in CONTROLS}
    assert all(control.missing != "-" for control in CONTROLS)


def test_an_unknown_environment_has_no_gate() -> None:
    with pytest.raises(ValueError, match="expected environment sim, paper or live, was 'prod'"):
        gate_config("prod")

"""Dated tables: the row in force, and a source on every row."""

from __future__ import annotations

from datetime import date

import pytest

from domain.tables import in_force, table

ROWS = [(date(2020, 1, 1), "old"), (date(2023, 1, 25), "new")]


@pytest.mark.parametrize(
    ("on", "value"),
    [(date(2020, 1, 1), "old"), (date(2023, 1, 24), "old"), (date(2023, 1, 25), "new"),
     (date(2030, 1, 1), "new")],
)  # fmt: skip
def test_last_row_that_has_begun_is_in_force(on: date, value: str) -> None:
    assert in_force(ROWS, on, lambda row: row[0], "a rule")[1] == value


def test_before_the_first_row_nothing_is_in_force() -> None:
    with pytest.raises(ValueError, match="expected a date from 2020-01-01 for a rule, was 2019-12-31"):
        in_force(ROWS, date(2019, 12, 31), lambda row: row[0], "a rule")


def test_dated_rows_are_in_order_and_sourced() -> None:
    ticks, costs, sessions = table("ticks"), table("costs"), table("sessions")
    for rows in (ticks["stock"], ticks["etf"], ticks["price_limit"], costs["sell_tax"], sessions["hours"]):
        assert [row["since"] for row in rows] == sorted(row["since"] for row in rows)
        assert all(row["source"] for row in rows)
    assert all(row["source"] for row in sessions["special"])
    for name in ("questionnaire", "grades", "products", "process", "limits"):
        assert table("suitability")[name]["source"]
        assert isinstance(table("suitability")[name]["since"], date)

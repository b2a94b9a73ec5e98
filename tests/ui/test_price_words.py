"""What a face calls the source of its prices."""

from __future__ import annotations

import pytest

from ui.prices import words_of


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("모의 시세, 시드 1", "모의 시세"),
        ("모의 시세, 시드 42", "모의 시세"),
        ("과거 시세 재생 2025-06-10부터 (가격은 호가 단위로 맞춤)", "과거 시세 재생 2025-06-10부터"),
        ("실시간 시세", "실시간 시세"),
        ("", ""),
    ],
)
def test_a_source_of_prices_is_called_without_what_only_its_operator_can_use(label: str, shown: str) -> None:
    assert words_of(label) == shown

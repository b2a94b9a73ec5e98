"""The mutants still fit the code they lie about, and the plainest of them is found out at once."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _mutants() -> ModuleType:
    spec = importlib.util.spec_from_file_location("proving_mutants", Path(__file__).with_name("mutants.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


MUTANTS = _mutants()


def test_there_are_at_least_fifteen_of_them() -> None:
    assert len({mutant.name for mutant in MUTANTS.MUTANTS}) == len(MUTANTS.MUTANTS) >= 15


@pytest.mark.parametrize("mutant", MUTANTS.MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_the_text_that_a_mutant_replaces_is_there_once(mutant: object) -> None:
    for file, was, becomes in mutant.patches:  # type: ignore[attr-defined]
        text = (MUTANTS.ROOT / file).read_text(encoding="utf-8")
        assert text.count(was) == 1, file
        compile(text.replace(was, becomes), file, "exec")


def test_an_order_without_a_witness_is_found_out() -> None:
    mutant = next(each for each in MUTANTS.MUTANTS if each.name == "SENDING without a witness")
    assert "durable" in MUTANTS.killed_by(mutant, range(1))
